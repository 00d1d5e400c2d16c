package bc

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

var update = flag.Bool("update", false, "write the documents in testdata anew")

// The documents, as they are sent. They change with intent only.
func TestGolden(t *testing.T) {
	memo := "credit_memo: {order_field: Your_Reference}\n"
	for _, c := range []struct {
		name, more string
		event      erpbridge.Event
	}{
		{"order", "", event(placed())},
		{"order-tax-included", "", event(included())},
		{"order-net", "mapping: {prices: net, discounts: {order: spread}}", event(placed())},
		{"order-tax-item", "mapping: {tax: {mode: item, exempt: NOTAX}}", event(placed())},
		{"order-yen", "", event(yen())},
		{"order-italian", italian, event(placed())},
		{
			"order-with-customer", "mapping: {customer: {unknown: create}}\ncustomer_fields: {Customer_Posting_Group: DOMESTIC, Payment_Terms_Code: 14D}\n" +
				"order_fields: {Salesperson_Code: WEB}\nline_fields: {Shortcut_Dimension_1_Code: SHOP}", event(placed()),
		},
		{"cancelled", "", cancel(placed())},
		{"closed", "close_fields: {Campaign_No: CANCELLED}\nmapping: {cancel: close}", cancel(placed())},
		{"refund", memo, refund()},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			for _, d := range translate(t, open(t, "https://nav.example.com", c.more), c.event) {
				got.WriteString("<!-- " + d.Kind + " " + d.Key + " -->\n" + indented(t, d.Body))
			}
			erptest.Golden(t, *update, c.name+".xml", []byte(got.String()))
		})
	}
}

func indented(t *testing.T, body []byte) string {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		t.Fatal(err)
	}
	doc.Indent(2)
	s, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// records returns the record and the lines of a document.
func records(t *testing.T, d erpbridge.Document) (*etree.Element, []*etree.Element) {
	t.Helper()
	record := parsed(t, string(d.Body)).ChildElements()[0]
	lines := record.SelectElement(salesLines)
	if lines == nil {
		return record, nil
	}
	return record, lines.ChildElements()
}

func TestMoneyOfOrders(t *testing.T) {
	e := open(t, "https://nav.example.com", "currencies: {JPY: YEN}")
	for _, c := range []struct {
		order              *erpbridge.Order
		currency, included string
	}{
		{placed(), "", "true"},
		{included(), "", "true"},
		{yen(), "YEN", "true"},
	} {
		record, lines := records(t, translate(t, e, event(c.order))[0])
		sum := erpbridge.Zero(c.order.Currency)
		digits, _ := erpbridge.Digits(c.order.Currency)
		for _, l := range lines {
			sum.Amount = sum.Amount.Add(round(number(l, "Quantity").Mul(number(l, "Unit_Price")), digits).Sub(number(l, "Line_Discount_Amount")))
		}
		if !sum.Equal(c.order.Total) {
			t.Errorf("%s: the lines come to %s, the order to %s", c.order.ID, sum, c.order.Total)
		}
		code := record.SelectElement("Currency_Code")
		if code == nil || code.Text() != c.currency || value(record, "Prices_Including_VAT") != c.included {
			t.Errorf("%s: currency %q, prices including VAT %s", c.order.ID, value(record, "Currency_Code"), value(record, "Prices_Including_VAT"))
		}
	}
}

func TestHeldAndIgnored(t *testing.T) {
	edit := func(f func(o *erpbridge.Order)) erpbridge.Event {
		o := placed()
		f(o)
		return event(o)
	}
	for _, c := range []struct {
		name, more string
		event      erpbridge.Event
		kind       erpbridge.Kind
		want       string
	}{
		{"total", "", edit(func(o *erpbridge.Order) { o.Total = eur("47.83") }), erpbridge.Held, "the difference is 1.00 EUR"},
		{"empty", "", edit(func(o *erpbridge.Order) {
			*o = erpbridge.Order{ID: "1", Currency: "EUR", PostingDate: "2026-11-20", Total: eur("0.00")}
		}), erpbridge.Held, "the order has no lines"},
		{"endless", "", edit(func(o *erpbridge.Order) {
			*o = erpbridge.Order{ID: "1", Currency: "EUR", PostingDate: "2026-11-20", Total: eur("1501.00")}
			for range maxItems + 1 {
				o.Lines = append(o.Lines, erpbridge.Line{SKU: "A", Title: "Cup", Quantity: erptest.Dec("1"), Unit: eur("1.00")})
			}
		}), erpbridge.Held, "it has 1501 lines"},
		{"city", "", edit(func(o *erpbridge.Order) { o.ShipTo.City = strings.Repeat("x", 31) }), erpbridge.Held, "Ship_to_City"},
		{"street", "", edit(func(o *erpbridge.Order) { o.ShipTo.Street1 = strings.Repeat("x", 51) }), erpbridge.Held, "Ship_to_Address"},
		{"control", "", edit(func(o *erpbridge.Order) { o.ShipTo.Name = "a\x01b" }), erpbridge.Held, "Ship_to_Name: it has characters that XML cannot carry"},
		{"note", "", edit(func(o *erpbridge.Order) { o.Note = "a\x01b" }), erpbridge.Held, "Description"},
		{"long reference", "", edit(func(o *erpbridge.Order) { o.ID = strings.Repeat("7", 40) }), erpbridge.Held, "External_Document_No"},
		{"wild reference", "mapping: {reference_prefix: 'a*'}", event(placed()), erpbridge.Held, `"a*4711" has characters that a filter takes`},
		{"customer", "mapping: {customer: {default: '123456789012345678901'}}", event(placed()), erpbridge.Held, "Sell_to_Customer_No"},
		{"long po", "", edit(func(o *erpbridge.Order) { o.PO = strings.Repeat("p", 36) }), erpbridge.Held, "Your_Reference"},
		{"close without fields", "mapping: {cancel: close}", cancel(placed()), erpbridge.Held, "close_fields"},
		{"cancel held", "mapping: {cancel: hold}", cancel(placed()), erpbridge.Held, "was cancelled"},
		{"cancel ignored", "mapping: {cancel: ignore}", cancel(placed()), erpbridge.Ignored, "mapping.cancel"},
		{"refund ignored", "mapping: {refund: {as: ignore}}", refund(), erpbridge.Ignored, "mapping.refund.as"},
		{"refund of nobody", "credit_memo: {order_field: ''}\nmapping: {customer: {default: '', unknown: create}}", refund(), erpbridge.Held, "credit_memo.order_field"},
		{"product", "", erpbridge.Event{Store: "shop", Type: erpbridge.ProductChanged, Product: &erpbridge.Product{}}, erpbridge.Ignored, "items are kept in the ERP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, "https://nav.example.com", c.more).Translate(c.event)
			wantKind(t, c.kind, err)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// Row by row, what becomes of a text that is too long for its field: one that fits is
// whole, one more is not.
func TestFieldRules(t *testing.T) {
	e := open(t, "https://nav.example.com", "")
	for name, rule := range lengths {
		for extra := range 2 {
			_, r := e.newRecord("Create", "SalesOrder")
			text := strings.Repeat("ä", rule.length+extra)
			r.text(name, text)
			got, held := value(r.el, name), len(*r.errs) > 0
			switch {
			case extra == 0 && (got != text || held):
				t.Errorf("%s does not take %d characters", name, rule.length)
			case extra == 0:
			case rule.key && !held:
				t.Errorf("%s is a key and was cut to %q", name, got)
			case rule.overflow == salesdoc.CutMark && (held || got != text[:2*(rule.length-1)]+"…"):
				t.Errorf("%s: %q", name, got)
			case rule.overflow == salesdoc.Omit && (held || got != ""):
				t.Errorf("%s: %q", name, got)
			case rule.overflow == salesdoc.Hold && !held:
				t.Errorf("%s: %q", name, got)
			}
		}
		// A character beyond the basic plane is two to .NET.
		_, r := e.newRecord("Create", "SalesOrder")
		r.text(name, strings.Repeat("😀", rule.length/2+1))
		if got := value(r.el, name); len([]rune(got)) > rule.length/2 {
			t.Errorf("%s: %d characters of two units", name, len([]rune(got)))
		}
	}
	long := open(t, "https://nav.example.com", "lengths: {Description: 100, Ship_to_City: 40}")
	if got := long.rule("Description").Length; got != 100 {
		t.Errorf("a description has %d characters", got)
	}
}

func TestAddressesGoOnInTheNextLine(t *testing.T) {
	o := placed()
	o.ShipTo.Street1 = "The very long name of a house in the country of long names, 12"
	o.ShipTo.Street2 = ""
	e := open(t, "https://nav.example.com", "")
	record, _ := records(t, translate(t, e, event(o))[0])
	if a, b := value(record, "Ship_to_Address"), value(record, "Ship_to_Address_2"); a != "The very long name of a house in the country of" || b != "long names, 12" {
		t.Errorf("%q, %q", a, b)
	}
	o.ShipTo.Street2 = "rear"
	_, err := e.Translate(event(o))
	wantKind(t, erpbridge.Held, err)
}

func TestCustomerNumbers(t *testing.T) {
	for reference, want := range map[string]string{
		"shop-88":               "SHOP-88",
		"shop-12345678901234":   "SHOP-12345678901234",
		"shop-1234567890123456": "EB-VCCEZMZJPUGBQNTIM",
		"shop-1234567890123457": "EB-",
		"shop-email-0123456789abcdef0123456789abcdef": "EB-",
	} {
		got := customerNumber(salesdoc.Party{Create: true, Reference: reference})
		if len(got) > 20 || !strings.HasPrefix(got, want[:3]) || len(reference) <= 20 && got != want {
			t.Errorf("%s: %s", reference, got)
		}
	}
	a, b := salesdoc.Party{Create: true, Reference: "shop-1234567890123456"}, salesdoc.Party{Create: true, Reference: "shop-1234567890123457"}
	if customerNumber(a) == customerNumber(b) {
		t.Error("two customers with one number")
	}
}

func TestDocuments(t *testing.T) {
	e := open(t, "https://nav.example.com", "mapping: {customer: {unknown: create}}")
	ev := event(placed())
	docs := translate(t, e, ev)
	for i, kind := range []string{customer, salesOrder} {
		d := docs[i]
		if d.Kind != kind || d.Key != "shop/order/4711/"+ev.Version.String()+"/"+kind || d.Stream != "shop/order/4711" || d.Target != "bc" || d.Record != "" {
			t.Errorf("%+v", d)
		}
	}
	gone := erpbridge.Event{
		Store: "shop", Type: erpbridge.OrderCancelled, Stream: "order/4711", Version: erpbridge.Version{At: time.Unix(1, 0)},
		Cancellation: &erpbridge.Cancellation{OrderID: "4711", Deleted: true},
	}
	docs = translate(t, e, gone)
	if len(docs) != 1 || docs[0].Kind != deleting || !strings.Contains(string(docs[0].Body), "<Criteria>'SHOP-4711'</Criteria>") {
		t.Errorf("%+v", docs)
	}
	// A document that is none of ours, or of other settings, is not sent.
	for _, d := range []erpbridge.Document{
		{Kind: salesOrder, Body: []byte("<a/>")},
		{Kind: salesOrder, Body: []byte("no XML")},
		{Kind: "Other", Body: docs[0].Body},
		{Kind: salesOrder, Body: docs[0].Body},
		{Kind: deleting, Body: []byte(strings.Replace(string(docs[0].Body), "External_Document_No", "Your_Reference", 1))},
		{Kind: deleting, Body: []byte(strings.Replace(string(docs[0].Body), "'SHOP-4711'", "'a*'", 1))},
	} {
		wantKind(t, erpbridge.Invalid, e.Deliver(t.Context(), []erpbridge.Document{d})[0].Err)
		wantKind(t, erpbridge.Invalid, e.Find(t.Context(), []erpbridge.Document{d})[0].Err)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	e := open(t, "https://nav.example.com", "")
	for _, r := range e.Deliver(t.Context(), make([]erpbridge.Document, MaxBatch+1)) {
		wantKind(t, erpbridge.Refused, r.Err)
	}
}
