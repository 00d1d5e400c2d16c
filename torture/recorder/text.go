package recorder

import (
	"math/rand/v2"
	"strings"
)

// morsels are texts that something on the way is known to stumble over.
var morsels = []string{
	"please leave it at the door", "]]>", "<b>bold</b> & <!-- not -->", "&amp;lt;", "\r\n", "\n", "\t", "\"'`",
	"\x01", "\x00", "\x1b[31m", "\x0b", "\x1f", "\uFFFE", "\uFFFF",
	"🧾", "👩🏽‍🚀", "🇩🇪🇫🇷", "e\u0301", "ẞ", "日本語", "שלום", "\u202Eright to left\u202C", "\u2028", "\u00a0", "\u200b", "\ufeff",
	"';DROP TABLE x;--", "{{.}}", "%s%n", "\\u0000", "${HOME}", "=1+1", "Ω≈ç√", "\U0001F469\u200D\U0001F469\u200D\U0001F467",
}

// awkward returns a text of morsels, at least one and about so many bytes long.
func awkward(r *rand.Rand, size int) string {
	var b strings.Builder
	for {
		b.WriteString(morsels[r.IntN(len(morsels))])
		if b.Len() >= size {
			return b.String()
		}
		b.WriteByte(' ')
	}
}
