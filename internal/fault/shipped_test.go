//go:build !torture

package fault

import (
	"errors"
	"testing"
)

func TestShippedProgramHasNoFaults(t *testing.T) {
	t.Setenv("ERPBRIDGE_FAULTS", "a.b=error")
	t.Setenv("ERPBRIDGE_BUGS", "x")
	mine := errors.New("mine")
	if err := Do("a.b", func() error { return mine }); err != mine { //nolint:errorlint // the very same
		t.Error(err)
	}
	if Planted("x") {
		t.Error("a planted bug in the shipped program")
	}
}
