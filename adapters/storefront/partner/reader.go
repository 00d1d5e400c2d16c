package partner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A reader turns members into values, by the contract.
type reader struct {
	*normalizer.Reader
	zone *time.Location
}

// element returns the place of a list's element, such as "order.lines[3].".
func element(at, name string, i int) string { return at + name + "[" + strconv.Itoa(i) + "]." }

// need fails where a member is missing.
func (r *reader) need(at, name string, s strictjson.Scalar) {
	if !s.Given() {
		r.Fail(at, name, "is missing")
	}
}

func (r *reader) text(at, name string, t text) string { return r.Text(at, name, t.Scalar) }

// id returns an id, or "". Ids are parts of keys, and stand in logs: so they have no
// blanks, and none is an e-mail address. A whole number has one spelling.
func (r *reader) id(at, name string, i id) string {
	if !i.Given() {
		return ""
	}
	if i.bare {
		digits, ok := i.Integer()
		if !ok {
			r.Fail(at, name, "%s is not a whole number", i.Text())
		}
		return digits
	}
	if out := i.Text(); len(out) <= longestID && strings.IndexFunc(out, notOfID) < 0 {
		return out
	}
	// What it is instead may be an address: it is not repeated.
	r.Fail(at, name, "is not an id: 1 to %d letters, digits and signs of ASCII, no blank and no @ among them", longestID)
	return ""
}

// longestID is how many characters an id may have.
const longestID = 100

func notOfID(c rune) bool { return c <= ' ' || c > '~' || c == '@' }

// needID is an id that must be there.
func (r *reader) needID(at, name string, i id) string {
	r.need(at, name, i.Scalar)
	return r.id(at, name, i)
}

func (r *reader) flag(at, name string, f flag) bool { return r.Flag(at, name, f.Scalar) }

func (r *reader) time(at, name string, m moment) time.Time { return r.Time(at, name, m.Scalar) }

// needTime is a time that must be there.
func (r *reader) needTime(at, name string, m moment) time.Time {
	r.need(at, name, m.Scalar)
	return r.time(at, name, m)
}

// someday is a time that may lie ahead.
func (r *reader) someday(at, name string, m moment) time.Time {
	if !m.Given() {
		return time.Time{}
	}
	t, err := normalizer.ParseTime(m.Text())
	if err != nil || t.Before(past) {
		return r.time(at, name, m) // says what is wrong with it
	}
	return t
}

// past is before any time that can be meant.
var past = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// day returns a posting date, which is the calendar day of t where none is given.
func (r *reader) day(at, name string, m moment, t time.Time) string {
	if !m.Given() {
		return normalizer.Day(t, r.zone)
	}
	day, err := time.Parse(time.DateOnly, m.Text())
	if err != nil {
		r.Fail(at, name, "%q is not a day, such as 2026-03-01", signed.Clip(m.Text()))
		return ""
	}
	r.Plausible(at, name, day)
	return m.Text()
}

// signed returns an amount of the thing's currency; where none is given it is zero.
func (r *reader) signed(at, name string, n number) erpbridge.Money {
	m, _ := r.Amount(at, name, n.Scalar)
	return m
}

// needSigned is an amount that must be there, and may be negative.
func (r *reader) needSigned(at, name string, n number) erpbridge.Money {
	r.need(at, name, n.Scalar)
	return r.signed(at, name, n)
}

// amount returns an amount that is not negative; where none is given it is zero.
func (r *reader) amount(at, name string, n number) erpbridge.Money {
	m, _ := r.Charge(at, name, n.Scalar)
	return m
}

// needAmount is an amount that must be there.
func (r *reader) needAmount(at, name string, n number) erpbridge.Money {
	return r.Due(at, name, n.Scalar)
}

// optional is an amount that is the zero Money where none is given: not said.
func (r *reader) optional(at, name string, n number) erpbridge.Money {
	if !n.Given() {
		return erpbridge.Money{}
	}
	return r.amount(at, name, n)
}

// quantity returns a number of pieces that must be there.
func (r *reader) quantity(at, name string, n number) erpbridge.Decimal {
	return r.Quantity(at, name, n.Scalar)
}

// decimal returns a number; where none is given it is zero.
func (r *reader) decimal(at, name string, n number) erpbridge.Decimal {
	return r.Rate(at, name, n.Scalar)
}

// currency returns an ISO 4217 code, or other where none is given.
func (r *reader) currency(at, name string, w word, other string) string {
	if !w.Given() {
		return other
	}
	if _, ok := erpbridge.Digits(w.Text()); !ok {
		r.Fail(at, name, "%q is not an ISO 4217 currency", signed.Clip(w.Text()))
	}
	return w.Text()
}

// choose returns one of a few words, or other where none is given.
func choose[T ~string](r *reader, at, name string, w word, other T, allowed []T) T {
	switch {
	case !w.Given():
		return other
	case slices.Contains(allowed, T(w.Text())):
		return T(w.Text())
	}
	r.Fail(at, name, "%q is not one of %s", signed.Clip(w.Text()), strings.Trim(fmt.Sprintf("%q", allowed), "[]"))
	return other
}

// needWord is a word that must be there.
func needWord[T ~string](r *reader, at, name string, w word, allowed []T) T {
	r.need(at, name, w.Scalar)
	return choose(r, at, name, w, "", allowed)
}

func (r *reader) texts(at, name string, ts list[text]) []string {
	var out []string
	for _, t := range ts {
		out = append(out, r.text(at, name, t))
	}
	return out
}

func (r *reader) attributes(at, name string, as list[attribute]) []erpbridge.Attribute {
	var out []erpbridge.Attribute
	for i, a := range as {
		at := element(at, name, i)
		r.need(at, "name", a.Name.Scalar)
		out = append(out, erpbridge.Attribute{Name: r.text(at, "name", a.Name), Value: r.text(at, "value", a.Value)})
	}
	return out
}
