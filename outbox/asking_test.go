package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A booker is an ERP that stores what it is sent and books it later. It notes what no
// bridge may do to it.
type booker struct {
	mu     sync.Mutex
	rnd    *rand.Rand
	moody  bool                // answers get lost, requests too, and it is asked in vain
	never  map[string]bool     // streams it never books
	stored map[string]string   // by key: "stored" or "booked"
	last   map[string]string   // by stream: the key that came last
	booked map[string][]string // by stream: versions, in order
	open   int
	most   int
	wrong  []string
}

func newBooker(moody bool) *booker {
	return &booker{
		rnd: rand.New(rand.NewPCG(7, 7)), moody: moody, // #nosec G404 -- a test
		never: map[string]bool{}, stored: map[string]string{}, last: map[string]string{}, booked: map[string][]string{},
	}
}

// enter counts a request as open until the returned function is called.
func (b *booker) enter() func() {
	b.mu.Lock()
	b.open++
	b.most = max(b.most, b.open)
	b.mu.Unlock()
	return func() {
		b.mu.Lock()
		b.open--
		b.mu.Unlock()
	}
}

func (b *booker) Deliver(_ context.Context, docs []erpbridge.Document) []erpbridge.Result {
	defer b.enter()()
	b.mu.Lock()
	defer b.mu.Unlock()
	rs := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		mood := 0
		if b.moody {
			mood = b.rnd.IntN(8)
		}
		if mood == 1 {
			rs[i].Err = kind(erpbridge.Transient, 0)
			continue
		}
		switch before := b.last[d.Stream]; {
		case b.stored[d.Key] != "":
			b.wrong = append(b.wrong, d.Key+" was sent although it is there")
		case before != "" && b.stored[before] != "booked":
			b.wrong = append(b.wrong, d.Key+" overtook "+before)
		}
		b.stored[d.Key], b.last[d.Stream] = "stored", d.Key
		if rs[i].Receipt = (erpbridge.Receipt{Ref: "ref " + d.Key, Accepted: true}); mood == 2 {
			rs[i] = erpbridge.Result{Err: kind(erpbridge.InDoubt, 0)}
		}
	}
	return rs
}

func (b *booker) Find(_ context.Context, docs []erpbridge.Document) []erpbridge.Result {
	defer b.enter()()
	b.mu.Lock()
	defer b.mu.Unlock()
	rs := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		rs[i].Receipt = erpbridge.Receipt{Ref: "ref " + d.Key, Accepted: b.stored[d.Key] == "stored"}
		if b.stored[d.Key] == "" {
			rs[i] = erpbridge.Result{Err: kind(erpbridge.Missing, 0)}
		}
	}
	return rs
}

func (b *booker) Confirm(_ context.Context, as []erpbridge.Accepted) []erpbridge.Result {
	defer b.enter()()
	b.mu.Lock()
	defer b.mu.Unlock()
	rs := make([]erpbridge.Result, len(as))
	for i, a := range as {
		mood := 0
		if b.moody {
			mood = b.rnd.IntN(4)
		}
		switch {
		case b.stored[a.Key] == "" || a.Ref != "ref "+a.Key || a.Since.IsZero():
			b.wrong = append(b.wrong, "asked about "+a.Key+" as "+a.Ref)
			rs[i].Err = kind(erpbridge.Missing, 0)
		case mood == 1:
			rs[i].Err = kind(erpbridge.Transient, 0)
		case mood == 2 || b.never[a.Stream]:
			rs[i].Receipt = erpbridge.Receipt{Accepted: true, Warning: "in the queue"}
		default:
			b.book(a.Document)
			rs[i].Receipt = erpbridge.Receipt{Ref: "number of " + a.Key}
		}
	}
	return rs
}

func (b *booker) book(d erpbridge.Document) {
	if b.stored[d.Key] != "booked" {
		b.stored[d.Key] = "booked"
		b.booked[d.Stream] = append(b.booked[d.Stream], d.Version.Digest)
	}
}

// bookingDispatcher is a dispatcher in a hurry.
func bookingDispatcher(s *Store, b *booker) *Dispatcher {
	p := confirmPolicy
	p.First, p.Max, p.Throttle = time.Millisecond, 5*time.Millisecond, time.Millisecond
	p.Confirm.First, p.Confirm.Max = time.Millisecond, 5*time.Millisecond
	return &Dispatcher{
		Target: "erp", Queue: s, ERP: b, Finder: b, Confirmations: s, Confirmer: b, Policy: p,
		Limits: Limits{Concurrency: 3}, Batch: Batch{Events: 4}, Timeout: time.Second, Lease: 2 * time.Second,
		Poll: 10 * time.Millisecond, Grace: time.Second, Log: zap.NewNop(),
	}
}

// untilRest runs dispatchers until the condition holds.
func untilRest(t *testing.T, s *Store, done string, ds ...*Dispatcher) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, d := range ds {
		wg.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	defer cancel()
	for ctx.Err() == nil {
		if column(t, s, `select (`+done+`)::text`) == "true" {
			return
		}
		sleep(ctx, 20*time.Millisecond)
	}
	t.Errorf("after a minute: %+v", ledger(t, s))
}

// deltas are n changes of each of so many orders, which nothing supersedes.
func deltas(streams, n int) (all []erpbridge.Decision) {
	for i := range n {
		for o := range streams {
			d := an{order: fmt.Sprint(o), state: fmt.Sprint(i), at: time.Duration(i) * time.Second}.decision()
			d.Documents[0].Record = ""
			all = append(all, d)
		}
	}
	return all
}

// Two daemons deliver to an ERP that loses answers and books later; one of them is
// stopped hard on the way, and a third takes over.
func TestEachIsBookedOnceAndInOrder(t *testing.T) {
	s := open(t)
	recordAll(t, s, deltas(25, 4)...)
	other, err := Open(t.Context(), Config{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	b := newBooker(true)

	dies := bookingDispatcher(other, b)
	dies.Grace = 0
	ctx, kill := context.WithCancel(t.Context())
	dead := make(chan error, 1)
	go func() { dead <- dies.Run(ctx) }()
	for column(t, s, `select (count(*) filter (where state = 'delivered') > 5)::text from outbox`) != "true" {
		time.Sleep(5 * time.Millisecond)
	}
	kill()
	if err := <-dead; err != nil {
		t.Fatal(err)
	}
	untilRest(t, s, `not exists (select from inbox where state = 'pending')`, bookingDispatcher(s, b), bookingDispatcher(other, b))

	wantLedger(t, s, Ledger{Accepted: 100, Delivered: 100})
	if len(b.wrong) > 0 {
		t.Errorf("%d wrongs, such as %s", len(b.wrong), b.wrong[0])
	}
	if b.most > 3 {
		t.Errorf("%d requests at once, 3 are allowed", b.most)
	}
	for stream, got := range b.booked {
		if len(got) != 4 {
			t.Errorf("%s: %d booked", stream, len(got))
		}
		for i := 1; i < len(got); i++ {
			if got[i-1] >= got[i] {
				t.Errorf("%s: booked out of order: %v", stream, got)
			}
		}
	}
}

// What is never booked keeps nobody else waiting, also where there is one request at a
// time.
func TestAcceptedKeepsNobodyElseWaiting(t *testing.T) {
	s := open(t)
	recordAll(t, s, deltas(100, 2)...)
	b := newBooker(false)
	for o := range 10 {
		b.never[fmt.Sprintf("shop/order/%d", o)] = true
	}
	d := bookingDispatcher(s, b)
	d.Limits.Concurrency, d.Batch.Events = 1, 1
	untilRest(t, s, `(select count(*) from outbox where state = 'delivered') = 180`, d)
	wantLedger(t, s, Ledger{Accepted: 200, Delivered: 180, Pending: 20, Unconfirmed: 10})
	if len(b.wrong) > 0 || b.most > 1 {
		t.Errorf("%d at once; %v", b.most, b.wrong)
	}
}

// An ERP that sends word by itself is asked nothing, and what it never confirms is
// overdue.
func TestERPThatSendsWordByItself(t *testing.T) {
	s := open(t)
	recordAll(t, s, deltas(6, 2)...)
	b := newBooker(false)
	d := bookingDispatcher(s, b)
	d.Confirmer = nil
	d.Policy.Confirm = Confirm{Hears: true, First: time.Second, Max: time.Second, Within: time.Hour}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { // the ERP: it books all but those of the first order
		told := map[string]bool{}
		for sleep(ctx, 5*time.Millisecond) {
			b.mu.Lock()
			var as []erpbridge.Acknowledgement
			for stream, key := range b.last {
				if stream == "shop/order/0" || told[key] {
					continue
				}
				told[key] = true
				b.stored[key] = "booked"
				as = append(as, erpbridge.Acknowledgement{Ref: "ref " + key})
			}
			b.mu.Unlock()
			if err := s.Acknowledged(ctx, "erp", erpbridge.Message{Body: []byte(fmt.Sprint(as))}, as); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	untilRest(t, s, `(select count(*) from outbox where state = 'delivered') = 10`, d)
	wantLedger(t, s, Ledger{Accepted: 12, Delivered: 10, Pending: 2, Unconfirmed: 1})

	execute(t, s, `update outbox set next_at = next_at - interval '2 hours', accepted_at = accepted_at - interval '2 hours', confirm_since = confirm_since - interval '2 hours' where state = 'accepted'`)
	untilRest(t, s, `exists (select from dead_letter)`, d)
	cancel()
	wantLedger(t, s, Ledger{Accepted: 12, Delivered: 10, Dead: 1, Pending: 1})
	if got := column(t, s, `select cause_code from dead_letter`); got != "NOT-CONFIRMED" {
		t.Errorf("cause %s", got)
	}
	if len(b.wrong) > 0 {
		t.Error(b.wrong)
	}
	if got := column(t, s, `select count(*)::text from target where failures > 0`); got != "0" {
		t.Error("to wait counts as failing")
	}
}

// panicking and silent are ERPs that break while they are asked.
type panicking struct{}

func (panicking) Confirm(context.Context, []erpbridge.Accepted) []erpbridge.Result { panic("boom") }

type silent struct{}

func (silent) Confirm(context.Context, []erpbridge.Accepted) []erpbridge.Result { return nil }

func TestConfirmerThatBreaks(t *testing.T) {
	for name, c := range map[string]erpbridge.Confirmer{"panics": panicking{}, "answers for none": silent{}} {
		d := bookingDispatcher(nil, newBooker(false))
		d.Confirmer = c
		rs := d.request(t.Context(), Request{Confirm: true, Entries: []Entry{{Taken: &Taken{Ref: "1"}}}})
		if len(rs) != 1 || erpbridge.KindOf(rs[0].Err) != erpbridge.InDoubt {
			t.Errorf("%s: %+v", name, rs)
		}
	}
}

// A hard stop while the ERP is asked decides nothing, also not about what is overdue.
func TestHardStopWhileAsking(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	accept(t, s)
	execute(t, s, `update outbox set accepted_at = now() - interval '30 hours', confirm_since = now() - interval '30 hours', asked = 50`)
	b := newBooker(false)
	d := bookingDispatcher(s, b)
	d.Grace = 0
	ctx, cancel := context.WithCancel(t.Context())
	d.Confirmer = hanging(cancel)
	if err := d.Run(ctx); err != nil {
		t.Fatal(err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1, Unconfirmed: 1})
	if got := column(t, s, `select asked::text || ' ' || (lease_token is null) || ' ' || (select count(*) from target where failures > 0) from outbox`); got != "50 true 0" {
		t.Errorf("asked, free, failing: %s", got)
	}
}

// hanging answers when it is told to stop, which it asks for.
type hanging context.CancelFunc

func (h hanging) Confirm(ctx context.Context, as []erpbridge.Accepted) []erpbridge.Result {
	h()
	<-ctx.Done()
	rs := make([]erpbridge.Result, len(as))
	for i := range rs {
		rs[i].Err = errors.Join(errors.New("asking"), ctx.Err())
	}
	return rs
}
