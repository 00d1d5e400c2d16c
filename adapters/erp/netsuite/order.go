package netsuite

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// maxLines is how many lines NetSuite takes in a transaction.
const maxLines = 5000

func (t *translation) salesOrder() (*record, error) {
	lines, transport, err := t.split()
	if err != nil {
		return nil, err
	}
	id := t.orderID()
	r := t.newRecord(sales, salesOrder, id)
	t.buyer(r.fields, "entity")
	r.ref("currency", t.currency)
	r.plain("tranDate", t.tranDate)
	r.text("tranId", t.d.Number)
	r.plain("orderStatus", t.conf.OrderStatus)
	r.text("otherRefNum", t.d.PO)
	memo := r.group("memo", "", "") // in its place by the schema, filled when all remarks are known
	if err := t.headerDiscount(r.fields); err != nil {
		return nil, err
	}
	notes, err := t.addresses(r.fields)
	if err != nil {
		return nil, err
	}
	r.ref("shipMethod", t.d.ShipMethod)
	if transport != nil {
		r.plain("shippingCost", transport.cost.Plain())
		r.ref("shippingTaxCode", transport.taxCode)
	}
	r.ref("class", t.conf.Class)
	r.ref("department", t.conf.Department)
	r.ref("location", t.d.Location)
	r.ref("terms", t.d.PaymentTerms)
	if err := t.itemList(r.fields, "SalesOrder", lines, orderLine); err != nil {
		return nil, err
	}
	t.memo(memo, salesOrder, notes)
	return r, nil
}

// headerDiscount writes what is taken off the order as a whole, where the mapping has it
// so. A rate without a percent sign is an amount.
func (t *translation) headerDiscount(f fields) error {
	if t.d.HeaderDiscount.IsZero() {
		return nil
	}
	item := t.discountItem(t.d.Event.Store)
	if item == "" {
		return held("a discount of %s has nowhere to go: set mapping.discounts.code of target %s", t.d.HeaderDiscount, t.name)
	}
	f.ref("discountItem", item)
	f.plain("discountRate", t.d.HeaderDiscount.Neg().Plain())
	return nil
}

// memo fills a record's memo: the marker first, because it must not be cut, then
// remarks, then what people wrote.
func (t *translation) memo(f fields, typ string, remarks []string) {
	parts := append(append([]string{unmarked}, remarks...), t.d.Notes...)
	f.typ = typ
	text, err := f.fit("memo", strings.Join(parts, " "))
	if err != nil {
		f.rec.errs = append(f.rec.errs, err)
		return
	}
	f.el.CreateText(text)
}

// A transport is what stands in an order's own fields for shipping.
type transport struct {
	cost    erpbridge.Money
	taxCode string
}

// split returns the items that are lines, and what of the rest is shipping cost; nil if
// nothing is.
func (t *translation) split() ([]salesdoc.Item, *transport, error) {
	var lines []salesdoc.Item
	var ship *transport
	for _, it := range t.d.Items {
		if it.Code != shippingCost {
			lines = append(lines, it)
			continue
		}
		if t.d.Taxes == salesdoc.PassTax && !it.Tax.IsZero() {
			return nil, nil, held("shipping has a tax of %s, which the order's shipping cost cannot carry: set mapping.shipping.code of target %s to an item", it.Tax, t.name)
		}
		if ship == nil {
			ship = &transport{erpbridge.Zero(t.d.Currency), it.TaxCode}
		}
		ship.cost = ship.cost.Add(it.Amount)
	}
	switch {
	case len(lines) > maxLines:
		return nil, nil, invalid("the order comes to %d lines, NetSuite takes %d", len(lines), maxLines)
	case ship == nil:
	case ship.cost.Amount.IsNeg():
		return nil, nil, held("the order's shipping comes to %s: discounts beyond the price are booked by hand", ship.cost)
	case t.d.ShipMethod == "":
		title := ""
		if len(t.d.Order.Shipping) > 0 {
			title = t.d.Order.Shipping[0].Title
		}
		return nil, nil, held("no NetSuite ship method for %q: erpbridge xref set --target %s ship_methods, or shipping.by_title or shipping.default of the target", clip(title), t.name)
	}
	return lines, ship, nil
}

// addresses writes both addresses and returns remarks for the memo.
func (t *translation) addresses(f fields) ([]string, error) {
	var notes []string
	for _, a := range []struct {
		name string
		*salesdoc.Address
	}{{"billingAddress", t.d.BillTo}, {"shippingAddress", t.d.ShipTo}} {
		if a.Address == nil {
			continue
		}
		country, err := t.country(a.Address)
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

// country returns NetSuite's name of a country: the mapping's, or the built-in one.
func (t *translation) country(a *salesdoc.Address) (string, error) {
	mapped := a.Country
	if mapped == a.ISO {
		mapped = cmp.Or(countries[a.ISO], a.ISO)
	}
	if mapped == "" || countryShape.MatchString(mapped) {
		return mapped, nil
	}
	return "", held("no NetSuite country for %q: add it to countries of target %s", clip(a.ISO), t.name)
}
