package netsuite

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

func TestTranslateGolden(t *testing.T) {
	e := open(t, "")
	for name, order := range cases() {
		t.Run(name, func(t *testing.T) {
			for _, d := range translate(t, e, order) {
				path := filepath.Join("testdata", name+"."+d.Kind+".xml")
				if *update {
					if err := os.WriteFile(path, d.Body, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(want, d.Body) {
					t.Errorf("%s differs (-update rewrites it): %s", path, cmp.Diff(string(want), string(d.Body)))
				}
			}
		})
	}
}

func TestTranslateDocuments(t *testing.T) {
	docs := translate(t, open(t, "external_id_prefix: web-"), placed())
	var got []erpbridge.Document
	for _, d := range docs {
		if len(d.Version.Digest) != 64 || d.Version.Digest == event(placed()).Version.Digest {
			t.Errorf("the digest %q is not of what the %s says", d.Version.Digest, d.Kind)
		}
		d.Body, d.Version.Digest = nil, ""
		got = append(got, d)
	}
	const version = "20260314t092653z-0123456789ab"
	want := []erpbridge.Document{
		{Kind: "Customer", Record: "Customer/web-shop-eu-customer-7001"},
		{Kind: "SalesOrder", Record: "SalesOrder/web-shop-eu-order-5001"},
		{Kind: "CustomerDeposit", Record: "CustomerDeposit/web-shop-eu-deposit-5001"},
	}
	for i := range want {
		want[i].Key = "shop-eu/order/5001/" + version + "/" + want[i].Kind
		want[i].Target, want[i].Stream, want[i].Version = "ns", "shop-eu/order/5001", erpbridge.Version{At: event(placed()).Version.At}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Which records an order comes to.
func TestTranslateKinds(t *testing.T) {
	e := open(t, "")
	unpaid := placed()
	unpaid.PaymentStatus = erpbridge.Unpaid
	voided := placed()
	voided.PaymentStatus = erpbridge.Voided
	refunded := placed()
	refunded.PaymentStatus = erpbridge.Refunded
	nothingPaid := placed()
	nothingPaid.PaymentStatus, nothingPaid.Outstanding = erpbridge.PartiallyPaid, nothingPaid.Total
	for name, c := range map[string]struct {
		order *erpbridge.Order
		want  string
	}{
		"paid":             {placed(), "Customer SalesOrder CustomerDeposit"},
		"partly paid":      {partlyPaid(), "Customer SalesOrder CustomerDeposit"},
		"refunded":         {refunded, "Customer SalesOrder CustomerDeposit"},
		"unpaid":           {unpaid, "Customer SalesOrder"},
		"voided":           {voided, "Customer SalesOrder"},
		"nothing paid":     {nothingPaid, "Customer SalesOrder"},
		"cancelled":        {cancelled(), "Customer SalesOrder"},
		"free":             {free(), "Customer SalesOrder"},
		"default customer": {withoutCustomer(), "SalesOrder CustomerDeposit"},
	} {
		t.Run(name, func(t *testing.T) {
			var kinds []string
			for _, d := range translate(t, e, c.order) {
				kinds = append(kinds, d.Kind)
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A mapping that is missing holds the order, and its name is in the reason.
func TestTranslateHolds(t *testing.T) {
	change := func(f func(o *erpbridge.Order)) *erpbridge.Order {
		o := everything()
		f(o)
		return o
	}
	for name, c := range map[string]struct {
		settings string
		order    *erpbridge.Order
		want     string
	}{
		"currency":                 {`currencies: {EUR: "4"}`, yen(), "add currencies.JPY to target ns"},
		"SKU":                      {`items: {by_sku: {TEE-2: "58"}}`, placed(), `no item for "MUG-1" (line 1, "Mug"): erpbridge xref set --target ns items`},
		"no SKU":                   {"", change(func(o *erpbridge.Order) { o.Lines[1].SKU = "" }), "mapping.items.placeholder of target ns"},
		"customer":                 {`customer: {create: true}`, withoutCustomer(), "mapping.customer.default of target ns"},
		"customer, not to be made": {`customer: {create: false}`, placed(), "there is no customer for the customer"},
		"discount":                 {`discount_item: ""`, taxIncluded(), "mapping.discounts.code of target ns"},
		"tax":                      {`tax_item: ""`, placed(), "mapping.tax.item.code of target ns"},
		"gift card":                {`gift_card_item: ""`, everything(), "mapping.gift_card_sold.code of target ns"},
		"gift card redeemed":       {`gift_card_item: ""`, deducted(), "mapping.gift_card_redeemed.code of target ns"},
		"points redeemed":          {`credit_item: ""`, deducted(), "mapping.store_credit.code of target ns"},
		"tip":                      {`tip_item: ""`, everything(), "mapping.tip.code of target ns"},
		"duties":                   {`duty_item: ""`, everything(), "mapping.duty.code of target ns"},
		"fees":                     {`fee_item: ""`, everything(), "set mapping.fee.code"},
		"rounding":                 {`rounding_item: ""`, taxIncluded(), "mapping.rounding.code of target ns"},
		"ship method":              {`shipping: {by_title: {Express: "22"}}`, taxIncluded(), `no ship method for "Standard"`},
		"payment method":           {`payment_methods: {by_gateway: {stripe: "32"}}`, placed(), `no payment method for "bogus, paypal"`},
		"country":                  {"", change(func(o *erpbridge.Order) { o.ShipTo = &erpbridge.Address{City: "X", Country: "AN"} }), `no NetSuite country for "AN"`},
		"order number too long":    {"", change(func(o *erpbridge.Order) { o.PO = strings.Repeat("9", 46) }), "lengths.SalesOrder.otherRefNum of target ns"},
		"does not add up":          {"", change(func(o *erpbridge.Order) { o.Total = eur("86.35") }), "the difference is 1.00 EUR"},
		"negative":                 {"", change(func(o *erpbridge.Order) { o.Total = eur("-1.00") }), "-1.00 EUR"},
		"negative shipping": {"", change(func(o *erpbridge.Order) {
			o.Shipping[0].Discounts, o.Total = []erpbridge.Discount{{Amount: eur("10.00")}}, eur("75.35")
		}), "shipping comes to -0.05 EUR"},
		"finer than the currency": {"", change(func(o *erpbridge.Order) { o.Lines[0].Quantity = dec("2.0001") }), "finer than EUR allows"},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := open(t, c.settings).Translate(event(c.order))
			wantKind(t, erpbridge.Held, err)
			if err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
			if docs != nil {
				t.Error("documents beside an error")
			}
		})
	}
}

func TestTranslateRefuses(t *testing.T) {
	e := open(t, "")
	for name, f := range map[string]func(ev *erpbridge.Event){
		"no order":                 func(ev *erpbridge.Event) { ev.Order = nil },
		"no currency":              func(ev *erpbridge.Event) { ev.Order.Currency = "" },
		"two currencies":           func(ev *erpbridge.Event) { ev.Order.Lines[1].Unit = money("19", "JPY") },
		"a tax in another one":     func(ev *erpbridge.Event) { ev.Order.Lines[0].Taxes[0].Amount = money("2", "USD") },
		"a shipping tax":           func(ev *erpbridge.Event) { ev.Order.Shipping[0].Taxes = []erpbridge.Tax{{Amount: money("2", "USD")}} },
		"no date":                  func(ev *erpbridge.Event) { ev.Order.PostingDate, ev.Order.PlacedAt = "", time.Time{} },
		"a date that is none":      func(ev *erpbridge.Event) { ev.Order.PostingDate = "2026-02-30" },
		"control character":        func(ev *erpbridge.Event) { ev.Order.Lines[0].Title = "a\x01b" },
		"control character, note":  func(ev *erpbridge.Event) { ev.Order.Note = "a\x00b" },
		"not UTF-8":                func(ev *erpbridge.Event) { ev.Order.Customer.LastName = "M\xfcller" },
		"not a character":          func(ev *erpbridge.Event) { ev.Order.ShipTo.City = "\uFFFF" },
		"control character, in id": func(ev *erpbridge.Event) { ev.Order.ID = "1\x02" },
		"too many lines":           func(ev *erpbridge.Event) { ev.Order = crowded(5001) },
	} {
		t.Run(name, func(t *testing.T) {
			ev := event(placed())
			f(&ev)
			_, err := e.Translate(ev)
			wantKind(t, erpbridge.Invalid, err)
		})
	}
	if _, err := e.Translate(event(crowded(5000))); err != nil {
		t.Errorf("5000 lines: %v", err)
	}
}

// What moves money is held with the order's id, the rest ignored with its reason.
func TestTranslateWithoutAnOrder(t *testing.T) {
	e := open(t, "")
	for name, c := range map[string]struct {
		ev   erpbridge.Event
		kind erpbridge.Kind
		want string
	}{
		"refund": {erpbridge.Event{Refund: &erpbridge.Refund{
			ID: "509", OrderID: "4711", Currency: "EUR",
			Lines: []erpbridge.RefundLine{{Amount: eur("10.00"), Tax: eur("1.90")}},
		}}, erpbridge.Held, "refund 509 of order 4711 over 11.90 EUR"},
		"shipment": {erpbridge.Event{Fulfilment: &erpbridge.Fulfilment{}}, erpbridge.Ignored, "shipments"},
		"customer": {erpbridge.Event{Customer: &erpbridge.Customer{}}, erpbridge.Ignored, "with its orders"},
		"product":  {erpbridge.Event{Product: &erpbridge.Product{}}, erpbridge.Ignored, "items"},
		"stock":    {erpbridge.Event{Inventory: &erpbridge.InventoryLevel{}}, erpbridge.Ignored, "stock"},
	} {
		docs, err := e.Translate(c.ev)
		if erpbridge.KindOf(err) != c.kind || docs != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it %s: %s", name, err, c.kind, c.want)
		}
	}
}

func crowded(n int) *erpbridge.Order {
	o := placed()
	o.Shipping, o.TaxTotal, o.PaymentStatus = nil, erpbridge.Money{}, erpbridge.Unpaid
	o.Lines = nil
	for range n {
		o.Lines = append(o.Lines, item("MUG-1", "Mug", "1", "0.01", "EUR"))
	}
	o.Total = erpbridge.Money{Amount: dec("0.01"), Currency: "EUR"}.Times(erpbridge.Decimal(dec("1")).Mul64(uint64(n)))
	return o
}

// Whatever an order is made of, NetSuite's sum is the storefront's total.
func TestAmountsAddUp(t *testing.T) {
	e := open(t, "")
	for name, order := range cases() {
		t.Run(name, func(t *testing.T) {
			var so *etree.Element
			for _, d := range translate(t, e, order) {
				if d.Kind == salesOrder {
					so = parse(t, d.Body)
				}
			}
			sum := erpbridge.Zero(order.Currency)
			for _, el := range append(so.FindElements(".//amount"), so.FindElements(".//shippingCost")...) {
				m, err := erpbridge.ParseMoney(el.Text(), order.Currency)
				if err != nil {
					t.Fatal(err) // an exponent, or finer than the currency
				}
				sum = sum.Add(m)
			}
			if !sum.Equal(erpbridge.Zero(order.Currency).Add(order.Total)) {
				t.Errorf("NetSuite would book %s, the order comes to %s", sum, order.Total)
			}
			for _, line := range so.FindElements(".//itemList/item") {
				rate, quantity := line.SelectElement("rate"), line.SelectElement("quantity")
				if rate == nil || quantity == nil {
					continue
				}
				if got := dec(rate.Text()).Mul(dec(quantity.Text())); !got.Equal(dec(line.SelectElement("amount").Text())) {
					t.Errorf("%s x %s is %s, not %s", rate.Text(), quantity.Text(), got, line.SelectElement("amount").Text())
				}
			}
		})
	}
}

// NetSuite's day begins at midnight Pacific, with the offset of that day.
func TestDate(t *testing.T) {
	e := open(t, "")
	for day, want := range map[string]string{
		"2024-01-15": "2024-01-15T00:00:00.000-08:00",
		"2024-07-15": "2024-07-15T00:00:00.000-07:00",
		"2024-03-10": "2024-03-10T00:00:00.000-08:00", // the clocks change at two
		"2024-03-11": "2024-03-11T00:00:00.000-07:00",
		"2024-11-03": "2024-11-03T00:00:00.000-07:00",
		"2024-11-04": "2024-11-04T00:00:00.000-08:00",
	} {
		got, err := (&translation{ERP: e}).date(day)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", day, got, err, want)
		}
	}
	// Without a posting date it is the day on the shop's own clock.
	o := placed()
	o.PostingDate, o.PlacedAt = "", time.Date(2024, 1, 15, 0, 30, 0, 0, berlin)
	if body := string(translate(t, e, o)[1].Body); !strings.Contains(body, "<tranSales:tranDate>2024-01-15T00:00:00.000-08:00<") {
		t.Error(body)
	}
}

func TestCustomerIdentity(t *testing.T) {
	e := open(t, "")
	ref := func(o *erpbridge.Order) string { return translate(t, e, o)[0].Record }
	a, b := byEmail(), byEmail()
	b.Email = "ada@EXAMPLE.com"
	if ref(a) != ref(b) || !strings.HasPrefix(ref(a), "Customer/shop-eu-customer-email-") {
		t.Errorf("one address, two customers: %s and %s", ref(a), ref(b))
	}
	b.Email = "eve@example.com"
	if ref(a) == ref(b) {
		t.Error("two addresses, one customer")
	}
	body := string(translate(t, e, a)[0].Body)
	for _, want := range []string{
		"<listRel:lastName>Ada Lovelace</listRel:lastName>", "<listRel:email>Ada@Example.com</listRel:email>",
		"(phone left out: shorter than 7)",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestCancelledLinesAreClosed(t *testing.T) {
	e := open(t, "")
	byType := placed()
	ev := event(byType)
	ev.Type = erpbridge.OrderCancelled
	for name, ev := range map[string]erpbridge.Event{"by time": event(cancelled()), "by type": ev} {
		docs, err := e.Translate(ev)
		if err != nil || len(docs) != 2 {
			t.Fatalf("%s: %d documents, %v", name, len(docs), err)
		}
		so := parse(t, docs[1].Body)
		lines := so.FindElements(".//itemList/item")
		if closed := so.FindElements(".//isClosed"); len(closed) != len(lines) || len(lines) == 0 {
			t.Errorf("%s: %d of %d lines are closed", name, len(closed), len(lines))
		}
	}
}

func TestVATAccountsGetTheirTaxCode(t *testing.T) {
	so := parse(t, translate(t, open(t, `tax_code: "5"`), placed())[1].Body)
	if n := len(so.FindElements(".//item/taxCode")); n != 3 || len(so.FindElements(".//isTaxable")) != 0 {
		t.Errorf("%d tax codes for three lines", n)
	}
	if so.FindElement(".//shippingTaxCode") == nil {
		t.Error("no tax code for shipping")
	}
}

func TestDepositAccount(t *testing.T) {
	docs := translate(t, open(t, "undeposited_funds: false\ndeposit_account: \"77\""), placed())
	body := string(docs[2].Body)
	if !strings.Contains(body, `<tranCust:account internalId="77"/><tranCust:undepFunds>false</tranCust:undepFunds>`) {
		t.Error(body)
	}
}

// No text of an order changes which elements its documents have, and every text
// that is legal arrives as it was, or cut and marked.
func TestStructureIsIndependentOfTexts(t *testing.T) {
	e := open(t, `items: {placeholder: "1"}`)
	plain := shapes(t, e, filled("x"))
	for _, hostile := range []string{
		`</platformMsgs:record><platformMsgs:record externalId="x"/>`, `"><x a="`, `'`, "]]>", "<![CDATA[", "<!-- -->", "<?x?>", "&amp;&#0;&lt;",
		"a\tb\r\nc\rd\n", " ", "\u202egnp", "👩‍👩‍👧‍👦", "e\u0301", "\uFEFFx", "東京都", strings.Repeat("y", 5000), strings.Repeat("🧾", 2000),
	} {
		if diff := cmp.Diff(plain, shapes(t, e, filled(hostile))); diff != "" {
			t.Errorf("%.40q changes the documents: %s", hostile, diff)
		}
	}
}

// filled has one text in every free field.
func filled(text string) *erpbridge.Order {
	o := taxIncluded()
	a := &erpbridge.Address{Name: text, Company: text, Street1: text, Street2: text, City: text, Region: text, Postcode: text, Country: "DE"}
	o.BillTo, o.ShipTo, o.Note = a, a, text
	o.Customer = &erpbridge.Customer{ID: "1", FirstName: text, LastName: text, Company: text}
	o.Email = ""
	o.Lines[0].Title, o.Lines[0].SKU, o.Lines[0].Discounts[0].Title = text, text, text
	o.Shipping[0].Title, o.Gateways, o.Attributes = text, []string{text}, []erpbridge.Attribute{{Name: text, Value: text}}
	return o
}

// shapes returns the names of all elements, document by document.
func shapes(t *testing.T, e *ERP, o *erpbridge.Order) []string {
	t.Helper()
	var out []string
	for _, d := range translate(t, e, o) {
		for _, el := range parse(t, d.Body).FindElements(".//*") {
			out = append(out, d.Kind+" "+el.Space+":"+el.Tag)
		}
	}
	return out
}

func parse(t testing.TB, body []byte) *etree.Element {
	t.Helper()
	root, err := soap.Parse(body, "")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Carriage returns survive the way through an XML reader, and a lifted record
// through a second one.
func TestCarriageReturnsSurvive(t *testing.T) {
	e := open(t, "")
	docs := translate(t, e, unfit())
	results := make([]erpbridge.Result, len(docs))
	sent := e.lift(docs, results)
	list := etree.NewElement(msgs + ":upsertList")
	for _, s := range sent {
		list.AddChild(s.record)
	}
	request, err := e.envelope(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{docs[1].Body, request} {
		i := slices.IndexFunc(parse(t, body).FindElements(".//description"), func(el *etree.Element) bool { return el.Text() == "one\r\ntwo\rthree" })
		if i < 0 {
			t.Error("the line breaks of a title are not what they were")
		}
	}
}

// A document is valid by itself, and all documents there are, with the requests
// around them, are as one message: the schema takes seconds to load, so they are
// not checked one by one.
func TestConformanceRequestsAreValid(t *testing.T) {
	e := open(t, "tax_code: \"5\"\ndepartment: \"6\"\nclass: \"7\"\ndeposit_account: \"8\"\nundeposited_funds: false\nitems: {placeholder: \"1\"}")
	list := etree.NewElement(msgs + ":upsertList")
	add := func(e *ERP, o *erpbridge.Order) {
		docs := translate(t, e, o)
		for _, l := range e.lift(docs, make([]erpbridge.Result, len(docs))) {
			list.AddChild(l.record)
		}
	}
	passed := open(t, passTax)
	for _, o := range cases() {
		add(open(t, ""), o)
		add(e, o)
		if o.Currency == "EUR" && !o.TaxesIncluded {
			add(passed, o)
		}
	}
	for _, text := range hostile(t) {
		add(e, filled(text))
	}
	request, err := e.envelope(list)
	if err != nil {
		t.Fatal(err)
	}
	message := parse(t, request)
	body := message.SelectElement("Body")
	body.AddChild(e.lookup([]lifted{{kind: customer, externalID: "a"}, {kind: salesOrder, externalID: "b"}, {kind: customerDeposit, externalID: "c"}}))
	searchPreferences(message.SelectElement("Header"))
	body.AddChild(customersBy("ada@example.com"))
	body.AddChild(parse(t, translate(t, open(t, usual), placed())[0].Body))
	body.CreateElement(msgs + ":getServerTime")
	for _, el := range otherRequests(t) {
		body.AddChild(el)
	}
	all, err := serialize(message)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "message.xml")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	testenv.Xmlcheck(t, "netsuite", file, filepath.Join("testdata", "everything.SalesOrder.xml"),
		filepath.Join("testdata", "returned.ReturnAuthorization.xml"), filepath.Join("testdata", "linked.ReturnAuthorization.xml"), filepath.Join("testdata", "closed.CloseSalesOrder.xml"))
}

// hostile returns the legal values of the corpus of order fields.
func hostile(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "corpora", "order-fields", "values.json"))
	if err != nil {
		t.Fatal(err)
	}
	var values []struct {
		Name  string `json:"name"`
		B64   []byte `json:"b64"`
		Legal bool   `json:"xml10_legal"`
	}
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, v := range values {
		if v.Legal != salesdoc.Legal(string(v.B64)) {
			t.Errorf("%s: legal by us is %t, by the corpus %t", v.Name, salesdoc.Legal(string(v.B64)), v.Legal)
		}
		if v.Legal && len(v.B64) > 0 {
			texts = append(texts, string(v.B64))
		}
	}
	return texts
}

// Every value of the corpus arrives as it was or cut and marked, and changes no
// document's structure.
func TestConformanceOrderFields(t *testing.T) {
	e := open(t, `items: {placeholder: "1"}`)
	plain := shapes(t, e, filled("x"))
	for _, text := range hostile(t) {
		o := filled(text)
		if diff := cmp.Diff(plain, shapes(t, e, o)); diff != "" {
			t.Errorf("%.40q changes the documents: %s", text, diff)
		}
		so := parse(t, translate(t, e, o)[1].Body)
		got := so.FindElement(".//itemList/item/description").Text()
		if got != text && got != salesdoc.Cut(text, 999, salesdoc.UTF16) {
			t.Errorf("%.40q arrived as %.40q", text, got)
		}
		if len(utf16.Encode([]rune(text))) <= 999 && got != text {
			t.Errorf("%.40q was cut although it fits", text)
		}
	}
}
