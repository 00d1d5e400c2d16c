package outbox

import (
	"errors"
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestHeldEventsAreDecidedOnce(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	for _, order := range []string{"1", "2", "3"} {
		d := an{order: order, state: "a"}.decision()
		d.Verdict, d.Documents = erpbridge.Hold, nil
		d.Cause = &erpbridge.Error{Kind: erpbridge.Held, Err: errors.New("the order does not add up")}
		if err := s.Record(ctx, []erpbridge.Decision{d}); err != nil {
			t.Fatal(err)
		}
	}
	held, err := s.HeldEvents(ctx, "shop", "", 10)
	if err != nil || len(held) != 3 || held[0].Order != "#1" || held[0].Message != "1/a" || held[0].Cause != "the order does not add up" {
		t.Fatalf("%+v, %v", held, err)
	}
	if one, err := s.HeldEvents(ctx, "", "#2", 10); err != nil || len(one) != 1 || one[0].Event != held[1].Event {
		t.Errorf("of one order: %+v, %v", one, err)
	}
	if err := s.RetryHeld(ctx, held[0].Event, "olga", "corrected in the shop"); err != nil {
		t.Fatal(err)
	}
	if err := s.DiscardHeld(ctx, held[1].Event, "olga", "booked by hand"); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.RetryHeld(ctx, held[0].Event, "ivan", ""), s.DiscardHeld(ctx, held[1].Event, "ivan", "x"), s.RetryHeld(ctx, 99, "ivan", ""),
	} {
		if !errors.Is(err, ErrNotHeld) {
			t.Errorf("decided twice: %v", err)
		}
	}
	wantLedger(t, s, Ledger{Accepted: 3, Held: 1, Discarded: 1, Pending: 1})
	us, err := s.ClaimUndigested(ctx, 10, 1)
	if err != nil || len(us) != 1 || us[0].Message.ID != "1/a" {
		t.Errorf("%+v, %v", us, err)
	}
	var lines int
	if err := s.pool.QueryRow(ctx, `select count(*) from audit where actor = 'olga' and object like 'held event %'`).Scan(&lines); err != nil || lines != 2 {
		t.Errorf("%d lines in the audit log, %v", lines, err)
	}
}
