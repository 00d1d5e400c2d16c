package config

import (
	"reflect"
	"time"
)

// A Store is a Neighbour that orders come from.
type Store struct {
	Neighbour `yaml:",inline"`
	Poll      Poll `yaml:"poll" json:"poll"`
}

// Poll is how a store is asked for what its webhooks did not bring. Like a target's
// delivery, it is not the adapter's. It needs an adapter that can list what changed.
type Poll struct {
	// Every is how often; 0 is never. Default 15m.
	Every time.Duration `yaml:"every"`
	// Overlap is how far a poll goes back behind the one before: by how much the clocks
	// of shop and bridge may differ, and how late the shop's search may be. Default 20m.
	Overlap time.Duration `yaml:"overlap"`
	// Initial is how far back the very first poll goes; what is older is for erpbridge
	// backfill. Default 24h.
	Initial time.Duration `yaml:"initial"`
	// Grace is how long after a change its webhook may arrive before it counts as lost.
	// Default 5m.
	Grace time.Duration `yaml:"grace"`
	// AlertOver is how many events webhooks may lose between two polls before somebody
	// is mailed. Default 0: none.
	AlertOver int `yaml:"alert_over"`
	// Resubscribe brings webhooks back that the shop has disabled or deleted, where its
	// adapter can. Default false: that is only told.
	Resubscribe bool `yaml:"resubscribe"`

	given bool
}

// Given reports whether the file has such a section.
func (p Poll) Given() bool { return p.given }

func pollDefaults() Poll {
	return Poll{Every: 15 * time.Minute, Overlap: 20 * time.Minute, Initial: 24 * time.Hour, Grace: 5 * time.Minute}
}

// decodeFrom reads a storefront's section.
func (s *Store) decodeFrom(d decoder, from *node, path string) {
	s.Poll = pollDefaults()
	s.read(d, from, path, "poll")
	if given := from.get("poll"); given != nil {
		s.Poll.given = given.shape == mapping
		d.decode(given, join(path, "poll"), reflect.ValueOf(&s.Poll).Elem())
	}
}

// check complains about settings that cannot work together.
func (p Poll) check(c *checker, path string) {
	in := c.in(path)
	in.notNegative("every", p.Every)
	in.positive("overlap", p.Overlap)
	in.positive("initial", p.Initial)
	in.notNegative("grace", p.Grace)
	if p.AlertOver < 0 {
		in.complain("alert_over", "want a number of events, 0 or more, found %d", p.AlertOver)
	}
}
