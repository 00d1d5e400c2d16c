package soap

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReason is as much of the other side's words as an error carries.
const maxReason = 1 << 10

const redacted = "***"

// credentials are the shapes in which answers have been seen to echo them.
var credentials = []struct {
	shape *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`(?i)\b(authorization\s*[:=]\s*)(basic|bearer|oauth|negotiate|ntlm)?\s*[^\s,;<]+`), "${1}" + redacted},
	{regexp.MustCompile(`(?i)\b(basic|bearer)\s+[A-Za-z0-9+/_~.-]{8,}=*`), "${1} " + redacted},
	{regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|signature|nonce|api[_-]?key|consumer[_-]?key|access[_-]?key)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&<]+)`), "${1}" + redacted},
	{regexp.MustCompile(`(?i)(<(?:[\w.-]+:)?(?:password|secret|token|signature|nonce|consumerkey)\b[^>]*>)[^<]*`), "${1}" + redacted},
	{regexp.MustCompile(`(://)[^/\s:@]+:[^/\s@]+@`), "${1}" + redacted + "@"},
}

// Reason makes the other side's words fit for an error, a log and a mail: the
// given secrets and what looks like a credential are blotted out, control
// characters and those that reorder text are written as escapes, and after
// 1 KiB it is cut.
func Reason(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, redacted)
		}
	}
	for _, c := range credentials {
		text = c.shape.ReplaceAllString(text, c.with)
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		part := text[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			part = fmt.Sprintf(`\x%02x`, text[i])
		case r == '\n':
			part = `\n`
		case r == '\r':
			part = `\r`
		case r == '\t':
			part = " "
		case r < 0x100 && unicode.IsControl(r):
			part = fmt.Sprintf(`\x%02x`, r)
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Noncharacter_Code_Point):
			part = fmt.Sprintf(`\u%04x`, r)
		}
		if b.Len()+len(part) > maxReason-len("…") {
			b.WriteString("…")
			break
		}
		b.WriteString(part)
		i += size
	}
	return b.String()
}
