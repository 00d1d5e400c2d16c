package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/world"
)

// A house is what all scenarios of one run of the program share.
type house struct {
	seed    uint64
	bin     string
	results string // torture-results/<seed>
	servers *world.Servers
	out     io.Writer // progress
	began   time.Time
	total   summary
}

// options are the flags all commands have.
type options struct {
	seed    uint64
	bin     string
	results string
	script  string
}

// open makes a house.
func (o *options) open(out io.Writer) (*house, error) {
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) % 1_000_000_000 // #nosec G115 -- now is after 1970
	}
	if err := world.Program(o.bin, "erpbridge-torture", "erpsim"); err != nil {
		return nil, err
	}
	servers, err := world.FromEnvironment(o.script)
	if err != nil {
		return nil, err
	}
	h := &house{seed: o.seed, bin: o.bin, results: filepath.Join(o.results, strconv.FormatUint(o.seed, 10)), servers: servers, out: out, began: time.Now()}
	h.total.Seed, h.total.Balanced = o.seed, true
	return h, os.MkdirAll(h.results, 0o750)
}

// say tells of progress.
func (h *house) say(format string, args ...any) {
	_, _ = fmt.Fprintf(h.out, "%6.1fs  %s\n", time.Since(h.began).Seconds(), fmt.Sprintf(format, args...))
}

// worldName is a name for a scenario's database and queues that no other run has.
func (h *house) worldName(scenario string) string {
	sum := fnv.New32a()
	_, _ = fmt.Fprint(sum, h.seed, scenario, os.Getpid())
	return fmt.Sprintf("t%08x", sum.Sum32())
}

// do plays a scenario, tells of it and adds it up.
func (h *house) do(ctx context.Context, s scenario) error {
	v, err := h.play(ctx, s)
	if err != nil {
		return err
	}
	h.say("%-24s %s", s.name, v)
	for _, line := range v.Violations[:min(5, len(v.Violations))] {
		h.say("%-24s   %s", "", line)
	}
	h.total.add(s.name, v)
	return h.settleEvidence(s.name, v)
}

// settleEvidence deletes what a clean scenario left, unless it is to be kept.
func (h *house) settleEvidence(name string, v verdict) error {
	if len(v.Violations) > 0 || os.Getenv("TORTURE_KEEP") != "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(h.results, name))
}

// seedOf derives the seed of a part from that of the whole.
func (h *house) seedOf(part string) uint64 {
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, h.seed, "/", part)
	return sum.Sum64() >> 1
}

// atOnce does jobs, at most n of them at a time. What is left when ctx ends is not
// begun.
func atOnce(ctx context.Context, n int, jobs []func() error) error {
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	places := make(chan struct{}, max(n, 1))
	for _, do := range jobs {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-places }()
			if err := do(); err != nil && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// close ends it: the summary is the last line on stdout.
func (h *house) close(ctx context.Context, stdout io.Writer) error {
	if err := h.servers.Close(context.WithoutCancel(ctx)); err != nil {
		h.say("cleaning up: %v", err)
	}
	h.total.Seconds = int(time.Since(h.began).Seconds())
	if len(h.total.Violations) > 0 {
		h.say("the journals, logs and parameters are in %s; make torture-replay SEED=%d repeats it", h.results, h.seed)
	} else if os.Getenv("TORTURE_KEEP") == "" {
		if err := os.RemoveAll(h.results); err != nil {
			return err
		}
	}
	return h.total.print(stdout)
}
