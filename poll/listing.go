package poll

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A Listing walks through all pages of what changed in a shop.
type Listing struct {
	Lister erpbridge.Lister
	// Patience bounds the waits between two pages of a shop that is busy or away.
	Patience time.Duration
	Log      *zap.Logger
}

const (
	// attempt bounds one request of a Lister that does not do so itself.
	attempt = 2 * time.Minute
	// restarts is how often in a row a listing begins again without getting further.
	restarts = 3
)

// Walk gives each of the pages since a time to take, in order, and returns when it took
// the last. An error of take ends it. A Page.Until after bound, the present as its caller
// sees it, is taken for none: what a shop says of the future it cannot have listed.
func (l Listing) Walk(ctx context.Context, since, bound time.Time, take func(context.Context, erpbridge.Page) error) error {
	cursor, safe, again := "", since, 0
	seen := map[string]bool{}
	for {
		page, err := l.page(ctx, since, cursor)
		if erpbridge.KindOf(err) == erpbridge.Invalid && cursor != "" && again < restarts {
			l.Log.Info("a page token is no longer valid: the listing begins again", zap.Time("since", safe), zap.Error(err))
			again++
			since, cursor, seen = safe, "", map[string]bool{}
			continue
		}
		if err != nil {
			return err
		}
		if page.Until.After(bound) {
			page.Until = time.Time{}
		}
		if err := take(ctx, page); err != nil {
			return err
		}
		if page.Until.After(safe) {
			safe, again = page.Until, 0
		}
		if page.Next == "" {
			return nil
		}
		if seen[page.Next] {
			return &erpbridge.Error{Op: "poll.Walk", Kind: erpbridge.Invalid, Err: errors.New("the shop's page tokens go in circles")}
		}
		seen[page.Next], cursor = true, page.Next
	}
}

// page asks for one page until the shop gives it or patience ends. since is that of the
// first page: a token may mean nothing but a place in what began there.
func (l Listing) page(ctx context.Context, since time.Time, cursor string) (p erpbridge.Page, err error) {
	err = patiently(ctx, l.Patience, func(ctx context.Context) error {
		p, err = l.Lister.List(ctx, since, cursor)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("listing what changed: %w", err)
	}
	return p, nil
}

// patiently does something at a shop again while the shop is busy or away, not before
// the shop said, and for no longer than patience.
func patiently(ctx context.Context, patience time.Duration, do func(context.Context) error) error {
	waits := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(time.Minute), backoff.WithMaxElapsedTime(0),
	)
	for end := time.Now().Add(patience); ; {
		err := once(ctx, do)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if k := erpbridge.KindOf(err); k != erpbridge.Transient && k != erpbridge.Throttled {
			return err
		}
		wait := max(waits.NextBackOff(), after(err))
		if time.Now().Add(wait).After(end) || !sleep(ctx, wait) {
			return err
		}
	}
}

// once asks the shop once. An answer that the adapter panics over ends the round and not
// the daemon, which has other stores, and would die of it again after each start.
func once(ctx context.Context, do func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		why := errors.New("the storefront's adapter panicked over the shop's answer")
		if r, ok := v.(runtime.Error); ok { // other values could hold what was in the answer
			why = fmt.Errorf("%w: %w", why, r)
		}
		err = &erpbridge.Error{Op: "poll.once", Kind: erpbridge.Unknown, Code: "PANIC", Err: why}
	}()
	return do(ctx)
}

// after is how long the other side asked to be left alone for.
func after(err error) time.Duration {
	var e *erpbridge.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
