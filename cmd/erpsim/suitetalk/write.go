package suitetalk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// A submission is one record as it was sent, in canonical form.
type submission struct {
	typ         string // "salesOrder"
	xmlType     string // "SalesOrder"
	internalID  string
	externalID  string
	otherRefNum string
	content     *etree.Element
	hash        string
}

// readSubmission checks a record element and the type its xsi:type names.
func (s schema) readSubmission(e *etree.Element) (submission, *fault) {
	var typ string
	for _, a := range e.Attr {
		if a.Key == "type" && a.Space != "" && a.NamespaceURI() == xsiNS {
			typ = a.Value
		}
	}
	space, name := s.qname(e, typ)
	for _, t := range recordTypes {
		if t.space != space || t.typ != name {
			continue
		}
		content, f := s.read(e, t.typ, t.typ)
		if f != nil {
			return submission{}, f
		}
		sum := sha256.Sum256([]byte(canonical(content)))
		return submission{
			typ:         t.name,
			xmlType:     t.typ,
			internalID:  content.SelectAttrValue("internalId", ""),
			externalID:  content.SelectAttrValue("externalId", ""),
			otherRefNum: valueOf(content, "otherRefNum"),
			content:     content,
			hash:        hex.EncodeToString(sum[:]),
		}, nil
	}
	return submission{}, malformedRequest("Invalid type %q of a record: the simulator keeps no such records", typ)
}

// preferences are those of the request's header the simulator heeds.
type preferences struct {
	warningAsError       bool
	ignoreReadOnlyFields bool
}

// An outcome is what became of one record of a write.
type outcome struct {
	saved      bool
	failed     bool // isSuccess=false; with afterSubmit details the record is saved all the same
	details    []detail
	typ        string
	internalID string
	externalID string
}

// A verb is what a write operation does about records that exist or do not.
type verb int

const (
	add verb = iota
	update
	upsert
)

// A write is one record on its way into the ledger.
type write struct {
	request int64 // the arrival's entry
	verb    verb
	prefs   preferences
	late    bool
	sub     submission
	mode    *Mode // Reject, Warning or AfterSubmitFailed; nil
}

// save does one write: all of it or nothing.
func (s *Server) save(epoch context.Context, w write) outcome {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	out, effect := s.decide(epoch, w)
	if effect == nil {
		return out
	}
	places, err := s.journal.append(*effect)
	if err != nil {
		return out.refuse(unjournaled())
	}
	changed, _ := s.ledger.put(effect.Record)
	changed.settle(places[0])
	return out
}

// saveWhole does all of some writes, or none of them and tells why: as accounts do
// that work a list as one transaction.
func (s *Server) saveWhole(epoch context.Context, writes []write) ([]outcome, *fault) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	var outcomes []outcome
	var effects []Entry
	var changed []*slot
	var undo []func()
	giveUp := func(why detail) ([]outcome, *fault) {
		for _, u := range slices.Backward(undo) {
			u()
		}
		return nil, vendorFault(why.code, why.message)
	}
	for _, w := range writes {
		out, effect := s.decide(epoch, w)
		if effect == nil {
			return giveUp(out.details[0])
		}
		slot, back := s.ledger.put(effect.Record)
		outcomes, effects, changed, undo = append(outcomes, out), append(effects, *effect), append(changed, slot), append(undo, back)
	}
	places, err := s.journal.append(effects...)
	if err != nil {
		return giveUp(unjournaled()[0])
	}
	for i, slot := range changed {
		slot.settle(places[i])
	}
	return outcomes, nil
}

func unjournaled() []detail {
	return failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: journal")
}

// refuse is the outcome of a record that was not saved.
func (out outcome) refuse(why []detail) outcome {
	return outcome{failed: true, details: why, typ: out.typ, externalID: out.externalID}
}

// decide tells what becomes of a write, and the effect it has; nil if none. The
// caller holds the ledger's lock and sees to it that the effect happens.
func (s *Server) decide(epoch context.Context, w write) (outcome, *Entry) {
	out := outcome{typ: w.sub.typ, externalID: w.sub.externalID}
	if epoch.Err() != nil {
		return out.refuse(failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: "+errClosed.Error())), nil
	}
	if w.mode != nil && w.mode.Kind == Reject {
		return out.refuse(failed(cmp.Or(w.mode.Code, "USER_ERROR"), cmp.Or(w.mode.Message, "Please enter value(s) for: Item"))), nil
	}
	if w.mode != nil && w.mode.Kind == Warning {
		d := detail{typ: "WARN", code: cmp.Or(w.mode.Code, "WARNING"), message: cmp.Or(w.mode.Message, "Without a zip/postal code "+
			"it will not be possible to use this address with 3rd Party shippers.")}
		if w.prefs.warningAsError {
			d.typ = "ERROR"
			return out.refuse([]detail{d}), nil
		}
		out.details = []detail{d}
	}
	found, d := s.target(w)
	if d != nil {
		return out.refuse(d), nil
	}
	var old *Record
	effect := &Entry{Kind: Effect, Request: w.request, Action: Create, Late: w.late}
	if found != nil {
		var err error
		if old, err = s.ledger.load(found); err != nil {
			return out.refuse(unreadable(found.internalID())), nil
		}
		effect.Action = Update
	}
	next, d := s.compose(w, old)
	if d != nil {
		return out.refuse(d), nil
	}
	effect.Record = next
	effect.Repeat = old != nil && old.Hash == next.Hash
	effect.Duplicate = old == nil && next.ExternalID != "" && s.ledger.find(next.Type, "", next.ExternalID) != nil
	out.saved, out.internalID, out.externalID = true, next.InternalID, next.ExternalID
	if w.mode != nil && w.mode.Kind == AfterSubmitFailed {
		out.failed = true
		out.details = failed(cmp.Or(w.mode.Code, "USER_ERROR"), cmp.Or(w.mode.Message, "The script afterSubmit of this record failed."))
		out.details[0].afterSubmit = true
	}
	return out, effect
}

// target finds the record a write is about; nil is one yet to be created.
func (s *Server) target(w write) (*slot, []detail) {
	sub := w.sub
	switch {
	case w.verb == upsert && sub.internalID != "":
		return nil, failed("CANT_SET_INTERNALID", "You cannot set internalId with upsert.")
	case w.verb == upsert && sub.externalID == "":
		return nil, failed("EXTERNALID_REQD", "This operation requires a value for externalId.")
	case w.verb == add && sub.internalID != "":
		return nil, failed("CANT_SET_INTERNALID", "You cannot set internalId with add.")
	}
	var old *slot
	if w.verb == update {
		old = s.ledger.find(sub.typ, sub.internalID, sub.externalID)
	} else {
		old = s.known(sub)
	}
	switch {
	case w.verb == add && old != nil:
		return nil, failed("DUP_RCRD", "This record already exists.")
	case w.verb == update && old == nil:
		return nil, doesNotExist()
	}
	if other := s.known(sub); w.verb == update && other != nil && other != old {
		return nil, failed("DUP_RCRD", "This record already exists.") // an update by internalId that gives a taken externalId
	}
	return old, nil
}

// known returns the record that makes an externalId taken: none if the account
// does not care, or has forgotten.
func (s *Server) known(sub submission) *slot {
	a := s.Account()
	if sub.externalID == "" || a.NoUniqueExternalID {
		return nil
	}
	all := s.ledger.all(sub.typ, "", sub.externalID)
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	if forget := time.Duration(a.ForgetKeysAfter); forget > 0 && s.conf.Now().UnixNano()-last.modified >= int64(forget) {
		return nil
	}
	return last
}

// compose makes the record a write results in.
func (s *Server) compose(w write, old *Record) (*Record, []detail) {
	sent := w.sub.content.Copy()
	for _, name := range strings.Fields(readOnly[w.sub.typ]) {
		c := child(sent, name)
		if c == nil {
			continue
		}
		if !w.prefs.ignoreReadOnlyFields {
			return nil, failed("INSUFFICIENT_FLD_PERMISSION", "You do not have permissions to set a value for element "+
				strings.ToLower(name)+" due to one of the following reasons: 1) The field is read-only; 2) An associated feature "+
				"is disabled; 3) The field is available either when a record is created or updated, but not in both cases.")
		}
		sent.RemoveChild(c)
	}
	now := s.conf.Now()
	next := &Record{
		Type: w.sub.typ, ExternalID: w.sub.externalID, Hash: w.sub.hash,
		CreatedAt: now, ModifiedAt: now, Created: 1,
	}
	var stored *etree.Element
	if old != nil {
		next.InternalID, next.TranID = old.InternalID, old.TranID
		next.ExternalID = cmp.Or(next.ExternalID, old.ExternalID)
		next.CreatedAt, next.Created, next.Updated, next.Repeated = old.CreatedAt, old.Created, old.Updated+1, old.Repeated
		if old.Hash == next.Hash {
			next.Repeated++
		}
		var err error
		if stored, err = parseCanonical(old.Content); err != nil {
			return nil, unreadable(old.InternalID)
		}
	} else {
		next.InternalID = strconv.Itoa(s.ledger.nextID())
	}
	merged := merge(stored, sent, w.sub.xmlType)
	if d := (rules{&s.conf, s.ledger, s.catalog()}).check(w.sub.typ, next.InternalID, merged); d != nil {
		return nil, d
	}
	if d := s.describe(next, merged); d != nil {
		return nil, d
	}
	if old != nil && next.Type == "customer" && next.Currency != old.Currency && s.ledger.trades(old.InternalID) {
		return nil, failed("USER_ERROR", "The currency of a customer cannot be changed once there are transactions.")
	}
	next.Content = canonical(merged)
	return next, nil
}

// describe fills the fields a Record shows of its content, and puts what the ERP
// computes into the content.
func (s *Server) describe(r *Record, e *etree.Element) []detail {
	reference := func(name string) string {
		if c := child(e, name); c != nil {
			return c.SelectAttrValue("internalId", "")
		}
		return ""
	}
	r.Currency = reference("currency")
	if code, ok := s.conf.Currencies[r.Currency]; ok {
		r.Currency = code
	}
	r.Email, r.Memo = valueOf(e, "email"), valueOf(e, "memo")
	stamp := func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }
	switch r.Type {
	case "customer":
		r.Memo = valueOf(e, "comments")
		t := complexTypes["Customer"]
		if valueOf(e, "entityId") == "" {
			set(e, t, "entityId", "CUST"+r.InternalID)
		}
		set(e, t, "dateCreated", stamp(r.CreatedAt))
		set(e, t, "lastModifiedDate", stamp(r.ModifiedAt))
	case "salesOrder", "returnAuthorization", "creditMemo", "cashRefund":
		sum, bad := totalOf(e)
		if bad != nil {
			return failed("INVALID_FLD_VALUE", "You have entered an Invalid Field Value "+bad.value+
				" for the following field: "+strings.ToLower(bad.field))
		}
		r.OtherRefNum, r.Entity, r.Lines = valueOf(e, "otherRefNum"), reference("entity"), len(listOf(e, "itemList"))
		r.SubTotal, r.Discount, r.ShippingCost = plain(sum.sub), plain(sum.discount), plain(sum.shipping)
		r.TaxTotal, r.Total = plain(sum.tax), plain(sum.total)
		r.CreatedFrom = reference("createdFrom")
		r.TranID = cmp.Or(valueOf(e, "tranId"), tranPrefixes[r.Type]+r.InternalID)
		r.Closed = r.Lines > 0 && !slices.ContainsFunc(listOf(e, "itemList"), func(l *etree.Element) bool { return !isTrue(valueOf(l, "isClosed")) })
		t := complexTypes[typeOf(r.Type)]
		for _, f := range []struct{ name, value string }{
			{"tranId", r.TranID},
			{"createdDate", stamp(r.CreatedAt)},
			{"lastModifiedDate", stamp(r.ModifiedAt)},
			{"subTotal", r.SubTotal},
			{"discountTotal", r.Discount},
			{"taxTotal", r.TaxTotal},
			{"total", r.Total},
		} {
			set(e, t, f.name, f.value)
		}
	case "customerDeposit":
		payment, _ := decimal(valueOf(e, "payment")) // checked by the rules
		r.Entity, r.SalesOrder, r.Total = reference("customer"), reference("salesOrder"), plain(payment)
		r.TranID = cmp.Or(valueOf(e, "tranId"), "CD"+r.InternalID)
		t := complexTypes["CustomerDeposit"]
		set(e, t, "tranId", r.TranID)
		set(e, t, "createdDate", stamp(r.CreatedAt))
		set(e, t, "lastModifiedDate", stamp(r.ModifiedAt))
	}
	return nil
}

// tranPrefixes begin the numbers of transactions that were given none.
var tranPrefixes = map[string]string{"salesOrder": "SO", "returnAuthorization": "RMA", "creditMemo": "CM", "cashRefund": "CR"}

// typeOf returns the XML type of a record.
func typeOf(record string) string {
	for _, t := range recordTypes {
		if t.name == record {
			return t.typ
		}
	}
	return ""
}
