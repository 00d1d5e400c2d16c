package outbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAuditTellsWhoDidWhat(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	d := bury(t, s)
	if err := s.PauseTarget(t.Context(), "erp", Pause{Actor: "olga", Reason: "month-end close"}); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "ada", Note: "item mapped"}); err != nil {
		t.Fatal(err)
	}
	replayed := Act{Actor: "ada", Action: "replayed", Object: "dead letter 1", Detail: "item mapped"}
	paused := Act{Actor: "olga", Action: "paused", Object: "target erp", Detail: "month-end close"}
	for name, c := range map[string]struct {
		filter AuditFilter
		want   []Act
	}{
		"all, the newest first": {AuditFilter{}, []Act{replayed, paused}},
		"the newest":            {AuditFilter{Limit: 1}, []Act{replayed}},
		"one actor's":           {AuditFilter{Actor: "olga"}, []Act{paused}},
		"about one thing":       {AuditFilter{Object: "dead letter 1"}, []Act{replayed}},
		"none yet":              {AuditFilter{Since: time.Now().Add(time.Hour)}, []Act{}},
		"of the last hour":      {AuditFilter{Since: time.Now().Add(-time.Hour), Actor: "ada"}, []Act{replayed}},
	} {
		got, err := s.Acts(t.Context(), c.filter)
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Act{}, "ID", "At")); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}
