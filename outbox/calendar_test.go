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

// As long as the clocks of the zone show a time in a window, it is closed: also where the
// window begins or ends in an hour that there is twice, or not at all.
func TestWindowsFollowTheClocks(t *testing.T) {
	windows := []Window{
		{From: 22 * time.Hour, To: 2*time.Hour + 30*time.Minute},
		{From: 30 * time.Minute, To: 90 * time.Minute},
		{From: 2*time.Hour + 30*time.Minute, To: 5 * time.Hour},
		{From: 0, To: 30 * time.Minute},
		{From: 23*time.Hour + 15*time.Minute, To: 45 * time.Minute},
	}
	for _, zone := range []string{"Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range windows {
			w.Zone = loc
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for now := begin; now.Before(begin.AddDate(1, 0, 0)); now = now.Add(15 * time.Minute) {
				local := now.In(loc)
				shown := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
				in := shown >= w.From && shown < w.To
				if w.To <= w.From {
					in = shown >= w.From || shown < w.To
				}
				end, closed := Calendar{w}.Until(now)
				if closed && !end.After(now) {
					t.Errorf("%s: closed at %s until %s", zone, now, end)
				}
				_, before := now.Add(-6 * time.Hour).In(loc).Zone()
				_, after := now.Add(6 * time.Hour).In(loc).Zone()
				if in && !closed || closed && !in && before == after {
					t.Errorf("%s, %s to %s: at %s closed is %t", zone, w.From, w.To, local, closed)
				}
			}
		}
	}
}

// A day of which the clocks skip the midnight is that day, too.
func TestWindowOnADayWithoutMidnight(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	c := Calendar{{Days: []time.Weekday{time.Sunday}, From: 2 * time.Hour, To: 6 * time.Hour, Zone: santiago}}
	now := time.Date(2026, 9, 6, 3, 0, 0, 0, santiago) // the Sunday on which they go from 24:00 to 1:00
	if end, closed := c.Until(now); !closed || !end.Equal(time.Date(2026, 9, 6, 6, 0, 0, 0, santiago)) {
		t.Errorf("closed %t until %s", closed, end)
	}
}
