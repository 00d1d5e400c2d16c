package salesdoc

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// What two stores send to one ERP must never meet in one record there. A record is known by
// our reference, prefix and id; where Can.Numbered says so by its number, prefix and the
// shop's number. So no two stores may have prefixes that can come to the same:
//
//	prefixes         can meet in
//	"P",  "P"        P1001
//	"P",  "P1"       P1001, which is 1001 of the one and 001 of the other
//	"P-", "p-"       P-1001: many ERPs do not tell capitals from small letters
//
// New knows the stores that the mapping names; whoever knows all of them asks Distinct.

// distinct refuses stores of the mapping whose records could meet.
func (t *Translator) distinct() error { return t.pairs(slices.Collect(maps.Keys(t.stores))) }

// Distinct returns what is wrong with sending the orders of just these stores to the target:
// a complaint for every store the mapping names that is none of them, and for every two
// whose records could meet, each beginning with the setting that mends it. What New refuses
// it tells again.
func (t *Translator) Distinct(stores []string) error {
	errs := []error{t.pairs(stores)}
	for _, store := range slices.Sorted(maps.Keys(t.stores)) {
		if !slices.Contains(stores, store) {
			errs = append(errs, fmt.Errorf("mapping.stores.%s: nothing of a store %q goes to target %s%s", store, clip(store), t.target, t.meant(store, stores)))
		}
	}
	return errors.Join(errs...)
}

// meant tells which store the mapping most likely means by a name that is none.
func (t *Translator) meant(name string, stores []string) string {
	known := slices.Sorted(slices.Values(stores))
	unnamed := slices.DeleteFunc(slices.Clone(known), func(store string) bool { _, ok := t.stores[store]; return ok })
	switch near := nearest(name, unnamed); {
	case near != "":
		return fmt.Sprintf("; did you mean %q?", near)
	case len(known) == 0:
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

func (t *Translator) pairs(stores []string) error {
	var errs []error
	names := slices.Compact(slices.Sorted(slices.Values(stores)))
	for i, store := range names {
		for _, other := range names[:i] {
			errs = append(errs, t.apart(other, store))
		}
	}
	return errors.Join(errs...)
}

// apart refuses two stores whose records could meet.
func (t *Translator) apart(one, two string) error {
	a, b := t.rulesOf(one), t.rulesOf(two)
	var errs []error
	if p, q := prefixOf(a, one), prefixOf(b, two); meet(p, q) {
		errs = append(errs, fmt.Errorf("%s: %q and %q, those of the stores %s and %s, can make the same reference: their orders would be taken for each other",
			t.prefixSetting(one, two, "reference_prefix", func(r Rules) string { return r.ReferencePrefix }), p, q, one, two))
	}
	if t.can.Numbered && a.Number.From != FromERP && b.Number.From != FromERP && meet(a.Number.Prefix, b.Number.Prefix) {
		errs = append(errs, fmt.Errorf("%s: %q and %q, those of the stores %s and %s, can make the same number, and %s knows an order by its number: their orders would be taken for each other",
			t.prefixSetting(one, two, "number.prefix", func(r Rules) string { return r.Number.Prefix }), a.Number.Prefix, b.Number.Prefix, one, two, t.can.ERP))
	}
	return errors.Join(errs...)
}

// prefixSetting names the setting to be changed: that of the second store if it has one of
// its own, else that of the first, else the one they share.
func (t *Translator) prefixSetting(one, two, setting string, of func(Rules) string) string {
	for _, store := range []string{two, one} {
		if r, ok := t.stores[store]; ok && of(r) != "" && (of(r) != of(t.rules) || of(t.rules) == "") {
			return "mapping.stores." + store + "." + setting
		}
	}
	if of(t.rules) != "" {
		return "mapping." + setting
	}
	for _, store := range []string{two, one} {
		if _, ok := t.stores[store]; ok {
			return "mapping.stores." + store + "." + setting
		}
	}
	return "mapping." + setting
}

// rulesOf returns the rules of a store; those of the target where it has none of its own.
func (t *Translator) rulesOf(store string) Rules {
	if r, ok := t.stores[store]; ok {
		return r
	}
	return t.rules
}

// prefixOf returns what the references of a store begin with.
func prefixOf(r Rules, store string) string { return cmp.Or(r.ReferencePrefix, store+"-") }

// meet reports whether one prefix is the other, or goes on in digits where the other's ids
// begin.
func meet(a, b string) bool {
	a, b = strings.ToUpper(a), strings.ToUpper(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	rest, begins := strings.CutPrefix(a, b)
	return begins && digits(rest) == rest
}

// ours holds an event whose reference could be that of an event of a store the mapping
// names: ids may be anything, and the store may be one that New did not know.
func (b *building) ours(reference string) error {
	own := prefixOf(b.Rules, b.ev.Store)
	for _, store := range slices.Sorted(maps.Keys(b.stores)) {
		other := prefixOf(b.stores[store], store)
		if store != b.ev.Store && len(other) >= len(own) && strings.HasPrefix(strings.ToUpper(reference), strings.ToUpper(other)) {
			return &erpbridge.Error{Op: "salesdoc.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(
				"the reference %q could be one of store %s: give each store its own mapping.stores.STORE.reference_prefix in target %s", clip(reference), store, b.target)}
		}
	}
	return nil
}
