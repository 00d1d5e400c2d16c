package saps4

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const (
	nsAddressing = "http://www.w3.org/2005/08/addressing"
	anonymous    = nsAddressing + "/anonymous"
)

// Deliver sends the documents one after the other: a message holds one order. What follows
// a document in its stream is not sent where that one was not taken; and once S/4 lets
// nobody in, or asks for less, nothing more is.
//
// A business partner that S/4 has stored (202) is taken: its order follows at once, and not
// after its confirmation, of which a later attempt would know nothing.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	const op = "saps4.Deliver"
	results := make([]erpbridge.Result, len(docs))
	broken := map[string]string{} // by stream: what was not taken
	stop := false
	for i, d := range docs {
		before := broken[d.Stream]
		switch {
		case before != "":
			results[i] = failed(op, erpbridge.Transient, fmt.Errorf("not sent: the %s before it was not taken", before))
			continue
		case stop:
			results[i] = failed(op, erpbridge.Transient, errors.New("not sent: S/4 took nothing any more"))
			continue
		}
		results[i] = e.deliver(ctx, op, d)
		kind := erpbridge.KindOf(results[i].Err)
		if kind != "" {
			broken[d.Stream] = d.Kind
		}
		stop = kind == erpbridge.Refused || kind == erpbridge.Throttled
	}
	return results
}

// removal tells a cancellation from its order where S/4 confirms by messages. They have the
// order's reference and nothing else: one about the order as it was must not confirm that
// it is gone.
const removal = " cancelled"

func (e *ERP) deliver(ctx context.Context, op string, d erpbridge.Document) erpbridge.Result {
	body, err := soap.Parse(d.Body, "")
	if err != nil {
		return failed(op, erpbridge.Invalid, fmt.Errorf("reading the document: %w", err))
	}
	client, at, action, ref := e.orders, e.conf.OrderURL, e.conf.OrderAction, ""
	switch {
	case soap.Is(body, nsEDI, orderRequest):
		ref = textAt(body, "Order/PurchaseOrderID")
		if ref != "" && e.conf.Confirm == ByMessage && textAt(body, "Order/ActionCode") == remove {
			ref += removal
		}
	case soap.Is(body, nsGlobal, "BusinessPartnerSUITEBulkReplicateRequest"):
		client, at, action = e.partners, e.conf.PartnerURL, e.conf.PartnerAction
		ref = textAt(body, "BusinessPartnerSUITEReplicateRequestMessage/BusinessPartner/UUID")
	}
	if ref == "" {
		return failed(op, erpbridge.Invalid, errors.New("the document is neither an OrderRequest nor a business partner"))
	}
	if client == nil {
		return failed(op, erpbridge.Refused, fmt.Errorf("target %s has no partner_url, and the document is a business partner: set it, or render the order again under another mapping.customer", e.name))
	}
	return e.send(ctx, op, client, at, action, d, body, ref)
}

func (e *ERP) send(ctx context.Context, op string, client *soap.Client, at, action string, d erpbridge.Document, body *etree.Element, ref string) erpbridge.Result {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	envelope, err := enveloped(at, action, "urn:uuid:"+idOf(d.Key).String(), body)
	if err != nil {
		return failed(op, erpbridge.Invalid, err)
	}
	var extra soap.Extra
	if e.conf.MessageIDQuery {
		extra.Query = url.Values{"MessageId": {hex32(idOf(d.Key))}}
	}
	answer, err := client.Call(ctx, action, envelope, extra)
	if err != nil {
		var known *erpbridge.Error
		if errors.As(err, &known) {
			known.Op = op
		}
		return erpbridge.Result{Err: err}
	}
	r := e.read(op, d.Kind, answer, body, ref)
	r.Receipt.Raw = slices.Clone(answer.Raw[:min(len(answer.Raw), mostEvidence)])
	return r
}

// mostEvidence is how much of an answer is kept.
const mostEvidence = 64 << 10

// read says what an answer means. A one-way service says nothing: no body at all, or an
// empty one in an envelope.
func (e *ERP) read(op, kind string, answer *soap.Answer, body *etree.Element, ref string) erpbridge.Result {
	silent := answer.Fault == nil && answer.Content == nil
	switch {
	case answer.Fault != nil:
		return failed(op, kindOf(answer.Fault), errors.New(e.reason(answer.Fault.Text(), body)))
	case silent && (answer.Status == 200 || answer.Status == 202):
		// Nothing reads a partner back: where S/4 sends no messages, 202 has to do for it.
		waits := e.conf.Confirm == ByMessage || e.conf.Confirm == ByReadBack && kind == orderRequest
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref, Accepted: waits}}
	case answer.Content != nil:
		if l, ok := readLog(answer.Content); ok && l.failed {
			return failed(op, erpbridge.Invalid, errors.New(e.reason(l.said, body)))
		}
	}
	return failed(op, erpbridge.InDoubt, fmt.Errorf("HTTP %d: a one-way service answers without a body, and this one has another", answer.Status))
}

// personal are the elements that say who the customer is.
var personal = []string{
	"AddressName", "AddressAdditionalName", "StreetName", "PostalCode", "CityName", "District", "PhoneNumber", "TextElementText",
	"GivenName", "FamilyName", "FirstLineName", "SecondLineName", "URI", "DistrictName", "StreetPostalCode",
}

// reason makes SAP's words fit for a reason: without secrets, and without whom it quotes.
func (e *ERP) reason(text string, body *etree.Element) string {
	return soap.Reason(text, append(e.login.Secrets(), soap.Personal(body, personal...)...)...)
}

// enveloped wraps a body for sending. S/4's one-way services want all four of
// WS-Addressing's headers.
func enveloped(to, action, id string, body *etree.Element) ([]byte, error) {
	env := etree.NewElement("soapenv:Envelope")
	env.CreateAttr("xmlns:soapenv", soap.Namespace)
	env.CreateAttr("xmlns:wsa", nsAddressing)
	h := env.CreateElement("soapenv:Header")
	h.CreateElement("wsa:Action").CreateText(action)
	h.CreateElement("wsa:To").CreateText(to)
	h.CreateElement("wsa:MessageID").CreateText(id)
	h.CreateElement("wsa:ReplyTo").CreateElement("wsa:Address").CreateText(anonymous)
	env.CreateElement("soapenv:Body").AddChild(body)
	return soap.Serialize(env)
}

func textAt(el *etree.Element, path string) string {
	if found := el.FindElement(path); found != nil {
		return soap.Text(found)
	}
	return ""
}

func failed(op string, kind erpbridge.Kind, err error) erpbridge.Result {
	return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: kind, Err: err}}
}
