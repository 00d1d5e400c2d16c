package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// rendered says, by a target's kind, how its documents are looked at: the vendor's schema
// of each kind of document, as xmlcheck names it, and what the document comes to as the
// ERP will add it up. "" is for documents without a schema, or without money.
var rendered = map[string]struct {
	schemas map[string]string
	total   map[string]adding
}{
	"netsuite": {
		schemas: map[string]string{"*": "netsuite"},
		total:   map[string]adding{"SalesOrder": netsuiteTotal, "CreditMemo": netsuiteTotal, "CashRefund": netsuiteTotal, "ReturnAuthorization": netsuiteTotal},
	},
	"gp": {
		schemas: map[string]string{"*": "gp"},
		total:   map[string]adding{"SalesOrder": gpTotal},
	},
	"ax2012": {
		schemas: map[string]string{"*": "ax2012-salesorder"},
		total:   map[string]adding{"SalesOrder": axTotal},
	},
	"bc": {
		schemas: map[string]string{"SalesOrder": "nav-salesorder"},
		total:   map[string]adding{"SalesOrder": bcTotal, "SalesCreditMemo": bcTotal},
	},
	"fo": { // there is no vendor's schema of data packages
		total: map[string]adding{"SalesOrder": foTotal},
	},
	"sap-idoc": {
		schemas: map[string]string{"ORDERS": "idoc-orders05 idoc-orders05-s4"},
		total:   map[string]adding{"ORDERS": idocTotal},
	},
	"sap-s4": {
		schemas: map[string]string{"OrderRequest": "s4-orderrequest", "BusinessPartner": "s4-businesspartner"},
		total:   map[string]adding{"OrderRequest": s4Total},
	},
}

// fewest is how many samples of a class reach a target at the least. deaf are the classes
// of which a kind of target has no document.
var (
	fewest = map[string]int{"order": 47, "cancelled": 4, "refund": 2}
	deaf   = map[string][]string{
		"gp": {"refund"}, "sap-s4": {"refund"}, "ax2012": {"refund", "cancelled"}, "fo": {"refund", "cancelled"},
	}
)

// adding adds a document up as its ERP does, in a currency of so many decimals.
type adding func(root *etree.Element, digits uint8) (erpbridge.Decimal, error)

// A cell of the matrix counts what became of the samples of one class at one target.
type cell struct{ events, documents, valid, exact, ignored int }

// Every order, refund and cancellation of the samples that adds up is rendered for every
// target; the vendors' schemas take the documents, and what each comes to is what the
// storefront says, to the minor unit. The matrix is printed.
func TestConformanceMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("one after the other: the race detector has nothing to see")
	}
	opt := &options{config: conformanceConfig}
	conf, n, err := opt.loadAll()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, target := range conf.Targets {
		kinds[target.Name] = target.Kind
		if _, ok := rendered[target.Kind]; !ok {
			t.Errorf("nobody looks at the documents of kind %s", target.Kind)
		}
	}
	m := matrix{cells: map[string]map[string]*cell{}, files: map[string][]string{}, kinds: kinds}
	p, err := lay(conf, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range everySample(t, conf) {
		d := p.Decide(t.Context(), s.message)
		if s.adds && d.Verdict != erpbridge.Accept {
			t.Errorf("%s as %s: %s: %v", s.message.ID, s.message.Type, d.Verdict, d.Cause)
			continue
		}
		if d.Verdict != erpbridge.Accept {
			continue
		}
		events, err := n.stores[s.message.Store].Normalize(s.message)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			m.count(t, s.message.ID, e, d.Documents)
		}
	}
	for schema, files := range m.files {
		testenv.Xmlcheck(t, schema, files...)
	}
	m.print(t, slices.Sorted(maps.Keys(kinds)))
}

// An offered sample is a message a storefront may have sent; adds says that the index
// calls it one that adds up.
type offered struct {
	message erpbridge.Message
	adds    bool
}

// everySample returns the samples of all platforms, those the index speaks of under their
// own topic, the others under every topic of an order or a refund.
func everySample(t *testing.T, conf *config.Config) (all []offered) {
	t.Helper()
	root := filepath.Join(testenv.Shared(t), "storefront-samples")
	seen := map[string]bool{}
	offer := func(store, file, topic string, adds bool) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		seen[name] = true
		all = append(all, offered{erpbridge.Message{
			ID: store + "/" + name, Store: store, Type: topic, Via: erpbridge.ViaPartner, ContentType: "application/json", Body: body,
		}, adds})
	}
	for store, p := range platforms {
		for _, s := range samples(t, store, p.orders...) {
			offer(store, s.path, p.topic(s.name), s.difference == "" && !withoutLines(t, s.path))
		}
	}
	for store, at := range map[string]struct {
		folder string
		topics []string
	}{
		"shopify": {"shopify", []string{"refunds/create", "orders/cancelled"}}, "woocommerce": {"woocommerce", []string{"refund.created", "order.deleted"}},
		"adobecommerce": {"adobe-commerce", []string{"order", "creditmemo"}}, "bigcommerce": {"bigcommerce", []string{"store/order/updated", "store/order/refund/created"}},
		"partner": {"cloudevents", []string{"order.changed", "refund.issued"}},
	} {
		files, err := filepath.Glob(filepath.Join(root, at.folder, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no samples of %s: %v", store, err)
		}
		for _, file := range files {
			for _, topic := range at.topics {
				if !seen[filepath.Base(file)] || strings.Contains(topic, "cancel") && strings.Contains(file, "order") {
					offer(store, file, topic, false)
				}
			}
		}
	}
	return all
}

// A matrix counts by target and class.
type matrix struct {
	cells map[string]map[string]*cell
	files map[string][]string // by schema
	kinds map[string]string
}

// count looks at what one event came to.
func (m *matrix) count(t *testing.T, name string, e erpbridge.Event, docs []erpbridge.Document) {
	t.Helper()
	class, want := "order", erpbridge.Zero("")
	switch {
	case e.Order != nil && (e.Type == erpbridge.OrderCancelled || !e.Order.CancelledAt.IsZero()):
		class, want = "cancelled", e.Order.Total
	case e.Order != nil:
		want = e.Order.Total
	case e.Refund != nil:
		class, want = "refund", e.Refund.Sum()
	case e.Cancellation != nil:
		class = "cancellation"
	default:
		return
	}
	for target, kind := range m.kinds {
		c := m.cell(target, class)
		c.events++
		ours := 0
		for _, d := range docs {
			if d.Target != target {
				continue
			}
			ours++
			c.documents++
			m.look(t, c, name, kind, d, want)
		}
		if ours == 0 {
			c.ignored++
		}
	}
}

func (m *matrix) cell(target, class string) *cell {
	if m.cells[target] == nil {
		m.cells[target] = map[string]*cell{}
	}
	if m.cells[target][class] == nil {
		m.cells[target][class] = &cell{}
	}
	return m.cells[target][class]
}

// look checks one document.
func (m *matrix) look(t *testing.T, c *cell, name, kind string, d erpbridge.Document, want erpbridge.Money) {
	t.Helper()
	r := rendered[kind]
	schema, ok := r.schemas[d.Kind]
	if !ok {
		schema = r.schemas["*"]
	}
	if schema != "" {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%s-%s.xml", kind, d.Kind))
		if err := os.WriteFile(file, d.Body, 0o600); err != nil {
			t.Fatal(err)
		}
		for one := range strings.FieldsSeq(schema) {
			m.files[one] = append(m.files[one], file)
		}
		c.valid++
	}
	total, ok := r.total[d.Kind]
	if !ok {
		return
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(d.Body); err != nil {
		t.Fatal(err)
	}
	digits, _ := erpbridge.Digits(want.Currency)
	got, err := total(doc.Root(), digits)
	switch {
	case err != nil:
		t.Errorf("%s: %s %s: %v", name, kind, d.Kind, err)
	case !got.Equal(want.Amount):
		t.Errorf("%s: the %s %s comes to %s, the storefront says %s", name, kind, d.Kind, got, want)
	default:
		c.exact++
	}
}

// print shows the matrix: events that had documents, documents, those with the
// storefront's total, and events a target is not told of.
func (m *matrix) print(t *testing.T, targets []string) {
	classes := []string{"order", "cancelled", "refund", "cancellation"}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%-10s", "target")
	for _, class := range classes {
		_, _ = fmt.Fprintf(&b, " | %-36s", class)
	}
	for _, target := range targets {
		_, _ = fmt.Fprintf(&b, "\n%-10s", target)
		for _, class := range classes {
			c := m.cell(target, class)
			_, _ = fmt.Fprintf(&b, " | %3d of %3d, %3d docs, %3d with total  ", c.events-c.ignored, c.events, c.documents, c.exact)
		}
		if m.cell(target, "order").ignored > 0 {
			t.Errorf("%s: %d orders came to nothing", target, m.cell(target, "order").ignored)
		}
		for class, least := range fewest {
			c := m.cell(target, class)
			reached := c.events - c.ignored
			if slices.Contains(deaf[m.kinds[target]], class) {
				if reached > 0 {
					t.Errorf("%s: %d of class %s reached it, and none should", target, reached, class)
				}
				continue
			}
			// Some ERPs take no amounts of what is cancelled.
			if reached < least || class != "cancelled" && c.exact < least {
				t.Errorf("%s: %d of class %s reached it, %d with their total, want %d at the least", target, reached, class, c.exact, least)
			}
		}
	}
	t.Logf("what the samples come to:\n%s", b.String())
}

// sumOf adds numbers of an element's descendants.
func sumOf(el *etree.Element, paths ...string) (erpbridge.Decimal, error) {
	var sum erpbridge.Decimal
	for _, path := range paths {
		for _, found := range el.FindElements(path) {
			d, err := erpbridge.ParseDecimal(strings.TrimSpace(found.Text()))
			if err != nil {
				return sum, fmt.Errorf("%s: %w", path, err)
			}
			sum = sum.Add(d)
		}
	}
	return sum, nil
}

// product is quantity × price / per, of the elements at these paths.
func product(el *etree.Element, quantity, price, per string) (erpbridge.Decimal, error) {
	q, err := sumOf(el, quantity)
	if err != nil {
		return q, err
	}
	p, err := sumOf(el, price)
	if err != nil || per == "" {
		return q.Mul(p), err
	}
	n, err := sumOf(el, per)
	if err != nil {
		return n, err
	}
	return q.Mul(p).Div(n)
}

func netsuiteTotal(root *etree.Element, _ uint8) (erpbridge.Decimal, error) {
	return sumOf(root, "record/itemList/item/amount", "record/shippingCost")
}

func gpTotal(root *etree.Element, _ uint8) (erpbridge.Decimal, error) {
	order := root.SelectElement("salesOrder")
	sum, err := sumOf(order, "FreightAmount/Value", "MiscellaneousAmount/Value", "TaxAmount/Value")
	if err != nil {
		return sum, err
	}
	off, err := sumOf(order, "TradeDiscount/Amount/Value")
	if err != nil {
		return sum, err
	}
	sum = sum.Sub(off)
	for _, l := range order.FindElements("Lines/SalesOrderLine") {
		amount, err := product(l, "Quantity/Value", "UnitPrice/Value", "")
		if err != nil {
			return sum, err
		}
		sum = sum.Add(amount)
	}
	return sum, nil
}

func axTotal(root *etree.Element, _ uint8) (erpbridge.Decimal, error) {
	sum, err := sumOf(root, "SalesTable/MarkupTransHeader/Value")
	if err != nil {
		return sum, err
	}
	for _, l := range root.FindElements("SalesTable/SalesLine") {
		amount, err := product(l, "SalesQty", "SalesPrice", "PriceUnit")
		if err != nil {
			return sum, err
		}
		sum = sum.Add(amount)
	}
	return sum, nil
}

func s4Total(root *etree.Element, _ uint8) (erpbridge.Decimal, error) {
	return sumOf(root, "Order/OrderItem/ExpectedNetAmount")
}

// bcTotal rounds each line to the currency, as Business Central does.
func bcTotal(root *etree.Element, digits uint8) (erpbridge.Decimal, error) {
	var sum erpbridge.Decimal
	for _, l := range root.FindElements("//SalesLines/*") {
		amount, err := product(l, "Quantity", "Unit_Price", "")
		if err != nil {
			return sum, err
		}
		off, err := sumOf(l, "Line_Discount_Amount")
		if err != nil {
			return sum, err
		}
		sum = sum.Add(amount.RoundHAZ(digits)).Sub(off)
	}
	return sum, nil
}

func foTotal(root *etree.Element, _ uint8) (erpbridge.Decimal, error) {
	return sumOf(root, "SALESORDERLINEV2ENTITY/LINEAMOUNT")
}

// idocTotal adds up an ORDERS05: prices, conditions by their sign, and taxes where prices
// are net.
func idocTotal(root *etree.Element, _ uint8) (sum erpbridge.Decimal, err error) {
	idoc := root.SelectElement("IDOC")
	for _, p := range idoc.SelectElements("E1EDP01") {
		price := p.SelectElement("VPREI")
		if rest, minus := strings.CutSuffix(price.Text(), "-"); minus {
			price.SetText("-" + rest)
		}
		amount, err := product(p, "MENGE", "VPREI", "PEINH")
		if err != nil {
			return sum, err
		}
		sum = sum.Add(amount)
	}
	for _, c := range append(idoc.FindElements("E1EDP01/E1EDP05"), idoc.SelectElements("E1EDK05")...) {
		amount, err := sumOf(c, "BETRG")
		if err != nil {
			return sum, err
		}
		if c.SelectElement("ALCKZ").Text() == "-" {
			amount = amount.Neg()
		}
		sum = sum.Add(amount)
	}
	tax, err := sumOf(idoc, "E1EDK04/MWSBT")
	return sum.Add(tax), err
}
