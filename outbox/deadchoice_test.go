package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakooi/erpbridge"
)

// graveyard buries an order for each reason and returns their numbers in that order.
func graveyard(t *testing.T, s *Store, reasons ...*erpbridge.Error) (ids []int64) {
	t.Helper()
	for i, why := range reasons {
		record(t, s, an{order: string(rune('1' + i)), state: "a"})
		settleAll(t, s, claimOne(t, s), Verdict{State: Dead, Cause: why})
	}
	ids, err := s.DeadLetterNumbers(t.Context(), DeadLetterFilter{})
	if err != nil || len(ids) != len(reasons) {
		t.Fatalf("%d dead letters, %v", len(ids), err)
	}
	return ids
}

func TestDeadLettersAreGroupedAndChosenByTheirReason(t *testing.T) {
	s := open(t)
	lost := &erpbridge.Error{Kind: erpbridge.InDoubt, Err: errors.New("no answer")}
	again := &erpbridge.Error{Kind: erpbridge.Invalid, Code: "USER_ERROR", Err: errors.New("Please choose a subsidiary")}
	ids := graveyard(t, s, rejected, lost, again)
	if err := s.DiscardDeadLetter(t.Context(), graveyardMore(t, s), "ada", "a test"); err != nil {
		t.Fatal(err)
	}

	gs, err := s.DeadLetterGroups(t.Context(), DeadLetterFilter{})
	want := []DeadLetterGroup{
		{Store: "shop", Target: "erp", CauseKind: "invalid", CauseCode: "USER_ERROR", Count: 2, Orders: 2, Cause: "USER_ERROR: Please choose a subsidiary"},
		{Store: "shop", Target: "erp", CauseKind: "in-doubt", Count: 1, Orders: 1, Cause: "no answer"},
	}
	if diff := cmp.Diff(want, gs, cmpopts.IgnoreTypes(time.Time{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if len(gs) == 2 && !gs[0].First.Before(gs[0].Last) {
		t.Errorf("from %s to %s", gs[0].First, gs[0].Last)
	}

	for name, c := range map[string]struct {
		filter DeadLetterFilter
		want   []int64
	}{
		"all":              {DeadLetterFilter{Limit: 1}, ids},
		"a code":           {DeadLetterFilter{CauseCode: "USER_ERROR"}, []int64{ids[0], ids[2]}},
		"a kind":           {DeadLetterFilter{CauseKind: "in-doubt"}, ids[1:2]},
		"a code and order": {DeadLetterFilter{CauseCode: "USER_ERROR", Order: "#3"}, ids[2:]},
		"another target":   {DeadLetterFilter{Target: "other"}, []int64{}},
		"another store":    {DeadLetterFilter{Store: "other"}, []int64{}},
	} {
		if got, err := s.DeadLetterNumbers(t.Context(), c.filter); err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v, %v", name, got, c.want, err)
		}
	}
}

// graveyardMore buries one more order, of another reason.
func graveyardMore(t *testing.T, s *Store) int64 {
	t.Helper()
	record(t, s, an{order: "9", state: "a"})
	settleAll(t, s, claimOne(t, s), Verdict{State: Dead, Cause: &erpbridge.Error{Kind: erpbridge.Unknown, Code: "E9", Err: errors.New("what")}})
	ids, err := s.DeadLetterNumbers(t.Context(), DeadLetterFilter{CauseCode: "E9"})
	if err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	return ids[0]
}

// A dry run fails where the replay would, and changes nothing.
func TestDryReplay(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	dry := Replay{Actor: "ada", Dry: true}
	if err := s.ReplayDeadLetter(t.Context(), d.ID, dry); err != nil {
		t.Errorf("what can be replayed: %v", err)
	}
	other := dry
	other.Documents = []erpbridge.Document{{Target: "erp", Key: "another"}}
	if err := s.ReplayDeadLetter(t.Context(), d.ID, other); err == nil {
		t.Error("rendered anew it has another key, and the dry run says nothing")
	}
	if _, err := s.pool.Exec(t.Context(), `update outbox set accepted_at = now(), accepted_ref = 'x' where id = $1`, d.Document); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplayDeadLetter(t.Context(), d.ID, other); !errors.Is(err, ErrTaken) {
		t.Errorf("the ERP has it, and the dry run says %v", err)
	}
	now, err := s.DeadLetter(t.Context(), d.ID)
	if err != nil || now.State != "open" || now.ClosedBy != "" {
		t.Errorf("after dry runs it is %s, closed by %q, %v", now.State, now.ClosedBy, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Dead: 1})
	var audited int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from audit`).Scan(&audited); err != nil || audited != 0 {
		t.Errorf("%d lines in the audit log, %v", audited, err)
	}
}
