package netsuite

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
)

// maxLines is how many lines NetSuite takes in a transaction.
const maxLines = 5000

func (t *translation) salesOrder() (*rendered, error) {
	sheet, err := t.amounts()
	if err != nil {
		return nil, err
	}
	if len(sheet.entries) > maxLines {
		return nil, invalid("the order comes to %d lines, NetSuite takes %d", len(sheet.entries), maxLines)
	}
	method, err := t.shipMethod()
	if err != nil {
		return nil, err
	}
	id := t.externalID("order", t.o.ID)
	r := t.newRecord(sales, salesOrder, id)
	t.buyer.ref(r.fields, "entity")
	r.ref("currency", t.currency)
	r.plain("tranDate", t.tranDate)
	r.plain("orderStatus", t.conf.OrderStatus)
	r.text("otherRefNum", cmp.Or(t.o.PO, t.o.Number, t.o.ID))
	memo := r.group("memo", "", "") // in its place by the schema, filled when all remarks are known
	notes, err := t.addresses(r.fields)
	if err != nil {
		return nil, err
	}
	r.ref("shipMethod", method)
	if sheet.shipping != nil {
		r.plain("shippingCost", sheet.shipping.Plain())
		r.ref("shippingTaxCode", t.conf.TaxCode)
	}
	r.ref("class", t.conf.Class)
	r.ref("department", t.conf.Department)
	r.ref("location", t.conf.Location)
	list := r.group("itemList", sales, "SalesOrderItemList")
	list.el.CreateAttr("replaceAll", "true")
	for _, entry := range sheet.entries {
		t.line(list.group("item", sales, "SalesOrderItem"), entry)
	}
	t.memo(memo, notes)
	return &rendered{r, salesOrder, id}, nil
}

// memo fills the order's memo: the marker first, because it must not be cut,
// then remarks, then the customer's note.
func (t *translation) memo(f fields, notes []string) {
	parts := append([]string{marker(t.key(salesOrder))}, notes...)
	if t.o.Note != "" {
		parts = append(parts, t.o.Note)
	}
	text := strings.Join(parts, " ")
	if !legal(text) {
		f.rec.errs = append(f.rec.errs, invalid("the order's note has characters that XML cannot carry"))
		return
	}
	l, _ := t.limitOf("SalesOrder.memo")
	f.el.CreateText(shorten(text, l.length))
}

func (t *translation) line(f fields, en entry) {
	f.ref("item", en.item)
	if en.quantity != "" {
		f.plain("quantity", en.quantity)
	}
	f.text("description", en.description)
	f.ref("price", customPrice)
	if en.rate != "" {
		f.plain("rate", en.rate)
	}
	f.plain("amount", en.amount.Plain())
	if t.conf.TaxCode == "" {
		f.flag("isTaxable", false)
	}
	f.ref("department", t.conf.Department)
	f.ref("class", t.conf.Class)
	f.ref("location", t.conf.Location)
	if t.cancelled {
		f.flag("isClosed", true)
	}
	f.ref("taxCode", t.conf.TaxCode)
}

// customPrice is the price level that leaves rate and amount to us.
const customPrice = "-1"

func (t *translation) shipMethod() (string, error) {
	if len(t.o.Shipping) == 0 {
		return "", nil
	}
	title := t.o.Shipping[0].Title
	if id := cmp.Or(t.conf.Shipping.ByTitle[title], t.conf.Shipping.Default); id != "" {
		return id, nil
	}
	return "", t.held("no NetSuite ship method for %q: add it to shipping.by_title, or set shipping.default, of target %s", shorten(title, 60), t.name)
}

// addresses writes both addresses and returns remarks for the memo.
func (t *translation) addresses(f fields) ([]string, error) {
	var notes []string
	for _, a := range []struct {
		name string
		*erpbridge.Address
	}{{"billingAddress", t.o.BillTo}, {"shippingAddress", t.o.ShipTo}} {
		if a.Address == nil || *a.Address == (erpbridge.Address{}) {
			continue
		}
		country, err := t.country(a.Country)
		if err != nil {
			return nil, err
		}
		g := f.group(a.name, common, "Address")
		if country != "" {
			g.plain("country", country)
		}
		attention, addressee := a.Name, a.Company
		if a.Company == "" {
			attention, addressee = "", a.Name
		}
		g.text("attention", attention)
		g.text("addressee", addressee)
		notes = g.dropping("addrPhone", a.Phone, notes)
		g.text("addr1", a.Street1)
		g.text("addr2", a.Street2)
		g.text("city", a.City)
		g.text("state", a.Region)
		g.text("zip", a.Postcode)
	}
	return notes, nil
}

func (t *translation) country(code string) (string, error) {
	if code == "" {
		return "", nil
	}
	if name := cmp.Or(t.conf.Countries[code], countries[code]); name != "" {
		return name, nil
	}
	return "", t.held("no NetSuite country for %q: add it to countries of target %s", shorten(code, 20), t.name)
}
