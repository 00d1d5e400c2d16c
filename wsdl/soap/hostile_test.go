package soap

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// Every hostile answer gets the verdict its manifest demands, as far as reading
// goes: what an answer that can be read means for a record is the adapter's.
func TestConformanceHostileAnswers(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "corpora", "soap-hostile")
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for row := range strings.Lines(string(manifest)) {
		f := strings.Split(strings.TrimSpace(row), "\t")
		if len(f) < 3 || f[0] == "file" {
			continue
		}
		rows++
		t.Run(f[0], func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, f[0]))
			if err != nil {
				t.Fatal(err)
			}
			got := verdict(data)
			if !slices.Contains(allowed(t, f[2]), got) {
				t.Errorf("%s, demanded is %s (%s)", got, f[2], f[len(f)-1])
			}
		})
	}
	if rows == 0 {
		t.Error("the manifest has no rows")
	}
}

// verdict reads data as an envelope if it is one, and as plain XML if not.
func verdict(data []byte) string {
	root, err := Parse(data, "")
	if err == nil && root.Tag != "Envelope" {
		return "ACCEPT"
	}
	e, err := ParseEnvelope(data, "")
	switch {
	case err != nil:
		return "REJECT"
	case e.Fault != nil:
		return "FAULT"
	case e.Content == nil:
		return "EMPTY"
	}
	return "ACCEPT" + number(e)
}

// number returns "-101" for the two shapes in which the corpus has that id.
func number(e *Envelope) string {
	for _, el := range append(e.Content.FindElements(".//internalId"), e.Content.FindElements(".//baseRef")...) {
		if Text(el) == "101" || Attr(el, "internalId") == "101" {
			return "-101"
		}
	}
	return ""
}

// allowed returns the verdicts a demand leaves open.
func allowed(t *testing.T, demand string) []string {
	t.Helper()
	var out []string
	for word := range strings.SplitSeq(demand, "-OR-") {
		switch word {
		case "REJECT", "VERSION-ERROR":
			out = append(out, "REJECT")
		case "ACCEPT", "IGNORE":
			out = append(out, "ACCEPT", "ACCEPT-101")
		case "ACCEPT-101":
			out = append(out, "ACCEPT-101")
		case "FAULT":
			out = append(out, "FAULT")
		case "UNKNOWN-OUTCOME", "UNKNOWN-OUTCOME-FOR-MISSING":
			// Unreadable, or readable and not what was asked: the adapter decides.
			out = append(out, "REJECT", "ACCEPT", "ACCEPT-101", "EMPTY")
		default:
			t.Fatalf("the demand %s is not known here", demand)
		}
	}
	return out
}
