package outbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// taken is the verdict of an ERP that stored a document under its key.
func taken(e Entry) Verdict {
	return Verdict{Entry: e, State: Accepted, Stored: true, At: e.Now, Receipt: erpbridge.Receipt{Ref: "ref " + e.Key, Accepted: true}}
}

func settle1(t *testing.T, s *Store, vs ...Verdict) {
	t.Helper()
	if late, err := s.Settle(t.Context(), vs); err != nil || late != 0 {
		t.Fatalf("settle: late %d, err %v", late, err)
	}
}

// accept lets the ERP take what is claimed next, and returns its entries.
func accept(t *testing.T, s *Store) []Entry {
	t.Helper()
	es := claimOne(t, s)
	var vs []Verdict
	for _, e := range es {
		vs = append(vs, taken(e))
	}
	settle1(t, s, vs...)
	return es
}

// asks claims what is due to be asked about.
func asks(t *testing.T, s *Store, n int) []Entry {
	t.Helper()
	d := plenty(1)
	d.Batch.Events = n
	rs, err := s.ClaimAccepted(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var es []Entry
	for _, r := range rs {
		es = append(es, r.Entries...)
	}
	return es
}

// say has the ERP say something of its own accord, which is weighed at once.
func say(t *testing.T, s *Store, ref string, r erpbridge.Result) {
	t.Helper()
	hand(t, s, ref, r)
	if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
		t.Fatal(err)
	}
}

func hand(t *testing.T, s *Store, ref string, r erpbridge.Result) {
	t.Helper()
	m := erpbridge.Message{Body: []byte(fmt.Sprint(ref, r.Receipt, r.Err))}
	if err := s.Acknowledged(t.Context(), "erp", m, []erpbridge.Acknowledgement{{Ref: ref, Result: r}}); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, s *Store, sql string) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func column(t *testing.T, s *Store, sql string) string {
	t.Helper()
	var v *string
	if err := s.pool.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return ""
	}
	return *v
}

func TestAcceptedHoldsBackItsStreamAlone(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"}, an{order: "1", state: "b", at: time.Minute}, an{order: "2", state: "a"})
	if n := column(t, s, `select count(*)::text from outbox where state = 'superseded'`); n != "1" {
		t.Fatalf("%s superseded", n)
	}
	execute(t, s, `update outbox set next_at = next_at`)
	es := accept(t, s) // order 1, state b
	record(t, s, an{order: "1", state: "c", at: 2 * time.Minute})
	wantLedger(t, s, Ledger{Accepted: 4, Superseded: 1, Pending: 3, Unconfirmed: 1})
	if got := column(t, s, `select state from stream where name = 'shop/order/1'`); got != "waiting" {
		t.Errorf("the stream is %s", got)
	}
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered}) // order 2 goes on
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Fatalf("went past a document that is not booked: %+v", groups)
	}
	st, err := s.ReadStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Targets["erp"]; got.Unconfirmed != 1 || got.Pending != 2 || got.WaitingBehind != 1 || got.UnconfirmedSince == nil || !near(*got.UnconfirmedSince, es[0].Now) || !got.Balanced {
		t.Errorf("status %+v", got)
	}

	asked := asks(t, s, 10)
	if len(asked) != 1 || asked[0].Key != es[0].Key || asked[0].Taken.Ref != "ref "+es[0].Key || asked[0].Attempt != 1 || string(asked[0].Body) != string(es[0].Body) ||
		!near(asked[0].Taken.At, es[0].Now) || asked[0].Order != "#1" {
		t.Fatalf("asked about %+v", asked)
	}
	if again := asks(t, s, 10); len(again) != 0 {
		t.Errorf("asked about twice at once: %+v", again)
	}
	settle1(t, s, Verdict{Entry: asked[0], State: Delivered, Receipt: erpbridge.Receipt{Ref: "SO 4711", Raw: []byte("<status>53</status>")}})
	if got := column(t, s, `select receipt_ref || ' ' || encode(receipt_raw, 'escape') from outbox where state = 'delivered' and stream like '%/1'`); got != "SO 4711 <status>53</status>" {
		t.Errorf("receipt %q", got)
	}
	next := claimOne(t, s)
	if next[0].Version.Digest != "c-0123456789abcdef" || next[0].Attempt != 1 {
		t.Errorf("then %+v", next[0])
	}
	settleAll(t, s, next, Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 4, Superseded: 1, Delivered: 3})
	if got := column(t, s, `select string_agg(action || ' ' || kind, ', ' order by document_id, number) from attempt`); got != "deliver accepted, deliver delivered, deliver delivered" {
		t.Errorf("attempts: %s", got)
	}
}

// What was told again while the ERP has it is nothing new.
func TestUnchangedWhileAccepted(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	accept(t, s)
	record(t, s, an{order: "1", state: "a", at: time.Minute, id: "again"})
	wantLedger(t, s, Ledger{Accepted: 2, Ignored: 1, Pending: 1, Unconfirmed: 1})
}

// The process dies between the ERP's acceptance and the COMMIT, and then while it asks.
func TestAcceptanceSurvivesTheProcess(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	claimOne(t, s) // the ERP took it, and nobody wrote that down
	expire(t, s)
	es := claimOne(t, s)
	if !es[0].Doubtful {
		t.Fatalf("%+v", es[0])
	}
	found := erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "0815", Accepted: true}}
	v := confirmPolicy.Judge(es[0], found, es[0].Now)
	v.At = es[0].Now
	settle1(t, s, v)
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1, Unconfirmed: 1})

	zombie := asks(t, s, 1)
	if len(zombie) != 1 {
		t.Fatal("nothing is asked about")
	}
	execute(t, s, `update outbox set next_at = now() - interval '1 ms'`) // the lease is over
	heir := asks(t, s, 1)
	if len(heir) != 1 || heir[0].Taken.Ref != "0815" {
		t.Fatalf("the heir asks about %+v", heir)
	}
	if late, err := s.Settle(t.Context(), []Verdict{{Entry: zombie[0], State: Dead, Cause: rejected}}); err != nil || late != 1 {
		t.Errorf("the zombie: late %d, %v", late, err)
	}
	if left, err := s.Held(t.Context(), Request{Slot: newSlot(), Entries: zombie, Confirm: true}); err != nil || left != 0 {
		t.Errorf("the zombie holds it for %s, %v", left, err)
	}
	settle1(t, s, confirmPolicy.Judge(heir[0], erpbridge.Result{Receipt: erpbridge.Receipt{}}, heir[0].Now))
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
	if got := column(t, s, `select receipt_ref from outbox`); got != "0815" {
		t.Errorf("receipt %q", got)
	}
	if late, err := s.Settle(t.Context(), []Verdict{{Entry: zombie[0], State: Dead, Cause: rejected}}); err != nil || late != 1 {
		t.Errorf("the zombie after that: late %d, %v", late, err)
	}
}

func TestTwoDaemonsAskAboutEachOnce(t *testing.T) {
	s := open(t)
	record(t, s, orders(40)...)
	for range 40 {
		accept(t, s)
	}
	other, err := Open(t.Context(), Config{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[int64]int{}
	for _, d := range []*Store{s, other, s, other} {
		wg.Go(func() {
			demand := plenty(1)
			demand.Batch.Events = 7
			for {
				rs, err := d.ClaimAccepted(t.Context(), demand)
				if err != nil || len(rs) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				for _, e := range rs[0].Entries {
					seen[e.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("document %d was asked about %d times", id, n)
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d of 40 were asked about", len(seen))
	}
}

// To ask is a request: it needs a permission, and nobody asks a target that is paused or
// rests.
func TestAskingKeepsTheLimits(t *testing.T) {
	s := open(t)
	record(t, s, orders(3)...)
	for range 2 {
		accept(t, s)
	}
	execute(t, s, `delete from slot`)
	d := plenty(2)
	d.Limits.Concurrency = 1
	rs, err := s.ClaimAccepted(t.Context(), d)
	if err != nil || len(rs) != 1 || !rs[0].Confirm {
		t.Fatalf("%d requests, %v", len(rs), err)
	}
	if more, err := s.Claim(t.Context(), d); err != nil || len(more) != 0 {
		t.Errorf("%d deliveries beside the one request there may be, %v", len(more), err)
	}
	if left, err := s.Held(t.Context(), rs[0]); err != nil || left < 30*time.Second {
		t.Errorf("held for %s, %v", left, err)
	}
	if err := s.PauseTarget(t.Context(), "erp", Pause{Actor: "ada", Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Held(t.Context(), rs[0]); err != nil || left != 0 {
		t.Errorf("held for %s although it is paused, %v", left, err)
	}
	if err := s.Conclude(t.Context(), Conclusion{Target: "erp", Slot: rs[0].Slot, Limits: d.Limits, Outcome: NothingMet}); err != nil {
		t.Fatal(err)
	}
	if rs, err := s.ClaimAccepted(t.Context(), d); err != nil || len(rs) != 0 {
		t.Errorf("%d requests to a paused target, %v", len(rs), err)
	}
	if err := s.ResumeTarget(t.Context(), "erp", "ada", ""); err != nil {
		t.Fatal(err)
	}
	if rs, err := s.ClaimAccepted(t.Context(), d); err != nil || len(rs) != 1 {
		t.Errorf("%d requests after the pause, %v", len(rs), err)
	}
}

// overdueOne is a document whose deadline is over, as a dead letter with a change behind it.
func overdueOne(t *testing.T, s *Store) (DeadLetter, string) {
	t.Helper()
	record(t, s, an{order: "1", state: "a"})
	es := accept(t, s)
	record(t, s, an{order: "1", state: "b", at: time.Minute})
	execute(t, s, `update outbox set accepted_at = accepted_at - interval '25 hours', confirm_since = confirm_since - interval '25 hours', asked = 99 where state = 'accepted'`)
	asked := asks(t, s, 1)
	v := confirmPolicy.Judge(asked[0], erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true, Warning: "status 64"}}, asked[0].Now)
	settle1(t, s, v)
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatalf("dead letters %+v, %v", ds, err)
	}
	return ds[0], "ref " + es[0].Key
}

func TestOverdueIsADeadLetter(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	if d.CauseCode != "NOT-CONFIRMED" || d.CauseKind != "in-doubt" || !strings.Contains(d.Cause, "status 64") || !strings.Contains(d.Cause, ref) ||
		d.Ref != ref || d.AcceptedAt == nil || d.Waiting != 1 {
		t.Errorf("dead letter %+v", d)
	}
	if got := notice(t, s); len(got) != 1 || got[0] != "unconfirmed" {
		t.Errorf("notices %v", got)
	}
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Errorf("went past it: %+v", groups)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Dead: 1, Pending: 1})
}

// An IDoc that failed is mended in SAP days later, and then it is booked.
func TestLateConfirmationSettlesTheDeadLetter(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	say(t, s, ref, erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "SO 4711", Warning: "with a note"}})
	detail, err := s.DeadLetter(t.Context(), d.ID)
	if err != nil || detail.State != "settled" || detail.ClosedBy != "erpbridge" || detail.ClosedAt == nil {
		t.Errorf("dead letter %+v, %v", detail.DeadLetter, err)
	}
	if got := column(t, s, `select actor || ' ' || action || ' ' || object from audit`); got != fmt.Sprintf("erpbridge settled dead letter %d", d.ID) {
		t.Errorf("audit: %s", got)
	}
	if got := column(t, s, `select receipt_ref || ', ' || warning || ', ' || cause from outbox where state = 'delivered'`); got != "SO 4711, with a note, " {
		t.Errorf("document: %s", got)
	}
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 2})
}

func TestConfirmationBeforeTheAcceptance(t *testing.T) {
	for _, tt := range []struct {
		name   string
		weigh  bool // before the acceptance is written down
		old    bool // it came long before
		result erpbridge.Result
		want   Ledger
	}{
		{"booked", false, false, erpbridge.Result{}, Ledger{Accepted: 1, Delivered: 1}},
		{"booked, weighed too early", true, false, erpbridge.Result{}, Ledger{Accepted: 1, Delivered: 1}},
		{"booked, given up on as unknown", true, true, erpbridge.Result{}, Ledger{Accepted: 1, Delivered: 1}},
		{"thrown out, weighed too early", true, false, erpbridge.Result{Err: rejected}, Ledger{Accepted: 1, Dead: 1}},
		{"not yet", true, true, erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true, Warning: "status 64"}}, Ledger{Accepted: 1, Pending: 1, Unconfirmed: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			record(t, s, an{order: "1", state: "a"})
			es := claimOne(t, s)
			hand(t, s, "ref "+es[0].Key, tt.result)
			if tt.old {
				execute(t, s, `update confirmation set at = at - interval '1 hour'`)
			}
			if tt.weigh {
				if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != 0 {
					t.Fatalf("%d applied, %v", n, err)
				}
			}
			if want := map[bool]string{true: "unknown", false: "new"}[tt.old]; column(t, s, `select state from confirmation`) != want {
				t.Errorf("the confirmation is %s, want %s", column(t, s, `select state from confirmation`), want)
			}
			settle1(t, s, taken(es[0]))
			if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
				t.Fatal(err)
			}
			wantLedger(t, s, tt.want)
			if got := column(t, s, `select state || (document_id is not null) from confirmation`); got != "appliedtrue" {
				t.Errorf("the confirmation is %s", got)
			}
			if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != 0 {
				t.Errorf("applied %d once more, %v", n, err)
			}
		})
	}
}

func TestWordsAboutOneDocument(t *testing.T) {
	bookedR, thrownR := erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "1"}}, erpbridge.Result{Err: rejected}
	still := erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true, Warning: "status 64"}}
	for _, tt := range []struct {
		name    string
		results []erpbridge.Result
		want    Ledger
		alerts  string
		letters string
	}{
		{"booked", []erpbridge.Result{bookedR}, Ledger{Accepted: 1, Delivered: 1}, "", ""},
		{"booked, told twice", []erpbridge.Result{bookedR, bookedR}, Ledger{Accepted: 1, Delivered: 1}, "", ""},
		{"on its way, then booked", []erpbridge.Result{still, bookedR, still}, Ledger{Accepted: 1, Delivered: 1}, "", ""},
		{"thrown out", []erpbridge.Result{thrownR, thrownR}, Ledger{Accepted: 1, Dead: 1}, "unconfirmed", "open USER_ERROR"},
		{"thrown out, mended and booked", []erpbridge.Result{thrownR, bookedR}, Ledger{Accepted: 1, Delivered: 1}, "unconfirmed", "settled USER_ERROR"},
		{"booked, then thrown out", []erpbridge.Result{bookedR, thrownR, thrownR}, Ledger{Accepted: 1, Delivered: 1}, "contradicted", ""},
		{"nothing that could be acted upon", []erpbridge.Result{{Err: kind(erpbridge.Missing, 0)}, {Err: kind(erpbridge.Transient, 0)}}, Ledger{Accepted: 1, Pending: 1, Unconfirmed: 1}, "", ""},
	} {
		for _, together := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", tt.name, together), func(t *testing.T) {
				s := open(t)
				record(t, s, an{order: "1", state: "a"})
				ref := "ref " + accept(t, s)[0].Key
				for _, r := range tt.results {
					if hand(t, s, ref, r); together {
						continue
					}
					if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
					t.Fatal(err)
				}
				wantLedger(t, s, tt.want)
				if got := column(t, s, `select string_agg(kind, ',' order by id) from alert`); got != tt.alerts {
					t.Errorf("alerts %q, want %q", got, tt.alerts)
				}
				if got := column(t, s, `select string_agg(state || ' ' || cause_code, ',') from dead_letter`); got != tt.letters {
					t.Errorf("dead letters %q, want %q", got, tt.letters)
				}
				if n := column(t, s, `select count(*)::text from confirmation where state <> 'applied'`); n != "0" {
					t.Errorf("%s confirmations are not weighed", n)
				}
			})
		}
	}
}

// The reason that comes after the deadline takes the place of "nobody knows".
func TestReasonAfterTheDeadline(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	say(t, s, ref, erpbridge.Result{Err: rejected})
	detail, err := s.DeadLetter(t.Context(), d.ID)
	if err != nil || detail.State != "open" || detail.CauseCode != "USER_ERROR" {
		t.Errorf("dead letter %+v, %v", detail.DeadLetter, err)
	}
}

func TestBookedAfterItWasGivenUp(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	if err := s.DiscardDeadLetter(t.Context(), d.ID, "ada", "entered by hand"); err != nil {
		t.Fatal(err)
	}
	say(t, s, ref, erpbridge.Result{})
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Discarded: 1, Delivered: 1})
	if got := told(t, s, "contradicted"); len(got) != 1 || !strings.Contains(got[0], "given up") {
		t.Errorf("told %q", got)
	}
}

// Confirmations about what nobody knows are kept, shown, and deleted when they are old.
func TestUnknownConfirmations(t *testing.T) {
	s := open(t)
	for _, ref := range []string{"nobody's", "", "0815"} {
		say(t, s, ref, erpbridge.Result{})
	}
	say(t, s, "0815", erpbridge.Result{}) // told twice
	unknown := func() int64 {
		st, err := s.ReadStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if erp, ok := st.Targets["erp"]; ok && !erp.Balanced {
			t.Error("not balanced")
		}
		return st.Targets["erp"].UnknownConfirmations
	}
	if n := column(t, s, `select count(*)::text from confirmation`); n != "3" || unknown() != 0 {
		t.Errorf("%s confirmations, %d unknown: their documents may still come", n, unknown())
	}
	execute(t, s, `update confirmation set at = at - interval '1 hour'`)
	if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
		t.Fatal(err)
	}
	if unknown() != 3 {
		t.Errorf("%d unknown", unknown())
	}
	execute(t, s, `update confirmation set at = at - interval '90 days'`)
	say(t, s, "another", erpbridge.Result{})
	if n := column(t, s, `select string_agg(ref, ',') from confirmation`); n != "another" {
		t.Errorf("left: %s", n)
	}
}

// An ERP that confirms what it was sent by others, too, keeps no word about ours waiting.
func TestUnknownConfirmationsKeepNoneBack(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	ours := accept(t, s)[0]
	var others []erpbridge.Acknowledgement
	for i := range 2000 {
		others = append(others, erpbridge.Acknowledgement{Ref: fmt.Sprint("another's ", i)})
	}
	if err := s.Acknowledged(t.Context(), "erp", erpbridge.Message{Body: []byte("others")}, others); err != nil {
		t.Fatal(err)
	}
	say(t, s, "ref "+ours.Key, erpbridge.Result{})
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
	execute(t, s, `update confirmation set at = at - interval '1 hour' where state = 'new'`)
	for range 4 {
		if _, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil {
			t.Fatal(err)
		}
	}
	if n := column(t, s, `select count(*)::text from confirmation where state = 'unknown'`); n != "2000" {
		t.Errorf("%s are unknown", n)
	}
}

// An ERP confirms each state of an order under the order's name. The word on the second
// state comes before its acceptance is written down, and is no second word on the first.
func TestWordOnALaterStateBeforeItsAcceptance(t *testing.T) {
	s := open(t)
	accept := func(e Entry) Verdict {
		v := taken(e)
		v.Receipt.Ref = "order 1"
		return v
	}
	record(t, s, an{order: "1", state: "a"})
	settle1(t, s, accept(claimOne(t, s)[0]))
	say(t, s, "order 1", erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "SO-1"}})
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
	record(t, s, an{order: "1", state: "b", id: "2", at: time.Minute})
	second := claimOne(t, s)[0]
	say(t, s, "order 1", erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "SO-1", Warning: "once more"}})
	settle1(t, s, accept(second))
	if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != 1 {
		t.Errorf("%d applied, %v", n, err)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 2})
}

// A message that the ERP takes once is confirmed once, and all its states with it.
func TestLastingWord(t *testing.T) {
	for _, lasting := range []bool{true, false} {
		t.Run(fmt.Sprint(lasting), func(t *testing.T) {
			s := open(t)
			accept := func(e Entry) Verdict {
				v := taken(e)
				v.Receipt.Ref = "message 1"
				return v
			}
			record(t, s, an{order: "1", state: "a"})
			settle1(t, s, accept(claimOne(t, s)[0]))
			word := erpbridge.Acknowledgement{Ref: "message 1", Result: erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "53"}}, Lasting: lasting}
			if err := s.Acknowledged(t.Context(), "erp", erpbridge.Message{Body: []byte("x")}, []erpbridge.Acknowledgement{word}); err != nil {
				t.Fatal(err)
			}
			if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != 1 {
				t.Fatalf("%d applied, %v", n, err)
			}
			record(t, s, an{order: "1", state: "b", id: "2", at: time.Minute})
			settle1(t, s, accept(claimOne(t, s)[0]))
			want := map[bool]int{true: 1, false: 0}[lasting]
			if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != want {
				t.Errorf("%d applied, want %d: %v", n, want, err)
			}
		})
	}
}

// What an attempt under way comes to is waited for before a word counts.
func TestWordWhileItIsSentAgain(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "ada", Force: true}); err != nil {
		t.Fatal(err)
	}
	es := claimOne(t, s)
	if !es[0].Doubtful {
		t.Fatalf("sent again without being looked up: %+v", es[0])
	}
	settle1(t, s, confirmPolicy.Judge(es[0], erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, es[0].Now))
	es = claimOne(t, s)
	say(t, s, ref, erpbridge.Result{})
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2})
	settle1(t, s, taken(es[0]))
	if n, err := s.ApplyConfirmations(t.Context(), "erp"); err != nil || n != 1 {
		t.Errorf("%d applied, %v", n, err)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 1, Pending: 1})

	// In doubt: a look-up is under way, and comes too late.
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 2})
}

func TestReplayOfWhatTheERPHas(t *testing.T) {
	s := open(t)
	d, ref := overdueOne(t, s)
	ctx := t.Context()
	doc := an{order: "1", state: "a"}.decision().Documents[0]
	if err := s.ReplayDeadLetter(ctx, d.ID, Replay{Actor: "ada", Documents: []erpbridge.Document{doc}}); !errors.Is(err, ErrTaken) {
		t.Fatalf("other bytes of what the ERP has: %v", err)
	}
	if err := s.ReplayDeadLetter(ctx, d.ID, Replay{Actor: "ada"}); err != nil {
		t.Fatal(err)
	}
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Fatalf("sent again: %+v", groups)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2, Unconfirmed: 1})
	asked := asks(t, s, 1)
	if len(asked) != 1 || asked[0].Taken.Ref != ref || asked[0].Taken.Asked != 0 || !near(asked[0].Taken.Since, asked[0].Now) || asked[0].Now.Sub(asked[0].Taken.At) < 24*time.Hour {
		t.Fatalf("asked about %+v", asked)
	}
	v := confirmPolicy.Judge(asked[0], erpbridge.Result{Err: rejected}, asked[0].Now)
	settle1(t, s, v)
	ds, err := s.DeadLetters(ctx, DeadLetterFilter{})
	if err != nil || len(ds) != 1 || ds[0].ID == d.ID || ds[0].CauseCode != "USER_ERROR" || ds[0].AcceptedAt == nil {
		t.Fatalf("dead letters %+v, %v", ds, err)
	}
	// Thrown out is not gone: it is mended there, and only by force sent again.
	if err := s.ReplayDeadLetter(ctx, ds[0].ID, Replay{Actor: "ada", Documents: []erpbridge.Document{doc}, Force: true}); err != nil {
		t.Fatal(err)
	}
	es := claimOne(t, s)
	if es[0].Doubtful || es[0].Tries() != 1 {
		t.Errorf("claimed %+v", es[0])
	}
	settle1(t, s, Verdict{Entry: es[0], State: Dead, Cause: rejected})
	ds, err = s.DeadLetters(ctx, DeadLetterFilter{})
	if err != nil || len(ds) != 1 || ds[0].AcceptedAt != nil || ds[0].Ref != "" {
		t.Errorf("not taken this time: %+v, %v", ds, err)
	}
	// That the first sending is booked after all counts even now.
	say(t, s, ref, erpbridge.Result{})
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 1, Pending: 1})
}

func TestSettleByAnOperator(t *testing.T) {
	s := open(t)
	d, _ := overdueOne(t, s)
	if err := s.SettleDeadLetter(t.Context(), d.ID, Settlement{Actor: "ada", Note: "seen in VA03", Ref: "SO 1"}); err != nil {
		t.Fatal(err)
	}
	if got := column(t, s, `select receipt_ref || ', ' || warning from outbox where state = 'delivered'`); got != "SO 1, by the word of ada: seen in VA03" {
		t.Errorf("document: %s", got)
	}
	if got := column(t, s, `select actor || ' ' || action || ' ' || detail from audit`); got != "ada settled seen in VA03" {
		t.Errorf("audit: %s", got)
	}
	if err := s.SettleDeadLetter(t.Context(), d.ID, Settlement{Actor: "bob", Note: "x"}); !errors.Is(err, ErrNotOpen) {
		t.Errorf("settled twice: %v", err)
	}
	settleAll(t, s, claimOne(t, s), Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 2, Delivered: 2})

	event := an{order: "9", state: "a"}.decision()
	event.Verdict, event.Documents, event.Cause = erpbridge.Bury, nil, rejected
	if err := s.Record(t.Context(), []erpbridge.Decision{event}); err != nil {
		t.Fatal(err)
	}
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatal(ds, err)
	}
	if err := s.SettleDeadLetter(t.Context(), ds[0].ID, Settlement{Actor: "ada", Note: "x"}); !errors.Is(err, ErrNoDocument) {
		t.Errorf("an event that never became a document: %v", err)
	}
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 2, Dead: 1})
}

// One document of an event is with the ERP, the other goes on, and nothing later does.
func TestEventThatIsPartlyAccepted(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a", docs: 2})
	es := claimOne(t, s)
	settle1(t, s, taken(es[0]), Verdict{Entry: es[1], State: Pending, At: es[1].Now, Spared: true, Cause: kind(erpbridge.Missing, 0)})
	record(t, s, an{order: "1", state: "b", at: time.Minute})
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2, Unconfirmed: 1})
	rest := claimOne(t, s)
	if len(rest) != 1 || rest[0].ID != es[1].ID || !rest[0].Behind {
		t.Fatalf("claimed %+v", rest)
	}
	// It is confirmed while the other one is with a worker.
	asked := asks(t, s, 5)
	settle1(t, s, Verdict{Entry: asked[0], State: Delivered})
	settleAll(t, s, rest, Verdict{State: Pending, At: rest[0].Now, Spared: true, Cause: kind(erpbridge.Missing, 0)})
	again := claimOne(t, s)
	if again[0].ID != es[1].ID || again[0].Behind {
		t.Fatalf("claimed %+v", again[0])
	}
	settleAll(t, s, again, Verdict{State: Dead, Cause: rejected})
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Errorf("went past it: %+v", groups)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Dead: 1, Pending: 1})
}

// The database's clock was ahead while a document was accepted, and is set right.
func TestAcceptedAfterTheClockWasMoved(t *testing.T) {
	for _, tt := range []struct {
		name, by string
		bring    func(c Clock) (int, error)
	}{
		{"years, mended", "10 years", func(c Clock) (int, error) { return c.Mend(t.Context()) }},
		{"an hour, woken", "1 hour", func(c Clock) (int, error) { return c.Wake(t.Context()) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			record(t, s, an{order: "1", state: "a"})
			accept(t, s)
			c := Clock{Store: s, Longest: time.Hour, Lease: time.Minute, Confirm: 24 * time.Hour, Log: zap.NewNop()}
			if n, err := c.Mend(t.Context()); err != nil || n != 0 {
				t.Fatalf("%d rows mended of a sound database, %v", n, err)
			}
			execute(t, s, `update outbox set next_at = next_at + interval '`+tt.by+`', accepted_at = accepted_at + interval '`+tt.by+`', confirm_since = confirm_since + interval '`+tt.by+`'`)
			if es := asks(t, s, 1); len(es) != 0 {
				t.Fatalf("asks about %+v", es)
			}
			if n, err := tt.bring(c); err != nil || n != 1 {
				t.Errorf("%d rows, %v", n, err)
			}
			es := asks(t, s, 1)
			if len(es) != 1 || es[0].Taken.At.After(es[0].Now) || es[0].Taken.Since.After(es[0].Now) {
				t.Errorf("asks about %+v", es)
			}
		})
	}
}

// A clock that was set forward makes nothing overdue that the ERP was hardly asked about.
func TestClockSetForwardMakesNothingOverdue(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	accept(t, s)
	execute(t, s, `update outbox set next_at = next_at - interval '30 hours', accepted_at = accepted_at - interval '30 hours', confirm_since = confirm_since - interval '30 hours'`)
	still := erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}}
	for n := 1; n <= fewest; n++ {
		es := asks(t, s, 1)
		v := confirmPolicy.Judge(es[0], still, es[0].Now)
		if want := map[bool]State{true: Dead, false: Accepted}[n == fewest]; v.State != want {
			t.Fatalf("asked %d times: %s", n, v.State)
		}
		v.At = es[0].Now
		settle1(t, s, v)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Dead: 1})
}
