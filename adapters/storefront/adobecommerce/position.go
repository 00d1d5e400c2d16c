package adobecommerce

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A position is how far a listing is.
//
// The kinds of things are listed slice by slice of time, so that a listing that breaks
// off has all of what changed before some time: orders from since on, until there are
// slicePages pages of them; then the credit memos and the shipments that changed in the
// same time; then the next slice. The last slice, behind which there are no orders, has
// no end.
//
//	orders, page by page ──slicePages, or no more──▶ credit memos ──▶ shipments ──▶ done
//	   ▲                                                                 │
//	   └──── next slice, Until = its beginning ◀── the slice has an end ─┘
//
// A page begins at the time of change of the last thing before it. Where more than a page
// changed within one second, the pages of that second are counted. Things that change
// again meanwhile leave it, and what follows moves up; its total tells, and the second is
// counted from its first page again.
type position struct {
	resource int       // of resources
	since    time.Time // where each of them begins in this slice
	until    time.Time // where the slice ends; zero: not known yet, or never
	pages    int       // how many pages of orders are in the slice
	from     time.Time // what changed before has been listed
	id       string    // and of what changed then, ids up to this one; "": none
	page     int       // of the second at from; 0: of all from then on
	size     int       // of such a page: a shop may give fewer things than are asked for
	total    int       // of that second, when its last page was listed; 0: not known
}

// slicePages is how many pages of orders are in a slice: what is listed again if a
// listing breaks off, against two requests more for each slice.
const slicePages = 10

// end is behind the last thing that counts here; zero: there is no end.
func (p position) end() time.Time {
	if p.page > 0 {
		return p.from.Add(time.Second)
	}
	return p.until
}

// had reports whether something was on an earlier page.
func (p position) had(id string, changed time.Time) bool {
	if p.id == "" || !changed.Equal(p.from) {
		return false
	}
	return len(id) < len(p.id) || len(id) == len(p.id) && id <= p.id
}

// query asks for the page at p.
func (p position) query() url.Values {
	const c = "searchCriteria"
	q := url.Values{
		c + "[filter_groups][0][filters][0][field]":          {"updated_at"},
		c + "[filter_groups][0][filters][0][condition_type]": {"gteq"},
		c + "[filter_groups][0][filters][0][value]":          {p.from.Format(time.DateTime)},
		c + "[sortOrders][0][field]":                         {"updated_at"},
		c + "[sortOrders][0][direction]":                     {"ASC"},
		c + "[sortOrders][1][field]":                         {"entity_id"},
		c + "[sortOrders][1][direction]":                     {"ASC"},
		c + "[pageSize]":                                     {strconv.Itoa(pageSize)},
		c + "[currentPage]":                                  {strconv.Itoa(max(p.page, 1))},
	}
	if end := p.end(); !end.IsZero() {
		// Groups are joined by AND.
		q.Set(c+"[filter_groups][1][filters][0][field]", "updated_at")
		q.Set(c+"[filter_groups][1][filters][0][condition_type]", "lt")
		q.Set(c+"[filter_groups][1][filters][0][value]", end.Format(time.DateTime))
	}
	return q
}

// moved reports whether things left the second whose pages are counted, so that what is
// behind them may have moved up to a page that was listed.
func (p position) moved(total int) bool { return p.page > 0 && total < p.total }

// An answered page is what next has to know of it.
type answered struct {
	last  time.Time // when the last new thing on it changed; zero: nothing was new
	id    string    // of that thing
	all   bool      // nothing is behind it
	size  int       // how many things are on it
	total int       // how many things there were, also on other pages
}

// next returns the position behind an answer, and whether there is one. A page beyond the
// last one would be the last one again, so that only the total tells the end.
func (p position) next(a answered) (position, bool) {
	to := p
	if p.moved(a.total) {
		to.page, to.total = 1, a.total
		return to, true
	}
	if !a.last.IsZero() {
		to.from, to.id = a.last, a.id
	}
	switch {
	case p.page > 0 && !a.all:
		to.page, to.total = p.page+1, a.total
	case p.page > 0:
		to.from, to.id, to.page, to.size, to.total = p.from.Add(time.Second), "", 0, 0, 0
	case a.all:
		return p.follow()
	case to.from.Equal(p.from):
		to.page, to.size = 1, a.size
	}
	return to, true
}

// follow returns where a slice goes on with the next kind of things, or the next slice
// begins, and whether there is one.
func (p position) follow() (position, bool) {
	switch {
	case p.resource+1 < len(resources):
		return position{resource: p.resource + 1, since: p.since, until: p.until, from: p.since}, true
	case p.until.IsZero():
		return position{}, false
	}
	return position{since: p.until, from: p.until}, true
}

// String returns p as a cursor.
func (p position) String() string {
	until := ""
	if !p.until.IsZero() {
		until = p.until.Format(time.DateTime)
	}
	return strings.Join([]string{
		resources[p.resource].path, p.since.Format(time.DateTime), until, strconv.Itoa(p.pages),
		p.from.Format(time.DateTime), p.id, strconv.Itoa(p.page), strconv.Itoa(p.size), strconv.Itoa(p.total),
	}, "|")
}

// readCursor returns the position of a cursor, or where a listing begins if that is "".
func readCursor(since time.Time, cursor string) (position, error) {
	if cursor == "" {
		since = since.UTC().Truncate(time.Second)
		return position{since: since, from: since}, nil
	}
	wrong := errors.New("the cursor is not of this version of the bridge")
	parts := strings.Split(cursor, "|")
	if len(parts) != 9 {
		return position{}, wrong
	}
	p := position{id: parts[5]}
	var errs [7]error
	p.since, errs[0] = time.Parse(time.DateTime, parts[1])
	if parts[2] != "" {
		p.until, errs[1] = time.Parse(time.DateTime, parts[2])
	}
	p.pages, errs[2] = strconv.Atoi(parts[3])
	p.from, errs[3] = time.Parse(time.DateTime, parts[4])
	p.page, errs[4] = strconv.Atoi(parts[6])
	p.size, errs[5] = strconv.Atoi(parts[7])
	p.total, errs[6] = strconv.Atoi(parts[8])
	p.resource = slices.IndexFunc(resources, func(r resource) bool { return r.path == parts[0] })
	if errors.Join(errs[:]...) != nil || p.resource < 0 || p.page < 0 || p.pages < 0 || p.size < 0 || p.total < 0 || strings.Trim(p.id, "0123456789") != "" {
		return position{}, wrong
	}
	return p, nil
}
