package storefronttest

import (
	"strings"
	"testing"
)

// rows returns the lines of a table by the names in its first line. Fields stand between
// tabs, quotes mean nothing, and the last fields of a line may be missing.
func rows(t testing.TB, elem ...string) []map[string]string {
	t.Helper()
	lines := strings.Split(strings.TrimRight(string(Read(t, elem...)), "\r\n"), "\n")
	if len(lines) < 2 {
		t.Fatalf("%s has no row", elem[len(elem)-1])
	}
	names := strings.Split(strings.TrimSuffix(lines[0], "\r"), "\t")
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, field := range strings.Split(strings.TrimSuffix(line, "\r"), "\t") {
			if i < len(names) {
				row[names[i]] = field
			}
		}
		out = append(out, row)
	}
	return out
}
