package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/hakooi/erpbridge/torture/check"
)

// powerLoss is the provocation of bugs in what writes files. No world loses its power, so
// that it is not a world: it is the test of those files on a disk that forgets what was
// not synced, built from the source with the points for faults in it. It is red exactly
// if a file was lost, doubled, cut, or told of before it was there.
const powerLoss = "power-loss"

// provoke plays a provocation in a world, or this one.
func (h *house) provoke(ctx context.Context, provocation string, s scenario) (verdict, error) {
	if provocation == powerLoss {
		return h.losePower(ctx, s)
	}
	return h.play(ctx, s)
}

func (h *house) losePower(ctx context.Context, s scenario) (verdict, error) {
	began := time.Now()
	ledger, err := filepath.Abs(s.ledger)
	if err != nil {
		return verdict{}, err
	}
	if err := errors.Join(os.RemoveAll(ledger), os.MkdirAll(ledger, 0o750)); err != nil {
		return verdict{}, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-tags", "torture", "-count=1", "-run", "^TestPowerLoss$", "./adapters/erp/filetransfer")
	cmd.Env = append(append(os.Environ(), "ERPBRIDGE_FAULT_LEDGER="+ledger), s.env...)
	out, failed := cmd.CombinedOutput()
	v := verdict{Summary: lostPower(string(out)), took: time.Since(began), facts: "a disk that forgets"}
	if failed == nil {
		return v, nil
	}
	if len(v.Violations) == 0 {
		return verdict{}, fmt.Errorf("%w:\n%s", failed, out)
	}
	dir := filepath.Join(h.results, s.name)
	return v, errors.Join(os.MkdirAll(dir, 0o750), os.WriteFile(filepath.Join(dir, "output"), out, 0o600))
}

// finding is how the test says what it found.
var finding = regexp.MustCompile(`_test\.go:\d+: ((lost|doubled|cut|a trigger without|stuck) \((\d+) times\): .*)`)

// lostPower reads what the test found.
func lostPower(output string) check.Summary {
	s := check.Summary{Balanced: true}
	for _, m := range finding.FindAllStringSubmatch(output, -1) {
		s.Violations = append(s.Violations, m[1])
		n, err := strconv.Atoi(m[3])
		if err != nil {
			continue // too large for a number, and counted as a violation
		}
		switch m[2] {
		case "lost":
			s.Lost += n
		case "doubled":
			s.DuplicateEffects += n
		case "stuck":
			s.Pending += n
		default:
			s.Corrupted += n
		}
	}
	slices.Sort(s.Violations)
	return s
}
