package poll

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

func poller(s erpbridge.Lister, h *house, b *book) *Poller {
	return &Poller{
		Lister: s, Sieve: Sieve{Store: "shop", Normalizer: plain{}, Known: h}, Feed: h, Book: b, Log: zap.NewNop(),
		Settings: Settings{Every: 15 * time.Minute, Overlap: 20 * time.Minute, Initial: 24 * time.Hour, Grace: 5 * time.Minute},
	}
}

func newShop(seed uint64) *shop {
	return &shop{random: rand.New(rand.NewPCG(seed, 1)), things: map[int]change{}, page: 5, until: "exact"}
}

// Whatever a shop loses, repeats, shows late or refuses to say, and whoever dies
// meanwhile: when it has been quiet for some rounds, all it has is known, and nothing
// that was known was handed in.
func TestEverythingBecomesKnown(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { everything(t, seed) })
		})
	}
}

func everything(t *testing.T, seed uint64) {
	s := newShop(seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	s.until = []string{"exact", "none", "future"}[seed%3]
	s.skew = time.Duration(dice.IntN(11)-5) * time.Minute
	s.late = time.Duration(dice.IntN(10)) * time.Minute
	s.broken = []float64{0, 0.2, 0.5}[dice.IntN(3)]
	h, b := newHouse(), &book{}
	var mu sync.Mutex
	luck, broken := rand.New(rand.NewPCG(seed, 3)), s.broken > 0
	flaky := func() error {
		mu.Lock()
		defer mu.Unlock()
		if broken && luck.IntN(200) == 0 {
			return errors.New("postgres is away")
		}
		return nil
	}
	h.sick, b.sick = flaky, flaky

	// Two daemons; now and then one dies and another comes.
	var daemons sync.WaitGroup
	begin := func() context.CancelFunc {
		ctx, die := context.WithCancel(t.Context())
		daemons.Go(func() {
			if err := poller(s, h, b).Run(ctx); err != nil {
				t.Error(err)
			}
		})
		return die
	}
	die := []context.CancelFunc{begin(), begin()}
	for range 300 {
		time.Sleep(time.Duration(dice.IntN(60)) * time.Second)
		c := s.change(dice.IntN(40))
		if dice.IntN(3) > 0 {
			deliver(t, h, c)
		}
		if dice.IntN(30) == 0 {
			i := dice.IntN(2)
			die[i]()
			die[i] = begin()
		}
	}
	time.Sleep(2 * time.Hour)
	// One more round that nothing disturbs.
	s.mu.Lock()
	s.broken = 0
	s.mu.Unlock()
	time.Sleep(time.Hour)
	for _, d := range die {
		d()
	}
	daemons.Wait()

	for id, c := range s.things {
		if !h.has(State{fmt.Sprintf("order/%d", id), c.version()}) {
			t.Errorf("order/%d as of %s is not known", id, c.at)
		}
	}
	if h.known > 0 {
		t.Errorf("%d messages were handed in whose state was known", h.known)
	}
	if b.known.After(time.Now()) || time.Since(b.known) > 16*time.Minute {
		t.Errorf("the position is %s", b.known)
	}
	for _, o := range b.ended {
		if o.Cause != nil && strings.Contains(o.Cause.Error(), "two are listing") {
			t.Error(o.Cause)
		}
	}
}

// deliver is a webhook.
func deliver(t *testing.T, h *house, c change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	es, err := plain{}.Normalize(c.message(erpbridge.ViaWebhook))
	if err != nil {
		t.Fatal(err)
	}
	h.states[es[0].Resource] = es[0].Version
}

// The daemon slept while it listed, and another one has the turn by now.
func TestWhoLostTheTurnStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h, b := newShop(1), newHouse(), &book{}
		for id := range 20 {
			s.change(id)
		}
		taken := false
		p := poller(listerFunc(func(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
			if cursor != "" && !taken {
				b.mu.Lock()
				b.token++ // another's
				b.mu.Unlock()
				taken = true
			}
			return s.List(ctx, since, cursor)
		}), h, b)
		wait, err := p.turn(t.Context())
		if err != nil || wait != look {
			t.Errorf("wait %s, %v", wait, err)
		}
		if len(b.ended) != 0 || s.calls != 2 {
			t.Errorf("it went on: %d requests, ended %v", s.calls, b.ended)
		}
	})
}

// While a page takes long the turn is kept; when the book is away for too long, the
// round stops before another daemon can begin.
func TestTheTurnIsKeptWhileThePageIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, b := newHouse(), &book{}
		p := poller(listerFunc(func(ctx context.Context, _ time.Time, _ string) (erpbridge.Page, error) {
			<-ctx.Done()
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.sick == nil && !b.until.After(time.Now()) {
				t.Error("the turn ended while the page was open")
			}
			return erpbridge.Page{}, ctx.Err()
		}), h, b)
		if _, err := p.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(b.ended) != 1 || b.ended[0].Complete {
			t.Fatalf("ended %+v", b.ended)
		}
		time.Sleep(time.Hour)
		go func() {
			time.Sleep(10 * time.Second)
			b.mu.Lock()
			defer b.mu.Unlock()
			b.sick = func() error { return errors.New("away") }
		}()
		began := time.Now()
		if _, err := p.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) >= hold {
			t.Errorf("it went on for %s without the book", time.Since(began))
		}
	})
}

func TestWhatAnErrorMeansForTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name  string
			err   error
			again time.Duration
			grave bool
			calls int
		}{
			{"refused", &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("401")}, 15 * time.Minute, true, 1},
			{"throttled beyond patience", &erpbridge.Error{Kind: erpbridge.Throttled, After: 5 * time.Minute, Err: errors.New("429")}, 5 * time.Minute, false, 1},
			{"throttled for longer than a round", &erpbridge.Error{Kind: erpbridge.Throttled, After: time.Hour, Err: errors.New("429")}, 15 * time.Minute, false, 1},
			{"not understood", errors.New("what?"), time.Minute, false, 1},
			{"an answer nobody can read", &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("not JSON")}, 15 * time.Minute, false, 1},
		} {
			b, calls := &book{}, 0
			p := poller(listerFunc(func(context.Context, time.Time, string) (erpbridge.Page, error) {
				calls++
				return erpbridge.Page{}, tt.err
			}), newHouse(), b)
			if _, err := p.turn(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(b.ended) != 1 {
				t.Fatalf("%s: ended %v", tt.name, b.ended)
			}
			if o := b.ended[0]; o.Complete || o.Again != tt.again || o.Grave != tt.grave || !errors.Is(o.Cause, tt.err) || !strings.HasPrefix(o.Alert, "shop cannot be polled: ") || calls != tt.calls {
				t.Errorf("%s: %d requests, %+v", tt.name, calls, o)
			}
		}
	})
}

// The first round goes back Initial, and that stays where it is until it was listed.
func TestTheFirstRoundIsNotMovedByFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h, b := newShop(1), newHouse(), &book{}
		s.change(1)
		time.Sleep(23 * time.Hour)
		s.broken = 1
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- poller(s, h, b).Run(ctx) }()
		time.Sleep(12 * time.Hour)
		s.mu.Lock()
		s.broken = 0
		s.mu.Unlock()
		time.Sleep(time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if len(h.states) != 1 {
			t.Error("what changed while the shop was away, and was inside of Initial before, is not known")
		}
	})
}

// The position stays before what could not be handed in, however old that is.
func TestWhatCannotBeFedStopsTheRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h, b := stocked(20), newHouse(), &book{}
		time.Sleep(5 * time.Hour)
		fed, away := 0, errors.New("neither broker nor inbox")
		p := poller(s, h, b)
		p.Feed = FeedFunc(func(ctx context.Context, m erpbridge.Message) error {
			if fed++; fed == 8 {
				return away
			}
			return h.Feed(ctx, m)
		})
		if _, err := p.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(b.ended[0].Cause, away) || b.ended[0].Complete || b.ended[0].Again != soon || b.known.After(s.things[7].at) || b.known.Before(s.things[4].at) {
			t.Fatalf("ended %+v, the position is %s", b.ended[0], b.known)
		}
		time.Sleep(soon)
		if _, err := p.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(h.states) != 20 || !b.ended[1].Complete {
			t.Errorf("%d of 20 are known", len(h.states))
		}
	})
}

type listerFunc func(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error)

func (f listerFunc) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	return f(ctx, since, cursor)
}
