package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/journal"
)

var at = time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.UTC)

func open(t *testing.T, path string) *journal.Writer {
	t.Helper()
	w, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func read(t *testing.T, path string) (sent []journal.Sent, answered []journal.Answered) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = journal.Read(strings.NewReader(string(raw)), journal.Eye{
		Sent:     func(s journal.Sent) error { sent = append(sent, s); return nil },
		Answered: func(a journal.Answered) error { answered = append(answered, a); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return sent, answered
}

func TestThereAndBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	w := open(t, path)
	s := journal.Sent{
		Event: "e-1", Order: "1001", OrderID: 7000000001001, Version: 2, UpdatedAt: at, Topic: "orders/updated",
		Door: journal.Partner, Daemon: 1, Body: "{ \"note\" : \"a\\u0000b \u2028 <&> 🧾\"\r\n}\t", At: at,
	}
	a := journal.Answered{Event: "e-1", Status: 503, Millis: 12.5, At: at}
	if err := errors.Join(w.Sent(s), w.Answered(a)); err != nil {
		t.Fatal(err)
	}
	s.What, a.What = "send", "answer"
	sent, answered := read(t, path)
	if diff := cmp.Diff([]journal.Sent{s}, sent); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]journal.Answered{a}, answered); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	for _, name := range []string{"what", "event", "order", "order_id", "version", "updated_at", "topic", "door", "daemon", "body", "at"} {
		if !strings.Contains(first, `"`+name+`":`) {
			t.Errorf("%q is missing in %s", name, first)
		}
	}
}

// Whoever's Append returned finds its line in the file at once, whatever the others
// do, and nobody's line is torn by another's.
func TestManyAppendAtOnce(t *testing.T) {
	const writers, each = 50, 40
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	w := open(t, path)
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				id := fmt.Sprintf("e-%d-%d", i, n)
				if err := w.Sent(journal.Sent{Event: id, Body: strings.Repeat(id, 200)}); err != nil {
					errs <- err
					return
				}
			}
			raw, err := os.ReadFile(path)
			if err == nil && !strings.Contains(string(raw), fmt.Sprintf(`"event":"e-%d-%d"`, i, each-1)) {
				err = fmt.Errorf("the last line of writer %d is not in the file", i)
			}
			if err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	sent, _ := read(t, path)
	next := map[string]int{}
	for _, s := range sent {
		var i, n int
		if _, err := fmt.Sscanf(s.Event, "e-%d-%d", &i, &n); err != nil {
			t.Fatal(err)
		}
		who := fmt.Sprint(i)
		if n != next[who] {
			t.Errorf("writer %d: line %d stands where %d belongs", i, n, next[who])
		}
		next[who] = n + 1
		if s.Body != strings.Repeat(s.Event, 200) {
			t.Errorf("%s has somebody else's body", s.Event)
		}
	}
	if len(sent) != writers*each {
		t.Errorf("%d lines, want %d", len(sent), writers*each)
	}
}

func TestTornTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	w := open(t, path)
	if err := errors.Join(w.Sent(journal.Sent{Event: "e-1"}), w.Sent(journal.Sent{Event: "e-2", Body: strings.Repeat("x", 100_000)}), w.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	firstLine := strings.IndexByte(string(whole), '\n') + 1
	for _, cut := range []int{1, 2, 70_000, len(whole) - firstLine - 1, len(whole) - firstLine} {
		if err := os.WriteFile(path, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if sent, _ := read(t, path); len(sent) != 1 || sent[0].Event != "e-1" {
			t.Fatalf("cut by %d: %d lines are left", cut, len(sent))
		}
		again := open(t, path)
		if err := again.Sent(journal.Sent{Event: "e-3"}); err != nil {
			t.Fatal(err)
		}
		sent, _ := read(t, path)
		if len(sent) != 2 || sent[1].Event != "e-3" {
			t.Errorf("cut by %d: after the next append: %+v", cut, sent)
		}
	}
	if err := os.WriteFile(path, whole[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if sent, _ := read(t, path); sent != nil {
		t.Errorf("of a file with nothing but a torn line: %+v", sent)
	}
}

// Only the end may be torn: a broken line elsewhere is not passed over.
func TestBrokenLine(t *testing.T) {
	for _, text := range []string{
		"{\"what\":\"send\",\"eve\n{\"what\":\"send\",\"event\":\"e-2\"}\n",
		"\x00\x00\x00\n",
		"{\"what\":\"guess\"}\n",
		"\n",
	} {
		see := journal.Eye{
			Sent:     func(journal.Sent) error { return nil },
			Answered: func(journal.Answered) error { return nil },
		}
		if err := journal.Read(strings.NewReader(text), see); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	// Members in another order are still the same line.
	var got journal.Answered
	err := journal.Read(strings.NewReader(`{"status":200,"event":"e-1","what":"answer"}`+"\n"), journal.Eye{
		Answered: func(a journal.Answered) error { got = a; return nil },
	})
	if err != nil || got.Event != "e-1" || !got.Accepted() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	w := open(t, filepath.Join(t.TempDir(), "sender.jsonl"))
	if err := w.Sent(journal.Sent{Event: "e-1", Body: "\xff"}); err == nil {
		t.Error("a body that JSON cannot keep was taken")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Sent(journal.Sent{Event: "e-2"}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	w, err := journal.Open(filepath.Join(b.TempDir(), "sender.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	body := strings.Repeat("x", 2500)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := w.Sent(journal.Sent{Event: "e", Body: body}); err != nil {
				b.Error(err)
			}
		}
	})
}
