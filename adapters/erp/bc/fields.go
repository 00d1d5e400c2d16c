package bc

import (
	"fmt"
	"slices"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A fieldRule is how long a field is. A WSDL does not say; these are the lengths of NAV
// 2016. Business Central has 100 characters for names, addresses and descriptions: see the
// setting lengths.
type fieldRule struct {
	length   int // in the units of .NET's strings
	overflow salesdoc.Overflow
	key      bool // nothing is found again by half of it
}

var lengths = map[string]fieldRule{
	// Fields of type Code.
	"No":                          {20, salesdoc.Hold, true},
	"Sell_to_Customer_No":         {20, salesdoc.Hold, true},
	"External_Document_No":        {35, salesdoc.Hold, true},
	"Your_Reference":              {35, salesdoc.Hold, true},
	"Currency_Code":               {10, salesdoc.Hold, true},
	"Payment_Method_Code":         {10, salesdoc.Hold, true},
	"Payment_Terms_Code":          {10, salesdoc.Hold, true},
	"Shipment_Method_Code":        {10, salesdoc.Hold, true},
	"Shipping_Agent_Code":         {10, salesdoc.Hold, true},
	"Location_Code":               {10, salesdoc.Hold, true},
	"Unit_of_Measure_Code":        {10, salesdoc.Hold, true},
	"VAT_Prod_Posting_Group":      {10, salesdoc.Hold, true}, // 20 in Business Central
	"Tax_Group_Code":              {20, salesdoc.Hold, true},
	"Sell_to_Country_Region_Code": {10, salesdoc.Hold, true},
	"Ship_to_Country_Region_Code": {10, salesdoc.Hold, true},
	"Country_Region_Code":         {10, salesdoc.Hold, true},
	"Sell_to_Post_Code":           {20, salesdoc.Hold, false},
	"Ship_to_Post_Code":           {20, salesdoc.Hold, false},
	"Post_Code":                   {20, salesdoc.Hold, false},
	"VAT_Registration_No":         {20, salesdoc.Hold, false},

	// Fields of type Text. What is read by the postman is not cut.
	"Sell_to_Customer_Name": {50, salesdoc.CutMark, false},
	"Sell_to_Contact":       {50, salesdoc.CutMark, false},
	"Sell_to_Address":       {50, salesdoc.Wrap, false},
	"Sell_to_Address_2":     {50, salesdoc.Hold, false},
	"Sell_to_City":          {30, salesdoc.Hold, false},
	"Sell_to_County":        {30, salesdoc.CutMark, false},
	"Sell_to_Phone_No":      {30, salesdoc.Omit, false},
	"Sell_to_E_Mail":        {80, salesdoc.Omit, false},
	"Ship_to_Name":          {50, salesdoc.CutMark, false},
	"Ship_to_Contact":       {50, salesdoc.CutMark, false},
	"Ship_to_Address":       {50, salesdoc.Wrap, false},
	"Ship_to_Address_2":     {50, salesdoc.Hold, false},
	"Ship_to_City":          {30, salesdoc.Hold, false},
	"Ship_to_County":        {30, salesdoc.CutMark, false},
	"Name":                  {50, salesdoc.CutMark, false},
	"Contact":               {50, salesdoc.CutMark, false},
	"Address":               {50, salesdoc.Wrap, false},
	"Address_2":             {50, salesdoc.Hold, false},
	"City":                  {30, salesdoc.Hold, false},
	"County":                {30, salesdoc.CutMark, false},
	"Phone_No":              {30, salesdoc.Omit, false},
	"E_Mail":                {80, salesdoc.Omit, false},
	"Description":           {50, salesdoc.CutMark, false},
}

// otherLength is that of fields the table does not have: references and notes in fields
// of the merchant's choice.
const (
	otherReference = 35
	otherText      = 250
)

// A record is one record of a page being written. What cannot be written is remembered
// and told at the end.
type record struct {
	*ERP
	el   *etree.Element
	omit map[string]bool
	errs *[]error
}

// newRecord begins a message with one record.
func (e *ERP) newRecord(operation, service string) (message *etree.Element, r record) {
	message = element(service, operation)
	omit := map[string]bool{}
	for _, name := range e.conf.OmitFields {
		omit[name] = true
	}
	return message, record{ERP: e, el: message.CreateElement(service), omit: omit, errs: new([]error)}
}

// rule returns how a text of a field is written.
func (e *ERP) rule(name string) salesdoc.Rule {
	f, ok := lengths[name]
	known := name != "" && slices.Contains([]string{e.conf.ReferenceField, e.conf.memoReference(), e.conf.CreditMemo.OrderField, e.conf.POField}, name)
	switch {
	case ok && known:
		f.overflow = salesdoc.Hold // whatever else the field is for
	case ok:
	case known:
		f = fieldRule{otherReference, salesdoc.Hold, true}
	default:
		f = fieldRule{otherText, salesdoc.CutMark, false}
	}
	if n := e.conf.Lengths[name]; n > 0 {
		f.length = n
	}
	return salesdoc.Rule{Length: f.length, Count: salesdoc.UTF16, Overflow: f.overflow}
}

// text writes a text as the field takes it. An empty one is left out, and one that no
// field is configured for.
func (r record) text(name, text string) {
	if name == "" || text == "" || r.omit[name] {
		return
	}
	fitted, err := r.rule(name).Fit(text)
	if err != nil {
		r.fail(name, err)
		return
	}
	r.plain(name, fitted)
}

// plain writes a value that needs no care: a number, an option, a date.
func (r record) plain(name, value string) {
	if !r.omit[name] {
		r.el.CreateElement(name).CreateText(value)
	}
}

// wrapped writes a text over two fields.
func (r record) wrapped(name, next, text, more string) {
	rule := r.rule(name)
	lines, err := rule.Lines(text, 0)
	switch {
	case err != nil:
		r.fail(name, err)
		return
	case len(lines) > 2 || len(lines) == 2 && more != "":
		r.fail(name, fmt.Errorf("it has more than the field and %s take: %d and %d characters", next, rule.Length, r.rule(next).Length))
		return
	}
	if len(lines) == 2 {
		more = lines[1]
	}
	if len(lines) > 0 {
		r.text(name, lines[0])
	}
	r.text(next, more)
}

// fixed writes fields that the settings give.
func (r record) fixed(fields map[string]string) {
	for _, name := range sorted(fields) {
		if el := r.el.SelectElement(name); el != nil {
			el.SetText(fields[name])
			continue
		}
		r.el.CreateElement(name).CreateText(fields[name])
	}
}

func (r record) fail(name string, err error) {
	*r.errs = append(*r.errs, salesdoc.Misfit(translateOp, name, err))
}

// line begins a line.
func (r record) line(lines *etree.Element, name string) record {
	return record{ERP: r.ERP, el: lines.CreateElement(name), omit: r.omit, errs: r.errs}
}

// body returns the finished document, or why there is none.
func (r record) body(message *etree.Element) ([]byte, error) {
	if r.el.Tag == r.conf.Pages.Customer {
		sequence(r.el, "customer")
	} else {
		sequence(r.el, "header")
	}
	if lines := r.el.SelectElement(salesLines); lines != nil {
		for _, l := range lines.ChildElements() {
			sequence(l, "line")
		}
	}
	if len(*r.errs) > 0 {
		return nil, (*r.errs)[0]
	}
	b, err := soap.Serialize(message)
	if err != nil {
		return nil, &erpbridge.Error{Op: translateOp, Kind: erpbridge.Invalid, Err: err}
	}
	return b, nil
}
