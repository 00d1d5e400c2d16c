package config

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// A Neighbour is one configured storefront or ERP. Its name and kind are read
// here; everything else in its section is its adapter's.
type Neighbour struct {
	// Name is how the rest of the configuration, the commands and the records
	// refer to it, such as "shop-eu". It must not change while orders are under way.
	Name string `yaml:"name" json:"name"`
	// Kind says which adapter understands it, such as "shopify".
	Kind string `yaml:"kind" json:"kind"`
	// Decode fills the struct that into points to with the settings. Fields are
	// named by yaml tags; an unknown key, a missing quote, a number too large are
	// Errors, all at once. What the file does not mention keeps its value, so the
	// adapter sets its defaults before. A type whose kind is string takes text as
	// it stands, and an encoding.TextUnmarshaler reads itself.
	Decode func(into any) error `yaml:"-" json:"-"`

	wrap func(error) error
}

// A Target is a Neighbour that orders are delivered to.
type Target struct {
	Neighbour `yaml:",inline"`
	Delivery  Delivery `yaml:"delivery" json:"delivery"`
}

// Wrap gives an adapter's own complaint its place in the file, as Errors. Errors
// that were joined stay one line each; one that begins with the name of a
// setting ("secrets[0]: too short") gets that setting's place, any other the
// neighbour's. Secrets of the section do not get through. Wrap(nil) is nil.
func (n Neighbour) Wrap(err error) error {
	var located Errors
	switch {
	case err == nil:
		return nil
	case errors.As(err, &located):
		return located
	case n.wrap == nil:
		return fmt.Errorf("%s %s: %w", n.Kind, n.Name, err)
	}
	return n.wrap(err)
}

// Errorf is Wrap for an error made on the spot.
func (n Neighbour) Errorf(format string, args ...any) error {
	return n.Wrap(fmt.Errorf(format, args...))
}

// decodeFrom reads an ERP's section.
func (t *Target) decodeFrom(d decoder, from *node, path string) {
	t.Delivery = deliveryDefaults()
	t.read(d, from, path, "delivery")
	given := from.get("delivery")
	if given != nil {
		d.decode(given, join(path, "delivery"), reflect.ValueOf(&t.Delivery).Elem())
	}
	if given == nil || !given.gives("lease") {
		t.Delivery.Lease = max(2*time.Minute, t.Delivery.Timeout+time.Minute)
	}
}

// sections are the keys that are ours in one kind of neighbour and a mistake in the
// other.
var sections = map[string]string{
	"delivery": "delivery is a setting of targets, not of stores",
	"poll":     "poll is a setting of stores, not of targets",
}

// read takes name and kind, passes over the section that is ours too, and leaves the
// rest to Decode.
func (n *Neighbour) read(d decoder, from *node, path, section string) {
	n.Decode = func(any) error { return d.errors.below(path) }
	if !d.is(from, path, mapping) {
		return
	}
	rest := &node{shape: mapping, mark: from.mark}
	for _, e := range from.keys {
		switch e.name {
		case "name":
			d.decode(e.value, join(path, "name"), reflect.ValueOf(&n.Name).Elem())
		case "kind":
			d.decode(e.value, join(path, "kind"), reflect.ValueOf(&n.Kind).Elem())
		case section:
		case "delivery", "poll":
			d.addf(e.mark, join(path, e.name), "%s", sections[e.name])
		default:
			rest.keys = append(rest.keys, e)
		}
	}
	for _, key := range []string{"name", "kind"} {
		d.misspelt(from, rest, path, key)
	}
	s := &adapterSection{report: d.report, path: path, whole: from, rest: rest}
	n.Decode, n.wrap = s.decode, s.wrap
}

// misspelt looks for a missing key of ours among those that would be the
// adapter's: where the kind is missing, no adapter will ever complain.
func (d decoder) misspelt(from, rest *node, path, key string) {
	if from.get(key) != nil {
		return
	}
	for i, e := range rest.keys {
		if nearest(e.name, []string{key}) == key {
			d.unknown(e, path, []string{key})
			rest.keys = append(rest.keys[:i:i], rest.keys[i+1:]...)
			return
		}
	}
}
