package broker

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// An Alerter has somebody told. Its error means that it has to be asked again.
type Alerter interface {
	Alert(ctx context.Context, kind, reason string) error
}

// Kinds of alert.
const (
	// AlertBlocked: the broker has begun to refuse what is published, for lack of
	// memory or disk.
	AlertBlocked = "broker-blocked"
	// AlertUnsafe: the doctor has found something with which messages can be lost.
	AlertUnsafe = "broker-unsafe"
)

// flicker is how soon an alarm may come back and still be the same one. A broker at
// its limit raises and clears its alarm many times a minute.
const flicker = time.Minute

// A blockade is the broker's alarm as the publisher sees it:
//
//	free ──blocked──▶ blocked ──unblocked, or something is confirmed──▶ free
//	         │                                        │
//	      logged, and alerted unless            logged, with its
//	      it flickers                           duration
//
// It outlives sessions: a new one is told of the alarm only once it has published.
type blockade struct {
	log   *zap.Logger
	alert chan string // of capacity 1: the reason of an alarm nobody was told of yet

	mu    sync.Mutex
	on    bool
	since time.Time
	ended time.Time // of the last one
}

func newBlockade(log *zap.Logger) *blockade {
	return &blockade{log: log, alert: make(chan string, 1)}
}

func (b *blockade) begin(why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.on {
		return
	}
	b.on, b.since = true, time.Now()
	b.log.Warn("the broker blocks publishers", zap.String("reason", why))
	if !b.ended.IsZero() && time.Since(b.ended) < flicker {
		return
	}
	select {
	case b.alert <- why:
	default: // one is about to be told
	}
}

func (b *blockade) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.on {
		return
	}
	b.on, b.ended = false, time.Now()
	b.log.Info("the broker takes messages again", zap.Duration("blocked_for", b.ended.Sub(b.since)))
}

// tell has a told of each alarm, until ctx ends. Telling can itself need time, and
// the session's watch must not wait for it.
func (b *blockade) tell(ctx context.Context, a Alerter) {
	for {
		var why string
		select {
		case <-ctx.Done():
			return
		case why = <-b.alert:
		}
		if a == nil {
			continue
		}
		insist(ctx, b.log, a, AlertBlocked, "RabbitMQ takes nothing from publishers: "+why+". Webhooks are stored in Postgres meanwhile; partners wait.")
	}
}

// insist asks a until it has taken the alert or ctx ends.
func insist(ctx context.Context, log *zap.Logger, a Alerter, kind, reason string) {
	pauses := patience(time.Second, time.Minute)
	for {
		err := a.Alert(ctx, kind, reason)
		if err == nil || ctx.Err() != nil {
			return
		}
		pause := pauses.NextBackOff()
		log.Warn("an alert could not be stored", zap.String("kind", kind), zap.Error(err), zap.Duration("again_in", pause))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
