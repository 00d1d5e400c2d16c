package storefronttest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// A HostileBody is a published webhook body that lies in wait for whoever reads it.
type HostileBody struct {
	Name string
	Body []byte
	// Demanded is the verdict: "REJECT", "ACCEPT" and so on, or a choice of them.
	Demanded string
	Why      string
}

// HostileBodies returns the published bodies with their verdicts.
func HostileBodies(t testing.TB) []HostileBody {
	t.Helper()
	dir := Shared(t, "corpora", "webhook-json")
	var out []HostileBody
	for _, row := range rows(t, dir, "MANIFEST.tsv") {
		out = append(out, HostileBody{
			Name: stem(row["file"]), Body: Read(t, dir, row["file"]), Demanded: row["demanded"], Why: row["why"],
		})
	}
	return out
}

// Judge holds what Normalize returned against the verdict.
func (b HostileBody) Judge(t *testing.T, err error) {
	t.Helper()
	if kind := erpbridge.KindOf(err); kind != "" && kind != erpbridge.Invalid {
		t.Fatalf("kind %s: %v", kind, err)
	}
	if b.Demanded == "REJECT" && err == nil {
		t.Fatalf("taken, although %s", b.Why)
	}
	if slices.Contains([]string{"ACCEPT", "ACCEPT-EXACT", "ACCEPT-IGNORE", "IGNORE-VARIANT"}, b.Demanded) && err != nil {
		t.Fatalf("refused (%s): %v", b.Why, err)
	}
}

// Hostile gives every hostile body the verdict its manifest demands, and reads what is
// taken. own are the readings that are the platform's own, in place of the common ones:
// above all the places at which it finds fault. normalize makes a body an order in the
// platform's words, in which what is wrong with it stays, and normalizes that.
func Hostile(t *testing.T, own map[string]Reading, normalize func(t *testing.T, body []byte) ([]erpbridge.Event, error)) {
	t.Helper()
	expected := maps.Clone(readings)
	maps.Copy(expected, own)
	for _, b := range HostileBodies(t) {
		t.Run(b.Name, func(t *testing.T) {
			reading, known := expected[b.Name]
			if reading.Demanded != "" {
				b.Demanded = reading.Demanded
			}
			events, err := normalize(t, b.Body)
			b.Judge(t, err)
			switch {
			case err != nil && (!known || !strings.Contains(err.Error(), reading.Reason)):
				t.Errorf("refused for another reason than %q: %v", reading.Reason, err)
			case err == nil && reading.Reads != nil:
				if got := reading.Reads(events[0].Order); got != reading.Want {
					t.Errorf("read as %q, want %q", got, reading.Want)
				}
			}
		})
	}
}
