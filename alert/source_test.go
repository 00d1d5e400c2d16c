package alert

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// rows is a Source in memory that behaves as the one in Postgres does: claims end
// after two minutes, of the clock it is given.
type rows struct {
	now func() time.Time

	mu     sync.Mutex
	waits  map[int64]time.Time // not due before
	alerts map[int64]Alert     // not marked as sent
	sent   map[int64]int       // how often it was marked
	reason string
	down   bool
}

const claim = 2 * time.Minute

func newRows(now func() time.Time, alerts ...Alert) *rows {
	r := &rows{now: now, waits: make(map[int64]time.Time), alerts: make(map[int64]Alert), sent: make(map[int64]int)}
	r.add(alerts...)
	return r
}

func (r *rows) add(alerts ...Alert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range alerts {
		r.alerts[a.ID] = a
	}
}

var errDown = errors.New("the database is down")

func (r *rows) Due(_ context.Context, limit int) ([]Alert, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, errDown
	}
	var due []Alert
	mail := ""
	for id, a := range r.alerts {
		if !r.now().Before(r.waits[id]) && a.Mail != "" {
			mail = a.Mail
		}
	}
	for id, a := range r.alerts {
		if !r.now().Before(r.waits[id]) && a.Mail == mail && (len(due) < limit || mail != "") {
			r.waits[id] = r.now().Add(claim)
			due = append(due, a)
		}
	}
	slices.SortFunc(due, func(a, b Alert) int { return int(a.ID - b.ID) })
	return due, nil
}

func (r *rows) Mailing(_ context.Context, ids []int64, mail string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errDown
	}
	for _, id := range ids {
		a := r.alerts[id]
		a.Mail = mail
		r.alerts[id] = a
	}
	return nil
}

func (r *rows) Sent(ctx context.Context, ids []int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errDown
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, id := range ids {
		r.sent[id]++
		delete(r.alerts, id)
	}
	return nil
}

func (r *rows) Failed(ctx context.Context, ids []int64, reason string, wait time.Duration, doubt bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errDown
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, id := range ids {
		r.waits[id] = r.now().Add(wait)
		if a := r.alerts[id]; !doubt {
			a.Mail = ""
			r.alerts[id] = a
		}
	}
	r.reason = reason
	return nil
}

func (r *rows) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// unsent returns how many alerts were never marked as sent.
func (r *rows) unsent() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.alerts)
}

// outbox is a Sender that keeps mails, or fails as it is told.
type outbox struct {
	mu    sync.Mutex
	mails []Mail
	times []time.Time
	tries []time.Time
	err   error
	block bool // until the context ends
}

func (o *outbox) Send(ctx context.Context, m Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tries = append(o.tries, time.Now())
	if o.block {
		<-ctx.Done()
		return ctx.Err()
	}
	var partial *Partial
	if o.err != nil && !errors.As(o.err, &partial) {
		return o.err
	}
	o.mails = append(o.mails, m)
	o.times = append(o.times, time.Now())
	return o.err
}

func (o *outbox) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *outbox) sent() []Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.mails)
}
