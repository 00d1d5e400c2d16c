package broker

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

func batchDelivery(t *testing.T, ms ...erpbridge.Message) *amqp.Delivery {
	t.Helper()
	return &amqp.Delivery{Exchange: "p.ingest", ContentType: batchContentType, Type: batchType, Body: encode(t, ms...)}
}

func TestLive(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*amqp.Delivery)
		taken   bool
		problem string
	}{
		{"from ingest", func(*amqp.Delivery) {}, true, ""},
		{"from the default exchange", func(d *amqp.Delivery) { d.Exchange = "" }, false, "exchange"},
		{"from another exchange", func(d *amqp.Delivery) { d.Exchange = "q.ingest" }, false, `"q.ingest"`},
		{"other content type", func(d *amqp.Delivery) { d.ContentType = "application/json" }, false, "not a batch"},
		{"other version", func(d *amqp.Delivery) { d.Type = "erpbridge.events.v2" }, false, "not a batch"},
		{"cut", func(d *amqp.Delivery) { d.Body = d.Body[:len(d.Body)-1] }, false, "event 2 of 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := batchDelivery(t, event(1), event(2))
			tt.change(d)
			ls := testReader().live(d)
			if tt.taken {
				var got []erpbridge.Message
				for _, l := range ls {
					got = append(got, l.Message)
					if l.Problem != nil {
						t.Errorf("problem: %v", l.Problem)
					}
				}
				if diff := cmp.Diff([]erpbridge.Message{event(1), event(2)}, got); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				return
			}
			if len(ls) != 1 || ls[0].Problem == nil || !strings.Contains(ls[0].Problem.Error(), tt.problem) {
				t.Fatalf("got %+v, want one with a problem about %q", ls, tt.problem)
			}
			m := ls[0].Message
			if m.ID != contentID(d.Body) || m.Store != Unnamed || !cmp.Equal(m.Body, d.Body) || m.Type != d.Type {
				t.Errorf("message to record it under: %+v", m)
			}
		})
	}
}

func TestRedeliveries(t *testing.T) {
	tests := []struct {
		name string
		d    amqp.Delivery
		want int
	}{
		{"first", amqp.Delivery{}, 0},
		{"again, uncounted", amqp.Delivery{Redelivered: true}, 1},
		{"counted", amqp.Delivery{Redelivered: true, Headers: amqp.Table{"x-delivery-count": int64(7)}}, 7},
		{"acquired more often", amqp.Delivery{Headers: amqp.Table{"x-delivery-count": int64(1), "x-acquired-count": int64(9)}}, 9},
		{"a lie", amqp.Delivery{Headers: amqp.Table{"x-delivery-count": int64(-5)}}, 0},
		{"no number", amqp.Delivery{Headers: amqp.Table{"x-delivery-count": "5"}}, 0},
		{"a byte", amqp.Delivery{Headers: amqp.Table{"x-delivery-count": uint8(200)}}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := redeliveries(&tt.d); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestDied(t *testing.T) {
	died := func(exchange string) amqp.Table {
		return amqp.Table{"x-death": []any{
			amqp.Table{"reason": "delivery_limit", "queue": "p.events", "exchange": exchange, "count": int64(1)},
			amqp.Table{"reason": "expired", "queue": "older", "exchange": "older"},
		}}
	}
	batch := func(user string, h amqp.Table) *amqp.Delivery {
		d := batchDelivery(t, event(1), event(2))
		d.Exchange, d.UserId, d.Headers = "p.dlx", user, h
		return d
	}
	partner := partnerDelivery()
	partner.Exchange, partner.Headers = "p.dlx", died("p.partner")
	tests := []struct {
		name    string
		d       *amqp.Delivery
		ids     []string
		problem bool
		reason  string
	}{
		{"our batch is split", batch("bridge", died("p.ingest")), []string{"delivery-1", "delivery-2"}, false, "never acknowledged (delivery_limit)"},
		{"a partner's message", partner, []string{"evt-1"}, false, "p.events"},
		// RabbitMQ 3 believes an x-death that came with the message.
		{"a batch whose death is made up", batch("acme", died("p.ingest")), []string{contentID(encode(t, event(1), event(2)))}, true, "delivery_limit"},
		{"a batch of nobody", batch("", died("p.ingest")), []string{contentID(encode(t, event(1), event(2)))}, true, "delivery_limit"},
		{"no death", batch("bridge", nil), []string{contentID(encode(t, event(1), event(2)))}, true, "does not say why"},
		{"nonsense", batch("bridge", amqp.Table{"x-death": []any{"?"}}), []string{contentID(encode(t, event(1), event(2)))}, true, "does not say why"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ids []string
			for _, l := range testReader().died(tt.d) {
				ids = append(ids, l.Message.ID)
				if (l.Problem != nil) != tt.problem {
					t.Errorf("problem: %v", l.Problem)
				}
				if !strings.Contains(l.reason, tt.reason) {
					t.Errorf("reason %q does not say %q", l.reason, tt.reason)
				}
				if tt.problem && l.Message.Via != erpbridge.ViaPartner {
					t.Errorf("unproven, and via %s", l.Message.Via)
				}
			}
			if diff := cmp.Diff(tt.ids, ids); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}
