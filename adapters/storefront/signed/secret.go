package signed

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Secret is a webhook signing key. However it is printed or marshalled, it
// shows as "***".
type Secret string

const hidden = "***"

// String returns "***".
func (Secret) String() string { return hidden }

// GoString returns "***".
func (Secret) GoString() string { return hidden }

// Format writes "***", whatever the verb: %x and %q too must not tell.
func (Secret) Format(f fmt.State, _ rune) {
	// A fmt.State has nowhere to report an error to.
	_, _ = io.WriteString(f, hidden)
}

// MarshalText returns "***".
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON returns "***" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// shortest is the length a secret must have: anything short enough to guess is a
// mistake.
const shortest = 16

// Open returns the keys of a setting named secrets. hint says, in its errors, where a
// person finds the right one.
func Open(secrets []Secret, hint string) ([][]byte, error) {
	if len(secrets) == 0 {
		return nil, errors.New("secrets: there is none; list " + hint)
	}
	var keys [][]byte
	for i, secret := range secrets {
		// Files and heredocs end in a newline that is not part of the secret.
		key := strings.TrimSuffix(strings.TrimSuffix(string(secret), "\n"), "\r")
		switch {
		case key == "":
			return nil, fmt.Errorf("secrets[%d]: is empty; anybody could sign with it. Set %s, or remove the entry", i, hint)
		case strings.TrimSpace(key) != key:
			return nil, fmt.Errorf("secrets[%d]: has blanks or newlines around it; remove them", i)
		case len(key) < shortest:
			return nil, fmt.Errorf("secrets[%d]: has %d bytes, fewer than %d; copy the whole of %s", i, len(key), shortest, hint)
		}
		keys = append(keys, []byte(key))
	}
	return keys, nil
}
