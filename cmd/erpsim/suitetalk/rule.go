package suitetalk

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"time"
)

// A subject is what a Match looks at: a record of a request, or, of a request
// without records, the request itself.
type subject struct{ operation, typ, externalID, otherRefNum string }

// A rule is a Mode in force.
type rule struct {
	mode                                           Mode
	operation, recordType, externalID, otherRefNum *regexp.Regexp
	dice                                           *rand.Rand
	end                                            time.Time // zero: never
}

func newRule(m Mode) (*rule, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	operation := m.Match.Operation
	if operation == "" && slices.Contains(effectKinds, m.Kind) {
		operation = "^((add|update|upsert)(List)?|asyncUpsertList)$"
	}
	r := &rule{mode: m, dice: rand.New(rand.NewPCG(m.Seed, 0))}
	for _, e := range []struct {
		into **regexp.Regexp
		expr string
	}{
		{&r.operation, operation},
		{&r.recordType, m.Match.RecordType},
		{&r.externalID, m.Match.ExternalID},
		{&r.otherRefNum, m.Match.OtherRefNum},
	} {
		re, err := regexp.Compile(e.expr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Kind, err)
		}
		*e.into = re
	}
	return r, nil
}

// fires tells whether the rule befalls one of the subjects, and counts it.
func (r *rule) fires(subjects []subject) bool {
	m := &r.mode
	if m.Count > 0 && m.Fired >= m.Count {
		return false
	}
	hit := slices.ContainsFunc(subjects, func(s subject) bool {
		return r.operation.MatchString(s.operation) && r.recordType.MatchString(s.typ) &&
			r.externalID.MatchString(s.externalID) && r.otherRefNum.MatchString(s.otherRefNum)
	})
	if !hit || m.Probability > 0 && r.dice.Float64() >= m.Probability {
		return false
	}
	m.Fired++
	return true
}

// modes are the rules in force, in the order they were added.
type modes struct {
	now   func() time.Time
	mu    sync.Mutex
	rules []*rule
	last  int
}

func (ms *modes) add(m Mode) error {
	m.Fired = 0
	r, err := newRule(m)
	if err != nil {
		return err
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.last++
	r.mode.ID = ms.last
	if m.For > 0 {
		r.end = ms.now().Add(time.Duration(m.For))
	}
	ms.rules = append(ms.rules, r)
	return nil
}

func (ms *modes) list() []Mode {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	list := make([]Mode, 0, len(ms.rules))
	for _, r := range ms.rules {
		list = append(list, r.mode)
	}
	return list
}

func (ms *modes) clear() {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.rules = nil
}

// over tells whether a rule's time is up.
func (ms *modes) over(r *rule) bool { return !r.end.IsZero() && !ms.now().Before(r.end) }

// first returns the first mode of some kinds that fires, or nil.
func (ms *modes) first(kinds []Kind, subjects []subject) *Mode {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, r := range ms.rules {
		if slices.Contains(kinds, r.mode.Kind) && !ms.over(r) && r.fires(subjects) {
			m := r.mode
			return &m
		}
	}
	return nil
}

// A plan is what is to become of a request that was let in.
type plan struct {
	beforeEffect, beforeAnswer time.Duration
	mode                       *Mode // nil: nothing out of the ordinary
}

func (ms *modes) plan(subjects []subject) plan {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	var p plan
	for _, r := range ms.rules {
		m := r.mode
		if !slices.Contains(workKinds, m.Kind) || m.Kind != Slow && p.mode != nil || ms.over(r) || !r.fires(subjects) {
			continue
		}
		switch {
		case m.Kind != Slow:
			p.mode = &m
		case m.Before == "answer":
			p.beforeAnswer += m.Delay
		default:
			p.beforeEffect += m.Delay
		}
	}
	return p
}
