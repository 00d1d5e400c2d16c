package outbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// sent delivers everything that is due and returns the bodies, in order.
func sent(t *testing.T, s *Store) []string {
	t.Helper()
	var bodies []string
	for {
		groups := claim(t, s, 10)
		if len(groups) == 0 {
			return bodies
		}
		for _, es := range groups {
			for _, e := range es {
				bodies = append(bodies, string(e.Body))
			}
			settleAll(t, s, es, Verdict{State: Delivered})
		}
	}
}

func body(order, state string) string {
	return "<Kind1 order='" + order + "' state='" + state + "'/>"
}

// A newer state with the content of the one before is told to nobody, whether that is
// delivered or still waiting, in one batch or in two.
func TestUnchangedIsIgnored(t *testing.T) {
	for _, together := range []bool{false, true} {
		for _, delivered := range []bool{false, true} {
			t.Run(fmt.Sprintf("together %v, delivered %v", together, delivered), func(t *testing.T) {
				s := open(t)
				states := []an{
					{order: "1", state: "a", id: "1"},
					{order: "1", state: "a", id: "2", at: time.Minute},
					{order: "1", state: "a", id: "3", at: 2 * time.Minute},
				}
				var ds []erpbridge.Decision
				for i, a := range states {
					if ds = append(ds, a.decision()); together {
						continue
					}
					if err := s.Record(t.Context(), ds); err != nil {
						t.Fatal(err)
					}
					if ds = nil; delivered && i == 0 && len(sent(t, s)) != 1 {
						t.Fatal("not delivered")
					}
				}
				if err := s.Record(t.Context(), ds); err != nil {
					t.Fatal(err)
				}
				left := 1
				if delivered && !together {
					left = 0
				}
				if got := sent(t, s); len(got) != left {
					t.Errorf("sent %v, want %d", got, left)
				}
				wantLedger(t, s, Ledger{Accepted: 3, Delivered: 1, Ignored: 2})
			})
		}
	}
}

// Content that was there before, but is not what the ERP has now, is news.
func TestBackAgainIsDelivered(t *testing.T) {
	s := open(t)
	for i, state := range []string{"a", "b", "a", "a", "b"} {
		record(t, s, an{order: "1", state: state, id: fmt.Sprint(i), at: time.Duration(i) * time.Minute})
		got := sent(t, s)
		if i == 3 {
			if len(got) != 0 {
				t.Errorf("the third a in a row was sent: %v", got)
			}
			continue
		}
		if len(got) != 1 || got[0] != body("1", state) {
			t.Errorf("state %d: sent %v, want %s", i, got, state)
		}
	}
}

// What was skipped counts as the newest state: one from between, coming late, is stale.
func TestLateStateAfterUnchangedIsStale(t *testing.T) {
	for _, together := range []bool{false, true} {
		s := open(t)
		late := []an{
			{order: "1", state: "a", id: "1"},
			{order: "1", state: "a", id: "3", at: 2 * time.Minute},
			{order: "1", state: "b", id: "2", at: time.Minute},
		}
		if together {
			var ds []erpbridge.Decision
			for _, a := range late {
				ds = append(ds, a.decision())
			}
			if err := s.Record(t.Context(), ds); err != nil {
				t.Fatal(err)
			}
		} else {
			record(t, s, late...)
		}
		if got := sent(t, s); len(got) != 1 || got[0] != body("1", "a") {
			t.Errorf("together %v: sent %v", together, got)
		}
		wantLedger(t, s, Ledger{Accepted: 3, Delivered: 1, Ignored: 1, Superseded: 1})
	}
}

// An order that did not reach the ERP, or was rendered under another mapping, is not
// unchanged, whatever it says.
func TestUnchangedButNotThere(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a", id: "1"})
	settleAll(t, s, claimOne(t, s), Verdict{State: Dead, Cause: kind(erpbridge.Invalid, 0)})
	record(t, s, an{order: "1", state: "a", id: "2", at: time.Minute})
	wantLedger(t, s, Ledger{Accepted: 2, Dead: 1, Pending: 1})

	record(t, s, an{order: "2", state: "a", id: "3"})
	if got := sent(t, s); len(got) != 1 {
		t.Fatalf("sent %v", got)
	}
	d := an{order: "2", state: "a", id: "4", at: time.Minute}.decision()
	d.Mapping = "m2"
	if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
		t.Fatal(err)
	}
	if got := sent(t, s); len(got) != 1 {
		t.Errorf("under another mapping: sent %v", got)
	}
}

// What counts is the mapping of the document's own target: the same content under the
// same revision of its tables is nothing new, whatever else was decided meanwhile.
func TestUnchangedUnderTheMappingOfItsTarget(t *testing.T) {
	s := open(t)
	for i, c := range []struct {
		mapping string
		sent    int
	}{{"m1/erp@1", 1}, {"m1/erp@1", 0}, {"m1/erp@2", 1}, {"m1/erp@2", 0}} {
		d := an{order: "1", state: "a", id: fmt.Sprint(i), at: time.Duration(i) * time.Minute}.decision()
		d.Mapping, d.Documents[0].Mapping = fmt.Sprint("of the decision ", i), c.mapping
		if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
			t.Fatal(err)
		}
		if got := sent(t, s); len(got) != c.sent {
			t.Errorf("state %d under %s: sent %v", i, c.mapping, got)
		}
	}
}

// A refund in its order's stream is not a state of the order: neither supersedes the
// other, however old the refund is. Nor does a later state of the order go instead of the
// one before the refund: the refund needs the order, and would wait for what is behind it.
func TestResourcesOfOneStreamDoNotSupersede(t *testing.T) {
	s := open(t)
	of := func(a an, resource string) erpbridge.Decision {
		d := a.decision()
		for i := range d.Documents {
			d.Documents[i].Resource = resource
			d.Documents[i].Record = resource
		}
		return d
	}
	refund := an{order: "1", state: "refund", id: "r", at: -time.Hour}
	if err := s.Record(t.Context(), []erpbridge.Decision{
		of(an{order: "1", state: "a", id: "1"}, "order/1"), of(refund, "refund/7"), of(an{order: "1", state: "b", id: "2", at: time.Minute}, "order/1"),
	}); err != nil {
		t.Fatal(err)
	}
	got := sent(t, s)
	if len(got) != 3 || got[0] != body("1", "a") || got[1] != body("1", "refund") || got[2] != body("1", "b") {
		t.Errorf("sent %v, want a, the refund and then b", got)
	}
	wantLedger(t, s, Ledger{Accepted: 3, Delivered: 3})
}

func TestKnownStates(t *testing.T) {
	s := open(t)
	at := func(d time.Duration, state string) erpbridge.Version {
		return erpbridge.Version{At: day.Add(d), Digest: state + "-0123456789abcdef"}
	}
	for _, a := range []an{
		{order: "1", state: "a", id: "1"},
		{order: "2", state: "a", id: "2", at: time.Hour},
		// Two states of one second, the newer one first.
		{order: "3", state: "new", id: "3"},
		{order: "3", state: "old", id: "4"},
		// The same, and the newer one told again, by another topic.
		{order: "5", state: "new", id: "8"},
		{order: "5", state: "old", id: "9"},
		{order: "5", state: "new", id: "10"},
		// An older one of higher rank, and then the newer one, which it keeps from going.
		{order: "6", state: "old", id: "11", rank: 2},
		{order: "6", state: "new", id: "12", rank: 1},
		// The first, settled by a poll.
		{order: "4", state: "new", id: "5"},
		{order: "4", state: "old", id: "6"},
		{order: "4", state: "new", id: "7", at: time.Microsecond},
	} {
		d := a.decision()
		d.Resource, d.Version = "order/"+a.order, d.Documents[0].Version
		if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, store string
		state       ResourceState
		want        bool
		over        time.Time
	}{
		{"the same state", "shop", ResourceState{"order/1", at(0, "a")}, true, time.Time{}},
		{"other content, one instant", "shop", ResourceState{"order/1", at(0, "b")}, false, day},
		{"newer than what is known", "shop", ResourceState{"order/1", at(time.Second, "a")}, false, time.Time{}},
		{"older than what is known", "shop", ResourceState{"order/2", at(0, "x")}, true, time.Time{}},
		{"never heard of", "shop", ResourceState{"order/9", at(0, "a")}, false, time.Time{}},
		{"of another shop", "other", ResourceState{"order/1", at(0, "a")}, false, time.Time{}},
		{"overwritten within its second", "shop", ResourceState{"order/3", at(0, "new")}, false, day},
		{"the one that overwrote it", "shop", ResourceState{"order/3", at(0, "old")}, false, day},
		{"overwritten, and told again", "shop", ResourceState{"order/5", at(0, "new")}, false, day},
		{"kept back by a higher rank", "shop", ResourceState{"order/6", at(0, "new")}, false, day},
		{"settled", "shop", ResourceState{"order/4", at(0, "new")}, true, time.Time{}},
		{"a third of that second", "shop", ResourceState{"order/4", at(0, "x")}, false, day.Add(time.Microsecond)},
	} {
		got, err := s.KnownStates(t.Context(), c.store, []ResourceState{c.state})
		if err != nil || len(got) != 1 || got[0].Known != c.want || !got[0].Over.Equal(c.over) {
			t.Errorf("%s: %v, %v, want %v over %s", c.name, got, err, c.want, c.over)
		}
	}
	got, err := s.KnownStates(t.Context(), "shop", []ResourceState{{"order/9", at(0, "a")}, {"order/1", at(0, "a")}, {"order/8", at(0, "a")}})
	if err != nil || len(got) != 3 || got[0].Known || !got[1].Known || got[2].Known {
		t.Errorf("in order: %v, %v", got, err)
	}
}

// What only points to something waits for it to be fetched, and the pipeline then has
// both.
func TestPointing(t *testing.T) {
	s := open(t)
	d := an{order: "1", state: "a"}.decision()
	point := func() {
		t.Helper()
		deferred := erpbridge.Decision{Message: d.Message, Verdict: erpbridge.Defer}
		if err := s.Record(t.Context(), []erpbridge.Decision{deferred}); err != nil {
			t.Fatal(err)
		}
	}
	// Once by the broker and once by the inbox, while the broker was away.
	if err := s.Receive(t.Context(), d.Message); err != nil {
		t.Fatal(err)
	}
	point()
	point()
	if us, err := s.ClaimUndigested(t.Context(), 10, time.Minute); err != nil || len(us) != 0 {
		t.Fatalf("the pipeline has it already: %v, %v", us, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	us, err := s.ClaimPointing(t.Context(), "shop", 10, time.Minute)
	if err != nil || len(us) != 1 || us[0].Tries != 1 {
		t.Fatalf("claimed %+v, %v", us, err)
	}
	if us, err := s.ClaimPointing(t.Context(), "shop", 10, time.Minute); err != nil || len(us) != 0 {
		t.Errorf("claimed by two: %v, %v", us, err)
	}
	if us, err := s.ClaimPointing(t.Context(), "other", 10, time.Minute); err != nil || len(us) != 0 {
		t.Errorf("claimed for another store: %v, %v", us, err)
	}
	if err := s.Postpone(t.Context(), us[0].Message, 0, kind(erpbridge.Transient, 0)); err != nil {
		t.Fatal(err)
	}
	if us, err = s.ClaimPointing(t.Context(), "shop", 10, time.Minute); err != nil || len(us) != 1 || us[0].Tries != 2 {
		t.Fatalf("postponed: %+v, %v", us, err)
	}
	if err := s.Fetched(t.Context(), us[0].Message, []byte("all of it")); err != nil {
		t.Fatal(err)
	}
	if err := s.Fetched(t.Context(), us[0].Message, []byte("too late")); err != nil {
		t.Fatal(err)
	}
	if us, err = s.ClaimUndigested(t.Context(), 10, time.Minute); err != nil || len(us) != 1 || us[0].Tries != 1 {
		t.Fatalf("for the pipeline: %+v, %v", us, err)
	}
	if m := us[0].Message; string(m.Fetched) != "all of it" || string(m.Body) != string(d.Message.Body) {
		t.Errorf("fetched %q, body %q", m.Fetched, m.Body)
	}
	record(t, s, an{order: "1", state: "a"})
	point() // delivered again by the broker
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1})
	if got := sent(t, s); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}
