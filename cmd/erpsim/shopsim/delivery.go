package shopsim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A delivery is one webhook on its way to one subscription.
type delivery struct {
	sub   *Subscription
	topic string
	id    string // the same on every attempt
	event string // the same for all webhooks about one occurrence
	what  occurrence
	said  time.Time // when it was queued first
	due   time.Time
	tries int    // attempts that failed
	body  []byte // as it is signed
	ping  bool   // only to see whether anybody is there
}

// A queue holds deliveries, in no order.
type queue []*delivery

// A result is an answer to a webhook.
type result struct {
	at   time.Time
	good bool
}

// atOnce is how many webhooks a shop sends at the same time.
const atOnce = 4

// enqueue decides the fate of a webhook and queues it.
func (s *Shop) enqueue(sub *Subscription, topic string, w occurrence) {
	now := s.conf.Now()
	d := &delivery{sub: sub, topic: topic, what: w, said: now, due: now}
	d.event = digest(fmt.Sprint(w.order.ID, "/", w.order.State))[:32]
	d.id = digest(fmt.Sprint(d.event, "/", topic, "/", sub.ID))[:32]
	// All dice are thrown, whatever becomes of it: what happens to the next one does not
	// depend on which faults are in force.
	lost, doubled, shuffled, late := s.happens(s.faults.Lose), s.happens(s.faults.Double), s.happens(s.faults.Shuffle), s.happens(s.faults.Late)
	if lost {
		s.write(s.entry(Lost, d))
		return
	}
	if s.face.late() {
		if slices.ContainsFunc(s.queue, func(q *delivery) bool { return q.sub == sub && q.topic == topic && q.what.order.ID == w.order.ID }) {
			return
		}
	} else {
		d.body = s.face.render(d)
	}
	if shuffled {
		d.due = d.due.Add(shuffledBy)
	}
	if late {
		d.due = d.due.Add(s.paced(s.faults.LateBy))
	}
	s.queue = append(s.queue, d)
	if doubled {
		twin := *d
		twin.due = twin.due.Add(shuffledBy / 2)
		s.queue = append(s.queue, &twin)
	}
	s.nudge()
}

// shuffledBy is long enough for a later webhook to overtake.
const shuffledBy = 100 * time.Millisecond

// paced is how long a time of the platform's lasts here.
func (s *Shop) paced(d time.Duration) time.Duration {
	return time.Duration(d.Seconds() * float64(s.conf.Pace))
}

func (s *Shop) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Shop) entry(kind Kind, d *delivery) Entry {
	e := Entry{Kind: kind, Order: d.what.order.ID, State: d.what.order.State, Topic: d.topic, Delivery: d.id, Subscription: d.sub.ID}
	if d.what.refund != nil {
		e.Refund = d.what.refund.ID
	}
	return e
}

// Run sends webhooks until ctx ends, and returns after the last of them.
func (s *Shop) Run(ctx context.Context) error {
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var senders sync.WaitGroup
	defer senders.Wait()
	slots := make(chan struct{}, atOnce)
	for {
		d, wait := s.next()
		if d != nil {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			senders.Go(func() {
				defer func() { <-slots }()
				s.send(ctx, client, d)
			})
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// next takes the delivery that is due longest from the queue, or says how long there
// will be none.
func (s *Shop) next() (*delivery, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const idle = time.Minute
	if len(s.queue) == 0 {
		return nil, idle
	}
	i := 0
	for j, d := range s.queue {
		if d.due.Before(s.queue[i].due) {
			i = j
		}
	}
	now, at := s.conf.Now(), s.queue[i].due
	if at.Before(s.rests) {
		at = s.rests
	}
	if wait := at.Sub(now); wait > 0 {
		return nil, min(wait, idle)
	}
	d := s.queue[i]
	s.queue = slices.Delete(s.queue, i, i+1)
	s.flying++
	if d.body == nil {
		d.what.order = s.byID[d.what.order.ID].clone()
		d.body = s.face.render(d)
	}
	return d, 0
}

// Quiet reports whether no webhook waits or is under way.
func (s *Shop) Quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) == 0 && s.flying == 0
}

// send makes one attempt.
func (s *Shop) send(ctx context.Context, client *http.Client, d *delivery) {
	status := s.post(ctx, client, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
	d.tries++
	e := s.entry(Sent, d)
	e.Attempt, e.Status = d.tries, status
	s.write(e)
	good := s.face.good(status)
	s.results = append(s.results, result{s.conf.Now(), good})
	if good {
		d.sub.Failures, d.sub.Since = 0, time.Time{}
		return
	}
	if ctx.Err() != nil {
		return
	}
	s.failed(d)
}

// failed decides what becomes of a webhook nobody took, and of its subscription.
func (s *Shop) failed(d *delivery) {
	if d.sub.Failures++; d.sub.Failures == 1 {
		d.sub.Since = s.conf.Now()
	}
	wait, again := s.face.again(d.tries)
	switch s.face.judge(d.sub, !again) {
	case removed:
		again = false
		s.remove(d.sub)
	case rests:
		s.rests = s.conf.Now().Add(s.paced(3 * time.Minute))
	}
	if !again || !d.sub.Active {
		s.write(s.entry(GivenUp, d))
		return
	}
	d.due = s.conf.Now().Add(s.paced(wait))
	s.queue = append(s.queue, d)
	s.nudge()
}

// post sends a webhook and returns the status of the answer, 0 if there was none.
func (s *Shop) post(ctx context.Context, client *http.Client, d *delivery) int {
	patience := s.conf.Timeout
	if patience == 0 {
		patience = s.face.patience()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.mu.Lock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.reach(d.sub.Address), bytes.NewReader(d.body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
		s.face.sign(d, req.Header)
	}
	s.mu.Unlock()
	if err != nil {
		return 0
	}
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)); err != nil {
		return 0
	}
	return res.StatusCode
}

// reach returns where an address leads.
func (s *Shop) reach(address string) string {
	for public, behind := range s.conf.Reach {
		if rest, ok := strings.CutPrefix(address, public); ok {
			return behind + rest
		}
	}
	return address
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
