package outbox

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// BenchmarkDispatch is the delivery engine alone: two daemons empty the outbox of
// two stores into one ERP that answers at once, so what is measured is claiming,
// settling and concluding. Give it a number of documents, such as
// -benchtime=5000x; it prints documents per second.
func BenchmarkDispatch(b *testing.B) {
	for _, delivered := range []int{0, 500_000} {
		b.Run(fmt.Sprintf("delivered=%d", delivered), func(b *testing.B) {
			url := testenv.Migrated(b, testenv.Fingerprint(b, migrations), func(url string) error {
				_, err := Migrate(context.WithoutCancel(b.Context()), url)
				return err
			})
			stores := []*Store{openBench(b, url), openBench(b, url)}
			fillDelivered(b, stores[0], delivered)
			for _, batch := range []int{1, 20} {
				b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchDispatch(b, stores, batch) })
			}
		})
	}
}

func openBench(b *testing.B, url string) *Store {
	b.Helper()
	s, err := Open(b.Context(), Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

// round makes the orders of one run distinct from those of the runs before it.
var round atomic.Int64

func benchDispatch(b *testing.B, stores []*Store, batch int) {
	n, at := b.N, round.Add(1)
	var ds []erpbridge.Decision
	for i := range n {
		d := an{order: fmt.Sprintf("bench-%d-%d", at, i), state: "a"}.decision()
		d.Message.Store = []string{"shop", "other"}[i%2]
		ds = append(ds, d)
		if len(ds) == 500 || i == n-1 {
			if err := stores[0].Record(b.Context(), ds); err != nil {
				b.Fatal(err)
			}
			ds = nil
		}
	}
	if _, err := stores[0].pool.Exec(b.Context(), `analyze`); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	e := countingERP{done: stop}
	e.left.Store(int64(n))
	var wg sync.WaitGroup
	b.ResetTimer()
	for _, s := range stores {
		d := &Dispatcher{
			Target: "erp", Queue: s, ERP: &e, Policy: judgePolicy, Limits: Limits{Concurrency: 8}, Batch: Batch{Events: batch},
			Timeout: 10 * time.Second, Lease: time.Minute, Poll: 50 * time.Millisecond, Grace: 10 * time.Second, Log: zap.NewNop(),
		}
		wg.Go(func() { _ = d.Run(ctx) })
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "documents/s")
	var open int
	if err := stores[0].pool.QueryRow(b.Context(), `select count(*) from outbox where state not in ('delivered', 'pending')`).Scan(&open); err != nil || open != 0 {
		b.Errorf("%d documents neither delivered nor waiting, %v", open, err)
	}
}

// countingERP takes everything at once, and says so when it has all.
type countingERP struct {
	left atomic.Int64
	done func()
}

func (e *countingERP) Deliver(_ context.Context, docs []erpbridge.Document) []erpbridge.Result {
	rs := make([]erpbridge.Result, len(docs))
	for i := range rs {
		rs[i].Receipt.Ref = "4711"
	}
	if e.left.Add(-int64(len(docs))) <= 0 {
		e.done()
	}
	return rs
}

// fillDelivered makes n events with a delivered document each, as a long life
// leaves them behind.
func fillDelivered(tb testing.TB, s *Store, n int) {
	tb.Helper()
	if n == 0 {
		return
	}
	for _, sql := range []string{
		`set statement_timeout = 0`,
		`insert into inbox (store, type, message_id, via, content_type, header, body, body_sha256, received_at, state, stream, order_number)
		 select 'shop', 'orders/updated', 'old-' || g, 'webhook', 'application/json', '{}', convert_to(repeat('x', 200), 'utf8'), '\x00', now(), 'delivered', 'order/old-' || g, '#old-' || g
		 from generate_series(1, $1::int) g`,
		`insert into stream (target, name, next_seq, state, store) select 'erp', 'shop/order/old-' || g, 2, 'idle', 'shop' from generate_series(1, $1::int) g`,
		`insert into outbox (event_id, target, stream, seq, pos, key, kind, record, version_at, version_digest, body, body_sha256, mapping, state, attempt, settled_at)
		 select id, 'erp', 'shop/' || stream, 1, 0, 'key/' || message_id, 'SalesOrder', 'SalesOrder/' || message_id, now(), 'd', body, '\x00', 'm', 'delivered', 1, now()
		 from inbox where message_id like 'old-%' and $1::int > 0`,
		`insert into attempt (document_id, number, action, lease_token, daemon, ended_at) select id, 1, 'deliver', gen_random_uuid(), '', now() from outbox where attempt = 1 and $1::int > 0`,
		`analyze`,
	} {
		args := []any{n}
		if sql[:6] != "insert" {
			args = nil
		}
		if err := onOne(tb, s, sql, args); err != nil {
			tb.Fatal(err)
		}
	}
}

func onOne(tb testing.TB, s *Store, sql string, args []any) error {
	tb.Helper()
	c, err := s.pool.Acquire(tb.Context())
	if err != nil {
		return err
	}
	defer c.Release()
	if _, err := c.Exec(tb.Context(), `set statement_timeout = 0`); err != nil {
		return err
	}
	_, err = c.Exec(tb.Context(), sql, args...)
	return err
}
