package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A ledger is a store that refuses any call with a decision about refused, and one that
// accepts unfit.
type ledger struct {
	refused string
	unfit   string
	calls   [][]string
	stored  []erpbridge.Decision
}

func (l *ledger) Record(_ context.Context, ds []erpbridge.Decision) error {
	var ids []string
	for _, d := range ds {
		ids = append(ids, d.Message.ID)
	}
	l.calls = append(l.calls, ids)
	if slices.Contains(ids, l.refused) {
		return errors.New("not this one")
	}
	for _, d := range ds {
		if d.Message.ID == l.unfit && d.Verdict == erpbridge.Accept {
			return fmt.Errorf("recording: %w", &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("its key is too long")})
		}
	}
	l.stored = append(l.stored, ds...)
	return nil
}

// receiver records into l; normalized lists the messages the storefront saw.
func receiver(l *ledger, normalized *[]string) *Receiver {
	shop := normalize(func(m erpbridge.Message) ([]erpbridge.Event, error) {
		*normalized = append(*normalized, m.ID)
		return []erpbridge.Event{event(m.ID, "erp")}, nil
	})
	return &Receiver{
		Pipeline: &Pipeline{Stores: map[string]Normalizer{"shop": shop}, Targets: map[string]Translator{"erp": translate(renders)}, Mapping: "m1"},
		Store:    l, Log: zap.NewNop(),
	}
}

func message(id string) erpbridge.Message { return erpbridge.Message{ID: id, Store: "shop"} }

func TestReceive(t *testing.T) {
	for _, c := range []struct {
		name, refused string
		ids           []string
		calls         [][]string
		failed        []bool
	}{
		{"together", "", []string{"1", "2"}, [][]string{{"1", "2"}}, []bool{false, false}},
		{"one by one after a failure", "2", []string{"1", "2", "3"}, [][]string{{"1", "2", "3"}, {"1"}, {"2"}, {"3"}}, []bool{false, true, false}},
		{"one alone is not tried twice", "1", []string{"1"}, [][]string{{"1"}}, []bool{true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &ledger{refused: c.refused}
			var as []Arrival
			for _, id := range c.ids {
				as = append(as, Arrival{Message: message(id)})
			}
			var failed []bool
			for _, err := range receiver(l, &[]string{}).Receive(t.Context(), as) {
				failed = append(failed, err != nil)
			}
			if diff := cmp.Diff(c.failed, failed); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.calls, l.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the store will never take is in the dead-letter list, and not with the broker for
// ever.
func TestReceiveBuriesWhatCannotBeStored(t *testing.T) {
	for _, ids := range [][]string{{"2"}, {"1", "2", "3"}} {
		l := &ledger{unfit: "2"}
		var as []Arrival
		for _, id := range ids {
			as = append(as, Arrival{Message: message(id)})
		}
		for i, err := range receiver(l, &[]string{}).Receive(t.Context(), as) {
			if err != nil {
				t.Errorf("message %s: %v", ids[i], err)
			}
		}
		var accepted []string
		for _, d := range l.stored {
			switch {
			case d.Message.ID != "2":
				accepted = append(accepted, d.Message.ID)
			case d.Verdict != erpbridge.Bury || len(d.Documents) != 0 || d.Stream != "2" || !strings.Contains(d.Cause.Error(), "its key is too long"):
				t.Errorf("%+v", d)
			}
		}
		if len(l.stored) != len(ids) || len(accepted) != len(ids)-1 {
			t.Errorf("of %v stored: %d, accepted: %v", ids, len(l.stored), accepted)
		}
	}
}

func TestReceiveDoesNotGoOnAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &ledger{refused: "1"}
	errs := receiver(l, &[]string{}).Receive(ctx, []Arrival{{Message: message("1")}, {Message: message("2")}})
	if len(l.calls) != 1 || errs[0] == nil || errs[1] == nil {
		t.Errorf("calls %v, errors %v", l.calls, errs)
	}
}

func TestReceiveBuriesAProblem(t *testing.T) {
	l, seen := &ledger{}, []string{}
	problem := ofKind(erpbridge.Invalid)
	if errs := receiver(l, &seen).Receive(t.Context(), []Arrival{{Message: message("1"), Problem: problem}}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	d := l.stored[0]
	if d.Verdict != erpbridge.Bury || !errors.Is(d.Cause, problem) || d.Mapping != "m1" || len(seen) != 0 {
		t.Errorf("%s because %v under %q; parsed: %v", d.Verdict, d.Cause, d.Mapping, seen)
	}
}

// An inboxOf hands its batches out one per call, then nothing.
type inboxOf struct {
	batches     [][]Waiting
	resumed     []string
	resumeFails int
	// outdated are how many events each call finds; each gets the mappings of the call.
	outdated []int
	asked    [][]string
	back     []string
}

func (i *inboxOf) GiveBack(_ context.Context, m erpbridge.Message) error {
	i.back = append(i.back, m.ID)
	return nil
}

func (i *inboxOf) Next(context.Context, int) ([]Waiting, error) {
	if len(i.batches) == 0 {
		return nil, nil
	}
	b := i.batches[0]
	i.batches = i.batches[1:]
	return b, nil
}

func (i *inboxOf) ResumeOutdated(_ context.Context, present []string, n int) (int, error) {
	i.asked = append(i.asked, present)
	if len(i.outdated) == 0 {
		return 0, nil
	}
	found := i.outdated[0]
	i.outdated = i.outdated[1:]
	return min(found, n), nil
}

func (i *inboxOf) ResumeHeld(_ context.Context, present ...string) (int, error) {
	i.resumed = append(i.resumed, strings.Join(present, " "))
	if len(i.resumed) <= i.resumeFails {
		return 0, errors.New("away")
	}
	return 1, nil
}

// digest lets a digester work for ten of its ticks.
func digest(t *testing.T, in *inboxOf, r *Receiver) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- (&Digester{Inbox: in, Receiver: r, Log: zap.NewNop()}).Run(ctx) }()
		time.Sleep(10 * time.Second) // of the bubble's own clock
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestDigesterBuriesWhatBringsTheProcessDown(t *testing.T) {
	l, seen := &ledger{}, []string{}
	in := &inboxOf{batches: [][]Waiting{{{message("fifth"), 5}, {message("sixth"), 6}}, {{message("next"), 1}}}}
	digest(t, in, receiver(l, &seen))
	if diff := cmp.Diff([]string{"fifth", "next"}, seen); diff != "" {
		t.Errorf("parsed: %s", diff)
	}
	if diff := cmp.Diff([][]string{{"fifth"}, {"sixth"}, {"next"}}, l.calls); diff != "" {
		t.Errorf("recorded: %s", diff)
	}
	d := l.stored[1]
	var cause *erpbridge.Error
	if d.Verdict != erpbridge.Bury || !errors.As(d.Cause, &cause) || cause.Code != "CRASH-LOOP" {
		t.Errorf("%s because %v", d.Verdict, d.Cause)
	}
}

func TestDigesterResumesHeldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		fails int
		want  []string
	}{
		"at once":            {0, []string{"m1"}},
		"after two failures": {2, []string{"m1", "m1", "m1"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := &inboxOf{resumeFails: c.fails}
			digest(t, in, receiver(&ledger{}, &[]string{}))
			if diff := cmp.Diff(c.want, in.resumed); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDigesterGoesOnAfterAFailedRecord(t *testing.T) {
	l := &ledger{refused: "bad"}
	in := &inboxOf{batches: [][]Waiting{{{message("bad"), 1}}, {{message("good"), 1}}}}
	digest(t, in, receiver(l, &[]string{}))
	if len(l.stored) != 1 || l.stored[0].Message.ID != "good" {
		t.Errorf("stored: %v", l.calls)
	}
	if diff := cmp.Diff([]string{"bad"}, in.back); diff != "" { // it brought nothing down
		t.Errorf("given back: %s", diff)
	}
}
