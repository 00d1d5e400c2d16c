package woocommerce

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// A position is where a listing stands: what changed after one instant, and before another
// if there is one, and which page of that.
type position struct {
	after, before time.Time
	page          int
}

// instant is how the API writes times that are UTC by another member's word.
const instant = "2006-01-02T15:04:05"

// readCursor returns the position that cursor stands for. modified_after leaves out the
// instant itself, so it is asked for with the second before.
func readCursor(since time.Time, cursor string) (position, error) {
	if cursor == "" {
		return position{after: since.UTC().Truncate(time.Second).Add(-time.Second), page: 1}, nil
	}
	fields := strings.Split(cursor, "/")
	if len(fields) != 3 {
		return position{}, errCursor
	}
	var at position
	var bad [3]error
	at.after, bad[0] = time.Parse(instant, fields[0])
	if fields[1] != "" {
		at.before, bad[1] = time.Parse(instant, fields[1])
	}
	at.page, bad[2] = strconv.Atoi(fields[2])
	if errors.Join(bad[:]...) != nil || at.page < 1 {
		return position{}, errCursor
	}
	return at, nil
}

var errCursor = errors.New("the cursor is none of this listing's")

// String returns the cursor that stands for a position.
func (p position) String() string {
	before := ""
	if !p.before.IsZero() {
		before = p.before.Format(instant)
	}
	return p.after.Format(instant) + "/" + before + "/" + strconv.Itoa(p.page)
}

// next returns where a listing goes on after a page, or nil at its end, and the instant
// before which every change has been listed.
func (p position) next(found []listed, more bool) (*position, time.Time) {
	var first, last time.Time
	for _, o := range found {
		if first.IsZero() || o.modified.Before(first) && !o.modified.IsZero() {
			first = o.modified
		}
		if o.modified.After(last) {
			last = o.modified
		}
	}
	switch within := !p.before.IsZero(); {
	case within && more:
		return &position{p.after, p.before, p.page + 1}, p.after.Add(time.Second)
	case within:
		return &position{after: p.before.Add(-time.Second), page: 1}, p.before
	case !more:
		return nil, last
	case !last.After(p.after), first.Before(last) && !last.Add(-time.Second).After(p.after):
		// Nothing here says how far the page reaches: none of it may be read, or the shop is
		// older than modified_after. Counting is all that is left.
		return &position{after: p.after, page: p.page + 1}, time.Time{}
	case first.Before(last):
		return &position{after: last.Add(-time.Second), page: 1}, last
	}
	return &position{last.Add(-time.Second), last.Add(time.Second), 2}, last
}

// behind returns where a listing goes on that ended within the page at p, after the orders
// that were listed of it, and false where that is where it began.
func (p position) behind(listed []listed) (position, bool) {
	if len(listed) == 0 || !p.before.IsZero() || p.page > 1 {
		return position{}, false
	}
	rest := position{after: listed[len(listed)-1].modified.Add(-time.Second), page: 1}
	return rest, rest.after.After(p.after)
}

// trash returns where to look for orders in the trash that belong to the page at p, and
// false where an earlier page has looked.
func (p position) trash(next *position, until time.Time) (position, bool) {
	switch {
	case !p.before.IsZero(): // within a second, whose first page was one of those before it
		return position{p.after, p.before, 1}, p.page == 2
	case p.page > 1:
		return position{}, false
	case next == nil:
		return position{after: p.after, page: 1}, true
	}
	empty := !until.IsZero() && !until.After(p.after.Add(time.Second))
	return position{p.after, until, 1}, !empty
}
