package shopify

import (
	"fmt"
	"io"
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
