package filetransfer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// tell writes an acknowledgement, of a time of its own.
func tell(t *testing.T, dir, name, body string, at int) {
	t.Helper()
	file := writeFile(t, filepath.Join(dir, name), []byte(body))
	when := time.Date(2026, 11, 23, 10, 0, at, 0, time.UTC)
	if err := os.Chtimes(file, when, when); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, x *Transfer) []string {
	t.Helper()
	acks, err := x.Acks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range acks {
		got = append(got, a.Name+": "+string(a.Body))
	}
	return got
}

// sides are the two ways to acknowledgements.
func sides(t *testing.T, test func(t *testing.T, in string, with func(AckConfig) *Transfer)) {
	t.Run("local", func(t *testing.T) {
		in := t.TempDir()
		test(t, in, func(c AckConfig) *Transfer {
			c.Dir = in
			return open(t, Config{Dir: t.TempDir(), Acks: c})
		})
	})
	t.Run("SFTP", func(t *testing.T) {
		in := t.TempDir()
		s := serve(t, peers["OpenSSH"](t))
		test(t, in, func(c AckConfig) *Transfer {
			conf := s.config(t.TempDir())
			c.Dir = in
			conf.Acks = c
			return open(t, conf)
		})
	})
}

// An acknowledgement counts once it does not change any more.
func TestAcksThatSettle(t *testing.T) {
	sides(t, func(t *testing.T, in string, with func(AckConfig) *Transfer) {
		x := with(AckConfig{Match: "*.xml", Settle: time.Minute})
		now := time.Now()
		x.now = func() time.Time { return now }
		tell(t, in, "b.xml", "<half", 1)
		tell(t, in, "a.xml", "<a/>", 2)
		tell(t, in, "empty.xml", "", 3)
		tell(t, in, "a.txt", "of another kind", 4)
		tell(t, in, ".hidden.xml", "hidden", 5)
		if err := os.Mkdir(filepath.Join(in, "folder.xml"), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/etc/hostname", filepath.Join(in, "link.xml")); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			later time.Duration
			do    func()
			want  []string
		}{
			{0, nil, nil},
			{59 * time.Second, nil, nil},
			{time.Second, func() { tell(t, in, "b.xml", "<half-and-half/>", 6) }, []string{"a.xml: <a/>"}},
			{30 * time.Second, nil, []string{"a.xml: <a/>"}},
			{30 * time.Second, nil, []string{"a.xml: <a/>", "b.xml: <half-and-half/>"}}, // the oldest first
			{time.Hour, nil, []string{"a.xml: <a/>", "b.xml: <half-and-half/>"}},        // until it is done with
		} {
			now = now.Add(step.later)
			if step.do != nil {
				step.do()
			}
			if diff := cmp.Diff(step.want, names(t, x)); diff != "" {
				t.Errorf("after %s: %s", step.later, diff)
			}
		}
		if err := x.Done(t.Context(), Ack{Name: "a.xml"}); err != nil {
			t.Error(err)
		}
		if err := x.Done(t.Context(), Ack{Name: "a.xml"}); err != nil {
			t.Errorf("done twice: %v", err)
		}
		if diff := cmp.Diff([]string{"b.xml: <half-and-half/>"}, names(t, x)); diff != "" {
			t.Error(diff)
		}
		if _, ok := visible(t, in)["a.xml"]; ok {
			t.Error("a.xml is still there")
		}
	})
}

// With a done file nothing else says that an acknowledgement is complete.
func TestAcksWithDoneFile(t *testing.T) {
	sides(t, func(t *testing.T, in string, with func(AckConfig) *Transfer) {
		archive := t.TempDir()
		x := with(AckConfig{Trigger: "{name}.ok", Archive: archive, Empty: true})
		tell(t, in, "a.ack", "", 1)
		tell(t, in, "b.ack", "half", 2)
		tell(t, in, "a.ack.ok", "", 3)
		if diff := cmp.Diff([]string{"a.ack: "}, names(t, x)); diff != "" {
			t.Error(diff)
		}
		tell(t, in, "b.ack", "whole", 2)
		tell(t, in, "b.ack.ok", "", 4)
		if diff := cmp.Diff([]string{"a.ack: ", "b.ack: whole"}, names(t, x)); diff != "" {
			t.Error(diff)
		}
		for _, name := range []string{"a.ack", "b.ack"} {
			if err := x.Done(t.Context(), Ack{Name: name}); err != nil {
				t.Error(err)
			}
		}
		// One that comes twice under its name does not replace the first.
		tell(t, in, "b.ack", "again", 5)
		tell(t, in, "b.ack.ok", "", 6)
		if diff := cmp.Diff([]string{"b.ack: again"}, names(t, x)); diff != "" {
			t.Error(diff)
		}
		if err := x.Done(t.Context(), Ack{Name: "b.ack"}); err != nil {
			t.Error(err)
		}
		if left := visible(t, in); len(left) != 0 {
			t.Errorf("%q is left", left)
		}
		want := map[string]string{"a.ack": "", "b.ack": "whole", "b.ack.2": "again"}
		if diff := cmp.Diff(want, visible(t, archive)); diff != "" {
			t.Error(diff)
		}
	})
}

// It is read once: what is returned again is what was read.
func TestAcksAreReadOnce(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in, Trigger: "{name}.ok"}})
	reads := 0
	tell(t, in, "a.ack", "one", 1)
	tell(t, in, "a.ack.ok", "", 1)
	x.store = counting{x.store, &reads}
	for range 3 {
		if diff := cmp.Diff([]string{"a.ack: one"}, names(t, x)); diff != "" {
			t.Error(diff)
		}
	}
	if reads != 1 {
		t.Errorf("it was read %d times", reads)
	}
}

func TestAcksWrong(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in, Trigger: "{name}.ok", Archive: inDir(t, "none")}})
	tell(t, in, "big.ack", "", 1)
	tell(t, in, "big.ack.ok", "", 1)
	if err := os.Truncate(filepath.Join(in, "big.ack"), largestAck+1); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Acks(t.Context()); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
	if err := x.Done(t.Context(), Ack{Name: "big.ack"}); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("no archive: %v", err)
	}
	for _, name := range []string{"", "..", "../a", "a/b", ".hidden"} {
		if err := x.Done(t.Context(), Ack{Name: name}); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
	gone := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: inDir(t, "none")}})
	if _, err := gone.Acks(t.Context()); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("no folder: %v", err)
	}
	none := open(t, Config{Dir: t.TempDir()})
	if acks, err := none.Acks(t.Context()); err != nil || acks != nil {
		t.Error(acks, err)
	}
}

// Many acknowledgements come in parts, the oldest first.
func TestManyAcks(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in, Trigger: "{name}.ok"}})
	const all = mostOfNames + 10
	for i := range all {
		name := fmt.Sprintf("%05d.ack", i)
		tell(t, in, name, "x", all-i)
		tell(t, in, name+".ok", "", 0)
	}
	acks, err := x.Acks(t.Context())
	if err != nil || len(acks) != mostOfNames || acks[0].Name != fmt.Sprintf("%05d.ack", all-1) {
		t.Fatalf("%d: %v", len(acks), err)
	}
	for _, a := range acks {
		if err := x.Done(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(names(t, x)); n != 10 {
		t.Errorf("%d are left", n)
	}
}

// counting counts what is read.
type counting struct {
	store
	reads *int
}

func (c counting) open(ctx context.Context) (files, error) {
	f, err := c.store.open(ctx)
	return countingFiles{f, c.reads}, err
}

type countingFiles struct {
	files
	reads *int
}

func (c countingFiles) read(path string, limit int64) ([]byte, error) {
	*c.reads++
	return c.files.read(path, limit)
}
