package salesdoc

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"github.com/hakooi/erpbridge"
)

// A Rule says what a field of an ERP's document takes. Adapters keep theirs in one
// table, by field.
type Rule struct {
	Length   int // the most it takes, counted as Count says
	Count    Count
	Overflow Overflow
	// Charset is what it is written in; "" is Unicode.
	Charset Charset
}

// Count is what a length counts.
type Count int

// The ways to count.
const (
	Characters Count = iota // code points, as SAP, SQL Server's NVARCHAR users and XML Schema count
	UTF16                   // units, as Java and .NET count
	Bytes                   // of UTF-8
)

// Overflow is what becomes of a text that is too long.
type Overflow int

// The ways to overflow. Keys are never cut: half a key is another key.
const (
	Hold    Overflow = iota // hold the order
	CutMark                 // cut between two characters, and end with "…"
	Omit                    // leave it out
	Wrap                    // go on in the next line; see Lines
)

// Charset is a repertoire of characters.
type Charset int

// The charsets.
const (
	Unicode Charset = iota
	Latin1          // ISO 8859-1: what is not in it is held, or left out, as Overflow says
	ASCII
	Digits
)

const mark = "…"

// Fit returns text as a field takes it. An error says in words what is wrong with it, and
// never what it is, for it may be somebody's name: the adapter gives it its field and kind.
// What XML 1.0 cannot carry is never right. Letters and their accents are composed, "ü" of
// u and a diaeresis, where the field would not take them apart.
func (r Rule) Fit(text string) (string, error) {
	if !Legal(text) {
		return "", fmt.Errorf("it has characters that XML cannot carry")
	}
	text = r.composed(text)
	if bad, ok := r.Charset.foreign(text); ok {
		switch r.Overflow {
		case Omit:
			return "", nil
		case Hold:
			return "", fmt.Errorf("it has %q, which the field does not take", bad)
		}
		text = r.Charset.without(text)
	}
	if r.Length == 0 || r.Count.of(text) <= r.Length {
		return text, nil
	}
	switch r.Overflow {
	case Omit:
		return "", nil
	case Hold:
		return "", fmt.Errorf("it has %d characters, the field takes %d", r.Count.of(text), r.Length)
	}
	return r.cut(text), nil
}

// composed returns the text with its letters and their accents in one (NFC), where the
// field is too short for them apart, or has a charset: those have "ü", and no diaeresis to
// be put over a letter. Of a charset with digits those of other scripts are written in it.
// What a field takes as it is stays as it is.
func (r Rule) composed(text string) string {
	if r.Charset == Unicode {
		if r.Length == 0 || r.Count.of(text) <= r.Length {
			return text
		}
		return norm.NFC.String(text)
	}
	return strings.Map(western, norm.NFC.String(text))
}

// western returns 0 to 9 for the digits of any other script: "١" is the same digit of the
// same postal code. Unicode has each script's ten in one row, from nought.
func western(r rune) rune {
	if r < 0x80 {
		return r
	}
	for _, rows := range unicode.Nd.R16 {
		if lo := rune(rows.Lo); lo <= r && r <= rune(rows.Hi) {
			return '0' + (r-lo)%10
		}
	}
	for _, rows := range unicode.Nd.R32 {
		if lo, hi := rune(rows.Lo), rune(rows.Hi); lo <= r && r <= hi { // #nosec G115 -- code points
			return '0' + (r-lo)%10
		}
	}
	return r
}

// cut shortens a text, with the mark where the charset has it.
func (r Rule) cut(text string) string {
	short := Cut(text, r.Length, r.Count)
	if _, ok := r.Charset.foreign(mark); ok {
		return strings.TrimSuffix(short, mark)
	}
	return short
}

// Lines breaks a text into lines of the rule's length, between words where that is
// possible, and at its own line breaks. At most most lines; what is left ends with "…".
func (r Rule) Lines(text string, most int) ([]string, error) {
	if !Legal(text) {
		return nil, fmt.Errorf("it has characters that XML cannot carry")
	}
	text = r.Charset.without(r.composed(text))
	var lines []string
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		paragraph = strings.TrimRightFunc(paragraph, unicode.IsSpace)
		for r.Length > 0 && r.Count.of(paragraph) > r.Length {
			head := prefix(paragraph, r.Length, r.Count)
			if head == "" { // a line too narrow for a single character gets one all the same
				_, size := utf8.DecodeRuneInString(paragraph)
				head = paragraph[:size]
			}
			next, _ := utf8.DecodeRuneInString(paragraph[len(head):])
			if space := strings.LastIndexFunc(head, unicode.IsSpace); space > 0 && !unicode.IsSpace(next) {
				head = head[:space]
			}
			lines = append(lines, strings.TrimRightFunc(head, unicode.IsSpace))
			paragraph = strings.TrimLeftFunc(paragraph[len(head):], unicode.IsSpace)
		}
		lines = append(lines, paragraph)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if most > 0 && len(lines) > most {
		last := r.cut(lines[most-1] + " " + lines[most] + strings.Repeat(" ", r.Length))
		lines = append(lines[:most-1], last)
	}
	return lines, nil
}

// Cut shortens text to at most n, the mark included, between two characters as a reader
// sees them. Only a single character longer than that is cut within.
func Cut(text string, n int, count Count) string {
	if count.of(text) <= n {
		return text
	}
	if n < count.of(mark) {
		return prefix(text, n, count)
	}
	return strings.TrimRightFunc(prefix(text, n-count.of(mark), count), unicode.IsSpace) + mark
}

// prefix returns the longest beginning of text that counts at most n. It is never empty
// where n is not.
func prefix(text string, n int, count Count) string {
	end, used, state := 0, 0, -1
	for rest := text; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += count.of(cluster); used > n {
			break
		}
		end += len(cluster)
	}
	if end > 0 {
		return text[:end]
	}
	used = 0
	for i, r := range text {
		if used += count.ofRune(r); used > n {
			return text[:i]
		}
	}
	return text
}

func (c Count) of(s string) int {
	n := 0
	for _, r := range s {
		n += c.ofRune(r)
	}
	return n
}

func (c Count) ofRune(r rune) int {
	switch {
	case c == Bytes:
		return utf8.RuneLen(r)
	case c == UTF16 && r > 0xFFFF:
		return 2
	}
	return 1
}

// foreign returns the first character of a text that the charset does not have.
func (c Charset) foreign(text string) (rune, bool) {
	for _, r := range text {
		if !c.has(r) {
			return r, true
		}
	}
	return 0, false
}

// without returns the text with ? for what the charset does not have.
func (c Charset) without(text string) string {
	return strings.Map(func(r rune) rune {
		if !c.has(r) {
			return '?'
		}
		return r
	}, text)
}

func (c Charset) has(r rune) bool {
	switch c {
	case Latin1:
		return r <= 0xFF
	case ASCII:
		return r < 0x80
	case Digits:
		return r >= '0' && r <= '9'
	}
	return true
}

// Legal reports whether XML 1.0 can carry a text.
func Legal(s string) bool {
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

// Misfit is the error of a text that a field does not take: Held, with the field, what is
// wrong, and where it can be mended.
func Misfit(op, field string, cause error) error {
	return &erpbridge.Error{Op: op, Kind: erpbridge.Held, Err: fmt.Errorf("%s: %w: shorten or correct it in the shop", field, cause)}
}

// TrailingMinus writes a decimal as SAP does: "14.53-".
func TrailingMinus(s string) string {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return rest + "-"
	}
	return s
}
