package netsuite

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
	wsdl "github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// readWrites reads the answer to an operation that writes.
func (e *ERP) readWrites(content *etree.Element, operation string, sent []lifted) []erpbridge.Result {
	if err := e.named(content, operation+"Response"); err != nil {
		return all(make([]erpbridge.Result, len(sent)), e.inDoubt(deliverOp, "the answer is not understood: %v", err))
	}
	return e.readList(content, sent)
}

// readList reads a writeResponseList: one result for each record
// sent. NetSuite answers in the order it was asked; the externalId it mostly
// names is the cross-check. Whatever does not fit leaves every record the answer
// could be about in doubt.
func (e *ERP) readList(content *etree.Element, sent []lifted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(sent))
	doubt := func(format string, args ...any) []erpbridge.Result {
		return all(results, e.inDoubt(deliverOp, format, args...))
	}
	lists := content.SelectElements("writeResponseList")
	if len(lists) != 1 {
		return doubt("the answer has no writeResponseList")
	}
	var answer wsdl.WriteResponseList
	if err := soap.Decode(lists[0], &answer); err != nil {
		return doubt("the answer is not understood: %v", err)
	}
	got := answer.WriteResponse
	if len(got) > len(sent) {
		return doubt("%d records sent, %d results", len(sent), len(got))
	}
	if err := crossCheck(got, sent); err != nil && !fault.Planted("position-only") { // planted: results are whoever's place they have
		return doubt("%v", err)
	}
	if list := answer.Status; len(got) == 0 && list != nil {
		return doubt("%d records sent, no results: %s", len(sent), e.details(list).text)
	}
	spoilt := e.spoilt(answer.Status)
	raw := lists[0].SelectElements("writeResponse")
	for i := range sent {
		switch {
		case i >= len(got):
			results[i].Err = e.inDoubt(deliverOp, "%d records sent, %d results", len(sent), len(got))
		case len(got) < len(sent) && externalID(got[i]) == "":
			// Any one may be missing: without its name a result is nobody's.
			results[i].Err = e.inDoubt(deliverOp, "%d records sent, %d results, and this one has no name", len(sent), len(got))
		default:
			results[i] = e.readWrite(deliverOp, sent[i].kind, sent[i].externalID, got[i])
			if results[i].Err == nil && spoilt != nil {
				results[i] = erpbridge.Result{Err: spoilt}
			}
			results[i].Receipt.Raw = e.evidence(raw[i])
		}
	}
	return results
}

// spoilt is why no record of a list was saved for certain, whatever its own result says:
// the status of the list as a whole is not one of success. nil where it is, or there is none.
func (e *ERP) spoilt(list *wsdl.Status) error {
	if list == nil {
		return nil
	}
	switch ok, err := success(list); {
	case err != nil:
		return e.inDoubt(deliverOp, "the results as a whole: %v", err)
	case !ok:
		return e.inDoubt(deliverOp, "the record is said to be saved, and the list it is in to have failed: %s", e.details(list).text)
	}
	return nil
}

// crossCheck holds the results' names against the records sent; of those without a name,
// their types.
func crossCheck(got []*wsdl.WriteResponse, sent []lifted) error {
	ids := map[string]string{} // kind and internalId to the externalId it was first seen with
	for i, w := range got {
		id := externalID(w)
		if id != "" && !strings.EqualFold(id, sent[i].externalID) {
			return fmt.Errorf("result %d is about %s, the record sent was %s", i+1, id, sent[i].externalID)
		}
		if w.BaseRef == nil {
			continue
		}
		if typ := strings.TrimSpace(w.BaseRef.Type); id == "" && another(typ, sent[i].kind) {
			return fmt.Errorf("result %d is about a %s, the record sent was a %s", i+1, typ, sent[i].kind)
		}
		if strings.TrimSpace(w.BaseRef.InternalId) == "" {
			continue
		}
		ref := sent[i].kind + "/" + strings.TrimSpace(w.BaseRef.InternalId)
		if first, ok := ids[ref]; ok && first != sent[i].externalID {
			return fmt.Errorf("two records are said to be %s", ref)
		}
		ids[ref] = sent[i].externalID
	}
	return nil
}

// another reports whether a type is that of a record we write, and not of this kind.
func another(typ, kind string) bool {
	for k, t := range recordTypes {
		if t == typ {
			return recordTypes[kind] != typ && recordTypes[kind] != "" && k != kind
		}
	}
	return false
}

// readWrite reads the result of one record, which is called name.
func (e *ERP) readWrite(op, kind, name string, w *wsdl.WriteResponse) erpbridge.Result {
	ok, err := success(w.Status)
	if err != nil {
		return erpbridge.Result{Err: e.inDoubt(op, "%v", err)}
	}
	id := ""
	if w.BaseRef != nil {
		id = strings.TrimSpace(w.BaseRef.InternalId)
	}
	said := e.details(w.Status)
	switch {
	case ok && said.errors:
		return erpbridge.Result{Err: e.inDoubt(op, "success, and an error: %s", said.text)}
	case (ok || said.saved) && id == "":
		return erpbridge.Result{Err: e.inDoubt(op, "success without an internal id")}
	case (ok || said.saved) && !savedShape.MatchString(id):
		return erpbridge.Result{Err: e.inDoubt(op, "success, and %q for an internal id", clip(id))}
	case ok, said.saved:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: e.reason(id), Warning: said.text}}
	}
	k, text := said.kind, said.text
	switch {
	case kind == customer && existsElsewhere(said.code):
		text = fmt.Sprintf("NetSuite has this customer already, under another external id or none: give that one the external id %s (adopt_customers does so by the e-mail address), "+
			"or enter its internal id by erpbridge xref set --target %s, in the table customers or customer_emails, and replay with --render-again: %s", name, e.name, text)
	case lacksPermission(said.code):
		text = "the role may not write this record: see its permissions, and the forms and subsidiaries it is let use: " + text
	}
	if text == "" {
		text = "not saved, and no reason given"
	}
	return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: k, Code: said.code, Err: errors.New(e.reason(text))}}
}

// savedShape is the internal id of a record that was saved: those that NetSuite has of
// itself, such as price level -1, are below nought.
var savedShape = regexp.MustCompile(`^0*[1-9][0-9]{0,17}$`)

// said is what the details of a status come to.
type said struct {
	text   string         // all messages
	code   string         // of the detail that decided the kind
	kind   erpbridge.Kind // of what went wrong
	errors bool           // there is one of type ERROR
	saved  bool           // afterSubmitFailed: a script failed when the record was saved already
}

// severity orders kinds: of several errors the one that retrying helps least
// decides.
var severity = map[erpbridge.Kind]int{
	erpbridge.Transient: 1, erpbridge.Throttled: 2, erpbridge.Missing: 3, erpbridge.Refused: 4, erpbridge.Invalid: 5,
}

func (e *ERP) details(s *wsdl.Status) said {
	out := said{kind: erpbridge.Unknown}
	var texts []string
	for _, d := range s.StatusDetail {
		if m := strings.TrimSpace(d.Message); m != "" {
			texts = append(texts, m)
		}
		saved := strings.TrimSpace(d.AfterSubmitFailed + d.AftersubmitFailed)
		out.saved = out.saved || saved == "true" || saved == "1"
		if t := strings.TrimSpace(d.Type); t == "WARN" || t == "INFO" {
			continue
		}
		out.errors = true // the schema's default
		code := strings.TrimSpace(d.Code)
		if k := kindOfRecord(code); severity[k] > severity[out.kind] {
			out.kind, out.code = k, e.reason(code)
		}
	}
	out.text = e.reason(strings.Join(texts, "; "))
	return out
}

// success reads isSuccess. Absent is not false: it is not an answer.
func success(s *wsdl.Status) (bool, error) {
	if s == nil {
		return false, errors.New("a result without a status")
	}
	switch v := strings.TrimSpace(s.IsSuccess); v {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	case "":
		return false, errors.New("a status without isSuccess")
	default:
		return false, fmt.Errorf("isSuccess is %s", v)
	}
}

// decode reads an answer of the given name into its generated type. The types
// know no namespaces, so all names it could read are held against theirs first.
func (e *ERP) decode(el *etree.Element, name string, into any) error {
	if err := e.named(el, name); err != nil {
		return err
	}
	return soap.Decode(el, into)
}

// named holds an answer's names against the vendor's.
func (e *ERP) named(el *etree.Element, name string) error {
	if !soap.Is(el, e.ns.messages, name) {
		return fmt.Errorf("%s in %s instead of %s", el.Tag, el.NamespaceURI(), name)
	}
	return e.checkNames(el)
}

func (e *ERP) checkNames(el *etree.Element) error {
	for _, child := range el.ChildElements() {
		want := ""
		switch child.Tag {
		case "writeResponseList", "writeResponse", "baseRef", "readResponseList", "readResponse", "record", "asyncResult":
			want = e.ns.messages
		case "status", "statusDetail", "code", "message", "afterSubmitFailed", "aftersubmitFailed", "getServerTimeResult", "serverTime",
			"asyncStatusResult", "jobId", "getItemAvailabilityResult", "itemAvailabilityList", "itemAvailability":
			want = e.ns.core
		}
		if space := child.NamespaceURI(); want != "" && space != want {
			return fmt.Errorf("%s in the namespace %s", child.Tag, space)
		}
		if child.Tag == "record" {
			continue // a record has names of its own
		}
		if err := e.checkNames(child); err != nil {
			return err
		}
	}
	return nil
}

func externalID(w *wsdl.WriteResponse) string {
	if w.BaseRef == nil {
		return ""
	}
	return strings.TrimSpace(w.BaseRef.ExternalId)
}

// inDoubt is the error of an answer that was not fully understood.
func (e *ERP) inDoubt(op, format string, args ...any) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Err: errors.New(e.reason(fmt.Sprintf(format, args...)))}
}
