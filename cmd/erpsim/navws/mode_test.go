package navws

import (
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func TestEachModeDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		mode           Mode
		status, orders int
		want           string
	}{
		{Mode{Kind: RefuseCredentials}, 401, 0, "Access is denied"},
		{Mode{Kind: Unavailable}, 503, 0, ""},
		{Mode{Kind: Throttle}, 429, 0, ""},
		{Mode{Kind: Fault, Exception: "X", Text: "no & no"}, 500, 0, "no &amp; no"},
		{Mode{Kind: Locked}, 500, 0, "deadlocked"},
		{Mode{Kind: Slow, Delay: time.Millisecond}, 200, 1, "<No>"},
		{Mode{Kind: DropBeforeEffect}, 0, 0, ""},
		{Mode{Kind: EffectThenDrop}, 0, 1, ""},
		{Mode{Kind: EffectThenFault}, 500, 1, "A transaction must be started"},
		{Mode{Kind: HeaderOnly}, 200, 1, "<No>"},
		{Mode{Kind: HeaderThenFault}, 500, 1, "A transaction"},
		{Mode{Kind: Partial}, 500, 1, "A transaction"},
		{Mode{Kind: Malformed, Answer: AnswerHTML}, 200, 1, "<html>"},
		{Mode{Kind: Malformed, Answer: AnswerEmpty}, 202, 1, ""},
		{Mode{Kind: Malformed, Answer: AnswerTruncated}, 200, 1, "Create_Result"},
		{Mode{Kind: Malformed, Answer: AnswerOther}, 200, 1, "_Nr>"},
		{Mode{Kind: Malformed, Answer: AnswerFewer}, 200, 1, "Create_Result"},
		{Mode{Kind: Malformed, Answer: AnswerNoNumber}, 200, 1, "<Nr>"},
		{Mode{Kind: Throttle, Match: Match{Reference: "^z$"}}, 200, 1, "<No>"},
		{Mode{Kind: Throttle, Match: Match{Page: "Customer"}}, 200, 1, "<No>"},
	} {
		sim, do := company(t, Config{})
		c.mode.Count = 1
		if err := sim.AddMode(c.mode); err != nil {
			t.Fatal(err)
		}
		status, body := do("SalesOrder", "Create", order("a"))
		if status != c.status || status != 0 && !strings.Contains(body, c.want) || sim.State().Orders != c.orders {
			t.Errorf("%s %s: HTTP %d with %d orders: %s", c.mode.Kind, c.mode.Answer, status, sim.State().Orders, body)
		}
		header := c.mode.Kind == HeaderOnly || c.mode.Kind == HeaderThenFault
		if rs := sim.Records("SalesOrder"); len(rs) > 0 && (len(rs[0].Lines) == 0) != header {
			t.Errorf("%s: %d lines", c.mode.Kind, len(rs[0].Lines))
		}
		if status, _ := do("SalesOrder", "Create", order("again")); status != 200 {
			t.Errorf("%s fires twice: HTTP %d", c.mode.Kind, status)
		}
	}
}

func TestLateEffectComesAfterTheCut(t *testing.T) {
	sim, do := company(t, Config{Modes: []Mode{{Kind: LateEffect, Delay: 20 * time.Millisecond}}})
	if status, _ := do("SalesOrder", "Create", order("a")); status != 0 {
		t.Fatalf("HTTP %d", status)
	}
	erptest.Until(t, "the late effect", func() bool { return sim.State().LateEffects > 0 })
	if sim.State().Orders != 1 {
		t.Errorf("%+v", sim.State())
	}
}

func TestStaleReadFindsNothingOnce(t *testing.T) {
	sim, do := company(t, Config{})
	do("SalesOrder", "Create", order("a"))
	if err := sim.AddMode(Mode{Kind: StaleRead, Count: 1}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1} {
		if _, body := do("SalesOrder", "ReadMultiple", find("a")); strings.Count(body, "<SalesOrder>") != want {
			t.Errorf("read %d: %s", i, body)
		}
	}
}
