package saps4

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

const (
	nsEDI    = "http://sap.com/xi/EDI"
	nsGlobal = "http://sap.com/xi/SAPGlobal20/Global"
)

// store takes a message, under the lock, and returns what is wrong with it.
func (s *System) store(action, contentType string, body []byte, lost bool) (wrong string) {
	if !strings.HasPrefix(contentType, "text/xml") {
		return fmt.Sprintf("the content type is %q", contentType)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return err.Error()
	}
	header, content := doc.FindElement("/Envelope/Header"), doc.FindElement("/Envelope/Body/*")
	if header == nil || content == nil {
		return "the envelope has no header, or no body"
	}
	for _, name := range []string{"Action", "To", "MessageID", "ReplyTo/Address"} {
		if text(header, name) == "" {
			return "wsa:" + name + " is missing"
		}
	}
	if text(header, "Action") != action {
		return fmt.Sprintf("SOAPAction %q does not fit wsa:Action %q", action, text(header, "Action"))
	}
	if wrong := unqualified(content); wrong != "" {
		return wrong
	}
	if s.conf.Recipient != "" && text(content, "MessageHeader/RecipientBusinessSystemID") != s.conf.Recipient {
		return "the message is for another business system"
	}
	switch {
	case content.Tag == "OrderRequest" && content.NamespaceURI() == nsEDI:
		wrong = shape(content)
	case content.Tag == "BusinessPartnerSUITEBulkReplicateRequest" && content.NamespaceURI() == nsGlobal:
	default:
		wrong = "there is no operation for " + content.Tag
	}
	id := text(header, "MessageID")
	if wrong != "" || s.seen[id] {
		return wrong
	}
	s.seen[id] = true
	if !lost {
		s.stored, s.ids = append(s.stored, content.Copy()), append(s.ids, id)
	}
	return ""
}

// arrived notes a message, if it is one that can be read.
func (s *System) arrived(body []byte) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(body); err != nil {
		return
	}
	content := doc.FindElement("/Envelope/Body/*")
	if content == nil {
		return
	}
	a := Attempt{Kind: content.Tag, MessageID: text(doc.Root(), "Header/MessageID")}
	if order := content.SelectElement("Order"); order != nil {
		a.Reference, a.Action, a.Text = text(order, "PurchaseOrderID"), text(order, "ActionCode"), text(order, "Text/TextElementText")
	} else {
		a.Reference = text(content, "BusinessPartnerSUITEReplicateRequestMessage/BusinessPartner/UUID")
	}
	s.Ask(a)
}

// unqualified checks that only the root is in a namespace.
func unqualified(root *etree.Element) string {
	for _, el := range root.FindElements(".//*") {
		if el.NamespaceURI() != "" {
			return fmt.Sprintf("%s is in the namespace %q: the children of this service are in none", el.Tag, el.NamespaceURI())
		}
	}
	return ""
}

var orderSequence = []string{
	"ActionCode", "PurchaseOrderID", "PurchasingDocumentType", "PurchaseOrderCreationDate", "SalesDocumentType", "SalesOrganization", "DistributionChannel",
	"OrganizationDivision", "TransactionCurrency", "ItemListIsCompletelyTransferred", "Party", "RequestedDeliveryDate", "PaymentTerms", "Text", "OrderItem",
}

// shape checks an order's form as SAP's own transformation would.
func shape(content *etree.Element) string {
	order := content.SelectElement("Order")
	if order == nil || text(content, "MessageHeader/CreationDateTime") == "" {
		return "the order or its MessageHeader is missing"
	}
	at := 0
	for _, c := range order.ChildElements() {
		i := slices.Index(orderSequence, c.Tag)
		if i < at {
			return c.Tag + " is out of place, or unknown, in Order"
		}
		at = i
	}
	if ref := text(order, "PurchaseOrderID"); ref == "" || len([]rune(ref)) > 35 {
		return fmt.Sprintf("the PurchaseOrderID %q is not one of 1 to 35 characters", ref)
	}
	return ""
}

// Process books what is stored, as the background job does, and returns how many messages
// it took.
func (s *System) Process() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ids := s.stored, s.ids
	s.stored, s.ids = nil, nil
	for i, content := range stored {
		if content.Tag == "OrderRequest" {
			s.book(content.SelectElement("Order"), ids[i])
		} else {
			s.replicate(content, ids[i])
		}
	}
	return len(stored)
}

func (s *System) book(el *etree.Element, id string) {
	ref := text(el, "PurchaseOrderID")
	old := s.orders[ref]
	if text(el, "ActionCode") == "03" {
		if old != nil && !old.Cancelled {
			old.Cancelled, old.Changed = true, time.Now()
			s.Book(Effect{"cancel", ref, id, text(el, "Text/TextElementText")})
		}
		if old != nil {
			s.confirm(old)
		}
		return // what is not there cannot be cancelled: the error stands in the application log
	}
	o := &Order{Reference: ref, Changed: time.Now(), Text: text(el, "Text/TextElementText"), SoldTo: text(el, "Party[@PartyType='SoldTo']/SupplierPartyID")}
	if external := text(el, "Party[@PartyType='SoldTo']/BuyerPartyID"); external != "" {
		o.SoldTo = external
		if !slices.Contains(s.known(), external) {
			return // the error stands in the application log: nobody is told
		}
	}
	for _, it := range el.SelectElements("OrderItem") {
		item := Item{text(it, "Product/SupplierProductID"), text(it, "RequestedQuantity"), text(it, "ExpectedNetAmount")}
		if len(s.conf.Materials) > 0 && !slices.Contains(s.conf.Materials, item.Product) {
			return
		}
		o.Items = append(o.Items, item)
	}
	op := "create"
	if old != nil {
		op, o.Number = "change", old.Number
	} else {
		o.Number = fmt.Sprint(60000000 + len(s.orders))
	}
	s.orders[ref] = o
	s.Book(Effect{op, ref, id, o.Text})
	s.confirm(o)
}

// Total returns what an order's items come to; "" if one of them is not a number.
func (o Order) Total() string {
	sum := new(big.Rat)
	for _, it := range o.Items {
		n, ok := new(big.Rat).SetString(it.Amount)
		if !ok {
			return ""
		}
		sum.Add(sum, n)
	}
	return sum.FloatString(5)
}

func (s *System) known() (ids []string) {
	for _, id := range s.partners {
		ids = append(ids, id)
	}
	return ids
}

// confirm has a confirmation of an order sent, which lists its items; those of a cancelled
// one are rejected.
func (s *System) confirm(o *Order) {
	if s.conf.ConfirmURL == "" {
		return
	}
	s.confirmations++
	var items strings.Builder
	for i, it := range o.Items {
		reason := ""
		if o.Cancelled {
			reason = `<SalesDocumentRjcnReason>60</SalesDocumentRjcnReason><SalesDocumentRjcnReasonName>Cancelled by customer</SalesDocumentRjcnReasonName>`
		}
		_, _ = fmt.Fprintf(&items, `<Item><SalesOrderItemID>%d</SalesOrderItemID><RequestedQuantity>%s</RequestedQuantity>%s</Item>`, (i+1)*10, escaped(it.Quantity), reason)
	}
	s.tell(`<n0:OrderConfRequest xmlns:n0="http://sap.com/xi/EDI"><MessageHeader><ID>` + fmt.Sprintf("ECEBB8895A651EE8%016X", s.confirmations) + `</ID>` +
		`<CreationDateTime>` + time.Now().UTC().Format(time.RFC3339) + `</CreationDateTime></MessageHeader>` +
		`<OrderConfirmation><PurchaseOrderID>` + escaped(o.Reference) + `</PurchaseOrderID><SalesOrderID>` + o.Number + `</SalesOrderID>` +
		`<ItemListIsCompletelyTransferred>true</ItemListIsCompletelyTransferred>` + items.String() + `</OrderConfirmation></n0:OrderConfRequest>`)
}

// tell has a confirmation sent.
func (s *System) tell(body string) {
	s.outgoing.Add(body)
	if s.dice.First(mishap.Chance{Name: twice, P: s.conf.Faults.Twice}) != "" {
		s.outgoing.Add(body)
	}
}

func (s *System) replicate(content *etree.Element, id string) {
	for _, m := range content.SelectElements("BusinessPartnerSUITEReplicateRequestMessage") {
		uuid, number := text(m, "BusinessPartner/UUID"), text(m, "BusinessPartner/Identification/BusinessPartnerID")
		s.partners[uuid] = number
		s.Book(Effect{"partner", number, id, ""})
		if s.conf.ConfirmURL != "" {
			s.tell(`<n0:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n0="http://sap.com/xi/SAPGlobal20/Global"><MessageHeader/>` +
				`<BusinessPartnerSUITEReplicateConfirmationMessage><MessageHeader/><BusinessPartner><UUID>` + escaped(uuid) + `</UUID><ReceiverInternalID>` + fmt.Sprint(1000000+len(s.partners)) + `</ReceiverInternalID></BusinessPartner>` +
				`<Log><BusinessDocumentProcessingResultCode>3</BusinessDocumentProcessingResultCode><MaximumLogItemSeverityCode>1</MaximumLogItemSeverityCode></Log></BusinessPartnerSUITEReplicateConfirmationMessage></n0:BusinessPartnerSUITEBulkReplicateConfirmation>`)
		}
	}
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func text(el *etree.Element, path string) string {
	if found := el.FindElement(path); found != nil {
		return strings.TrimSpace(found.Text())
	}
	return ""
}
