package outbox

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// Confirm is how an ERP is waited for that stores what it is sent and books it later.
type Confirm struct {
	// Asks: it can be asked what became of a document. Hears: it sends word of its own
	// accord. With neither nobody will ever know whether it booked anything.
	Asks  bool
	Hears bool
	// First is the wait before it is asked for the first time; it doubles from there, up
	// to Max.
	First time.Duration
	Max   time.Duration
	// Within is how long a document may be with the ERP without being booked; then dead.
	Within time.Duration
}

// deaf reports whether nobody will ever know.
func (c Confirm) deaf() bool { return !c.Asks && !c.Hears }

// fewest is how often an ERP is asked at least before a document is overdue, and how
// often since it could not be asked for a while; and how often one in doubt is looked up.
// Age alone says little: the daemon may have been away, the ERP paused, or the database's
// clock set forward, and what became of the document is learnt from the first answers
// after that.
//
//	asked ──▶ asked ──▶ nobody can ask ──▶ asked late: 1 ──▶ 2 ──▶ 3: overdue
const fewest = 3

// judgeAcceptance judges an attempt, or a look-up, after which the ERP has the document
// and has not booked it. A target that cannot say whether it did gives no acceptance; if
// it does all the same, to call that delivered would be a guess, and to wait would be in
// vain: a person has to look.
func (p Policy) judgeAcceptance(e Entry, v Verdict, now time.Time) Verdict {
	v.Stored, v.Spared, v.Cause = true, e.Doubtful, nil
	if p.Confirm.deaf() {
		v.State, v.Cause = Dead, unconfirmable(v.Receipt.Ref)
		return v
	}
	v.State, v.At = Accepted, p.askAt(0, now, now)
	return v
}

// judgeConfirmation judges what the ERP said when it was asked about a document that it
// had accepted, or that it was not asked.
func (p Policy) judgeConfirmation(e Entry, v Verdict, kind erpbridge.Kind, now time.Time) Verdict {
	v.Asked = p.count(*e.Taken, kind, now)
	switch {
	case (v.Cause == nil || kind == erpbridge.Duplicate) && !v.Receipt.Accepted:
		v.State, v.Cause = Delivered, nil
		v.Receipt.Ref = cmp.Or(v.Receipt.Ref, e.Taken.Ref)
		return v
	case kind == erpbridge.Invalid && !isWhole(v.Cause):
		// Not of the question as a whole: that says nothing about the document.
		v.State, v.Receipt.Ref = Dead, e.Taken.Ref
		return v
	}
	if p.Confirm.deaf() {
		v.State, v.Receipt.Ref, v.Cause = Dead, e.Taken.Ref, unconfirmable(e.Taken.Ref)
		return v
	}
	said := e.Taken.Said
	if v.Cause == nil || kind == erpbridge.Duplicate {
		said, v.Cause = cmp.Or(v.Receipt.Warning, "it is not booked yet"), nil
	}
	v.Receipt = erpbridge.Receipt{Ref: e.Taken.Ref, Warning: said}
	if !errors.Is(v.Cause, errNotAsked) && e.Away && kind != erpbridge.Missing && v.Cause != nil {
		v.State, v.At, v.Asked = Accepted, now, p.before(*e.Taken, now) // it is the target that waits, see Judge
		if kind == erpbridge.Refused {
			v.Pause = p.Refusal
		}
		return v
	}
	if p.overdue(*e.Taken, v.Asked, now) {
		v.State, v.Cause = Dead, overdue(*e.Taken, v, now)
		return v
	}
	v.State, v.At = Accepted, p.askAt(v.Asked, e.Taken.Since, now)
	switch kind {
	case erpbridge.Throttled:
		v.Pause = p.spread(clamp(after(v.Cause), p.Throttle))
	case erpbridge.Refused:
		v.Pause = p.Refusal
	}
	return v
}

// askAt is when a document is to be asked about that was asked about so often, and at
// the latest when it is overdue. Of an ERP that sends word by itself nothing is asked.
// Past the deadline there is no hurry: what could not be learnt for long may take its time.
func (p Policy) askAt(asked int, since, now time.Time) time.Time {
	deadline := since.Add(p.Confirm.Within)
	switch {
	case !deadline.After(now):
		return now.Add(p.spread(p.Confirm.Max))
	case !p.Confirm.Asks:
		return deadline
	}
	at := now.Add(p.spread(doubled(p.Confirm.First, p.Confirm.Max, asked+1)))
	if at.After(deadline) {
		return deadline
	}
	return at
}

// count is how often a document was asked about, this time included, since the last gap.
// Past the deadline only answers make up the fewest: that an ERP could not be reached says
// nothing about what it booked.
func (p Policy) count(t Taken, kind erpbridge.Kind, now time.Time) int {
	asked := p.before(t, now)
	mute := kind == erpbridge.Transient || kind == erpbridge.Throttled || kind == erpbridge.Refused
	if past := now.Sub(t.Since) >= p.Confirm.Within; past && mute && asked < fewest {
		return asked
	}
	return asked + 1
}

// before is how often it was asked about before, since the last gap.
func (p Policy) before(t Taken, now time.Time) int {
	if p.gap(t, now) {
		return 0
	}
	return t.Asked
}

// gap reports whether nobody could ask about a document for long before now: it was due
// to be asked about, and was not. Across the deadline already the time between two
// questions is long. At any other time it has to be a good part of all the time there is:
// with very many documents to ask about every question is late.
func (p Policy) gap(t Taken, now time.Time) bool {
	if t.Due.IsZero() {
		return false
	}
	late, deadline := now.Sub(t.Due), t.Since.Add(p.Confirm.Within)
	across := !now.Before(deadline) && !t.Due.After(deadline.Add(p.Confirm.Max))
	return across && late > p.Confirm.Max || late > max(p.Confirm.Within/gaps, p.Confirm.Max)
}

// gaps is the part of the time until a document is overdue that is a gap.
const gaps = 12

func (p Policy) overdue(t Taken, asked int, now time.Time) bool {
	return now.Sub(t.Since) >= p.Confirm.Within && (asked >= fewest || !p.Confirm.Asks && !p.gap(t, now))
}

// errNotAsked is what comes of a confirmation that nobody can ask for.
var errNotAsked = &erpbridge.Error{Op: "outbox.Dispatcher", Kind: erpbridge.Unknown, Err: errors.New("this target sends its confirmations by itself, and sent none")}

func unconfirmable(ref string) error {
	return &erpbridge.Error{
		Op: "outbox.Judge", Kind: erpbridge.InDoubt, Code: "UNCONFIRMABLE",
		Err: fmt.Errorf("the ERP has stored it%s and not booked it yet, and this target has no way to tell whether it does: look in the ERP", as(ref)),
	}
}

// overdue says all that is known of a document that was not confirmed in time.
func overdue(t Taken, v Verdict, now time.Time) error {
	said := t.Said
	switch {
	case v.Cause != nil:
		said = v.Cause.Error()
	case v.Receipt.Warning != "":
		said = v.Receipt.Warning
	}
	if said != "" {
		said = "; the last that is known is: " + said
	}
	return &erpbridge.Error{
		Op: "outbox.Judge", Kind: erpbridge.InDoubt, Code: "NOT-CONFIRMED",
		Err: fmt.Errorf("the ERP took it at %s%s and has not confirmed for %s that it is booked%s. Look in the ERP before it is sent again",
			t.At.UTC().Format(time.RFC3339), as(t.Ref), now.Sub(t.Since).Round(time.Second), said),
	}
}

func as(ref string) string {
	if ref == "" {
		return ""
	}
	return " as " + ref
}

// isWhole reports whether an error was said about a request as a whole.
func isWhole(err error) bool {
	var e *erpbridge.Error
	return errors.As(err, &e) && e.Whole
}
