package salesdoc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

// sale is a payment that went well; by a gateway of giftCards or credits, it was redeemed.
func sale(gateway string, amount erpbridge.Money) erpbridge.Payment {
	return erpbridge.Payment{Gateway: gateway, Kind: erpbridge.Sale, State: erpbridge.Succeeded, Amount: amount, Redeemed: redeeming(gateway)}
}

// small comes to 46.83.
func TestPaidIsWhatWasReceived(t *testing.T) {
	usd := erpbridge.Money{Amount: must("50.00"), Currency: "USD"}
	shop := func(status erpbridge.PaymentStatus, left, owed string) func(*erpbridge.Order) {
		return func(o *erpbridge.Order) { o.PaymentStatus, o.Remaining, o.Outstanding = status, eur(left), eur(owed) }
	}
	pays := func(ps ...erpbridge.Payment) func(*erpbridge.Order) {
		return func(o *erpbridge.Order) { o.Payments = ps }
	}
	with := func(steps ...func(*erpbridge.Order)) func(*erpbridge.Order) {
		return func(o *erpbridge.Order) {
			for _, step := range steps {
				step(o)
			}
		}
	}
	by := func(gateways ...string) func(*erpbridge.Order) {
		return func(o *erpbridge.Order) { o.Gateways = gateways }
	}
	for _, c := range []struct {
		name           string
		o              func(*erpbridge.Order)
		paid, redeemed string
		say            string // why it is not known
	}{
		{"in full", func(*erpbridge.Order) {}, "46.83", "0.00", ""},
		{"in full, and nothing is owed", shop(erpbridge.Paid, "46.83", "0.00"), "46.83", "0.00", ""},
		{"an item was taken off the paid order", shop(erpbridge.Paid, "41.83", "-5.00"), "46.83", "0.00", ""},
		{"the same, and what is left is not told", func(o *erpbridge.Order) { o.Outstanding = eur("-5.00") }, "46.83", "0.00", ""},
		{"an item was taken off before it was paid", shop(erpbridge.Paid, "41.83", "0.00"), "41.83", "0.00", ""},
		{"in part", shop(erpbridge.PartiallyPaid, "46.83", "26.83"), "20.00", "0.00", ""},
		{"in part, then an item was taken off", shop(erpbridge.Paid, "6.83", "-13.17"), "20.00", "0.00", ""},
		{"in part, then a small item was taken off", shop(erpbridge.PartiallyPaid, "36.83", "16.83"), "20.00", "0.00", ""},
		{"in part, and nobody says how far", func(o *erpbridge.Order) { o.PaymentStatus = erpbridge.PartiallyPaid }, "0.00", "0.00", "does not tell how much of 46.83 EUR was paid"},
		{"paid back in part", shop(erpbridge.Refunded, "36.83", "0.00"), "46.83", "0.00", ""},
		{"paid back", shop(erpbridge.Refunded, "0.00", "0.00"), "46.83", "0.00", ""},
		{"paid in part, of which some was paid back", shop(erpbridge.Refunded, "41.83", "26.83"), "20.00", "0.00", ""},
		{"cancelled, and not paid back yet", shop(erpbridge.Paid, "0.00", "-46.83"), "46.83", "0.00", ""},
		{"authorized", with(shop(erpbridge.Unpaid, "46.83", "46.83"), pays(erpbridge.Payment{Kind: erpbridge.Authorization, State: erpbridge.Succeeded, Amount: eur("46.83")})), "0.00", "0.00", ""},
		{"voided", with(shop(erpbridge.Voided, "46.83", "46.83"), pays(sale("card", eur("46.83")))), "0.00", "0.00", ""},
		{"captured", pays(
			erpbridge.Payment{Kind: erpbridge.Authorization, State: erpbridge.Succeeded, Amount: eur("46.83")},
			erpbridge.Payment{Kind: erpbridge.Capture, State: erpbridge.Failed, Amount: eur("46.83")},
			erpbridge.Payment{Kind: erpbridge.Capture, State: erpbridge.Succeeded, Amount: eur("30.00")},
			erpbridge.Payment{Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: eur("5.00")},
		), "30.00", "0.00", ""},
		{"in cash, with change", pays(sale("cash", eur("50.00"))), "46.83", "0.00", ""},
		{"in another currency", pays(sale("card", usd)), "46.83", "0.00", ""},
		{"with a gift card, and money", pays(sale("gift_card", eur("40.00")), sale("card", eur("6.83"))), "6.83", "40.00", ""},
		{"with a gift card, and what is told of is no more", pays(sale("gift_card", eur("40.00"))), "6.83", "40.00", ""},
		{"with a gift card alone", pays(sale("gift_card", eur("46.83"))), "0.00", "46.83", ""},
		{"with a gift card, not told", by("gift_card"), "0.00", "46.83", ""},
		{"with a gift card and money, not told", by("gift_card", "shopify_payments"), "0.00", "0.00", "mapping.payment.redeemed of target erp to paid"},
		{"with a gift card and money, in another currency", pays(sale("gift_card", usd), sale("card", usd)), "0.00", "0.00", "how much of 46.83 EUR"},
		{"with a gift card in another currency", pays(sale("gift_card", usd)), "0.00", "46.83", ""},
		{"with a gift card that failed, and money", with(by("gift_card", "card"), pays(sale("card", eur("46.83")))), "46.83", "0.00", ""},
		{"not yet, with a gift card", with(shop(erpbridge.Unpaid, "46.83", "46.83"), by("gift_card", "card")), "0.00", "0.00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := small()
			c.o(o)
			d, err := translator(t, generous(), nil).Translate(placed(o))
			if err != nil {
				t.Fatal(err)
			}
			if !d.Paid.Equal(eur(c.paid)) || !d.Redeemed.Equal(eur(c.redeemed)) || !d.Total.Equal(eur("46.83")) {
				t.Errorf("paid %s, redeemed %s of %s, want %s and %s", d.Paid, d.Redeemed, d.Total, c.paid, c.redeemed)
			}
			if err := d.PaidUnknown; (err == nil) != (c.say == "") || err != nil && (erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say)) {
				t.Errorf("unknown: %v", err)
			}
		})
	}
}

// What was redeemed goes where the mapping says, and the money is the same.
func TestRedeemed(t *testing.T) {
	mixed := []erpbridge.Payment{sale("gift_card", eur("30.00")), sale("store_credit", eur("10.00")), sale("card", eur("6.83"))}
	for _, c := range []struct {
		name           string
		rule           Redemption
		o              func(*erpbridge.Order)
		total          string
		paid, redeemed string
		items          []string // that lessen the document
		say            string
	}{
		{"apart", "", nil, "46.83", "6.83", "40.00", nil, ""},
		{"as money", PaidRedemption, nil, "46.83", "46.83", "0.00", nil, ""},
		{"as money, not told", PaidRedemption, func(o *erpbridge.Order) { o.Payments, o.Gateways = nil, []string{"gift_card", "card"} }, "46.83", "46.83", "0.00", nil, ""},
		{"items", ItemRedemption, nil, "6.83", "6.83", "40.00", []string{"GIFT -30.00", "CREDIT -10.00"}, ""},
		{"an item, not told", ItemRedemption, func(o *erpbridge.Order) { o.Payments, o.Gateways = nil, []string{"store_credit"} }, "0.00", "0.00", "46.83", []string{"CREDIT -46.83"}, ""},
		{"items, not told", ItemRedemption, func(o *erpbridge.Order) { o.Payments, o.Gateways = nil, []string{"gift_card", "card"} }, "", "", "", nil, "does not tell how much"},
		{"two kinds, not told", ItemRedemption, func(o *erpbridge.Order) { o.Payments, o.Gateways = nil, []string{"gift_card", "store_credit"} }, "", "", "", nil, "how much with store credit"},
		{"held", HoldRedemption, nil, "", "", "", nil, "mapping.payment.redeemed"},
		{"nothing to hold", HoldRedemption, func(o *erpbridge.Order) { o.Payments = nil }, "46.83", "46.83", "0.00", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), small()
			o.Payments = mixed
			if c.o != nil {
				c.o(o)
			}
			m.Payment.Redeemed = c.rule
			d, err := translator(t, m, nil).Translate(placed(o))
			if c.say != "" {
				if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !d.Total.Equal(eur(c.total)) || !d.Sum().Equal(d.Total) || !d.Paid.Equal(eur(c.paid)) || !d.Redeemed.Equal(eur(c.redeemed)) {
				t.Errorf("total %s, sum %s, paid %s, redeemed %s", d.Total, d.Sum(), d.Paid, d.Redeemed)
			}
			if diff := cmp.Diff(c.items, less(d, RedeemedItem)); diff != "" {
				t.Error(diff)
			}
		})
	}
	m := generous()
	m.Payment.Redeemed, m.GiftCardRedeemed = ItemRedemption, Posting{}
	o := small()
	o.Payments = mixed
	if _, err := translator(t, m, nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.gift_card_redeemed.code") {
		t.Errorf("without a code: %v", err)
	}
}

// What goes back to a gift card is no money either, where the order's was none.
func TestRedeemedBack(t *testing.T) {
	back := func(gateway, amount string) erpbridge.Payment {
		p := sale(gateway, eur(amount))
		p.Kind = erpbridge.Repayment
		return p
	}
	for _, c := range []struct {
		rule  Redemption
		total string // "": held
		items []string
	}{
		{"", "11.50", nil},
		{PaidRedemption, "11.50", nil},
		{ItemRedemption, "3.50", []string{"GIFT -8.00"}},
		{HoldRedemption, "", nil},
	} {
		m := generous()
		m.Payment.Redeemed = c.rule
		r := &erpbridge.Refund{
			ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR",
			Lines:    []erpbridge.RefundLine{{SKU: "A-1", Quantity: one, Amount: eur("9.66"), Tax: eur("1.84")}},
			Payments: []erpbridge.Payment{back("gift_card", "8.00"), back("card", "3.50")},
		}
		d, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
		if c.total == "" {
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.payment.redeemed") {
				t.Errorf("%q: %v", c.rule, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.rule, err)
			continue
		}
		if diff := cmp.Diff(c.items, less(d, RedeemedItem)); diff != "" || !d.Total.Equal(eur(c.total)) || !d.Sum().Equal(d.Total) {
			t.Errorf("%q: total %s, sum %s %s", c.rule, d.Total, d.Sum(), diff)
		}
	}
}

// However an order is paid, edited and told of: nothing is paid with more than it comes to,
// and nothing is less than nought.
func TestPaidIsNeverMoreThanTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := small()
		amount := func(least int, label string) erpbridge.Money {
			cents := rapid.IntRange(least, 9000).Draw(t, label)
			return eur("0.01").Times(must(strconv.Itoa(cents)))
		}
		o.PaymentStatus = rapid.SampledFrom([]erpbridge.PaymentStatus{erpbridge.Unpaid, erpbridge.PartiallyPaid, erpbridge.Paid, erpbridge.Refunded, erpbridge.Voided}).Draw(t, "status")
		o.Outstanding, o.Remaining = amount(-9000, "owed"), amount(0, "left")
		o.Rounding = amount(-3, "rounding")
		o.Rounding.Amount = least(o.Rounding, eur("0.03")).Amount
		o.Gateways = rapid.SampledFrom([][]string{nil, {"card"}, {"gift_card"}, {"gift_card", "card"}}).Draw(t, "gateways")
		for range rapid.IntRange(0, 3).Draw(t, "payments") {
			o.Payments = append(o.Payments, sale(rapid.SampledFrom([]string{"card", "gift_card", "store_credit"}).Draw(t, "gateway"), amount(0, "amount")))
		}
		m := generous()
		m.Payment.Redeemed = rapid.SampledFrom([]Redemption{RedeemedApart, ItemRedemption, PaidRedemption}).Draw(t, "rule")
		tr, err := New("erp", m, everything, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := tr.Translate(placed(o))
		if erpbridge.KindOf(err) == erpbridge.Held && m.Payment.Redeemed == ItemRedemption {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		booked := d.Paid
		if m.Payment.Redeemed != ItemRedemption {
			booked = booked.Add(d.Redeemed)
		}
		if booked.Amount.GreaterThan(d.Total.Amount) || d.Paid.Amount.IsNeg() || d.Redeemed.Amount.IsNeg() || !d.Sum().Equal(d.Total) {
			t.Fatalf("paid %s, redeemed %s, total %s, sum %s", d.Paid, d.Redeemed, d.Total, d.Sum())
		}
	})
}

// less returns the items of a kind that lessen a document.
func less(d *Document, kind ItemKind) []string {
	var lines []string
	for _, it := range d.Items {
		if it.Kind == kind {
			lines = append(lines, it.Code+" "+it.Amount.Plain())
		}
	}
	return lines
}
