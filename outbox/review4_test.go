package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// about makes the documents of a decision be about one resource and record.
func about(a an, resource string) erpbridge.Decision {
	d := a.decision()
	d.Resource, d.Version = resource, d.Documents[0].Version
	for i := range d.Documents {
		d.Documents[i].Resource, d.Documents[i].Record = resource, resource
	}
	return d
}

// both is one message that tells of two things, as a shop that lists an order's refunds
// within the order does.
func both(a, b erpbridge.Decision) erpbridge.Decision {
	a.Documents = append(slices.Clone(a.Documents), b.Documents...)
	return a
}

// What is unchanged in a message is each of its things at its own time: a refund that
// stands as it stood is not dated by its order, or its next change would count as stale.
func TestUnchangedDatesEachThingByItself(t *testing.T) {
	s := open(t)
	order := func(id string, at time.Duration) erpbridge.Decision {
		return about(an{order: "1", state: "a", id: id, at: at}, "order/1")
	}
	refund := func(state string, at time.Duration) erpbridge.Decision {
		return about(an{order: "1", state: state, id: "r" + state, at: at}, "refund/7")
	}
	recordAll(t, s, both(order("1", 0), refund("r1", 0)))
	if got := sent(t, s); len(got) != 2 {
		t.Fatalf("sent %v", got)
	}
	recordAll(t, s, both(order("2", 2*time.Hour), refund("r1", time.Minute))) // nothing new
	if got := sent(t, s); len(got) != 0 {
		t.Fatalf("sent what is unchanged: %v", got)
	}
	recordAll(t, s, refund("r2", time.Hour)) // newer than the refund, older than the order
	if got := sent(t, s); len(got) != 1 || got[0] != body("1", "r2") {
		t.Errorf("sent %v, want the refund's new state", got)
	}
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 2, Ignored: 1})
}

// An older state that was replayed by force over a newer one is what the ERP has; the
// newer content, told again, is news.
func TestUnchangedAfterForcedReplayIsNews(t *testing.T) {
	s := open(t)
	recordAll(t, s, an{order: "1", state: "a", id: "1"}.decision())
	dead := claimOne(t, s)
	settleAll(t, s, dead, Verdict{State: Dead, Cause: kind(erpbridge.Invalid, 0)})
	// The newer state overtakes it, as it does after a dead letter is set aside: here by
	// hand, since a dead document parks its stream.
	recordAll(t, s, an{order: "1", state: "b", id: "2", at: time.Minute}.decision())
	if _, err := s.pool.Exec(t.Context(), `update outbox set state = 'delivered', settled_at = now() where state = 'pending'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), `update inbox set state = 'delivered' where message_id = '2'`); err != nil {
		t.Fatal(err)
	}
	letters, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), letters[0].ID, Replay{Actor: "x", Force: true}); err != nil {
		t.Fatal(err)
	}
	if got := sent(t, s); len(got) != 1 || got[0] != body("1", "a") {
		t.Fatalf("sent %v, want the older state by force", got)
	}
	recordAll(t, s, an{order: "1", state: "b", id: "3", at: 2 * time.Minute}.decision())
	if got := sent(t, s); len(got) != 1 || got[0] != body("1", "b") {
		t.Errorf("sent %v, want b again", got)
	}
}

// What was given up in doubt may be in the ERP: the state before it, told again, is news.
func TestUnchangedAfterDiscardedDoubtIsNews(t *testing.T) {
	s := open(t)
	recordAll(t, s, an{order: "1", state: "a", id: "1"}.decision())
	if got := sent(t, s); len(got) != 1 {
		t.Fatal(got)
	}
	recordAll(t, s, an{order: "1", state: "b", id: "2", at: time.Minute}.decision())
	settleAll(t, s, claimOne(t, s), Verdict{State: Dead, Cause: kind(erpbridge.InDoubt, 0)})
	letters, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(letters) != 1 {
		t.Fatal(letters, err)
	}
	if err := s.DiscardDeadLetter(t.Context(), letters[0].ID, "x", "booked by hand"); err != nil {
		t.Fatal(err)
	}
	recordAll(t, s, an{order: "1", state: "a", id: "3", at: 2 * time.Minute}.decision())
	if got := sent(t, s); len(got) != 1 || got[0] != body("1", "a") {
		t.Errorf("sent %v, want a again", got)
	}
}

// A newer time that was skipped, told once more under another topic, is skipped again.
func TestUnchangedToldTwice(t *testing.T) {
	s := open(t)
	recordAll(t, s, an{order: "1", state: "a", id: "1"}.decision())
	if got := sent(t, s); len(got) != 1 {
		t.Fatal(got)
	}
	for _, id := range []string{"2", "3"} {
		recordAll(t, s, an{order: "1", state: "a", id: id, at: time.Minute}.decision())
	}
	if got := sent(t, s); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 1, Ignored: 2})
}

// Of two targets one has the state and the other has not: both get the new one, each once,
// and what waited for the second is superseded there alone.
func TestUnchangedAtOneTargetOnly(t *testing.T) {
	s := open(t)
	two := func(a an) erpbridge.Decision {
		d := a.decision()
		other := d.Documents[0]
		other.Target = "other"
		d.Documents = append(d.Documents, other)
		return d
	}
	recordAll(t, s, two(an{order: "1", state: "a", id: "1"}))
	d := plenty(1)
	d.Target = "other"
	requests, err := s.Claim(t.Context(), d)
	if err != nil || len(requests) != 1 {
		t.Fatal(requests, err)
	}
	settleAll(t, s, requests[0].Entries, Verdict{State: Dead, Cause: kind(erpbridge.Invalid, 0)})
	if got := sent(t, s); len(got) != 1 {
		t.Fatal(got)
	}
	recordAll(t, s, two(an{order: "1", state: "a", id: "2", at: time.Minute}))
	if got := sent(t, s); len(got) != 1 {
		t.Errorf("sent to erp: %v", got)
	}
	letters, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(letters) != 1 || letters[0].Waiting != 1 {
		t.Fatalf("%+v, %v", letters, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), letters[0].ID, Replay{Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	// Both states have the same content; the older one goes nowhere any more, or goes first.
	for n := 0; n < 3; n++ {
		requests, err := s.Claim(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			settleAll(t, s, r.Entries, Verdict{State: Delivered})
		}
	}
	if l := ledger(t, s); l.Pending != 0 || l.Dead != 0 || l.Accepted != 2 {
		t.Errorf("%+v", l)
	}
}

// A newer, unchanged state is recorded while the one before is being sent: the worker's
// verdict counts, and a late one from between stays stale.
func TestUnchangedWhileBeingSent(t *testing.T) {
	for _, state := range []State{Delivered, InDoubt, Dead, Pending} {
		t.Run(string(state), func(t *testing.T) {
			s := open(t)
			recordAll(t, s, an{order: "1", state: "a", id: "1"}.decision())
			es := claimOne(t, s)
			recordAll(t, s, an{order: "1", state: "a", id: "3", at: 2 * time.Minute}.decision())
			recordAll(t, s, an{order: "1", state: "b", id: "2", at: time.Minute}.decision())
			v := Verdict{State: state, At: time.Now()}
			if state != Delivered {
				v.Cause = kind(erpbridge.Transient, 0)
			}
			settleAll(t, s, es, v)
			want := Ledger{Accepted: 3, Superseded: 1, Ignored: 1}
			switch state {
			case Delivered:
				want.Delivered = 1
			case InDoubt:
				want.Pending, want.InDoubt = 1, 1
			case Pending:
				want.Pending = 1
			case Dead:
				want.Dead = 1
			}
			wantLedger(t, s, want)
		})
	}
}

// Daemons of the version before resources run beside new ones while they are upgraded:
// their documents supersede, and are superseded, as before.
func TestOlderDaemonsDocumentsSupersede(t *testing.T) {
	for _, first := range []string{"old", "new"} {
		s := open(t)
		old, niu := "", "order/1"
		if first == "new" {
			old, niu = niu, old
		}
		a, b := about(an{order: "1", state: "a", id: "1"}, old), about(an{order: "1", state: "b", id: "2", at: time.Minute}, niu)
		for _, d := range []*erpbridge.Decision{&a, &b} {
			d.Documents[0].Record = "Kind1/1"
		}
		recordAll(t, s, a)
		recordAll(t, s, b)
		if got := sent(t, s); len(got) != 1 || got[0] != body("1", "b") {
			t.Errorf("%s first: sent %v, want b alone", first, got)
		}
		// An older one that comes late is stale, whoever writes it.
		late := about(an{order: "1", state: "c", id: "3", at: time.Second}, old)
		late.Documents[0].Record = "Kind1/1"
		recordAll(t, s, late)
		if got := sent(t, s); len(got) != 0 {
			t.Errorf("%s first: sent a late state: %v", first, got)
		}
	}
}

// A state dated in the future that was buried does not make the shop's present ones known.
func TestBuriedStateOfTheFutureHidesNothing(t *testing.T) {
	s := open(t)
	m := an{order: "1", state: "x", id: "1"}.decision().Message
	future := erpbridge.Version{At: time.Now().AddDate(70, 0, 0).Truncate(time.Microsecond), Digest: "x"}
	recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Bury, Cause: kind(erpbridge.Invalid, 0), Resource: "order/1", Version: future})
	now := erpbridge.Version{At: time.Now(), Digest: "y"}
	as, err := s.KnownStates(t.Context(), "shop", []ResourceState{{"order/1", now}, {"order/1", future}})
	if err != nil || as[0].Known || !as[0].Over.IsZero() || !as[1].Known {
		t.Errorf("%+v, %v, want the present one unknown and the buried one known", as, err)
	}
}

// Nobody fetches for a store that was taken out of the configuration: the pipeline gets
// what waits, once it is sure that no other daemon does.
func TestReleasePointing(t *testing.T) {
	s := open(t)
	for _, store := range []string{"gone", "shop"} {
		m := an{order: "1", state: "a"}.decision().Message
		m.Store = store
		recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Defer})
	}
	if n, err := s.ReleasePointing(t.Context(), []string{"shop"}, time.Minute); err != nil || n != 0 {
		t.Fatalf("released %d, %v before its time", n, err)
	}
	if n, err := s.ReleasePointing(t.Context(), []string{"shop"}, 0); err != nil || n != 1 {
		t.Fatalf("released %d, %v, want 1", n, err)
	}
	us, err := s.ClaimUndigested(t.Context(), 10, time.Minute)
	if err != nil || len(us) != 1 || us[0].Message.Store != "gone" {
		t.Fatalf("for the pipeline: %+v, %v", us, err)
	}
	if n, err := s.ReleasePointing(t.Context(), nil, 0); err != nil || n != 1 {
		t.Errorf("without any store: released %d, %v", n, err)
	}
	wantLedger(t, s, Ledger{Accepted: 2, Pending: 2})
}

// An operator sees how much waits to be fetched, and why.
func TestStatusShowsWhatWaitsToBeFetched(t *testing.T) {
	s := open(t)
	for _, id := range []string{"1", "2", "3"} {
		recordAll(t, s, erpbridge.Decision{Message: an{order: id, state: "a"}.decision().Message, Verdict: erpbridge.Defer})
	}
	us, err := s.ClaimPointing(t.Context(), "shop", 2, time.Minute)
	if err != nil || len(us) != 2 {
		t.Fatal(us, err)
	}
	for _, u := range us {
		if err := s.Postpone(t.Context(), u.Message, time.Minute, &erpbridge.Error{Kind: erpbridge.Refused, Code: "401", Err: context.Canceled}); err != nil {
			t.Fatal(err)
		}
	}
	st, err := s.ReadStatus(t.Context())
	if err != nil || len(st.Fetching) != 1 {
		t.Fatalf("%+v, %v", st.Fetching, err)
	}
	if b := st.Fetching[0]; b.Store != "shop" || b.Messages != 3 || b.Failed != 2 || !strings.HasPrefix(b.Cause, "401") || b.Oldest <= 0 {
		t.Errorf("%+v", b)
	}
}

// A dead letter of a message that was fetched comes with what was fetched, so that it can
// be rendered again; one that could not be is fetched again when it is replayed; a held
// one that is tried again is asked for anew, because it may have been mended in the shop.
func TestPointingThroughTheOperatorsHands(t *testing.T) {
	s := open(t)
	m := an{order: "1", state: "a"}.decision().Message
	point := func() Undigested {
		t.Helper()
		us, err := s.ClaimPointing(t.Context(), "shop", 10, time.Minute)
		if err != nil || len(us) != 1 {
			t.Fatalf("to fetch: %+v, %v", us, err)
		}
		return us[0]
	}
	letter := func() int64 {
		t.Helper()
		letters, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
		if err != nil || len(letters) != 1 {
			t.Fatal(letters, err)
		}
		return letters[0].ID
	}
	bury := erpbridge.Decision{Message: m, Verdict: erpbridge.Bury, Cause: kind(erpbridge.Invalid, 0)}

	recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Defer})
	point()
	recordAll(t, s, bury) // given up
	wantLedger(t, s, Ledger{Accepted: 1, Dead: 1})
	// Another daemon's answer comes too late, and changes nothing.
	if err := s.Fetched(t.Context(), m, []byte("late")); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplayDeadLetter(t.Context(), letter(), Replay{Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	if u := point(); u.Tries != 1 || u.Message.Fetched != nil {
		t.Errorf("replayed: %+v", u)
	}
	if err := s.Fetched(t.Context(), m, []byte("one")); err != nil {
		t.Fatal(err)
	}
	recordAll(t, s, bury) // what was fetched cannot be understood
	d, err := s.DeadLetter(t.Context(), letter())
	if err != nil || string(d.Message.Fetched) != "one" {
		t.Errorf("the dead letter has %q, %v", d.Message.Fetched, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), letter(), Replay{Actor: "x"}); err != nil {
		t.Fatal(err)
	}
	recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Hold, Cause: kind(erpbridge.Held, 0), Mapping: "m1"})
	held, err := s.HeldEvents(t.Context(), "", "", 10)
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	if err := s.RetryHeld(t.Context(), held[0].Event, "x", ""); err != nil {
		t.Fatal(err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	point()
	if err := s.Fetched(t.Context(), m, []byte("two")); err != nil {
		t.Fatal(err)
	}
	us, err := s.ClaimUndigested(t.Context(), 10, time.Minute)
	if err != nil || len(us) != 1 || string(us[0].Message.Fetched) != "two" {
		t.Errorf("tried again: %+v, %v", us, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
}

// Once told, a find that the inbox has under no name of its own is not told each round;
// and nothing is called lost while webhooks wait for what they point to.
func TestFindsAreNotLostTwice(t *testing.T) {
	s := open(t)
	pace := PollPace{Every: time.Millisecond, Initial: time.Hour, Hold: time.Minute}
	f := PollFound{Type: "orders/updated", ID: "poll:1", Event: erpbridge.OrderChanged, Resource: "order/1", Version: erpbridge.Version{At: time.Now().Add(-time.Hour), Digest: "a"}}
	alerts := 0
	round := func() (waiting int) {
		t.Helper()
		var r PollRound
		for wait := time.Millisecond; wait > 0; {
			var err error
			if r, wait, err = s.TakePoll(t.Context(), "shop", pace); err != nil {
				t.Fatal(err)
			}
		}
		m := erpbridge.Message{Store: "shop", Type: f.Type, ID: f.ID, Via: erpbridge.ViaPoll, Body: []byte("{}"), ReceivedAt: time.Now()}
		// It tells of an order and of a refund; the inbox names the refund.
		recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Ignore, Cause: kind(erpbridge.Ignored, 0), Resource: "refund/7", Version: f.Version})
		if err := s.KeepPoll(t.Context(), r, PollProgress{Listed: 1, Found: []PollFound{f}}); err != nil {
			t.Fatal(err)
		}
		if err := s.EndPoll(t.Context(), r, PollOutcome{Complete: true, Again: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		waiting, _, err := s.SettleFound(t.Context(), "shop", 0, func([]PollFound) string { alerts++; return "lost" })
		if err != nil {
			t.Fatal(err)
		}
		return waiting
	}
	deferred := erpbridge.Decision{Message: an{order: "2", state: "a"}.decision().Message, Verdict: erpbridge.Defer}
	recordAll(t, s, deferred)
	if waiting := round(); waiting != 1 || alerts != 0 {
		t.Errorf("while a webhook waits to be fetched: %d wait, %d alerts", waiting, alerts)
	}
	if err := s.Fetched(t.Context(), deferred.Message, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		round()
	}
	if alerts != 1 {
		t.Errorf("%d alerts, want 1", alerts)
	}
}

// Whatever comes in whatever order, twice and at once, while documents fail, are in doubt
// and are looked up: in the end the ERP has the content of the newest state of each order.
func TestUnchangedModel(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(4, 4))
	const orders, states = 40, 8
	newest := map[string]string{} // by order
	var all []erpbridge.Decision
	for o := range orders {
		order := fmt.Sprint(o)
		for i := range states {
			content := string(rune('a' + r.IntN(2)))
			newest[order] = content
			for copy := range 1 + r.IntN(2) {
				all = append(all, an{order: order, state: content, id: fmt.Sprint(order, "/", i, "/", copy), at: time.Duration(i) * time.Minute}.decision())
			}
		}
	}
	// Nearly in order, as webhooks come.
	for i := range all {
		j := min(len(all)-1, i+r.IntN(6))
		all[i], all[j] = all[j], all[i]
	}

	var mu sync.Mutex
	had := map[string]string{} // what the ERP has, by stream
	arrived := map[int64]bool{}
	attempt := func(e Entry) Verdict {
		mu.Lock()
		defer mu.Unlock()
		v := Verdict{Entry: e, State: Delivered}
		dice := r.IntN(10)
		switch {
		case e.Doubtful && !arrived[e.ID], !e.Doubtful && dice == 0:
			v.State, v.Cause, v.Spared = Pending, kind(erpbridge.Transient, 0), true
			return v
		case !e.Doubtful && dice == 1:
			v.State, v.Cause = InDoubt, kind(erpbridge.InDoubt, 0)
			return v
		case !e.Doubtful && dice == 2:
			v.State, v.Cause = InDoubt, kind(erpbridge.InDoubt, 0)
		}
		if !arrived[e.ID] {
			arrived[e.ID], had[e.Stream] = true, string(e.Body)
		}
		return v
	}

	recorded := make(chan struct{})
	var recorders, workers sync.WaitGroup
	for w := range 2 {
		recorders.Go(func() {
			for i := w * 3; i < len(all); i += 6 {
				if err := s.Record(t.Context(), all[i:min(i+3, len(all))]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		workers.Go(func() {
			for idle := 0; idle < 3; {
				requests, err := s.Claim(t.Context(), plenty(4))
				if err != nil {
					t.Error(err)
					return
				}
				if len(requests) == 0 {
					select {
					case <-recorded:
						idle++
					default:
					}
				}
				for _, q := range requests {
					var vs []Verdict
					for _, e := range q.Entries {
						vs = append(vs, attempt(e))
					}
					if late, err := s.Settle(t.Context(), vs); err != nil || late != 0 {
						t.Errorf("late %d, %v", late, err)
					}
				}
			}
		})
	}
	recorders.Wait()
	close(recorded)
	workers.Wait()
	for len(sentBy(t, s, attempt)) > 0 { // what was put back at the very end
	}
	for order, content := range newest {
		if got := had["shop/order/"+order]; got != body(order, content) {
			t.Errorf("order %s: the ERP has %s, the newest is %s", order, got, content)
		}
	}
	l := ledger(t, s)
	if l.Pending != 0 || l.Accepted != int64(len(all)) || l.Ignored == 0 || l.Superseded == 0 {
		t.Errorf("%+v of %d", l, len(all))
	}
}

// sentBy works on everything that is due, once.
func sentBy(t *testing.T, s *Store, attempt func(Entry) Verdict) [][]Entry {
	t.Helper()
	groups := claim(t, s, 10)
	for _, es := range groups {
		var vs []Verdict
		for _, e := range es {
			vs = append(vs, attempt(e))
		}
		if late, err := s.Settle(t.Context(), vs); err != nil || late != 0 {
			t.Fatalf("late %d, %v", late, err)
		}
	}
	return groups
}

// Each change of the mapping tries again what is held. What is held for the same reason
// as before is not told again; for another reason, or to who asked for it, it is.
func TestHeldAgainIsToldOnce(t *testing.T) {
	s := open(t)
	m := an{order: "1", state: "a"}.decision().Message
	hold := func(why, mapping string) {
		recordAll(t, s, erpbridge.Decision{Message: m, Verdict: erpbridge.Hold, Mapping: mapping, Cause: &erpbridge.Error{Kind: erpbridge.Held, Err: errors.New(why)}})
	}
	told := func() (n int) {
		if err := s.pool.QueryRow(t.Context(), `select count(*) from alert where kind = 'held'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	hold("no item for TEE", "m1")
	for i, step := range []struct {
		why  string
		want int
	}{{"no item for TEE", 1}, {"no item for TEE", 1}, {"no item for MUG", 2}, {"no item for TEE", 3}} {
		mapping := fmt.Sprint("m", i+2)
		if n, err := s.ResumeHeld(t.Context(), mapping); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		hold(step.why, mapping)
		if got := told(); got != step.want {
			t.Errorf("step %d: told %d times, want %d", i, got, step.want)
		}
	}
	held, err := s.HeldEvents(t.Context(), "", "", 1)
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	if err := s.RetryHeld(t.Context(), held[0].Event, "x", ""); err != nil {
		t.Fatal(err)
	}
	hold("no item for TEE", "m5")
	if got := told(); got != 4 {
		t.Errorf("tried again by hand: told %d times, want 4", got)
	}
}

// To find what waits, Postgres does not read all that was ever accepted.
func TestClaimingReadsWhatWaits(t *testing.T) {
	s := open(t)
	for _, q := range []string{
		`insert into inbox (store, type, message_id, via, content_type, header, body, body_sha256, received_at, state)
		 select 'shop', 'x', 'd' || g, 'webhook', '', '{}', 'b', 'c', now(), 'delivered' from generate_series(1, 20000) g`,
		`insert into inbox (store, type, message_id, via, content_type, header, body, body_sha256, received_at, state, undigested, points)
		 select 'shop', 'x', 'p' || g, 'webhook', '', '{}', 'b', 'c', now(), 'pending', true, true from generate_series(1, 2000) g`,
		`analyze inbox`,
	} {
		if _, err := s.pool.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (n int64) {
		t.Helper()
		tx, err := s.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
		var plan string
		rows, err := tx.Query(t.Context(), `explain (analyze, timing off, costs off) `+due(`points and store = 'shop'`), 4)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
			if m := regexp.MustCompile(`Removed by Filter: ([0-9]+)`).FindStringSubmatch(line); m != nil {
				n, err = strconv.ParseInt(m[1], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		t.Log(plan)
		return n
	}
	if n := read(); n > 2000 {
		t.Errorf("%d rows were read for nothing", n)
	}
	us, err := s.ClaimPointing(t.Context(), "shop", 4, time.Minute)
	if err != nil || len(us) != 4 || us[0].Message.ID != "p1" || us[3].Message.ID != "p4" {
		t.Errorf("claimed %+v, %v", us, err)
	}
}
