package gp

import (
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// rules are what GP's fields take. GP stores text in columns of a fixed width in a
// single-byte code page; the widths are those of its tables SOP10100, SOP10200 and
// SOP10106. The setting lengths changes any of them.
var rules = map[string]salesdoc.Rule{
	"SalesDocumentKey": {Length: 21, Charset: salesdoc.ASCII}, // SOPNUMBE
	"CustomerKey":      {Length: 15, Charset: salesdoc.ASCII}, // CUSTNMBR
	"ItemKey":          {Length: 31, Charset: salesdoc.ASCII}, // ITEMNMBR
	"Key15":            {Length: 15, Charset: salesdoc.ASCII}, // batches, types, tax details, payment terms, shipping methods
	"WarehouseKey":     {Length: 11, Charset: salesdoc.ASCII}, // LOCNCODE
	"CustomerPONumber": {Length: 21, Charset: salesdoc.Latin1},
	"UofM":             {Length: 9, Charset: salesdoc.Latin1},
	"IntegrationId":    {Length: 31, Charset: salesdoc.ASCII},
	"Reference":        {Length: 81, Charset: salesdoc.ASCII}, // FrontOfficeIntegrationId

	"CustomerName":    {Length: 65, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"ItemDescription": {Length: 101, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"Name":            {Length: 65, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"ContactPerson":   {Length: 61, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"Line":            {Length: 61, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"City":            {Length: 35, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"State":           {Length: 29, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"PostalCode":      {Length: 11, Charset: salesdoc.Latin1}, // half a code is another place
	"CountryRegion":   {Length: 61, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
	"Phone":           {Length: 21, Charset: salesdoc.Digits, Overflow: salesdoc.Omit},
	"Note":            {Length: 8000, Charset: salesdoc.Latin1, Overflow: salesdoc.CutMark},
}

// fit returns a text as a field takes it.
func (e *ERP) fit(field, text string) (string, error) {
	r := rules[field]
	if n, ok := e.conf.Lengths[field]; ok {
		r.Length = n
	}
	fitted, err := r.Fit(text)
	if err != nil {
		return "", salesdoc.Misfit("gp.Translate", field, err)
	}
	return fitted, nil
}

// A field is an element in its place. What must be there although it says nothing is
// written as xsi:nil.
type field struct {
	name string
	nil  bool
}

// The elements in the order of the vendor's schema, as far as they are ours to write;
// those with nil must be there.
var (
	orderFields = []field{
		{"Key", false},
		{"Type", true},
		{"Date", true},
		{"FreightAmount", false},
		{"MiscellaneousAmount", false},
		{"TaxAmount", false},
		{"TradeDiscount", false},
		{"CustomerName", false},
		{"CustomerPONumber", false},
		{"MasterNumber", true},
		{"ExchangeRate", true},
		{"ExchangeDate", true},
		{"RequestedShipDate", true},
		{"FreightTaxBasis", true},
		{"MiscellaneousTaxBasis", true},
		{"Note", false},
		{"TransactionState", true},
		{"CreatedDate", true},
		{"ModifiedDate", true},
		{"LastModifiedDate", true},
		{"CommissionBasedOn", true},
		{"ActualShipDate", true},
		{"FulfillDate", true},
		{"QuoteDate", true},
		{"IsIntrastatDocument", true},
		{"IsVoided", true},
		{"ShipCompleteOnly", true},
		{"FrontOfficeIntegrationId", false},
		{"IntegrationSource", true},
		{"IntegrationId", false},
		{"InvoiceDate", true},
		{"BackorderDate", true},
		{"ReturnDate", true},
		{"DocumentTypeKey", false},
		{"ShippingMethodKey", false},
		{"WarehouseKey", false},
		{"CustomerKey", false},
		{"BatchKey", false},
		{"PaymentTermsKey", false},
		{"CurrencyKey", false},
		{"ShipToAddress", false},
		{"Taxes", false},
		{"ShippingProcessStatus", true},
		{"IsRepeating", true},
		{"DocumentFrequency", true},
		{"TimesToRepeat", true},
		{"DaysToIncrement", true},
		{"WorkflowPriority", true},
		{"Lines", false},
	}
	lineFields = []field{
		{"Key", false},
		{"UnitPrice", false},
		{"TotalAmount", false},
		{"Quantity", false},
		{"ItemDescription", false},
		{"IsNonInventory", true},
		{"IsDropShip", true},
		{"RequestedShipDate", true},
		{"UofM", false},
		{"DeleteOnUpdate", true},
		{"TaxBasis", true},
		{"IntegrationSource", true},
		{"IntegrationId", false},
		{"WarehouseKey", false},
		{"ItemKey", false},
		{"FulfillDate", true},
		{"ActualShipDate", true},
	}
	addressFields = []field{
		{"Line1", false},
		{"Line2", false},
		{"City", false},
		{"State", false},
		{"PostalCode", false},
		{"CountryRegion", false},
		{"Phone1", false},
		{"Name", false},
		{"ContactPerson", false},
	}
)
