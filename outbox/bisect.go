package outbox

import (
	"errors"

	"github.com/hakooi/erpbridge"
)

// behind keeps a document from being held to account for another one's failure: a
// deposit without its order says that the order is missing, which it is, because
// the order before it in the same event did not go through. It waits for that one
// and spends no tries.
func behind(vs []Verdict) {
	stuck := make(map[int64]bool) // by event
	for i, v := range vs {
		if stuck[v.Entry.EventID] && erpbridge.KindOf(v.Cause) == erpbridge.Missing && !v.Entry.Doubtful {
			vs[i].State, vs[i].Spared = Pending, true
		}
		stuck[v.Entry.EventID] = stuck[v.Entry.EventID] || v.State != Delivered
	}
}

// bisect looks for the event that spoilt a request of several. Where the ERP
// refused the request as a whole, nobody knows yet which one that was, so it is held
// against none of them: they travel again at once in halves, and the halves in
// halves, until the culprit travels alone and is judged alone. Where a request came
// to no answer that could be understood, they are looked up first, and then travel
// in halves too.
func bisect(vs []Verdict) {
	n := 0
	last := int64(0)
	for _, v := range vs {
		if v.Entry.EventID != last {
			last = v.Entry.EventID
			n++
		}
	}
	if n < 2 {
		return
	}
	for i, v := range vs {
		switch {
		case v.Entry.Doubtful:
		case v.State == InDoubt:
			vs[i].Together = (n + 1) / 2
		case (v.State == Dead || v.State == Pending) && spoilt(v.Cause):
			vs[i].State, vs[i].At, vs[i].Spared, vs[i].Together = Pending, v.Entry.Now, true, (n+1)/2
		}
	}
}

// spoilt reports whether an error was said about a request as a whole and may be
// the doing of one document in it.
func spoilt(err error) bool {
	var e *erpbridge.Error
	if !errors.As(err, &e) || !e.Whole {
		return false
	}
	switch e.Kind {
	case erpbridge.Invalid, erpbridge.Unknown, erpbridge.Missing, erpbridge.Held, erpbridge.Ignored:
		return true
	default:
		return false
	}
}
