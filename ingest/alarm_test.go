package ingest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// blockable is a gateway in front of a real broker that can be brought into an alarm.
func blockable(t testing.TB) (h *house, node *testenv.Node) {
	t.Helper()
	node = testenv.OwnNode(t)
	p, err := broker.NewPublisher(broker.Config{URLs: []string{node.URL}}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	h = open(t, func(c *Config) { c.Publisher = p })
	until(t, "the publisher is ready", p.Ready)
	return h, node
}

// until polls, as long as a busy machine may need.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// While the broker blocks publishers every webhook is answered, and what is accepted
// is in the inbox; afterwards the broker gets them again.
func TestAlarm(t *testing.T) {
	h, node := blockable(t)
	post := func() int { return h.do(signed("{}")).Code }
	stored := func() int { return len(h.inbox.messages()) }
	if code := post(); code != http.StatusOK || stored() != 0 {
		t.Fatalf("before: %d, %d in the inbox", code, stored())
	}

	node.Alarm(t, true)
	until(t, "webhooks go into the inbox", func() bool { return post() == http.StatusOK && stored() > 0 })
	before := stored()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if code := post(); code != http.StatusOK {
				t.Errorf("during the alarm: %d", code)
			}
		})
	}
	wg.Wait()
	if got := stored() - before; got != 100 {
		t.Errorf("%d of 100 are in the inbox", got)
	}
	h.inbox.do = down
	if code := post(); code != http.StatusServiceUnavailable {
		t.Errorf("with neither broker nor inbox: %d", code)
	}
	h.inbox.do = nil

	node.Alarm(t, false)
	until(t, "webhooks go to the broker again", func() bool {
		before := stored()
		return post() == http.StatusOK && stored() == before
	})
}

// BenchmarkAlarm prints how long webhooks take around an alarm, and how long after its
// end the broker gets them again.
func BenchmarkAlarm(b *testing.B) {
	h, node := blockable(b)
	measure := func(n int) (p50, p99, most time.Duration) {
		took := make([]time.Duration, n)
		for i := range took {
			at := time.Now()
			if code := h.do(signed("{}")).Code; code != http.StatusOK {
				b.Fatalf("status %d", code)
			}
			took[i] = time.Since(at)
		}
		slices.Sort(took)
		return took[n/2], took[n*99/100], took[n-1]
	}
	for b.Loop() {
		p50, p99, most := measure(500)
		b.Logf("before:  p50 %s p99 %s max %s", p50, p99, most)
		node.Alarm(b, true)
		p50, p99, most = measure(2000) // the first of them meets the alarm
		b.Logf("blocked: p50 %s p99 %s max %s, %d in the inbox", p50, p99, most, len(h.inbox.messages()))
		node.Alarm(b, false)
		cleared := time.Now()
		until(b, "webhooks go to the broker again", func() bool {
			before := len(h.inbox.messages())
			return h.do(signed("{}")).Code == http.StatusOK && len(h.inbox.messages()) == before
		})
		b.Logf("normal %s after the command to clear it had ended", time.Since(cleared))
		p50, p99, most = measure(500)
		b.Logf("after:   p50 %s p99 %s max %s", p50, p99, most)
	}
}
