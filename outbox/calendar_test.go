package outbox

import (
	"testing"
	"time"
)

func TestCalendar(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := Calendar{{From: 22 * time.Hour, To: 4 * time.Hour, Zone: berlin, Days: []time.Weekday{time.Saturday}}}
	monthEnd := Calendar{
		{From: 1 * time.Hour, To: 2 * time.Hour, Zone: time.UTC},
		{From: 2 * time.Hour, To: 3*time.Hour + 30*time.Minute, Zone: time.UTC},
	}
	always := Calendar{{Zone: time.UTC}}
	for _, tt := range []struct {
		name string
		c    Calendar
		now  string
		end  string // empty: open
	}{
		{"no windows", nil, "2026-03-01T00:00:00Z", ""},
		{"before it", night, "2026-03-07T20:59:59Z", ""},
		{"at its begin", night, "2026-03-07T21:00:00Z", "2026-03-08T03:00:00Z"},
		{"after midnight", night, "2026-03-08T01:00:00Z", "2026-03-08T03:00:00Z"},
		{"at its end", night, "2026-03-08T03:00:00Z", ""},
		{"on another day", night, "2026-03-09T23:00:00Z", ""},
		{"the night the clocks go forward", night, "2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"},
		{"the night the clocks go back", night, "2026-10-25T02:30:00Z", "2026-10-25T03:00:00Z"},
		{"two that touch", monthEnd, "2026-05-31T01:15:00Z", "2026-05-31T03:30:00Z"},
		{"all day, every day", always, "2026-05-31T01:15:00Z", "always"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		end, closed := tt.c.Until(now)
		if closed != (tt.end != "") {
			t.Errorf("%s: closed %v", tt.name, closed)
			continue
		}
		if tt.end == "always" {
			if end.Before(now.Add(24 * time.Hour)) {
				t.Errorf("%s: until %s", tt.name, end)
			}
			continue
		}
		if closed && end.UTC().Format(time.RFC3339) != tt.end {
			t.Errorf("%s: until %s, want %s", tt.name, end.UTC().Format(time.RFC3339), tt.end)
		}
	}
}
