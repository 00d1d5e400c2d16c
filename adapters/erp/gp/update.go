package gp

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/gp"
)

// An update says what is to change: GP leaves what it is not told of as it is. So what an
// older state of the order had and this one has not is taken away in so many words: lines
// by DeleteOnUpdate, amounts and taxes by nought, texts by being empty.
//
// Left as they are where this state says nothing: the customer's name, the shipping
// method, the warehouse, the payment terms, and an order's address as a whole. GP fills
// them in from its own cards.

// updateOf makes an update of a create.
func updateOf(body *etree.Element, there *wsdl.SalesOrder) *etree.Element {
	update := body.Copy()
	update.Tag = "UpdateSalesOrder"
	order := update.SelectElement("salesOrder")
	parts := map[string]*etree.Element{}
	for _, el := range order.ChildElements() {
		parts[el.Tag] = el
	}
	deleteLines(parts["Lines"], numberOf(body), there)
	nought := noughtOf(order)
	for _, name := range []string{"FreightAmount", "MiscellaneousAmount", "TaxAmount"} {
		parts[name] = cmp.Or(parts[name], nought(name))
	}
	if parts["TradeDiscount"] == nil {
		parts["TradeDiscount"] = etree.NewElement("TradeDiscount")
		parts["TradeDiscount"].AddChild(nought("Amount"))
	}
	parts["Taxes"] = taxesOf(parts["Taxes"], numberOf(body), there, nought)
	for name, has := range map[string]string{"CustomerPONumber": there.CustomerPONumber, "Note": there.Note} {
		if parts[name] == nil && has != "" {
			parts[name] = etree.NewElement(name)
		}
	}
	emptyAddress(parts["ShipToAddress"], there.ShipToAddress)
	update.InsertChildAt(order.Index(), assemble("salesOrder", orderFields, parts))
	update.RemoveChild(order)
	return update
}

// deleteLines deletes the lines that GP has and we do not.
func deleteLines(lines *etree.Element, number string, there *wsdl.SalesOrder) {
	have := map[string]bool{}
	for _, l := range lines.ChildElements() {
		if el := l.FindElement("Key/LineSequenceNumber"); el != nil {
			have[strings.TrimSpace(el.Text())] = true
		}
	}
	if there.Lines == nil {
		return
	}
	for _, l := range there.Lines.SalesOrderLine {
		if l.SalesLine == nil || l.Key == nil {
			continue
		}
		n := strings.TrimSpace(l.Key.LineSequenceNumber)
		if n == "" || have[n] {
			continue
		}
		key := etree.NewElement("Key")
		key.AddChild(id("SalesDocumentKey", number))
		key.AddChild(text("LineSequenceNumber", n))
		lines.AddChild(assemble("SalesOrderLine", lineFields, map[string]*etree.Element{"Key": key, "DeleteOnUpdate": text("DeleteOnUpdate", "true")}))
	}
}

// noughtOf returns what makes amounts of nought in an order's currency, with the decimals
// of its prices.
func noughtOf(order *etree.Element) func(name string) *etree.Element {
	price := order.FindElement("Lines/SalesOrderLine/UnitPrice")
	var places uint8
	if n, err := strconv.ParseUint(child(price, "DecimalDigits"), 10, 8); err == nil {
		places = uint8(n)
	}
	return func(name string) *etree.Element {
		return amount(name, child(price, "Currency"), erpbridge.Decimal{}, places)
	}
}

// emptyAddress empties the lines of an address that GP has and ours has not.
func emptyAddress(ours *etree.Element, there *wsdl.BusinessAddress) {
	if ours == nil || there == nil {
		return
	}
	base, address := wsdl.AddressBase{}, wsdl.Address{}
	if there.InternationalAddress != nil && there.Address != nil {
		address = *there.Address
		base = *cmp.Or(address.AddressBase, &base)
	}
	parts := map[string]*etree.Element{}
	for _, el := range ours.ChildElements() {
		parts[el.Tag] = el
	}
	for name, has := range map[string]string{
		"Line1": base.Line1, "Line2": base.Line2, "City": base.City, "State": base.State, "PostalCode": base.PostalCode,
		"CountryRegion": address.CountryRegion, "Name": there.Name, "ContactPerson": there.ContactPerson,
	} {
		if parts[name] == nil && has != "" {
			parts[name] = etree.NewElement(name)
		}
	}
	if parts["Phone1"] == nil && address.Phone1 != nil && address.Phone1.Value != "" {
		parts["Phone1"] = under("Phone1", "Value", "")
	}
	for _, f := range addressFields {
		if part := parts[f.name]; part != nil {
			ours.AddChild(part)
		}
	}
}
