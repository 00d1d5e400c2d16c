package outbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func TestRecordTwiceChangesNothing(t *testing.T) {
	s := open(t)
	for range 3 {
		record(t, s, an{order: "1", state: "a", docs: 3})
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	// In one batch, too.
	d := an{order: "2", state: "a"}.decision()
	if err := s.Record(t.Context(), []erpbridge.Decision{d, d}); err != nil {
		t.Fatal(err)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2})
}

func TestSameStateUnderAnotherMessageIDIsIgnored(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"}, an{order: "1", state: "a", id: "told again by another topic"})
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 1, Ignored: 1})
	if es := claimOne(t, s); len(es) != 1 {
		t.Errorf("%d documents, want 1", len(es))
	}
}

func TestSameMessageIDWithOtherContentIsAnEventOfItsOwn(t *testing.T) {
	s := open(t)
	a, b := an{order: "1", state: "a", id: "x"}.decision(), an{order: "2", state: "b", id: "x"}.decision()
	if err := s.Record(t.Context(), []erpbridge.Decision{a, b}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []erpbridge.Decision{a, b} { // redelivered, alone
		if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
			t.Fatal(err)
		}
	}
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2})
}

func TestVerdicts(t *testing.T) {
	s := open(t)
	for i, tt := range []struct {
		verdict erpbridge.Verdict
		kind    erpbridge.Kind
	}{
		{erpbridge.Hold, erpbridge.Held},
		{erpbridge.Bury, erpbridge.Invalid},
		{erpbridge.Ignore, erpbridge.Ignored},
	} {
		d := an{order: fmt.Sprint(i), state: "a"}.decision()
		d.Verdict, d.Documents = tt.verdict, nil
		d.Cause = &erpbridge.Error{Kind: tt.kind, Err: errors.New("because \x00 of this")}
		d.Message.Body = []byte("\x00 not even text \xff")
		for range 2 {
			if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantLedger(t, s, Ledger{Accepted: 3, Held: 1, Dead: 1, Ignored: 1})
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 || ds[0].CauseKind != "invalid" {
		t.Fatalf("dead letters: %+v, %v", ds, err)
	}
	detail, err := s.DeadLetter(t.Context(), ds[0].ID)
	if err != nil || string(detail.Message.Body) != "\x00 not even text \xff" {
		t.Errorf("raw bytes not kept: %q, %v", detail.Message.Body, err)
	}
	ns, err := s.DueNotices(t.Context(), 10)
	if err != nil || len(ns) != 2 {
		t.Errorf("%d notices, want one for the dead and one for the held: %v", len(ns), err)
	}
}

func TestReceiveThenRecordOnce(t *testing.T) {
	s := open(t)
	d := an{order: "1", state: "a"}.decision()
	for range 2 {
		if err := s.Receive(t.Context(), d.Message); err != nil {
			t.Fatal(err)
		}
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	// The same message may also have reached the broker: whoever decides first counts.
	record(t, s, an{order: "1", state: "a"})
	if us, err := s.ClaimUndigested(t.Context(), 10, time.Minute); err != nil || len(us) != 0 {
		t.Errorf("still undigested: %v, %v", us, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
}

func TestUndigestedIsClaimedOnceAndCountsTries(t *testing.T) {
	s := open(t)
	for i := range 3 {
		m := an{order: fmt.Sprint(i), state: "a"}.decision().Message
		m.Header = map[string][]string{"X-Kept": {"yes"}}
		if err := s.Receive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.ClaimUndigested(t.Context(), 10, 0)
	if err != nil || len(first) != 3 {
		t.Fatalf("%d claimed: %v", len(first), err)
	}
	if first[0].Message.Header.Get("X-Kept") != "yes" || first[0].Tries != 1 {
		t.Errorf("claimed %+v", first[0])
	}
	again, err := s.ClaimUndigested(t.Context(), 10, time.Minute)
	if err != nil || len(again) != 1 || again[0].Tries != 2 {
		t.Errorf("begun before, so alone: %d, %v", len(again), err)
	}
}

func TestResumeHeldOnlyUnderAnotherMapping(t *testing.T) {
	s := open(t)
	d := an{order: "1", state: "a"}.decision()
	d.Verdict, d.Cause = erpbridge.Hold, &erpbridge.Error{Kind: erpbridge.Held, Err: errors.New("no item")}
	docs := d.Documents
	d.Documents = nil
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.ResumeHeld(t.Context(), "m1"); err != nil || n != 0 {
		t.Errorf("resumed %d under the same mapping, %v", n, err)
	}
	if n, err := s.ResumeHeld(t.Context(), "m2"); err != nil || n != 1 {
		t.Fatalf("resumed %d, %v", n, err)
	}
	us, err := s.ClaimUndigested(t.Context(), 1, time.Minute)
	if err != nil || len(us) != 1 {
		t.Fatal(us, err)
	}
	d.Message, d.Verdict, d.Cause, d.Documents, d.Mapping = us[0].Message, erpbridge.Accept, nil, docs, "m2"
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
}

func TestNewerStateSupersedesUndelivered(t *testing.T) {
	s := open(t)
	record(t, s,
		an{order: "1", state: "a", docs: 3},
		an{order: "1", state: "c", at: 2 * time.Minute, docs: 3},
		an{order: "1", state: "b", at: time.Minute, docs: 3}, // late and stale
		an{order: "2", state: "a"},
	)
	wantLedger(t, s, Ledger{Accepted: 4, Superseded: 2, Pending: 2})
	for range 2 {
		es := claimOne(t, s)
		if es[0].Order == "#1" && string(es[0].Body) != "<Kind1 order='1' state='c'/>" {
			t.Errorf("went out: %s", es[0].Body)
		}
		settleAll(t, s, es, Verdict{State: Delivered})
	}
	wantLedger(t, s, Ledger{Accepted: 4, Superseded: 2, Delivered: 2})
	// Later than its successor's delivery: still not sent.
	record(t, s, an{order: "1", state: "late", at: time.Second})
	wantLedger(t, s, Ledger{Accepted: 5, Superseded: 3, Delivered: 2})
}

func TestUnderWayIsNotSuperseded(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	es := claimOne(t, s)
	record(t, s, an{order: "1", state: "b", at: time.Minute})
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2})
	if groups := claim(t, s, 10); len(groups) != 0 {
		t.Fatalf("claimed beside its predecessor: %+v", groups)
	}
	settleAll(t, s, es, Verdict{State: Delivered})
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 2})
}

// Many writers record events of the same orders, in batches that share messages
// and streams, at once. Nothing deadlocks, nothing is lost or doubled, and every
// stream's numbers are in use once.
func TestRecordAtOnce(t *testing.T) {
	s := open(t)
	const orders, states, writers = 5, 6, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1)) // #nosec G404 -- a test
			var ds []erpbridge.Decision
			for o := range orders {
				for i := range states {
					ds = append(ds, an{order: fmt.Sprint(o), state: fmt.Sprint(i), at: time.Duration(i) * time.Second, docs: 2}.decision())
				}
			}
			rnd.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
			for len(ds) > 0 {
				n := min(len(ds), 1+rnd.IntN(7))
				if err := s.Record(t.Context(), ds[:n]); err != nil {
					t.Errorf("record: %v", err)
					return
				}
				ds = ds[n:]
			}
		})
	}
	wg.Wait()
	wantLedger(t, s, Ledger{Accepted: orders * states, Pending: orders, Superseded: orders * (states - 1)})
	var twice int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from (select from outbox group by target, stream, seq having count(distinct event_id) > 1) x`).Scan(&twice); err != nil || twice != 0 {
		t.Errorf("%d places in a stream are taken twice (%v)", twice, err)
	}
}

// All orders of arrival of four states, one of them told twice, one of another
// instant's same second: the ERP ends with the newest, and never goes back.
func TestNewestWinsInEveryOrderOfArrival(t *testing.T) {
	states := []an{
		{order: "1", state: "placed"},
		{order: "1", state: "paid", at: time.Second, rank: 1},
		{order: "1", state: "changed", at: time.Second, rank: 2},
		{order: "1", state: "cancelled", at: 2 * time.Second, rank: 3},
	}
	for n, order := range permutations(len(states)) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			s := open(t)
			var effects []string
			deliver := func() {
				for _, g := range claim(t, s, 10) {
					effects = append(effects, string(g[0].Version.Digest))
					settleAll(t, s, g, Verdict{State: Delivered})
				}
			}
			for i, at := range order {
				a := states[at]
				record(t, s, a)
				a.id = "again"
				record(t, s, a)
				if n>>i&1 == 1 { // sometimes the ERP has it before the next one comes
					deliver()
				}
			}
			deliver()
			deliver()
			newest := states[3].decision().Documents[0].Version.Digest
			if len(effects) == 0 || effects[len(effects)-1] != newest {
				t.Fatalf("effects %v", effects)
			}
			rank := map[string]int{}
			for i, a := range states {
				rank[a.decision().Documents[0].Version.Digest] = i
			}
			for i := 1; i < len(effects); i++ {
				if rank[effects[i-1]] >= rank[effects[i]] {
					t.Errorf("effects %v", effects)
				}
			}
			if l := ledger(t, s); l.Pending != 0 || l.Delivered != int64(len(effects)) {
				t.Errorf("%+v after %d effects", l, len(effects))
			}
		})
	}
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

// What Postgres will never have is said to be the message's fault, and not Postgres'.
func TestWhatPostgresWillNotHave(t *testing.T) {
	s := open(t)
	var long strings.Builder // for an index, also when it is compressed
	for range 1000 {
		fmt.Fprintf(&long, "%016x", rand.Uint64())
	}
	for name, spoil := range map[string]func(d *erpbridge.Decision){
		"a key with U+0000":         func(d *erpbridge.Decision) { d.Documents[0].Key += "\x00" },
		"a record that is no UTF-8": func(d *erpbridge.Decision) { d.Documents[0].Record += "\xff" },
		"a key that is too long":    func(d *erpbridge.Decision) { d.Documents[0].Key = long.String() },
		"a state of no calendar":    func(d *erpbridge.Decision) { d.Documents[0].Version.At = time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		d := an{order: name, state: "a"}.decision()
		spoil(&d)
		if err := s.Record(t.Context(), []erpbridge.Decision{d}); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		d = an{order: name, state: "a"}.decision()
		d.Verdict, d.Documents, d.Cause = erpbridge.Bury, nil, kind(erpbridge.Invalid, 0)
		if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
			t.Errorf("%s: it cannot be buried: %v", name, err)
		}
	}
	s.Close()
	if err := s.Record(t.Context(), []erpbridge.Decision{an{order: "1", state: "a"}.decision()}); err == nil || erpbridge.KindOf(err) == erpbridge.Invalid {
		t.Errorf("Postgres away: %v", err)
	}
}

// A disk that is full for an hour is no reason to bury what waits.
func TestGivenBackIsNoTry(t *testing.T) {
	s := open(t)
	for _, order := range []string{"1", "2"} {
		if err := s.Receive(t.Context(), message(order)); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		us, err := s.ClaimUndigested(t.Context(), 10, time.Minute)
		if err != nil || len(us) != 2 {
			t.Fatalf("%v, %v", us, err)
		}
		for _, u := range us {
			if u.Tries != 1 {
				t.Errorf("begun on %d times", u.Tries)
			}
			if err := s.GiveBack(t.Context(), u.Message); err != nil {
				t.Fatal(err)
			}
		}
		if us, err := s.ClaimUndigested(t.Context(), 10, time.Minute); err != nil || len(us) != 0 {
			t.Fatalf("nobody waited: %v, %v", us, err)
		}
		execute(t, s, `update inbox set digest_after = now()`)
	}
}
