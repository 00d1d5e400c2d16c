package ingest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRead(t *testing.T) {
	for _, n := range []int{0, 1, 100, small - 1, small, small + 1, 2*small + 1, 10 * small, 16 * small} {
		want := bytes.Repeat([]byte("0123456789abcdef!"), n/17+1)[:n]
		for name, declared := range map[string]int64{"declared": int64(n), "not declared": -1, "declared too short": int64(n / 2)} {
			for how, r := range map[string]io.Reader{
				"at once": bytes.NewReader(want), "in halves": iotest.HalfReader(bytes.NewReader(want)), "the end with the data": iotest.DataErrReader(bytes.NewReader(want)),
			} {
				var m memory
				m.left.Store(64 * small)
				b, err := m.read(r, declared)
				if err != nil || !bytes.Equal(b.bytes, want) {
					t.Errorf("%d bytes, %s, %s: %d bytes, %v", n, name, how, len(b.bytes), err)
				}
				taken := 64*small - m.left.Load()
				if n < small && taken != 0 || n > small && taken < int64(n) || taken > 4*int64(n+1) {
					t.Errorf("%d bytes, %s: %d taken", n, name, taken)
				}
				if b.done(); m.left.Load() != 64*small {
					t.Errorf("%d bytes, %s: %d are not given back", n, name, 64*small-m.left.Load())
				}
			}
		}
	}
}

// A body gets what is there, and gives back also what was not enough.
func TestReadWithoutRoom(t *testing.T) {
	var m memory
	m.left.Store(3 * small)
	b, err := m.read(strings.NewReader(strings.Repeat("x", 5*small)), -1)
	if !errors.Is(err, errNoRoom) {
		t.Fatalf("read = %v", err)
	}
	b.done()
	if m.left.Load() != 3*small {
		t.Errorf("%d are left of %d", m.left.Load(), 3*small)
	}
	b, err = m.read(io.MultiReader(strings.NewReader(strings.Repeat("x", 2*small-1)), iotest.ErrReader(io.ErrUnexpectedEOF)), -1)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("read = %v", err)
	}
	if b.done(); m.left.Load() != 3*small {
		t.Errorf("%d are left of %d after an error", m.left.Load(), 3*small)
	}
}

// Long bodies that are on their way keep other long ones out, and no short one.
func TestMemoryIsShared(t *testing.T) {
	const long = 8 * small
	h := open(t, func(c *Config) { c.MaxBody, c.Memory = long, 2*long })
	r := signed("")
	r.ContentLength = long
	begun, release := make(chan struct{}), make(chan struct{})
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", long-1)), waiting{begun, release}, strings.NewReader("x")))
	status := make(chan int)
	go func() { status <- h.do(r).Code }()
	<-begun

	other := signed("")
	other.Body, other.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", long)))), -1
	if w := h.do(other); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || w.Header().Get("Connection") != "close" {
		t.Errorf("a second long body: %d, %v", w.Code, w.Header())
	}
	if w := h.do(signed("{}")); w.Code != http.StatusOK {
		t.Errorf("a short body beside it: %d", w.Code)
	}
	close(release)
	if code := <-status; code != http.StatusOK {
		t.Errorf("the first long body: %d", code)
	}
	if got := h.memory.left.Load(); got != 2*long {
		t.Errorf("afterwards %d are left of %d", got, 2*long)
	}
}

// waiting is a reader of nothing that takes its time.
type waiting struct{ begun, release chan struct{} }

func (w waiting) Read([]byte) (int, error) {
	close(w.begun)
	<-w.release
	return 0, io.EOF
}
