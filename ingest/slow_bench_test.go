package ingest

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// BenchmarkSlowClients prints how long good webhooks take without and with 2,000 slow
// connections, in rounds of one after the other so that a busy machine slows both, and
// how much the slow ones move the 99th percentile. A round is longer than a slow one is
// suffered, so being cut off and coming again is part of it.
func BenchmarkSlowClients(b *testing.B) {
	const slow, rounds, round = 2000, 3, 6 * time.Second
	h := open(b, func(c *Config) {
		c.MaxBody, c.Log, c.Publisher = 1<<20, zap.NewNop(), discard{}
		c.Stores = map[string]erpbridge.Storefront{"shop-eu": trusting{}}
	})
	addr, begin, ended := run(b, h)
	c := client(b)
	body := strings.Repeat("x", 8<<10)
	measure := func(took []time.Duration) []time.Duration {
		pace := time.NewTicker(2 * time.Millisecond)
		defer pace.Stop()
		for end := time.Now().Add(round); time.Now().Before(end); <-pace.C {
			at := time.Now()
			res, err := c.Do(post(b, addr, strings.NewReader(body)))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				b.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				b.Fatal(res.Status)
			}
			took = append(took, time.Since(at))
		}
		return took
	}
	for b.Loop() {
		var without, with []time.Duration
		for range rounds {
			without = measure(without)
			stop := trickle(b, addr, slow)
			until(b, "the slow ones are there", func() bool {
				silent, speaking := h.connections.counts()
				return silent+speaking >= slow
			})
			with = measure(with)
			stop()
			until(b, "the slow ones are gone", func() bool {
				silent, speaking := h.connections.counts()
				return silent+speaking <= 1
			})
		}
		slices.Sort(without)
		slices.Sort(with)
		at := func(took []time.Duration, percent int) time.Duration { return took[len(took)*percent/100] }
		b.Logf("%d and %d webhooks", len(without), len(with))
		ratio := float64(at(with, 99)) / float64(at(without, 99))
		b.Logf("without:               p50 %s p99 %s", at(without, 50), at(without, 99))
		b.Logf("with %d slow ones:   p50 %s p99 %s", slow, at(with, 50), at(with, 99))
		b.ReportMetric(float64(at(without, 99).Microseconds()), "p99-µs")
		b.ReportMetric(float64(at(with, 99).Microseconds()), "p99-slow-µs")
		b.ReportMetric(ratio, "p99-ratio")
	}
	begin()
	if err := <-ended; err != nil {
		b.Errorf("Run = %v", err)
	}
}

// trickle keeps n connections as slow as can be, until stop: silent ones, endless
// headers, bodies and chunks, a byte a second from each. Who is cut comes again.
func trickle(b *testing.B, addr string, n int) (stop func()) {
	kinds := []struct{ first, again string }{
		{"", "P"}, // silent for a second at most, and then as the next
		{"POST /webhooks/shop-eu HTTP/1.1\r\nHost: x\r\nX: ", "x"},
		{head("Content-Length: 1000000"), "x"},
		{head("Transfer-Encoding: chunked"), "1\r\nx\r\n"},
	}
	conns := make([]net.Conn, n)
	redial := func(i int) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Error(err)
			conns[i] = nil
			return
		}
		_, _ = io.WriteString(conn, kinds[i%len(kinds)].first)
		conns[i] = conn
	}
	for i := range conns {
		redial(i)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / time.Duration(n))
		defer tick.Stop()
		for i := 0; ; i = (i + 1) % n {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if conns[i] == nil {
				redial(i)
			} else if _, err := io.WriteString(conns[i], kinds[i%len(kinds)].again); err != nil {
				_ = conns[i].Close()
				redial(i)
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	}
}
