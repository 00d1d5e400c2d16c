package outbox

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

var rejected = &erpbridge.Error{Kind: erpbridge.Invalid, Code: "USER_ERROR", Err: errors.New("Please enter value(s) for: Item")}

// bury lets the head event of order 1 die and returns its dead letter.
func bury(t *testing.T, s *Store) DeadLetter {
	t.Helper()
	settleAll(t, s, claimOne(t, s), Verdict{State: Dead, Cause: rejected})
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatalf("dead letters %+v, %v", ds, err)
	}
	return ds[0]
}

func TestDeadHeadParksItsStream(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	record(t, s, an{order: "1", state: "b", at: time.Minute}, an{order: "2", state: "a"})
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered}) // order 2 goes on
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Fatalf("went past a dead head: %+v", groups)
	}
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 1, Dead: 1, Pending: 1})
	if d.Order != "#1" || d.Kind != "Kind1" || d.CauseCode != "USER_ERROR" || d.Attempts != 1 || d.Cause != "USER_ERROR: Please enter value(s) for: Item" {
		t.Errorf("dead letter %+v", d)
	}
	ns, err := s.DueNotices(t.Context(), 10)
	if err != nil || len(ns) != 1 || ns[0].DeadLetter != d.ID || ns[0].Order != "#1" {
		t.Errorf("notices %+v, %v", ns, err)
	}

	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "ada", Note: "item mapped"}); err != nil {
		t.Fatal(err)
	}
	es := claimOne(t, s)
	if es[0].Key != d.Key || es[0].Tries() != 1 || es[0].Attempt != 2 {
		t.Errorf("replayed with %+v: want the same key and fresh tries", es[0])
	}
	settleAll(t, s, es, Verdict{State: Delivered})
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 3})

	detail, err := s.DeadLetter(t.Context(), d.ID)
	if err != nil || detail.State != "replayed" || detail.ClosedBy != "ada" || len(detail.Attempts) != 2 {
		t.Errorf("detail %+v, %v", detail.DeadLetter, err)
	}
}

func TestReplayWithOtherBytesUnderTheSameKey(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	doc := an{order: "1", state: "a"}.decision().Documents[0]
	doc.Body = []byte("<repaired/>")
	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "ada", Documents: []erpbridge.Document{doc}, Mapping: "m2"}); err != nil {
		t.Fatal(err)
	}
	es := claimOne(t, s)
	if string(es[0].Body) != "<repaired/>" || es[0].Key != d.Key || es[0].Mapping != "m2" {
		t.Errorf("replayed %+v", es[0])
	}
	settleAll(t, s, es, Verdict{State: Dead, Cause: rejected})
	d = func() DeadLetter {
		ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
		if err != nil || len(ds) != 1 {
			t.Fatalf("died again, so a new dead letter: %+v, %v", ds, err)
		}
		return ds[0]
	}()
	doc.Key = "another"
	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "ada", Documents: []erpbridge.Document{doc}}); err == nil {
		t.Error("a rendering under other keys replaced nothing and was taken")
	}
	wantLedger(t, s, Ledger{Accepted: 1, Dead: 1})
}

func TestDiscard(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	record(t, s, an{order: "1", state: "b", at: time.Minute})
	if err := s.DiscardDeadLetter(t.Context(), d.ID, "ada", "a test order"); err != nil {
		t.Fatal(err)
	}
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Discarded: 1, Delivered: 1})
	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{}); !errors.Is(err, ErrNotOpen) {
		t.Errorf("replaying a discarded one: %v", err)
	}
}

func TestEventDeadLetterGoesBackToThePipeline(t *testing.T) {
	s := open(t)
	d := an{order: "1", state: "a"}.decision()
	docs := d.Documents
	d.Verdict, d.Documents, d.Cause = erpbridge.Bury, nil, rejected
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{Store: "shop"})
	if err != nil || len(ds) != 1 {
		t.Fatal(ds, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), ds[0].ID, Replay{Actor: "ada"}); err != nil {
		t.Fatal(err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	us, err := s.ClaimUndigested(t.Context(), 1, time.Minute)
	if err != nil || len(us) != 1 {
		t.Fatal(us, err)
	}
	d.Message, d.Verdict, d.Documents, d.Cause = us[0].Message, erpbridge.Accept, docs, nil
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
}

func TestTwoOperatorsOneReplay(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	var done, refused atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "x"}); {
			case err == nil:
				done.Add(1)
			case errors.Is(err, ErrNotOpen):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if done.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d replayed, %d refused; want 1 and 7", done.Load(), refused.Load())
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	if err := s.DiscardDeadLetter(t.Context(), d.ID, "ada", "x"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`update audit set actor = 'eve'`, `delete from audit`, `truncate audit`} {
		if _, err := s.pool.Exec(t.Context(), q); err == nil {
			t.Errorf("%s went through", q)
		}
	}
}

func TestNoticesAreLeasedAndComeBack(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	bury(t, s)
	ns, err := s.DueNotices(t.Context(), 10)
	if err != nil || len(ns) != 1 {
		t.Fatal(ns, err)
	}
	if again, err := s.DueNotices(t.Context(), 10); err != nil || len(again) != 0 {
		t.Errorf("a second mailer got it too: %v, %v", again, err)
	}
	if err := s.NoticesFailed(t.Context(), []int64{ns[0].ID}, "421 busy", 0, false); err != nil {
		t.Fatal(err)
	}
	ns, err = s.DueNotices(t.Context(), 10)
	if err != nil || len(ns) != 1 || ns[0].Attempts != 2 {
		t.Fatalf("failed, so due again: %+v, %v", ns, err)
	}
	if err := s.NoticesSent(t.Context(), []int64{ns[0].ID}); err != nil {
		t.Fatal(err)
	}
	st, err := s.ReadStatus(t.Context())
	if err != nil || st.UnsentAlerts != 0 || st.OpenDeadLetters != 1 {
		t.Errorf("status %+v, %v", st, err)
	}
}

// A mail of which nobody knows whether it was sent is repeated as it was.
func TestNoticesOfOneMailStayTogether(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	tell := func(reasons ...string) {
		t.Helper()
		for _, r := range reasons {
			if err := s.Alert(ctx, "broker-blocked", r); err != nil {
				t.Fatal(err)
			}
		}
	}
	due := func() (ids []int64, mail string) {
		t.Helper()
		ns, err := s.DueNotices(ctx, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range ns {
			ids, mail = append(ids, n.ID), n.Mail
		}
		return ids, mail
	}
	tell("a", "b")
	first, _ := due()
	if err := s.NoticesMailing(ctx, first, "mail-1"); err != nil || len(first) != 2 {
		t.Fatalf("%v, %v", first, err)
	}
	tell("c") // and the daemon goes down
	if _, err := s.pool.Exec(ctx, `update alert set next_at = now()`); err != nil {
		t.Fatal(err)
	}
	if again, mail := due(); !slices.Equal(again, first) || mail != "mail-1" {
		t.Errorf("%v in mail %q, want %v as they were", again, mail, first)
	}
	if rest, mail := due(); len(rest) != 1 || mail != "" {
		t.Errorf("then %v in mail %q", rest, mail)
	}
	// A mail that surely was not sent is none: what came since may join it.
	if err := s.NoticesFailed(ctx, first, "connection refused", 0, false); err != nil {
		t.Fatal(err)
	}
	tell("d")
	if all, mail := due(); len(all) != 3 || mail != "" {
		t.Errorf("%v in mail %q", all, mail)
	}
}
