package suitetalk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	out := outcome{typ: w.sub.typ, externalID: w.sub.externalID}
	refuse := func(d []detail) outcome {
		out.failed, out.details = true, d
		return out
	}
	if epoch.Err() != nil {
		return refuse(failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: "+errClosed.Error()))
	}
	if w.mode != nil && w.mode.Kind == Reject {
		return refuse(failed(cmp.Or(w.mode.Code, "USER_ERROR"), cmp.Or(w.mode.Message, "Please enter value(s) for: Item")))
	}
	if w.mode != nil && w.mode.Kind == Warning {
		d := detail{typ: "WARN", code: cmp.Or(w.mode.Code, "WARNING"), message: cmp.Or(w.mode.Message, "Without a zip/postal code "+
			"it will not be possible to use this address with 3rd Party shippers.")}
		if w.prefs.warningAsError {
			d.typ = "ERROR"
			return refuse([]detail{d})
		}
		out.details = []detail{d}
	}
	old, d := s.target(w)
	if d != nil {
		return refuse(d)
	}
	next, d := s.compose(w, old)
	if d != nil {
		return refuse(d)
	}
	action := Update
	if old == nil {
		action = Create
	}
	repeat := old != nil && old.Hash == next.Hash
	if err := s.journal.append(Entry{
		Kind: Effect, Request: w.request, Action: action, Repeat: repeat, Late: w.late, Record: next,
	}); err != nil {
		return refuse(failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: journal"))
	}
	s.ledger.put(next)
	out.saved, out.internalID, out.externalID = true, next.InternalID, next.ExternalID
	if w.mode != nil && w.mode.Kind == AfterSubmitFailed {
		out.failed = true
		out.details = failed(cmp.Or(w.mode.Code, "USER_ERROR"), cmp.Or(w.mode.Message, "The script afterSubmit of this record failed."))
		out.details[0].afterSubmit = true
	}
	return out
}

// target finds the record a write is about; nil is one yet to be created.
func (s *Server) target(w write) (*Record, []detail) {
	sub := w.sub
	switch {
	case w.verb == upsert && sub.internalID != "":
		return nil, failed("CANT_SET_INTERNALID", "You cannot set internalId with upsert.")
	case w.verb == upsert && sub.externalID == "":
		return nil, failed("EXTERNALID_REQD", "This operation requires a value for externalId.")
	case w.verb == add && sub.internalID != "":
		return nil, failed("CANT_SET_INTERNALID", "You cannot set internalId with add.")
	}
	var old *Record
	if sub.internalID != "" || sub.externalID != "" {
		old = s.ledger.find(sub.typ, sub.internalID, sub.externalID)
	}
	switch {
	case w.verb == add && old != nil:
		return nil, failed("DUP_RCRD", "This record already exists.")
	case w.verb == update && old == nil:
		return nil, doesNotExist()
	}
	if other := s.ledger.find(sub.typ, "", sub.externalID); sub.externalID != "" && other != nil && other != old {
		return nil, failed("DUP_RCRD", "This record already exists.") // an update by internalId that gives a taken externalId
	}
	return old, nil
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
			return nil, failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: content of "+old.InternalID)
		}
	} else {
		next.InternalID = strconv.Itoa(s.ledger.lastID + 1)
	}
	merged := merge(stored, sent, w.sub.xmlType)
	if d := (rules{&s.conf, s.ledger}).check(w.sub.typ, next.InternalID, merged); d != nil {
		return nil, d
	}
	if d := s.describe(next, merged); d != nil {
		return nil, d
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
	case "salesOrder":
		sum, bad := totalOf(e)
		if bad != nil {
			return failed("INVALID_FLD_VALUE", "You have entered an Invalid Field Value "+bad.value+
				" for the following field: "+strings.ToLower(bad.field))
		}
		r.OtherRefNum, r.Entity, r.Lines = valueOf(e, "otherRefNum"), reference("entity"), len(listOf(e, "itemList"))
		r.SubTotal, r.Discount, r.ShippingCost = plain(sum.sub), plain(sum.discount), plain(sum.shipping)
		r.TaxTotal, r.Total = plain(sum.tax), plain(sum.total)
		r.TranID = cmp.Or(valueOf(e, "tranId"), "SO"+r.InternalID)
		t := complexTypes["SalesOrder"]
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
