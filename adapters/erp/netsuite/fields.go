package netsuite

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A limit is how long a field may be, in UTF-16 units as Java counts them, and
// what happens to what is longer.
type limit struct {
	length   int
	overflow overflow
}

type overflow string

const (
	cut    overflow = "cut"    // shorten and end with "…"
	drop   overflow = "drop"   // leave the field out and say so in the record
	refuse overflow = "refuse" // hold the order: half a key is another key
)

// limits are the lengths of the fields we write. The schema has none. Where no
// source stands beside a length it is a configured default, taken from what
// accounts commonly have; the setting lengths changes any of them.
var limits = map[string]limit{
	"Customer.firstName":   {32, cut},
	"Customer.lastName":    {32, cut},
	"Customer.companyName": {83, cut},  // NetSuite's import template for customers
	"Customer.phone":       {21, drop}, // the same
	"Customer.email":       {254, drop},
	"Customer.comments":    {4000, cut}, // the same

	"Address.attention": {83, cut}, // the same
	"Address.addressee": {83, cut}, // the same
	"Address.addrPhone": {21, drop},
	"Address.addr1":     {150, cut}, // "more than the maximum number ( 150 ) of characters", getlago/lago-api#3245
	"Address.addr2":     {150, cut},
	"Address.city":      {50, cut},
	"Address.state":     {30, cut}, // "more than the maximum number ( 30 ) of characters", getlago/lago-api#3233
	"Address.zip":       {36, cut},

	"SalesOrder.otherRefNum":     {45, refuse},
	"SalesOrder.memo":            {999, cut},
	"SalesOrderItem.description": {999, cut},
	"CustomerDeposit.memo":       {999, cut},
}

// shortestPhone is what NetSuite takes for a phone number: "Phone number should
// have seven digits or more.".
const shortestPhone = 7

// limitOf returns the limit of a field, if it has one.
func (e *ERP) limitOf(field string) (limit, bool) {
	l, ok := limits[field]
	if n, set := e.conf.Lengths[field]; set {
		l.length = n
	}
	return l, ok
}

const mark = "…"

// shorten cuts text to at most n UTF-16 units, the mark included, between two
// characters as a reader sees them. Only a single character longer than that is
// cut within.
func shorten(text string, n int) string {
	if units(text) <= n {
		return text
	}
	room := n - units(mark)
	end, used := 0, 0
	for end < len(text) {
		size := cluster(text[end:])
		u := units(text[end : end+size])
		if used+u > room {
			break
		}
		end, used = end+size, used+u
	}
	if end == 0 {
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if used+unitsOf(r) > room {
				break
			}
			end, used = end+size, used+unitsOf(r)
		}
	}
	return strings.TrimRightFunc(text[:end], unicode.IsSpace) + mark
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += unitsOf(r)
	}
	return n
}

func unitsOf(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// cluster returns the length in bytes of the first character of s as a reader
// sees it: a letter with its marks, an emoji with its modifiers or joined to
// others, a flag, a line break. It follows the parts of Unicode's rules (UAX 29)
// that order fields meet.
func cluster(s string) int {
	first, end := utf8.DecodeRuneInString(s)
	if first == '\r' && strings.HasPrefix(s[end:], "\n") {
		return end + 1
	}
	if regional(first) {
		if r, size := utf8.DecodeRuneInString(s[end:]); regional(r) {
			end += size
		}
	}
	joined := false
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !joined && !extends(r) {
			break
		}
		joined = r == zwj
		end += size
	}
	return end
}

const zwj = '\u200d'

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// extends reports whether a rune belongs to the character before it.
func extends(r rune) bool {
	switch {
	case r == zwj, r == '\u200c', // joiners
		r >= 0x1F3FB && r <= 0x1F3FF, // skin tones
		r >= 0xE0020 && r <= 0xE007F, // tags of flags
		r >= 0x1160 && r <= 0x11FF:   // Hangul vowels and finals
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc)
}

// legal reports whether XML 1.0 can carry a text.
func legal(s string) bool {
	for i, r := range s {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
		case r < 0x20, r == 0xFFFE, r == 0xFFFF:
			return false
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}
