package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// stocked is a shop with a change a minute, the first at the present.
func stocked(n int) *shop {
	s := newShop(1)
	for id := range n {
		s.change(id)
		time.Sleep(time.Minute)
	}
	return s
}

func TestBackfill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, h := stocked(30), newHouse()
		h.states["order/3"] = s.things[3].version()
		b := Backfill{
			Lister: s, Sieve: Sieve{Store: "shop", Normalizer: plain{}, Known: h}, Log: zap.NewNop(), Tell: func(Filled) {},
			Since: began, Until: began.Add(22 * time.Minute),
		}
		dry, err := b.Run(t.Context())
		if err != nil || !dry.Done || dry.Fed != 22 || dry.Known != 1 || dry.Later != 2 || dry.Missing[erpbridge.OrderChanged] != 22 || len(dry.Examples) != 20 || len(h.ids) != 0 {
			t.Errorf("dry run: %+v, %v; %d fed", dry, err, len(h.ids))
		}
		told := 0
		b.Feed, b.Tell = h, func(Filled) { told++ }
		got, err := b.Run(t.Context())
		if err != nil || !got.Done || got.Fed != 22 || len(h.states) != 23 || told < 22 {
			t.Errorf("%+v, %v; %d states, told %d times", got, err, len(h.states), told)
		}
		if again, err := b.Run(t.Context()); err != nil || again.Fed != 0 || again.Known != 23 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// A backfill that ends half way says where to go on, and nothing is left out there.
func TestBackfillGoesOnWhereItIsSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s, h := stocked(30), newHouse()
		full := errors.New("postgres is away")
		h.sick = func() error {
			if len(h.ids) >= 12 {
				return full
			}
			return nil
		}
		b := Backfill{Lister: s, Sieve: Sieve{Store: "shop", Normalizer: plain{}, Known: h}, Feed: h, Since: began, Log: zap.NewNop(), Tell: func(Filled) {}}
		half, err := b.Run(t.Context())
		if !errors.Is(err, full) || half.Done || half.Fed != 12 || !half.Safe.After(began) {
			t.Fatalf("%+v, %v", half, err)
		}
		h.sick = nil
		b.Since = half.Safe
		if rest, err := b.Run(t.Context()); err != nil || !rest.Done || len(h.states) != 30 {
			t.Errorf("%+v, %v; %d states", rest, err, len(h.states))
		}
	})
}

func TestBackfillInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := stocked(30), newHouse()
		ctx, interrupt := context.WithCancel(t.Context())
		b := Backfill{
			Lister: s, Sieve: Sieve{Store: "shop", Normalizer: plain{}, Known: h}, Log: zap.NewNop(), Since: time.Now().Add(-time.Hour),
			Tell: func(f Filled) {
				if f.Fed == 7 {
					interrupt()
				}
			},
		}
		if got, err := b.Run(ctx); !errors.Is(err, context.Canceled) || got.Done || got.Fed != 7 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
