package sapidoc

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
)

// place puts the IDocs of a group into one file, but for those that the journal says went
// into one before. A document that did so long ago is delivered again by somebody who was
// told that SAP does not have it any more; to say that it has been taken would be no
// answer to that.
func (e *ERP) place(ctx context.Context, group []lifted, docs []erpbridge.Document, results []erpbridge.Result) error {
	before := e.look(ctx, group, docs)
	var fresh []lifted
	for i, l := range group {
		r := before[i]
		if erpbridge.KindOf(r.Err) == erpbridge.Missing {
			fresh = append(fresh, l)
			continue
		}
		if r.Err == nil && r.Receipt.Accepted {
			r.Result = e.onceMore(l, r)
		}
		results[l.index] = r.Result
	}
	if len(fresh) == 0 {
		return nil
	}
	f, err := e.file(fresh, docs)
	if err != nil {
		return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: err}
	}
	receipt, err := e.files.Put(ctx, f)
	for _, l := range fresh {
		if err != nil {
			results[l.index].Err = about(err)
			continue
		}
		results[l.index] = e.receipt(l, receipt.Ref, "", receipt.Raw)
	}
	return nil
}

// retried is for how long a document may be delivered again although it is in the journal.
// What may have got there is looked up, and not delivered; so this is for an attempt that
// somebody else made at the same time, or that broke off after it.
const retried = time.Hour

// onceMore is the result of delivering a document that the journal has: what it had the
// first time, or that it goes into no second file. SAP may have that IDoc, and books
// whatever it is given.
func (e *ERP) onceMore(l lifted, r journaled) erpbridge.Result {
	var entry struct {
		Name    string    `json:"name"`
		Written time.Time `json:"written"`
	}
	if err := json.Unmarshal(r.entry, &entry); err != nil || entry.Written.IsZero() || e.now().Sub(entry.Written) < retried {
		return r.Result
	}
	return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: fmt.Errorf(
		"it went into file %s on %s, as IDoc %s, and goes into no other: it could take effect twice; look in SAP (WE02), process it there if it is there, or else enter by hand what it was to book; then: erpbridge dead settle",
		entry.Name, entry.Written.Format(time.DateTime), l.docnum)}}
}

// about is the error of a file, which is about all IDocs in it.
func about(err error) error {
	var known *erpbridge.Error
	if !errors.As(err, &known) {
		return err
	}
	c := *known
	c.Whole = true
	return &c
}

// A journal looks IDocs up in the journal beside the files.
type journal struct{ *ERP }

// Find tells which IDocs were put into a file. What was begun is finished.
func (j journal) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	sought := lift("sapidoc.Find", docs, results)
	for i, r := range j.look(ctx, sought, docs) {
		if erpbridge.KindOf(r.Err) == erpbridge.InDoubt {
			r.Err = &erpbridge.Error{Op: "sapidoc.Find", Kind: erpbridge.Transient, Err: r.Err}
		}
		results[sought[i].index] = r.Result
	}
	return results
}

// A journaled is what the journal says of a document, with its entry of the file.
type journaled struct {
	erpbridge.Result
	entry []byte
}

// look asks the journal for IDocs by their message ids, and for the very documents by
// their keys: the IDoc that makes an order is one for all of the order's states, and SAP
// confirms it once.
func (e *ERP) look(ctx context.Context, sought []lifted, docs []erpbridge.Document) []journaled {
	keys := make([]string, 0, 2*len(sought))
	for _, l := range sought {
		keys = append(keys, l.message, documentKey(docs[l.index]))
	}
	found := e.files.Find(ctx, keys...)
	results := make([]journaled, len(sought))
	for i, l := range sought {
		message, document := found[2*i], found[2*i+1]
		switch {
		case message.Err != nil:
			results[i].Err = message.Err
		case document.Err == nil:
			results[i] = journaled{e.receipt(l, message.Receipt.Ref, "", message.Receipt.Raw), document.Receipt.Raw}
		case erpbridge.KindOf(document.Err) != erpbridge.Missing:
			results[i].Err = document.Err
		default:
			results[i].Receipt = erpbridge.Receipt{
				Ref: l.docnum, Raw: message.Receipt.Raw,
				Warning: "SAP was given this order in an earlier state (file " + message.Receipt.Ref + "): this one makes no second order",
			}
		}
	}
	return results
}

// documentKey names a Document in the journal.
func documentKey(d erpbridge.Document) string { return "document " + d.Key }

// file returns the file for a group. Its name is a function of what is in it.
func (e *ERP) file(group []lifted, docs []erpbridge.Document) (filetransfer.File, error) {
	hash := sha256.New()
	f := filetransfer.File{Count: len(group), Totals: map[string]string{}}
	store, newest := "", time.Time{}
	for i, l := range group {
		d := docs[l.index]
		hash.Write([]byte(l.message + "\n" + d.Key + "\n"))
		f.Keys = append(f.Keys, l.message, documentKey(d))
		name, _, _ := strings.Cut(d.Stream, "/")
		if store == "" || store == name {
			store = name
		} else {
			store = e.name
		}
		if i == 0 || d.Version.At.After(newest) {
			newest = d.Version.At
		}
		if err := e.total(f.Totals, l.idoc); err != nil {
			return f, err
		}
	}
	body, err := batch(group)
	if err != nil {
		return f, err
	}
	f.Body = body
	f.Totals["first"], f.Totals["last"] = group[0].docnum, group[len(group)-1].docnum
	f.Name = fmt.Sprintf("%s_%s_%s_%s.xml", filePart(store), group[0].root.Tag, newest.UTC().Format("20060102T150405Z"), hex.EncodeToString(hash.Sum(nil))[:16])
	return f, nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// filePart makes a part of a file's name.
func filePart(s string) string {
	s = strings.Trim(notInNames.ReplaceAllString(s, "-"), "-")
	return cmp.Or(s[:min(len(s), 40)], "store")
}

// total adds the values of an IDoc's orders, by currency, to the control totals.
func (e *ERP) total(totals map[string]string, idoc *etree.Element) error {
	for _, s := range idoc.ChildElements() {
		if s.Tag != "E1EDS01" || childText(s, "SUMID") != sumTotal {
			continue
		}
		name := "amount " + childText(s, "SUNIT")
		sum, err := erpbridge.ParseDecimal(cmp.Or(totals[name], "0"))
		if err != nil {
			return err
		}
		more, err := erpbridge.ParseDecimal(childText(s, "SUMME"))
		if err != nil {
			return fmt.Errorf("the order's value: %w", err)
		}
		digits, _ := erpbridge.Digits(childText(s, "SUNIT"))
		totals[name] = sum.Add(more).StringFixed(digits)
	}
	return nil
}
