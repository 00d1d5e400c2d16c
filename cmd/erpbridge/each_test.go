package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/outbox"
)

// waitingRoom is a world whose list of dead letters has one event that became no
// document, and whose list of held events has three. Nothing runs that would take them.
func waitingRoom(t *testing.T) (w *world, dead int64, held []int64) {
	t.Helper()
	w = newWorld(t)
	store := storeOf(t, w)
	decisions := []erpbridge.Decision{{
		Message: waitingMessage(0), Verdict: erpbridge.Bury, Cause: &erpbridge.Error{Kind: erpbridge.Invalid, Code: "X", Err: errors.New("not JSON")},
	}}
	for i := 1; i <= 3; i++ {
		decisions = append(decisions, erpbridge.Decision{
			Message: waitingMessage(i), Verdict: erpbridge.Hold, Stream: fmt.Sprintf("order/%d", i), Order: fmt.Sprintf("#%d", i),
			Cause: &erpbridge.Error{Kind: erpbridge.Invalid, Code: "X", Err: errors.New("no item")},
		})
	}
	if err := store.Record(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	hs, err := store.HeldEvents(t.Context(), "", "", 10)
	if err != nil || len(hs) != 3 {
		t.Fatalf("%d held events, %v", len(hs), err)
	}
	for _, h := range hs {
		held = append(held, h.Event)
	}
	ds, err := store.DeadLetters(t.Context(), outbox.DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatalf("%d dead letters, %v", len(ds), err)
	}
	return w, ds[0].ID, held
}

func waitingMessage(i int) erpbridge.Message {
	return erpbridge.Message{
		ID: fmt.Sprintf("m-%d", i), Store: "shop", Type: "orders/create", Via: erpbridge.ViaPartner, Body: []byte("{}"), ReceivedAt: time.Now(),
	}
}

// storeOf opens the outbox of a world.
func storeOf(t *testing.T, w *world) *outbox.Store {
	t.Helper()
	conf, err := (&options{config: w.config}).load()
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// TestSeveralNumbersAreOneDocument: a script reads one list, in which what could not be
// done stands beside what was, and a person reads every error.
func TestSeveralNumbersAreOneDocument(t *testing.T) {
	w, dead, held := waitingRoom(t)
	number := strconv.FormatInt(dead, 10)
	code, stdout, stderr := command(t, "dead", "replay", number, "998", number, "999", "--dry-run", "-o", "json", "-c", w.config)
	var got []struct {
		ID            int64
		Action, Error string
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if code != exitFailed || len(got) != 3 || got[0].Action != "would be replayed" || got[1].Action != "failed" || got[2].Error == "" {
		t.Errorf("exit code %d, %+v", code, got)
	}
	for _, id := range []string{"998", "999"} {
		if !strings.Contains(stderr, "dead letter "+id) {
			t.Errorf("nothing is said of %s: %s", id, stderr)
		}
	}

	code, stdout, stderr = command(t, "held", "retry", "--all", "-o", "json", "-c", w.config)
	var events []struct {
		Event  int64
		Action string
	}
	if err := json.Unmarshal([]byte(stdout), &events); err != nil || code != exitOK || stderr != "" {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	var ids []int64
	for _, e := range events {
		ids = append(ids, e.Event)
	}
	if diff := cmp.Diff(held, ids); diff != "" {
		t.Error(diff)
	}
	if code, stdout, _ = command(t, "held", "retry", "--all", "-o", "json", "-c", w.config); code != exitOK || strings.TrimSpace(stdout) != "[]" {
		t.Errorf("of none: exit code %d: %s", code, stdout)
	}
}

// TestDryRunsTellWhatWouldBe: a dry run fails where the command would.
func TestDryRunsTellWhatWouldBe(t *testing.T) {
	w, dead, held := waitingRoom(t)
	number, event := strconv.FormatInt(dead, 10), strconv.FormatInt(held[0], 10)
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"dead", "settle", number, "--reason", "r"}, exitFailed, "never became a document"},
		{[]string{"held", "retry", "999"}, exitFailed, "no held event of that number"},
		{[]string{"held", "discard", "999", "--reason", "r"}, exitFailed, "no held event of that number"},
		{[]string{"held", "discard", event, "--reason", "r"}, exitOK, "discarded"},
		{[]string{"dead", "discard", number, "--reason", "r"}, exitOK, "discarded"},
	} {
		for _, args := range [][]string{append(step.args, "--dry-run"), step.args} {
			code, stdout, stderr := command(t, append(args, "-c", w.config)...)
			if code != step.code || !strings.Contains(stdout+stderr, step.want) {
				t.Errorf("%v: exit code %d, want %d and %q: %s%s", args, code, step.code, step.want, stdout, stderr)
			}
		}
	}
	for _, args := range [][]string{{"dead", "discard", number, "--reason", "r", "--dry-run"}, {"dead", "settle", number, "--reason", "r", "--dry-run"}} {
		if code, _, stderr := command(t, append(args, "-c", w.config)...); code != exitFailed || !strings.Contains(stderr, "was discarded by") {
			t.Errorf("%v of what is closed: exit code %d: %s", args, code, stderr)
		}
	}
}

// TestListsSayWhereTheyEnd: what is cut is not taken for the whole, and a slip in a name
// not for an empty list.
func TestListsSayWhereTheyEnd(t *testing.T) {
	w, dead, _ := waitingRoom(t)
	for _, step := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"held", "list", "--limit", "3"}, exitOK, "#3", ""},
		{[]string{"held", "list", "--limit", "2"}, exitOK, "#2", "there are more"},
		{[]string{"held", "retry", "--all", "--limit", "2", "--dry-run"}, exitOK, "would be", ""},
		{[]string{"held", "list", "--store", "shp"}, exitUsage, "", `no store "shp"; configured: shop`},
		{[]string{"held", "retry", "--all", "--store", "shp"}, exitUsage, "", `no store "shp"`},
		{[]string{"held", "retry", "--all", "--store", ""}, exitUsage, "", "--store is empty"}, // a variable that is not set
		{[]string{"held", "retry", "--all", "--order", "#77"}, exitOK, "no held events", ""},
		{[]string{"dead", "list", "--limit", "1"}, exitOK, "not JSON", ""},
		{[]string{"dead", "list", "--target", "netsiute"}, exitUsage, "", `no target "netsiute"; configured: netsuite`},
		{[]string{"dead", "list", "--target", "netsuite"}, exitOK, "no dead letters", ""},
		{[]string{"dead", "show", strconv.FormatInt(dead, 10), "--document"}, exitFailed, "", "never became a document"},
	} {
		code, stdout, stderr := command(t, append(step.args, "-c", w.config)...)
		if code != step.code || !strings.Contains(stdout, step.stdout) || !strings.Contains(stderr, step.stderr) || (step.stderr == "") != (stderr == "") {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", step.args, code, stdout, stderr)
		}
		if step.code != exitOK && strings.TrimSpace(stdout) != "" {
			t.Errorf("%v: %q is printed all the same", step.args, stdout)
		}
	}
}

// TestAllHeldAreAll: a command that says all means more than a listing shows.
func TestAllHeldAreAll(t *testing.T) {
	w := newWorld(t)
	store := storeOf(t, w)
	const many = 1001 // one more than lists show unasked
	var decisions []erpbridge.Decision
	for i := range many {
		decisions = append(decisions, erpbridge.Decision{
			Message: waitingMessage(i), Verdict: erpbridge.Hold, Stream: fmt.Sprintf("order/%d", i), Order: fmt.Sprintf("#%d", i),
			Cause: &erpbridge.Error{Kind: erpbridge.Invalid, Code: "X", Err: errors.New("no item")},
		})
	}
	if err := store.Record(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "held", "retry", "--all", "-c", w.config); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if hs, err := store.HeldEvents(t.Context(), "", "", 10); err != nil || len(hs) != 0 {
		t.Errorf("%d are still held, %v", len(hs), err)
	}
}

// TestHeldForAllTargets: a reason that names one target does not mean that the others
// got theirs.
func TestHeldForAllTargets(t *testing.T) {
	hs := []outbox.HeldEvent{{Event: 1, Order: "#1", Cause: "translating for sap: no item"}}
	for several, want := range map[bool]bool{true: true, false: false} {
		var out strings.Builder
		if err := showHeld(&out, hs, several); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "sent to any target"); got != want {
			t.Errorf("several targets: %t:\n%s", several, &out)
		}
	}
}

// TestForceIsNotAdvisedWhereItIsOfNoUse: SAP takes an IDoc once.
func TestForceIsNotAdvisedWhereItIsOfNoUse(t *testing.T) {
	at := time.Now()
	var d outbox.DeadLetterDetail
	d.ID, d.State, d.Document, d.AcceptedAt = 7, "open", 8, &at
	for once, want := range map[string]string{"": "dead replay 7 --force", takenOnce["sap-idoc"]: "docs/erps/sap-idoc.md"} {
		var out strings.Builder
		if err := showDeadLetter(&out, d, once); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "replay 7 --force") != (once == "") {
			t.Errorf("%q:\n%s", once, &out)
		}
	}
	manual, err := os.ReadFile("../../docs/erps/sap-idoc.md")
	if err != nil || !strings.Contains(string(manual), "\n## An order that SAP has lost\n") {
		t.Errorf("the manual has no such chapter, %v", err)
	}
}

// TestStatusSaysThatNothingMoves: orders that wait for a target which gets nothing are
// said loudly, for /readyz is green.
func TestStatusSaysThatNothingMoves(t *testing.T) {
	soon, later := time.Now().Add(2*time.Second), time.Now().Add(5*time.Minute)
	since := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name    string
		state   *outbox.TargetState
		pending int64
		change  func(*statusReport)
		want    string
		loud    bool
	}{
		{"paused", &outbox.TargetState{PausedBy: "ann"}, 3, nil, "NOTHING IS DELIVERED TO erp, 3 wait: paused by ann", true},
		{"paused, nothing waits", &outbox.TargetState{PausedBy: "ann"}, 0, nil, "erp: paused by ann", false},
		{"refused", &outbox.TargetState{RestsUntil: &later, RestReason: "login", Away: true, FailingSince: &since, Failures: 5}, 3, nil, "failing since", true},
		{"throttled", &outbox.TargetState{RestsUntil: &soon}, 3, nil, "erp: rests until", false},
		{"away", &outbox.TargetState{Away: true, FailingSince: &since, Failures: 5}, 3, nil, "5 requests in a row failed; probing", true},
		{"well", &outbox.TargetState{}, 3, nil, "", false},
		{"gone", nil, 3, func(r *statusReport) { r.NotConfigured = []string{"erp"} }, "the configuration has no such target", true},
		{"maintenance", nil, 3, func(r *statusReport) { r.ClosedUntil = map[string]time.Time{"erp": later} }, "in its maintenance window until", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ts outbox.TargetStatus
			ts.Pending, ts.State = c.pending, c.state
			r := statusReport{Status: outbox.Status{Targets: map[string]outbox.TargetStatus{"erp": ts}}}
			if c.change != nil {
				c.change(&r)
			}
			var out strings.Builder
			if err := showStatus(&out, r); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), "NOTHING") != c.loud {
				t.Errorf("want %q, loud: %t:\n%s", c.want, c.loud, &out)
			}
			if strings.Contains(out.String(), "rests until") && strings.Contains(out.String(), "probing") {
				t.Errorf("nobody probes what rests:\n%s", &out)
			}
		})
	}
}

// TestStatusGivesTimesWithTheirZone: whoever reads it may sit elsewhere.
func TestStatusGivesTimesWithTheirZone(t *testing.T) {
	at := time.Date(2026, 11, 24, 16, 30, 0, 0, time.FixedZone("there", 3600))
	var ts outbox.TargetStatus
	ts.Pending, ts.PerSecond, ts.EmptyAt = 5, 1, &at
	var out strings.Builder
	if err := showStatus(&out, statusReport{Status: outbox.Status{Targets: map[string]outbox.TargetStatus{"erp": ts}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "empty at 2026-11-24T15:30:00Z") {
		t.Error(&out)
	}
}

// TestDatabaseTrouble: a server that answers is not looked for.
func TestDatabaseTrouble(t *testing.T) {
	for code, want := range map[string]string{"28P01": "user and password", "42501": "grant", "3D000": "no such database", "": "that the server runs"} {
		err := errors.New("dial tcp: refused")
		if code != "" {
			err = fmt.Errorf("reading: %w", sqlState(code))
		}
		if got := databaseTrouble(err); !strings.Contains(got, want) {
			t.Errorf("%q: %s", code, got)
		}
	}
}

type sqlState string

func (s sqlState) Error() string    { return "SQLSTATE " + string(s) }
func (s sqlState) SQLState() string { return string(s) }
