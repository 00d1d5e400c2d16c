package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the folder of samples and schemas that stands beside the project:
// $ERPBRIDGE_SHARED, by default ../shared, from the project's root. Where there is
// none the test is skipped.
func Shared(t testing.TB) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatalf("looking for the project's root: %v", err)
	}
	dir := os.Getenv("ERPBRIDGE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "shared")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		t.Skipf("no samples beside the project: %s is not there, see ERPBRIDGE_SHARED", dir)
	}
	return dir
}

// moduleRoot returns the nearest folder upwards that holds a go.mod. A test runs in
// its package's folder.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod in any folder above")
		}
		dir = up
	}
}
