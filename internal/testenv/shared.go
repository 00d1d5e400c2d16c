package testenv

import (
	"errors"
	"os"
	"os/exec"
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

// Xmlcheck holds XML files against a vendor's schema, by a name that the samples'
// xmlcheck knows or the path of an .xsd. What is not valid fails the test. Without
// samples the test is skipped; with samples and without xmllint it fails, because
// then nothing was checked.
func Xmlcheck(t testing.TB, schema string, files ...string) {
	t.Helper()
	script := filepath.Join(Shared(t), "tools", "xmlcheck")
	for command, line := range map[string]string{
		"xmllint": "sudo apt-get install libxml2-utils",
		"python3": "sudo apt-get install python3",
	} {
		if _, err := exec.LookPath(command); err != nil {
			t.Fatalf("%s is not installed: run `%s`", command, line)
		}
	}
	if len(files) == 0 {
		t.Fatal("no file to check")
	}
	args := append([]string{script, schema}, files...)
	out, err := exec.CommandContext(t.Context(), "python3", args...).CombinedOutput()
	if err != nil {
		t.Errorf("not valid by schema %s: %v\n%s", schema, err, out)
	}
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
