package config

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
)

// masked is what stands where a secret would.
const masked = "***"

// A Secret is a string that does not print: whatever verb, encoder or logger it
// meets, it shows three asterisks. Only Reveal gives the value.
type Secret string

// Reveal returns the value. Call it where the value is used and nowhere else.
func (s Secret) Reveal() string { return string(s) }

// String returns three asterisks.
func (Secret) String() string { return masked }

// GoString returns three asterisks.
func (Secret) GoString() string { return masked }

// Format prints three asterisks for every verb, %x and %d among them.
func (Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, masked) }

// MarshalText returns three asterisks.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON returns three asterisks.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// MarshalYAML returns three asterisks.
func (Secret) MarshalYAML() (any, error) { return masked, nil }

// LogValue returns three asterisks.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// secretive are keys whose values are not to be shown, whatever type they are
// decoded into. Connection URLs are among them: they carry passwords.
var secretive = regexp.MustCompile(`(?i)(secret|passw|passphrase|token|credential|private|signature|dsn|(^|_)(pass|key|pin|urls?)$)`)

// hides reports whether t is a string type that does not tell its value when it
// is printed. Adapters declare their own secret types; this recognises them.
func hides(t reflect.Type) bool {
	if t.Kind() != reflect.String {
		return false
	}
	probe := reflect.New(t).Elem()
	const told = "x1y2z3"
	probe.SetString(told)
	s, ok := probe.Interface().(fmt.Stringer)
	return ok && !strings.Contains(s.String(), told)
}

// redact returns text with everything masked that it has in common with one of
// the values: each whole value, and each run of at least eight bytes of one.
func redact(text string, values []string) string {
	const run = 8
	var b strings.Builder
	for i := 0; i < len(text); {
		longest := 0
		for _, v := range values {
			n := min(run, len(v))
			if n < 4 || i+n > len(text) || !strings.Contains(v, text[i:i+n]) {
				continue
			}
			for i+n < len(text) && strings.Contains(v, text[i:i+n+1]) {
				n++
			}
			longest = max(longest, n)
		}
		if longest == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteString(masked)
		i += longest
	}
	return b.String()
}
