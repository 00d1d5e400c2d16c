package outbox

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// A message has its number in the inbox from the moment it is there, and goes to the ERP
// when it is decided about: which of two states of one instant came to the ERP last is not
// to be read off the inbox. A state that has a rival of its instant is asked for again,
// whichever of them is there first.
func TestKnownStatesOfOneInstant(t *testing.T) {
	one, two := an{order: "1", state: "one", id: "1"}, an{order: "1", state: "two", id: "2"}
	for name, arrive := range map[string]func(t *testing.T, s *Store){
		"the older one first": func(t *testing.T, s *Store) {
			recordAll(t, s, stateOf(one))
			recordAll(t, s, stateOf(two))
		},
		"the older one waited in the inbox": func(t *testing.T, s *Store) {
			receive(t, s, one)
			recordAll(t, s, stateOf(two))
			recordAll(t, s, stateOf(one))
		},
		"the newer one waited in the inbox": func(t *testing.T, s *Store) {
			receive(t, s, two)
			recordAll(t, s, stateOf(one))
			recordAll(t, s, stateOf(two))
		},
		"together, not in the order of their ids": func(t *testing.T, s *Store) { recordAll(t, s, stateOf(two), stateOf(one)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			arrive(t, s)
			effects := sent(t, s)
			for _, a := range []an{one, two} {
				if got := known(t, s, a); got.Known || !got.Over.Equal(day) {
					t.Errorf("%s: %+v, want it to be asked for again, over %s", a.state, got, day)
				}
			}
			// What the shop lists is dated later, and has no rival any more.
			settled := two
			settled.id, settled.at = "3", time.Microsecond
			recordAll(t, s, stateOf(settled))
			if got := known(t, s, two); !got.Known {
				t.Errorf("settled: %+v", got)
			}
			if got := known(t, s, one); got.Known || !got.Over.Equal(day.Add(time.Microsecond)) {
				t.Errorf("the other one: %+v", got)
			}
			// None of the others takes its place, however late.
			late := one
			late.id = "4"
			recordAll(t, s, stateOf(late))
			effects = append(effects, sent(t, s)...)
			if has := effects[len(effects)-1]; has != body("1", "two") {
				t.Errorf("the ERP was sent %v", effects)
			}
		})
	}
}

// What has been told before does not go again, and so nothing that comes with it is
// unchanged by it: not what settles which of the states of one instant stands.
func TestSettlingAmongTwinsOfOneBatch(t *testing.T) {
	for _, fresh := range []bool{false, true} {
		s := open(t)
		if !fresh {
			recordAll(t, s, stateOf(an{order: "1", state: "b", id: "1"}))
			recordAll(t, s, stateOf(an{order: "1", state: "d", id: "2"}))
			sent(t, s)
		}
		recordAll(t, s,
			stateOf(an{order: "1", state: "b", id: "3"}), stateOf(an{order: "1", state: "c", id: "4"}), stateOf(an{order: "1", state: "b", id: "5"}),
			stateOf(an{order: "1", state: "b", id: "6", at: time.Microsecond}))
		if got := sent(t, s); len(got) == 0 || got[len(got)-1] != body("1", "b") {
			t.Errorf("the stream is new %v: sent %v, want b in the end", fresh, got)
		}
	}
}

// stateOf is a decision about a message that says which state it tells.
func stateOf(a an) erpbridge.Decision {
	d := a.decision()
	d.Resource, d.Version = "order/"+a.order, d.Documents[0].Version
	for i := range d.Documents {
		d.Documents[i].Resource = d.Resource
	}
	return d
}

// receive puts the message into the inbox and leaves the decision for later.
func receive(t *testing.T, s *Store, a an) {
	t.Helper()
	if err := s.Receive(t.Context(), a.decision().Message); err != nil {
		t.Fatal(err)
	}
}

func known(t *testing.T, s *Store, a an) Answer {
	t.Helper()
	// The shop tells seconds.
	v := erpbridge.Version{At: day.Add(a.at).Truncate(time.Second), Digest: a.decision().Documents[0].Version.Digest}
	as, err := s.KnownStates(t.Context(), "shop", []ResourceState{{"order/" + a.order, v}})
	if err != nil || len(as) != 1 {
		t.Fatal(as, err)
	}
	return as[0]
}

// A rival of a second that the poll has left behind takes its next round back there, once,
// even if a round is under way; one that is not newest, or that the next round lists
// anyway, does not.
func TestRivalHasTheShopListedAgain(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(d time.Duration) time.Duration { return now.Sub(day) - d }
	for name, c := range map[string]struct {
		known, rival an
		back         time.Duration
	}{
		"of a second that was listed": {an{state: "a", at: ago(time.Hour)}, an{state: "b", at: ago(time.Hour)}, time.Hour},
		"that was settled":            {an{state: "a", at: ago(time.Hour) + time.Microsecond}, an{state: "b", at: ago(time.Hour)}, 0},
		"over a settled one":          {an{state: "a", at: ago(time.Hour)}, an{state: "b", at: ago(time.Hour) + time.Microsecond}, time.Hour},
		"the same state":              {an{state: "a", at: ago(time.Hour)}, an{state: "a", at: ago(time.Hour)}, 0},
		"of another second":           {an{state: "a", at: ago(time.Hour)}, an{state: "b", at: ago(time.Hour - time.Second)}, 0},
		"not listed yet":              {an{state: "a", at: ago(-time.Minute)}, an{state: "b", at: ago(-time.Minute)}, 0},
		"of another age":              {an{state: "a", at: ago(1000 * time.Hour)}, an{state: "b", at: ago(1000 * time.Hour)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			round := func() PollRound {
				t.Helper()
				r, wait, err := s.TakePoll(t.Context(), "shop", PollPace{Initial: time.Minute, Hold: time.Minute})
				if err != nil || wait != 0 {
					t.Fatal(wait, err)
				}
				return r
			}
			end := func(r PollRound) {
				t.Helper()
				if err := s.EndPoll(t.Context(), r, PollOutcome{Complete: true}); err != nil {
					t.Fatal(err)
				}
			}
			c.known.order, c.rival.order = "1", "1"
			c.known.id, c.rival.id = "known", "rival"
			recordAll(t, s, stateOf(c.known))
			r := round()
			recordAll(t, s, stateOf(c.rival))
			end(r)
			again := round()
			want := r.Began
			if c.back > 0 {
				want = now.Add(-c.back)
			}
			if d := again.KnownUntil.Sub(want); d < 0 || d > time.Microsecond {
				t.Errorf("the next round begins at %s, want %s", again.KnownUntil, want)
			}
			end(again)
			if third := round(); !third.KnownUntil.Equal(again.Began) {
				t.Errorf("the one after that begins at %s, want %s", third.KnownUntil, again.Began)
			}
		})
	}
}
