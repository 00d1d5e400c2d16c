package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A Queue is the half of a Store that a Dispatcher needs.
type Queue interface {
	Claim(ctx context.Context, d Demand) ([]Request, error)
	Held(ctx context.Context, r Request) (left time.Duration, err error)
	Turn(ctx context.Context, target string, l Limits, further bool) (wait time.Duration, err error)
	Settle(ctx context.Context, vs []Verdict) (late int, err error)
	Conclude(ctx context.Context, c Conclusion) error
}

// A Deliverer is the half of an erpbridge.ERP that a Dispatcher needs.
type Deliverer interface {
	Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result
}

// A Dispatcher empties the outbox for one target: claim, deliver, judge, settle.
// One target, one Dispatcher in each daemon: an ERP that is away holds up nobody
// else's documents.
type Dispatcher struct {
	Target string
	Queue  Queue
	ERP    Deliverer
	// Finder looks up what is in doubt; nil if the ERP cannot.
	Finder erpbridge.Finder
	// Confirmations are what the ERP has accepted and not booked yet; nil if it books
	// what it takes. Confirmer tells what became of that; nil if the ERP cannot be asked.
	Confirmations Confirmations
	Confirmer     erpbridge.Confirmer
	Policy        Policy
	// Limits hold for the target as a whole: those of other daemons' dispatchers count
	// too.
	Limits Limits
	Batch  Batch
	// Closed are the target's maintenance windows: nothing is sent then.
	Closed Calendar

	Timeout time.Duration // of one request
	Lease   time.Duration // must exceed Timeout: what ends it later is in doubt
	Poll    time.Duration // look for due documents at least so often
	Grace   time.Duration // for requests under way when the dispatcher is stopped

	// Hints says that something became due. Nil: polling alone.
	Hints <-chan struct{}
	Log   *zap.Logger
}

// Run delivers until ctx ends. Then it claims nothing more, gives requests under
// way Grace to end, records what they came to, and returns.
func (d *Dispatcher) Run(ctx context.Context) error {
	// work outlives ctx: a request that has left is better finished than in doubt.
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d.Grace, abort) })
	defer stop()

	hands := newHands(max(d.Limits.Concurrency, 1))
	defer hands.wait()
	asking := &asking{Dispatcher: d}

	for ctx.Err() == nil {
		asking.apply(work)
		started, err := asking.start(ctx, work, hands)
		if err != nil && ctx.Err() == nil {
			d.Log.Error("claiming documents", zap.String("target", d.Target), zap.Error(err))
			sleep(ctx, d.poll())
			continue
		}
		if started {
			continue
		}
		poll := time.NewTimer(d.poll())
		select {
		case <-ctx.Done():
		case <-d.Hints:
		case <-hands.freed:
		case <-poll.C:
		}
		poll.Stop()
	}
	return nil
}

// deliver claims for as many requests as there are free hands and starts them. It
// reports whether it started any.
func (d *Dispatcher) deliver(ctx, work context.Context, h *hands) (bool, error) {
	if h.free() == 0 {
		return false, nil
	}
	return d.startAll(ctx, work, h, d.Queue.Claim, d.demand(h.free(), d.Batch))
}

// startAll claims and starts what was claimed.
func (d *Dispatcher) startAll(ctx, work context.Context, h *hands, claim func(context.Context, Demand) ([]Request, error), demand Demand) (bool, error) {
	// Taken before: what the claim itself took counts as well.
	claimed := time.Now()
	// A stop does not cut a claim short: its COMMIT may have taken effect, and nobody
	// would know what it leased.
	requests, err := claim(work, demand)
	for _, r := range requests {
		h.do(func() { d.serve(ctx, work, r, claimed) })
	}
	return len(requests) > 0, err
}

func (d *Dispatcher) demand(requests int, b Batch) Demand {
	return Demand{Target: d.Target, Requests: requests, Limits: d.Limits, Batch: b, Lease: d.Lease, Hold: d.hold()}
}

// poll is how long to wait for what nothing announces.
func (d *Dispatcher) poll() time.Duration {
	p := d.Poll
	if p <= 0 {
		p = time.Second
	}
	if l := d.Batch.Linger; l > 0 {
		p = min(p, l)
	}
	return p
}

// hold is how long a request may keep its permission should nobody give it back: as long
// as the ERP may be busy with it, and a little for what comes before it is sent.
func (d *Dispatcher) hold() time.Duration {
	return min(d.Timeout+d.Timeout/4+time.Second, d.Lease) + d.Policy.LookupAfter
}

// serve makes one request and records what it came to.
func (d *Dispatcher) serve(ctx, work context.Context, r Request, claimed time.Time) {
	if why := d.ready(ctx, r, claimed); why != "" {
		d.Log.Info("not sent, given back", zap.String("target", d.Target), zap.Int("documents", len(r.Entries)), zap.String("why", why))
		wait := time.Second // whatever it is, it is no better at once
		if ctx.Err() != nil {
			wait = 0 // another daemon may have it now
		}
		vs := giveBack(r.Entries, wait)
		if ctx.Err() != nil && fault.Planted("stop-drops") { // planted: a stop forgets what was claimed
			for i := range vs {
				vs[i].State = Delivered
			}
		}
		d.settle(work, vs, claimed)
		d.conclude(work, Conclusion{Target: d.Target, Slot: r.Slot, Outcome: NothingMet, Limits: d.Limits})
		return
	}
	rctx, cancel := context.WithTimeout(work, d.Timeout)
	began := time.Now()
	pacing := &pacing{Dispatcher: d}
	results := d.request(pacing.during(rctx), r)
	waited := time.Since(began)
	cancel()

	took := time.Since(claimed)
	vs := make([]Verdict, len(r.Entries))
	c := Conclusion{Target: d.Target, Slot: r.Slot, Limits: d.Limits}
	c.Outcome, c.Pause, c.Cause = pacing.outcome(results, r.Entries[0].Doubtful || r.Confirm)
	if r.Confirm && d.Confirmer == nil {
		c.Outcome, c.Cause = NothingMet, nil // nothing was asked
	}
	for i, e := range r.Entries {
		if noTurn(results[i]) {
			vs[i] = giveBack(r.Entries[i:i+1], time.Second)[0]
			vs[i].Cause = results[i].Err
			continue
		}
		vs[i] = d.Policy.Judge(e, results[i], e.Now.Add(took))
		switch {
		case work.Err() == nil: // what follows is for what our own stop cut short
		case vs[i].State == Pending:
			vs[i].Spared = true
		case r.Confirm && results[i].Err != nil:
			vs[i] = giveBack(r.Entries[i:i+1], 0)[0]
		}
		c.Pause = max(c.Pause, vs[i].Pause)
		if vs[i].State == Delivered {
			c.Delivered++
		}
	}
	if !r.Confirm && (c.Outcome == NoAnswer || slices.ContainsFunc(results, inDoubt)) {
		// We gave up waiting; the ERP, or the network before it, may not have given up
		// working. It is given as long again, and at least its longest processing time.
		c.Busy = max(waited, d.Policy.LookupAfter)
	}
	if c.Outcome == NoAnswer && work.Err() != nil {
		c.Outcome = NothingMet // it was us who did not wait for the answer
	}
	if !r.Confirm {
		behind(vs)
		bisect(vs)
	}
	d.settle(work, vs, claimed)
	d.conclude(work, c)
}

// ready waits for the request's time and then makes sure that it still may be sent.
// It returns why not.
func (d *Dispatcher) ready(ctx context.Context, r Request, claimed time.Time) string {
	if !sleep(ctx, r.Wait-time.Since(claimed)) {
		return "the daemon is being stopped"
	}
	if err := d.turn(ctx, false); ctx.Err() != nil {
		return "the daemon is being stopped"
	} else if err != nil {
		return err.Error()
	}
	if until, closed := d.Closed.Until(time.Now()); closed {
		return "its maintenance window began, until " + until.Format(time.RFC3339)
	}
	if fault.Planted("lease-unchecked") { // planted: whoever once had the lease sends
		return ""
	}
	// Both clocks have to agree that there is time left: Postgres' tells when the whole
	// machine slept, ours when Postgres was asked before we slept.
	left, err := d.Queue.Held(ctx, r)
	switch asked := d.Lease - time.Since(claimed); {
	case err != nil:
		return "its lease cannot be looked at: " + err.Error()
	case left == 0:
		return "it is not ours any more, or the target was paused or rests"
	case min(left, asked) < d.Timeout:
		return "it was claimed too long ago: the process slept"
	}
	return ""
}

// conclude tells the queue how the target did. If that cannot be told, the
// permission ends by itself.
func (d *Dispatcher) conclude(ctx context.Context, c Conclusion) {
	cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := d.Queue.Conclude(cctx, c); err != nil {
		d.Log.Error("concluding a request", zap.String("target", d.Target), zap.Error(err))
	}
}

// request delivers or looks up. A panic of the adapter costs this request, not
// the daemon; whether it had left by then nobody knows.
func (d *Dispatcher) request(ctx context.Context, r Request) (results []erpbridge.Result) {
	batch := r.Entries
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
	switch {
	case r.Confirm && d.Confirmer == nil:
		return all(errNotAsked)
	case r.Confirm:
		results = d.Confirmer.Confirm(ctx, accepted(batch))
	case batch[0].Doubtful:
		if d.Finder == nil {
			return all(&erpbridge.Error{Op: "outbox.Dispatcher", Kind: erpbridge.Missing, Err: errors.New("this target cannot look up")})
		}
		err := fault.Do("outbox.find", func() error { results = d.Finder.Find(ctx, docs); return nil })
		if err != nil {
			return all(err)
		}
	default:
		if err := fault.Do("outbox.deliver", func() error { results = d.ERP.Deliver(ctx, docs); return nil }); err != nil {
			return all(&erpbridge.Error{Op: "outbox.Dispatcher", Kind: erpbridge.InDoubt, Err: err})
		}
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
		if !sleep(sctx, wait) || ctx.Err() != nil {
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
		case Accepted:
			if v.Stored {
				d.Log.Info("accepted, not booked yet", append(fields, zap.String("ref", v.Receipt.Ref), zap.Time("asked_at", v.At))...)
				break
			}
			d.Log.Debug("not confirmed yet", append(fields, zap.String("ref", v.Receipt.Ref), zap.String("said", v.Receipt.Warning), zap.Time("again_at", v.At))...)
		case Dead:
			d.Log.Error("dead", fields...)
		default:
			d.Log.Warn("not delivered", append(fields, zap.Time("again_at", v.At))...)
		}
	}
}

func inDoubt(r erpbridge.Result) bool { return erpbridge.KindOf(r.Err) == erpbridge.InDoubt }

// giveBack is the verdict on entries of which nothing left.
func giveBack(batch []Entry, wait time.Duration) []Verdict {
	vs := make([]Verdict, len(batch))
	for i, e := range batch {
		vs[i] = Verdict{Entry: e, State: Pending, At: e.Now.Add(wait), Spared: true}
		switch {
		case e.Taken != nil:
			vs[i].State, vs[i].Spared = Accepted, false
			vs[i].Asked, vs[i].Receipt = e.Taken.Asked, erpbridge.Receipt{Ref: e.Taken.Ref, Warning: e.Taken.Said}
		case e.Doubtful:
			vs[i].State = InDoubt
		}
	}
	return vs
}

// sleep waits and reports whether ctx is still good.
func sleep(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// FullJitter spreads a wait over its whole length, but never under a tenth of it.
func FullJitter(d time.Duration) time.Duration {
	if d <= 0 {
		return d
	}
	return d/10 + rand.N(d-d/10+1) // #nosec G404 -- spreads load, guards nothing
}
