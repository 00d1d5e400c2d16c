package outbox

import (
	"slices"
	"time"
)

// A Calendar is a list of maintenance windows.
type Calendar []Window

// A Window is a time that comes again each week, in which a target is left alone.
// It begins at From and ends at To, both in the time of its zone's clocks; one that
// ends no later than it begins ends on the next day.
type Window struct {
	Days []time.Weekday // it begins on; none: every day
	From time.Duration  // after midnight
	To   time.Duration
	Zone *time.Location
}

// Until reports whether now lies in a window, and when the last of the windows ends
// that follow one another without a gap.
func (c Calendar) Until(now time.Time) (end time.Time, closed bool) {
	at := now
	for range 14 * (len(c) + 1) { // windows that cover the whole week have no end
		next, in := c.end(at)
		if !in {
			break
		}
		at, closed = next, true
	}
	return at, closed
}

func (c Calendar) end(now time.Time) (end time.Time, in bool) {
	for _, w := range c {
		local := now.In(w.Zone)
		for _, back := range []int{0, -1} {
			day := time.Date(local.Year(), local.Month(), local.Day()+back, 0, 0, 0, 0, w.Zone)
			from, to := w.on(day)
			if w.begins(day.Weekday()) && !now.Before(from) && now.Before(to) && to.After(end) {
				end, in = to, true
			}
		}
	}
	return end, in
}

// on is the window that begins on a day. The clocks of the zone count: on the night
// they are set, it is an hour longer or shorter.
func (w Window) on(day time.Time) (from, to time.Time) {
	clock := func(days int, d time.Duration) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+days, int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60, 0, w.Zone)
	}
	if w.To <= w.From {
		return clock(0, w.From), clock(1, w.To)
	}
	return clock(0, w.From), clock(0, w.To)
}

func (w Window) begins(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }
