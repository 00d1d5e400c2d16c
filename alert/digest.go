package alert

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds on a digest. Whatever is not shown is counted.
const (
	shownAlerts = 20  // of a cause
	shownCauses = 20  // in a mail
	maxCauses   = 200 // told apart at all by what they say
)

// digest gathers alerts by their cause. It keeps the first of each cause and
// counts the others, so that fifty thousand of them fit in.
type digest struct {
	ids    []int64
	causes []*cause
	byKey  map[causeKey]*cause
	orders map[string]string // distinct orders that died: key to number
	again  bool              // a mail that may have been sent before
}

// A cause is what a group of alerts have in common.
type cause struct {
	Kind   string
	Target string
	Store  string
	Reason string
	Count  int
	First  []Alert
	Since  time.Time
}

type causeKey struct{ kind, target, store, pattern string }

// add puts an alert into its group.
func (d *digest) add(a Alert) {
	a = a.clean()
	d.ids = append(d.ids, a.ID)
	d.again = d.again || a.Mail != ""
	key := causeKey{a.Kind, a.Target, "", pattern(a.Reason)}
	if a.Target == "" {
		key.store = a.Store // it never came as far as a target
	}
	c := d.byKey[key]
	if c == nil && len(d.causes) >= maxCauses {
		// There are not many targets and stores, and their names are said.
		key.pattern = ""
		c = d.byKey[key]
	}
	if c == nil {
		c = &cause{Kind: a.Kind, Target: a.Target, Store: key.store, Reason: a.Reason, Since: a.At}
		if d.byKey == nil {
			d.byKey, d.orders = make(map[causeKey]*cause), make(map[string]string)
		}
		d.byKey[key] = c
		d.causes = append(d.causes, c)
	}
	c.Count++
	if a.At.Before(c.Since) {
		c.Since = a.At
	}
	if len(c.First) < shownAlerts {
		c.First = append(c.First, a)
	}
	if a.Kind == DeadLetter || a.Kind == Unconfirmed {
		d.orders[a.orderKey()] = a.Order
	}
}

// orderKey tells orders apart. Messages that are about no known order are each
// their own.
func (a Alert) orderKey() string {
	switch {
	case a.Order != "":
		return a.Store + "\n" + a.Order
	case a.Stream != "":
		return a.Store + "\n" + a.Stream
	}
	return fmt.Sprint(a.ID)
}

// More is how many alerts of the cause are not shown.
func (c *cause) More() int { return c.Count - len(c.First) }

// wide reports whether the cause is about more than single orders.
func (c *cause) wide() bool {
	switch c.Kind {
	case DeadLetter, Unconfirmed, Contradicted, Held:
		return false
	}
	return true
}

// shown returns the causes a mail has room for, and how many it has none for: a target
// that is paused is not left out for orders.
func (d *digest) shown() (causes []*cause, more int) {
	if len(d.causes) <= shownCauses {
		return d.causes, 0
	}
	causes = slices.Clone(d.causes)
	slices.SortStableFunc(causes, func(a, b *cause) int {
		switch {
		case a.wide() == b.wide():
			return 0
		case a.wide():
			return -1
		}
		return 1
	})
	return causes[:shownCauses], len(causes) - shownCauses
}

// id is derived from the alerts in the digest.
func (d *digest) id() string {
	ids := slices.Sorted(slices.Values(d.ids))
	hash := sha256.New()
	for _, id := range ids {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(id)))
	}
	return "erpbridge-alert-" + hex.EncodeToString(hash.Sum(nil)[:12])
}

// subject says in one line what the mail is about.
func (d *digest) subject() string {
	if len(d.ids) == 1 {
		return d.causes[0].First[0].headline()
	}
	var parts []string
	switch {
	case len(d.orders) == 1:
		parts = append(parts, d.deadLetter().headline())
	case len(d.orders) > 1:
		parts = append(parts, fmt.Sprintf("%d orders could not be delivered", len(d.orders)))
	}
	counts := make(map[string]int)
	for _, c := range d.causes {
		counts[c.Kind] += c.Count
	}
	for _, kind := range slices.Sorted(keys(counts)) {
		switch kind {
		case DeadLetter, Unconfirmed: // counted as orders
		case Held:
			parts = append(parts, plural(counts[kind], "order is held", "orders are held"))
		case TargetRefused:
			parts = append(parts, strings.Join(d.targets(kind), ", ")+" refused access")
		case TargetAway:
			parts = append(parts, strings.Join(d.targets(kind), ", ")+" does not answer")
		case BrokerBlocked:
			parts = append(parts, "RabbitMQ takes no messages")
		case BrokerUnsafe:
			parts = append(parts, "RabbitMQ can lose messages")
		default:
			parts = append(parts, plural(counts[kind], "notice", "notices")+" of kind "+kind)
		}
	}
	return fmt.Sprintf("%s (%s)", clean(strings.Join(parts, ", "), 2*maxName), plural(len(d.causes), "cause", "causes"))
}

// deadLetter returns the first alert about a dead letter.
func (d *digest) deadLetter() Alert {
	for _, c := range d.causes {
		if c.Kind == DeadLetter || c.Kind == Unconfirmed {
			return c.First[0]
		}
	}
	return Alert{}
}

func (d *digest) targets(kind string) []string {
	var names []string
	for _, c := range d.causes {
		if c.Kind == kind && !slices.Contains(names, c.Target) {
			names = append(names, c.Target)
		}
	}
	return names
}

func keys(m map[string]int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
