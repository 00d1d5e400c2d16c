package woocommerce

import (
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A reader reads members, and knows the shop's zone.
type reader struct {
	*normalizer.Reader
	zone *time.Location
	held error // what a setting has to tell
}

// word returns a text that stands once in a body and many times in what is made of it: a
// name of a tax, a coupon's code. It has to be short, so that what is read stays in
// proportion to what came.
func (r *reader) word(at, name string, s scalar) string {
	const most = 1000
	text := r.Text(at, name, s)
	if len(text) > most {
		r.Fail(at, name, "has %d bytes, more than %d", len(text), most)
		return ""
	}
	return text
}

// instant returns the time of a member and its *_gmt twin, with the shop's offset, or the
// zero Time if neither is given.
func (r *reader) instant(at, name string, local, gmt scalar) time.Time {
	text := written(gmt)
	if text == "" {
		return r.local(at, name, local)
	}
	t, err := parseUTC(text)
	if err != nil {
		r.Fail(at, name+"_gmt", "%q is not a time such as 2026-03-01T10:00:00", signed.Clip(text))
		return time.Time{}
	}
	if t = r.Plausible(at, name+"_gmt", t); t.IsZero() {
		return t
	}
	if r.zone != nil {
		return t.In(r.zone)
	}
	return t.In(r.offset(at, name, local, t))
}

// parseUTC reads a time that is in UTC without saying so, or says which zone it is in.
func parseUTC(text string) (time.Time, error) {
	if t, err := normalizer.ParseTime(text); err == nil {
		return t, nil
	}
	return normalizer.ParseTime(text + "Z")
}

// offset returns the zone in which utc reads as local says. Without a local twin nobody
// knows it.
func (r *reader) offset(at, name string, local scalar, utc time.Time) *time.Location {
	text := written(local)
	if text == "" {
		return utc.Location()
	}
	if t, err := normalizer.ParseTime(text); err == nil {
		return t.Location()
	}
	wall, err := normalizer.ParseTime(text + "Z")
	if err != nil {
		r.Fail(at, name, "%q is not a time such as 2026-03-01T10:00:00", signed.Clip(text))
		return utc.Location()
	}
	// Twins that were written one after the other are seconds apart.
	const quarter, most, slip = 15 * time.Minute, 14 * time.Hour, time.Minute
	said := wall.Sub(utc)
	apart := said.Round(quarter)
	if (said-apart).Abs() >= slip || apart.Abs() > most {
		r.hold("%s%s: %s is %s from its UTC twin, which no zone is; set time_zone, so that the UTC one counts alone", at, name, wall.Format("2006-01-02T15:04:05"), said)
		return utc.Location()
	}
	if apart == 0 {
		return time.UTC
	}
	return time.FixedZone("", int(apart.Seconds()))
}

// local returns the time of a member that has no twin. Only the setting can tell its zone.
func (r *reader) local(at, name string, local scalar) time.Time {
	text := written(local)
	if text == "" {
		return time.Time{}
	}
	if t, err := normalizer.ParseTime(text); err == nil {
		return r.Plausible(at, name, t)
	}
	if _, err := normalizer.ParseTime(text + "Z"); err != nil {
		r.Fail(at, name, "%q is not a time such as 2026-03-01T10:00:00", signed.Clip(text))
		return time.Time{}
	}
	if r.zone == nil {
		r.hold("%s%s: is in the shop's own time, and nothing says which that is; set time_zone", at, name)
		return time.Time{}
	}
	text, _, _ = strings.Cut(text, ".")
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, r.zone)
	if err != nil {
		r.Fail(at, name, "%q is not a time such as 2026-03-01T10:00:00", signed.Clip(text))
		return time.Time{}
	}
	return r.Plausible(at, name, t)
}

// changed returns the time of a thing's state: of its last change, else of its making, else
// of the message's arrival.
func (s *Storefront) changed(r *reader, body *resource, m erpbridge.Message) time.Time {
	at := normalizer.First(
		r.instant("", "date_modified", body.Modified, body.ModifiedGMT),
		r.instant("", "date_created", body.Created, body.CreatedGMT),
		m.ReceivedAt.UTC(),
	)
	if at.IsZero() {
		r.Fail("", "date_modified_gmt", "is missing, and nothing else says which state this is")
	}
	return at
}
