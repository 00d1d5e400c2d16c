package poll

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// asked is one request as a Lister saw it.
type asked struct {
	Since  time.Time
	Cursor string
	After  time.Duration // since the first
}

// script answers requests one after the other.
type script struct {
	answers []any // erpbridge.Page or error
	asked   []asked
	began   time.Time
}

func (s *script) List(_ context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	if s.began.IsZero() {
		s.began = time.Now()
	}
	s.asked = append(s.asked, asked{since, cursor, time.Since(s.began)})
	if len(s.answers) == 0 {
		return erpbridge.Page{}, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("asked too often")}
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if err, ok := a.(error); ok {
		return erpbridge.Page{}, err
	}
	return a.(erpbridge.Page), nil
}

func walk(t *testing.T, s *script, since time.Time) (untils []time.Time, err error) {
	l := Listing{Lister: s, Patience: 2 * time.Minute, Log: zap.NewNop()}
	err = l.Walk(t.Context(), since, since.Add(time.Hour), func(_ context.Context, p erpbridge.Page) error {
		untils = append(untils, p.Until)
		return nil
	})
	return untils, err
}

func throttled(d time.Duration) error {
	return &erpbridge.Error{Kind: erpbridge.Throttled, After: d, Err: errors.New("429")}
}

// A token that is no longer valid begins the listing again from what is safe, and every
// token is asked for with the time it began with: page 3 of another listing is another
// page.
func TestWalkBeginsAgainFromWhatIsSafe(t *testing.T) {
	since := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	at := func(m int) time.Time { return since.Add(time.Duration(m) * time.Minute) }
	old := &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("too old")}
	s := &script{answers: []any{
		erpbridge.Page{Next: "2", Until: at(5)},
		erpbridge.Page{Next: "3"},
		old,
		erpbridge.Page{Next: "2", Until: at(3)}, // what an earlier page said holds
		old,
		erpbridge.Page{Until: at(120)}, // of the future: not believed
	}}
	untils, err := walk(t, s, since)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.asked {
		s.asked[i].After = 0
	}
	want := []asked{{since, "", 0}, {since, "2", 0}, {since, "3", 0}, {at(5), "", 0}, {at(5), "2", 0}, {at(5), "", 0}}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]time.Time{at(5), {}, at(3), {}}, untils); diff != "" {
		t.Errorf("until (-want +got):\n%s", diff)
	}
}

func TestWalkEndsWhereItGetsNoFurther(t *testing.T) {
	old := &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("too old")}
	next := erpbridge.Page{Next: "2"}
	for name, tt := range map[string]struct {
		answers []any
		want    string
		asked   int
	}{
		"tokens that never last":       {[]any{next, old, next, old, next, old, next, old}, "too old", 8},
		"tokens that go in circles":    {[]any{next, erpbridge.Page{Next: "3"}, next}, "circles", 3},
		"the beginning is not allowed": {[]any{old}, "too old", 1},
		"refused":                      {[]any{next, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("401")}}, "401", 2},
	} {
		s := &script{answers: tt.answers}
		if _, err := walk(t, s, time.Now()); err == nil || !strings.Contains(err.Error(), tt.want) || len(s.asked) != tt.asked {
			t.Errorf("%s: %v after %d requests", name, err, len(s.asked))
		}
	}
}

// A shop is not asked before it said, and is asked later each time.
func TestWalkIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("503")}
		s := &script{answers: []any{throttled(40 * time.Second), away, away, erpbridge.Page{Next: "2"}, throttled(100 * time.Second), erpbridge.Page{}}}
		if _, err := walk(t, s, time.Now()); err != nil {
			t.Fatal(err)
		}
		var waits []time.Duration
		for i, a := range s.asked[1:] {
			waits = append(waits, a.After-s.asked[i].After)
		}
		if waits[0] < 40*time.Second || waits[1] <= 0 || waits[2] <= 0 || waits[1]+waits[2] > 20*time.Second || waits[4] < 100*time.Second {
			t.Errorf("waited %v", waits)
		}

		s = &script{answers: []any{throttled(3 * time.Minute)}}
		began := time.Now()
		if _, err := walk(t, s, time.Now()); after(err) != 3*time.Minute || time.Since(began) > 0 {
			t.Errorf("it waited %s for more than it has patience for: %v", time.Since(began), err)
		}
		s = &script{}
		for range 100 {
			s.answers = append(s.answers, away)
		}
		if _, err := walk(t, s, time.Now()); !errors.Is(err, away) || time.Since(s.began) > 2*time.Minute || len(s.asked) > 20 {
			t.Errorf("%v after %d requests in %s", err, len(s.asked), time.Since(s.began))
		}
	})
}

func TestWalkEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s := &script{answers: []any{throttled(time.Minute)}}
		l := Listing{Lister: s, Patience: time.Hour, Log: zap.NewNop()}
		began := time.Now()
		err := l.Walk(ctx, began, began, func(context.Context, erpbridge.Page) error { return nil })
		if err == nil || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
