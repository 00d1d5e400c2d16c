package gp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The vendor's namespaces.
const (
	nsGP       = "http://schemas.microsoft.com/dynamics/gp/2006/01"
	nsDynamics = "http://schemas.microsoft.com/dynamics/2006/01"
	nsXSI      = "http://www.w3.org/2001/XMLSchema-instance"
)

// The kinds of document, in GP's words.
const (
	salesOrder = "SalesOrder"
	voidOrder  = "VoidSalesOrder"
)

// Translate renders an order's full state, or its cancellation. Refunds are held unless
// the mapping ignores them: a return in GP is entered from what was shipped.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	number, err := e.number(d)
	if err != nil {
		return nil, err
	}
	kind, body := salesOrder, (*etree.Element)(nil)
	if d.Cancelled {
		kind, body = voidOrder, e.voiding(number)
	} else if body, err = e.order(d, number); err != nil {
		return nil, err
	}
	text, err := soap.Serialize(body)
	if err != nil {
		return nil, err
	}
	return []erpbridge.Document{{
		Key: d.Key(kind), Target: e.name, Stream: d.Stream(), Kind: kind, Record: salesOrder + "/" + d.Reference, Version: ev.Version, Body: text,
	}}, nil
}

// number returns the order's number in GP, by which it is found again.
func (e *ERP) number(d *salesdoc.Document) (string, error) {
	if d.Kind == salesdoc.Cancellation && d.Number == "" {
		return "", held("order %s is gone from the shop, which does not tell its number: void it in GP if it is there, and close this with erpbridge held discard; or set mapping.number.from: id", d.OrderID)
	}
	if d.Number == "" {
		return "", held("GP needs a number for the order: mapping.number.from of target %s must be number or id", e.name)
	}
	return e.fit("SalesDocumentKey", d.Number)
}

func held(format string, args ...any) error {
	return &erpbridge.Error{Op: "gp.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

// marker tells one state of an order from another, in GP.
func marker(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "erpbridge " + hex.EncodeToString(sum[:])[:20]
}

// order renders the CreateSalesOrder.
func (e *ERP) order(d *salesdoc.Document, number string) (*etree.Element, error) {
	r := &rendering{ERP: e, d: d, number: number, price: d.Digits}
	if p, ok := e.conf.PriceDecimals[d.Currency]; ok {
		r.price = p
	}
	root := etree.NewElement("CreateSalesOrder")
	root.CreateAttr("xmlns", nsGP)
	root.CreateAttr("xmlns:xsi", nsXSI)
	parts, err := r.parts()
	if err != nil {
		return nil, err
	}
	root.AddChild(assemble("salesOrder", orderFields, parts))
	root.AddChild(e.context())
	return root, nil
}

func (e *ERP) voiding(number string) *etree.Element {
	root := etree.NewElement("VoidSalesOrder")
	root.CreateAttr("xmlns", nsGP)
	root.CreateAttr("xmlns:xsi", nsXSI)
	root.AddChild(id("key", number))
	root.AddChild(e.context())
	return root
}

// context says in which company, language and currency GP is to read the request.
func (e *ERP) context() *etree.Element {
	c := etree.NewElement("context")
	org := c.CreateElement("OrganizationKey")
	org.CreateAttr("xmlns", nsDynamics)
	org.CreateAttr("xmlns:d", nsDynamics)
	org.CreateAttr("xsi:type", "d:CompanyKey")
	org.CreateElement("Id").CreateText(strconv.Itoa(e.conf.Company))
	for _, s := range [][2]string{{"CultureName", e.conf.Culture}, {"CurrencyType", "Transactional"}} {
		el := c.CreateElement(s[0])
		el.CreateAttr("xmlns", nsDynamics)
		el.CreateText(s[1])
	}
	return c
}

// A rendering is one order on its way into GP's words.
type rendering struct {
	*ERP
	d      *salesdoc.Document
	number string
	price  uint8 // decimals of prices

	charges map[string]erpbridge.Money
}

func (r *rendering) parts() (map[string]*etree.Element, error) {
	d := r.d
	r.charges = map[string]erpbridge.Money{tradeDiscount: d.HeaderDiscount.Neg()}
	lines, err := r.lines()
	if err != nil {
		return nil, err
	}
	p := map[string]*etree.Element{
		"Key":             id("Key", r.number),
		"Date":            text("Date", d.Date+"T00:00:00"),
		"IntegrationId":   text("IntegrationId", marker(d.Key(salesOrder))),
		"DocumentTypeKey": id("DocumentTypeKey", r.conf.DocumentType),
		"BatchKey":        id("BatchKey", r.conf.Batch),
		"CurrencyKey":     under("CurrencyKey", "ISOCode", d.Currency),
		"Lines":           lines,
	}
	p["DocumentTypeKey"].InsertChildAt(0, text("Type", "Order"))
	p["BatchKey"].AddChild(text("CreatedDateTime", d.Date+"T00:00:00"))
	r.settle()
	for name, c := range map[string]string{"FreightAmount": freight, "MiscellaneousAmount": miscellaneous} {
		if amount := r.charges[c]; !amount.IsZero() {
			p[name] = r.money(name, amount)
		}
	}
	if off := r.charges[tradeDiscount]; !off.IsZero() {
		p["TradeDiscount"] = etree.NewElement("TradeDiscount")
		p["TradeDiscount"].AddChild(r.money("Amount", off.Neg()))
	}
	if !d.TaxTotal.IsZero() {
		p["TaxAmount"] = r.money("TaxAmount", d.TaxTotal)
		p["Taxes"] = r.taxes()
	}
	if a := cmp.Or(d.ShipTo, d.BillTo); a != nil {
		if p["ShipToAddress"], err = r.address(a); err != nil {
			return nil, err
		}
	}
	po, notes := d.PO, d.Notes
	if _, err := r.fit("CustomerPONumber", po); err != nil && r.conf.LongPO == NotePO {
		po, notes = d.OrderID, append([]string{"Purchase order " + po}, notes...)
	}
	for _, t := range []struct{ name, rule, value string }{
		{"CustomerName", "CustomerName", d.Buyer.Name()},
		{"CustomerPONumber", "CustomerPONumber", po},
		{"Note", "Note", note(notes)},
		{"FrontOfficeIntegrationId", "Reference", d.Reference},
	} {
		value, err := r.fit(t.rule, t.value)
		if err != nil {
			return nil, err
		}
		if value != "" {
			p[t.name] = text(t.name, value)
		}
	}
	for _, k := range []struct{ name, rule, value string }{
		{"CustomerKey", "CustomerKey", d.Buyer.Number},
		{"ShippingMethodKey", "Key15", d.ShipMethod},
		{"WarehouseKey", "WarehouseKey", d.Location},
		{"PaymentTermsKey", "Key15", d.PaymentTerms},
	} {
		value, err := r.fit(k.rule, k.value)
		if err != nil {
			return nil, err
		}
		if value != "" {
			p[k.name] = id(k.name, value)
		}
	}
	return p, r.addsUp(p)
}

// lines renders the items; what is a charge goes to the header instead.
func (r *rendering) lines() (*etree.Element, error) {
	list := etree.NewElement("Lines")
	for i, it := range r.d.Items {
		if it.As == salesdoc.AsCharge {
			r.charge(it.Code, it.Amount)
			continue
		}
		line, err := r.line(i, it)
		if err != nil {
			return nil, err
		}
		list.AddChild(line)
	}
	if len(list.ChildElements()) == 0 {
		return nil, held("the order has nothing that GP could take for a line: book it by hand")
	}
	return list, nil
}

func (r *rendering) charge(code string, amount erpbridge.Money) {
	r.charges[code] = erpbridge.Zero(r.d.Currency).Add(r.charges[code]).Add(amount)
}

// settle puts charges where GP takes them: it has one amount that is taken off, and none
// of its amounts goes below nought.
func (r *rendering) settle() {
	for _, c := range []string{freight, miscellaneous} {
		if amount := r.charges[c]; amount.Amount.IsNeg() {
			r.charges[c] = erpbridge.Zero(r.d.Currency)
			r.charge(tradeDiscount, amount)
		}
	}
	if surcharge := r.charges[tradeDiscount]; surcharge.Amount.IsPos() {
		r.charges[tradeDiscount] = erpbridge.Zero(r.d.Currency)
		r.charge(miscellaneous, surcharge)
	}
}

func (r *rendering) line(i int, it salesdoc.Item) (*etree.Element, error) {
	if it.Amount.Amount.IsNeg() {
		return nil, held("%q comes to %s: GP takes no line below nought; send it as a charge of code %s (mapping)", salesdoc.Cut(it.Description, 60, salesdoc.Characters), it.Amount, tradeDiscount)
	}
	unit, exact := it.NetPrice(r.price)
	if !exact {
		// GP multiplies the price. It is rounded up, and what that is too much is taken off
		// the order as trade discount.
		unit = ceil(it.Amount.Amount, it.Quantity, r.price)
		r.charge(tradeDiscount, it.Amount.Sub(erpbridge.Money{Amount: unit.Mul(it.Quantity), Currency: r.d.Currency}))
	}
	if q := it.Quantity; !q.RoundBank(r.conf.QuantityDecimals).Equal(q) {
		return nil, held("line %d has %s pieces, and GP's items are set up with %d decimals: set quantity_decimals of target %s", i+1, q, r.conf.QuantityDecimals, r.name)
	}
	p := map[string]*etree.Element{
		"Key":       etree.NewElement("Key"),
		"UnitPrice": r.amount("UnitPrice", unit, r.price),
		"Quantity":  quantity("Quantity", it.Quantity, r.conf.QuantityDecimals),
	}
	p["Key"].AddChild(id("SalesDocumentKey", r.number))
	p["Key"].AddChild(text("LineSequenceNumber", strconv.Itoa((i+1)*sequence)))
	for _, t := range []struct{ name, rule, value string }{
		{"ItemDescription", "ItemDescription", it.Description}, {"UofM", "UofM", it.Unit}, {"IntegrationId", "IntegrationId", it.LineID},
	} {
		value, err := r.fit(t.rule, t.value)
		if err != nil {
			return nil, err
		}
		if value != "" {
			p[t.name] = text(t.name, value)
		}
	}
	for _, k := range []struct{ name, rule, value string }{{"WarehouseKey", "WarehouseKey", it.Location}, {"ItemKey", "ItemKey", it.Code}} {
		value, err := r.fit(k.rule, k.value)
		if err != nil {
			return nil, err
		}
		if value != "" {
			p[k.name] = id(k.name, value)
		}
	}
	return assemble("SalesOrderLine", lineFields, p), nil
}

// sequence is the step between GP's line numbers, which leaves room between two lines.
const sequence = 16384

// ceil returns amount / quantity, rounded up.
func ceil(amount, quantity erpbridge.Decimal, places uint8) erpbridge.Decimal {
	q, err := amount.Div(quantity)
	if err != nil {
		return amount
	}
	unit := q.Trunc(places)
	if unit.Mul(quantity).LessThan(amount) {
		unit = unit.Add(minorUnit(places))
	}
	return unit
}

func minorUnit(places uint8) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal("0." + fmt.Sprintf("%0*d", places, 1))
	if places == 0 || err != nil {
		d, _ = erpbridge.ParseDecimal("1")
	}
	return d
}

func (r *rendering) address(a *salesdoc.Address) (*etree.Element, error) {
	el := etree.NewElement("ShipToAddress")
	name, person := cmp.Or(a.Company, a.Name), ""
	if a.Company != "" {
		person = a.Name
	}
	for _, t := range []struct{ name, rule, value string }{
		{"Line1", "Line", a.Street1},
		{"Line2", "Line", a.Street2},
		{"City", "City", a.City},
		{"State", "State", a.Region},
		{"PostalCode", "PostalCode", a.Postcode},
		{"CountryRegion", "CountryRegion", a.Country},
		{"Phone1", "Phone", digitsOf(a.Phone)},
		{"Name", "Name", name},
		{"ContactPerson", "ContactPerson", person},
	} {
		value, err := r.fit(t.rule, t.value)
		if err != nil {
			return nil, err
		}
		switch {
		case value == "":
		case t.name == "Phone1":
			el.AddChild(under(t.name, "Value", value))
		default:
			el.AddChild(text(t.name, value))
		}
	}
	return el, nil
}

// addsUp asserts that GP's arithmetic comes to the order's total:
//
//	prices × quantities - trade discount + freight + miscellaneous + tax
func (r *rendering) addsUp(p map[string]*etree.Element) error {
	value := func(el *etree.Element, path string) erpbridge.Decimal {
		v := el.FindElement(path)
		if v == nil {
			return erpbridge.Decimal{}
		}
		d, err := erpbridge.ParseDecimal(v.Text())
		if err != nil {
			return erpbridge.Decimal{}
		}
		return d
	}
	var sum erpbridge.Decimal
	for _, line := range p["Lines"].ChildElements() {
		sum = sum.Add(value(line, "UnitPrice/Value").Mul(value(line, "Quantity/Value")))
	}
	for _, name := range []string{"FreightAmount", "MiscellaneousAmount", "TaxAmount"} {
		if p[name] != nil {
			sum = sum.Add(value(p[name], "Value"))
		}
	}
	if p["TradeDiscount"] != nil {
		sum = sum.Sub(value(p["TradeDiscount"], "Amount/Value"))
	}
	if total := r.d.Total.Amount; !sum.Equal(total) {
		return held("the order does not add up in GP: it would come to %s, the storefront says %s", sum, r.d.Total)
	}
	return nil
}
