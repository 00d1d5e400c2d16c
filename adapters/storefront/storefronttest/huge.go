package storefronttest

import (
	"runtime"
	"testing"

	"github.com/hakooi/erpbridge"
)

const (
	megabyte = 1 << 20
	// most is what a body of a megabyte may cost.
	most = 64 << 20
)

// huge: a body of a megabyte is an order like any other, and does not cost many times
// its size.
func (s Suite) huge(t *testing.T) {
	if s.Huge == nil {
		t.Log("Suite.Huge is not set: nothing shows that a large body can be read")
		return
	}
	m := s.Huge(t, megabyte)
	if n := len(m.Body); n < megabyte*8/10 || n > megabyte*3/2 {
		t.Fatalf("the body has %d bytes, and was to have about %d", n, megabyte)
	}
	shop := s.Open(t)
	e := Event(t, shop, m)
	if payloads(e) != 1 {
		t.Errorf("the event carries %d things", payloads(e))
	}
	if used := allocated(func() { _, _ = shop.Normalize(m) }); used > most {
		t.Errorf("normalizing %d bytes allocates %d MiB, more than %d", len(m.Body), used>>20, most>>20)
	}
	// Cut short it is refused, and not at a higher price.
	cut := m
	cut.Body = m.Body[:len(m.Body)-1]
	var err error
	if used := allocated(func() { _, err = shop.Normalize(cut) }); used > most {
		t.Errorf("refusing %d bytes allocates %d MiB, more than %d", len(cut.Body), used>>20, most>>20)
	}
	if erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("a large body without its end: %v, want an error of kind invalid", err)
	}
}

// allocated returns how many bytes do allocates. Other goroutines count as well, so the
// smallest of a few runs is what tells.
func allocated(do func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
