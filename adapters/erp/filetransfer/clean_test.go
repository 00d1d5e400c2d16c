package filetransfer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// everything returns the files below a folder.
func everything(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, at)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// cleanAll goes through all parts at a time.
func cleanAll(t *testing.T, x *Transfer, now time.Time) {
	t.Helper()
	s, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	for part := range parts {
		if err := x.cleanPart(s, part, now); err != nil {
			t.Error(err)
		}
	}
	if err := x.sweep(s, now); err != nil {
		t.Error(err)
	}
}

// What is old goes, what was begun stays.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	x := open(t, Config{Dir: dir})
	put(t, x, two())
	begun := two()
	begun.Name, begun.Keys = "begun.xml", []string{"begun"}
	stop := errors.New("stop")
	x.do = func(point string, step func() error) error {
		if point == "filetransfer.place" {
			return stop
		}
		return step()
	}
	if _, err := x.Put(t.Context(), begun); erpbridge.KindOf(err) != erpbridge.InDoubt {
		t.Fatal(err)
	}
	x.do = func(_ string, step func() error) error { return step() }
	dead := writeFile(t, filepath.Join(dir, ".dead.xml.0123456789.data.part"), []byte("x"))
	theirs := writeFile(t, filepath.Join(dir, "theirs.part"), []byte("x"))
	all := everything(t, dir)

	cleanAll(t, x, time.Now().Add(time.Hour))
	if diff := cmp.Diff(all, everything(t, dir)); diff != "" {
		t.Errorf("an hour later:\n%s", diff)
	}
	cleanAll(t, x, time.Now().Add(48*time.Hour))
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was begun without an entry stays: %v", err)
	}
	if n := len(everything(t, dir)); n != len(all)-1 {
		t.Errorf("%d files of %d are left", n, len(all))
	}
	cleanAll(t, x, time.Now().Add(x.conf.Keep+time.Hour))
	want := []string{x.entryPath(begun.Name), theirs, filepath.Join(dir, two().Name)}
	left := everything(t, dir)
	if len(left) != len(want)+1 { // and the temporary file of what was begun
		t.Errorf("%q", left)
	}
	for _, at := range want {
		if _, err := os.Stat(at); err != nil {
			t.Error(err)
		}
	}
	// Its claims have gone, and still it is put as it was begun.
	put(t, x, begun)
	if visible(t, dir)[begun.Name] != string(begun.Body) {
		t.Error("it was not delivered")
	}
}

// A claim of a key is kept while there is a younger one.
func TestCleanKeepsGenerations(t *testing.T) {
	dir := t.TempDir()
	x := open(t, Config{Dir: dir})
	s, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	for i, name := range []string{"a.xml", "b.xml"} {
		if err := errors.Join(x.makeJournal(t.Context(), s, ""), x.note(t.Context(), s, "key", x.claimPath("k", i), claim{Key: "k", Name: name})); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * x.conf.Keep)
	if err := os.Chtimes(x.claimPath("k", 0), old, old); err != nil {
		t.Fatal(err)
	}
	cleanAll(t, x, time.Now())
	if name, generation, err := x.claimOf(s, "k"); name != "b.xml" || generation != 1 || err != nil {
		t.Errorf("%s %d %v", name, generation, err)
	}
	cleanAll(t, x, time.Now().Add(2*x.conf.Keep))
	if name, generation, err := x.claimOf(s, "k"); name != "" || generation != -1 || err != nil {
		t.Errorf("%s %d %v", name, generation, err)
	}
}

// A delivery cleans a part of the journal each minute.
func TestCleanFollowsDeliveries(t *testing.T) {
	dir := t.TempDir()
	x := open(t, Config{Dir: dir})
	old := time.Now().Add(-2 * x.conf.Keep)
	x.now = func() time.Time { return old }
	put(t, x, two())
	if err := os.Chtimes(x.entryPath(two().Name), old, old); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range parts {
		later := now.Add(time.Duration(i) * time.Minute)
		x.now = func() time.Time { return later }
		put(t, x, File{Name: "x.xml", Body: []byte("x"), Keys: []string{"x"}})
	}
	for _, at := range everything(t, dir) {
		if at == x.entryPath(two().Name) {
			t.Error("it is still there")
		}
	}
}

// A journal that was tampered with is for an operator, and never taken for none.
func TestDamagedJournal(t *testing.T) {
	x := open(t, Config{Dir: t.TempDir()})
	put(t, x, two())
	for _, at := range []string{x.entryPath(two().Name), x.claimPath(two().Keys[0], 0)} {
		whole, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"", "{", `{"name":"other.xml","key":"other"}`} {
			writeFile(t, at, []byte(body))
			_, err := x.Put(t.Context(), two())
			found := x.Find(t.Context(), two().Keys[0])[0].Err
			for _, err := range []error{err, found} {
				if erpbridge.KindOf(err) != erpbridge.Refused {
					t.Errorf("%q: %s: %v", body, erpbridge.KindOf(err), err)
				}
			}
		}
		writeFile(t, at, whole)
	}
	put(t, x, two())
}

// A server whose clock is years behind, or that gives files no time, has everything look
// old. What was delivered is remembered all the same, and what is being written is not
// taken for left over: its rename would find nothing, which is to have been delivered.
func TestServerWithoutAClock(t *testing.T) {
	dir := t.TempDir()
	x := open(t, Config{Dir: dir})
	s, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	began, minutes := time.Now(), 0
	clean := func() { // as deliveries of others do, until every part was cleaned
		for _, at := range everything(t, dir) {
			if err := os.Chtimes(at, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}
		for range parts {
			minutes++
			x.now = func() time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
			x.clean(s, &entry{Name: two().Name})
		}
	}
	put(t, x, two())
	clean()
	if r := x.Find(t.Context(), two().Keys[0])[0]; r.Err != nil {
		t.Errorf("what was delivered is forgotten: %v", r.Err)
	}
	writing := two()
	writing.Name, writing.Keys = "writing.xml", []string{"writing"}
	x.do = func(point string, step func() error) error {
		if point == "filetransfer.key.create" {
			clean()
		}
		return step()
	}
	put(t, x, writing)
	if got := visible(t, dir)[writing.Name]; got != string(writing.Body) {
		t.Errorf("called delivered, and what is there is %q", got)
	}
}

// The clock of a server is set right: what was delivered yesterday, at a time that looked
// years ago, is remembered.
func TestServerWhoseClockIsSetRight(t *testing.T) {
	dir := t.TempDir()
	x := open(t, Config{Dir: dir})
	began := time.Now()
	x.now = func() time.Time { return began.Add(-24 * time.Hour) }
	put(t, x, two())
	for _, at := range everything(t, dir) {
		if err := os.Chtimes(at, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	x.now = func() time.Time { return began }
	today := two()
	today.Name, today.Keys = "today.xml", []string{"today"}
	put(t, x, today)
	s, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	for i := range parts {
		x.now = func() time.Time { return began.Add(time.Duration(i+1) * time.Minute) }
		x.clean(s, &entry{Name: today.Name})
	}
	for _, key := range two().Keys {
		if r := x.Find(t.Context(), key)[0]; r.Err != nil {
			t.Errorf("what was delivered is forgotten: %v", r.Err)
		}
	}
}
