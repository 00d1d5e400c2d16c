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

// A door is where one store's webhooks come in.
type door struct {
	store  string
	front  erpbridge.Storefront
	known  bool // false for the decoys behind every name that is no store's
	places places
}

// A challenger is a storefront whose platform asks, before it sends anything, whether
// somebody is there who wants it: with a GET, whose answer follows from its query.
type challenger interface {
	Challenge(query url.Values) (answer string, ok bool)
}

// doors are all of them.
type doors struct {
	stores map[string]*door
	// decoys are as many as the stores, one with the work of each: platforms' signatures
	// differ in what it takes to check them, so a single decoy would tell a name that is
	// none of its kind.
	decoys []*door
	salt   string
}

func newDoors(stores map[string]erpbridge.Storefront, perStore int) doors {
	names := slices.Sorted(maps.Keys(stores))
	ds := doors{stores: make(map[string]*door, len(stores)), salt: strings.Join(names, "\n")}
	strangers := make(places, perStore)
	for _, name := range names {
		front := tampered(stores[name])
		ds.stores[name] = &door{store: name, front: front, known: true, places: make(places, perStore)}
		ds.decoys = append(ds.decoys, &door{store: name, front: front, places: strangers})
	}
	return ds
}

// of returns the door of a name: a store's own, or one of the decoys, for a name always
// the same, also in the next process with these stores.
func (ds doors) of(name string) *door {
	sum := sha256.Sum256([]byte(ds.salt + "\n\n" + name))
	decoy := ds.decoys[binary.BigEndian.Uint64(sum[:])%uint64(len(ds.decoys))]
	if d, ok := ds.stores[name]; ok {
		return d
	}
	return decoy
}

// challenged answers what a platform asks before it sends.
func (d *door) challenged(query url.Values) answer {
	c, ok := d.front.(challenger)
	if !ok || !d.known {
		return notAllowed
	}
	if text, ok := c.Challenge(query); ok {
		return echo(text)
	}
	return notAllowed
}

// field names the store in the log. A name that is no store's is a stranger's
// text, and left out.
func (d *door) field() zap.Field {
	if !d.known {
		return zap.Skip()
	}
	return zap.String("store", d.store)
}
