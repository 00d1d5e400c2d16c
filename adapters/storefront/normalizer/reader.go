package normalizer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A Reader turns members into values. It keeps the first thing that cannot be meant,
// with the member's name, and goes on: a mapping reads as a mapping. Err tells at the
// end whether what it came to counts.
//
// Every method takes the member's place in two parts, such as "line_items[3]." and
// "price", so that the name is only put together when somebody reads it.
//
// A Reader is for one message and one goroutine.
type Reader struct {
	currency string
	latest   time.Time // no time may be after it; zero: no such limit
	floats   bool      // amounts may have the noise of binary floating point
	err      error
	stripped int      // characters left out of texts
	places   []string // and where, each once
}

// NewReader returns a Reader for amounts of a currency. received is when the message
// came, or the zero Time: a time more than a day later cannot be meant, because a
// state from the year 9999 would be newer than every later one, for ever.
func NewReader(currency string, received time.Time) *Reader {
	r := &Reader{currency: currency}
	if !received.IsZero() {
		r.latest = received.Add(tomorrow)
	}
	return r
}

// tomorrow is how far a storefront's clock may be ahead: clocks differ by minutes, and
// people set zones wrongly.
const tomorrow = 24 * time.Hour

// Currency returns the currency of amounts.
func (r *Reader) Currency() string { return r.currency }

// Err returns the first thing that could not be meant, or nil.
func (r *Reader) Err() error { return r.err }

// Fail keeps an error about a member, if it is the first.
func (r *Reader) Fail(at, name, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s%s: %w", at, name, fmt.Errorf(format, args...))
	}
}

// Text returns a text without the characters that neither XML 1.0 nor Postgres can
// hold, counting them. Everything else stays: emoji, bidi controls, blanks. An empty
// object or array, which is how PHP writes that there is nothing, is no text; one with
// something in it stands there as it was written, so that nothing is lost.
func (r *Reader) Text(at, name string, s strictjson.Scalar) string {
	if nothing(s) {
		return ""
	}
	return r.Clean(at, name, s.Text())
}

// nothing reports an object or array that has nothing in it.
func nothing(s strictjson.Scalar) bool {
	text := s.Text()
	return s.Structured() && strings.TrimSpace(text[1:len(text)-1]) == ""
}

// Clean is Text for a text that is at hand already.
func (r *Reader) Clean(at, name, text string) string {
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

// Stripped returns an attribute that says what Clean left out, or nothing.
func (r *Reader) Stripped() []erpbridge.Attribute {
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

// ID returns an id that is not the order's: the digits of a number, the last part
// of "gid://shopify/Product/7", any other text as it is. An object or array is none.
func (r *Reader) ID(at, name string, s strictjson.Scalar) string {
	if s.Structured() && !nothing(s) {
		r.Fail(at, name, "is an object or an array, and no id")
		return ""
	}
	if rest, ok := strings.CutPrefix(s.Text(), "gid://"); ok {
		rest, _, _ = strings.Cut(rest, "?")
		return r.Clean(at, name, rest[strings.LastIndexByte(rest, '/')+1:])
	}
	if digits, ok := s.Integer(); ok {
		return digits
	}
	return r.Text(at, name, s)
}

// Flag returns a flag; one that is not given is false.
func (r *Reader) Flag(at, name string, s strictjson.Scalar) bool {
	b, err := s.Bool()
	if err != nil {
		r.Fail(at, name, "%w", err)
	}
	return b
}

// Quantity returns a number of pieces that is not negative.
func (r *Reader) Quantity(at, name string, s strictjson.Scalar) erpbridge.Decimal {
	plain, ok := s.Plain()
	if !ok || plain == "" {
		r.Fail(at, name, "is missing")
		return erpbridge.Decimal{}
	}
	q, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.Fail(at, name, "%w", err)
	} else if q.IsNeg() {
		r.Fail(at, name, "%s is negative", q)
	}
	return q
}

// Rate returns a tax rate; one that is not given is zero.
func (r *Reader) Rate(at, name string, s strictjson.Scalar) erpbridge.Decimal {
	plain, ok := s.Plain()
	if ok && plain == "" {
		return erpbridge.Decimal{}
	}
	d, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.Fail(at, name, "%w", err)
	}
	return d
}

// Time returns an instant with the offset it was written with, or the zero Time if
// there is none. The text is RFC 3339, zone included.
func (r *Reader) Time(at, name string, s strictjson.Scalar) time.Time {
	text := s.Text()
	if text == "" {
		return time.Time{}
	}
	t, err := ParseTime(text)
	if err != nil {
		r.Fail(at, name, "%q is not a time with its zone, such as 2026-03-01T10:00:00-05:00", clip(text))
		return time.Time{}
	}
	return r.Plausible(at, name, t)
}

// Plausible returns t, which was read from a member, or the zero Time where it cannot
// be meant.
func (r *Reader) Plausible(at, name string, t time.Time) time.Time {
	switch {
	case t.Year() < 1900:
		r.Fail(at, name, "%s is too long ago to be meant", t.Format(time.RFC3339))
	case !r.latest.IsZero() && t.After(r.latest):
		r.Fail(at, name, "%s is more than a day after the message came", t.Format(time.RFC3339))
	default:
		return t
	}
	return time.Time{}
}

// ParseTime reads RFC 3339, strictly. A leap second, legal there and unknown to
// Go, is read as the second before it.
func ParseTime(text string) (time.Time, error) {
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

// clip shortens foreign text for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
