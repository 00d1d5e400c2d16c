package filetransfer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func endsWell(body []byte) bool { return bytes.HasSuffix(body, []byte("</a>")) }

// What is recognised as whole is returned by the first look. What is not is read once more
// when it has changed, or has settled.
func TestAcksThatAreRecognised(t *testing.T) {
	sides(t, func(t *testing.T, in string, with func(AckConfig) *Transfer) {
		x := with(AckConfig{Match: "*.xml", Settle: time.Minute})
		x.Recognise(endsWell)
		now := time.Now()
		x.now = func() time.Time { return now }
		reads := 0
		x.store = counting{x.store, &reads}
		tell(t, in, "a.xml", "<a>1</a>", 1)
		tell(t, in, "b.xml", "<a>2", 2)
		tell(t, in, "c.xml", "no end", 3)
		look := func(later time.Duration, unread, read int, want ...string) {
			t.Helper()
			now = now.Add(later)
			before := reads
			if diff := cmp.Diff(want, names(t, x)); diff != "" {
				t.Error(diff)
			}
			if x.Unread() != unread || reads-before != read {
				t.Errorf("%d unread, %d read, want %d, %d", x.Unread(), reads-before, unread, read)
			}
		}
		look(0, 2, 3, "a.xml: <a>1</a>")
		look(time.Second, 2, 0, "a.xml: <a>1</a>") // nothing has changed
		tell(t, in, "b.xml", "<a>2</a>", 4)
		look(time.Second, 1, 1, "a.xml: <a>1</a>", "b.xml: <a>2</a>")
		look(time.Minute, 0, 1, "a.xml: <a>1</a>", "c.xml: no end", "b.xml: <a>2</a>")
		look(time.Minute, 0, 0, "a.xml: <a>1</a>", "c.xml: no end", "b.xml: <a>2</a>")
		if err := os.Remove(filepath.Join(in, "c.xml")); err != nil { // by another daemon
			t.Fatal(err)
		}
		look(time.Second, 0, 0, "a.xml: <a>1</a>", "b.xml: <a>2</a>")
	})
}

// With a done file nothing else says that an acknowledgement is complete.
func TestAcksAreNotRecognisedWithoutTheirDoneFile(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in, Trigger: "{name}.ok"}})
	x.Recognise(endsWell)
	tell(t, in, "a.ack", "<a></a>", 1)
	if got := names(t, x); got != nil || x.Unread() != 0 {
		t.Errorf("%v, %d unread", got, x.Unread())
	}
}

// A file that is replaced under its name is another one.
func TestReadings(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in}})
	x.Recognise(endsWell)
	reading := func() int {
		t.Helper()
		acks, err := x.Acks(t.Context())
		if err != nil || len(acks) != 1 || acks[0].Reading == 0 {
			t.Fatal(acks, err)
		}
		return acks[0].Reading
	}
	tell(t, in, "a.ack", "<a>1</a>", 1)
	first := reading()
	if again := reading(); again != first {
		t.Errorf("the same is %d and %d", first, again)
	}
	tell(t, in, "a.ack", "<a>2</a>", 2)
	if second := reading(); second == first {
		t.Error("another file is told apart by nothing")
	}
}

// Where reading takes long there are some after half the time, and the others come with
// the next calls.
func TestAcksThatTakeLong(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in}})
	x.Recognise(endsWell)
	for i := range 10 {
		tell(t, in, fmt.Sprintf("%d.ack", i), "<a></a>", i)
	}
	now := time.Now()
	x.now = func() time.Time { return now }
	x.store = slow{x.store, func() { now = now.Add(10 * time.Second) }}
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(time.Hour))
	defer cancel()
	x.conf.SFTP = SFTPConfig{Host: "far.example.com", Timeout: time.Minute}
	for _, want := range []int{3, 6, 9, 10, 10} {
		acks, err := x.Acks(ctx)
		if err != nil || len(acks) != want || x.Unread() != 10-want {
			t.Fatalf("%d, %v, %d unread; want %d", len(acks), err, x.Unread(), want)
		}
	}
}

// A read that breaks off is made up for.
func TestAcksAfterAnError(t *testing.T) {
	in := t.TempDir()
	x := open(t, Config{Dir: t.TempDir(), Acks: AckConfig{Dir: in}})
	x.Recognise(endsWell)
	tell(t, in, "a.ack", "<a>1</a>", 1)
	if got := names(t, x); len(got) != 1 {
		t.Fatal(got)
	}
	if err := os.Remove(filepath.Join(in, "a.ack")); err != nil {
		t.Fatal(err)
	}
	tell(t, in, "b.ack", "<a>2</a>", 2)
	do := x.do
	x.do = func(string, func() error) error { return os.ErrDeadlineExceeded }
	if acks, err := x.Acks(t.Context()); err == nil {
		t.Fatal(acks)
	}
	x.do = do
	if diff := cmp.Diff([]string{"b.ack: <a>2</a>"}, names(t, x)); diff != "" {
		t.Error(diff)
	}
}

func TestWatch(t *testing.T) {
	var w Watch
	now := time.Now()
	for _, step := range []struct{ later, want time.Duration }{
		{0, 0},
		{time.Minute, time.Minute},
		{48 * time.Hour, time.Minute + LongestLook}, // nobody looked
		{-time.Hour, time.Minute + LongestLook},     // the clock was set back
		{time.Minute, 2*time.Minute + LongestLook},
	} {
		now = now.Add(step.later)
		if got := w.Look(now); got != step.want {
			t.Errorf("%s later: %s, want %s", step.later, got, step.want)
		}
	}
}

// slow takes its time to read.
type slow struct {
	store
	pass func()
}

func (s slow) open(ctx context.Context) (files, error) {
	f, err := s.store.open(ctx)
	return slowFiles{f, s.pass}, err
}

type slowFiles struct {
	files
	pass func()
}

func (s slowFiles) read(path string, limit int64) ([]byte, error) {
	s.pass()
	return s.files.read(path, limit)
}

// A look at many acknowledgements that were read costs what it costs to list them.
func BenchmarkAcks(b *testing.B) {
	in := b.TempDir()
	x, err := Open(Config{Dir: b.TempDir(), Acks: AckConfig{Dir: in}})
	if err != nil {
		b.Fatal(err)
	}
	x.Recognise(endsWell)
	for i := range mostOfNames {
		if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("%05d.xml", i)), []byte("<a></a>"), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := x.Acks(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Run("listing", func(b *testing.B) {
		for b.Loop() {
			if _, err := (local{}).list(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			if acks, err := x.Acks(b.Context()); err != nil || len(acks) != mostOfNames {
				b.Fatal(len(acks), err)
			}
		}
	})
}
