package saps4

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/google/uuid"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The vendor's namespaces.
const (
	nsEDI    = "http://sap.com/xi/EDI"
	nsGlobal = "http://sap.com/xi/SAPGlobal20/Global"
)

// The kinds of document, in S/4's words.
const (
	orderRequest    = "OrderRequest"
	businessPartner = "BusinessPartner"
)

// The ActionCodes.
const (
	create = "01"
	remove = "03"
	save   = "06" // of a part of a business partner
)

// Translate renders an order's full state, or its cancellation, and before it the
// business partner where one is to be created. Refunds are held unless the mapping
// ignores them.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	d, err := e.sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	var docs []erpbridge.Document
	add := func(kind, record string, render func(key string) (*etree.Element, error)) error {
		key := d.Key(kind)
		el, err := render(key)
		if err != nil {
			return err
		}
		body, err := soap.Serialize(el)
		docs = append(docs, erpbridge.Document{
			Key: key, Target: e.name, Stream: d.Stream(), Kind: kind, Record: kind + "/" + record, Version: ev.Version, Body: body,
		})
		return err
	}
	if d.Buyer.Create && !d.Cancelled {
		if err := add(businessPartner, d.Buyer.Reference, func(key string) (*etree.Element, error) { return e.partner(d, key) }); err != nil {
			return nil, err
		}
	}
	if err := add(orderRequest, d.Reference, func(key string) (*etree.Element, error) { return e.order(d, key) }); err != nil {
		return nil, err
	}
	return docs, nil
}

func held(format string, args ...any) error {
	return &erpbridge.Error{Op: "saps4.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

// header writes the MessageHeader. Its time is that of the order's state, not of the
// sending: the document is the same whenever it is rendered.
func (w *writer) header(id uuid.UUID, at time.Time) {
	h := w.group("MessageHeader")
	h.plain("ID", hex32(id))
	h.plain("CreationDateTime", at.UTC().Format("2006-01-02T15:04:05Z"))
	h.plain("SenderBusinessSystemID", w.conf.Sender)
	h.plain("RecipientBusinessSystemID", w.conf.Recipient)
}

func (e *ERP) order(d *salesdoc.Document, key string) (*etree.Element, error) {
	root := etree.NewElement("n0:OrderRequest")
	root.CreateAttr("xmlns:n0", nsEDI)
	w := e.write(root)
	w.header(idOf(key), d.Event.Version.At)
	o := w.group("Order")
	action := create
	if d.Cancelled {
		action = remove
	}
	o.plain("ActionCode", action)
	o.text("PurchaseOrderID", d.Reference)
	if d.Kind == salesdoc.Cancellation {
		return root, *w.err
	}
	o.plain("PurchaseOrderCreationDate", d.Date)
	o.plain("SalesDocumentType", e.conf.DocumentType)
	o.plain("SalesOrganization", e.conf.SalesOrganization)
	o.plain("DistributionChannel", e.conf.DistributionChannel)
	o.plain("OrganizationDivision", e.conf.Division)
	o.plain("TransactionCurrency", d.Currency)
	o.plain("ItemListIsCompletelyTransferred", "true")
	o.parties(d)
	due, err := time.Parse(time.DateOnly, d.Date)
	if err != nil {
		return nil, held("the posting date %q is not a date", d.Date)
	}
	requested := due.AddDate(0, 0, e.conf.DeliverAfter).Format(time.DateOnly)
	o.plain("RequestedDeliveryDate", requested)
	if d.PaymentTerms != "" {
		o.group("PaymentTerms").text("SupplierPaymentTermsID", d.PaymentTerms)
	}
	if note := strings.Join(append([]string{noteBegins + d.PO}, d.Notes...), "\n"); note != "" {
		t := o.group("Text")
		t.el.CreateAttr("Type", "Header")
		t.text("TextElementText", note)
	}
	numbers := salesdoc.NewPositions()
	for _, it := range d.Items {
		o.item(numbers.Of(it), it, action)
	}
	// One that is placed has no state before it, and of one that is cancelled no item is left.
	if numbers.Shared != 0 && d.Event.Type != erpbridge.OrderPlaced && !d.Cancelled {
		return nil, held("two items of the order come to the same number, %06d, and S/4 could change the one for the other: change the order in S/4 by hand, and close this with erpbridge held discard", numbers.Shared)
	}
	if *w.err != nil {
		return nil, *w.err
	}
	if err := addsUp(o.el, d); err != nil {
		return nil, err
	}
	return root, e.marked(root)
}

// parties writes who buys, who pays and where it goes.
func (w *writer) parties(d *salesdoc.Document) {
	party := func(kind string, a *salesdoc.Address) {
		p := w.group("Party")
		p.el.CreateAttr("PartyType", kind)
		if kind == "SoldTo" {
			if d.Buyer.Number != "" {
				p.text("SupplierPartyID", d.Buyer.Number)
			} else {
				p.text("BuyerPartyID", d.Buyer.Reference)
			}
		}
		if a == nil {
			return
		}
		g := p.group("Address")
		g.text("AddressName", cmp.Or(a.Company, a.Name))
		if a.Company != "" {
			g.text("AddressAdditionalName", a.Name)
		}
		g.text("StreetName", a.Street1)
		g.text("PostalCode", a.Postcode)
		g.text("CityName", a.City)
		g.text("Country", a.Country)
		g.text("District", a.Street2)
		g.text("Region", a.Region)
		g.text("PhoneNumber", a.Phone)
		if len(g.el.ChildElements()) == 0 {
			p.el.RemoveChild(g.el)
		}
	}
	party("SoldTo", nil)
	if d.BillTo != nil {
		party("BillTo", d.BillTo)
	}
	if d.ShipTo != nil {
		party("ShipTo", d.ShipTo)
	}
}

// item writes an item, under the number that it has in all states of the order: S/4 finds
// it again by that. A price that is no exact decimal is given for all pieces: S/4
// divides by the base quantity.
func (w *writer) item(number int, it salesdoc.Item, action string) {
	unit, err := w.fit("unitCode", cmp.Or(it.Unit, w.conf.Unit))
	*w.err = cmp.Or(*w.err, err)
	o := w.group("OrderItem")
	o.plain("ActionCode", action)
	o.plain("PurchaseOrderItemID", strconv.Itoa(number))
	o.text("OrderItemText", it.Description)
	o.plain("RequestedQuantity", it.Quantity.String()).CreateAttr("unitCode", unit)
	o.group("Product").text("SupplierProductID", it.Code)
	places, _ := erpbridge.Digits(it.Amount.Currency) // SAP's conditions have those of the currency
	price, base := it.Amount.Plain(), it.Quantity.String()
	if p, exact := it.NetPrice(places); exact {
		price, base = erpbridge.Money{Amount: p, Currency: it.Amount.Currency}.Plain(), "1"
	}
	p := o.group("ExpectedNetPrice")
	p.plain("Amount", price).CreateAttr("currencyCode", it.Amount.Currency)
	p.plain("BaseQuantity", base).CreateAttr("unitCode", unit)
	o.plain("ExpectedNetAmount", it.Amount.Plain()).CreateAttr("currencyCode", it.Amount.Currency)
}

// addsUp asserts that the items come to what the document says, less the tax S/4 works
// out, where it does.
func addsUp(order *etree.Element, d *salesdoc.Document) error {
	var sum, prices erpbridge.Decimal
	number := func(el *etree.Element, path string) erpbridge.Decimal {
		n, err := erpbridge.ParseDecimal(el.FindElement(path).Text())
		if err != nil {
			return erpbridge.Decimal{}
		}
		return n
	}
	for _, it := range order.SelectElements("OrderItem") {
		sum = sum.Add(number(it, "ExpectedNetAmount"))
		amount, err := number(it, "ExpectedNetPrice/Amount").Mul(number(it, "RequestedQuantity")).Div(number(it, "ExpectedNetPrice/BaseQuantity"))
		if err != nil {
			return held("an item has no base quantity")
		}
		prices = prices.Add(amount)
	}
	want := d.Total.Sub(d.TaxTotal)
	if !sum.Equal(want.Amount) || !prices.Equal(want.Amount) {
		return held("the order does not add up in S/4: its items come to %s, its prices to %s, the storefront says %s before tax", sum, prices, want)
	}
	return nil
}

// partner renders the business partner of an order's buyer.
func (e *ERP) partner(d *salesdoc.Document, key string) (*etree.Element, error) {
	root := etree.NewElement("n0:BusinessPartnerSUITEBulkReplicateRequest")
	root.CreateAttr("xmlns:n0", nsGlobal)
	w := e.write(root)
	id := idOf(key)
	w.header(id, d.Event.Version.At)
	m := w.group("BusinessPartnerSUITEReplicateRequestMessage")
	m.header(uuid.NewSHA1(id, []byte("1")), d.Event.Version.At) // a child's id, else the receiver drops it as a duplicate
	p := m.group("BusinessPartner")
	p.el.CreateAttr("actionCode", save)
	p.plain("UUID", idOf(d.Buyer.Reference).String())
	p.plain("CategoryCode", map[bool]string{true: "2", false: "1"}[d.Buyer.Company != ""])
	if e.conf.PartnerGroup != "" {
		p.plain("NumberRangeIntervalBusinessPartnerGroupCode", e.conf.PartnerGroup)
	}
	p.address(d)
	p.common(d.Buyer)
	p.saved("Role").plain("RoleCode", e.conf.PartnerRole)
	number := p.saved("Identification")
	number.plain("PartyIdentifierTypeCode", e.conf.PartnerIDType)
	number.text("BusinessPartnerID", d.Buyer.Reference)
	return root, *w.err
}

// saved opens a part of a business partner: made where it is missing, changed where it is
// there.
func (w *writer) saved(name string) *writer {
	g := w.group(name)
	g.el.CreateAttr("actionCode", save)
	return g
}

// common writes who the partner is: an organization, or a person.
func (w *writer) common(p salesdoc.Party) {
	c := w.saved("Common")
	if p.Company != "" {
		n := c.group("Organisation").group("Name")
		n.text("FirstLineName", p.Company)
		n.text("SecondLineName", strings.TrimSpace(p.FirstName+" "+p.LastName))
		return
	}
	n := c.group("Person").group("Name")
	n.text("GivenName", p.FirstName)
	n.text("FamilyName", cmp.Or(p.LastName, p.FirstName, p.Email, p.Reference))
}

// address writes where the partner is.
func (w *writer) address(d *salesdoc.Document) {
	a := cmp.Or(d.BillTo, d.ShipTo)
	if a == nil && d.Buyer.Email == "" {
		return
	}
	g := w.saved("AddressInformation").saved("Address")
	if d.Buyer.Email != "" {
		g.saved("Email").text("URI", d.Buyer.Email)
	}
	if a == nil {
		return
	}
	p := g.saved("PostalAddress")
	p.text("CountryCode", a.Country)
	p.text("RegionCode", a.Region)
	p.text("CityName", a.City)
	p.text("DistrictName", a.Street2)
	p.text("StreetPostalCode", a.Postcode)
	p.text("StreetName", a.Street1)
}
