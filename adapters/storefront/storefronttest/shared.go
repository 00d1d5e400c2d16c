package storefronttest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the path of published sample data that stands beside the
// repository: in $ERPBRIDGE_SHARED, else in ../shared from its root. The test is
// skipped where there is none; the project's own fixtures do not need it.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	base := os.Getenv("ERPBRIDGE_SHARED")
	if base == "" {
		base = filepath.Join(Root(t), "..", "shared")
	}
	path := filepath.Join(append([]string{base}, elem...)...)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is absent: set ERPBRIDGE_SHARED to run the conformance tests", filepath.Join(elem...))
	} else if err != nil {
		t.Fatal(err)
	}
	return path
}

// Root returns the root of the repository: the nearest folder above the test
// that has a go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod in any folder above the test")
		}
		dir = up
	}
}
