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

const deliverOp = "netsuite.Deliver"

// Deliver sends the records of docs as one upsertList and reads the answer
// record by record. Documents that need a look-up of another record first go in a request
// after it; items that nobody knows yet are looked up before all.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return e.deliver(ctx, docs, MaxBatch, e.upsert)
}

// An upsert writes records, and returns one result for each, in the same order.
type upsert func(ctx context.Context, sent []lifted) []erpbridge.Result

func (e *ERP) deliver(ctx context.Context, docs []erpbridge.Document, most int, write upsert) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	if len(docs) > most {
		return all(results, &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Refused,
			Err: fmt.Errorf("%d documents in one request, NetSuite takes %d: lower the batch of target %s", len(docs), most, e.name),
		})
	}
	asked := e.lift(docs, results)
	sent, down := e.resolve(ctx, asked, results) // down: why no more requests are made
	if down != nil {
		for _, s := range asked {
			results[s.index].Err = down
		}
		return results
	}
	for _, round := range rounds(sent) {
		if down == nil {
			down = e.deliverRound(ctx, round, results, write)
			continue
		}
		for _, s := range round {
			results[s.index].Err = down
		}
	}
	for _, s := range sent {
		if notTaken(results[s.index].Err) {
			e.distrust(s)
		}
	}
	return results
}

// deliverRound delivers documents that are written by one request. The error is of that
// request, or of the look-up before it, as a whole; it is in the results, too, and leaves
// nothing of later rounds in doubt.
func (e *ERP) deliverRound(ctx context.Context, round []lifted, results []erpbridge.Result, write upsert) error {
	if round[0].step == plainly {
		return e.deliverPlainly(ctx, round, results, write)
	}
	ready, err := e.refer(ctx, round, results)
	if err != nil {
		for _, s := range round {
			results[s.index].Err = err
		}
		return err
	}
	if round[0].step == closes {
		write = e.closeLines
	}
	return e.perform(ctx, ready, results, write)
}

// perform writes records by one request and keeps what it came to. The error is of that
// request as a whole, in words that leave in doubt nothing that was to follow it.
func (e *ERP) perform(ctx context.Context, ready []lifted, results []erpbridge.Result, write upsert) error {
	if len(ready) == 0 {
		return nil
	}
	outcome := write(ctx, ready)
	for i, r := range outcome {
		results[ready[i].index] = r
	}
	var failed *erpbridge.Error
	if errors.As(outcome[0].Err, &failed) && failed.Whole {
		return e.harmless(deliverOp, failed)
	}
	return nil
}

// rounds parts documents by what has to be done for them. No document comes before one
// of its stream that stands before it; where nobody needs a look-up there is one round.
func rounds(sent []lifted) [][]lifted {
	var all [][]lifted
	last := map[string]int{} // by stream, the round its latest document is in
	for _, s := range sent {
		at := last[s.stream]
		for at < len(all) && all[at][0].step != s.step {
			at++
		}
		if at == len(all) {
			all = append(all, nil)
		}
		all[at] = append(all[at], s)
		last[s.stream] = at
	}
	return all
}

// upsert sends records as one upsertList. One that is refused as there already was made
// since NetSuite looked for it, by an attempt that was still being worked when its answer was
// given up: it is looked up, and what NetSuite said stands where that finds nothing. Of
// customers it is mostly another one, who has the same name or e-mail address.
func (e *ERP) upsert(ctx context.Context, sent []lifted) []erpbridge.Result {
	results := e.write(ctx, upsertList, sent)
	var refused []int
	var sought []lifted
	for i, r := range results {
		if erpbridge.KindOf(r.Err) == erpbridge.Invalid && existsElsewhere(codeOf(r.Err)) && sent[i].kind != customer {
			refused, sought = append(refused, i), append(sought, sent[i])
		}
	}
	if len(sought) == 0 {
		return results
	}
	found, err := e.look(ctx, deliverOp, sought)
	for n, i := range refused {
		switch {
		case err != nil:
			results[i].Err = err
		case found[n].record != nil && e.marked(found[n].record, sought[n]):
			results[i] = e.there(found[n].record)
		case found[n].record != nil:
			results[i].Err = e.inAnotherState(results[i].Err, found[n].record)
		case erpbridge.KindOf(found[n].err) != erpbridge.Missing:
			results[i].Err = found[n].err
		}
	}
	return results
}

// inAnotherState is the error of a record that NetSuite refused as there already, and has in
// another state. If it was made meanwhile the next attempt writes over it; if it is something
// else of it that is there already, such as its number, no attempt ever will.
func (e *ERP) inAnotherState(refused error, record *etree.Element) error {
	out := &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Unknown, Code: codeOf(refused), Err: refused}
	var said *erpbridge.Error
	if errors.As(refused, &said) {
		out.Err = said.Err
	}
	out.Err = fmt.Errorf("%w (NetSuite has it as %s, in another state)", out.Err, e.reason(soap.Attr(record, "internalId")))
	return out
}

func (e *ERP) write(ctx context.Context, operation string, sent []lifted) []erpbridge.Result {
	content, err := e.call(ctx, deliverOp, operation, listOf(operation, sent))
	if err != nil {
		return all(make([]erpbridge.Result, len(sent)), whole(err))
	}
	return e.readWrites(content, operation, sent)
}

// listOf puts records into a request.
func listOf(operation string, sent []lifted) *etree.Element {
	list := etree.NewElement(msgs + ":" + operation)
	for _, s := range sent {
		list.AddChild(s.record)
	}
	return list
}

// whole marks an error that was said about no one record.
func whole(err error) error {
	var about *erpbridge.Error
	if errors.As(err, &about) {
		about.Whole = true
	}
	return err
}

// A lifted is the record of a Document, on its way into a request.
type lifted struct {
	index      int // of its Document
	stream     string
	operation  string // what its Document is made for
	record     *etree.Element
	kind       string
	externalID string
	step       step
	order      string // the externalId of the order it needs; "" if it needs none
	goods      []good // items that are looked up
}

// A step is what has to be done for a document.
type step int

const (
	plainly step = iota // it is written as it is
	refers              // the customer of its order is looked up first
	closes              // the open lines of its order are looked up first
)

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
	operation := upsertList
	switch {
	case d.Kind == closing:
		operation = updateList
	case d.Kind == customer && root.Tag == addList:
		operation = addList
	}
	if root.Tag != operation || len(root.ChildElements()) != 1 {
		return lifted{}, fmt.Errorf("the document is not an %s with one record", operation)
	}
	if !soap.Is(root, e.ns.messages, operation) {
		return lifted{}, fmt.Errorf("the document was rendered for another endpoint version (%s) than target %s has (%s): render it again",
			soap.Reason(root.NamespaceURI()), e.name, e.conf.Version)
	}
	record := root.ChildElements()[0]
	if fault.Planted("new-key-per-attempt") { // planted: each attempt is a record of its own
		record.CreateAttr("externalId", soap.Attr(record, "externalId")+"-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	}
	l := lifted{record: record, goods: e.goodsOf(record), stream: d.Stream, operation: operation, kind: d.Kind, externalID: soap.Attr(record, "externalId")}
	if !soap.Is(record, e.ns.messages, "record") || l.externalID == "" || recordTypes[l.kind] == "" {
		return lifted{}, errors.New("the document's record has no externalId, or is none")
	}
	switch entity := record.SelectElement("entity"); {
	case d.Kind == closing:
		l.step, l.order = closes, l.externalID
	case entity != nil && soap.Attr(entity, "type") == recordTypes[salesOrder]:
		l.step, l.order = refers, soap.Attr(entity, "externalId")
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
		if writes[action] && kind == erpbridge.Transient && leavesDoubt(answer.Fault) {
			kind = erpbridge.InDoubt
		}
		return nil, &erpbridge.Error{Op: op, Kind: kind, Code: e.reason(code), Err: errors.New(e.reason(answer.Fault.Text()))}
	case answer.Content == nil:
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Err: fmt.Errorf("HTTP %d with an empty answer", answer.Status)}
	}
	return answer.Content, nil
}

// writes are the operations that change something in NetSuite.
var writes = map[string]bool{addList: true, upsertList: true, updateList: true, asyncUpsertList: true}

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
