package config

import (
	"fmt"
	"regexp"
	"slices"
)

// A Route says where the events go that it matches. An empty condition matches
// everything.
type Route struct {
	// Store is the name of a store.
	Store string `yaml:"store"`
	// Type is an event's type, such as "order.placed".
	Type string `yaml:"type"`
	// Country is where the goods go, as ISO 3166-1 alpha-2.
	Country string `yaml:"country"`
	// Targets are the names of the targets the event goes to; at least one, unless the
	// route is to Ignore.
	Targets []string `yaml:"targets"`
	// Ignore records the events and sends them nowhere.
	Ignore bool `yaml:"ignore"`
}

// eventTypes are the types of event the bridge carries. A type that is none of
// them would make a route that silently never matches.
var eventTypes = []string{
	"order.placed", "order.paid", "order.changed", "order.cancelled", "refund.issued", "fulfilment.changed",
	"customer.changed", "customer.deleted", "product.changed", "product.deleted", "inventory.changed", "privacy.requested",
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

func (c *Config) checkRoutes(k *checker) {
	stores, targets := c.storeNames(), c.targetNames()
	if len(c.Routes) == 0 && len(c.Targets) > 1 && k.sound("routes") && k.sound("targets") {
		k.in("").complain("routes", "required: with more than one target something must say what goes where")
	}
	for i, r := range c.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		if !k.sound(path) {
			continue
		}
		in := k.in(path)
		if r.Store != "" && !slices.Contains(stores, r.Store) {
			in.suggest("store", nearest(r.Store, stores), "there is no store %s", in.found("store", r.Store))
		}
		if r.Type != "" && !slices.Contains(eventTypes, r.Type) {
			in.suggest("type", nearest(r.Type, eventTypes), "there is no event of type %s", in.found("type", r.Type))
		}
		if r.Country != "" && !country.MatchString(r.Country) {
			in.complain("country", "want two capital letters (ISO 3166-1), found %s", in.found("country", r.Country))
		}
		c.checkRouteTargets(k, path, r, targets)
		for j, earlier := range c.Routes[:i] {
			if earlier.covers(r) {
				k.in("").complain(path, "never reached: routes[%d] takes everything this one would", j)
				break
			}
		}
	}
}

func (c *Config) checkRouteTargets(k *checker, path string, r Route, targets []string) {
	in := k.in(path)
	switch {
	case r.Ignore && len(r.Targets) > 0:
		in.complain("ignore", "the route leads to targets; remove one of the two")
	case !r.Ignore && len(r.Targets) == 0:
		in.complain("targets", "required: the names of the targets this route leads to, or ignore: true")
	}
	for i, name := range r.Targets {
		key := fmt.Sprintf("targets[%d]", i)
		switch {
		case !slices.Contains(targets, name):
			in.suggest(key, nearest(name, targets), "there is no target %s", in.found(key, name))
		case slices.Contains(r.Targets[:i], name):
			in.complain(key, "the target %s is named twice", in.found(key, name))
		}
	}
}

// covers reports whether r matches everything that other matches.
func (r Route) covers(other Route) bool {
	return (r.Store == "" || r.Store == other.Store) &&
		(r.Type == "" || r.Type == other.Type) &&
		(r.Country == "" || r.Country == other.Country)
}

func (c *Config) storeNames() []string {
	names := make([]string, len(c.Stores))
	for i, s := range c.Stores {
		names[i] = s.Name
	}
	return names
}

func (c *Config) targetNames() []string {
	names := make([]string, len(c.Targets))
	for i, t := range c.Targets {
		names[i] = t.Name
	}
	return names
}
