package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// A planted is a bug that the daemon has only where it is told to, and the provocation
// in which it shows.
type planted struct {
	name    string
	provoke string
	// rare: it takes a coincidence to show. A run of a few bugs leaves it out.
	rare bool
}

// bugs are all that have to turn the checker red.
var bugs = []planted{
	{name: "ack-before-commit", provoke: "crash-at-commit"},
	{name: "no-mandatory", provoke: "unbound"},
	{name: "ignore-nack", provoke: "unconfirmed"},
	{name: "auto-ack", provoke: "crash-at-commit"},
	{name: "stale-ack", provoke: "sessions", rare: true},
	{name: "no-unique-key", provoke: "repeats"},
	{name: "unknown-failed", provoke: "lost-answers"},
	{name: "unknown-sent", provoke: "lost-answers"},
	{name: "new-key-per-attempt", provoke: "lost-answers"},
	{name: "no-fence", provoke: "zombie-result", rare: true},
	{name: "lease-unchecked", provoke: "zombie-sender", rare: true},
	{name: "naive-skip-locked", provoke: "one-order", rare: true},
	{name: "cursor-poller", provoke: "lost-answers"},
	{name: "no-version-check", provoke: "shuffled"},
	{name: "position-only", provoke: "mixed-answers"},
	{name: "no-dir-fsync", provoke: powerLoss},
	{name: "rate-per-process", provoke: "pace"},
	{name: "no-jitter", provoke: "failing-records", rare: true},
	{name: "requeue-poison", provoke: "poison"},
	{name: "replay-blind", provoke: "buried"},
	{name: "escape-only", provoke: "bodies"},
	{name: "float-totals", provoke: "bodies"},
	{name: "hmac-remarshal", provoke: "bodies"},
	{name: "alert-each", provoke: "many-dead"},
	{name: "stop-drops", provoke: "stops"},
}

func newBugs(o *options) *cobra.Command {
	var b hunt
	c := &cobra.Command{
		Use: "bugs", Short: "Plant each bug and see the checker find it", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			return errors.Join(h.keep(parameters{Command: "bugs", Parallel: b.parallel, Bugs: b.only, Some: b.some}), b.run(ctx, h))
		}),
	}
	f := c.Flags()
	f.StringSliceVar(&b.only, "bug", nil, "only these bugs")
	f.IntVar(&b.some, "some", 0, "only so many, chosen by the seed; 0: all")
	f.IntVar(&b.parallel, "parallel", 3, "worlds at once")
	return c
}

// A hunt plants bugs, and nothing in a control run of each provocation.
type hunt struct {
	only     []string
	some     int
	parallel int

	mu   sync.Mutex
	rows []row
}

// A row is what came of a bug.
type row struct {
	bug, provocation, finding string
	seed                      uint64
}

func (b *hunt) run(ctx context.Context, h *house) error {
	chosen := slices.Clone(bugs)
	if b.only != nil {
		chosen = slices.DeleteFunc(chosen, func(p planted) bool { return !slices.Contains(b.only, p.name) })
	}
	if b.some > 0 {
		r := rand.New(rand.NewPCG(h.seed, 25)) // #nosec G404 -- to be repeated, not to be secret
		chosen = slices.DeleteFunc(chosen, func(p planted) bool { return p.rare })
		r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		chosen = chosen[:min(b.some, len(chosen))]
	}
	var jobs []func() error
	controls := map[string]bool{}
	for _, p := range chosen {
		if !controls[p.provoke] {
			controls[p.provoke] = true
			jobs = append(jobs, func() error { return b.control(ctx, h, p.provoke) })
		}
		jobs = append(jobs, func() error { return b.plant(ctx, h, p) })
	}
	err := atOnce(ctx, b.parallel, jobs)
	b.print(h)
	return err
}

// control is a provocation without a bug: it has to be green.
func (b *hunt) control(ctx context.Context, h *house, provocation string) error {
	s := h.provocation(provocation)
	s.name = "control-" + provocation
	s.ledger = filepath.Join(h.results, s.name+".ledger")
	v, err := h.provoke(ctx, provocation, s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	h.say("%-34s %s", s.name, v)
	b.mu.Lock()
	h.total.add(s.name, v)
	b.mu.Unlock()
	return errors.Join(os.RemoveAll(s.ledger), h.settleEvidence(s.name, v))
}

// plant is a provocation with a bug: it has to be red.
func (b *hunt) plant(ctx context.Context, h *house, p planted) error {
	s := h.provocation(p.provoke)
	s.name = "bug-" + p.name
	s.ledger = filepath.Join(h.results, s.name+".ledger")
	s.env = append(s.env, "ERPBRIDGE_BUGS="+p.name)
	v, err := h.provoke(ctx, p.provoke, s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	_, missing := os.Stat(filepath.Join(s.ledger, "bug."+p.name))
	finding := "NOT FOUND"
	switch {
	case len(v.Violations) > 0:
		finding = found(v)
	case missing != nil:
		finding = "NOT PLANTED: the daemon never asked for it"
	}
	b.add(row{p.name, p.provoke, finding, h.seed})
	h.say("%-34s %s", s.name, finding)
	if len(v.Violations) == 0 {
		b.mu.Lock()
		h.total.violate("the planted bug %s was not found in %s: %s", p.name, p.provoke, finding)
		b.mu.Unlock()
		return os.RemoveAll(s.ledger)
	}
	return errors.Join(os.RemoveAll(s.ledger), os.RemoveAll(filepath.Join(h.results, s.name)))
}

// found says what the checker saw.
func found(v verdict) string {
	var parts []string
	for _, c := range []struct {
		what string
		n    int
	}{
		{"lost", v.Lost},
		{"duplicates", v.DuplicateEffects},
		{"inversions", v.Inversions},
		{"over the limit", v.LimitViolations},
		{"invented", v.Invented},
		{"corrupted", v.Corrupted},
		{"refused", v.Refused},
		{"pending", v.Pending},
		{"mails", v.MailViolations},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", c.what, c.n))
		}
	}
	if len(parts) == 0 {
		return v.Violations[0]
	}
	return strings.Join(parts, ", ")
}

func (b *hunt) add(r row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, r)
}

func (b *hunt) print(h *house) {
	slices.SortFunc(b.rows, func(x, y row) int { return strings.Compare(x.bug, y.bug) })
	tw := tabwriter.NewWriter(h.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "PLANTED BUG\tPROVOKED BY\tFINDING\tSEED")
	for _, r := range b.rows {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%d\n", r.bug, r.provocation, r.finding, r.seed)
	}
	_ = tw.Flush()
}

// every repeats do until the events are sent or ctx ends.
func every(ctx context.Context, r *run, d time.Duration, do func(i int) error) error {
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-r.sent:
			return nil
		case <-time.After(d):
		}
		if err := do(i); err != nil {
			return err
		}
	}
}
