package saps4

import (
	"cmp"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// rules are what the fields of the services take, in characters, as the schemas say. Keys
// and postal codes are never cut: half of one is another one.
var rules = map[string]salesdoc.Rule{
	"PurchaseOrderID":        {Length: 35},
	"SupplierPartyID":        {Length: 60},
	"BuyerPartyID":           {Length: 60},
	"SupplierProductID":      {Length: 60},
	"Country":                {Length: 3},
	"unitCode":               {Length: 3},
	"SupplierPaymentTermsID": {Length: 4},

	"AddressName":           {Length: 40, Overflow: salesdoc.CutMark},
	"AddressAdditionalName": {Length: 80, Overflow: salesdoc.CutMark},
	"StreetName":            {Length: 60, Overflow: salesdoc.CutMark},
	"PostalCode":            {Length: 10},
	"CityName":              {Length: 40, Overflow: salesdoc.CutMark},
	"District":              {Length: 40, Overflow: salesdoc.CutMark},
	"Region":                {Length: 6, Overflow: salesdoc.Omit},
	"PhoneNumber":           {Length: 30, Overflow: salesdoc.Omit},
	"OrderItemText":         {Length: 80, Overflow: salesdoc.CutMark},
	"TextElementText":       {Length: 5000, Overflow: salesdoc.CutMark},

	"BusinessPartnerID": {Length: 60},
	"GivenName":         {Length: 40, Overflow: salesdoc.CutMark},
	"FamilyName":        {Length: 40, Overflow: salesdoc.CutMark},
	"FirstLineName":     {Length: 40, Overflow: salesdoc.CutMark},
	"SecondLineName":    {Length: 40, Overflow: salesdoc.CutMark},
	"URI":               {Length: 241, Overflow: salesdoc.Omit},
	"CountryCode":       {Length: 3},
	"RegionCode":        {Length: 6, Overflow: salesdoc.Omit},
	"DistrictName":      {Length: 40, Overflow: salesdoc.CutMark},
	"StreetPostalCode":  {Length: 10},
}

// fit returns a text as a field takes it.
func (e *ERP) fit(field, text string) (string, error) {
	r := rules[field]
	if n, ok := e.conf.Lengths[field]; ok {
		r.Length = n
	}
	fitted, err := r.Fit(text)
	if err != nil {
		return "", salesdoc.Misfit("saps4.Translate", field, err)
	}
	return fitted, nil
}

// A writer puts fields into an element, each by its rule. The first error stays with all
// writers of a document.
type writer struct {
	*ERP
	el  *etree.Element
	err *error
}

func (e *ERP) write(el *etree.Element) *writer { return &writer{ERP: e, el: el, err: new(error)} }

// text writes a field unless it is empty: an empty element would clear it in S/4.
func (w *writer) text(name, value string) {
	if value == "" {
		return
	}
	fitted, err := w.fit(name, value)
	*w.err = cmp.Or(*w.err, err)
	if err == nil && fitted != "" {
		w.plain(name, fitted)
	}
}

func (w *writer) plain(name, value string) *etree.Element {
	el := w.el.CreateElement(name)
	el.CreateText(value)
	return el
}

func (w *writer) group(name string) *writer {
	return &writer{ERP: w.ERP, el: w.el.CreateElement(name), err: w.err}
}
