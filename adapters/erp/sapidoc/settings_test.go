package sapidoc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

const settings = `transport: soap
url: https://sap.example.com:44300
client: "100"
auth: {basic: {user: BRIDGE, password: canary-password}}
sender: {port: ERPBRIDGE, partner: SHOPBRIDGE}
receiver: {port: SAPS4H, partner: S4HCLNT100}
orders: {sales_org: "1010", channel: "10", division: "00", plant: "1010"}
cancel: {rejection: "00"}
customers: {account_group: SHOP, prefixes: {shop-eu: E}, company_code: "1010", reconciliation_account: "140000"}
confirm: posted
confirmations: {user: SAPALE, password: canary-confirmations}
mapping:
  customer: {unknown: default, default: "10100001"}
  items: {unknown: as-is}
  units: {default: PCE}
  shipping: {as: charge, code: HD00}
  discounts: {as: charge, code: HB00}
  tip: {as: charge, code: ZTIP}
  gift_card_sold: {code: GIFTCARD}
  gift_card_redeemed: {as: charge, code: ZGIF}
  store_credit: {as: charge, code: ZCRE}
  duty: {as: charge, code: ZDUT}
  fee: {as: charge, code: ZFEE}
  rounding: {as: charge, code: DIFF}
  tax: {item: {as: charge, code: MWST}, default: A1, exempt: A0}
  refund: {residual: {as: charge, code: ZREF}}
`

func decodeYAML(text string) func(any) error {
	return func(into any) error {
		d, err := yaml.NewLoader(bytes.NewReader([]byte(text)), yaml.WithKnownFields())
		if err != nil {
			return err
		}
		if err := d.Load(into); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	}
}

// with returns the settings, in which a top-level setting given again replaces the usual
// one.
func with(more string) string {
	base := settings
	for line := range strings.Lines(more) {
		key, _, ok := strings.Cut(line, ":")
		if !ok || key == "" || strings.HasPrefix(key, " ") {
			continue
		}
		var kept []string
		skip := false
		for l := range strings.Lines(base) {
			if !strings.HasPrefix(l, " ") {
				skip = strings.HasPrefix(l, key+":")
			}
			if !skip {
				kept = append(kept, l)
			}
		}
		base = strings.Join(kept, "")
	}
	return base + more
}

func open(t testing.TB, more string) erpbridge.ERP {
	t.Helper()
	erp, err := New("sap", decodeYAML(with(more)), erpbridge.CrossReferences{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := erp.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return erp
}

func translate(t testing.TB, erp erpbridge.ERP, ev erpbridge.Event) []erpbridge.Document {
	t.Helper()
	docs, err := erp.Translate(ev)
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// The events of the tests, built by hand so that every amount can be followed.

var berlin = time.FixedZone("CET", 3600)

func eur(amount string) erpbridge.Money { return erptest.Money(amount, "EUR") }

func event(o *erpbridge.Order) erpbridge.Event {
	ev := erptest.MugsPlaced("shop-eu", o)
	ev.Resource, ev.Targets = ev.Stream, []string{"sap"}
	if !o.CancelledAt.IsZero() {
		ev.Type = erpbridge.OrderCancelled
	}
	return ev
}

// placed is a plain paid order with what SAP is particular about: a material that is a
// number, texts that are long or have XML's characters, and a zip code of two parts.
func placed() *erpbridge.Order {
	o := erptest.Mugs("EUR")
	o.PlacedAt, o.UpdatedAt = o.PlacedAt.In(berlin), o.UpdatedAt.In(berlin)
	o.Customer.Phone, o.Customer.Locale = "+1 503 555 0100", "en-US"
	o.ShipTo.Postcode = "97201-1234" // the address of the bill too
	o.Lines[0].Title = "Mug <blue> & white"
	o.Lines[1].SKU, o.Lines[1].ID = "4711", "l-4711"
	o.Note = "Leave it at the door of the house on the left, please, and do not ring the bell:\nthe baby sleeps."
	return o
}

// deducted has prices with their tax in them, three for ten, discounts of line and order,
// charges and what was redeemed.
func deducted() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.TaxesIncluded = "5002", "#1002", true
	mug := erptest.Item("MUG-1", "Mug", "3", "11.90", "EUR")
	mug.Discounts = []erpbridge.Discount{{Title: "WELCOME", Amount: eur("4.57")}}
	mug.Taxes = []erpbridge.Tax{{Title: "MwSt", Rate: erptest.Dec("0.19"), Amount: eur("4.97")}}
	thirds := erptest.Item("TEE-2", "Three for ten", "3", "3.33", "EUR")
	thirds.Extended = eur("10.00")
	o.Lines = []erpbridge.Line{mug, thirds}
	o.Shipping = []erpbridge.ShippingLine{{
		Title: "Standard", Price: eur("5.95"), Discounts: []erpbridge.Discount{{Title: "HALF", Amount: eur("2.97")}},
		Taxes: []erpbridge.Tax{{Title: "MwSt", Rate: erptest.Dec("0.19"), Amount: eur("0.48")}},
	}}
	o.Charges = []erpbridge.Charge{
		{Kind: erpbridge.Handling, Title: "Packing", Amount: eur("2.38"), Taxes: []erpbridge.Tax{{Title: "MwSt", Rate: erptest.Dec("0.19"), Amount: eur("0.38")}}},
		{Kind: erpbridge.Fee, Title: "Recycling", Amount: eur("0.10")},
	}
	o.Discounts = []erpbridge.Discount{{Title: "For the wait", Amount: eur("1.00")}}
	o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Title: "Card ...4711", Amount: eur("5.00")}, {Kind: erpbridge.Points, Amount: eur("0.59")}}
	o.TaxTotal, o.Total = eur("5.83"), eur("40.00")
	return o
}

func yen() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Currency, o.Presentment = "5005", "#1005", "JPY", "USD"
	o.Lines = []erpbridge.Line{erptest.Item("MUG-1", "湯のみ", "3", "1200", "JPY")}
	o.Lines[0].Taxes = []erpbridge.Tax{{Title: "VAT", Rate: erptest.Dec("0.1"), Amount: erptest.Money("410", "JPY")}}
	o.Shipping = []erpbridge.ShippingLine{{Title: "Express", Price: erptest.Money("500", "JPY")}}
	o.TaxTotal, o.Total, o.Outstanding = erptest.Money("410", "JPY"), erptest.Money("4510", "JPY"), erptest.Money("0", "JPY")
	return o
}

func dinar() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Currency = "5006", "#1006", "KWD"
	o.Lines = []erpbridge.Line{erptest.Item("MUG-1", "Mug", "2.5", "3.725", "KWD")}
	o.Lines[0].Extended = erptest.Money("9.313", "KWD")
	o.Shipping = nil
	o.TaxTotal, o.Total, o.Outstanding = erptest.Money("0.000", "KWD"), erptest.Money("9.313", "KWD"), erptest.Money("0", "KWD")
	return o
}

func cancelledOrder() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.CancelledAt = "5009", "#1009", time.Date(2026, 3, 15, 8, 0, 0, 0, berlin)
	return o
}

func refundEvent(restock erpbridge.Restock) erpbridge.Event {
	return erpbridge.Event{
		Store: "shop-eu", Type: erpbridge.RefundIssued, Stream: "order/5001", Resource: "refund/509",
		Version: erpbridge.Version{At: time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC), Digest: "feed"},
		Refund: &erpbridge.Refund{
			ID: "509", OrderID: "5001", OrderNumber: "#1001", PostingDate: "2026-03-20", Currency: "EUR",
			Lines: []erpbridge.RefundLine{{
				ID: "1", LineID: "l-MUG-1", SKU: "MUG-1", Title: "Mug", Quantity: erptest.Dec("1"), Amount: eur("10.00"), Tax: eur("1.00"), Restock: restock,
			}},
			Shipping:    []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("4.00")}},
			Adjustments: []erpbridge.Adjustment{{Reason: "Goodwill", Amount: eur("-0.50")}},
			Reason:      "broken",
		},
	}
}

func goneEvent() erpbridge.Event {
	return erpbridge.Event{
		Store: "shop-eu", Type: erpbridge.OrderCancelled, Stream: "order/5001", Resource: "order/5001",
		Version:      erpbridge.Version{At: time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC), Digest: "dead"},
		Cancellation: &erpbridge.Cancellation{OrderID: "5001"},
	}
}

// changedEvent is a later state of an order, of which a line was taken off.
func changedEvent() erpbridge.Event {
	o := placed()
	o.Lines[1].Current = erptest.Dec("0")
	ev := event(o)
	ev.Type = erpbridge.OrderChanged
	ev.Version = erpbridge.Version{At: ev.Version.At.Add(time.Hour), Digest: "changed"}
	return ev
}
