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

// However documents are put together into files from one attempt to the next, and
// whatever dies meanwhile, each document arrives once. Attempts go as the outbox makes
// them, and worse: what broke off is looked up, or simply put again, alone or with others.
func TestHistories(t *testing.T) {
	erptest.Serial(t)
	crashes := 0
	for seed := range uint64(5000) {
		h := &history{d: newDisk(), r: rand.New(rand.NewPCG(seed, 1)), pending: []string{"a", "b", "c"}}
		if err := h.play(t.Context()); err != nil {
			t.Fatalf("history %d: %v\n%s\n%s", seed, err, strings.Join(h.said, "\n"), h.d)
		}
		crashes += h.crashes
	}
	if crashes < 4000 {
		t.Errorf("only %d crashes", crashes)
	}
}

type history struct {
	d       *disk
	r       *rand.Rand
	pending []string // documents that are not known to be delivered
	taken   []string // what was in the files the partner took
	crashes int
	said    []string
}

func (h *history) play(ctx context.Context) error {
	for i := 0; len(h.pending) > 0; i++ {
		h.d.stop = -1
		if i < 8 {
			h.d.stop = h.d.made + 1 + h.r.IntN(70)
		}
		if err := h.attempt(ctx); err != nil {
			return err
		}
		if h.d.stop >= 0 && h.d.made >= h.d.stop {
			h.crash()
		}
		h.d.stop = -1
		if h.r.IntN(3) == 0 {
			if err := h.take(); err != nil {
				return err
			}
		}
		if i > 50 {
			return errors.New("it does not come to an end")
		}
	}
	// What was delivered is there, or was taken.
	if err := h.take(); err != nil {
		return err
	}
	documents := strings.Split(strings.Join(h.taken, ""), "")
	slices.Sort(documents)
	if strings.Join(documents, "") != "abc" {
		return fmt.Errorf("the partner has %q", h.taken)
	}
	if left := h.d.seen(); len(left) != 0 {
		return fmt.Errorf("%q is left", left)
	}
	return nil
}

// attempt looks up some documents, or puts them into one file.
func (h *history) attempt(ctx context.Context) error {
	x, err := Open(announced(root))
	if err != nil {
		return err
	}
	x.store = h.d
	keys := slices.Clone(h.pending)
	h.r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	keys = keys[:1+h.r.IntN(len(keys))]
	slices.Sort(keys)
	if h.r.IntN(3) == 0 {
		for i, r := range x.Find(ctx, keys...) {
			h.say("find %s: %v", keys[i], r.Err)
			if r.Err == nil {
				h.delivered(keys[i])
			} else if k := erpbridge.KindOf(r.Err); k != erpbridge.Missing && !errors.Is(r.Err, errPower) {
				return r.Err
			}
		}
		return nil
	}
	content := strings.Join(keys, "")
	_, err = x.Put(ctx, File{Name: content + ".xml", Body: []byte(content), Keys: keys})
	h.say("put %s: %v", content, err)
	switch {
	case err == nil:
		for _, key := range keys {
			h.delivered(key)
		}
	case errors.Is(err, errPower), erpbridge.KindOf(err) == erpbridge.InDoubt:
	default:
		return err
	}
	return nil
}

func (h *history) delivered(key string) {
	h.pending = slices.DeleteFunc(h.pending, func(k string) bool { return k == key })
}

// crash is the process dying, which loses nothing, or the power.
func (h *history) crash() {
	h.crashes++
	if h.r.IntN(2) == 0 {
		h.say("killed before operation %d", h.d.made)
		return
	}
	h.say("the power was lost before operation %d", h.d.made)
	found := h.d.outcomes(h.r)
	h.d = found[h.r.IntN(len(found))]
}

// take is the partner taking what triggers tell of. A trigger may come again: the power
// was lost when the partner had taken it and its folder was not synced.
func (h *history) take() error {
	for name := range h.d.seen() {
		base, ok := strings.CutSuffix(name, ".trg")
		if !ok {
			continue
		}
		body := h.d.seen()[base+".xml"]
		h.say("the partner takes %s", base)
		if body == "" && !strings.Contains(strings.Join(h.taken, ""), base) {
			return fmt.Errorf("there is a trigger for %s, and no data", base)
		}
		if body != "" {
			h.taken = append(h.taken, body)
		}
		h.d.drop(base+".xml", base+".xml.json", name)
	}
	return nil
}

func (h *history) say(format string, args ...any) {
	h.said = append(h.said, fmt.Sprintf(format, args...))
}
