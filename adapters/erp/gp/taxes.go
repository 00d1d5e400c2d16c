package gp

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/gp"
)

// taxes lists the tax by tax detail.
func (r *rendering) taxes() *etree.Element {
	by := map[string]erpbridge.Money{}
	for _, it := range r.d.Items {
		if !it.Tax.IsZero() {
			by[it.TaxCode] = erpbridge.Zero(r.d.Currency).Add(by[it.TaxCode]).Add(it.Tax)
		}
	}
	if len(by) == 0 || !by[""].IsZero() {
		return nil // not all of it has a detail: GP takes the amount as it is
	}
	list := etree.NewElement("Taxes")
	for i, code := range slices.Sorted(maps.Keys(by)) {
		list.AddChild(taxDetail(r.number, i+1, code, r.money("TaxAmount", by[code])))
	}
	return list
}

// taxDetail is the tax of one tax detail of GP's.
func taxDetail(number string, sequence int, code string, amount *etree.Element) *etree.Element {
	tax := etree.NewElement("SalesDocumentTax")
	tax.AddChild(amount)
	tax.AddChild(none("IsBackoutTax"))
	tax.AddChild(none("IsTaxableTax"))
	key := tax.CreateElement("Key")
	key.AddChild(id("SalesDocumentKey", number))
	key.AddChild(text("SequenceNumber", strconv.Itoa(sequence)))
	key.AddChild(id("TaxDetailKey", code))
	return tax
}

// taxesOf adds the tax details that GP has and we do not, with nought of tax: GP's schema
// has nothing to delete them with. It returns nil where there is nothing to say of taxes.
func taxesOf(taxes *etree.Element, number string, there *wsdl.SalesOrder, nought func(string) *etree.Element) *etree.Element {
	if there.Taxes == nil {
		return taxes
	}
	if taxes == nil {
		taxes = etree.NewElement("Taxes")
	}
	have := map[string]bool{}
	for _, el := range taxes.FindElements("SalesDocumentTax/Key/TaxDetailKey/Id") {
		have[strings.TrimSpace(el.Text())] = true
	}
	for _, t := range there.Taxes.SalesDocumentTax {
		if t.Key == nil || t.Key.TaxDetailKey == nil {
			continue
		}
		code := strings.TrimSpace(t.Key.TaxDetailKey.Id)
		if code == "" || have[code] {
			continue
		}
		have[code] = true
		taxes.AddChild(taxDetail(number, len(have), code, nought("TaxAmount")))
	}
	if len(have) == 0 {
		return nil
	}
	return taxes
}
