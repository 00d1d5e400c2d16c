package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/check"
)

func TestLostPower(t *testing.T) {
	got := lostPower(`--- FAIL: TestPowerLoss (0.73s)
    power_test.go:23: lost (336 times): what was reported is not there
        /out/.erpbridge 0
    power_test.go:23: a trigger without (12 times): its data
    power_test.go:23: doubled (1 times): 2 files
FAIL
`)
	want := check.Summary{
		Balanced: true, Lost: 336, Corrupted: 12, DuplicateEffects: 1,
		Violations: []string{"a trigger without (12 times): its data", "doubled (1 times): 2 files", "lost (336 times): what was reported is not there"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := lostPower("ok  	filetransfer	0.6s\n"); len(got.Violations) != 0 || !got.Balanced {
		t.Errorf("%+v", got)
	}
}
