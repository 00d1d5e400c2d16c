package pipeline

import (
	"fmt"
	"maps"
	"slices"
)

// References are the cross-reference tables of the targets, which operators change while
// the daemon runs. Each target's have a revision that only grows.
type References interface {
	// Pin keeps all tables as they are until unpin is called, so that a decision sees one
	// state of them, and tells the revision of each target's.
	Pin() (revision func(target string) int64, unpin func())
}

// pin keeps the tables as they are until unpin is called. mappingOf returns the
// fingerprint of all that decides what a document for a target looks like: that of the
// configuration, and the revision of the target's tables.
//
//	4be1f00dd2c49a10/netsuite@17
func (p *Pipeline) pin() (mappingOf func(target string) string, unpin func()) {
	if p.References == nil {
		return func(string) string { return p.Mapping }, func() {}
	}
	revision, unpin := p.References.Pin()
	return func(target string) string { return fmt.Sprintf("%s/%s@%d", p.Mapping, target, revision(target)) }, unpin
}

// mappings returns the fingerprints that decisions can have at present: that of the
// configuration, where no table was asked, and one of each target.
func (p *Pipeline) mappings() []string {
	mappingOf, unpin := p.pin()
	defer unpin()
	present := []string{p.Mapping}
	if p.References == nil {
		return present
	}
	for _, target := range slices.Sorted(maps.Keys(p.Targets)) {
		present = append(present, mappingOf(target))
	}
	return present
}
