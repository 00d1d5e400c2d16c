package sapidoc

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A word is what an ALEAUD says of one of our IDocs.
type word struct {
	docnum  string // ours, 16 digits
	status  string
	outcome outcome
	text    string // what SAP says, for an operator
	code    string // its message, such as VG204
	order   string // SAP's number of the document it made, "" where it names none
}

// maxStates is how many confirmations are read of one message: SAP sends 500 in an IDoc.
const maxStates = 20_000

// readALEAUD reads an ALEAUD01, plain or in a SOAP envelope, with one IDoc or more. It
// holds the control records against our partners: what another system says about DOCNUMs
// of ours is not about us.
func (e *ERP) readALEAUD(body []byte) ([]word, error) {
	root, err := soap.Unwrap(body, "")
	if err != nil {
		return nil, fmt.Errorf("it is not understood: %w", err)
	}
	space := root.NamespaceURI()
	if root.Tag != "ALEAUD01" || space != "" && space != nsIDoc {
		return nil, fmt.Errorf("it is %s, not ALEAUD01", root.Tag)
	}
	var words []word
	for _, idoc := range root.ChildElements() {
		if idoc.Tag != "IDOC" {
			return nil, fmt.Errorf("%s beside the IDocs", idoc.Tag)
		}
		more, err := e.readAudit(idoc)
		if err != nil {
			return nil, err
		}
		if words = append(words, more...); len(words) > maxStates {
			return nil, fmt.Errorf("more than %d confirmations", maxStates)
		}
	}
	if len(words) == 0 {
		return nil, errors.New("it confirms nothing")
	}
	return words, nil
}

// readAudit reads one IDoc of type ALEAUD01.
func (e *ERP) readAudit(idoc *etree.Element) ([]word, error) {
	var words []word
	control := false
	for _, s := range idoc.ChildElements() {
		switch s.Tag {
		case "EDI_DC40":
			if control {
				return nil, errors.New("two control records in one IDoc")
			}
			control = true
			if err := e.fromSAP(s); err != nil {
				return nil, err
			}
		case "E1ADHDR":
			for _, state := range s.ChildElements() {
				if state.Tag != "E1STATE" {
					continue
				}
				w, ok, err := readState(state)
				if err != nil {
					return nil, err
				}
				if ok {
					words = append(words, w)
				}
			}
		}
	}
	if !control {
		return nil, errors.New("an IDoc without a control record")
	}
	return words, nil
}

// fromSAP holds a control record against the settings.
func (e *ERP) fromSAP(control *etree.Element) error {
	for _, c := range []struct{ field, want string }{
		{"MESTYP", "ALEAUD"}, {"SNDPRN", e.conf.Receiver.Partner}, {"RCVPRN", e.conf.Sender.Partner},
	} {
		if got := childText(control, c.field); got != c.want {
			return fmt.Errorf("%s of its control record is %q, not %q", c.field, e.reason(got), c.want)
		}
	}
	if client := childText(control, "MANDT"); client != "" && client != e.conf.Client {
		return fmt.Errorf("it is of client %q, not %s", e.reason(client), e.conf.Client)
	}
	return nil
}

// idocObject is the type of an object that is SAP's IDoc, and not what was made of it.
const idocObject = "IDOC"

// readState reads what is said of one IDoc. One that was sent without a number of ours is
// nobody's.
func readState(state *etree.Element) (word, bool, error) {
	docnum := strings.TrimLeft(childText(state, "DOCNUM"), "0")
	if docnum == "" {
		return word{}, false, nil
	}
	if len(docnum) > 16 || strings.Trim(docnum, "0123456789") != "" {
		return word{}, false, fmt.Errorf("the DOCNUM %q of a confirmation is no number", soap.Reason(docnum))
	}
	w := word{docnum: strings.Repeat("0", 16-len(docnum)) + docnum, status: childText(state, "STATUS")}
	if len(w.status) != 2 || strings.Trim(w.status, "0123456789") != "" {
		return word{}, false, fmt.Errorf("the status %q of a confirmation is no status", soap.Reason(w.status))
	}
	known := statusOf(w.status)
	w.outcome, w.code = known.outcome, cmp.Or(childText(state, "STAMID")+childText(state, "STAMNO"), childText(state, "STACOD"))
	said := []string{"status " + w.status + ", " + known.text}
	if w.code != "" {
		said = append(said, "message "+w.code)
	}
	for _, p := range []string{"STATXT", "STAPA1", "STAPA2", "STAPA3", "STAPA4"} {
		// Older releases have the short parameters alone.
		if v := cmp.Or(childText(state, p+"_LNG"), childText(state, p)); v != "" {
			said = append(said, v)
		}
	}
	for _, object := range state.ChildElements() {
		if object.Tag != "E1PRTOB" {
			continue
		}
		if number := childText(object, "DOCNUM"); number != "" {
			said = append(said, "IDoc "+number+" in SAP")
		}
		if w.order == "" && childText(object, "OBJTYPE") != idocObject {
			w.order = childText(object, "OBJKEY")
		}
	}
	w.text = strings.Join(said, ": ")
	return w, true, nil
}

// result returns what a word comes to, for a document of ours.
func (e *ERP) result(op string, w word) erpbridge.Result {
	text := e.reason(w.text)
	switch w.outcome {
	case booked:
		ref := w.docnum
		if w.order != "" {
			ref = e.reason(w.order)
		}
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: ref, Raw: []byte(text)}}
	case thrownOut:
		return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Code: e.reason(w.code), Err: fmt.Errorf("SAP threw the IDoc out: %s", text)}}
	}
	if mending[w.status] {
		text = "to be repaired in SAP (BD87), and not sent again: " + text
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: w.docnum, Accepted: true, Warning: text, Raw: []byte(text)}}
}

// weight orders words on one IDoc: what is final counts more than what is not, and that
// it was booked more than that it was thrown out, because a second copy of an IDoc that
// SAP had already is what gets thrown out.
var weight = map[outcome]int{waiting: 0, thrownOut: 1, booked: 2}

// newer returns the word that counts of two, of which b came later.
func newer(a, b word) word {
	if weight[b.outcome] >= weight[a.outcome] {
		return b
	}
	return a
}
