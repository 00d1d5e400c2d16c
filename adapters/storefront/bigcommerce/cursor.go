package bigcommerce

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// A cursor is a place in the list of orders by time of change: from an instant on, or
// within that instant after an id.
type cursor struct {
	from   time.Time
	within bool
	after  uint64
}

// openCursor returns the place a list goes on at.
func openCursor(since time.Time, text string) (cursor, error) {
	if text == "" {
		if !since.IsZero() {
			since = since.UTC().Truncate(time.Second)
		}
		return cursor{from: since}, nil
	}
	var at cursor
	instant, after, within := strings.Cut(text, "/")
	from, err := time.Parse(time.RFC3339, instant)
	if err == nil && within {
		at.after, err = strconv.ParseUint(after, 10, 64)
	}
	if err != nil {
		return at, &erpbridge.Error{Op: "bigcommerce.List", Kind: erpbridge.Invalid, Err: fmt.Errorf("cursor: %.60q is not one of this list", text)}
	}
	at.from, at.within = from.UTC(), within
	return at, nil
}

// cut returns the rows to list now, and where to go on; full says that there may be more.
// Of the end, only the time is known: everything before it has been listed.
func (c cursor) cut(rows []row, full bool) ([]row, cursor) {
	if c.within {
		var page []row
		for _, r := range rows {
			if r.modified.Equal(c.from) {
				page = append(page, r)
			}
		}
		if !full {
			return page, cursor{from: c.from.Add(time.Second)}
		}
		return page, cursor{c.from, true, rows[len(rows)-1].number}
	}
	if len(rows) == 0 {
		return nil, cursor{}
	}
	last := rows[len(rows)-1].modified
	switch {
	case !full:
		return rows, cursor{}
	case rows[0].modified.Equal(last):
		return nil, cursor{from: last, within: true}
	}
	page := rows
	for len(page) > 0 && page[len(page)-1].modified.Equal(last) {
		page = page[:len(page)-1]
	}
	return page, cursor{from: last}
}

// short ends a page before its order i, which could not be read: how many of its orders
// stand, and where to go on. It is false where that would be no progress. Orders of one
// instant stay together, unless they are listed by id.
func (c cursor) short(page []row, i int) (int, cursor, bool) {
	if c.within {
		if i == 0 {
			return 0, c, false
		}
		return i, cursor{c.from, true, page[i-1].number}, true
	}
	from := page[i].modified
	for i > 0 && page[i-1].modified.Equal(from) {
		i--
	}
	return i, cursor{from: from}, i > 0
}

// String returns the cursor as List is given it; "" for the end.
func (c cursor) String() string {
	switch {
	case c.from.IsZero():
		return ""
	case c.within:
		return c.from.Format(time.RFC3339) + "/" + strconv.FormatUint(c.after, 10)
	}
	return c.from.Format(time.RFC3339)
}
