package suitetalk

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A clock is moved by hand.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.at.Load()) }
func (c *clock) move(d time.Duration) { c.at.Add(int64(d)) }

func (b *testbed) lookUp(references ...string) answerXML {
	b.t.Helper()
	a, err := b.call("getList", references...)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// memos are those of the orders of an answer, in their order.
func (a answerXML) memos() []string {
	var all []string
	for _, e := range a.body.FindElements(".//record/tranSales:memo") {
		all = append(all, e.Text())
	}
	return all
}

func wantMemos(t *testing.T, a answerXML, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, a.memos()); diff != "" {
		t.Fatalf("%s\n%s", diff, a.raw)
	}
}

var order2 = strings.Replace(order1, ">first<", ">second<", 1)

// An ERP that knows nobody's keys: what is sent twice is there twice.
func TestNoUniqueExternalID(t *testing.T) {
	dir := t.TempDir()
	conf := Config{NoUniqueExternalID: true, Journal: dir}
	b := start(t, conf)
	wantResults(t, b.upsert(ada, order1, order1), "ok", "ok", "ok")
	wantResults(t, b.upsert(order2, deposit1), "ok", "ok")
	check := func(b *testbed) {
		t.Helper()
		if s := b.State(); s.Orders != 3 || s.Creates != 5 || s.Updates != 0 || s.Duplicates != 2 {
			t.Fatalf("%+v", s)
		}
		wantMemos(t, b.lookUp(ref("salesOrder", `externalId="o-1"`)), "first")
		if r, _ := b.Record("customerDeposit", "d-1"); r.SalesOrder != "1002" {
			t.Fatalf("%+v", r)
		}
	}
	check(b)
	a, err := b.call("add", order1)
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok")
	if err := b.SetAccount(Account{Concurrency: -1, FindAll: true}); err != nil {
		t.Fatal(err)
	}
	wantMemos(t, b.lookUp(ref("salesOrder", `externalId="o-1"`), ref("salesOrder", `internalId="1004"`)),
		"first", "first", "second", "first", "second")
	// Keys count again, and the youngest has this one.
	wantResults(t, b.upsert(order2), "ok")
	if s := b.State(); s.Orders != 4 || s.Updates != 1 {
		t.Fatalf("%+v", s)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, conf)
	if s := again.State(); s.Orders != 4 || s.Duplicates != 3 {
		t.Fatalf("%+v", s)
	}
}

// The worst of all: late, and twice.
func TestALateEffectIsNoUpdateWithoutKeys(t *testing.T) {
	b := start(t, Config{NoUniqueExternalID: true})
	b.upsert(ada)
	b.mode(Mode{Kind: LateEffect, Count: 1, Delay: 100 * time.Millisecond})
	if _, err := b.call("upsertList", order1); !isCut(err) {
		t.Fatal(err)
	}
	wantResults(t, b.lookUp(ref("salesOrder", `externalId="o-1"`)), "RCRD_DSNT_EXIST")
	wantResults(t, b.upsert(order1), "ok")
	eventually(t, "the late effect", func() bool { return b.State().LateEffects == 1 })
	if s := b.State(); s.Orders != 2 || s.Duplicates != 1 {
		t.Fatalf("%+v", s)
	}
}

func TestKeysAreForgotten(t *testing.T) {
	c := newClock()
	b := start(t, Config{Now: c.now, ForgetKeysAfter: time.Hour})
	b.upsert(ada, order1)
	c.move(time.Hour - 1)
	wantResults(t, b.upsert(order1), "ok") // which refreshes it
	c.move(time.Hour - 1)
	wantResults(t, b.upsert(order1), "ok")
	if s := b.State(); s.Repeats != 2 || s.Orders != 1 {
		t.Fatalf("%+v", s)
	}
	c.move(time.Hour)
	wantResults(t, b.upsert(order2), "ok")
	if s := b.State(); s.Duplicates != 1 || s.Orders != 2 {
		t.Fatalf("%+v", s)
	}
	wantResults(t, b.upsert(order2), "ok") // of the new one
	if s := b.State(); s.Repeats != 3 || s.Orders != 2 {
		t.Fatalf("%+v", s)
	}
	// To look it up is another matter.
	wantMemos(t, b.lookUp(ref("salesOrder", `externalId="o-1"`)), "first")
}

func TestAllOrNothing(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		b := start(t, Config{AllOrNothing: true, UniqueEmail: true, Journal: dir})
		b.upsert(ada)
		before, _ := b.Record("customer", "c-1")
		renamed := strings.Replace(strings.Replace(ada, "ada@", "byron@", 1), "Ada", "Augusta", 1)
		bad := strings.Replace(order1, `internalId="57"`, `internalId="x"`, 1)
		a, err := b.call("upsertList", renamed, order1, order2, deposit1, strings.Replace(bad, "o-1", "o-2", 1))
		if err != nil || a.status != 500 || a.faultCode() != "INVALID_KEY_OR_REF" {
			t.Fatalf("%v %d %s", err, a.status, a.raw)
		}
		if s := b.State(); s.Effects != 1 || s.Orders != 0 || s.Deposits != 0 || s.Faults != 1 {
			t.Fatalf("%+v", s)
		}
		if after, _ := b.Record("customer", "c-1"); cmp.Diff(before, after) != "" {
			t.Fatal(cmp.Diff(before, after))
		}
		// Neither name is taken by what was never done.
		other := strings.Replace(renamed, "c-1", "c-2", 1)
		wantResults(t, b.upsert(other, order1, deposit1), "ok", "ok", "ok")
		wantResults(t, b.upsert(order2, order1), "ok", "ok")
		r, _ := b.Record("salesOrder", "o-1")
		if r.InternalID != "1003" || r.Updated != 2 || r.Memo != "first" {
			t.Fatalf("%+v", r)
		}
		if a := b.upsert(strings.Replace(ada, "ada@", "byron@", 1)); a.faultCode() != "DUP_ENTITY_EMAIL" {
			t.Fatalf("%s", a.raw)
		}
		// A single write is one write either way.
		one, err := b.call("upsert", bad)
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, one, "INVALID_KEY_OR_REF")
	}
}

func TestAStaleReadIsOfThePast(t *testing.T) {
	c := newClock()
	b := start(t, Config{Now: c.now, Journal: t.TempDir()})
	b.upsert(ada)
	b.mode(Mode{Kind: StaleRead, Delay: time.Minute})
	c.move(time.Hour)
	b.upsert(order1)
	this := ref("salesOrder", `externalId="o-1"`)
	wantResults(t, b.lookUp(this, ref("customer", `externalId="c-1"`)), "RCRD_DSNT_EXIST", "ok")
	c.move(time.Minute)
	wantMemos(t, b.lookUp(this), "first")
	b.upsert(order2)
	wantMemos(t, b.lookUp(this), "first")
	c.move(time.Minute)
	wantMemos(t, b.lookUp(this), "second")
}

func TestTheAccountIsChangedWhileItRuns(t *testing.T) {
	b := start(t, Config{})
	var a Account
	if got := b.control(http.MethodGet, "account", "", &a); got != http.StatusOK || a != (Account{Concurrency: 5}) {
		t.Fatalf("%d %+v", got, a)
	}
	b.control(http.MethodPost, "account", `{"forgetKeysAfter":"90s","requestsPerSecond":1000}`, &a)
	if want := (Account{Concurrency: 5, RequestsPerSecond: 1000, ForgetKeysAfter: Duration(90 * time.Second)}); a != want || b.Account() != want {
		t.Fatalf("%+v", a)
	}
	for _, bad := range []string{
		`{`, `{"concurrency":0}`, `{"requestsPerSecond":-1}`, `{"forgetKeysAfter":"-1s"}`, `{"forgetKeysAfter":"soon"}`, `{"colour":"red"}`,
	} {
		if got := b.control(http.MethodPost, "account", bad, nil); got != http.StatusBadRequest {
			t.Errorf("%s: status %d", bad, got)
		}
	}
	b.mode(Mode{Kind: Slow, Delay: time.Hour, Match: Match{Operation: "upsert"}})
	b.control(http.MethodPost, "account", `{"concurrency":1}`, &a)
	var waiting sync.WaitGroup
	waiting.Go(func() { _, _ = b.call("upsertList", ada) })
	eventually(t, "the one request", func() bool { return b.State().Admitted == 1 })
	if a := b.lookUp(ref("customer", `externalId="c-1"`)); a.faultCode() != "WS_REQUEST_BLOCKED" {
		t.Fatalf("%s", a.raw)
	}
	b.control(http.MethodPost, "account", `{"concurrency":2}`, &a)
	wantResults(t, b.lookUp(ref("customer", `externalId="c-1"`)), "RCRD_DSNT_EXIST")
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	if b.Account().Concurrency != 2 {
		t.Fatal("a reset forgot the limits")
	}
}

func TestGaugesOfEachAction(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: Slow, Delay: time.Hour, Match: Match{Operation: "upsert"}})
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() { _, _ = b.call("upsertList", ada) })
	}
	eventually(t, "three requests at once", func() bool { return b.State().Admitted == 3 })
	b.lookUp(ref("customer", `externalId="c-1"`))
	b.lookUp(ref("customer", `externalId="c-1"`))
	if _, err := b.send("2023_2", "odd", "odd"); err != nil {
		t.Fatal(err)
	}
	s := b.State()
	if s.MaxConcurrency != 4 {
		t.Fatalf("%+v", s)
	}
	for name, want := range map[string]Gauge{
		"upsertList": {Arrivals: 3, MaxConcurrency: 3}, "getList": {Arrivals: 2, MaxConcurrency: 1}, "unknown": {Arrivals: 1, MaxConcurrency: 1},
	} {
		got := s.Actions[name]
		if got.MaxPerSecond < 1 || got.MaxPerSecond > got.Arrivals {
			t.Errorf("%s: %+v", name, got)
		}
		got.MaxPerSecond = 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

func TestTheFullestSecond(t *testing.T) {
	var w window
	begin, fullest := time.Unix(1_700_000_000, 0), 0
	for _, ms := range []int{0, 600, 900, 1100, 1500, 1599, 1600, 3000} {
		fullest = max(fullest, w.add(begin.Add(time.Duration(ms)*time.Millisecond)))
	}
	if fullest != 5 { // from 600 to 1599
		t.Fatalf("%d", fullest)
	}
}
