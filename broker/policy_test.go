package broker

import (
	"strings"
	"testing"
)

// What holds for a name is not always known: of equal priorities RabbitMQ takes any, and
// its patterns know words that ours do not. What can hold is shown.
func TestWeighWhatMayHold(t *testing.T) {
	harm := map[string]any{"expires": 60000.0}
	harmless := map[string]any{"queue-leader-locator": "balanced"}
	for _, tt := range []struct {
		name string
		ps   []policy
		want bool
	}{
		{"the higher priority is harmless", []policy{{Name: "a", Pattern: ".*", Priority: 2, Definition: harmless}, {Name: "b", Pattern: ".*", Priority: 1, Definition: harm}}, false},
		{"the lower priority is harmless", []policy{{Name: "a", Pattern: ".*", Priority: 1, Definition: harmless}, {Name: "b", Pattern: ".*", Priority: 2, Definition: harm}}, true},
		{"the first of equals is harmless", []policy{{Name: "a", Pattern: ".*", Definition: harmless}, {Name: "b", Pattern: "events", Definition: harm}}, true},
		{"the second of equals is harmless", []policy{{Name: "a", Pattern: "events", Definition: harm}, {Name: "b", Pattern: ".*", Definition: harmless}}, true},
		{"a pattern that is not understood hides nothing", []policy{{Name: "a", Pattern: "^(?!p)", Priority: 9, Definition: harmless}, {Name: "b", Pattern: ".*", Definition: harm}}, true},
		{"a pattern that is not understood may match", []policy{{Name: "a", Pattern: "^(?!amq)", Priority: 9, Definition: harm}, {Name: "b", Pattern: ".*", Definition: harmless}}, true},
		{"nor does one below what surely holds", []policy{{Name: "a", Pattern: "^(?!amq)", Priority: 1, Definition: harm}, {Name: "b", Pattern: ".*", Priority: 2, Definition: harmless}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := Config{Prefix: "p"}.weigh("policy", tt.ps)
			if got := len(found) > 0; got != tt.want {
				t.Errorf("found %v, want something: %t", found, tt.want)
			}
			for _, f := range found {
				if !f.Refuse || !strings.Contains(f.Detail, "expires") {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}
