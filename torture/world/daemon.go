package world

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hakooi/erpbridge/torture/proxy"
)

// How soon a daemon that ended is started again: the longer, the more often in a row
// it ended at once.
const (
	restartAfter = 50 * time.Millisecond
	restartMost  = time.Second
	// shutdown is how long a daemon may take to end after SIGTERM.
	shutdown = 25 * time.Second
)

// A Daemon is one of the world's daemons with the proxies it sees the world through.
type Daemon struct {
	Number int
	Listen string // host:port of its webhooks
	Log    string
	// Broker, Database and ERP are the proxies.
	Broker, Database, ERP *proxy.Proxy

	world  *World
	config string

	mu      sync.Mutex
	env     []string // of the next start
	current *process
	want    bool // it is to run
	counts  Counts
	panics  []string

	running sync.WaitGroup
}

// Counts are what befell a daemon.
type Counts struct {
	Starts int
	Kills  int // SIGKILL, ours or its own at a fault
	Terms  int // SIGTERM
	Stops  int // SIGSTOP
	Exits  int // it ended by itself with an error
}

// Start runs the daemon from now on, with env beside its environment, and starts it
// again whenever it ends.
func (d *Daemon) Start(env ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.want {
		return fmt.Errorf("daemon %d runs already", d.Number)
	}
	d.env = env
	if err := d.start(); err != nil {
		return err
	}
	d.want = true
	d.running.Go(d.supervise)
	return nil
}

// start starts a process. The caller holds the lock.
func (d *Daemon) start() error {
	p, err := launch(fmt.Sprintf("daemon %d", d.Number), d.Log, d.env, d.world.daemonProgram(), "run", "--config", d.config)
	if err != nil {
		return err
	}
	d.current = p
	d.counts.Starts++
	return nil
}

// supervise starts the daemon again until it is not wanted any more.
func (d *Daemon) supervise() {
	wait := restartAfter
	for {
		d.mu.Lock()
		p, began := d.current, time.Now()
		d.mu.Unlock()
		<-p.done
		if time.Since(began) > 2*time.Second {
			wait = restartAfter
		}
		d.mu.Lock()
		d.note(p)
		want := d.want
		d.mu.Unlock()
		if !want {
			return
		}
		time.Sleep(wait)
		wait = min(2*wait, restartMost)
		d.mu.Lock()
		if !d.want {
			d.mu.Unlock()
			return
		}
		if err := d.start(); err != nil {
			d.panics = append(d.panics, err.Error())
			d.want = false
		}
		want = d.want
		d.mu.Unlock()
		if !want {
			return
		}
	}
}

// note counts how a process ended. The caller holds the lock.
func (d *Daemon) note(p *process) {
	switch {
	case p.killed():
		d.counts.Kills++
	case p.err != nil:
		d.counts.Exits++
		if end := tail(p.log); strings.Contains(end, "goroutine ") && strings.Contains(end, "panic") {
			d.panics = append(d.panics, fmt.Sprintf("daemon %d panicked: its log is in %s", d.Number, p.log))
		}
	}
}

// Kill is kill -9 of a process that lives: where one is just being started again, it
// waits for that.
func (d *Daemon) Kill(ctx context.Context) error {
	return poll(ctx, 10*time.Millisecond, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		switch {
		case !d.want:
			return nil
		case d.current.ended():
			return errors.New("the daemon is not running")
		}
		return d.current.signal(syscall.SIGKILL)
	})
}

// send sends a signal to the process that runs, if one does.
func (d *Daemon) send(s syscall.Signal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current == nil {
		return nil
	}
	return d.current.signal(s)
}

// Term is SIGTERM; the daemon is started again once it has ended, with env.
func (d *Daemon) Term() error {
	d.mu.Lock()
	p := d.current
	if p == nil || !d.want {
		d.mu.Unlock()
		return nil
	}
	d.counts.Terms++
	d.mu.Unlock()
	return d.decently(p.terminate(shutdown), p)
}

// decently is what is wrong with how a process ended after SIGTERM. A fault may
// have killed it on the way out.
func (d *Daemon) decently(err error, p *process) error {
	select {
	case <-p.done:
	default:
		return err
	}
	// So may a second SIGTERM, and the first one does before the daemon listens to it.
	if (p.killed() || p.endedBy(syscall.SIGTERM)) && err == p.err { //nolint:errorlint // the very same value
		return nil
	}
	return err
}

// Suspend is SIGSTOP, then SIGCONT after a while, or when ctx ends.
func (d *Daemon) Suspend(ctx context.Context, pause time.Duration) error {
	d.mu.Lock()
	p := d.current
	d.counts.Stops++
	d.mu.Unlock()
	if p == nil {
		return nil
	}
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	select {
	case <-time.After(pause):
	case <-p.done:
	case <-ctx.Done():
	}
	return p.signal(syscall.SIGCONT)
}

// Stop is SIGTERM without another start. It returns what is wrong with how the
// daemon ended.
func (d *Daemon) Stop() error {
	d.mu.Lock()
	p := d.current
	d.want = false
	if p == nil {
		d.mu.Unlock()
		return nil
	}
	d.counts.Terms++
	ended := false
	select {
	case <-p.done:
		ended = true // it was about to be started again
	default:
	}
	d.mu.Unlock()
	var err error
	if !ended {
		err = d.decently(p.terminate(shutdown), p)
	}
	d.running.Wait()
	d.mu.Lock()
	d.current = nil
	d.mu.Unlock()
	return err
}

// Dead ends the daemon with SIGKILL and does not start it again.
func (d *Daemon) Dead() error {
	d.mu.Lock()
	p := d.current
	d.want = false
	d.mu.Unlock()
	if p == nil {
		return nil
	}
	_ = p.signal(syscall.SIGCONT)
	err := p.kill()
	d.running.Wait()
	d.mu.Lock()
	d.current = nil
	d.mu.Unlock()
	return err
}

// Counts returns what befell the daemon so far.
func (d *Daemon) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// Panics are its ends that no fault explains.
func (d *Daemon) Panics() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.panics...)
}

// Ready waits until the daemon takes events.
func (d *Daemon) Ready(ctx context.Context) error {
	client := &http.Client{Timeout: 3 * time.Second}
	defer client.CloseIdleConnections()
	err := poll(ctx, 20*time.Millisecond, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.Listen+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz: %s", res.Status)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("waiting for daemon %d to be ready: %w\n%s", d.Number, err, tail(d.Log))
	}
	return nil
}

// heal lets everything through again.
func (d *Daemon) heal() error {
	var errs []error
	for _, p := range []*proxy.Proxy{d.Broker, d.Database, d.ERP} {
		p.Delay(0)
		errs = append(errs, p.Cut(0, 1), p.Admit())
		p.Unblock()
	}
	errs = append(errs, d.ERP.CutAt(proxy.MidAnswer, 0, 1), d.Database.CutAt(proxy.Write, 0, 1), d.send(syscall.SIGCONT))
	return errors.Join(errs...)
}

// poll calls ok until it returns nil or ctx ends.
func poll(ctx context.Context, every time.Duration, ok func() error) error {
	for {
		err := ok()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(every):
		}
	}
}
