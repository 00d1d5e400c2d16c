package pipeline

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// references are tables whose revisions are given; pinned counts who holds them.
type references struct {
	revisions map[string]int64
	pinned    int
}

func (r *references) Pin() (func(target string) int64, func()) {
	r.pinned++
	return func(target string) int64 { return r.revisions[target] }, func() { r.pinned-- }
}

// A decision says by which revision of which target's tables it was made, and pins them
// for as long as it takes and no longer, however it ends.
func TestDecideNamesTheRevision(t *testing.T) {
	for name, c := range map[string]struct {
		ends    func() error
		verdict erpbridge.Verdict
		mapping string   // of the decision
		docs    []string // the mappings of the documents
	}{
		"accepted": {func() error { return nil }, erpbridge.Accept, "m1", []string{"m1/erp@3", "m1/other@7"}},
		"held":     {func() error { return ofKind(erpbridge.Held) }, erpbridge.Hold, "m1/other@7", nil},
		"missing":  {func() error { return ofKind(erpbridge.Missing) }, erpbridge.Hold, "m1/other@7", nil},
		"panic":    {func() error { panic("bug") }, erpbridge.Bury, "m1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			refs := &references{revisions: map[string]int64{"erp": 3, "other": 7}}
			translator := func(err func() error) Translator {
				return translate(func(e erpbridge.Event) ([]erpbridge.Document, error) {
					if refs.pinned != 1 {
						t.Errorf("the tables are pinned %d times", refs.pinned)
					}
					if err := err(); err != nil {
						return nil, err
					}
					return renders(e)
				})
			}
			p := &Pipeline{
				Stores:  map[string]Normalizer{"shop": comesTo(nil, event("a", "erp", "other"))},
				Targets: map[string]Translator{"erp": translator(func() error { return nil }), "other": translator(c.ends)},
				Mapping: "m1", References: refs,
			}
			d := p.Decide(t.Context(), erpbridge.Message{Store: "shop"})
			var docs []string
			for _, doc := range d.Documents {
				docs = append(docs, doc.Mapping)
			}
			if d.Verdict != c.verdict || d.Mapping != c.mapping {
				t.Errorf("%s under %s, want %s under %s", d.Verdict, d.Mapping, c.verdict, c.mapping)
			}
			if diff := cmp.Diff(c.docs, docs); diff != "" {
				t.Error(diff)
			}
			if refs.pinned != 0 {
				t.Errorf("%d pins are left", refs.pinned)
			}
		})
	}
}

// No table helps what was held before any ERP was asked.
func TestDecideHeldBeforeTranslation(t *testing.T) {
	p := &Pipeline{
		Stores: map[string]Normalizer{"shop": comesTo(nil, event("a"))}, Targets: map[string]Translator{"erp": translate(renders)},
		Mapping: "m1", References: &references{},
	}
	if d := p.Decide(t.Context(), erpbridge.Message{Store: "shop"}); d.Verdict != erpbridge.Hold || d.Mapping != "m1" {
		t.Errorf("%s under %s", d.Verdict, d.Mapping)
	}
}

// What waits goes first; then what is held is given back, batch after batch without a
// pause, under the mappings of then.
func TestDigesterResumesOutdated(t *testing.T) {
	var seen []string
	r := receiver(&ledger{}, &seen)
	r.Pipeline.References = &references{revisions: map[string]int64{"erp": 3}}
	in := &inboxOf{batches: [][]Waiting{{{message("new"), 1}}}, outdated: []int{250, 250, 0}}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- (&Digester{Inbox: in, Receiver: r, Log: zap.NewNop()}).Run(ctx) }()
		time.Sleep(500 * time.Millisecond) // before the second tick
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff([]string{"new"}, seen); diff != "" {
		t.Errorf("seen: %s", diff)
	}
	present := []string{"m1", "m1/erp@3"}
	if diff := cmp.Diff([][]string{present, present, present}, in.asked); diff != "" {
		t.Errorf("asked: %s", diff)
	}
	if diff := cmp.Diff([]string{"m1 m1/erp@3"}, in.resumed); diff != "" {
		t.Errorf("at the start: %s", diff)
	}
}

// The tables are read when they came to rest for a second, or after ten seconds in which
// they did not; what cannot be read is read later.
func TestReloading(t *testing.T) {
	away := errAway{}
	for name, c := range map[string]struct {
		latest []any // an int64 or an error each second; the last one stays
		want   []int // the seconds at which they are read
	}{
		"nothing changes":  {[]any{int64(1)}, nil},
		"one change":       {[]any{int64(1), int64(2)}, []int{3}},
		"several in a row": {[]any{int64(1), int64(2), int64(3), int64(4)}, []int{5}},
		"changes without an end": {
			[]any{int64(2), int64(3), int64(4), int64(5), int64(6), int64(7), int64(8), int64(9), int64(10), int64(11), int64(12), int64(13), int64(14), int64(15)},
			[]int{11, 15},
		},
		"postgres is away": {[]any{int64(2), away, away, int64(2)}, []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				second := func() int { return int(time.Since(began) / time.Second) }
				now := func() any { return c.latest[min(second(), len(c.latest))-1] }
				var read []int
				r := &Reloading{
					Loaded: 1, Log: zap.NewNop(),
					Latest: func(context.Context) (int64, error) {
						if err, ok := now().(error); ok {
							return 0, err
						}
						return now().(int64), nil
					},
					Load: func(context.Context) (int64, error) {
						read = append(read, second())
						return now().(int64), nil
					},
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second+time.Millisecond)
				defer cancel()
				if err := r.Run(ctx); err != nil {
					t.Error(err)
				}
				if !slices.Equal(read, c.want) {
					t.Errorf("read at %d, want %d", read, c.want)
				}
			})
		})
	}
}

// A reading that fails is tried again each second, and the number stays that of the
// tables in force.
func TestReloadingAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := &Reloading{
			Loaded: 1, Log: zap.NewNop(),
			Latest: func(context.Context) (int64, error) { return 2, nil },
			Load: func(context.Context) (int64, error) {
				if tries++; tries < 3 {
					return 0, errAway{}
				}
				return 2, nil
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := r.Run(ctx); err != nil || tries != 3 || r.Loaded != 2 {
			t.Errorf("%d tries, loaded %d, %v", tries, r.Loaded, err)
		}
	})
}

type errAway struct{}

func (errAway) Error() string { return "postgres is away" }
