package saps4

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
)

// A confirmation of an order does not say of which state: one that comes late, or twice,
// must not book a change that S/4 lost. Where the order can be read back, that decides.
func TestLateConfirmationOfAnEarlierState(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	const late = `<n0:OrderConfRequest xmlns:n0="` + nsEDI + `"><MessageHeader/><OrderConfirmation><PurchaseOrderID>shop-1</PurchaseOrderID><SalesOrderID>60000000</SalesOrderID></OrderConfirmation></n0:OrderConfRequest>`
	for more, readBack := range map[string]bool{"": false, "read_back_url: " + srv.URL + "/odata\n": true} {
		as, err := open(t, srv.URL, usual+more).Acknowledge(confirmation("s4", "confirmed", late))
		if err != nil || len(as) != 1 || as[0].Ref != "shop-1" || as[0].Result.Err != nil {
			t.Fatalf("%+v, %v", as, err)
		}
		if r := as[0].Result.Receipt; r.Accepted != readBack || r.Ref != "60000000" {
			t.Errorf("%q: %+v", more, r)
		}
	}

	e := open(t, srv.URL, usual+"read_back_url: "+srv.URL+"/odata\n")
	confirmed := func(o *erpbridge.Order, at int, processed bool) bool {
		t.Helper()
		a := sent(t, e, documents(t, e, erptest.Placed(o, at))[0])
		a.Since = time.Now().Add(time.Hour)
		if processed {
			s4.Process()
		}
		r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]
		return r.Err == nil && !r.Receipt.Accepted
	}
	if !confirmed(order("1"), 0, true) {
		t.Error("the first state is booked, and is not found")
	}
	changed := order("1")
	changed.Lines, changed.Total = changed.Lines[1:], usd("19.93")
	if confirmed(changed, 1, false) {
		t.Error("the change is not booked, and is found")
	}
	if !confirmed(changed, 2, true) {
		t.Error("the change is booked, and is not found")
	}
}
