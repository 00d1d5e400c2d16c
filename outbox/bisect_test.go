package outbox

import (
	"slices"
	"testing"

	"github.com/hakooi/erpbridge"
)

// A deposit that lacks its order waits behind the order's dead letter and does not
// become one itself.
func TestMissingBehindAFailureWaits(t *testing.T) {
	vs := []Verdict{
		{Entry: Entry{ID: 1, EventID: 1}, State: Delivered},
		{Entry: Entry{ID: 2, EventID: 1}, State: Dead, Cause: kind(erpbridge.Invalid, 0)},
		{Entry: Entry{ID: 3, EventID: 1}, State: Dead, Cause: kind(erpbridge.Missing, 0)},
		{Entry: Entry{ID: 4, EventID: 1}, State: Dead, Cause: kind(erpbridge.Invalid, 0)},
		{Entry: Entry{ID: 5, EventID: 2}, State: Dead, Cause: kind(erpbridge.Missing, 0)},
	}
	behind(vs)
	var got []State
	for _, v := range vs {
		got = append(got, v.State)
	}
	if want := []State{Delivered, Dead, Pending, Dead, Dead}; !slices.Equal(got, want) || !vs[2].Spared {
		t.Errorf("states %v, want %v", got, want)
	}
}

// An order whose customer the ERP has taken and not booked yet is not at fault for
// missing it.
func TestMissingBehindAnAcceptanceWaits(t *testing.T) {
	vs := []Verdict{
		{Entry: Entry{ID: 1, EventID: 1}, State: Accepted, Stored: true},
		{Entry: Entry{ID: 2, EventID: 1}, State: Pending, Cause: kind(erpbridge.Missing, 0)},
	}
	behind(vs)
	bisect(vs)
	if vs[0].State != Accepted || vs[1].State != Pending || !vs[1].Spared {
		t.Errorf("verdicts %+v", vs)
	}
}

// whole is an error about a request as a whole.
func whole(k erpbridge.Kind) error { return &erpbridge.Error{Kind: k, Whole: true} }

func TestBisect(t *testing.T) {
	for _, tt := range []struct {
		name     string
		events   int
		err      error
		lookup   bool
		together int // 0: judged as it was
	}{
		{"five refused as a whole", 5, whole(erpbridge.Invalid), false, 3},
		{"two refused as a whole", 2, whole(erpbridge.Unknown), false, 1},
		{"one refused as a whole is the culprit", 1, whole(erpbridge.Invalid), false, 0},
		{"refused one by one", 5, kind(erpbridge.Invalid, 0), false, 0},
		{"the target is away: nobody's fault", 5, whole(erpbridge.Transient), false, 0},
		{"credentials: nobody's fault", 5, whole(erpbridge.Refused), false, 0},
		{"no answer", 4, whole(erpbridge.InDoubt), false, 2},
		{"no answer to a look-up", 4, whole(erpbridge.InDoubt), true, 0},
	} {
		var vs []Verdict
		for i := range tt.events {
			e := Entry{ID: int64(i), EventID: int64(i + 1), Attempt: 1, Since: day, Now: day, DoubtSince: day, Doubtful: tt.lookup}
			vs = append(vs, judgePolicy.Judge(e, erpbridge.Result{Err: tt.err}, day))
		}
		before := slices.Clone(vs)
		bisect(vs)
		for i, v := range vs {
			if v.Together != tt.together {
				t.Fatalf("%s: may travel with %d, want %d", tt.name, v.Together, tt.together)
			}
			switch {
			case tt.together == 0 && v.State != before[i].State:
				t.Errorf("%s: %s, was judged %s", tt.name, v.State, before[i].State)
			case tt.together > 0 && before[i].State != InDoubt && (v.State != Pending || !v.Spared || !v.At.Equal(day)):
				t.Errorf("%s: %s at %s, spared %v; want it sent again at once and nothing held against it", tt.name, v.State, v.At, v.Spared)
			}
		}
	}
}
