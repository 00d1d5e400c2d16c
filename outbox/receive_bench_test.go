package outbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// BenchmarkReceive prints how fast 64 senders get messages of 5 KiB into the inbox, each
// in a transaction of its own and together, side by side.
func BenchmarkReceive(b *testing.B) {
	s := open(b)
	var last atomic.Int64
	flood := func(receive func(context.Context, erpbridge.Message) error) (perSecond float64, p99 time.Duration) {
		const senders, each = 64, 50
		var wg sync.WaitGroup
		var mu sync.Mutex
		var took []time.Duration
		began := time.Now()
		for range senders {
			wg.Go(func() {
				for range each {
					m := message(fmt.Sprint(last.Add(1)))
					m.Body = make([]byte, 5<<10)
					from := time.Now()
					if err := receive(b.Context(), m); err != nil {
						b.Error(err)
					}
					mu.Lock()
					took = append(took, time.Since(from))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(took)
		return senders * each / time.Since(began).Seconds(), took[len(took)*99/100]
	}
	for b.Loop() {
		alone, p99 := flood(func(ctx context.Context, m erpbridge.Message) error {
			return s.receive(ctx, false, &handed{ctx: ctx, message: m})
		})
		b.Logf("each alone: %.0f/s, p99 %s", alone, p99)
		together, p99 := flood(s.Receive)
		b.Logf("together:   %.0f/s, p99 %s; %.1f times as many", together, p99, together/alone)
	}
}
