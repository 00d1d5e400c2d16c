package filetransfer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/hakooi/erpbridge"
)

// What each failure of the file system comes to, before anything can be visible and
// after.
func TestEachFailureHasItsKind(t *testing.T) {
	for _, tt := range []struct {
		point string
		err   error
		want  erpbridge.Kind
	}{
		{"temp.create", syscall.ENOSPC, erpbridge.Transient},
		{"temp.write", syscall.ENOSPC, erpbridge.Transient},
		{"temp.write", syscall.EDQUOT, erpbridge.Transient},
		{"temp.sync", syscall.EIO, erpbridge.Transient},
		{"temp.create", fs.ErrPermission, erpbridge.Refused},
		{"temp.create", syscall.EROFS, erpbridge.Refused},
		{"temp.create", fs.ErrNotExist, erpbridge.Refused},
		{"entry.claim", syscall.EIO, erpbridge.Transient},
		{"entry.claim", fs.ErrExist, erpbridge.InDoubt},
		{"key.claim", fs.ErrExist, erpbridge.InDoubt},
		{"journal.sync", context.DeadlineExceeded, erpbridge.Transient},
		{"place", syscall.EIO, erpbridge.InDoubt},
		{"place", context.DeadlineExceeded, erpbridge.InDoubt},
		{"place", fs.ErrPermission, erpbridge.Refused},
		{"place.sync", syscall.EIO, erpbridge.InDoubt},
		{"place.sync", fs.ErrNotExist, erpbridge.InDoubt},
		{"trigger", syscall.ENOSPC, erpbridge.InDoubt},
	} {
		t.Run(tt.point+" "+tt.err.Error(), func(t *testing.T) {
			dir := t.TempDir()
			x := open(t, announced(dir))
			x.do = func(point string, step func() error) error {
				if point == "filetransfer."+tt.point {
					return &fs.PathError{Op: "do", Path: "it", Err: tt.err}
				}
				return step()
			}
			_, err := x.Put(t.Context(), two())
			if got := erpbridge.KindOf(err); got != tt.want {
				t.Errorf("%s: %v", got, err)
			}
			if seen := visible(t, dir); len(seen) != 0 && tt.want == erpbridge.Transient {
				t.Errorf("transient, and %d files are visible", len(seen))
			}
			// As soon as it works again it is delivered, once.
			x.do = func(_ string, step func() error) error { return step() }
			put(t, x, two())
			if got := consume(t, dir, two()); len(got) != 1 || len(visible(t, dir)) != 0 {
				t.Errorf("%d files", len(got))
			}
		})
	}
}

func TestMissingFolderIsForAnOperator(t *testing.T) {
	x := open(t, announced(inDir(t, "none")))
	_, err := x.Put(t.Context(), two())
	for _, err := range []error{err, x.Probe(t.Context())} {
		if erpbridge.KindOf(err) != erpbridge.Refused || !strings.Contains(err.Error(), "folder") {
			t.Errorf("%s: %v", erpbridge.KindOf(err), err)
		}
	}
	if _, err := os.Stat(x.dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

// A share that was unmounted leaves an empty folder, into which nothing is to go.
func TestShareThatIsGoneIsNotWrittenBeside(t *testing.T) {
	dir := t.TempDir()
	x := open(t, announced(dir))
	put(t, x, two())
	f := two()
	f.Name, f.Keys = "another.xml", []string{"another"}
	put(t, x, f)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o750)); err != nil {
		t.Fatal(err)
	}
	f.Name, f.Keys = "third.xml", []string{"third"}
	if _, err := x.Put(t.Context(), f); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v %v", entries, err)
	}
}
