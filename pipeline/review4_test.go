package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// many are messages of one store that wait to be fetched.
func many(n int) []erpbridge.Message {
	ms := make([]erpbridge.Message, n)
	for i := range ms {
		ms[i] = erpbridge.Message{ID: fmt.Sprint(i), Store: "shop", ReceivedAt: time.Now()}
	}
	return ms
}

// fetching is a Fetching of room, and how often it told and asked.
func fetching(inbox buries, fetch func() ([]byte, error)) (f *Fetching, told, asked *atomic.Int64) {
	told, asked = new(atomic.Int64), new(atomic.Int64)
	return &Fetching{
		Store: "shop", Pointers: inbox.waitingRoom, Log: zap.NewNop(),
		Receiver: &Receiver{Pipeline: &Pipeline{}, Store: inbox, Log: zap.NewNop()},
		Tell:     func(context.Context, string, string) error { told.Add(1); return nil },
		Fetcher: fetcher(func(erpbridge.Message) ([]byte, error) {
			asked.Add(1)
			return fetch()
		}),
	}, told, asked
}

// A shop that refuses, or asks to be left alone, is left alone, however many messages
// wait; and several refusals at once are one mail.
func TestFetchingRests(t *testing.T) {
	for _, c := range []struct {
		name string
		err  *erpbridge.Error
		most int64 // questions in an hour
		told int64
	}{
		{"refused", &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("401")}, 4 * 13, 1},
		{"throttled", &erpbridge.Error{Kind: erpbridge.Throttled, After: 10 * time.Minute, Err: errors.New("429")}, 4 * 7, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, told, asked := fetching(buries{room(many(500)...), map[string]error{}}, func() ([]byte, error) { return nil, c.err })
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := f.Run(ctx); err != nil {
					t.Error(err)
				}
				if asked.Load() > c.most || told.Load() != c.told {
					t.Errorf("asked %d times and told %d, want at most %d and %d", asked.Load(), told.Load(), c.most, c.told)
				}
			})
		})
	}
}

// When a rest is over all that waits is fetched.
func TestFetchingGoesOnAfterARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := buries{room(many(500)...), map[string]error{}}
		begin := time.Now()
		f, _, _ := fetching(inbox, func() ([]byte, error) {
			if time.Since(begin) < time.Hour {
				return nil, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("401")}
			}
			return []byte("x"), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Minute)
		defer cancel()
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
		if len(inbox.fetched) != 500 {
			t.Errorf("fetched %d of 500", len(inbox.fetched))
		}
	})
}

// What the shop forbids to ask for keeps nothing else waiting.
func TestFetchingOfWhatIsForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := buries{room(many(100)...), map[string]error{}}
		f, told, _ := fetching(inbox, nil)
		f.Fetcher = fetcher(func(m erpbridge.Message) ([]byte, error) {
			if len(m.ID) == 1 { // ten of them
				return nil, &erpbridge.Error{Kind: erpbridge.Refused, Code: "403", Err: errors.New("no scope")}
			}
			return []byte("x"), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
		if len(inbox.fetched) != 90 || told.Load() != 1 {
			t.Errorf("fetched %d of 90, told %d times", len(inbox.fetched), told.Load())
		}
	})
}

// A message that an operator replays after days is not given up at the first busy answer.
func TestFetchingOfAReplayedMessageHasTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := erpbridge.Message{ID: "1", Store: "shop", ReceivedAt: time.Now().AddDate(0, 0, -10)}
		inbox := buries{room(m), map[string]error{}}
		n := 0
		f, _, _ := fetching(inbox, func() ([]byte, error) {
			if n++; n < 4 {
				return nil, &erpbridge.Error{Kind: erpbridge.Throttled, Err: errors.New("429")}
			}
			return []byte("x"), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
		if inbox.fetched["1"] != "x" {
			t.Errorf("fetched %v, buried %v", inbox.fetched, inbox.causes)
		}
	})
}

// What was fetched days after its message came tells a state of those days: that is not
// the future. What no shop can know yet still is.
func TestDecideOfWhatWasFetchedLate(t *testing.T) {
	received := time.Now().AddDate(0, 0, -3)
	for _, c := range []struct {
		name    string
		at      time.Time
		fetched []byte
		want    erpbridge.Verdict
	}{
		{"fetched today", time.Now().Add(-time.Minute), []byte("x"), erpbridge.Accept},
		{"fetched, and of next week", time.Now().AddDate(0, 0, 7), []byte("x"), erpbridge.Bury},
		{"came with it", time.Now().Add(-time.Minute), nil, erpbridge.Bury},
	} {
		e := event("order/1", "erp")
		e.Order, e.Version.At = order(t, "25.00"), c.at
		p := &Pipeline{Stores: map[string]Normalizer{"shop": comesTo(nil, e)}, Targets: map[string]Translator{"erp": translate(renders)}, Stages: []Stage{Validate{}}}
		d := p.Decide(t.Context(), erpbridge.Message{Store: "shop", ReceivedAt: received, Fetched: c.fetched})
		if d.Verdict != c.want {
			t.Errorf("%s: %s (%v), want %s", c.name, d.Verdict, d.Cause, c.want)
		}
	}
}

// One message with several events: what is ignored takes nothing with it; what is held
// or cannot be understood keeps all of it back, so that no part is lost or doubled.
func TestDecideOfSeveralEvents(t *testing.T) {
	for _, place := range []int{0, 1, 2} {
		for kind, want := range map[erpbridge.Kind]struct {
			verdict erpbridge.Verdict
			docs    int
		}{
			erpbridge.Ignored: {erpbridge.Accept, 2}, erpbridge.Held: {erpbridge.Hold, 0}, erpbridge.Invalid: {erpbridge.Bury, 0},
		} {
			events := []erpbridge.Event{event("0", "erp"), event("1", "erp"), event("2", "erp")}
			erp := translate(func(e erpbridge.Event) ([]erpbridge.Document, error) {
				if e.Stream == fmt.Sprint(place) {
					return nil, ofKind(kind)
				}
				return renders(e)
			})
			p := &Pipeline{Stores: map[string]Normalizer{"shop": comesTo(nil, events...)}, Targets: map[string]Translator{"erp": erp}}
			d := p.Decide(t.Context(), erpbridge.Message{Store: "shop"})
			if d.Verdict != want.verdict || len(d.Documents) != want.docs {
				t.Errorf("event %d is %s: %s with %d documents, want %s with %d", place, kind, d.Verdict, len(d.Documents), want.verdict, want.docs)
			}
		}
	}
}

// What nobody fetches is released at the start and each minute, also after an error.
func TestReleasing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := &Releasing{Stores: []string{"shop"}, Log: zap.NewNop(), Release: func(_ context.Context, stores []string, wait time.Duration) (int, error) {
			if len(stores) != 1 || stores[0] != "shop" || wait < longestWait {
				t.Errorf("released but of %v, after %s", stores, wait)
			}
			if asked++; asked == 2 {
				return 0, errors.New("postgres is away")
			}
			return 1, nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+time.Second)
		defer cancel()
		if err := r.Run(ctx); err != nil || asked != 4 {
			t.Errorf("asked %d times, %v, want 4", asked, err)
		}
	})
}
