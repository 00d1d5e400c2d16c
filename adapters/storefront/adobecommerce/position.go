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
type position struct {
	resource int       // of resources
	since    time.Time // where each of them begins
	from     time.Time // what changed before has been listed
	id       string    // and of what changed then, ids up to this one; "": none
	page     int       // of what changed at from or after; the first is 1
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
	return url.Values{
		c + "[filter_groups][0][filters][0][field]":          {"updated_at"},
		c + "[filter_groups][0][filters][0][condition_type]": {"gteq"},
		c + "[filter_groups][0][filters][0][value]":          {p.from.Format(time.DateTime)},
		c + "[sortOrders][0][field]":                         {"updated_at"},
		c + "[sortOrders][0][direction]":                     {"ASC"},
		c + "[sortOrders][1][field]":                         {"entity_id"},
		c + "[sortOrders][1][direction]":                     {"ASC"},
		c + "[pageSize]":                                     {strconv.Itoa(pageSize)},
		c + "[currentPage]":                                  {strconv.Itoa(p.page)},
	}
}

// next returns the cursor behind a page of some of total things, the last new one of
// which is at last; "" at the end. A page beyond the last one would be the last one
// again, so that only total tells the end.
func (p position) next(last position, some, total int) string {
	switch {
	case some == 0 || p.page*pageSize >= total:
		if p.resource+1 == len(resources) {
			return ""
		}
		return position{resource: p.resource + 1, since: p.since, from: p.since, page: 1}.String()
	case last.from.Equal(p.from):
		last.page = p.page + 1
	default:
		last.page = 1
	}
	return last.String()
}

// String returns p as a cursor.
func (p position) String() string {
	return strings.Join([]string{
		resources[p.resource].path, p.since.Format(time.DateTime), p.from.Format(time.DateTime), p.id, strconv.Itoa(p.page),
	}, "|")
}

// readCursor returns the position of a cursor, or where a listing begins if that is "".
func readCursor(since time.Time, cursor string) (position, error) {
	if cursor == "" {
		since = since.UTC().Truncate(time.Second)
		return position{since: since, from: since, page: 1}, nil
	}
	wrong := errors.New("the cursor is not of this version of the bridge")
	parts := strings.Split(cursor, "|")
	if len(parts) != 5 {
		return position{}, wrong
	}
	p := position{id: parts[3]}
	var badSince, badFrom, badPage error
	p.since, badSince = time.Parse(time.DateTime, parts[1])
	p.from, badFrom = time.Parse(time.DateTime, parts[2])
	p.page, badPage = strconv.Atoi(parts[4])
	p.resource = slices.IndexFunc(resources, func(r resource) bool { return r.path == parts[0] })
	if badSince != nil || badFrom != nil || badPage != nil || p.resource < 0 || p.page < 1 || strings.Trim(p.id, "0123456789") != "" {
		return position{}, wrong
	}
	return p, nil
}
