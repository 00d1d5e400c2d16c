package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/hakooi/erpbridge/torture/check"
)

// A summary is the one line that tells what came of it all.
type summary struct {
	Seed             uint64   `json:"seed"`
	Kills            int      `json:"kills"`
	Cuts             int      `json:"cuts"`
	Accepted         int      `json:"accepted"`
	Lost             int      `json:"lost"`
	DuplicateEffects int      `json:"duplicate_effects"`
	Inversions       int      `json:"inversions"`
	LimitViolations  int      `json:"limit_violations"`
	Invented         int      `json:"invented"`
	Corrupted        int      `json:"corrupted"`
	Pending          int      `json:"pending"`
	Balanced         bool     `json:"balanced"`
	Seconds          int      `json:"seconds"`
	Violations       []string `json:"violations"`
}

// mostViolations bounds the line.
const mostViolations = 50

// add adds what came of a scenario.
func (s *summary) add(name string, v verdict) {
	s.Kills += v.Kills
	s.Cuts += v.Cuts
	s.Accepted += v.Accepted
	s.Lost += v.Lost
	s.DuplicateEffects += v.DuplicateEffects
	s.Inversions += v.Inversions
	s.LimitViolations += v.LimitViolations
	s.Invented += v.Invented
	s.Corrupted += v.Corrupted
	s.Pending += v.Pending
	s.Balanced = s.Balanced && v.Balanced
	for _, line := range v.Violations {
		s.violate("%s: %s", name, line)
	}
}

func (s *summary) violate(format string, args ...any) {
	if len(s.Violations) < mostViolations {
		s.Violations = append(s.Violations, fmt.Sprintf(format, args...))
	}
}

// print writes the line.
func (s *summary) print(out io.Writer) error {
	if s.Violations == nil {
		s.Violations = []string{}
	}
	return json.NewEncoder(out).Encode(s)
}

// A verdict is what came of one scenario.
type verdict struct {
	check.Summary
	took  time.Duration
	facts string // what happened, in a few words
}

func (v verdict) String() string {
	word := "ok"
	if len(v.Violations) > 0 {
		word = fmt.Sprintf("BROKEN (%d)", len(v.Violations))
	}
	return fmt.Sprintf("%-10s %6d accepted, %3d kills, %3d cuts, %5.1f s  %s", word, v.Accepted, v.Kills, v.Cuts, v.took.Seconds(), v.facts)
}
