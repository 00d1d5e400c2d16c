package gpws

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

const ns = "http://schemas.microsoft.com/dynamics/gp/2006/01"

// request does what the nth request asks for, under the lock. It returns the answer's
// body, or what GP says against it.
func (c *Company) request(n int, action, contentType string, body []byte) (answer, problem string) {
	refuse := func(format string, args ...any) (string, string) {
		return "", "Server was unable to read request. ---> " + c.Object(format, args...)
	}
	if !strings.HasPrefix(contentType, "text/xml") {
		return refuse("the content type is %q", contentType)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return refuse("%v", err)
	}
	content := doc.FindElement("/Envelope/Body/*")
	if content == nil || content.NamespaceURI() != ns {
		return refuse("there is no operation in the Body")
	}
	if action != ns+"/"+content.Tag {
		return refuse("SOAPAction %q does not fit %s", action, content.Tag)
	}
	context := content.SelectElement("context")
	if context == nil || context.SelectElement("OrganizationKey") == nil || context.SelectElement("CurrencyType") == nil {
		return refuse("the context is missing")
	}
	if company := text(context, "OrganizationKey/Id"); c.conf.Company != "" && company != c.conf.Company {
		return "", "Security exception: the user does not have access to the company " + company
	}
	switch content.Tag {
	case "CreateSalesOrder", "UpdateSalesOrder":
		order := content.SelectElement("salesOrder")
		if order == nil {
			return refuse("salesOrder is missing")
		}
		if wrong := shape(order); wrong != "" {
			return refuse("%s", wrong)
		}
		if problem := c.write(n, content.Tag, order); problem != "" {
			return "", problem
		}
	case "VoidSalesOrder":
		o := c.orders[text(content, "key/Id")]
		if o == nil {
			return "", "Business object not found."
		}
		if !o.Voided {
			o.Voided = true
			c.note(n, "VoidSalesOrder", o)
		}
	case "GetSalesOrderByKey":
		o := c.orders[text(content, "key/Id")]
		if o == nil {
			return "", "Business object not found."
		}
		return o.shown(), ""
	default:
		return refuse("there is no operation %s here", content.Tag)
	}
	return "<" + content.Tag + `Response xmlns="` + ns + `"/>`, ""
}

// arrived notes a request for a change, if it is one that can be read.
func (c *Company) arrived(body []byte) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return
	}
	content := doc.FindElement("/Envelope/Body/*")
	if content == nil {
		return
	}
	a := Attempt{Op: content.Tag, Number: text(content, "key/Id")}
	switch order := content.SelectElement("salesOrder"); {
	case order != nil:
		a.Number, a.Reference = text(order, "Key/Id"), text(order, "FrontOfficeIntegrationId")
		a.Marker, a.Note = text(order, "IntegrationId"), text(order, "Note")
	case content.Tag != "VoidSalesOrder":
		return
	}
	c.Ask(a)
}

func (c *Company) note(request int, op string, o *Order) {
	c.Book(Effect{At: time.Now(), Op: op, Number: o.Number, Marker: o.Marker, Note: o.Note, Total: o.Total, Request: request})
}

// write books an order, or changes it.
func (c *Company) write(request int, op string, el *etree.Element) (problem string) {
	number := text(el, "Key/Id")
	old := c.orders[number]
	switch {
	case number == "":
		return "Validation exception: the sales order's key is required."
	case op == "CreateSalesOrder" && old != nil:
		return "Validation exception: Duplicate document number. The document number " + number + " already exists."
	case op == "UpdateSalesOrder" && old == nil:
		return "Business object not found."
	case old != nil && old.Voided:
		return "Validation exception: the document is voided."
	}
	sent := el.FindElements("Lines/SalesOrderLine")
	if old != nil {
		el = updated(old.document, el)
	}
	o := &Order{
		Number: number, Reference: text(el, "FrontOfficeIntegrationId"), Marker: text(el, "IntegrationId"), Customer: text(el, "CustomerKey/Id"),
		PO: text(el, "CustomerPONumber"), Currency: text(el, "CurrencyKey/ISOCode"),
		Note: text(el, "Note"), Lines: map[string]*etree.Element{}, document: el.Copy(),
	}
	if old != nil {
		for n, l := range old.Lines {
			o.Lines[n] = l
		}
	}
	if problem := c.known(o); problem != "" {
		return problem
	}
	for _, l := range sent {
		n := text(l, "Key/LineSequenceNumber")
		if text(l, "DeleteOnUpdate") == "true" {
			delete(o.Lines, n)
			continue
		}
		if item := text(l, "ItemKey/Id"); item == "" || len(c.conf.Items) > 0 && !slices.Contains(c.conf.Items, item) {
			return "Validation exception: Item number " + item + " does not exist in inventory."
		}
		if _, twice := o.Lines[n]; n == "" || twice && old == nil {
			return "Validation exception: the line sequence number is required and must be unique."
		}
		o.Lines[n] = updated(o.Lines[n], l)
	}
	if problem := c.total(o, el); problem != "" {
		return problem
	}
	c.orders[number] = o
	c.note(request, op, o)
	return ""
}

func (c *Company) known(o *Order) string {
	switch {
	case o.Customer == "" || len(c.conf.Customers) > 0 && !slices.Contains(c.conf.Customers, o.Customer):
		return "Validation exception: Customer number " + o.Customer + " does not exist."
	case text(o.document, "BatchKey/Id") == "" || text(o.document, "DocumentTypeKey/Id") == "":
		return "Validation exception: the batch and the document type are required."
	case len(o.Number) > 21 || len(o.PO) > 21 || len(o.Customer) > 15:
		return "Validation exception: a key is longer than its field."
	}
	return ""
}

// total adds the order up as GP does.
func (c *Company) total(o *Order, el *etree.Element) (problem string) {
	sum := new(big.Rat)
	add := func(sign int64, el *etree.Element, kind string) {
		if el == nil || problem != "" {
			return
		}
		value, ok := new(big.Rat).SetString(text(el, "Value"))
		if !ok {
			problem = "Validation exception: " + kind + " is not a number."
			return
		}
		want := "2"
		if d := c.conf.PriceDecimals[o.Currency]; d != "" {
			want = d
		}
		if got := text(el, "DecimalDigits"); got != want || decimals(text(el, "Value")) > want {
			problem = "Validation exception: the decimal digits of " + kind + " do not match the currency's set-up."
			return
		}
		if value.Sign() < 0 {
			problem = "Validation exception: " + kind + " must not be negative."
			return
		}
		sum.Add(sum, value.Mul(value, big.NewRat(sign, 1)))
	}
	for _, l := range o.Lines {
		q, ok := new(big.Rat).SetString(text(l, "Quantity/Value"))
		if !ok || q.Sign() <= 0 || text(l, "Quantity/DecimalDigits") != orZero(c.conf.Quantity) {
			return "Validation exception: the quantity of an item is not as it is set up."
		}
		price, ok := new(big.Rat).SetString(text(l, "UnitPrice/Value"))
		if !ok || price.Sign() < 0 {
			return "Validation exception: the unit price is not a number."
		}
		sum.Add(sum, q.Mul(q, price))
	}
	for sign, names := range map[int64][]string{1: {"FreightAmount", "MiscellaneousAmount", "TaxAmount"}, -1: {"TradeDiscount/Amount"}} {
		for _, name := range names {
			add(sign, el.FindElement(name), name)
		}
	}
	switch {
	case problem != "":
	case sum.Sign() < 0:
		problem = "Validation exception: the document amount must not be negative."
	case !taxed(el):
		problem = "Validation exception: the tax details do not come to the tax amount."
	}
	o.Total = sum.FloatString(5)
	return problem
}

// taxed reports whether an order's tax details, where it has any, come to its tax amount.
func taxed(order *etree.Element) bool {
	sum, details := new(big.Rat), false
	for _, el := range order.FindElements("Taxes/SalesDocumentTax/TaxAmount/Value") {
		value, ok := new(big.Rat).SetString(strings.TrimSpace(el.Text()))
		if !ok {
			return false
		}
		details = details || value.Sign() != 0
		sum.Add(sum, value)
	}
	amount, ok := new(big.Rat).SetString(text(order, "TaxAmount/Value"))
	return !details || ok && sum.Cmp(amount) == 0
}

func decimals(value string) string {
	_, frac, _ := strings.Cut(value, ".")
	return fmt.Sprint(len(frac))
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// shown is the answer to a read.
func (o *Order) shown() string {
	root := etree.NewElement("GetSalesOrderByKeyResponse")
	root.CreateAttr("xmlns", ns)
	result := root.CreateElement("GetSalesOrderByKeyResult")
	for _, el := range o.document.ChildElements() {
		switch el.Tag {
		case "Lines", "IsVoided":
		default:
			result.AddChild(el.Copy())
		}
	}
	result.CreateElement("IsVoided").CreateText(fmt.Sprint(o.Voided))
	lines := result.CreateElement("Lines")
	for _, l := range o.Lines {
		lines.AddChild(l.Copy())
	}
	doc := etree.NewDocument()
	doc.SetRoot(root)
	s, _ := doc.WriteToString()
	return s
}

func text(el *etree.Element, path string) string {
	if found := el.FindElement(path); found != nil {
		return strings.TrimSpace(found.Text())
	}
	return ""
}
