package shopify

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A reader turns members into values. It keeps the first thing that cannot be
// meant, with the member's name, and goes on: the mapping reads as a mapping.
//
// Every method takes the member's place in two parts, such as "line_items[3]."
// and "price", so that the name is only put together when somebody reads it.
type reader struct {
	currency string
	latest   time.Time // no time may be after it; zero: no such limit
	err      error
	stripped int      // characters left out of texts
	places   []string // and where, each once
}

func (r *reader) fail(at, name, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s%s: %w", at, name, fmt.Errorf(format, args...))
	}
}

// text returns a text without the characters that neither XML 1.0 nor Postgres
// can hold, counting them. Everything else stays: emoji, bidi controls, blanks.
func (r *reader) text(at, name string, s scalar) string {
	return r.clean(at, name, s.Text())
}

func (r *reader) clean(at, name, text string) string {
	if strings.IndexFunc(text, unholdable) < 0 {
		return text
	}
	if fault.Planted("escape-only") { // planted: what an XML encoder does with them, silently
		return strings.Map(func(c rune) rune {
			if unholdable(c) {
				return '\uFFFD'
			}
			return c
		}, text)
	}
	out := strings.Map(func(c rune) rune {
		if unholdable(c) {
			r.stripped++
			return -1
		}
		return c
	}, text)
	if place := at + name; !slices.Contains(r.places, place) {
		r.places = append(r.places, place)
	}
	return out
}

// unholdable reports the characters outside the Char production of XML 1.0,
// among them NUL, which Postgres' text cannot hold either.
func unholdable(c rune) bool {
	return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == '\uFFFE' || c == '\uFFFF'
}

// record returns an attribute that says what clean left out.
func (r *reader) record() []erpbridge.Attribute {
	if r.stripped == 0 {
		return nil
	}
	const most = 10
	places := r.places
	if len(places) > most {
		places = append(slices.Clone(places[:most]), "…")
	}
	return []erpbridge.Attribute{{
		Name:  "erpbridge.stripped-characters",
		Value: strconv.Itoa(r.stripped) + " in " + strings.Join(places, ","),
	}}
}

// id returns an id that is not the order's: the digits of a number, the last part
// of "gid://shopify/Product/7", any other text as it is.
func (r *reader) id(at, name string, s scalar) string {
	if rest, ok := strings.CutPrefix(s.Text(), "gid://"); ok {
		rest, _, _ = strings.Cut(rest, "?")
		return r.clean(at, name, rest[strings.LastIndexByte(rest, '/')+1:])
	}
	if digits, ok := s.Integer(); ok {
		return digits
	}
	return r.text(at, name, s)
}

func (r *reader) flag(at, name string, s scalar) bool {
	b, err := s.Bool()
	if err != nil {
		r.fail(at, name, "%w", err)
	}
	return b
}

// quantity returns a number of pieces that is not negative.
func (r *reader) quantity(at, name string, s scalar) erpbridge.Decimal {
	plain, ok := s.Plain()
	if !ok || plain == "" {
		r.fail(at, name, "is missing")
		return erpbridge.Decimal{}
	}
	q, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.fail(at, name, "%w", err)
	} else if q.IsNeg() {
		r.fail(at, name, "%s is negative", q)
	}
	return q
}

// rate returns a tax rate; one that is not given is zero.
func (r *reader) rate(at, name string, s scalar) erpbridge.Decimal {
	plain, ok := s.Plain()
	if ok && plain == "" {
		return erpbridge.Decimal{}
	}
	d, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.fail(at, name, "%w", err)
	}
	return d
}

// time returns an instant of the order itself, with the offset it was written with, or the zero Time
// if there is none.
func (r *reader) time(name string, s scalar) time.Time {
	text := s.Text()
	if text == "" {
		return time.Time{}
	}
	t, err := parseTime(text)
	switch {
	case err != nil:
		r.fail("", name, "%q is not a time with its zone, such as 2026-03-01T10:00:00-05:00", clip(text))
	case t.Year() < 1900:
		r.fail("", name, "%q is too long ago to be meant", clip(text))
	case !r.latest.IsZero() && t.After(r.latest):
		r.fail("", name, "%q is more than a day after the message came", clip(text))
	default:
		return t
	}
	return time.Time{}
}

// parseTime reads RFC 3339, strictly. A leap second, legal there and unknown to
// Go, is read as the second before it.
func parseTime(text string) (time.Time, error) {
	leap := len(text) > 19 && text[16:19] == ":60"
	if leap {
		text = text[:16] + ":59" + text[19:]
	}
	var t time.Time
	if err := t.UnmarshalText([]byte(text)); err != nil {
		return time.Time{}, err
	}
	if utc := t.UTC(); leap && (utc.Hour() != 23 || utc.Minute() != 59) {
		return time.Time{}, errors.New("no leap second is at that time")
	}
	// The machine's own zone, if its offset is the same today, has no place here.
	_, offset := t.Zone()
	if offset == 0 {
		return t.UTC(), nil
	}
	return t.In(time.FixedZone("", offset)), nil
}
