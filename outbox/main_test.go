package outbox

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
)

func TestMain(m *testing.M) {
	if os.Getenv(remoteERP) != "" { // this is a daemon that a test is going to kill
		if err := deliverUntilKilled(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// open returns a store on a fresh, migrated database.
func open(t testing.TB) *Store {
	t.Helper()
	url := testenv.Migrated(t, testenv.Fingerprint(t, migrations), func(url string) error {
		_, err := Migrate(t.Context(), url)
		return err
	})
	s, err := Open(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var day = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// an is a message about an order in a state, with its documents for target erp.
type an struct {
	order, state string
	at           time.Duration // of the state, after day
	rank         int           // of the state, among those of its instant
	docs         int           // 0: one
	id           string        // of the message; default: of order and state
}

func (a an) decision() erpbridge.Decision {
	if a.id == "" {
		a.id = a.order + "/" + a.state
	}
	d := erpbridge.Decision{
		Message: erpbridge.Message{
			ID: a.id, Store: "shop", Type: "orders/updated", Via: erpbridge.ViaWebhook, ContentType: "application/json",
			Body: []byte(`{"order":"` + a.order + `","state":"` + a.state + `"}`), ReceivedAt: day,
		},
		Verdict: erpbridge.Accept, Stream: "order/" + a.order, Order: "#" + a.order, Mapping: "m1",
	}
	version := erpbridge.Version{At: day.Add(a.at), Rank: a.rank, Digest: a.state + "-0123456789abcdef"}
	for i := range max(a.docs, 1) {
		kind := fmt.Sprintf("Kind%d", i+1)
		d.Documents = append(d.Documents, erpbridge.Document{
			Key: fmt.Sprintf("shop/order/%s/%s/%s", a.order, version, kind), Target: "erp", Stream: "shop/order/" + a.order,
			Kind: kind, Record: kind + "/" + a.order, Version: version, Body: []byte("<" + kind + " order='" + a.order + "' state='" + a.state + "'/>"),
		})
	}
	return d
}

func record(t *testing.T, s *Store, as ...an) {
	t.Helper()
	for _, a := range as {
		if err := s.Record(t.Context(), []erpbridge.Decision{a.decision()}); err != nil {
			t.Fatal(err)
		}
	}
}

// plenty is a demand of n requests that no limit but n bounds, one stream each.
func plenty(n int) Demand {
	return Demand{
		Target: "erp", Requests: n, Limits: Limits{Concurrency: 1_000_000}, Batch: Batch{Events: 1},
		Lease: time.Minute, Hold: time.Minute,
	}
}

func claim(t *testing.T, s *Store, n int) [][]Entry {
	t.Helper()
	requests, err := s.Claim(t.Context(), plenty(n))
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]Entry
	for _, r := range requests {
		groups = append(groups, r.Entries)
	}
	return groups
}

func claimOne(t *testing.T, s *Store) []Entry {
	t.Helper()
	groups := claim(t, s, 1)
	if len(groups) != 1 {
		t.Fatalf("claimed %d groups, want 1", len(groups))
	}
	return groups[0]
}

func settleAll(t *testing.T, s *Store, es []Entry, v Verdict) {
	t.Helper()
	var vs []Verdict
	for _, e := range es {
		v.Entry = e
		vs = append(vs, v)
	}
	late, err := s.Settle(t.Context(), vs)
	if err != nil || late != 0 {
		t.Fatalf("settle: late %d, err %v", late, err)
	}
}

// ledger reads the ledger and demands that it balances.
func ledger(t *testing.T, s *Store) Ledger {
	t.Helper()
	st, err := s.ReadStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !st.Balanced {
		t.Errorf("not balanced: %+v", st.Ledger)
	}
	for name, target := range st.Targets {
		if !target.Balanced {
			t.Errorf("target %s not balanced: %+v", name, target)
		}
	}
	return st.Ledger
}

func wantLedger(t *testing.T, s *Store, want Ledger) {
	t.Helper()
	want.Balanced = true
	if got := ledger(t, s); got != want {
		t.Errorf("ledger\n got %+v\nwant %+v", got, want)
	}
}

// expire makes all leases end now.
func expire(t *testing.T, s *Store) {
	t.Helper()
	if _, err := s.pool.Exec(context.WithoutCancel(t.Context()), `update stream set lease_until = now() - interval '1 ms' where state = 'leased'`); err != nil {
		t.Fatal(err)
	}
}
