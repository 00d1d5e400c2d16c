package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A door is where one store's webhooks, or one target's confirmations, come in.
type door[T any] struct {
	what   string // "store" or "target"
	name   string
	front  T
	known  bool // false for the decoys behind every name that is nobody's
	places places
}

// A challenger is a storefront whose platform asks, before it sends anything, whether
// somebody is there who wants it: with a GET, whose answer follows from its query.
type challenger interface {
	Challenge(query url.Values) (answer string, ok bool)
}

// doors are all of one kind.
type doors[T any] struct {
	named map[string]*door[T]
	// decoys are as many as the named ones, one with the work of each: platforms'
	// signatures differ in what it takes to check them, so a single decoy would tell a
	// name that is none of its kind.
	decoys []*door[T]
	salt   string
}

func newDoors[T any](what string, fronts map[string]T, each int) doors[T] {
	names := slices.Sorted(maps.Keys(fronts))
	ds := doors[T]{named: make(map[string]*door[T], len(fronts)), salt: strings.Join(names, "\n")}
	strangers := make(places, each)
	for _, name := range names {
		front := fronts[name]
		ds.named[name] = &door[T]{what: what, name: name, front: front, known: true, places: make(places, each)}
		ds.decoys = append(ds.decoys, &door[T]{what: what, name: name, front: front, places: strangers})
	}
	return ds
}

// of returns the door of a name: its own, or one of the decoys, for a name always
// the same, also in the next process with these doors.
func (ds doors[T]) of(name string) *door[T] {
	sum := sha256.Sum256([]byte(ds.salt + "\n\n" + name))
	decoy := ds.decoys[binary.BigEndian.Uint64(sum[:])%uint64(len(ds.decoys))]
	if d, ok := ds.named[name]; ok {
		return d
	}
	return decoy
}

// challenged answers what a platform asks before it sends.
func challenged(d *door[erpbridge.Storefront], query url.Values) answer {
	c, ok := d.front.(challenger)
	if !ok || !d.known {
		return notAllowed
	}
	if text, ok := c.Challenge(query); ok {
		return echo(text)
	}
	return notAllowed
}

// field names the store or target in the log. A name that is nobody's is a stranger's
// text, and left out.
func (d *door[T]) field() zap.Field {
	if !d.known {
		return zap.Skip()
	}
	return zap.String(d.what, d.name)
}
