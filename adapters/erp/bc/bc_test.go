package bc

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

// generous maps whatever there is.
const generous = `
company: "CRONUS International Ltd."
local_currency: EUR
auth: {basic: {user: BRIDGE, password: "key-1"}}
posted_pages: [{page: PostedSalesInvoice}]
credit_memo: {order_field: Your_Reference, posted_pages: [{page: PostedSalesCreditMemo}]}
mapping:
  customer: {default: "10000"}
  items: {placeholder: "1000"}
  shipping: {code: "6810"}
  fee: {code: "6820"}
  discounts: {code: "6910"}
  tip: {code: "2920"}
  gift_card_sold: {code: "2930"}
  gift_card_redeemed: {code: "2930"}
  store_credit: {code: "2940"}
  duty: {code: "6830"}
  rounding: {code: "9140"}
  tax: {item: {code: "5610"}}
  refund: {residual: {code: "6990"}}
`

// open returns the adapter with settings over the generous ones.
func open(t testing.TB, url, more string) *ERP {
	t.Helper()
	e, err := tryOpen(url, more)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func tryOpen(url, more string) (*ERP, error) {
	erp, err := New("bc", func(into any) error {
		for _, text := range []string{generous, "url: " + url + "/BC/WS", more} {
			if err := yaml.Unmarshal([]byte(text), into); err != nil {
				return err
			}
		}
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	return erp.(*ERP), nil
}

// company starts a simulated company and the adapter in front of it.
func company(t testing.TB, conf navws.Config, more string) (*navws.Server, *ERP) {
	t.Helper()
	conf.Company, conf.User, conf.Password = "CRONUS International Ltd.", "BRIDGE", "key-1"
	sim, err := navws.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return sim, open(t, srv.URL, more)
}

func eur(s string) erpbridge.Money { return erptest.Money(s, "EUR") }

// placed is an order of two lines, a discount of each kind, shipping and tax on top.
func placed() *erpbridge.Order {
	vat := func(amount string) []erpbridge.Tax {
		return []erpbridge.Tax{{Title: "VAT", Rate: erptest.Dec("0.19"), Amount: eur(amount)}}
	}
	return &erpbridge.Order{
		ID: "4711", Number: "#1001", PostingDate: "2026-11-20", PlacedAt: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
		Currency: "EUR", Email: "ada@example.com", Phone: "+49 731 1234",
		Customer: &erpbridge.Customer{ID: "88", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		BillTo:   &erpbridge.Address{Name: "Ada Lovelace", Company: "Engines & Co", Street1: "Main 1", Postcode: "89073", City: "Ulm", Country: "DE"},
		ShipTo:   &erpbridge.Address{Name: "Ada Lovelace", Street1: "Harbour 2", Street2: "rear", Postcode: "89075", City: "Ulm", Country: "DE"},
		Lines: []erpbridge.Line{
			{ID: "1", SKU: "A-1", Title: "Kettle", Quantity: erptest.Dec("3"), Unit: eur("10.00"), Discounts: []erpbridge.Discount{{Title: "TEN", Amount: eur("1.00")}}, Taxes: vat("5.51")},
			{ID: "2", SKU: "B-2", Title: "Cup", Quantity: erptest.Dec("1"), Unit: eur("7.03"), Taxes: vat("1.34")},
		},
		Shipping:  []erpbridge.ShippingLine{{Title: "Express", Price: eur("5.00"), Taxes: vat("0.95")}},
		Discounts: []erpbridge.Discount{{Title: "Loyal", Amount: eur("2.00")}},
		TaxTotal:  eur("7.80"), Total: eur("46.83"), PaymentStatus: erpbridge.Paid, Gateways: []string{"card"}, Note: "ring twice",
	}
}

func included() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.TaxesIncluded = "4712", "#1002", true
	o.Total = eur("39.03")
	return o
}

func yen() *erpbridge.Order {
	o := &erpbridge.Order{
		ID: "4713", Number: "#1003", PostingDate: "2026-11-20", Currency: "JPY", Email: "k@example.jp", TaxesIncluded: true,
		ShipTo: &erpbridge.Address{Name: "K. Ito", Street1: "1-2-3", Postcode: "100-0001", City: "Tokyo", Country: "JP"},
		Lines:  []erpbridge.Line{{ID: "1", SKU: "A-1", Title: "Kettle", Quantity: erptest.Dec("3"), Unit: erptest.Money("1000", "JPY"), Extended: erptest.Money("2999", "JPY")}},
		Total:  erptest.Money("2999", "JPY"),
	}
	return o
}

func event(o *erpbridge.Order) erpbridge.Event {
	ev := erpbridge.Event{
		Store: "shop", Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID, Resource: "order/" + o.ID, Order: o,
		Version: erpbridge.Version{At: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), Digest: "abcdef0123456789"},
	}
	if !o.CancelledAt.IsZero() {
		ev.Type = erpbridge.OrderCancelled
	}
	return ev
}

func cancel(o *erpbridge.Order) erpbridge.Event {
	o.CancelledAt = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	ev := event(o)
	ev.Version = erpbridge.Version{At: o.CancelledAt, Digest: "cancelled000"}
	return ev
}

func refund() erpbridge.Event {
	return erpbridge.Event{
		Store: "shop", Type: erpbridge.RefundIssued, Stream: "order/4711", Resource: "refund/9",
		Version: erpbridge.Version{At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Digest: "refund000000"},
		Refund: &erpbridge.Refund{
			ID: "9", OrderID: "4711", OrderNumber: "#1001", PostingDate: "2026-11-22", Currency: "EUR",
			Lines:    []erpbridge.RefundLine{{ID: "1", LineID: "1", SKU: "A-1", Title: "Kettle", Quantity: erptest.Dec("1"), Amount: eur("9.67"), Tax: eur("1.84"), Restock: erpbridge.Returned}},
			Shipping: []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("5.00"), Tax: eur("0.95")}},
			Payments: []erpbridge.Payment{{Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: eur("17.46")}},
		},
	}
}

func translate(t testing.TB, e *ERP, ev erpbridge.Event) []erpbridge.Document {
	t.Helper()
	docs, err := e.Translate(ev)
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func deliver(t testing.TB, e *ERP, docs []erpbridge.Document) []erpbridge.Result {
	t.Helper()
	results := e.Deliver(t.Context(), docs)
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	return results
}

// delivered delivers docs, which must succeed, and returns their numbers.
func delivered(t testing.TB, e *ERP, docs []erpbridge.Document) string {
	t.Helper()
	var refs []string
	for i, r := range deliver(t, e, docs) {
		if r.Err != nil {
			t.Fatalf("%s: %v (%s)", docs[i].Key, r.Err, erpbridge.KindOf(r.Err))
		}
		refs = append(refs, r.Receipt.Ref)
	}
	return strings.Join(refs, " ")
}

func wantKind(t testing.TB, want erpbridge.Kind, err error) {
	t.Helper()
	if got := erpbridge.KindOf(err); got != want {
		t.Errorf("kind %q, want %q: %v", got, want, err)
	}
}

func decimalOf(n int64) erpbridge.Decimal { return erptest.Dec(strconv.FormatInt(n, 10)) }
