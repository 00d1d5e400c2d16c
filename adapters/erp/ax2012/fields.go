package ax2012

import "github.com/hakooi/erpbridge/adapters/erp/salesdoc"

// rules are what AX's fields take: the lengths of its extended data types, in UTF-16
// units as SQL Server's nvarchar counts them. The setting lengths changes any of them.
var rules = map[string]salesdoc.Rule{
	"CustAccount":       {Length: 20, Count: salesdoc.UTF16},
	"CustomerRef":       {Length: 60, Count: salesdoc.UTF16},
	"PurchOrderFormNum": {Length: 20, Count: salesdoc.UTF16},
	"CurrencyCode":      {Length: 3, Count: salesdoc.UTF16},
	"DlvMode":           {Length: 10, Count: salesdoc.UTF16},
	"InventLocationId":  {Length: 10, Count: salesdoc.UTF16},
	"InventSiteId":      {Length: 10, Count: salesdoc.UTF16},
	"Payment":           {Length: 10, Count: salesdoc.UTF16},
	"PaymMode":          {Length: 10, Count: salesdoc.UTF16},
	"TaxGroup":          {Length: 10, Count: salesdoc.UTF16},
	"TaxItemGroup":      {Length: 10, Count: salesdoc.UTF16},
	"ItemId":            {Length: 20, Count: salesdoc.UTF16},
	"SalesUnit":         {Length: 10, Count: salesdoc.UTF16},
	"MarkupCode":        {Length: 10, Count: salesdoc.UTF16},
	"CountryRegionId":   {Length: 10, Count: salesdoc.UTF16},

	"DeliveryName": {Length: 60, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"Email":        {Length: 80, Count: salesdoc.UTF16, Overflow: salesdoc.Omit},
	"Name":         {Length: 1000, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"Txt":          {Length: 60, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"LocationName": {Length: 60, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"Street":       {Length: 250, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"City":         {Length: 60, Count: salesdoc.UTF16, Overflow: salesdoc.CutMark},
	"State":        {Length: 10, Count: salesdoc.UTF16, Overflow: salesdoc.Omit},
	"ZipCode":      {Length: 10, Count: salesdoc.UTF16}, // half of one is another place
}

// fit returns a text as a field takes it.
func (e *ERP) fit(field, text string) (string, error) {
	r := rules[field]
	if n, ok := e.conf.Lengths[field]; ok {
		r.Length = n
	}
	fitted, err := r.Fit(text)
	if err != nil {
		return "", salesdoc.Misfit("ax2012.Translate", field, err)
	}
	return fitted, nil
}
