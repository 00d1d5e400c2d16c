package ax2012

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/ax2012"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Deliver creates the orders one after the other: one create call could hold several,
// but fails as a whole.
func (h overHTTP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		results[i] = h.create(ctx, d)
	}
	return results
}

func (h overHTTP) create(ctx context.Context, d erpbridge.Document) erpbridge.Result {
	const op = "ax2012.Deliver"
	order, err := ours(d)
	if err != nil {
		return failed(op, erpbridge.Invalid, err)
	}
	request := etree.NewElement("SalesOrderServiceCreateRequest")
	request.CreateAttr("xmlns", nsServices)
	request.AddChild(order.Copy())
	content, raw, err := h.call(ctx, op, actionCreate, h.messageID(d.Record), request)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Duplicate:
		return h.known(ctx, op, d, order)
	case erpbridge.KindOf(err) == erpbridge.Unknown:
		return h.unexplained(ctx, op, order, erpbridge.Result{Err: err, Receipt: erpbridge.Receipt{Raw: raw}})
	case err != nil:
		return erpbridge.Result{Err: err, Receipt: erpbridge.Receipt{Raw: raw}}
	case !soap.Is(content, nsServices, "SalesOrderServiceCreateResponse"):
		return failed(op, erpbridge.InDoubt, errors.New("the answer is not the SalesOrderServiceCreateResponse"))
	}
	ref, err := salesID(content)
	if err != nil {
		return failed(op, erpbridge.InDoubt, err)
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref, Raw: raw}}
}

// known finds out what came of a message that AIF has processed before.
func (h overHTTP) known(ctx context.Context, op string, d erpbridge.Document, order *etree.Element) erpbridge.Result {
	there, err := h.read(ctx, op, order)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Missing:
		return failed(op, erpbridge.Unknown, fmt.Errorf(
			"AIF says that it has processed message %s, and AX has no order with CustomerRef %s: look into AX's exception log and services history; if the order is not there, enter it by hand, or delete the message's history and replay",
			h.messageID(d.Record), child(order, "CustomerRef")))
	case err != nil:
		return failed(op, erpbridge.InDoubt, fmt.Errorf("AIF has processed the message before; what came of it could not be read: %w", err))
	}
	return h.compare(op, there, order)
}

// unexplained looks behind a fault that says nothing. A port whose exceptions are not part
// of its faults, as is the default of one that was deployed for production, says so of
// everything: also that it has processed the message before.
func (h overHTTP) unexplained(ctx context.Context, op string, order *etree.Element, said erpbridge.Result) erpbridge.Result {
	there, err := h.read(ctx, op, order)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Missing:
		return said // to send it again is safe: AIF knows its message
	case err != nil:
		// It may be there: it is no dead letter for an AX that cannot be asked just now.
		r := failed(op, erpbridge.KindOf(err), fmt.Errorf("%w; and whether the order is there could not be learnt: %w", said.Err, err))
		var asked, told *erpbridge.Error
		if errors.As(err, &asked) && errors.As(r.Err, &told) {
			told.After = asked.After
		}
		r.Receipt = said.Receipt
		return r
	}
	return h.compare(op, there, order)
}

// compare says what an order in AX is to the one that was to be created.
func (e *ERP) compare(op string, there, order *etree.Element) erpbridge.Result {
	ref := child(there, "SalesId")
	if ref == "" {
		return failed(op, erpbridge.InDoubt, errors.New("AX told of an order without a number"))
	}
	if differs := difference(there, order.SelectElement("SalesTable")); differs != "" {
		if e.conf.Changes == IgnoreChanges {
			return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref, Warning: "AX has the order in another state, which was left as it is: " + differs}}
		}
		return failed(op, erpbridge.Invalid, fmt.Errorf("AX has the order as %s in another state: %s; bring it in line by hand and discard this dead letter", ref, differs))
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref}}
}

// difference compares what two orders sell and charge, and names what differs first.
func difference(there, ours *etree.Element) string {
	for _, part := range []struct {
		of     string
		fields []string
	}{{"SalesLine", []string{"ItemId", "SalesQty", "LineAmount"}}, {"MarkupTransHeader", []string{"MarkupCode", "Value"}}} {
		a, b := told(there, part.of, part.fields), told(ours, part.of, part.fields)
		for _, line := range b {
			// AX's database knows no case.
			if i := slices.IndexFunc(a, func(other string) bool { return strings.EqualFold(other, line) }); i >= 0 {
				a = slices.Delete(a, i, i+1)
				continue
			}
			return fmt.Sprintf("it has no %s %s", part.of, line)
		}
		if len(a) > 0 {
			return fmt.Sprintf("it has the %s %s too many", part.of, a[0])
		}
	}
	return ""
}

func told(table *etree.Element, name string, fields []string) (lines []string) {
	for _, el := range table.ChildElements() {
		if !soap.Is(el, nsOrder, name) {
			continue
		}
		var values []string
		for _, f := range fields {
			value := child(el, f)
			if n, err := erpbridge.ParseDecimal(value); err == nil {
				value = n.String() // 2.00 is 2
			}
			values = append(values, soap.Reason(value))
		}
		lines = append(lines, strings.Join(values, " "))
	}
	return lines
}

// Find reads each order back by our reference.
func (h overHTTP) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	const op = "ax2012.Find"
	results := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		order, err := ours(d)
		if err != nil {
			results[i] = failed(op, erpbridge.Invalid, err)
			continue
		}
		there, err := h.read(ctx, op, order)
		if err != nil {
			results[i].Err = err
			continue
		}
		results[i] = h.compare(op, there, order)
	}
	return results
}

// read returns the SalesTable that has our reference: of kind Missing if there is none.
func (h overHTTP) read(ctx context.Context, op string, order *etree.Element) (*etree.Element, error) {
	ref := child(order.SelectElement("SalesTable"), "CustomerRef")
	content, err := h.query(ctx, op, ref)
	if err != nil {
		return nil, err
	}
	var found []*etree.Element
	for _, document := range content.ChildElements() {
		if !soap.Is(document, nsOrder, salesOrder) {
			return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf("AX was asked for orders and told of a %s", soap.Reason(document.Tag))}
		}
		for _, table := range document.ChildElements() {
			if soap.Is(table, nsOrder, "SalesTable") {
				if child(table, "CustomerRef") != ref {
					return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf("AX was asked for CustomerRef %s and told of another order", ref)}
				}
				found = append(found, table)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Missing, Err: fmt.Errorf("AX has no order with CustomerRef %s", ref)}
	case 1:
		return found[0], nil
	}
	return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf("AX has %d orders with CustomerRef %s: cancel all but one by hand", len(found), ref)}
}

// query asks for the orders that have a reference.
func (h overHTTP) query(ctx context.Context, op, ref string) (*etree.Element, error) {
	request := etree.NewElement("SalesOrderServiceFindRequest")
	request.CreateAttr("xmlns", nsServices)
	criteria := request.CreateElement("QueryCriteria")
	criteria.CreateAttr("xmlns", nsCriteria)
	el := criteria.CreateElement("CriteriaElement")
	for _, f := range [][2]string{{"DataSourceName", "SalesTable"}, {"FieldName", "CustomerRef"}, {"Operator", "Equal"}, {"Value1", ref}} {
		el.CreateElement(f[0]).CreateText(f[1])
	}
	content, _, err := h.call(ctx, op, actionFind, "", request)
	var known *erpbridge.Error
	switch {
	case errors.As(err, &known) && known.Kind == erpbridge.InDoubt:
		known.Kind = erpbridge.Transient // nothing was done: asked again, it is answered
		return nil, known
	case errors.As(err, &known) && (known.Kind == erpbridge.Invalid || known.Kind == erpbridge.Duplicate || known.Kind == erpbridge.Missing):
		known.Kind = erpbridge.Unknown // said of the question, not of the order
		return nil, known
	case err != nil:
		return nil, err
	case !soap.Is(content, nsServices, "SalesOrderServiceFindResponse"):
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: errors.New("the answer is not the SalesOrderServiceFindResponse")}
	}
	return content, nil
}

// Probe looks for an order that does not exist.
func (h overHTTP) Probe(ctx context.Context) error {
	_, err := h.query(ctx, "ax2012.Probe", "erpbridge-probe")
	return err
}

// call makes one request and returns the content of the answer.
func (h overHTTP) call(ctx context.Context, op, action, id string, request *etree.Element) (*etree.Element, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, h.conf.Timeout)
	defer cancel()
	envelope, err := h.enveloped(id, request)
	if err != nil {
		return nil, nil, err
	}
	answer, err := h.soap.Call(ctx, action, envelope)
	if err != nil {
		var known *erpbridge.Error
		if errors.As(err, &known) {
			known.Op = op
		}
		return nil, nil, err
	}
	raw := slices.Clone(answer.Raw[:min(len(answer.Raw), mostEvidence)])
	if f := answer.Fault; f != nil {
		r := refusalOf(f)
		return nil, raw, &erpbridge.Error{Op: op, Kind: r.kind(), Code: first(r.codes), Err: errors.New(h.reason(r.said, request))}
	}
	if answer.Status != 200 || answer.Content == nil {
		return nil, raw, &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Err: fmt.Errorf("HTTP %d: the answer says nothing", answer.Status)}
	}
	return answer.Content, raw, nil
}

// personal are the elements that say who the customer is.
var personal = []string{"DeliveryName", "Email", "LocationName", "Street", "City", "ZipCode"}

// reason makes AX's words fit for a reason: without secrets, and without whom it quotes.
func (e *ERP) reason(text string, order *etree.Element) string {
	secrets := soap.Personal(order, personal...)
	if e.login != nil {
		secrets = append(secrets, e.login.Secrets()...)
	}
	return soap.Reason(text, secrets...)
}

// mostEvidence is how much of an answer is kept.
const mostEvidence = 64 << 10

func (h overHTTP) enveloped(id string, request *etree.Element) ([]byte, error) {
	env := etree.NewElement("s:Envelope")
	env.CreateAttr("xmlns:s", soap.Namespace)
	c := env.CreateElement("s:Header").CreateElement("CallContext")
	c.CreateAttr("xmlns", nsContext)
	for _, f := range [][2]string{{"Company", h.conf.Company}, {"Language", h.conf.Language}, {"MessageId", id}, {"PartitionKey", h.conf.Partition}} {
		if f[1] != "" {
			c.CreateElement(f[0]).CreateText(f[1])
		}
	}
	env.CreateElement("s:Body").AddChild(request)
	return soap.Serialize(env)
}

// refusalOf reads a SOAP fault with its AifFault.
func refusalOf(f *soap.Fault) refusal {
	r := refusal{said: f.Text()}
	if f.Detail == nil {
		return r
	}
	for _, el := range f.Detail.FindElements(".//FaultMessage") {
		r.add(el)
	}
	for _, el := range f.Detail.FindElements(".//InfologMessage/Message") {
		r.said = strings.TrimSpace(r.said + " " + soap.Text(el))
	}
	if el := f.Detail.FindElement(".//XppExceptionType"); el != nil {
		r.exception = soap.Text(el)
	}
	return r
}

func (r *refusal) add(message *etree.Element) {
	for _, c := range message.ChildElements() {
		switch c.Tag {
		case "Code":
			r.codes = append(r.codes, soap.Text(c))
		case "Message":
			r.said = strings.TrimSpace(r.said + " " + soap.Text(c))
		}
	}
}

// salesID returns AX's number of the one order that an answer, or a response file, tells
// of in its EntityKeyList.
func salesID(el *etree.Element) (string, error) {
	lists := el.FindElements(".//EntityKeyList")
	if len(lists) != 1 {
		return "", fmt.Errorf("the answer has %d lists of keys instead of one", len(lists))
	}
	var told wsdl.EntityKeyList
	if err := soap.Decode(lists[0], &told, nsKeyList, nsEntityKey); err != nil {
		return "", fmt.Errorf("the keys in the answer are not understood: %w", err)
	}
	var ids []string
	for _, key := range told.EntityKey {
		for _, field := range key.KeyData.KeyField {
			if strings.TrimSpace(field.Field) == "SalesId" {
				ids = append(ids, strings.TrimSpace(field.Value))
			}
		}
	}
	if len(ids) != 1 || ids[0] == "" {
		return "", fmt.Errorf("one order was sent, the answer names %d", len(ids))
	}
	return ids[0], nil
}

// ours reads a document of ours.
func ours(d erpbridge.Document) (*etree.Element, error) {
	el, err := soap.Parse(d.Body, "")
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	if !soap.Is(el, nsOrder, salesOrder) || el.SelectElement("SalesTable") == nil {
		return nil, errors.New("the document is not a SalesOrder")
	}
	return el, nil
}

func child(el *etree.Element, name string) string {
	if el != nil {
		for _, c := range el.ChildElements() {
			if c.Tag == name {
				return soap.Text(c)
			}
		}
	}
	return ""
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func failed(op string, kind erpbridge.Kind, err error) erpbridge.Result {
	return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: kind, Err: err}}
}
