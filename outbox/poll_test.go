package outbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

var pace = PollPace{Every: 15 * time.Minute, Initial: 24 * time.Hour, Hold: 2 * time.Minute}

// take takes the turn, which must be free.
func take(t *testing.T, s *Store) PollRound {
	t.Helper()
	r, wait, err := s.TakePoll(t.Context(), "shop", pace)
	if err != nil || wait != 0 {
		t.Fatalf("the turn cannot be taken: wait %s, %v", wait, err)
	}
	return r
}

// pass moves the times of all polls into the past: nothing waits for them.
func pass(t *testing.T, s *Store, span time.Duration) {
	t.Helper()
	for _, sql := range []string{
		`update poll set due_at = due_at - $1::interval, held_until = held_until - $1::interval, known_until = known_until - $1::interval,
		 began_at = began_at - $1::interval, failing_since = failing_since - $1::interval`,
		`update poll_found set round_at = round_at - $1::interval, found_at = found_at - $1::interval, version_at = version_at - $1::interval`,
		`update inbox set version_at = version_at - $1::interval`,
	} {
		if _, err := s.pool.Exec(t.Context(), sql, span); err != nil {
			t.Fatal(err)
		}
	}
}

func end(t *testing.T, s *Store, r PollRound, o PollOutcome) {
	t.Helper()
	if err := s.EndPoll(t.Context(), r, o); err != nil {
		t.Fatal(err)
	}
}

func pollState(t *testing.T, s *Store) PollState {
	t.Helper()
	ps, err := s.Polls(t.Context())
	if err != nil || len(ps) != 1 {
		t.Fatalf("%+v, %v", ps, err)
	}
	return ps[0]
}

// told returns the alerts of a kind.
func told(t *testing.T, s *Store, kind string) []string {
	t.Helper()
	q, err := s.pool.Query(t.Context(), `select store || ': ' || reason from alert where kind = $1 order by id`, kind)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	var all []string
	for q.Next() {
		var one string
		if err := q.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// near reports whether two times are the same but for what a test takes.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute }

func TestOneDaemonAtATimePolls(t *testing.T) {
	s := open(t)
	daemons := []*Store{s, again(t, s), again(t, s), again(t, s)}
	race := func() (winners []PollRound) {
		t.Helper()
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, d := range daemons {
			wg.Go(func() {
				r, wait, err := d.TakePoll(context.WithoutCancel(t.Context()), "shop", pace)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if wait == 0 {
					winners = append(winners, r)
				}
			})
		}
		wg.Wait()
		return winners
	}
	won := race()
	if len(won) != 1 {
		t.Fatalf("%d daemons have the turn", len(won))
	}
	r := won[0]
	if !near(r.KnownUntil, r.Began.Add(-24*time.Hour)) {
		t.Errorf("the first round begins at %s", r.KnownUntil)
	}
	if again := race(); len(again) != 0 {
		t.Errorf("%d more have the turn", len(again))
	}
	if _, wait, err := s.TakePoll(t.Context(), "shop", pace); err != nil || wait > 2*time.Minute || wait < time.Minute {
		t.Errorf("wait %s, %v", wait, err)
	}
	if _, wait, err := s.TakePoll(t.Context(), "another", pace); err != nil || wait != 0 {
		t.Errorf("another store waits %s, %v", wait, err)
	}

	// Its daemon went down: the turn ends by itself, and who comes back late is told.
	pass(t, s, 3*time.Minute)
	next := race()
	if len(next) != 1 {
		t.Fatalf("%d have the turn after it ended by itself", len(next))
	}
	for name, err := range map[string]error{
		"keep":          s.KeepPoll(t.Context(), r, PollProgress{Until: r.Began, Listed: 5}),
		"subscriptions": s.KeepSubscriptions(t.Context(), r, nil, "x", "y"),
		"end":           s.EndPoll(t.Context(), r, PollOutcome{Complete: true}),
	} {
		if !errors.Is(err, ErrPollLate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	end(t, s, next[0], PollOutcome{Complete: true, Again: 15 * time.Minute})
	if more := race(); len(more) != 0 {
		t.Error("it is due before its time")
	}
	pass(t, s, 15*time.Minute)
	if more := race(); len(more) != 1 {
		t.Errorf("%d have the turn when it is due", len(more))
	}
}

// The position follows what is safe, never backwards and never past our own clock.
func TestThePositionOfAPoll(t *testing.T) {
	s := open(t)
	r := take(t, s)
	at := func(d time.Duration) time.Time { return r.Began.Add(d) }
	for _, step := range []struct {
		name        string
		until, want time.Time
	}{
		{"nothing is said", time.Time{}, at(-24 * time.Hour)},
		{"forwards", at(-3 * time.Hour), at(-3 * time.Hour)},
		{"backwards", at(-5 * time.Hour), at(-3 * time.Hour)},
		{"nothing is said again", time.Time{}, at(-3 * time.Hour)},
		{"the future", at(48 * time.Hour), at(0)},
	} {
		if err := s.KeepPoll(t.Context(), r, PollProgress{Until: step.until, Listed: 10}); err != nil {
			t.Fatal(err)
		}
		st := pollState(t, s)
		if !near(*st.KnownUntil, step.want) {
			t.Errorf("%s: %s, want %s", step.name, st.KnownUntil, step.want)
		}
	}
	if st := pollState(t, s); !st.Running || st.Listed != 50 || st.CompleteAt != nil {
		t.Errorf("%+v", st)
	}

	pass(t, s, time.Hour)
	r = take(t, s)
	end(t, s, r, PollOutcome{Again: time.Minute, Cause: errors.New("half way")})
	st := pollState(t, s)
	if near(*st.KnownUntil, r.Began) || st.CompleteAt != nil || st.Running || st.Lag < 3000 || !near(*st.DueAt, r.Began.Add(time.Minute)) {
		t.Errorf("after half a round: %+v", st)
	}
	pass(t, s, time.Minute)
	r = take(t, s)
	if !r.Failing {
		t.Error("nobody says that the last round failed")
	}
	end(t, s, r, PollOutcome{Complete: true, Again: 15 * time.Minute})
	if st := pollState(t, s); !near(*st.KnownUntil, r.Began) || st.CompleteAt == nil || st.Lag > 60 || st.Error != "" || st.ErrorSince != nil {
		t.Errorf("after a whole round: %+v", st)
	}
	pass(t, s, 10*time.Minute)
	if _, wait, err := s.TakePoll(t.Context(), "shop", pace); err != nil || wait < 4*time.Minute || wait > 6*time.Minute {
		t.Errorf("wait %s, %v", wait, err)
	}
}

// Postgres' clock was years ahead for a while, and is set right.
func TestAPollAfterTheClockWasMoved(t *testing.T) {
	s := open(t)
	r := take(t, s)
	pass(t, s, -5*365*24*time.Hour)
	r = take(t, s) // its old turn would last for years
	if !near(r.KnownUntil, r.Began.Add(-24*time.Hour)) {
		t.Errorf("it begins at %s", r.KnownUntil)
	}
	end(t, s, r, PollOutcome{Complete: true, Again: 15 * time.Minute})
	pass(t, s, -5*365*24*time.Hour)
	r = take(t, s)
	if !near(r.KnownUntil, r.Began.Add(-24*time.Hour)) {
		t.Errorf("it begins at %s", r.KnownUntil)
	}
}

// An outage is told once: at once where only a person can help, else when it lasts.
func TestAFailingPollIsToldOnce(t *testing.T) {
	s := open(t)
	fail := func(grave bool, kind erpbridge.Kind) {
		t.Helper()
		end(t, s, take(t, s), PollOutcome{Again: time.Minute, Cause: &erpbridge.Error{Kind: kind, Err: errors.New("why")}, Alert: "shop cannot be polled: why", Grave: grave})
	}
	want := func(n int) {
		t.Helper()
		got := told(t, s, AlertPollFailing)
		if len(got) != n || slices.ContainsFunc(got, func(x string) bool { return x != "shop: shop cannot be polled: why" }) {
			t.Errorf("told %q, want %d", got, n)
		}
	}
	fail(false, erpbridge.Transient)
	want(0)
	pass(t, s, 30*time.Minute)
	fail(false, erpbridge.Transient)
	want(0)
	pass(t, s, 31*time.Minute)
	// A daemon that is stopped has learnt nothing about the shop.
	end(t, s, take(t, s), PollOutcome{Stopped: true})
	if st := pollState(t, s); st.Error != "why" || st.ErrorKind != "transient" || !near(*st.ErrorSince, st.EndedAt.Add(-61*time.Minute)) {
		t.Errorf("%+v", st)
	}
	fail(false, erpbridge.Transient)
	want(1)
	pass(t, s, time.Hour)
	fail(true, erpbridge.Refused)
	want(1)
	pass(t, s, time.Hour)
	end(t, s, take(t, s), PollOutcome{Complete: true, Again: time.Minute})
	pass(t, s, time.Hour)
	fail(true, erpbridge.Refused)
	want(2)
}

// A turn that is given back because a daemon stops is due at once.
func TestAStoppedPollIsDueAtOnce(t *testing.T) {
	s := open(t)
	end(t, s, take(t, s), PollOutcome{Stopped: true})
	take(t, s)
}

func TestSubscriptionsAreKept(t *testing.T) {
	s := open(t)
	r := take(t, s)
	subs := []erpbridge.Subscription{
		{ID: "7", Topic: "orders/create", Address: "https://erp.example.com/", State: erpbridge.Subscribed},
		{Topic: "orders/paid", State: erpbridge.Gone, Detail: "never\x00 there"},
	}
	if err := s.KeepSubscriptions(t.Context(), r, subs, "orders/paid missing", "shop no longer sends orders/paid"); err != nil {
		t.Fatal(err)
	}
	want := []PollSubscription{
		{ID: "7", Topic: "orders/create", Address: "https://erp.example.com/", State: "active"},
		{Topic: "orders/paid", State: "missing", Detail: "never\uFFFD there"},
	}
	st := pollState(t, s)
	if diff := cmp.Diff(want, st.Subscriptions); diff != "" || st.SubscriptionsAt == nil {
		t.Errorf("%s, at %v", diff, st.SubscriptionsAt)
	}
	end(t, s, r, PollOutcome{Complete: true})
	if r := take(t, s); r.Told != "orders/paid missing" {
		t.Errorf("told %q", r.Told)
	}
	if got := told(t, s, AlertSubscription); len(got) != 1 || got[0] != "shop: shop no longer sends orders/paid" {
		t.Errorf("alerts %q", got)
	}
}

// arrive puts a message about an order's state into the inbox.
func arrive(t *testing.T, s *Store, via erpbridge.Via, f PollFound) {
	t.Helper()
	d := an{order: "1", state: "a", id: string(via) + f.ID}.decision()
	d.Message.Via, d.Message.Type = via, f.Type
	if via == erpbridge.ViaPoll {
		d.Message.ID = f.ID
	}
	d.Verdict, d.Documents, d.Resource, d.Version = erpbridge.Ignore, nil, f.Resource, f.Version
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
}

// What webhooks bring after all is not lost, however late the pipeline gets to it; the
// rest is, and is told in one alert.
func TestWhatAPollFoundIsJudged(t *testing.T) {
	s := open(t)
	r := take(t, s)
	now := r.Began
	find := func(id string, age time.Duration) PollFound {
		return PollFound{
			Type: "orders/updated", ID: "poll:" + id, Event: erpbridge.OrderChanged, Resource: "order/" + id,
			Version: erpbridge.Version{At: now.Add(-age).Truncate(time.Microsecond), Digest: "d" + id},
		}
	}
	never, same, newer, young := find("1", time.Hour), find("2", time.Hour), find("3", 2*time.Hour), find("4", time.Second)
	all := []PollFound{never, same, newer, young}
	for range 2 { // found again by the next round, as nobody has got to it yet
		if err := s.KeepPoll(t.Context(), r, PollProgress{Found: all}); err != nil {
			t.Fatal(err)
		}
	}
	if st := pollState(t, s); st.Found != 4 || st.FoundTotal != 4 || st.Waiting != 4 {
		t.Errorf("%+v", st)
	}
	var wordy [][]PollFound
	settle := func() (int, []PollFound) {
		t.Helper()
		waiting, lost, err := s.SettleFound(t.Context(), "shop", 5*time.Minute, func(lost []PollFound) string {
			wordy = append(wordy, lost)
			return "lost some"
		})
		if err != nil {
			t.Fatal(err)
		}
		return waiting, lost
	}
	if waiting, lost := settle(); waiting != 4 || len(lost) != 0 {
		t.Errorf("before the pipeline got to it: %d wait, lost %v", waiting, lost)
	}
	arrive(t, s, erpbridge.ViaWebhook, same)
	later := newer
	later.Version = erpbridge.Version{At: newer.Version.At.Add(time.Second), Digest: "another"}
	arrive(t, s, erpbridge.ViaWebhook, later)
	older := never
	older.Version = erpbridge.Version{At: never.Version.At.Add(-time.Second), Digest: "another"}
	arrive(t, s, erpbridge.ViaWebhook, older)
	for _, f := range all {
		arrive(t, s, erpbridge.ViaPoll, f)
	}
	if waiting, lost := settle(); waiting != 4 || len(lost) != 0 {
		t.Errorf("while one may be under way: %d wait, lost %v", waiting, lost)
	}
	pass(t, s, 6*time.Minute)
	waiting, lost := settle()
	ids := func(fs []PollFound) (list []string) {
		for _, f := range fs {
			list = append(list, f.ID)
		}
		return list
	}
	if diff := cmp.Diff([]string{"poll:1", "poll:4"}, ids(lost)); diff != "" || waiting != 0 {
		t.Errorf("lost (-want +got):\n%s; %d wait", diff, waiting)
	}
	if got := told(t, s, AlertEventsLost); len(got) != 1 || got[0] != "shop: lost some" || len(wordy) != 1 {
		t.Errorf("alerts %q, worded %d times", got, len(wordy))
	}
	if st := pollState(t, s); st.Lost != 2 || st.LostTotal != 2 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	if waiting, lost := settle(); waiting != 0 || len(lost) != 0 {
		t.Errorf("judged twice: %d, %v", waiting, lost)
	}

	// Rounds that follow each other fast, and find something each time, do not put off
	// what earlier ones found.
	end(t, s, r, PollOutcome{Complete: true})
	r = take(t, s)
	if err := s.KeepPoll(t.Context(), r, PollProgress{Found: []PollFound{find("5", time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	arrive(t, s, erpbridge.ViaPoll, find("5", time.Hour))
	end(t, s, r, PollOutcome{Complete: true})
	pass(t, s, 6*time.Minute)
	if err := s.KeepPoll(t.Context(), take(t, s), PollProgress{Found: []PollFound{find("6", 0)}}); err != nil {
		t.Fatal(err)
	}
	if waiting, lost := settle(); waiting != 1 || len(lost) != 1 || lost[0].ID != "poll:5" {
		t.Errorf("%d wait, lost %v", waiting, lost)
	}
}

// Somebody purged the queue: what was found never arrives, and is judged all the same.
func TestWhatNeverArrivesIsJudged(t *testing.T) {
	s := open(t)
	r := take(t, s)
	f := PollFound{Type: "x", ID: "1", Resource: "order/1", Event: erpbridge.OrderPaid, Version: erpbridge.Version{At: r.Began.Add(-time.Hour), Digest: "a"}}
	if err := s.KeepPoll(t.Context(), r, PollProgress{Found: []PollFound{f}}); err != nil {
		t.Fatal(err)
	}
	quiet := func([]PollFound) string { return "" }
	if waiting, _, err := s.SettleFound(t.Context(), "shop", 0, quiet); waiting != 1 || err != nil {
		t.Errorf("%d wait, %v", waiting, err)
	}
	pass(t, s, time.Hour)
	if waiting, lost, err := s.SettleFound(t.Context(), "shop", 0, quiet); waiting != 0 || len(lost) != 1 || err != nil {
		t.Errorf("%d wait, lost %v, %v", waiting, lost, err)
	}
	if got := told(t, s, AlertEventsLost); len(got) != 0 {
		t.Errorf("told %q against its word", got)
	}
	if _, _, err := s.SettleFound(t.Context(), "no such store", 0, quiet); err != nil {
		t.Error(err)
	}
}

func TestAudit(t *testing.T) {
	s := open(t)
	if err := s.Audit(t.Context(), "me@here", "backfilled", "store shop", "since yesterday"); err != nil {
		t.Fatal(err)
	}
	var line string
	if err := s.pool.QueryRow(t.Context(), `select concat_ws(' ', actor, action, object, detail) from audit`).Scan(&line); err != nil || !strings.Contains(line, "me@here backfilled store shop since yesterday") {
		t.Errorf("%q, %v", line, err)
	}
}
