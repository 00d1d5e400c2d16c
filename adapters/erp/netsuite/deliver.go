package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Deliver sends the records of docs as one upsertList and reads the answer
// record by record.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	const op = "netsuite.Deliver"
	results := make([]erpbridge.Result, len(docs))
	if len(docs) > MaxBatch {
		return all(results, &erpbridge.Error{
			Op: op, Kind: erpbridge.Refused,
			Err: fmt.Errorf("%d documents in one request, NetSuite takes %d: lower the batch of target %s", len(docs), MaxBatch, e.name),
		})
	}
	sent := e.lift(docs, results)
	if len(sent) == 0 {
		return results
	}
	list := etree.NewElement(msgs + ":upsertList")
	for _, s := range sent {
		list.AddChild(s.record)
	}
	content, err := e.call(ctx, op, "upsertList", list)
	if err != nil {
		// Nothing was said about any one record.
		var about *erpbridge.Error
		if errors.As(err, &about) {
			about.Whole = true
		}
		for _, s := range sent {
			results[s.index].Err = err
		}
		return results
	}
	for i, r := range e.readUpsert(content, sent) {
		results[sent[i].index] = r
	}
	return results
}

// A lifted is the record of a Document, on its way into a request.
type lifted struct {
	index      int // of its Document
	record     *etree.Element
	kind       string
	externalID string
}

// lift takes the records out of docs. A Document that is not one of ours gets
// its result at once and is not sent.
func (e *ERP) lift(docs []erpbridge.Document, results []erpbridge.Result) []lifted {
	sent := make([]lifted, 0, len(docs))
	for i, d := range docs {
		l, err := e.liftOne(d)
		if err != nil {
			results[i].Err = &erpbridge.Error{Op: "netsuite.lift", Kind: erpbridge.Invalid, Err: err}
			continue
		}
		l.index = i
		sent = append(sent, l)
	}
	return sent
}

func (e *ERP) liftOne(d erpbridge.Document) (lifted, error) {
	root, err := soap.Parse(d.Body, "")
	if err != nil {
		return lifted{}, fmt.Errorf("reading the document: %w", err)
	}
	if root.Tag != "upsertList" || len(root.ChildElements()) != 1 {
		return lifted{}, errors.New("the document is not an upsertList with one record")
	}
	if !soap.Is(root, e.ns.messages, "upsertList") {
		return lifted{}, fmt.Errorf("the document was rendered for another endpoint version (%s) than target %s has (%s): render it again",
			soap.Reason(root.NamespaceURI()), e.name, e.conf.Version)
	}
	record := root.ChildElements()[0]
	if fault.Planted("new-key-per-attempt") { // planted: each attempt is a record of its own
		record.CreateAttr("externalId", soap.Attr(record, "externalId")+"-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	}
	l := lifted{record: record, kind: d.Kind, externalID: soap.Attr(record, "externalId")}
	if !soap.Is(record, e.ns.messages, "record") || l.externalID == "" || recordTypes[l.kind] == "" {
		return lifted{}, errors.New("the document's record has no externalId, or is none")
	}
	// The envelope declares the same prefixes; what a document declares beyond or
	// differently goes with its record.
	known := map[string]string{}
	for _, p := range e.ns.prefixes() {
		known[p[0]] = p[1]
	}
	for _, a := range root.Attr {
		if a.Space == "xmlns" && known[a.Key] != a.Value && record.SelectAttr("xmlns:"+a.Key) == nil {
			record.CreateAttr("xmlns:"+a.Key, a.Value)
		}
	}
	return l, nil
}

// call makes one signed request. The answer is the element in the Body; a Fault
// and everything that is no answer are errors, fit to be stored and mailed.
func (e *ERP) call(ctx context.Context, op, action string, content *etree.Element) (*etree.Element, error) {
	request, err := e.envelope(content)
	if err != nil {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	answer, err := e.soap.Call(ctx, action, request)
	switch {
	case err != nil:
		return nil, e.told(op, err)
	case answer.Fault != nil:
		kind, code := kindOfFault(answer.Fault)
		if action == "upsertList" && kind == erpbridge.Transient && leavesDoubt(answer.Fault) {
			kind = erpbridge.InDoubt
		}
		return nil, &erpbridge.Error{Op: op, Kind: kind, Code: e.reason(code), Err: errors.New(e.reason(answer.Fault.Text()))}
	case answer.Content == nil:
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Err: fmt.Errorf("HTTP %d with an empty answer", answer.Status)}
	}
	return answer.Content, nil
}

// told passes an error on in words that hold no secret.
func (e *ERP) told(op string, err error) error {
	out := &erpbridge.Error{Op: op, Kind: erpbridge.KindOf(err), Err: errors.New(e.reason(err.Error()))}
	var in *erpbridge.Error
	if errors.As(err, &in) {
		out.Code, out.After = in.Code, in.After
	}
	return out
}

// reason makes foreign words fit to be stored, logged and mailed.
func (e *ERP) reason(text string) string { return soap.Reason(text, e.conf.secrets()...) }

// evidence returns an element as it is kept in a Receipt.
func (e *ERP) evidence(el *etree.Element) []byte {
	const most = 64 << 10
	doc := etree.NewDocumentWithRoot(el.Copy())
	raw, err := doc.WriteToString()
	if err != nil {
		return nil
	}
	for _, s := range e.conf.secrets() {
		raw = strings.ReplaceAll(raw, s, "***")
	}
	return []byte(raw[:min(len(raw), most)])
}

func all(results []erpbridge.Result, err error) []erpbridge.Result {
	for i := range results {
		results[i] = erpbridge.Result{Err: err}
	}
	return results
}
