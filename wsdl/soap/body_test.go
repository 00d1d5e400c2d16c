package soap

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// Whoever wakes up after the time of an attempt sends nothing of it any more; what has
// begun is sent to its end.
func TestNothingBeginsAfterItsTime(t *testing.T) {
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Millisecond))
	defer cancel()
	late := NewBody(over, []byte("late"))
	var out bytes.Buffer
	if _, err := late.Read(make([]byte, 9)); !errors.Is(err, context.DeadlineExceeded) || late.Left() {
		t.Errorf("%v, left: %t", err, late.Left())
	}
	if _, err := late.WriteTo(&out); !errors.Is(err, context.DeadlineExceeded) || late.Left() || out.Len() > 0 {
		t.Errorf("%v, left: %t, %q", err, late.Left(), &out)
	}
	begun := NewBody(t.Context(), []byte("begun"))
	if _, err := begun.Read(make([]byte, 2)); err != nil || !begun.Left() {
		t.Fatal(err, begun.Left())
	}
	begun.until = time.Now()
	if _, err := begun.WriteTo(&out); err != nil || out.String() != "gun" {
		t.Errorf("%v, %q", err, &out)
	}
}
