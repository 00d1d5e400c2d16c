package filetransfer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// Wherever the power is lost, and whatever of what was not synced is lost with it: there
// is no trigger without its data, nothing is lost that was reported as delivered, and
// who comes next delivers each document once; also if the power is lost again then.
//
// With the bug no-dir-fsync planted this is red, and nothing else is.
func TestPowerLoss(t *testing.T) {
	erptest.Serial(t)
	l := &loss{broken: findings{}, fresh: newDisk}
	l.search(t.Context())
	if l.tried < 1000 {
		t.Errorf("%d losses of power are too few to tell anything", l.tried)
	}
	for kind, examples := range l.broken {
		t.Errorf("%s (%d times): %s", kind, len(examples), examples[0])
	}
}

// A test that cannot fail would tell nothing: without any of the syncs, or on a disk that
// does not make folders durable, it does.
func TestPowerLossIsNoticed(t *testing.T) {
	erptest.Serial(t)
	for _, points := range []string{"temp.sync", "temp.names", "key.sync", "entry.sync", "journal.sync", "place.sync manifest.sync", "trigger.sync"} {
		t.Run("without "+points, func(t *testing.T) {
			l := &loss{broken: findings{}, fresh: newDisk, skipped: strings.Fields(points), until: 1}
			if l.search(t.Context()); len(l.broken) == 0 {
				t.Errorf("nothing was noticed in %d losses of power", l.tried)
			}
		})
	}
	l := &loss{broken: findings{}, until: 3, fresh: func() *disk {
		d := newDisk()
		d.forgetful = true
		return d
	}}
	l.search(t.Context())
	for _, what := range []string{"lost", "a trigger without", "doubled"} {
		if l.broken[what] == nil {
			t.Errorf("%q was not noticed: %v", what, l.broken)
		}
	}
}

// findings are what was broken, by kind, with an example.
type findings map[string][]string

func (f findings) add(kind, format string, args ...any) {
	f[kind] = append(f[kind], fmt.Sprintf(format, args...))
}

// loss searches for what a loss of power breaks.
type loss struct {
	fresh   func() *disk
	skipped []string // points whose steps are not made
	until   int      // so many kinds of findings are enough; 0: all
	broken  findings
	tried   int
	random  *rand.Rand
}

// search delivers a file with the power lost before each operation, and looks at all that
// may be found then.
func (l *loss) search(ctx context.Context) {
	l.random = rand.New(rand.NewPCG(1, 2))
	for stop := 1; ; stop++ {
		d := l.fresh()
		d.stop = stop
		_, err := l.on(d).Put(ctx, two())
		where := fmt.Sprintf("the power was lost before operation %d", stop)
		if err != nil && !errors.Is(err, errPower) {
			l.broken.add("stuck", "%s: %v", where, err)
			return
		}
		for _, found := range d.outcomes(l.random) {
			l.tried++
			l.look(where, found, err == nil)
			l.again(ctx, where, found.after(nil, 0), false)
			l.again(ctx, where, found, true)
			if l.until > 0 && len(l.broken) >= l.until {
				return
			}
		}
		if err == nil {
			return // the power was lost after all was done
		}
	}
}

// look looks at what is found when the power is back.
func (l *loss) look(where string, d *disk, reported bool) {
	seen, f := d.seen(), two()
	whole := seen[f.Name] == string(f.Body)
	if _, ok := seen[f.Name]; ok && !whole {
		l.broken.add("cut", "%s: the data is %d bytes", where, len(seen[f.Name]))
	}
	_, triggered := seen[expand("{base}.trg", f.Name)]
	if triggered && (!whole || seen[f.Name+".json"] == "") {
		l.broken.add("a trigger without", "%s: a trigger without its data or manifest\n%s", where, d)
	}
	if reported && (!whole || !triggered) {
		l.broken.add("lost", "%s: what was reported as delivered is not there\n%s", where, d)
	}
}

// again goes on after the power is back, loses it once more at some place, and goes on.
// The partner may take what it sees each time.
func (l *loss) again(ctx context.Context, where string, d *disk, takes bool) {
	taken := takes && d.take()
	d.stop = 1 + l.random.IntN(40)
	where += fmt.Sprintf(", and %d later once more; the partner took it: %t", d.stop, taken)
	err := l.recovered(ctx, d)
	if err != nil && !errors.Is(err, errPower) {
		l.broken.add("stuck", "%s: %v\n%s", where, err, d)
		return
	}
	found := d.outcomes(l.random)
	d = found[l.random.IntN(len(found))]
	if !taken {
		l.look(where, d, err == nil)
		taken = takes && d.take()
	}
	if err := l.recovered(ctx, d); err != nil {
		l.broken.add("stuck", "%s: %v\n%s", where, err, d)
		return
	}
	switch n := len(d.seen()); {
	case !taken && n == 3:
		l.look(where, d, true)
	case !taken || n > 0:
		l.broken.add("doubled", "%s, at last %t: %d files\n%s", where, taken, n, d)
	}
}

// recovered does what the outbox does about documents in doubt.
func (l *loss) recovered(ctx context.Context, d *disk) error {
	x := l.on(d)
	for _, r := range x.Find(ctx, two().Keys...) {
		if erpbridge.KindOf(r.Err) == erpbridge.Missing {
			_, err := x.Put(ctx, two())
			return err
		}
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// on returns a Transfer to a disk.
func (l *loss) on(d *disk) *Transfer {
	x, err := Open(announced(root))
	if err != nil {
		panic(err) // the settings are constant
	}
	x.store = d
	x.do = func(point string, step func() error) error {
		if slices.Contains(l.skipped, strings.TrimPrefix(point, "filetransfer.")) {
			return nil
		}
		return step()
	}
	return x
}
