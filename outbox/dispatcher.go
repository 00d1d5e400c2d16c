package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/hakooi/erpbridge"
)

// A Queue is the half of a Store that a Dispatcher needs.
type Queue interface {
	Claim(ctx context.Context, target string, n int, lease time.Duration) ([][]Entry, error)
	Settle(ctx context.Context, vs []Verdict) (late int, err error)
}

// A Deliverer is the half of an erpbridge.ERP that a Dispatcher needs.
type Deliverer interface {
	Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result
}

// A Dispatcher empties the outbox for one target: claim, deliver, judge, settle.
// One target, one Dispatcher: an ERP that is away holds up nobody else's
// documents.
type Dispatcher struct {
	Target string
	Queue  Queue
	ERP    Deliverer
	// Finder looks up what is in doubt; nil if the ERP cannot.
	Finder erpbridge.Finder
	Policy Policy

	Concurrency int           // requests at once
	Batch       int           // events in one request
	Rate        float64       // requests per second; 0: no limit
	Timeout     time.Duration // of one request
	Lease       time.Duration // must exceed Timeout: what ends it later is in doubt
	Poll        time.Duration // look for due documents at least so often
	Grace       time.Duration // for requests under way when the dispatcher is stopped

	// Hints says that something became due. Nil: polling alone.
	Hints <-chan struct{}
	Log   *zap.Logger

	// once makes what was left out above.
	prepare sync.Once
	limiter *rate.Limiter
}

// Run delivers until ctx ends. Then it claims nothing more, gives requests under
// way Grace to end, records what they came to, and returns.
func (d *Dispatcher) Run(ctx context.Context) error {
	d.prepare.Do(d.fill)
	// work outlives ctx: a request that has left is better finished than in doubt.
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d.Grace, abort) })
	defer stop()

	free := make(chan struct{}, d.Concurrency)
	freed := make(chan struct{}, 1)
	var workers sync.WaitGroup
	defer workers.Wait()

	poll := time.NewTicker(d.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		started, err := d.start(ctx, work, free, freed, &workers)
		if err != nil && ctx.Err() == nil {
			d.Log.Error("claiming documents", zap.String("target", d.Target), zap.Error(err))
			d.sleep(ctx, d.Poll)
			continue
		}
		if started {
			continue
		}
		select {
		case <-ctx.Done():
		case <-d.Hints:
		case <-freed:
		case <-poll.C:
		}
	}
	return nil
}

// start claims for as many requests as are free and starts them. It reports
// whether it started any.
func (d *Dispatcher) start(ctx, work context.Context, free, freed chan struct{}, workers *sync.WaitGroup) (bool, error) {
	slots := cap(free) - len(free)
	if slots == 0 {
		return false, nil
	}
	groups, err := d.Queue.Claim(ctx, d.Target, slots*d.Batch, d.Lease)
	claimed := time.Now()
	for _, batch := range d.batches(groups) {
		free <- struct{}{}
		workers.Go(func() {
			defer func() {
				<-free
				select {
				case freed <- struct{}{}:
				default:
				}
			}()
			d.serve(ctx, work, batch, claimed)
		})
	}
	return len(groups) > 0, err
}

// batches gathers groups into requests: look-ups and deliveries apart.
func (d *Dispatcher) batches(groups [][]Entry) [][]Entry {
	var batches [][]Entry
	var deliver, find []Entry
	events := map[bool]int{}
	for _, g := range groups {
		doubtful := g[0].Doubtful
		into := &deliver
		if doubtful {
			into = &find
		}
		*into = append(*into, g...)
		if events[doubtful]++; events[doubtful] == d.Batch {
			batches = append(batches, *into)
			*into, events[doubtful] = nil, 0
		}
	}
	for _, rest := range [][]Entry{deliver, find} {
		if len(rest) > 0 {
			batches = append(batches, rest)
		}
	}
	return batches
}

// serve makes one request for the entries of a batch and records what it came to.
func (d *Dispatcher) serve(ctx, work context.Context, batch []Entry, claimed time.Time) {
	if err := d.limiter.Wait(ctx); err != nil {
		// Stopped before anything left: the lease is given back, nothing counts.
		d.settle(work, giveBack(batch), claimed)
		return
	}
	if left := d.Lease - time.Since(claimed); left < d.Timeout {
		// The process slept. To send now could be to send beside somebody else.
		d.Log.Warn("claimed too long ago, not sending", zap.String("target", d.Target), zap.Int("documents", len(batch)))
		d.settle(work, giveBack(batch), claimed)
		return
	}
	rctx, cancel := context.WithTimeout(work, d.Timeout)
	results := d.request(rctx, batch)
	cancel()

	vs := make([]Verdict, len(batch))
	for i, e := range batch {
		vs[i] = d.Policy.Judge(e, results[i], e.Now.Add(time.Since(claimed)))
		if work.Err() != nil && vs[i].State == Pending {
			vs[i].Spared = true // our own stop cut it short
		}
	}
	behind(vs)
	d.settle(work, vs, claimed)
}

// behind keeps a document from being held to account for another one's failure: a
// deposit without its order says that the order is missing, which it is, because
// the order before it in the same event did not go through. It waits for that one
// and spends no tries.
func behind(vs []Verdict) {
	stuck := make(map[int64]bool) // by event
	for i, v := range vs {
		if stuck[v.Entry.EventID] && erpbridge.KindOf(v.Cause) == erpbridge.Missing && !v.Entry.Doubtful {
			vs[i].State, vs[i].Spared = Pending, true
		}
		stuck[v.Entry.EventID] = stuck[v.Entry.EventID] || v.State != Delivered
	}
}

// request delivers or looks up. A panic of the adapter costs this request, not
// the daemon; whether it had left by then nobody knows.
func (d *Dispatcher) request(ctx context.Context, batch []Entry) (results []erpbridge.Result) {
	docs := make([]erpbridge.Document, len(batch))
	for i, e := range batch {
		docs[i] = e.Document
	}
	all := func(err error) []erpbridge.Result {
		rs := make([]erpbridge.Result, len(docs))
		for i := range rs {
			rs[i].Err = err
		}
		return rs
	}
	defer func() {
		if v := recover(); v != nil {
			d.Log.Error("the adapter panicked", zap.String("target", d.Target), zap.Any("panic", v), zap.ByteString("stack", debug.Stack()))
			results = all(&erpbridge.Error{Op: "outbox.Dispatcher", Kind: erpbridge.InDoubt, Err: fmt.Errorf("the adapter of %s panicked: %v", d.Target, v)})
		}
	}()
	if batch[0].Doubtful {
		if d.Finder == nil {
			return all(&erpbridge.Error{Op: "outbox.Dispatcher", Kind: erpbridge.Missing, Err: errors.New("this target cannot look up")})
		}
		results = d.Finder.Find(ctx, docs)
	} else {
		results = d.ERP.Deliver(ctx, docs)
	}
	if len(results) != len(docs) {
		return all(&erpbridge.Error{
			Op: "outbox.Dispatcher", Kind: erpbridge.InDoubt,
			Err: fmt.Errorf("the adapter of %s gave %d results for %d documents", d.Target, len(results), len(docs)),
		})
	}
	return results
}

// settle records verdicts, again and again while their lease lasts: what an ERP
// answered must not be forgotten because Postgres was away for a moment.
func (d *Dispatcher) settle(ctx context.Context, vs []Verdict, claimed time.Time) {
	// Also when the dispatcher is being stopped hard.
	sctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), claimed.Add(d.Lease))
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		late, err := d.Queue.Settle(sctx, vs)
		if err == nil {
			d.tell(vs, late)
			return
		}
		d.Log.Error("recording results", zap.String("target", d.Target), zap.Int("documents", len(vs)), zap.Error(err))
		if !d.sleep(sctx, wait) || ctx.Err() != nil {
			return // the lease ends, and the documents are looked up
		}
	}
}

// tell writes one line per document about what was decided.
func (d *Dispatcher) tell(vs []Verdict, late int) {
	if late > 0 {
		d.Log.Warn("results came after their lease and were dropped", zap.String("target", d.Target), zap.Int("documents", late))
	}
	for _, v := range vs {
		fields := []zap.Field{
			zap.String("target", d.Target), zap.Int64("event", v.Entry.EventID), zap.Int64("document", v.Entry.ID),
			zap.String("stream", v.Entry.Stream), zap.String("kind", v.Entry.Kind), zap.Int("attempt", v.Entry.Attempt), zap.String("state", string(v.State)),
		}
		if v.Cause != nil {
			fields = append(fields, zap.String("cause_kind", string(erpbridge.KindOf(v.Cause))), zap.String("cause", v.Cause.Error()))
		}
		switch v.State {
		case Delivered:
			d.Log.Info("delivered", append(fields, zap.String("ref", v.Receipt.Ref))...)
		case Dead:
			d.Log.Error("dead", fields...)
		default:
			d.Log.Warn("not delivered", append(fields, zap.Time("again_at", v.At))...)
		}
	}
}

// giveBack is the verdict on entries of which nothing left.
func giveBack(batch []Entry) []Verdict {
	vs := make([]Verdict, len(batch))
	for i, e := range batch {
		vs[i] = Verdict{Entry: e, State: Pending, At: e.Now, Spared: true}
		if e.Doubtful {
			vs[i].State = InDoubt
		}
	}
	return vs
}

// sleep waits and reports whether ctx is still good.
func (d *Dispatcher) sleep(ctx context.Context, wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (d *Dispatcher) fill() {
	d.Concurrency = max(d.Concurrency, 1)
	d.Batch = max(d.Batch, 1)
	if d.Poll <= 0 {
		d.Poll = time.Second
	}
	if d.Rate <= 0 {
		d.Rate = float64(rate.Inf)
	}
	d.Policy.Blind = d.Finder == nil
	d.limiter = rate.NewLimiter(rate.Limit(d.Rate), 1) // an even pace, no bursts
}

// FullJitter spreads a wait over its whole length, but never under a tenth of it.
func FullJitter(d time.Duration) time.Duration {
	if d <= 0 {
		return d
	}
	return d/10 + rand.N(d-d/10+1) // #nosec G404 -- spreads load, guards nothing
}
