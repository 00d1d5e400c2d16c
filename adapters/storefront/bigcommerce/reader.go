package bigcommerce

import (
	"net/mail"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A reader reads members as BigCommerce writes them.
type reader struct {
	*normalizer.Reader
	// inclusive: of a pair of amounts the one with tax counts.
	inclusive bool
}

// pair returns which of two amounts counts, and its member's name.
func (r *reader) pair(name string, ex, inc scalar) (string, scalar) {
	if r.inclusive {
		return name + "_inc_tax", inc
	}
	return name + "_ex_tax", ex
}

// cost returns the half of a pair of amounts that counts; not given is nothing.
func (r *reader) cost(at, name string, ex, inc scalar) erpbridge.Money {
	name, s := r.pair(name, ex, inc)
	m, _ := r.Charge(at, name, s)
	return m
}

// date returns an instant, or the zero Time if there is none. V2 writes RFC 2822
// ("Mon, 23 Nov 2026 10:00:00 +0000"), V3 RFC 3339.
func (r *reader) date(at, name string, s scalar) time.Time {
	text := s.Text()
	if text == "" {
		return time.Time{}
	}
	t, ok := parseDate(text)
	if !ok {
		r.Fail(at, name, "%q is not a time with its zone, such as Mon, 23 Nov 2026 10:00:00 +0000", signed.Clip(text))
		return time.Time{}
	}
	return r.Plausible(at, name, t)
}

// parseDate reads either of the ways BigCommerce writes a time.
func parseDate(text string) (time.Time, bool) {
	if len(text) > 4 && text[4] == '-' {
		t, err := normalizer.ParseTime(text)
		return t, err == nil
	}
	// Comments, which RFC 2822 allows, and zones by name say nothing for sure.
	if len(text) > 40 || strings.ContainsAny(text, "()") {
		return time.Time{}, false
	}
	t, err := mail.ParseDate(text)
	if err != nil {
		return time.Time{}, false
	}
	// The machine's own zone, if its offset is the same today, has no place here, and a
	// name such as EST must not pass for UTC.
	name, offset := t.Zone()
	switch {
	case offset == 0 && name != "" && name != "UTC" && name != "GMT" && !strings.HasSuffix(text, "0000"):
		return time.Time{}, false
	case offset == 0:
		return t.UTC(), true
	}
	return t.In(time.FixedZone("", offset)), true
}

// stamp returns an instant written as seconds since 1970.
func (r *reader) stamp(at, name string, s scalar) time.Time {
	if !s.Given() {
		return time.Time{}
	}
	digits, ok := s.Integer()
	seconds := int64(0)
	for _, c := range []byte(digits) {
		seconds = seconds*10 + int64(c-'0')
	}
	if !ok || len(digits) > 12 {
		r.Fail(at, name, "%q is not a number of seconds since 1970", signed.Clip(s.Text()))
		return time.Time{}
	}
	return r.Plausible(at, name, time.Unix(seconds, 0).UTC())
}

// attribute appends a name and value, unless the value says nothing.
func attribute(to []erpbridge.Attribute, name, value string) []erpbridge.Attribute {
	if value == "" {
		return to
	}
	return append(to, erpbridge.Attribute{Name: name, Value: value})
}

// absent reports an id that stands for none.
func absent(id string) bool { return id == "" || id == "0" }

// given returns id, or "" where it stands for none.
func given(id string) string {
	if absent(id) {
		return ""
	}
	return id
}
