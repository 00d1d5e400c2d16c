package erptest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Golden compares what was made with testdata/name, or writes it there on update, and
// returns the file.
func Golden(t testing.TB, update bool, name string, got []byte) (file string) {
	t.Helper()
	file = filepath.Join("testdata", name)
	if update {
		if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(file, got, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file) // #nosec G304 -- a test's own
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	return file
}
