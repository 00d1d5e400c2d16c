package ax2012

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// All states of an order are one message to AIF, under one MessageId, and a response names
// nothing but that. So the journal beside the files counts the states that were put down:
//
//	nothing ──▶ state 0 ──▶ state 1 ──▶ ...
//
// What AIF says of an order of which one state was put down is said of that. A later state
// is put down only when every file in the folder was read, and what it says of the order
// put away: it was said of an earlier one. If so many answers were there as states, the
// next answer is the new one's. If not, an answer may still come that is another's, and
// whatever comes is told as what it is: nobody knows which state it is about. No clock has
// a say in it, and a crash at any moment leaves the doubt, which is the careful side.

// stateKey is the journal's name for a state of an order, answeredKey for one that was put
// down when AIF had answered all before it.
func stateKey(id string, n int) string { return fmt.Sprintf("message %s state %d", id, n) }

func answeredKey(id string, n int) string {
	return fmt.Sprintf("message %s answered before state %d", id, n)
}

// A standing is what the journal knows of a document's place among the states of its order.
type standing struct {
	id   string // of its message
	file string // it was put into, "" if it was not
	n    int    // its number, or the one it will have; -1: it was put down without
}

// standings asks the journal about the documents of messages.
func (f byFile) standings(ctx context.Context, messages []message) ([]standing, error) {
	keys := make([]string, 0, 2*len(messages))
	for _, m := range messages {
		keys = append(keys, m.key, stateKey(m.id, 0))
	}
	found, err := f.filesOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	all := make([]standing, len(messages))
	next := map[string]int{} // of a message several states of which are among them
	for i, m := range messages {
		own, at, n := found[2*i], found[2*i+1], next[m.id]
		if n > 0 {
			at, err = f.fileOf(ctx, stateKey(m.id, n))
		}
		for err == nil && at != "" && at != own {
			n++
			at, err = f.fileOf(ctx, stateKey(m.id, n))
		}
		if err != nil {
			return nil, err
		}
		if own != "" && at == "" {
			all[i] = standing{m.id, own, -1}
			continue
		}
		all[i], next[m.id] = standing{m.id, own, n}, n+1
	}
	return all, nil
}

func (f byFile) fileOf(ctx context.Context, key string) (string, error) {
	files, err := f.filesOf(ctx, []string{key})
	if err != nil {
		return "", err
	}
	return files[0], nil
}

// filesOf returns the files that keys went into, "" for those that went into none.
func (f byFile) filesOf(ctx context.Context, keys []string) ([]string, error) {
	files := make([]string, len(keys))
	for i, r := range f.files.Find(ctx, keys...) {
		switch {
		case r.Err == nil:
			files[i] = r.Receipt.Ref
		case erpbridge.KindOf(r.Err) != erpbridge.Missing:
			return nil, r.Err
		}
	}
	return files, nil
}

// numbered returns the keys that number the states in a file, for its journal entry: the
// same for every attempt at it. Before a later state is put down for the first time, the
// answers to earlier ones are put away.
func (f byFile) numbered(ctx context.Context, messages []message) ([]string, error) {
	states, err := f.standings(ctx, messages)
	if err != nil {
		return nil, err
	}
	var numbers []string
	for _, s := range states {
		if s.n < 0 {
			continue
		}
		numbers = append(numbers, stateKey(s.id, s.n))
		if s.n == 0 {
			continue
		}
		var answered bool
		if s.file == "" {
			answered, err = f.forget(ctx, s.id, s.n)
		} else {
			answered, err = f.wasAnswered(ctx, s)
		}
		if err != nil {
			return nil, err
		}
		if answered {
			numbers = append(numbers, answeredKey(s.id, s.n))
		}
	}
	return numbers, nil
}

// wasAnswered reports whether AIF had answered all before a state when it was put down.
func (f byFile) wasAnswered(ctx context.Context, s standing) (bool, error) {
	file, err := f.fileOf(ctx, answeredKey(s.id, s.n))
	return err == nil && file != "" && file == s.file, err
}

// forget puts away what AIF said of an order of which n states were put down, and reports
// whether it has answered all of them. As long as there is a file that was not read, which
// could be about the order, it is Transient.
func (f byFile) forget(ctx context.Context, id string, n int) (answered bool, err error) {
	waiting := n
	if n > 1 {
		before, err := f.fileOf(ctx, answeredKey(id, n-1))
		if err != nil {
			return false, err
		}
		if before != "" {
			waiting = 1
		}
	}
	f.acks.mu.Lock()
	defer f.acks.mu.Unlock()
	if err := f.look(ctx); err != nil {
		return false, err
	}
	if unread := f.files.Unread(); unread > 0 {
		return false, &erpbridge.Error{
			Op: "ax2012.Deliver", Kind: erpbridge.Transient,
			Err: fmt.Errorf("%d response files are not whole yet or wait to be read, and one of them may be the answer to an earlier state of the order", unread),
		}
	}
	said := slices.Clone(f.acks.about[strings.ToUpper(id)])
	for _, r := range said {
		if err := f.files.Done(ctx, r.file); err != nil {
			return false, err
		}
		f.acks.drop(r)
	}
	return len(said) >= waiting, nil
}

// doubtful reports of accepted documents whether an answer to them may be that to another
// state of the order.
func (f byFile) doubtful(ctx context.Context, accepted []erpbridge.Accepted) ([]bool, error) {
	second := make([]string, len(accepted))
	for i, a := range accepted {
		second[i] = stateKey(a.Ref, 1)
	}
	doubts := make([]bool, len(accepted))
	several, err := f.filesOf(ctx, second)
	if err != nil {
		return nil, err
	}
	for i, a := range accepted {
		if several[i] == "" {
			continue
		}
		sure, err := f.lastAndAlone(ctx, a)
		if err != nil {
			return nil, err
		}
		doubts[i] = !sure
	}
	return doubts, nil
}

// lastAndAlone reports whether a document is the last state of its order, and all before
// it had been answered.
func (f byFile) lastAndAlone(ctx context.Context, a erpbridge.Accepted) (bool, error) {
	s, err := f.standings(ctx, []message{{key: a.Key, id: a.Ref}})
	if err != nil || s[0].file == "" || s[0].n < 1 {
		return false, err
	}
	later, err := f.fileOf(ctx, stateKey(a.Ref, s[0].n+1))
	if err != nil || later != "" {
		return false, err
	}
	return f.wasAnswered(ctx, s[0])
}

// inDoubt is an answer that may be about another state of the order.
func (f byFile) inDoubt(r erpbridge.Result) erpbridge.Result {
	const op = "ax2012.Confirm"
	var known *erpbridge.Error
	switch {
	case r.Err == nil && f.conf.Changes == IgnoreChanges:
		if r.Receipt.Warning == "" {
			r.Receipt.Warning = "AX has the order in this state or another, which was left as it is"
		}
		return r
	case r.Err == nil:
		return failed(op, erpbridge.Invalid, fmt.Errorf("AX booked the order as %s. Several states of it were put down, and nobody can tell by file which of them that is: compare the order by hand and discard this dead letter", r.Receipt.Ref))
	case errors.As(r.Err, &known) && known.Code != duplicateMessage:
		said := *known
		said.Err = fmt.Errorf("%w. Several states of the order were put down, and this may have been said of another: look in AX whether it has the order", known.Err)
		return erpbridge.Result{Err: &said}
	}
	return r
}
