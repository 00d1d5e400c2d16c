package ax2012

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Deliver puts the documents down as one file: an Envelope, or a Batch of them.
func (f byFile) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	const op = "ax2012.Deliver"
	results := make([]erpbridge.Result, len(docs))
	var envelopes []*etree.Element
	var keys []string
	var sent []message
	for i, d := range docs {
		order, err := ours(d)
		if err != nil {
			results[i] = failed(op, erpbridge.Invalid, err)
			continue
		}
		m := message{at: i, key: d.Key, id: f.messageID(d.Record)}
		envelopes = append(envelopes, enveloped(m.id, order))
		keys, sent = append(keys, d.Key), append(sent, m)
	}
	if len(sent) == 0 {
		return results
	}
	name := nameOf(docs[sent[0].at], keys)
	body, err := soap.Serialize(batched(envelopes, name))
	var numbers []string
	if err == nil {
		numbers, err = f.numbered(ctx, sent)
	}
	if err == nil {
		_, err = f.files.Put(ctx, filetransfer.File{Name: name, Body: body, Keys: append(keys, numbers...), Count: len(keys)})
	}
	for _, m := range sent {
		if err != nil {
			results[m.at].Err = err
			continue
		}
		results[m.at].Receipt = erpbridge.Receipt{Ref: m.id, Accepted: true}
	}
	return results
}

// A message is a document on its way into a file.
type message struct {
	at  int // among the documents that were given
	key string
	id  string // its MessageId
}

// nameOf names a file by what is in it: when its first document's state is from, and a
// digest of its documents' keys.
func nameOf(d erpbridge.Document, keys []string) string {
	h := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	store, _, _ := strings.Cut(d.Stream, "/")
	return fmt.Sprintf("%s_%s_%s_%s.xml", safe(store), salesOrder, d.Version.At.UTC().Format("20060102T150405Z"), hex.EncodeToString(h[:])[:16])
}

func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return '-'
	}, s)
}

// enveloped is one message for the file system adapter.
func enveloped(id string, order *etree.Element) *etree.Element {
	env := etree.NewElement("Envelope")
	env.CreateAttr("xmlns", nsMessage)
	header := env.CreateElement("Header")
	header.CreateElement("MessageId").CreateText(id)
	header.CreateElement("Action").CreateText(actionCreate)
	env.CreateElement("Body").CreateElement("MessageParts").AddChild(order)
	return env
}

func batched(envelopes []*etree.Element, name string) *etree.Element {
	if len(envelopes) == 1 {
		return envelopes[0]
	}
	batch := etree.NewElement("Batch")
	batch.CreateAttr("xmlns", nsBatch)
	batch.CreateAttr("BatchId", strings.TrimSuffix(name, ".xml"))
	for _, e := range envelopes {
		batch.AddChild(e)
	}
	return batch
}

// Find tells whether a file with the documents was put down.
func (f byFile) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	keys := make([]string, len(docs))
	for i, d := range docs {
		keys[i] = d.Key
	}
	results := f.files.Find(ctx, keys...)
	for i, d := range docs {
		if results[i].Err == nil {
			results[i].Receipt = erpbridge.Receipt{Ref: f.messageID(d.Record), Accepted: true}
		}
	}
	return results
}

// Probe reports whether the folder can be reached.
func (f byFile) Probe(ctx context.Context) error { return f.files.Probe(ctx) }

// response reads one response file: the message it answers, and what became of that.
func (f byFile) response(op string, body []byte) (string, erpbridge.Result) {
	env, err := soap.Parse(body, "")
	if err != nil || env.Tag != "Envelope" {
		return "", erpbridge.Result{}
	}
	id := ""
	if el := env.FindElement("Header/RequestMessageId"); el != nil {
		id = strings.ToUpper(soap.Text(el))
	}
	if fault := env.FindElement("Body/MessageParts/Fault"); fault != nil {
		r := refusal{codes: []string{child(fault, "Code")}}
		for _, el := range fault.FindElements("Reason/Text") {
			r.said = strings.TrimSpace(r.said + " " + soap.Text(el))
		}
		for _, el := range fault.FindElements(".//FaultMessage") {
			r.add(el)
		}
		return id, f.rejected(op, r)
	}
	ref, err := salesID(env)
	if err != nil {
		return id, failed(op, erpbridge.Unknown, err)
	}
	return id, erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref, Raw: slices.Clone(body[:min(len(body), mostEvidence)])}}
}

// duplicateMessage is AIF's code for a message it has processed before.
const duplicateMessage = "DuplicateMessage"

// rejected is a fault in a response file. AIF has read the file: whatever it says, the
// message is not tried again by itself.
func (f byFile) rejected(op string, r refusal) erpbridge.Result {
	switch {
	case r.kind() != erpbridge.Duplicate:
		return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Code: first(r.codes), Err: errors.New(soap.Reason(r.said))}}
	case f.conf.Changes == IgnoreChanges:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Warning: "AX has an earlier state of the order, which was left as it is"}}
	}
	return erpbridge.Result{Err: &erpbridge.Error{
		Op: op, Kind: erpbridge.Invalid, Code: duplicateMessage,
		Err: errors.New("AX has an earlier state of the order, and nobody can tell by file whether it differs: compare the two by hand and discard this dead letter"),
	}}
}
