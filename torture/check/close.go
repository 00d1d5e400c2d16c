package check

import (
	"maps"
	"slices"
)

// close judges every order at the end: I1, and the end of I3.
func (b *book) close(s *Summary) {
	for _, id := range slices.Sorted(maps.Keys(b.orders)) {
		b.orders[id].close(s)
	}
}

func (o *order) close(s *Summary) {
	newest := 0 // accepted
	safe := 0   // the newest state that the ERP or the dead-letter list has
	for _, st := range o.states {
		if st.accepted {
			newest = st.version
		}
		if st.dead || st.effects[salesOrder] > 0 {
			safe = st.version
		}
	}
	if o.parked {
		safe = max(safe, newest)
	}
	for _, st := range o.states {
		if st.accepted && st.version > safe {
			s.blame(&s.Lost, "order %s, version %d (event %s) was accepted; neither the ERP nor the dead-letter list has it or a newer one", o.number, st.version, st.event)
		}
	}
	if newest <= safe && !o.parked {
		o.final(s, max(newest, o.wrote[salesOrder].newest))
	}
}

// final compares what the ERP holds in the end with the state it must be.
func (o *order) final(s *Summary, version int) {
	i, found := slices.BinarySearchFunc(o.states, version, func(st *state, v int) int { return st.version - v })
	if !found || o.states[i].dead {
		return
	}
	for k, p := range o.wrote {
		if o.states[i].want[k] == nil || p.last == version || p.overwritten {
			continue
		}
		s.blame(&s.Inversions, "order %s: the %s in the ERP is in the end that of version %d; it must be that of version %d (event %s)",
			o.number, kindNames[k], p.last, version, o.states[i].event)
	}
}
