package adobecommerce_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// One thing of a page that cannot be read, or is too large to be, becomes a dead letter,
// and those beside it are listed.
func TestListGoesOn(t *testing.T) {
	const named = `"entity_id":7,"updated_at":"2026-11-23 10:00:00"`
	for name, tt := range map[string]struct{ item, id, why string }{
		"no object":    {`7`, "", ""},
		"no id":        {`{"updated_at":"2026-11-23 10:00:00"}`, "", ""},
		"another's id": {`{"entity_id":"x","updated_at":"2026-11-23 10:00:00"}`, "", "entity_id"},
		"another time": {`{"entity_id":7,"updated_at":"2026-11-23T10:00"}`, "", ""},
		"too large":    {`{` + named + `,"items":[{}` + strings.Repeat(`,{}`, 7000) + `]}`, "/7@2026-11-23T10:00:00Z", "6000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shop{}
			s.answer = func(w http.ResponseWriter) {
				_, _ = fmt.Fprintf(w, `{"items":[{"entity_id":6,"updated_at":"2026-11-23 09:00:00"},%s,{"entity_id":8,"updated_at":"2026-11-23 11:00:00"}],"total_count":3}`, tt.item)
			}
			l := lister(t, s)
			since := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
			ids := strings.Join(listAll(t, l, since), " ")
			for _, what := range []string{"order", "creditmemo", "shipment"} {
				if !strings.Contains(ids, "poll:"+what+"/6@") || !strings.Contains(ids, "poll:"+what+"/8@") {
					t.Errorf("%s: listed %s", what, ids)
				}
			}
			page, err := l.List(t.Context(), since, "")
			if err != nil || len(page.Messages) != 3 {
				t.Fatalf("%v, %v", page.Messages, err)
			}
			m := page.Messages[1]
			want := "poll:order" + tt.id
			if tt.id == "" {
				want += "@sha256:"
			}
			if !strings.HasPrefix(m.ID, want) || m.Store != "shop-eu" || string(m.Body) != tt.item {
				t.Errorf("%s of %q, want %s", m.ID, m.Store, want)
			}
			m.ReceivedAt = since
			_, err = l.(erpbridge.Storefront).Normalize(m)
			if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("Normalize: %v", err)
			}
		})
	}
}
