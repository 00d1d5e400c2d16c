package alert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what is repeated in a mail, in bytes.
const (
	maxReason = 1 << 10
	maxName   = 80
)

// clean returns foreign text as one line, cut after limit bytes. Control
// characters, line breaks among them, become blanks; characters that change the
// direction of what follows, or that cannot be seen, become visible.
func clean(text string, limit int) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c > ' ' && c < 0x7f:
		case unicode.IsSpace(c), unicode.IsControl(c), c == '\u2028', c == '\u2029':
			c = ' '
		case unicode.Is(unicode.Cf, c), c == '\u115f', c == '\u1160', c == '\u3164', c == '\uffa0', unicode.Is(unicode.Co, c), unicode.Is(unicode.Cs, c):
			c = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(c) > limit {
			return strings.TrimSpace(b.String()) + "…"
		}
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String())
}

// clean returns a with all its text fit for a mail.
func (a Alert) clean() Alert {
	for _, s := range []*string{&a.Kind, &a.Store, &a.Target, &a.Order, &a.Stream, &a.Document} {
		*s = clean(*s, maxName)
	}
	a.Replay = clean(a.Replay, 4*maxName)
	a.Reason = clean(a.Reason, maxReason)
	return a
}

// pattern returns what a reason has in common with others of its cause: every
// word that holds a digit, and everything in quotes, is the matter of one order.
func pattern(reason string) string {
	var out, word strings.Builder
	var closing rune // of the quote that is open
	digit := false
	end := func() {
		if digit {
			word.Reset()
			word.WriteByte('#')
		}
		out.WriteString(word.String())
		word.Reset()
		digit = false
	}
	for _, c := range reason {
		switch {
		case closing != 0:
			if c == closing {
				closing = 0
			}
		case quotes[c] != 0:
			end()
			out.WriteByte('#')
			closing = quotes[c]
		case unicode.IsLetter(c), unicode.IsDigit(c), c == '-', c == '_':
			digit = digit || unicode.IsDigit(c)
			word.WriteRune(c)
		default:
			end()
			out.WriteRune(c)
		}
	}
	end()
	return out.String()
}

var quotes = map[rune]rune{'"': '"', '“': '”', '«': '»'}
