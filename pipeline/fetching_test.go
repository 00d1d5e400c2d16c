package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// waitingRoom is a Pointers in memory: what is postponed comes again when it is due.
type waitingRoom struct {
	mu      sync.Mutex
	due     map[string]time.Time
	tries   map[string]int
	at      map[string]erpbridge.Message
	fetched map[string]string
	asked   []time.Duration
}

func room(ms ...erpbridge.Message) *waitingRoom {
	r := &waitingRoom{due: map[string]time.Time{}, tries: map[string]int{}, at: map[string]erpbridge.Message{}, fetched: map[string]string{}}
	for _, m := range ms {
		r.due[m.ID], r.at[m.ID] = time.Now(), m
	}
	return r
}

func (r *waitingRoom) NextPointing(_ context.Context, store string, n int) (ws []Waiting, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, due := range r.due {
		if m := r.at[id]; m.Store == store && !due.After(time.Now()) && len(ws) < n {
			r.tries[id]++
			r.due[id] = time.Now().Add(5 * time.Minute)
			ws = append(ws, Waiting{Message: m, Tries: r.tries[id]})
		}
	}
	return ws, nil
}

func (r *waitingRoom) Fetched(_ context.Context, m erpbridge.Message, body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.due, m.ID)
	r.fetched[m.ID] = string(body)
	return nil
}

func (r *waitingRoom) Postpone(_ context.Context, m erpbridge.Message, wait time.Duration, _ error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, wait)
	r.due[m.ID] = time.Now().Add(wait)
	return nil
}

// buries ends the wait of what it buries, as the inbox does.
type buries struct {
	*waitingRoom
	causes map[string]error
}

func (b buries) Record(_ context.Context, ds []erpbridge.Decision) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range ds {
		delete(b.due, d.Message.ID)
		b.causes[d.Message.ID] = d.Cause
	}
	return nil
}

type fetcher func(erpbridge.Message) ([]byte, error)

func (f fetcher) Points(erpbridge.Message) bool { return true }
func (f fetcher) Fetch(_ context.Context, m erpbridge.Message) ([]byte, error) {
	return f(m)
}

func TestFetching(t *testing.T) {
	kind := func(k erpbridge.Kind, after time.Duration) error {
		return &erpbridge.Error{Op: "shop", Kind: k, After: after, Err: errors.New("no")}
	}
	for _, c := range []struct {
		name    string
		fail    error
		times   int // how often it fails; -1: always
		buried  bool
		atLeast time.Duration // until it is settled
		atMost  time.Duration
		told    int
	}{
		{"at once", nil, 0, false, 0, 0, 0},
		{"after an outage", kind(erpbridge.Transient, 0), 12, false, time.Minute, 3 * time.Hour, 0},
		{"throttled", kind(erpbridge.Throttled, 20*time.Minute), 2, false, 39 * time.Minute, 45 * time.Minute, 0},
		{"an outage without end", kind(erpbridge.Transient, 0), -1, true, 72 * time.Hour, 73 * time.Hour, 0},
		{"throttled without end", kind(erpbridge.Throttled, 0), -1, true, 72 * time.Hour, 73 * time.Hour, 0},
		{"refused for a day", kind(erpbridge.Refused, 0), 200, false, 16 * time.Hour, 48 * time.Hour, 5},
		{"never there", kind(erpbridge.Missing, 0), -1, true, time.Minute, time.Hour, 0},
		{"there a little later", kind(erpbridge.Missing, 0), 3, false, time.Second, 10 * time.Minute, 0},
		{"nobody knows why", errors.New("strange"), -1, true, time.Minute, time.Hour, 0},
		{"points to nothing", kind(erpbridge.Invalid, 0), -1, true, 0, 0, 0},
		{"panics", nil, -1, true, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				m := erpbridge.Message{ID: "1", Store: "shop", ReceivedAt: begin}
				inbox := buries{room(m), map[string]error{}}
				failed, told := 0, 0
				f := &Fetching{
					Store: "shop", Pointers: inbox.waitingRoom, Log: zap.NewNop(),
					Receiver: &Receiver{Pipeline: &Pipeline{}, Store: inbox, Log: zap.NewNop()},
					Tell:     func(context.Context, string, string) error { told++; return nil },
					Fetcher: fetcher(func(erpbridge.Message) ([]byte, error) {
						if c.times >= 0 && failed >= c.times {
							return []byte("all of it"), nil
						}
						if failed++; c.fail == nil {
							panic("no such thing")
						}
						return nil, c.fail
					}),
				}
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					if err := f.Run(ctx); err != nil {
						t.Error(err)
					}
				})
				for range 100 * 3600 {
					time.Sleep(time.Second)
					inbox.mu.Lock()
					waiting := len(inbox.due)
					inbox.mu.Unlock()
					if waiting == 0 {
						break
					}
				}
				took := time.Since(begin) - time.Second
				cancel()
				wg.Wait()
				if cause, buried := inbox.causes["1"]; buried != c.buried || buried && erpbridge.KindOf(cause) != erpbridge.Invalid {
					t.Fatalf("buried: %v (%v), want %v", buried, cause, c.buried)
				}
				if !c.buried && inbox.fetched["1"] != "all of it" {
					t.Errorf("fetched %q", inbox.fetched)
				}
				if took < c.atLeast || took > c.atMost {
					t.Errorf("settled after %s, want %s to %s", took, c.atLeast, c.atMost)
				}
				if told > c.told || c.told > 0 && told == 0 {
					t.Errorf("told %d times, want at most %d", told, c.told)
				}
			})
		})
	}
}

// A message that points to something is deferred, and nothing else is.
func TestDecideDefers(t *testing.T) {
	p := &Pipeline{
		Stores:   map[string]Normalizer{"shop": normalize(func(m erpbridge.Message) ([]erpbridge.Event, error) { return []erpbridge.Event{event("1", "erp")}, nil })},
		Targets:  map[string]Translator{"erp": translate(renders)},
		Fetchers: map[string]erpbridge.Fetcher{"shop": fetcher(nil)},
	}
	for _, c := range []struct {
		m    erpbridge.Message
		want erpbridge.Verdict
	}{
		{erpbridge.Message{Store: "shop"}, erpbridge.Defer},
		{erpbridge.Message{Store: "shop", Fetched: []byte("x")}, erpbridge.Accept},
		{erpbridge.Message{Store: "other"}, erpbridge.Bury},
	} {
		if d := p.Decide(t.Context(), c.m); d.Verdict != c.want {
			t.Errorf("%s, fetched %q: %s (%v), want %s", c.m.Store, c.m.Fetched, d.Verdict, d.Cause, c.want)
		}
	}
}

func TestPrivacy(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for kind, want := range map[erpbridge.PrivacyKind]string{
		erpbridge.DataRequest:    "what is kept of customer 7 is to be handed out (orders 1, 2) by 2026-03-31",
		erpbridge.RedactCustomer: "what is kept of customer 7 is to be deleted (orders 1, 2) by 2026-03-31",
		erpbridge.RedactShop:     "what is kept of the shop example.com is to be deleted (orders 1, 2) by 2026-03-31",
	} {
		e := erpbridge.Event{ReceivedAt: at, Privacy: &erpbridge.PrivacyRequest{
			Kind: kind, CustomerID: "7", Email: "a@example.com", Phone: "+49 1", Orders: []string{"1", "2"}, Shop: "example.com",
		}}
		_, err := Privacy{}.Process(t.Context(), e)
		if text := fmt.Sprint(err); erpbridge.KindOf(err) != erpbridge.Held || text != want+": do so in the ERPs and in the bridge's database, then close this with erpbridge held discard" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
