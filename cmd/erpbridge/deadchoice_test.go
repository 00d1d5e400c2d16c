package main

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/outbox"
)

// buried is a world in which nothing runs, with dead letters of these codes.
func buried(t *testing.T, codes ...string) (*world, *outbox.Store) {
	t.Helper()
	w := newWorld(t)
	store := storeOf(t, w)
	var ds []erpbridge.Decision
	for i, code := range codes {
		ds = append(ds, erpbridge.Decision{
			Message: waitingMessage(i), Verdict: erpbridge.Bury, Order: "#" + strconv.Itoa(i),
			Cause: &erpbridge.Error{Kind: erpbridge.Invalid, Code: code, Err: errors.New("not an order")},
		})
	}
	if err := store.Record(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
	return w, store
}

func openLetters(t *testing.T, s *outbox.Store) (n int) {
	t.Helper()
	ids, err := s.DeadLetterNumbers(t.Context(), outbox.DeadLetterFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return len(ids)
}

// After a mend all that died of one reason goes again, and what died of others stays.
func TestAllOfOneReasonAreReplayed(t *testing.T) {
	w, store := buried(t, "A", "B", "A", "A")
	code, stdout, stderr := command(t, "dead", "groups", "-c", w.config)
	if code != exitOK || !strings.Contains(stdout, "\n3      3       shop") {
		t.Errorf("groups: exit code %d\n%s%s", code, stdout, stderr)
	}
	var groups []outbox.DeadLetterGroup
	if _, stdout, _ = command(t, "dead", "groups", "--code", "B", "-o", "json", "-c", w.config); json.Unmarshal([]byte(stdout), &groups) != nil ||
		len(groups) != 1 || groups[0].Count != 1 {
		t.Errorf("groups of one code: %s", stdout)
	}

	code, stdout, stderr = command(t, "dead", "replay", "--all", "--code", "A", "--dry-run", "-c", w.config)
	if code != exitOK || strings.Count(stdout, "would be replayed") != 3 || openLetters(t, store) != 4 {
		t.Errorf("dry: exit code %d, %d open\n%s%s", code, openLetters(t, store), stdout, stderr)
	}
	code, stdout, stderr = command(t, "dead", "replay", "--all", "--code", "A", "-o", "json", "-c", w.config)
	var done []deadDeed
	if err := json.Unmarshal([]byte(stdout), &done); err != nil || code != exitOK || len(done) != 3 || openLetters(t, store) != 1 {
		t.Errorf("exit code %d, %v, %d open\n%s%s", code, err, openLetters(t, store), stdout, stderr)
	}
	if code, stdout, _ = command(t, "dead", "replay", "--all", "--code", "A", "-o", "json", "-c", w.config); code != exitOK || strings.TrimSpace(stdout) != "[]" {
		t.Errorf("of none: exit code %d: %s", code, stdout)
	}
	if code, stdout, _ = command(t, "dead", "discard", "--all", "--reason", "a test", "-c", w.config); code != exitOK || openLetters(t, store) != 0 {
		t.Errorf("discard: exit code %d, %d open: %s", code, openLetters(t, store), stdout)
	}
	if code, stdout, _ = command(t, "dead", "replay", "--all", "-c", w.config); code != exitOK || !strings.Contains(stdout, "no dead letters") {
		t.Errorf("of none: exit code %d: %s", code, stdout)
	}
}

func TestAllOrSomeDeadLetters(t *testing.T) {
	w, store := buried(t, "A")
	for _, args := range [][]string{
		{"replay"},
		{"replay", "1", "--all"},
		{"replay", "1", "--code", "A"},
		{"discard", "--reason", "r"},
		{"discard", "--reason", "r", "1", "--target", "netsuite"},
		{"discard", "--all"},
		{"settle", "--reason", "r"},
		{"replay", "--all", "--store", "shpo"},
		{"discard", "--all", "--reason", "r", "--target", "netsiute"},
		{"groups", "--target", "netsiute"},
		{"replay", "--all", "--store", ""}, // a variable that is not set
		{"discard", "--all", "--reason", "r", "--cause", "invalid", "--code", ""},
		{"discard", "--all", "--reason", "r", "--target="},
		{"discard", "--all", "--reason", "r", "--order", ""},
	} {
		if code, stdout, stderr := command(t, append(append([]string{"dead"}, args...), "-c", w.config)...); code != exitUsage || stderr == "" {
			t.Errorf("%v: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
	if openLetters(t, store) != 1 {
		t.Error("something was done all the same")
	}
}
