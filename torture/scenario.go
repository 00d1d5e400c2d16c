package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/check"
	"github.com/hakooi/erpbridge/torture/journal"
	"github.com/hakooi/erpbridge/torture/nemesis"
	"github.com/hakooi/erpbridge/torture/proxy"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// A scenario is one world, what is sent to it and what befalls it meanwhile:
//
//	world up ──▶ events are sent ──▶ healed ──▶ at rest ──▶ daemons stop ──▶ evidence ──▶ judged
//	               └─ things break ─┘            └─ an operator answers dead letters
type scenario struct {
	name string
	conf world.Config
	plan recorder.Plan
	rate float64 // events a second; 0: as fast as they are taken
	env  []string
	// ledger is the folder in which the daemons note what was broken; see package fault.
	ledger string
	// modes of the ERP are in force from the start.
	modes []world.Mode
	// provoke breaks things while events are sent. It ends when ctx does, which is when
	// the last event was accepted, unless lasting: then the scenario waits for it.
	provoke func(ctx context.Context, r *run) error
	lasting bool
	// send is how long sending may take, drain how long coming to rest.
	send, drain time.Duration
	// senders is how many tries are under way at once; 0: as many as usual.
	senders int
	// mailsPerHour is what an operator has to bear; 0: not asked.
	mailsPerHour int
	// operator answers the dead letters there are at rest.
	operator operator
}

// A run is a scenario under way.
type run struct {
	scenario
	dir     string
	began   time.Time
	world   *world.World
	nemesis *nemesis.Nemesis // of provoke, if it has one
	events  []recorder.Event
	report  recorder.Report
	sender  *recorder.Sender
	sent    chan struct{} // closed once the sender is done

	mu      sync.Mutex
	looks   []world.Backlog
	ledgers []check.Status
	wrongs  []string // what went wrong beside what the checker finds
	facts   []string // what is worth telling of it
	answers *answers // if they are being watched
	lasted  time.Duration
}

// wrong records that something went wrong.
func (r *run) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrongs = append(r.wrongs, fmt.Sprintf(format, args...))
}

// fact records what is to be told of the run beside the usual figures.
func (r *run) fact(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts = append(r.facts, fmt.Sprintf(format, args...))
}

// play runs a scenario in a folder of its own and returns what came of it. An error
// is one of the torture itself: nothing was proved.
func (h *house) play(ctx context.Context, s scenario) (_ verdict, err error) {
	began := time.Now()
	if s.ledger != "" {
		if err := errors.Join(os.RemoveAll(s.ledger), os.MkdirAll(s.ledger, 0o750)); err != nil {
			return verdict{}, err
		}
		s.env = append(slices.Clone(s.env), "ERPBRIDGE_FAULT_LEDGER="+s.ledger)
	}
	r := &run{scenario: s, began: began, answers: &answers{}, dir: filepath.Join(h.results, s.name)}
	if err := os.RemoveAll(r.dir); err != nil {
		return verdict{}, err
	}
	if err := os.MkdirAll(r.dir, 0o750); err != nil {
		return verdict{}, err
	}
	s.conf.Name, s.conf.Dir, s.conf.Bin = h.worldName(s.name), r.dir, h.bin
	if r.world, err = world.Open(ctx, h.servers, s.conf); err != nil {
		return verdict{}, err
	}
	defer func() { err = errors.Join(err, r.world.Close(context.WithoutCancel(ctx))) }()
	if err := r.world.Up(ctx, s.env...); err != nil {
		return verdict{}, err
	}
	for _, m := range s.modes {
		if err := r.world.ERP.AddMode(ctx, m); err != nil {
			return verdict{}, err
		}
	}
	if err := r.send(ctx); err != nil {
		return verdict{}, fmt.Errorf("%s: %w", s.name, err)
	}
	if err := r.world.Heal(ctx); err != nil {
		return verdict{}, fmt.Errorf("%s: healing: %w", s.name, err)
	}
	healed := time.Now()
	r.rest(ctx)
	r.lasted = time.Since(healed)
	v, err := r.judge(ctx)
	v.took = time.Since(began)
	return v, err
}

// send sends all events while provoke breaks things.
func (r *run) send(ctx context.Context) error {
	var err error
	if r.events, err = r.plan.List(); err != nil {
		return err
	}
	j, err := journal.Open(r.journalFile())
	if err != nil {
		return err
	}
	r.sender = &recorder.Sender{
		Journal: j, Store: "shop", Shop: world.Shop, Secret: r.world.Secret,
		AMQP: r.world.PartnerURL, Exchange: r.world.PartnerExchange(), Rate: r.rate, Timeout: 5 * time.Second,
		Senders: r.senders, Watch: r.answers.add,
	}
	for _, d := range r.world.Daemons {
		r.sender.Daemons = append(r.sender.Daemons, "http://"+d.Listen)
	}
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { r.lookOn(sending) })
	r.sent = make(chan struct{})
	provoked := make(chan error, 1)
	go func() {
		if r.provoke == nil {
			provoked <- nil
			return
		}
		provoked <- r.provoke(sending, r)
	}()
	limited, cancel := context.WithTimeout(ctx, orDefault(r.scenario.send, 2*time.Minute))
	defer cancel()
	r.report, err = r.sender.Run(limited, r.events)
	close(r.sent)
	if limited.Err() != nil && ctx.Err() == nil {
		r.wrong("not everything was accepted within %v: %d of %d events", orDefault(r.scenario.send, 2*time.Minute), r.report.Accepted, len(r.events))
		err = nil
	}
	var perr error
	if r.lasting {
		perr = <-provoked
		stop()
	} else {
		stop()
		perr = <-provoked
	}
	return errors.Join(err, perr, j.Close())
}

// lookOn reads the ledger now and then: it has to balance at every look. Where the
// servers are down there is nothing to see.
func (r *run) lookOn(ctx context.Context) {
	for pause(ctx, 3*time.Second); ctx.Err() == nil; pause(ctx, 3*time.Second) {
		raw, err := r.world.Status(ctx)
		var st check.Status
		if err != nil || json.Unmarshal(raw, &st) != nil {
			continue
		}
		r.mu.Lock()
		r.ledgers = append(r.ledgers, st)
		r.mu.Unlock()
	}
}

func (r *run) journalFile() string { return filepath.Join(r.dir, "sender.jsonl") }

// rest waits until nothing moves any more, and stops the daemons then. Coming back
// into the queue, what they held is delivered again: so it is looked at once more.
func (r *run) rest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.drainLimit())
	defer cancel()
	for range 5 {
		if err := r.settle(ctx); err != nil {
			r.wrong("not at rest %v after healing: %v", r.drainLimit(), err)
			r.stop()
			return
		}
		r.stop()
		events, dead, err := r.world.Depth()
		if err != nil {
			r.wrong("the broker's queues could not be counted: %v", err)
			return
		}
		if events+dead == 0 {
			return
		}
		if err := r.world.Up(ctx, r.env...); err != nil {
			r.wrong("starting the daemons again: %v", err)
			return
		}
	}
	r.wrong("the broker's queues fill again at every stop")
}

// settle waits for rest, and has the operator answer what does not move by itself.
func (r *run) settle(ctx context.Context) error {
	for {
		waiting, cancel := context.WithCancel(ctx)
		stuck := 0
		err := r.world.AwaitRest(waiting, func(b world.Backlog) {
			r.look(b)
			// What is left waits behind dead letters: nothing will move until they are answered.
			if stuck++; b.Dead == 0 || r.operator == nil {
				stuck = 0
			} else if stuck >= 5 {
				cancel()
			}
		})
		cancel()
		if ctx.Err() != nil || err == nil && (r.operator == nil || r.backlog().Dead == 0) {
			return err
		}
		if operr := r.operator(ctx, r); operr != nil {
			return fmt.Errorf("answering dead letters: %w", operr)
		}
	}
}

// drainLimit is how long coming to rest may take.
func (r *run) drainLimit() time.Duration { return orDefault(r.drain, 30*time.Second) }

func (r *run) look(b world.Backlog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks = append(r.looks, b)
}

func (r *run) backlog() world.Backlog {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.looks) == 0 {
		return world.Backlog{}
	}
	return r.looks[len(r.looks)-1]
}

// stop stops the daemons as a deployment does.
func (r *run) stop() {
	var wg sync.WaitGroup
	for _, d := range r.world.Daemons {
		wg.Go(func() {
			if err := d.Stop(); err != nil {
				r.wrong("daemon %d did not stop well: %v", d.Number, err)
			}
		})
	}
	wg.Wait()
	for _, d := range r.world.Daemons {
		for _, p := range d.Panics() {
			r.wrong("%s", p)
		}
	}
}

// An operator answers the dead letters there are, all of them.
type operator func(ctx context.Context, r *run) error

// replayer replays each dead letter up to most times and discards it then.
func replayer(most int) operator {
	tries := map[string]int{}
	return func(ctx context.Context, r *run) error {
		letters, err := r.world.OpenDeadLetters(ctx)
		if err != nil {
			return err
		}
		for _, l := range letters {
			key := fmt.Sprint(l.Event, l.Key)
			if tries[key]++; tries[key] <= most {
				err = r.world.Replay(ctx, l.ID)
			} else {
				err = r.world.Discard(ctx, l.ID, "nobody will miss it")
			}
			// A fault may have been there first: the next round sees.
			if err != nil {
				r.note("operator: %v", err)
			}
		}
		return nil
	}
}

// note writes a line into the run's own log.
func (r *run) note(format string, args ...any) {
	f, err := os.OpenFile(filepath.Join(r.dir, "torture.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	_, _ = fmt.Fprintf(f, "%s %s\n", time.Now().UTC().Format(time.RFC3339Nano), fmt.Sprintf(format, args...))
}

// kills are the daemons that ended by SIGKILL so far.
func (r *run) kills() int { return r.world.Counts().Kills }

func (r *run) cuts(at proxy.Point) int { return r.world.Cuts()[at] }

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}
