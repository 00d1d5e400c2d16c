//go:build unix

package adapters_test

import (
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// BenchmarkHostile prints for each storefront what the costliest bodies of a megabyte
// take: the most time of a processor, garbage collection included, and the most memory.
func BenchmarkHostile(b *testing.B) {
	eachKind(b, (*testing.B).Run, func(b *testing.B, k kind, s erpbridge.Storefront) {
		var slowest time.Duration
		var most uint64
		for b.Loop() {
			for i, th := range k.things {
				all := bombs(th)
				if i == 0 {
					maps.Copy(all, noise())
				}
				for _, name := range slices.Sorted(maps.Keys(all)) {
					m := message(th.topic, all[name])
					var n uint64
					var before time.Duration
					for range 2 { // the first one of a form pays for what is learnt about it once
						before = cpu(b)
						n = allocated(func() { _, _ = s.Normalize(m) })
					}
					took := cpu(b) - before
					if took > slowest {
						b.Logf("%s, %s: %s", th.topic, name, took)
					}
					if n > most {
						b.Logf("%s, %s: %d MB", th.topic, name, n>>20)
					}
					slowest, most = max(slowest, took), max(most, n)
				}
			}
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "max-cpu-ms")
		b.ReportMetric(float64(most)/(1<<20), "max-MB")
	})
}

// cpu returns the processor time this process has taken: on a busy machine a clock on
// the wall tells how busy it is.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
