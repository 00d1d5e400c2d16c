package poll

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// few is how many examples a sentence gives.
const few = 5

// tellLost words the alert about events a shop did not send; nothing where it may.
func (p *Poller) tellLost(lost []Found) string {
	if len(lost) <= p.Settings.AlertOver {
		return ""
	}
	types := map[erpbridge.EventType]int{}
	first, last := lost[0].Version.At, lost[0].Version.At
	var some []string
	for _, f := range lost {
		types[f.Event]++
		if f.Version.At.Before(first) {
			first = f.Version.At
		}
		if f.Version.At.After(last) {
			last = f.Version.At
		}
		if len(some) < few {
			some = append(some, f.Resource)
		}
	}
	if len(lost) > few {
		some = append(some, "…")
	}
	what, pronoun := fmt.Sprintf("%d events", len(lost)), "they were"
	if len(lost) == 1 {
		what, pronoun = "an event", "it was"
	}
	when := "of " + stamp(first)
	if !last.Equal(first) {
		when = fmt.Sprintf("from %s to %s", stamp(first), stamp(last))
	}
	return fmt.Sprintf("%s did not send %s %s (%s: %s); %s fetched by the poll and will be delivered",
		p.Sieve.Store, what, when, Counted(types), strings.Join(some, ", "), pronoun)
}

// Counted lists how many there are of each type.
func Counted(types map[erpbridge.EventType]int) string {
	var list []string
	for _, t := range slices.Sorted(maps.Keys(types)) {
		list = append(list, fmt.Sprintf("%d %s", types[t], t))
	}
	return strings.Join(list, ", ")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }
