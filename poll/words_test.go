package poll

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func TestLostEventsInWords(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("", 3600))
	found := func(resource string, e erpbridge.EventType, after time.Duration) Found {
		return Found{Event: e, Resource: resource, Version: erpbridge.Version{At: at.Add(after)}}
	}
	one := []Found{found("order/1", erpbridge.OrderPaid, 0)}
	three := append(one, found("order/2", erpbridge.OrderChanged, time.Hour), found("refund/7", erpbridge.RefundIssued, time.Minute))
	many := three
	for range 5 {
		many = append(many, found("order/9", erpbridge.OrderChanged, 0))
	}
	for _, tt := range []struct {
		lost []Found
		over int
		want string
	}{
		{one, 0, "shop did not send an event of 2026-03-01 09:00:00 UTC (1 order.paid: order/1); it was fetched by the poll and will be delivered"},
		{three, 2, "shop did not send 3 events from 2026-03-01 09:00:00 UTC to 2026-03-01 10:00:00 UTC (1 order.changed, 1 order.paid, 1 refund.issued: order/1, order/2, refund/7); they were fetched by the poll and will be delivered"},
		{three, 3, ""},
		{many, 0, "shop did not send 8 events from 2026-03-01 09:00:00 UTC to 2026-03-01 10:00:00 UTC (6 order.changed, 1 order.paid, 1 refund.issued: order/1, order/2, refund/7, order/9, order/9, …); they were fetched by the poll and will be delivered"},
	} {
		p := &Poller{Sieve: Sieve{Store: "shop"}, Settings: Settings{AlertOver: tt.over}}
		if got := p.tellLost(tt.lost); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
