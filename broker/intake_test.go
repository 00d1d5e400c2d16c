package broker

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

func parcelNamed(names ...string) *parcel {
	p := &parcel{}
	for _, n := range names {
		p.letters = append(p.letters, letter{Delivery: Delivery{Message: erpbridge.Message{ID: n}}})
	}
	return p
}

func left(p *parcel) []string {
	var ids []string
	for _, l := range p.letters {
		ids = append(ids, l.Message.ID)
	}
	return ids
}

func TestAttemptKeepsWhatFailed(t *testing.T) {
	in := &intake{log: quiet(), handle: func(_ context.Context, ls []letter) []error {
		errs := make([]error, len(ls))
		for i, l := range ls {
			if l.Message.ID == "bad" {
				errs[i] = errors.New("not now")
			}
		}
		return errs
	}}
	whole, part := parcelNamed("a", "b"), parcelNamed("c", "bad", "d")
	failed := in.attempt(t.Context(), []*parcel{whole, part})
	if len(whole.letters) != 0 || !cmp.Equal(left(part), []string{"bad"}) || len(failed) != 1 || failed[0] != part {
		t.Errorf("left %v and %v, failed %d", left(whole), left(part), len(failed))
	}
	if part.due.IsZero() {
		t.Error("to be tried again at once")
	}
}

// One event that panics the handler is found, and its neighbours go on; at last
// it is handed in with a Problem.
func TestAttemptIsolatesPanic(t *testing.T) {
	var calls, buried []string
	in := &intake{log: quiet(), handle: func(_ context.Context, ls []letter) []error {
		for _, l := range ls {
			calls = append(calls, l.Message.ID)
			if l.Problem != nil {
				buried = append(buried, l.Message.ID)
			} else if l.Message.ID == "bomb" {
				panic("boom")
			}
		}
		return make([]error, len(ls))
	}}
	p := parcelNamed("a", "bomb", "b")
	for try := 1; len(p.letters) > 0; try++ {
		if try > 10 {
			t.Fatal("tried for ever")
		}
		in.attempt(t.Context(), []*parcel{p})
		if try == 2 && !cmp.Equal(left(p), []string{"bomb"}) {
			t.Errorf("left after the second try: %v", left(p))
		}
	}
	if !cmp.Equal(buried, []string{"bomb"}) {
		t.Errorf("handed in with a Problem: %v", buried)
	}
	if slices.Index(calls, "b") < 0 {
		t.Errorf("the neighbour was never handled: %v", calls)
	}
}

func TestAttemptDistrustsTheHandler(t *testing.T) {
	for name, errs := range map[string][]error{"none": nil, "too few": {nil}, "too many": {nil, nil, nil}} {
		t.Run(name, func(t *testing.T) {
			in := &intake{log: quiet(), handle: func(context.Context, []letter) []error { return errs }}
			p := parcelNamed("a", "b")
			if failed := in.attempt(t.Context(), []*parcel{p}); len(failed) != 1 || len(p.letters) != 2 {
				t.Errorf("%v taken for safe", 2-len(p.letters))
			}
		})
	}
}
