package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// strip leaves out what XML 1.0 cannot hold.
func strip(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == '\uFFFE' || c == '\uFFFF' {
			return -1
		}
		return c
	}, text)
}

// units counts as Java does.
func units(text string) int {
	n := 0
	for _, c := range text {
		n++
		if c > 0xFFFF {
			n++
		}
	}
	return n
}

// shorten is the rule for texts that are too long: composed (NFC), then at most so many
// units, an ellipsis and no blank at the end, no character cut in two as a reader sees characters.
func shorten(text string, most int) string {
	if units(text) > most {
		// Letters and their accents in one leave room for more of them.
		text = norm.NFC.String(text)
	}
	if units(text) <= most {
		return text
	}
	kept, used := "", 0
	for rest := text; rest != ""; {
		c := firstCharacter(rest)
		if used += units(c); used > most-1 {
			break
		}
		kept, rest = kept+c, rest[len(c):]
	}
	return strings.TrimRightFunc(kept, unicode.IsSpace) + "…"
}

// firstCharacter returns what a reader sees as one character: line breaks, flags,
// and a rune with what is attached or joined to it.
func firstCharacter(text string) string {
	if strings.HasPrefix(text, "\r\n") {
		return text[:2]
	}
	first, end := utf8.DecodeRuneInString(text)
	if second, size := utf8.DecodeRuneInString(text[end:]); isFlagHalf(first) && isFlagHalf(second) {
		end += size
	}
	for end < len(text) {
		c, size := utf8.DecodeRuneInString(text[end:])
		before, _ := utf8.DecodeLastRuneInString(text[:end])
		if !attaches(c) && before != '\u200d' {
			break
		}
		end += size
	}
	return text[:end]
}

func isFlagHalf(c rune) bool { return c >= 0x1F1E6 && c <= 0x1F1FF }

func attaches(c rune) bool {
	return c == '\u200c' || c == '\u200d' || c >= 0x1F3FB && c <= 0x1F3FF || unicode.Is(unicode.M, c) ||
		c >= 0xE0020 && c <= 0xE007F || c >= 0x1160 && c <= 0x11FF
}
