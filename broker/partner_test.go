package broker

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

var testNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func testReader() reader {
	return reader{
		cfg:   Config{Prefix: "p", PartnerBody: 100},
		users: map[string]bool{"bridge": true},
		now:   func() time.Time { return testNow },
	}
}

func partnerDelivery() *amqp.Delivery {
	return &amqp.Delivery{
		Exchange: "p.partner", RoutingKey: "shop-eu", MessageId: "evt-1", Type: "orders/create",
		ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: []byte(`{"id":1}`),
	}
}

func TestPartnerContract(t *testing.T) {
	const hash = "sha256:037c9214eef74cc3887f3a4f085b4e17d76280dafd273b0ee160c09c4ba1cfd4"
	tests := []struct {
		name    string
		change  func(*amqp.Delivery)
		want    func(*erpbridge.Message) // what differs from the plain case
		problem []string                 // all of which the Problem names; none: no Problem
	}{
		{"plain", func(*amqp.Delivery) {}, func(*erpbridge.Message) {}, nil},
		{
			"store in the header",
			func(d *amqp.Delivery) { d.RoutingKey, d.Headers = "", amqp.Table{"store": "shop-us"} },
			func(m *erpbridge.Message) { m.Store = "shop-us" }, nil,
		},
		{"store in both", func(d *amqp.Delivery) { d.Headers = amqp.Table{"store": "shop-eu"} }, func(*erpbridge.Message) {}, nil},
		{
			"stores disagree",
			func(d *amqp.Delivery) { d.Headers = amqp.Table{"store": "shop-us"} },
			func(*erpbridge.Message) {},
			[]string{"different stores"},
		},
		{
			"no store",
			func(d *amqp.Delivery) { d.RoutingKey = "" },
			func(m *erpbridge.Message) { m.Store = Unnamed },
			[]string{"routing key or header store"},
		},
		{
			"store header no text",
			func(d *amqp.Delivery) { d.Headers = amqp.Table{"store": int32(1)} },
			func(*erpbridge.Message) {},
			[]string{"header store"},
		},
		{
			"store not printable",
			func(d *amqp.Delivery) { d.RoutingKey = "a\nb" },
			func(m *erpbridge.Message) { m.Store = Unnamed },
			[]string{"routing key"},
		},
		{
			"no id",
			func(d *amqp.Delivery) { d.MessageId = "" },
			func(m *erpbridge.Message) { m.ID = contentID([]byte(`{"id":1}`)) },
			[]string{"message_id"},
		},
		{
			"id not printable",
			func(d *amqp.Delivery) { d.MessageId = "a\x00" },
			func(m *erpbridge.Message) { m.ID = contentID([]byte(`{"id":1}`)) },
			[]string{"message_id"},
		},
		{
			"id of 200 characters",
			func(d *amqp.Delivery) { d.MessageId = strings.Repeat("ü", 100) + strings.Repeat("x", 100) },
			func(m *erpbridge.Message) { m.ID = strings.Repeat("ü", 100) + strings.Repeat("x", 100) }, nil,
		},
		{
			"id of 201 characters",
			func(d *amqp.Delivery) { d.MessageId = strings.Repeat("x", 201) },
			func(m *erpbridge.Message) { m.ID = contentID([]byte(`{"id":1}`)) },
			[]string{"message_id"},
		},
		{
			"id not UTF-8",
			func(d *amqp.Delivery) { d.MessageId = "a\xff" },
			func(m *erpbridge.Message) { m.ID = contentID([]byte(`{"id":1}`)) },
			[]string{"message_id"},
		},
		{
			"no type",
			func(d *amqp.Delivery) { d.Type = "" },
			func(m *erpbridge.Message) { m.Type = Unnamed },
			[]string{"property type"},
		},
		{
			"charset is said",
			func(d *amqp.Delivery) { d.ContentType = "Application/JSON; charset=utf-8" },
			func(m *erpbridge.Message) { m.ContentType = "Application/JSON; charset=utf-8" }, nil,
		},
		{
			"no content type",
			func(d *amqp.Delivery) { d.ContentType = "" },
			func(m *erpbridge.Message) { m.ContentType = "" },
			[]string{"content_type"},
		},
		{
			"a batch from a partner is an event that breaks the contract",
			func(d *amqp.Delivery) {
				d.ContentType, d.Type, d.Body = batchContentType, batchType, encode(t, event(1))[:90]
			},
			func(m *erpbridge.Message) {
				m.ContentType, m.Type, m.Body = batchContentType, batchType, encode(t, event(1))[:90]
			},
			[]string{"content_type"},
		},
		{"utf-8 as encoding", func(d *amqp.Delivery) { d.ContentEncoding = "utf-8" }, func(*erpbridge.Message) {}, nil},
		{"compressed", func(d *amqp.Delivery) { d.ContentEncoding = "gzip" }, func(*erpbridge.Message) {}, []string{"content_encoding"}},
		{
			"empty body",
			func(d *amqp.Delivery) { d.Body = nil },
			func(m *erpbridge.Message) { m.Body = nil },
			[]string{"body is empty"},
		},
		{
			"body at the limit",
			func(d *amqp.Delivery) { d.Body = bytes.Repeat([]byte("1"), 100) },
			func(m *erpbridge.Message) { m.Body = bytes.Repeat([]byte("1"), 100) }, nil,
		},
		{
			"body above the limit",
			func(d *amqp.Delivery) { d.Body = bytes.Repeat([]byte("1"), 101) },
			func(m *erpbridge.Message) { m.Body = bytes.Repeat([]byte("1"), 101) },
			[]string{"101 bytes"},
		},
		{
			"what else the broker tells",
			func(d *amqp.Delivery) { d.UserId, d.AppId, d.Timestamp = "acme", "erp export\n", testNow.Local() },
			func(m *erpbridge.Message) {
				m.Header = http.Header{"X-Amqp-User-Id": {"acme"}, "Date": {"Mon, 23 Nov 2026 08:00:00 GMT"}}
			}, nil,
		},
		{
			"all wrong",
			func(d *amqp.Delivery) { d.MessageId, d.Type, d.RoutingKey, d.ContentType = "", "", "", "" },
			func(m *erpbridge.Message) {
				m.ID, m.Type, m.Store, m.ContentType = hash, Unnamed, Unnamed, ""
			},
			[]string{"message_id", "property type", "store", "content_type"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := partnerDelivery()
			tt.change(d)
			want := erpbridge.Message{
				ID: "evt-1", Store: "shop-eu", Type: "orders/create", Via: erpbridge.ViaPartner, Header: http.Header{},
				ContentType: "application/json", Body: []byte(`{"id":1}`), ReceivedAt: testNow,
			}
			tt.want(&want)
			ls := testReader().live(d)
			if len(ls) != 1 {
				t.Fatalf("%d deliveries", len(ls))
			}
			if diff := cmp.Diff(want, ls[0].Message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if (ls[0].Problem != nil) != (len(tt.problem) > 0) {
				t.Fatalf("problem: %v", ls[0].Problem)
			}
			if ls[0].Problem != nil && erpbridge.KindOf(ls[0].Problem) != erpbridge.Invalid {
				t.Errorf("problem of kind %s", erpbridge.KindOf(ls[0].Problem))
			}
			for _, word := range tt.problem {
				if !strings.Contains(ls[0].Problem.Error(), word) {
					t.Errorf("problem %q does not name %q", ls[0].Problem, word)
				}
			}
		})
	}
}
