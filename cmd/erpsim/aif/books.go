package aif

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

const (
	nsServices = "http://schemas.microsoft.com/dynamics/2008/01/services"
	nsOrder    = "http://schemas.microsoft.com/dynamics/2008/01/documents/SalesOrder"
)

// request does what an envelope of the HTTP adapter asks for, under the lock.
func (c *Company) request(action string, body []byte) (string, problem) {
	refuse := func(format string, args ...any) (string, problem) {
		return "", problem{code: "DeserializationFailed", said: c.Object(format, args...)}
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return refuse("%v", err)
	}
	context, content := doc.FindElement("/Envelope/Header/CallContext"), doc.FindElement("/Envelope/Body/*")
	if context == nil || content == nil || content.NamespaceURI() != nsServices {
		return refuse("the CallContext or the operation is missing")
	}
	if company := text(context, "Company"); c.conf.Company != "" && company != c.conf.Company {
		return "", problem{code: "CompanyNotFound", said: "The company " + company + " does not exist."}
	}
	switch action {
	case nsServices + "/SalesOrderService/create":
		ids, p := c.create(text(context, "MessageId"), content.SelectElement("SalesOrder"))
		if p.said != "" {
			return "", p
		}
		return `<SalesOrderServiceCreateResponse xmlns="` + nsServices + `">` + keyList(ids) + `</SalesOrderServiceCreateResponse>`, problem{}
	case nsServices + "/SalesOrderService/find":
		return c.find(content)
	}
	return "", problem{code: "ActionNotSupported", said: "The requested action is not supported: " + action}
}

// arrived notes a message with an order, if it is one that can be read.
func (c *Company) arrived(body []byte) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return
	}
	if order := doc.FindElement("/Envelope/Body/SalesOrderServiceCreateRequest/SalesOrder"); order != nil {
		c.attempted(text(doc.Root(), "Header/CallContext/MessageId"), order)
	}
}

func (c *Company) attempted(message string, order *etree.Element) {
	if order != nil {
		c.Ask(Attempt{MessageID: message, Reference: text(order, "SalesTable/CustomerRef")})
	}
}

// Total returns what an order comes to by AX's arithmetic: quantities by prices, and its
// charges; "" if one of them is not a number.
func Total(table *etree.Element) string {
	sum, sound := new(big.Rat), true
	number := func(el *etree.Element, name string) *big.Rat {
		n, ok := new(big.Rat).SetString(text(el, name))
		if !ok {
			sound = false
			return big.NewRat(1, 1)
		}
		return n
	}
	for _, l := range table.SelectElements("SalesLine") {
		amount := number(l, "SalesQty")
		amount.Mul(amount, number(l, "SalesPrice"))
		if per := number(l, "PriceUnit"); per.Sign() > 0 {
			amount.Quo(amount, per)
		} else {
			sound = false
		}
		sum.Add(sum, amount)
	}
	for _, m := range table.SelectElements("MarkupTransHeader") {
		sum.Add(sum, number(m, "Value"))
	}
	if !sound {
		return ""
	}
	return sum.FloatString(5)
}

func keyList(ids []string) string {
	var b strings.Builder
	b.WriteString(`<EntityKeyList xmlns="http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKeyList">`)
	for _, id := range ids {
		b.WriteString(`<EntityKey xmlns="http://schemas.microsoft.com/dynamics/2006/02/documents/EntityKey"><KeyData><KeyField><Field>SalesId</Field><Value>` + id + `</Value></KeyField></KeyData></EntityKey>`)
	}
	return b.String() + `</EntityKeyList>`
}

// create books all orders of a message, or none.
func (c *Company) create(message string, order *etree.Element) ([]string, problem) {
	if c.seen[message] {
		return nil, problem{code: "DuplicateMessage", said: "Duplicate message. Message has already been processed."}
	}
	if order == nil || order.NamespaceURI() != nsOrder || len(order.SelectElements("SalesTable")) == 0 {
		c.Object("there is no SalesOrder")
		return nil, problem{code: "DeserializationFailed", said: "The document is not a SalesOrder."}
	}
	for _, table := range order.SelectElements("SalesTable") {
		if p := c.valid(table); p.said != "" {
			return nil, p
		}
	}
	if message != "" {
		c.seen[message] = true
	}
	var ids []string
	for _, table := range order.SelectElements("SalesTable") {
		id := fmt.Sprintf("SO-%06d", 100000+len(c.orders))
		kept := table.Copy()
		kept.CreateElement("SalesId").CreateText(id)
		c.orders[id] = kept
		c.Book(Effect{SalesID: id, MessageID: message, Reference: text(table, "CustomerRef")})
		ids = append(ids, id)
	}
	return ids, problem{}
}

// valid checks an order as AX's document service does.
func (c *Company) valid(table *etree.Element) problem {
	wrong := func(format string, args ...any) problem {
		return problem{code: "ValidationFailed", said: c.Object(format, args...)}
	}
	for _, name := range []string{"CustAccount", "PurchOrderFormNum", "ReceiptDateRequested"} {
		if text(table, name) == "" {
			return wrong("Field '%s' must be filled in.", name)
		}
	}
	names := children(table)
	for i := 1; i < len(names); i++ {
		if order(names[i-1]) > order(names[i]) || order(names[i-1]) == order(names[i]) && names[i-1] > names[i] {
			return wrong("The element %s is out of place after %s.", names[i], names[i-1])
		}
	}
	lines := table.SelectElements("SalesLine")
	if len(lines) == 0 {
		return wrong("The order has no lines.")
	}
	for _, l := range lines {
		if names := children(l); !slices.IsSorted(names) {
			return wrong("The elements of a line are out of order: %v.", names)
		}
		for _, name := range []string{"ItemId", "SalesQty", "SalesUnit"} {
			if text(l, name) == "" {
				return wrong("Field '%s' must be filled in.", name)
			}
		}
		if item := text(l, "ItemId"); len(c.conf.Items) > 0 && !slices.Contains(c.conf.Items, item) {
			return problem{code: "ValidationFailed", said: "The value '" + item + "' in field 'Item number' is not found in the related table 'Items'."}
		}
	}
	for _, el := range append(append(lines, table), table.SelectElements("MarkupTransHeader")...) {
		if el.SelectAttrValue("class", "") != "entity" {
			return wrong("%s is not of class entity.", el.Tag)
		}
	}
	return problem{}
}

// order is the place of what follows the fields of a SalesTable, which come by their names.
func order(name string) int {
	return slices.Index([]string{"TableDlvAddr", "TableCarrierAddr", "SalesLine", "DocuRefHeader", "MarkupTransHeader"}, name)
}

// children returns an element's fields as the schema sorts them: without regard to case.
func children(el *etree.Element) (names []string) {
	for _, c := range el.ChildElements() {
		if c.Tag == "PaymMode" {
			names = append(names, "Paymentz") // the one name that stands where its label would
			continue
		}
		names = append(names, c.Tag)
	}
	return names
}

// find answers a query by one field.
func (c *Company) find(content *etree.Element) (string, problem) {
	el := content.FindElement("QueryCriteria/CriteriaElement")
	if el == nil || text(el, "DataSourceName") != "SalesTable" || text(el, "Operator") != "Equal" || text(el, "Value1") == "" {
		c.Object("a query that is none")
		return "", problem{code: "DeserializationFailed", said: "The query criteria are not valid."}
	}
	response := etree.NewElement("SalesOrderServiceFindResponse")
	response.CreateAttr("xmlns", nsServices)
	document := response.CreateElement("SalesOrder")
	document.CreateAttr("xmlns", nsOrder)
	for _, o := range c.orders {
		if text(o, text(el, "FieldName")) == text(el, "Value1") {
			document.AddChild(o.Copy())
		}
	}
	return serialized(response), problem{}
}

func text(el *etree.Element, path string) string {
	if found := el.FindElement(path); found != nil {
		return strings.TrimSpace(found.Text())
	}
	return ""
}
