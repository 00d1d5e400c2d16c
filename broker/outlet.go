package broker

import (
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/fault"
)

const (
	inFlight   = 2       // messages without their confirm
	coalesce   = 64      // events a message
	coalesceTo = 1 << 20 // bytes a message, unless one event alone is larger
)

// An outgoing is one event on its way and whoever waits for it.
type outgoing struct {
	head, body []byte
	answer     chan error // of capacity 1: the first answer counts
	state      state      // guarded by the outlet
}

type state int

const (
	waiting state = iota
	taken         // it may have left
	gone          // its caller gave up before it left
)

func (e *outgoing) reply(err error) {
	select {
	case e.answer <- err:
	default: // answered before, by an alarm or the session's end
	}
}

// An outlet is a waiting room with inFlight doors, for one session. Whoever
// stands at a door takes along all who wait: the more wait, the larger the
// message, and nobody waits for a timer.
type outlet struct {
	cfg     Config
	session *session
	returns chan amqp.Return

	mu       sync.Mutex
	some     *sync.Cond
	queue    []*outgoing // some of them gone
	events   int         // of queue, without the gone
	bytes    int
	flying   map[*outgoing]struct{}
	blocked  alarm
	freed    time.Time // when an alarm was last over
	stalled  int       // messages unconfirmed for too long
	ended    bool
	returned map[string]string // message id -> the broker's words

	lost      chan struct{} // of capacity 1: something was unroutable
	confirmed func()        // called with each confirm; may be nil
}

func newOutlet(cfg Config, s *session, returns chan amqp.Return) *outlet {
	o := &outlet{
		cfg: cfg, session: s, returns: returns,
		flying: make(map[*outgoing]struct{}), returned: make(map[string]string), lost: make(chan struct{}, 1),
	}
	o.some = sync.NewCond(&o.mu)
	return o
}

// shut says why nobody is let in. It is called under the lock.
func (o *outlet) shut() error {
	switch {
	case o.ended:
		return fmt.Errorf("%w: the connection is lost", ErrUnavailable)
	case o.blocked.on:
		return fmt.Errorf("%w: it blocks publishers: %s", ErrUnavailable, o.blocked.why)
	case o.stalled > 0:
		return fmt.Errorf("%w: it does not confirm", ErrUnavailable)
	}
	return nil
}

func (o *outlet) open() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.shut() == nil
}

// enter has e wait for a door.
func (o *outlet) enter(e *outgoing) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.shut(); err != nil {
		return err
	}
	size := frameSize(e.head, e.body)
	if o.events >= o.cfg.WaitingEvents || (o.events > 0 && o.bytes+size > o.cfg.WaitingBytes) {
		return fmt.Errorf("%w: %d events", ErrBusy, o.events)
	}
	o.queue = append(o.queue, e)
	o.events++
	o.bytes += size
	o.some.Signal()
	return nil
}

// leave takes e out of the waiting room and reports whether it was still there.
func (o *outlet) leave(e *outgoing) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.state != waiting {
		return false
	}
	e.state = gone
	o.events--
	o.bytes -= frameSize(e.head, e.body)
	e.body = nil
	return true
}

// take waits for events and returns those of the next message, or nil when the
// session is over.
func (o *outlet) take() []*outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if batch := o.cutBatch(); len(batch) > 0 {
			return batch
		}
		if o.ended {
			return nil
		}
		o.some.Wait()
	}
}

func (o *outlet) cutBatch() []*outgoing {
	var batch []*outgoing
	size := batchPrelude
	limit := min(coalesceTo, o.cfg.MaxMessage)
	for len(o.queue) > 0 && len(batch) < coalesce {
		e := o.queue[0]
		if e.state == waiting {
			n := frameSize(e.head, e.body)
			if len(batch) > 0 && size+n > limit {
				break
			}
			size += n
			o.events--
			o.bytes -= n
			e.state = taken
			o.flying[e] = struct{}{}
			batch = append(batch, e)
		}
		o.queue[0] = nil
		o.queue = o.queue[1:]
	}
	return batch
}

// refuse answers everybody who waits, because nobody can say how long it takes.
// It is called under the lock.
func (o *outlet) refuse() {
	err := o.shut()
	for _, e := range o.queue {
		if e.state == waiting {
			e.state = gone
			e.body = nil
			e.reply(err)
		}
	}
	o.queue, o.events, o.bytes = nil, 0, 0
}

// block follows the broker's alarm. The broker has stopped reading: what is in
// flight may be read when the alarm is over, and nobody waits for that.
func (o *outlet) block(a alarm) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.blocked = a
	if !a.on {
		o.freed = time.Now()
		return
	}
	o.refuse()
	for e := range o.flying {
		e.reply(fmt.Errorf("%w: it blocks publishers: %s", ErrUnknown, a.why))
	}
}

// end lets nobody in any more; the senders end when they have their answers.
func (o *outlet) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.refuse()
	o.some.Broadcast()
}

// watch bounds how long a message may be unconfirmed: first others are sent
// elsewhere, then the session is cut, which frees a publish that hangs. While the
// broker blocks us it is known why it is silent, and the session is kept: a new
// one would not learn of the alarm before it had lost a message to it.
func (o *outlet) watch() (stop func()) {
	var over, stalled bool // guarded by o.mu
	stall := time.AfterFunc(o.cfg.StallAfter, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if over {
			return
		}
		stalled = true
		o.stalled++
		o.refuse()
	})
	var hang *time.Timer
	o.mu.Lock() // the function may run before hang is set
	hang = time.AfterFunc(o.cfg.ConfirmTimeout, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		switch {
		case over:
		case o.blocked.on && !o.ended:
			hang.Reset(o.cfg.ConfirmTimeout)
		case time.Since(o.freed) < o.cfg.ConfirmTimeout: // only now is it the broker's turn
			hang.Reset(o.cfg.ConfirmTimeout - time.Since(o.freed))
		default:
			o.session.cut()
		}
	})
	o.mu.Unlock()
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		over = true
		stall.Stop()
		hang.Stop()
		if stalled {
			o.stalled--
		}
	}
}

// send publishes message after message until the session is over.
func (o *outlet) send() {
	var buf []byte
	for {
		batch := o.take()
		if batch == nil {
			return
		}
		buf = appendPrelude(buf[:0], len(batch))
		for _, e := range batch {
			buf = appendFrame(buf, e.head, e.body)
		}
		o.land(batch, o.publish(buf))
		if cap(buf) > 2*coalesceTo {
			buf = nil // one giant must not be paid for for ever
		}
	}
}

func (o *outlet) land(batch []*outgoing, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range batch {
		delete(o.flying, e)
		e.body = nil
		e.reply(err)
	}
}

// publish sends one message and returns nil when the broker has it.
func (o *outlet) publish(body []byte) error {
	defer o.watch()()
	mandatory := !fault.Planted("no-mandatory") // planted: what no queue takes is confirmed and gone
	const immediate = false
	id := uuid.NewString()
	var confirm *amqp.DeferredConfirmation
	err := fault.Do("broker.publish", func() (err error) {
		confirm, err = o.session.ch.PublishWithDeferredConfirm(o.cfg.ingest(), "", mandatory, immediate, amqp.Publishing{
			ContentType:  batchContentType,
			Type:         batchType,
			DeliveryMode: amqp.Persistent,
			MessageId:    id,
			UserId:       o.session.user, // the broker checks it; tells our batches in the dead-letter queue
			AppId:        "erpbridge",
			Body:         body,
		})
		return err
	})
	if err != nil {
		o.session.cut()
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	err = fault.Do("broker.confirm", func() error {
		select {
		case <-confirm.Done():
		case <-o.session.done:
		}
		return nil
	})
	switch {
	case fault.Planted("ignore-nack"): // planted: any end of the waiting counts as a confirm
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	case confirm.Acked():
		o.passed()
		return o.routed(id)
	case o.session.over() || o.session.ch.IsClosed():
		// The library answers for the broker when it closes: that is not a nack.
		return fmt.Errorf("%w: the connection was lost", ErrUnknown)
	default:
		return ErrNacked
	}
}

// passed tells that messages pass. One that raised the alarm is itself confirmed,
// after the alarm has come.
func (o *outlet) passed() {
	o.mu.Lock()
	blocked := o.blocked.on
	o.mu.Unlock()
	if o.confirmed != nil && !blocked {
		o.confirmed()
	}
}

// routed returns nil when the confirmed message went into a queue.
func (o *outlet) routed(id string) error {
	why, returned := o.wasReturned(id)
	if !returned {
		return nil
	}
	select {
	case o.lost <- struct{}{}:
	default: // somebody looks after it already
	}
	return fmt.Errorf("%w: %s", ErrUnroutable, why)
}

// wasReturned reports whether the broker gave the message back. The broker sends
// a return before its confirm, and one goroutine of the library passes on both:
// so when the confirm is here, the return is in the channel. That channel holds
// more than can be in flight, so nothing was dropped.
func (o *outlet) wasReturned(id string) (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		select {
		case r, ok := <-o.returns:
			if ok {
				o.returned[r.MessageId] = fmt.Sprintf("%d %s", r.ReplyCode, r.ReplyText)
				continue
			}
		default:
		}
		why, ok := o.returned[id]
		delete(o.returned, id)
		return why, ok
	}
}
