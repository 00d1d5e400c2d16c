package storefronttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A File is one sample or fixture.
type File struct {
	// Path is where it is, with slashes, and Name the last part of it without its ending.
	Path, Name string
	// Body is what is in it.
	Body []byte
}

// Read returns what is in the file of a path.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Files returns the files that a pattern of filepath.Glob names. There has to be one, or
// what is asked of every file would be asked of none.
func Files(t testing.TB, pattern ...string) []File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("%s names no file", filepath.Join(pattern...))
	}
	var out []File
	for _, path := range paths {
		out = append(out, File{Path: filepath.ToSlash(path), Name: stem(path), Body: Read(t, path)})
	}
	return out
}

// stem returns a file's name without folder and ending.
func stem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// Replace returns a body with one text in place of the first that reads old, which has to
// be there: a fixture that changed must not turn a test into one of nothing.
func Replace(t testing.TB, body []byte, old, with string) []byte {
	t.Helper()
	before, after, found := strings.Cut(string(body), old)
	if !found {
		t.Fatalf("the body has no %s", old)
	}
	return []byte(before + with + after)
}
