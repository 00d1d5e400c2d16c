package outbox

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// Confirmations are what an ERP has accepted and not booked yet: the half of a Store
// that a Dispatcher needs for it.
type Confirmations interface {
	ClaimAccepted(ctx context.Context, d Demand) ([]Request, error)
	ApplyConfirmations(ctx context.Context, target string) (applied int, err error)
}

// company is how many documents are asked about in one request.
const company = 50

// asking is the part of a Dispatcher that learns what became of what the ERP accepted.
// It uses the same hands, permissions and pace as deliveries do, and the two take turns
// where there is one hand for both.
type asking struct {
	*Dispatcher
	applyAt, askAt time.Time
	asked          bool // the last free hand was taken to ask
}

// pace is how often it looks. What lingers for company does not make that more often.
func (a *asking) pace() time.Duration {
	if a.Poll <= 0 {
		return time.Second
	}
	return a.Poll
}

// apply weighs what the ERP said of its own accord. Nothing is asked of it: a pause, a
// maintenance window and full hands do not matter.
func (a *asking) apply(ctx context.Context) {
	if a.Confirmations == nil || time.Now().Before(a.applyAt) {
		return
	}
	a.applyAt = time.Now().Add(a.pace())
	n, err := a.Confirmations.ApplyConfirmations(ctx, a.Target)
	switch {
	case err != nil:
		a.Log.Error("applying confirmations", zap.String("target", a.Target), zap.Error(err))
	case n > 0:
		a.Log.Info("the ERP sent confirmations", zap.String("target", a.Target), zap.Int("documents", n))
	}
}

// start starts what is due, as far as there are free hands, and reports whether it
// started anything.
func (a *asking) start(ctx, work context.Context, h *hands) (bool, error) {
	if _, closed := a.Closed.Until(time.Now()); closed || h.free() == 0 {
		return false, nil
	}
	first, second := a.ask, a.deliver
	if a.asked {
		first, second = a.deliver, a.ask
	}
	one, err := first(ctx, work, h)
	if err != nil {
		return one, err
	}
	two, err := second(ctx, work, h)
	return one || two, err
}

// ask starts one request that asks about accepted documents, if any are due.
func (a *asking) ask(ctx, work context.Context, h *hands) (bool, error) {
	a.asked = false
	if a.Confirmations == nil || h.free() == 0 || time.Now().Before(a.askAt) {
		return false, nil
	}
	var full bool
	started, err := a.startAll(ctx, work, h, func(ctx context.Context, d Demand) ([]Request, error) {
		rs, err := a.Confirmations.ClaimAccepted(ctx, d)
		full = len(rs) > 0 && len(rs[0].Entries) == company
		return rs, err
	}, a.demand(1, Batch{Events: company}))
	if a.asked = started; !full {
		a.askAt = time.Now().Add(a.pace())
	}
	return started, err
}

// accepted are the entries of a request as the ERP is asked about them.
func accepted(batch []Entry) []erpbridge.Accepted {
	as := make([]erpbridge.Accepted, len(batch))
	for i, e := range batch {
		as[i] = erpbridge.Accepted{Document: e.Document, Ref: e.Taken.Ref, Since: e.Taken.At}
	}
	return as
}
