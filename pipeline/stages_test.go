package pipeline

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

func money(t *testing.T, amount string) erpbridge.Money {
	t.Helper()
	m, err := erpbridge.ParseMoney(amount, "EUR")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func decimal(t *testing.T, s string) erpbridge.Decimal {
	t.Helper()
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// order is two pieces at 10.00 and 5.00 for the way, with a given total.
func order(t *testing.T, total string) *erpbridge.Order {
	t.Helper()
	zero := erpbridge.Zero("EUR")
	return &erpbridge.Order{
		Number: "#1001", Currency: "EUR", Total: money(t, total), TaxTotal: zero, Outstanding: zero,
		Lines:    []erpbridge.Line{{Quantity: decimal(t, "2"), Unit: money(t, "10.00")}},
		Shipping: []erpbridge.ShippingLine{{Price: money(t, "5.00")}},
	}
}

// A state of the year 9999 would count as newer than every state to come.
func TestValidateRefusesStatesOfTheFuture(t *testing.T) {
	received := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for ahead, refused := range map[time.Duration]bool{-time.Hour: false, tomorrow: false, tomorrow + time.Second: true, 70_000 * time.Hour: true} {
		e := erpbridge.Event{Order: order(t, "25.00"), ReceivedAt: received, Version: erpbridge.Version{At: received.Add(ahead)}}
		_, err := Validate{}.Process(t.Context(), e)
		if got := erpbridge.KindOf(err) == erpbridge.Invalid; got != refused || !refused && err != nil {
			t.Errorf("%s ahead: %v", ahead, err)
		}
	}
}

func TestValidate(t *testing.T) {
	empty := order(t, "0.00")
	empty.Lines = nil
	for _, c := range []struct {
		name, tolerance string
		order           *erpbridge.Order
		want            []string // in the reason; nil: passes
	}{
		{"no order", "0", nil, nil},
		{"adds up", "0", order(t, "25.00"), nil},
		{"a cent too much", "0", order(t, "25.01"), []string{"25.01", "25.00", "0.01", "1 line 20.00", "shipping 5.00"}},
		{"too little", "0", order(t, "15.00"), []string{"-10.00"}},
		{"at the tolerance", "0.01", order(t, "25.01"), nil},
		{"at the tolerance, below", "0.01", order(t, "24.99"), nil},
		{"over the tolerance", "0.01", order(t, "25.02"), []string{"0.02"}},
		{"no lines", "0", empty, []string{"no lines"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Validate{Tolerance: decimal(t, c.tolerance)}.Process(t.Context(), erpbridge.Event{Order: c.order})
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if erpbridge.KindOf(err) != erpbridge.Held {
				t.Fatalf("got %v, want it held", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in: %v", w, err)
				}
			}
		})
	}
}

func TestEnrich(t *testing.T) {
	home := &erpbridge.Address{Name: "Ada Example", Country: "DE"}
	work := &erpbridge.Address{Name: "Works", Country: "FR"}
	for _, c := range []struct {
		name     string
		in, want erpbridge.Order
	}{
		{"nothing known", erpbridge.Order{}, erpbridge.Order{}},
		{"bills where it ships", erpbridge.Order{ShipTo: home}, erpbridge.Order{ShipTo: home, BillTo: home}},
		{
			"completes the customer",
			erpbridge.Order{Email: "a@example.com", Phone: "+49", ShipTo: home, Customer: &erpbridge.Customer{}},
			erpbridge.Order{
				Email: "a@example.com", Phone: "+49", ShipTo: home, BillTo: home,
				Customer: &erpbridge.Customer{Email: "a@example.com", Phone: "+49", LastName: "Ada Example"},
			},
		},
		{
			"overwrites nothing",
			erpbridge.Order{Email: "a@example.com", ShipTo: home, BillTo: work, Customer: &erpbridge.Customer{Email: "b@example.com", FirstName: "Bo"}},
			erpbridge.Order{Email: "a@example.com", ShipTo: home, BillTo: work, Customer: &erpbridge.Customer{Email: "b@example.com", FirstName: "Bo"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := c.in
			if c.in.Customer != nil {
				customer := *c.in.Customer
				before.Customer = &customer
			}
			e, err := Enrich{}.Process(t.Context(), erpbridge.Event{Order: &c.in})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, e.Order); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, c.in); diff != "" {
				t.Errorf("the order given in was changed: %s", diff)
			}
		})
	}
	if e, err := (Enrich{}).Process(t.Context(), erpbridge.Event{}); err != nil || e.Order != nil {
		t.Errorf("an event without an order: %v, %v", e.Order, err)
	}
}

func TestRoute(t *testing.T) {
	rules := Route{
		{Store: "eu", Country: "CH", Targets: []string{"swiss"}},
		{Store: "eu", Type: erpbridge.OrderPaid, Targets: []string{"ledger", "stock"}},
		{Store: "eu", Targets: []string{"stock"}},
	}
	to := func(country string) *erpbridge.Order {
		return &erpbridge.Order{ShipTo: &erpbridge.Address{Country: country}}
	}
	for _, c := range []struct {
		name  string
		event erpbridge.Event
		want  []string
	}{
		{"first match wins", erpbridge.Event{Store: "eu", Type: erpbridge.OrderPaid, Order: to("CH")}, []string{"swiss"}},
		{"by type", erpbridge.Event{Store: "eu", Type: erpbridge.OrderPaid, Order: to("DE")}, []string{"ledger", "stock"}},
		{"by store", erpbridge.Event{Store: "eu", Type: erpbridge.OrderPlaced, Order: &erpbridge.Order{}}, []string{"stock"}},
		{"no order", erpbridge.Event{Store: "eu"}, []string{"stock"}},
		{"no rule", erpbridge.Event{Store: "us", Order: to("CH")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := rules.Process(t.Context(), c.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, e.Targets); diff != "" {
				t.Error(diff)
			}
		})
	}
	e, err := rules.Process(t.Context(), erpbridge.Event{Store: "eu"})
	if err != nil {
		t.Fatal(err)
	}
	e.Targets[0] = "changed"
	if rules[2].Targets[0] != "stock" {
		t.Error("an event shares its targets with the rule")
	}
}
