package dmf

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Modes fire as often as they are told, and in the same sequence for the same seed.
func TestModesFireTheSameForTheSameSeed(t *testing.T) {
	roll := func() string {
		ms := modes{now: time.Now}
		if err := ms.add(Mode{Kind: Throttle, Probability: 0.5, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		if err := ms.add(Mode{Kind: Busy, Count: 2, Match: Match{Call: "^lines$"}}); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for range 20 {
			fired := ms.call("lines")
			_, a := fired[Throttle]
			_, c := fired[Busy]
			fmt.Fprint(&b, a, c, " ")
		}
		if len(ms.call("headers")) > 1 {
			t.Error("a mode fired that does not match")
		}
		if got := ms.list(); got[1].Fired != 2 {
			t.Errorf("fired %d times", got[1].Fired)
		}
		return b.String()
	}
	if a, b := roll(), roll(); a != b || !strings.Contains(a, "true") {
		t.Errorf("%s\n%s", a, b)
	}
}
