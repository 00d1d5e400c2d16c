package ax2012

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The vendor's namespaces. Pages that show them with https were rewritten.
const (
	nsOrder     = "http://schemas.microsoft.com/dynamics/2008/01/documents/SalesOrder"
	nsServices  = "http://schemas.microsoft.com/dynamics/2008/01/services"
	nsContext   = "http://schemas.microsoft.com/dynamics/2010/01/datacontracts"
	nsMessage   = "http://schemas.microsoft.com/dynamics/2011/01/documents/Message"
	nsBatch     = "http://schemas.microsoft.com/dynamics/2009/06/documents/Batch"
	nsCriteria  = "http://schemas.microsoft.com/dynamics/2006/02/documents/QueryCriteria"
	nsKeyList   = "http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKeyList"
	nsEntityKey = "http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKey"

	actionCreate = nsServices + "/SalesOrderService/create"
	actionFind   = nsServices + "/SalesOrderService/find"
)

// salesOrder is the kind of our documents.
const salesOrder = "SalesOrder"

// Translate renders an order. Refunds and cancellations are held unless the mapping
// ignores them: in AX they begin with the invoice, or with people.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	el, err := e.order(d)
	if err != nil {
		return nil, err
	}
	body, err := soap.Serialize(el)
	if err != nil {
		return nil, err
	}
	return []erpbridge.Document{{
		Key: d.Key(salesOrder), Target: e.name, Stream: d.Stream(), Kind: salesOrder, Record: salesOrder + "/" + d.Reference, Version: ev.Version, Body: body,
	}}, nil
}

func held(format string, args ...any) error {
	return &erpbridge.Error{Op: "ax2012.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

// A writer puts fields into an element, each by its rule, and remembers the first error.
type writer struct {
	*ERP
	el  *etree.Element
	err error
}

func (w *writer) text(name, value string) {
	if w.err != nil || value == "" {
		return
	}
	var fitted string
	if fitted, w.err = w.fit(name, value); w.err == nil && fitted != "" {
		w.plain(name, fitted)
	}
}

func (w *writer) plain(name, value string) { w.el.CreateElement(name).CreateText(value) }

// entity opens a child of a class of its own.
func (w *writer) entity(name string) *writer {
	child := &writer{ERP: w.ERP, el: w.el.CreateElement(name)}
	child.el.CreateAttr("class", "entity")
	return child
}

func (e *ERP) order(d *salesdoc.Document) (*etree.Element, error) {
	due, err := time.Parse(time.DateOnly, d.Date)
	if err != nil {
		return nil, held("the posting date %q is not a date", d.Date)
	}
	root := etree.NewElement(salesOrder)
	root.CreateAttr("xmlns", nsOrder)
	t := (&writer{ERP: e, el: root}).entity("SalesTable")
	t.text("CurrencyCode", d.Currency)
	t.text("CustAccount", d.Buyer.Number)
	t.text("CustomerRef", d.Reference)
	if to := cmp.Or(d.ShipTo, d.BillTo); to != nil {
		t.text("DeliveryName", cmp.Or(to.Company, to.Name))
	}
	t.text("DlvMode", d.ShipMethod)
	t.text("Email", d.Buyer.Email)
	t.plain("InclTax", yes(d.PricesIncludeTax))
	t.text("InventLocationId", d.Location)
	t.text("InventSiteId", e.conf.Site)
	t.text("Payment", d.PaymentTerms)
	t.text("PaymMode", d.PaymentMethod)
	po, lineRef := d.PO, ""
	if _, err := e.fit("PurchOrderFormNum", po); err != nil && e.conf.LongPO == LinesPO {
		po, lineRef = d.OrderID, po
	}
	t.text("PurchOrderFormNum", po)
	t.plain("ReceiptDateRequested", due.AddDate(0, 0, e.conf.DeliverAfter).Format(time.DateOnly))
	t.text("TaxGroup", e.conf.TaxGroup)
	t.address(d.ShipTo)
	lines := 0
	for _, it := range d.Items {
		if it.As == salesdoc.AsItem {
			lines++
			t.line(it, lineRef)
		}
	}
	if lines == 0 {
		return nil, held("the order has nothing that AX could take for a line: book it by hand")
	}
	for _, it := range d.Items {
		if it.As == salesdoc.AsCharge {
			t.charge(it)
		}
	}
	if t.err != nil {
		return nil, t.err
	}
	return root, addsUp(t.el, d)
}

func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func (w *writer) address(a *salesdoc.Address) {
	if a == nil || w.err != nil {
		return
	}
	c := w.entity("TableDlvAddr")
	c.text("City", a.City)
	c.text("CountryRegionId", a.Country)
	c.text("LocationName", cmp.Or(a.Company, a.Name))
	c.text("State", a.Region)
	c.text("Street", strings.TrimSpace(a.Street1+"\n"+a.Street2))
	c.text("ZipCode", a.Postcode)
	w.err = cmp.Or(w.err, c.err)
	if len(c.el.ChildElements()) == 0 {
		w.el.RemoveChild(c.el)
	}
}

// line writes an item. A price that is no exact decimal is given for all pieces: AX
// divides by PriceUnit.
func (w *writer) line(it salesdoc.Item, customerRef string) {
	if w.err != nil {
		return
	}
	c := w.entity("SalesLine")
	c.text("CustomerRef", customerRef)
	c.text("ItemId", it.Code)
	c.plain("LineAmount", it.Amount.Plain())
	c.text("Name", it.Description)
	price, exact := it.NetPrice(pricePlaces)
	unit := "1"
	if !exact {
		price, unit = it.Amount.Amount, it.Quantity.String()
	}
	c.plain("PriceUnit", unit)
	c.plain("SalesPrice", erpbridge.Money{Amount: price, Currency: it.Amount.Currency}.Plain())
	c.plain("SalesQty", it.Quantity.String())
	c.text("SalesUnit", cmp.Or(it.Unit, w.conf.Unit))
	c.text("TaxItemGroup", it.TaxCode)
	w.err = cmp.Or(w.err, c.err)
}

// pricePlaces is how many decimals a price may have.
const pricePlaces = 6

// charge writes what is a miscellaneous charge of the order.
func (w *writer) charge(it salesdoc.Item) {
	if w.err != nil || it.Amount.IsZero() {
		return
	}
	c := w.entity("MarkupTransHeader")
	c.text("CurrencyCode", it.Amount.Currency)
	c.plain("MarkupCategory", "Fixed")
	c.text("MarkupCode", it.Code)
	c.text("TaxItemGroup", it.TaxCode)
	c.text("Txt", it.Description)
	c.plain("Value", it.Amount.Plain())
	w.err = cmp.Or(w.err, c.err)
}

// addsUp asserts that AX's arithmetic comes to what the document says, its tax, where AX
// works that out, apart:
//
//	quantities × prices / price units + charges
func addsUp(table *etree.Element, d *salesdoc.Document) error {
	var sum erpbridge.Decimal
	number := func(el *etree.Element, name string) erpbridge.Decimal {
		n, err := erpbridge.ParseDecimal(el.SelectElement(name).Text())
		if err != nil {
			return erpbridge.Decimal{}
		}
		return n
	}
	for _, l := range table.SelectElements("SalesLine") {
		amount, err := number(l, "SalesQty").Mul(number(l, "SalesPrice")).Div(number(l, "PriceUnit"))
		if err != nil {
			return held("a line has no price unit")
		}
		sum = sum.Add(amount)
	}
	for _, c := range table.SelectElements("MarkupTransHeader") {
		sum = sum.Add(number(c, "Value"))
	}
	want := d.Total
	if !d.PricesIncludeTax {
		want = want.Sub(d.TaxTotal)
	}
	if !sum.Equal(want.Amount) {
		return held("the order does not add up in AX: it would come to %s before tax, the storefront says %s", sum, want)
	}
	return nil
}
