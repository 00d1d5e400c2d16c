package login

import (
	"fmt"
	"io"
)

// Secret is a string that does not print.
type Secret string

// Format prints *** for every verb.
func (Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "***") }

// String returns ***.
func (Secret) String() string { return "***" }

// MarshalText returns ***.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// MarshalYAML returns ***.
func (Secret) MarshalYAML() (any, error) { return "***", nil }
