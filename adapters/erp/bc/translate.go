package bc

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const translateOp = "bc.Translate"

// can is what documents of page services can express. An amount of tax is not among it:
// the ERP works VAT out itself. With gross prices it takes it out of them, and the total
// stands.
var can = salesdoc.Can{
	ERP:       "Business Central",
	As:        []salesdoc.As{salesdoc.AsAccount, salesdoc.AsItem, salesdoc.AsCharge},
	Taxes:     []salesdoc.Taxes{salesdoc.RecomputeTax, salesdoc.ItemTax},
	Prices:    []salesdoc.Prices{salesdoc.GrossPrices, salesdoc.NetPrices, salesdoc.ShopPrices},
	Lines:     []salesdoc.DiscountAs{salesdoc.LineDiscount, salesdoc.NetDiscount, salesdoc.ItemDiscount},
	Order:     []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.SpreadDiscount},
	Refunds:   []salesdoc.RefundAs{salesdoc.RefundAsCreditMemo},
	Cancels:   []salesdoc.Cancel{salesdoc.CancelOrder, salesdoc.CloseOrder},
	Customers: []salesdoc.Unknown{salesdoc.DefaultCustomer, salesdoc.CreateCustomer},
	Negative:  true,
}

// types are a line's types, by what an amount is posted to.
var types = map[salesdoc.As]string{
	salesdoc.AsAccount: "G_L_Account",
	salesdoc.AsItem:    "Item",
	salesdoc.AsCharge:  "Charge_Item",
}

// What a document page calls its lines, where nothing else is known; the page has the
// last word, see page.fit.
const (
	salesLines = "SalesLines"
	orderLine  = "Sales_Order_Line"
	memoLine   = "Sales_Cr_Memo_Line"
)

// Translate renders an event: an order with its customer, its cancellation, or a credit
// memo.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	switch {
	case d.Cancelled && d.Cancel == salesdoc.CloseOrder:
		return e.documents(d, e.closing)
	case d.Cancelled:
		return e.documents(d, e.deleting)
	case d.Kind == salesdoc.CreditMemo:
		return e.documents(d, e.creditMemo)
	case d.Kind != salesdoc.Order:
		return nil, held("a %s is nothing that is rendered for Business Central", d.Kind)
	case d.Buyer.Create:
		return e.documents(d, e.customer, e.order)
	}
	return e.documents(d, e.order)
}

// A renderer makes one record of a sales document; full is the name of the record whose
// full state that is, "" for a record that is made once.
type renderer func(d *salesdoc.Document) (kind, full string, body []byte, err error)

func (e *ERP) documents(d *salesdoc.Document, renderers ...renderer) ([]erpbridge.Document, error) {
	var docs []erpbridge.Document
	for _, render := range renderers {
		kind, full, body, err := render(d)
		if err != nil {
			return nil, err
		}
		docs = append(docs, erpbridge.Document{
			Key: d.Key(kind), Target: e.name, Stream: d.Stream(), Kind: kind, Record: full, Version: d.Event.Version, Body: body,
		})
	}
	return docs, nil
}

func (e *ERP) order(d *salesdoc.Document) (string, string, []byte, error) {
	if err := referable(d.Reference); err != nil {
		return "", "", nil, err
	}
	m, r := e.newRecord("Create", e.conf.Pages.SalesOrder)
	if e.conf.OwnNumbers {
		r.text("No", d.Number)
	}
	r.text(sellTo, customerNumber(d.Buyer))
	e.sellTo(r, d)
	e.dates(r, d)
	r.text(e.conf.ReferenceField, capitals(d.Reference))
	if e.conf.POField != e.conf.ReferenceField {
		r.text(e.conf.POField, d.PO)
	}
	r.text("Payment_Terms_Code", d.PaymentTerms)
	r.text("Payment_Method_Code", d.PaymentMethod)
	e.shipTo(r, d)
	r.text("Location_Code", d.Location)
	r.text(e.conf.ShipMethodField, d.ShipMethod)
	e.money(r, d)
	r.fixed(e.conf.OrderFields)
	if err := e.lines(r, d, orderLine); err != nil {
		return "", "", nil, err
	}
	body, err := r.body(m)
	return salesOrder, "", body, err
}

// creditMemo renders money paid back. Whose it is, the refund does not say: the order
// does, in the ERP, which Deliver asks by order_field.
func (e *ERP) creditMemo(d *salesdoc.Document) (string, string, []byte, error) {
	if err := cmp.Or(referable(d.Reference), referable(d.OrderReference)); err != nil {
		return "", "", nil, err
	}
	m, r := e.newRecord("Create", e.conf.Pages.CreditMemo)
	switch {
	case e.conf.CreditMemo.OrderField != "":
	case d.Buyer.Number != "":
		r.text(sellTo, d.Buyer.Number)
	default:
		return "", "", nil, held("nothing says whose the refund is: set credit_memo.order_field of target %s, by which the order is asked, or mapping.customer.default", e.name)
	}
	e.dates(r, d)
	r.text(e.conf.memoReference(), capitals(d.Reference))
	if f := e.conf.CreditMemo.OrderField; f != "" {
		r.text(f, capitals(d.OrderReference))
	}
	r.text("Location_Code", d.Location)
	e.money(r, d)
	r.fixed(e.conf.CreditMemoFields)
	if err := e.lines(r, d, memoLine); err != nil {
		return "", "", nil, err
	}
	body, err := r.body(m)
	return creditMemo, "", body, err
}

// deleting renders the cancellation of an order: the look-up of the order that is to be
// deleted. Its key, which changes with each change of it, is learnt when that is done.
func (e *ERP) deleting(d *salesdoc.Document) (string, string, []byte, error) {
	if err := referable(d.OrderReference); err != nil {
		return "", "", nil, err
	}
	m := element(e.conf.Pages.SalesOrder, "ReadMultiple")
	filter := m.CreateElement("filter")
	filter.CreateElement("Field").CreateText(e.conf.ReferenceField)
	filter.CreateElement("Criteria").CreateText(criteria([]string{capitals(d.OrderReference)}))
	m.CreateElement("setSize").CreateText("3")
	body, err := soap.Serialize(m)
	return deleting, "", body, err
}

// closing renders the cancellation of an order that stays: the fields that say so.
func (e *ERP) closing(d *salesdoc.Document) (string, string, []byte, error) {
	if err := referable(d.OrderReference); err != nil {
		return "", "", nil, err
	}
	if len(e.conf.CloseFields) == 0 {
		return "", "", nil, held("mapping.cancel is close, and nothing says what that is: set close_fields of target %s", e.name)
	}
	m, r := e.newRecord("Update", e.conf.Pages.SalesOrder)
	r.text(e.conf.ReferenceField, capitals(d.OrderReference))
	r.fixed(e.conf.CloseFields)
	body, err := r.body(m)
	return closing, "", body, err
}

func (e *ERP) customer(d *salesdoc.Document) (string, string, []byte, error) {
	no := customerNumber(d.Buyer)
	m, r := e.newRecord("Create", e.conf.Pages.Customer)
	r.text("No", no)
	b := d.Buyer
	r.text("Name", cmp.Or(b.Name(), b.Email, no))
	if a := cmp.Or(d.BillTo, d.ShipTo); a != nil {
		r.wrapped("Address", "Address_2", a.Street1, a.Street2)
		r.text("Post_Code", a.Postcode)
		r.text("City", a.City)
		r.text("County", a.Region)
		r.text("Country_Region_Code", a.Country)
	}
	r.text("Phone_No", b.Phone)
	if b.Company != "" {
		r.text("Contact", person(b))
	}
	r.text("E_Mail", b.Email)
	r.text("VAT_Registration_No", b.TaxID)
	r.fixed(e.conf.CustomerFields)
	body, err := r.body(m)
	full := ""
	if e.conf.UpdateCustomers {
		full = customer + "/" + no
	}
	return customer, full, body, err
}

// sellTo writes who buys, as the order has it.
func (e *ERP) sellTo(r record, d *salesdoc.Document) {
	if a := d.BillTo; a != nil {
		r.text("Sell_to_Customer_Name", cmp.Or(a.Company, a.Name, d.Buyer.Name()))
		r.wrapped("Sell_to_Address", "Sell_to_Address_2", a.Street1, a.Street2)
		r.text("Sell_to_County", a.Region)
		r.text("Sell_to_Post_Code", a.Postcode)
		r.text("Sell_to_City", a.City)
		r.text("Sell_to_Country_Region_Code", a.Country)
		if a.Company != "" {
			r.text("Sell_to_Contact", a.Name)
		}
	}
	r.text("Sell_to_Phone_No", d.Buyer.Phone)
	r.text("Sell_to_E_Mail", d.Buyer.Email)
}

// shipTo writes where the goods go.
func (e *ERP) shipTo(r record, d *salesdoc.Document) {
	a := d.ShipTo
	if a == nil {
		return
	}
	r.text("Ship_to_Name", cmp.Or(a.Company, a.Name))
	r.wrapped("Ship_to_Address", "Ship_to_Address_2", a.Street1, a.Street2)
	r.text("Ship_to_County", a.Region)
	r.text("Ship_to_Post_Code", a.Postcode)
	r.text("Ship_to_City", a.City)
	r.text("Ship_to_Country_Region_Code", a.Country)
	if a.Company != "" {
		r.text("Ship_to_Contact", a.Name)
	}
}

func (e *ERP) dates(r record, d *salesdoc.Document) {
	r.plain("Posting_Date", d.Date)
	if d.Kind == salesdoc.Order {
		r.plain("Order_Date", d.Date)
	}
	r.plain("Document_Date", d.Date)
	if d.DueDate != "" {
		r.plain("Due_Date", d.DueDate)
	}
}

// money writes what amounts are in. The ledger's own currency is an empty code, which is
// sent: the customer's card may have another.
func (e *ERP) money(r record, d *salesdoc.Document) {
	code := ""
	if d.Currency != e.conf.LocalCurrency {
		code = cmp.Or(e.conf.Currencies[d.Currency], d.Currency)
	}
	r.plain("Currency_Code", code)
	if e.conf.PricesIncludingVAT == byField {
		r.plain("Prices_Including_VAT", fmt.Sprint(d.PricesIncludeTax))
	}
}

// lines writes the items, and the notes where they have no field.
func (e *ERP) lines(r record, d *salesdoc.Document, name string) error {
	lines := etree.NewElement(salesLines)
	sum := erpbridge.Zero(d.Currency)
	for i, it := range d.Items {
		unit, discount, ok := price(it, d.Digits, e.conf.PriceDecimals)
		if !ok {
			return held("item %d comes to %s for %s pieces, and no price with %d decimals does", i+1, it.Amount, it.Quantity, e.conf.PriceDecimals)
		}
		l := r.line(lines, name)
		l.plain("Type", types[it.As])
		l.text("No", it.Code)
		l.text("Description", oneLine(it.Description))
		l.text("Location_Code", it.Location)
		l.plain("Quantity", it.Quantity.String())
		l.text("Unit_of_Measure_Code", it.Unit)
		l.plain("Unit_Price", unit.String())
		// Nought, too: the ERP has discounts of its own for some customers and items.
		l.plain("Line_Discount_Amount", discount.String())
		l.text(e.conf.TaxCodeField, it.TaxCode)
		l.fixed(e.conf.LineFields)
		sum = sum.Add(erpbridge.Money{Amount: round(it.Quantity.Mul(unit), d.Digits).Sub(discount), Currency: d.Currency})
		if !d.PricesIncludeTax {
			sum = sum.Add(it.Tax)
		}
	}
	if sum = sum.Sub(d.HeaderDiscount); !sum.Equal(d.Total) {
		return held("its lines come to %s, the storefront says %s, the difference is %s", sum, d.Total, d.Total.Sub(sum))
	}
	switch n := len(d.Items); {
	case n == 0:
		what := "order"
		if d.Kind != salesdoc.Order {
			what = "refund"
		}
		return held("the %s has no lines", what)
	case n > maxItems:
		return held("it has %d lines, and an answer with more than %d is not read: book it by hand", n, maxItems)
	}
	e.notes(r, d, lines, name)
	r.el.AddChild(lines)
	return nil
}

func (e *ERP) notes(r record, d *salesdoc.Document, lines *etree.Element, name string) {
	notes := slices.Clone(d.Notes)
	for i, it := range d.Items {
		for _, n := range it.Notes {
			notes = append(notes, fmt.Sprintf("%d: %s", i+1, n))
		}
	}
	if e.conf.NotesField != "" {
		r.text(e.conf.NotesField, strings.Join(notes, "\n"))
		return
	}
	rule := e.rule("Description")
	for _, n := range notes {
		texts, err := rule.Lines(n, maxNoteLines)
		if err != nil {
			r.fail("Description", err)
			return
		}
		for _, t := range texts {
			if t != "" {
				l := r.line(lines, name)
				l.plain("Type", "_blank_")
				l.plain("Description", t)
			}
		}
	}
}

// maxItems is how many lines an order may have: an answer repeats all their fields.
const maxItems = 1500

// maxNoteLines is how many lines of text one note may become.
const maxNoteLines = 20

// customerNumber returns the number of a customer: the ERP's own, or for one that we
// create its reference. A reference that is longer than a number is digested, not cut:
// two that begin alike stay two.
func customerNumber(p salesdoc.Party) string {
	if !p.Create {
		return p.Number
	}
	if len(p.Reference) <= lengths["No"].length {
		return capitals(p.Reference)
	}
	sum := sha256.Sum256([]byte(p.Reference))
	return "EB-" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

func person(p salesdoc.Party) string {
	p.Company = ""
	return p.Name()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// referable reports whether a reference can be looked up.
func referable(reference string) error {
	if !referenceShape.MatchString(reference) {
		return held("the reference %q has characters that a filter takes for its own: set mapping.reference_prefix to letters and digits", salesdoc.Cut(reference, 60, salesdoc.Characters))
	}
	return nil
}

// capitals returns a reference as fields of type Code store it. It is sent so to all
// fields: then a look-up finds what was sent, whatever the field's type.
func capitals(reference string) string { return strings.ToUpper(reference) }

func sorted(fields map[string]string) []string { return slices.Sorted(maps.Keys(fields)) }

func held(format string, args ...any) error {
	return &erpbridge.Error{Op: translateOp, Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}
