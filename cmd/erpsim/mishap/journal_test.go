package mishap

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who reads the journal has what was written so far, and cannot write it.
func TestJournalKeepsWhatCameInItsOrder(t *testing.T) {
	var j Journal[string, int]
	if first, second := j.Arrive(), j.Arrive(); first != 1 || second != 2 {
		t.Errorf("the requests have the numbers %d and %d", first, second)
	}
	j.Ask("a")
	j.Book(1)
	attempts, effects := j.Attempts(), j.Effects()
	j.Ask("b")
	j.Book(2)
	if diff := cmp.Diff([]string{"a"}, attempts) + cmp.Diff([]int{1}, effects); diff != "" {
		t.Error(diff)
	}
	j.Attempts()[0], j.Effects()[0] = "c", 3
	if diff := cmp.Diff([]string{"a", "b"}, j.Attempts()) + cmp.Diff([]int{1, 2}, j.Effects()); diff != "" {
		t.Error(diff)
	}
	if text := j.Object("%d lines", 0); text != "0 lines" {
		t.Error(text)
	}
	if n, bad := j.Requests(); n != 2 || !cmp.Equal(bad, []string{"0 lines"}) {
		t.Errorf("%d requests, and %v", n, bad)
	}
}
