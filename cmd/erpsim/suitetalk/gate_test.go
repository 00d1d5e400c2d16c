package suitetalk

import (
	"sync"
	"testing"
	"time"
)

func TestTheSixthRequestAtOnceIsBlocked(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: Slow, Delay: time.Hour, Match: Match{Operation: "upsert"}})
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			if _, err := b.call("upsertList", ada); !isCut(err) {
				t.Errorf("a request given up by the reset was answered: %v", err)
			}
		})
	}
	eventually(t, "five requests at once", func() bool { return b.State().Admitted == 5 })
	a, err := b.call("getServerTime")
	if err != nil {
		t.Fatal(err)
	}
	if a.status != 500 || a.faultCode() != "WS_REQUEST_BLOCKED" ||
		a.body.FindElement("./detail/platformFaults:exceededConcurrentRequestLimitFault") == nil {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if s := b.State(); s.MaxConcurrency != 6 || s.Throttled != 1 || s.Effects != 0 {
		t.Fatalf("%+v", s)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	wantResults(t, b.upsert(ada), "ok")
}

func TestNoConcurrencyLimit(t *testing.T) {
	b := start(t, Config{Concurrency: -1})
	b.mode(Mode{Kind: Slow, Delay: time.Hour, Match: Match{Operation: "upsert"}})
	var waiting sync.WaitGroup
	for range 8 {
		waiting.Go(func() { _, _ = b.call("upsertList", ada) })
	}
	eventually(t, "eight requests at once", func() bool { return b.State().Admitted == 8 })
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

// A client that waits for each answer is never seen overlapping itself.
func TestOneAfterTheOtherIsNeverTwo(t *testing.T) {
	b := start(t, Config{Concurrency: 1})
	for range 50 {
		wantResults(t, b.upsert(ada), "ok")
	}
	if s := b.State(); s.MaxConcurrency != 1 || s.Throttled != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestRequestsPerSecond(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	g := newGate(-1, 2)
	enter := func() bool {
		v := g.enter(now)
		defer v.leave()
		return v.admit("a")
	}
	if first, second, third := enter(), enter(), enter(); !first || !second || third {
		t.Fatal("two in a second are allowed, and a third is not")
	}
	now = now.Add(time.Second)
	if !enter() {
		t.Fatal("the second is over")
	}
	var s State
	if g.load(&s); s.MaxPerSecond != 3 || s.InFlight != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestAccountsHaveTheirOwnSlots(t *testing.T) {
	g := newGate(1, 0)
	now := time.Now()
	a, b, again := g.enter(now), g.enter(now), g.enter(now)
	if !a.admit("a") || !b.admit("b") || again.admit("a") {
		t.Fatal("a slot of one account is none of another's")
	}
	again.leave()
	a.leave()
	a.leave()
	if next := g.enter(now); !next.admit("a") {
		t.Fatal("a slot was not given back")
	}
	if g.present != 2 {
		t.Fatalf("%d present", g.present)
	}
}
