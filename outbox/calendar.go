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
			// Its noon: there are zones whose clocks skip a midnight.
			day := time.Date(local.Year(), local.Month(), local.Day()+back, 12, 0, 0, 0, w.Zone)
			from, to := w.on(day)
			if w.begins(day.Weekday()) && !now.Before(from) && now.Before(to) && to.After(end) {
				end, in = to, true
			}
		}
	}
	return end, in
}

// on is the window that begins on a day. The clocks of the zone count: on the night
// they are set, it is an hour longer or shorter. Of a time that they show twice it begins
// with the first one and ends with the second; one that they skip is when they do so.
func (w Window) on(day time.Time) (from, to time.Time) {
	days := 0
	if w.To <= w.From {
		days = 1
	}
	first, _ := w.shows(day, 0, w.From)
	_, last := w.shows(day, days, w.To)
	return first, last
}

// shows returns the first and the last instant at which the clocks of the zone show a time
// of day, so many days after day. Package time chooses between them by what suits it.
func (w Window) shows(day time.Time, days int, d time.Duration) (first, last time.Time) {
	on := func(zone *time.Location) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+days, int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60, 0, zone)
	}
	shown, at := on(time.UTC), on(w.Zone)
	begin, end := at.ZoneBounds()
	switch is := at.Add(offset(at)); {
	case is.After(shown): // skipped, and at is after that
		return begin, begin
	case is.Before(shown):
		return end, end
	}
	first, last = at, at
	if before := shown.Add(-offset(begin.Add(-1))); !begin.IsZero() && before.Before(begin) {
		first = before
	}
	if after := shown.Add(-offset(end)); !end.IsZero() && !after.Before(end) {
		last = after
	}
	return first, last
}

// offset is how far the clocks are ahead of UTC at t.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

func (w Window) begins(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }
