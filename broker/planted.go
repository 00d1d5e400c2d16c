package broker

import (
	"errors"
	"slices"

	"github.com/hakooi/erpbridge/internal/fault"
)

// misbehave does what the planted bugs do with a batch before it is handled. In the
// program as it is shipped there are none, and this does nothing.
func (in *intake) misbehave(s *session, batch []*parcel) error {
	if fault.Planted("auto-ack") { // planted: there is nothing left to acknowledge
		for _, p := range batch {
			p.acked = true
		}
	}
	if fault.Planted("ack-before-commit") { // planted: acknowledged before anything is safe
		for _, p := range batch {
			if p.acked {
				continue
			}
			p.acked = true
			if err := s.ch.Ack(p.tag, false); err != nil {
				return errors.Join(err, in.whyOver(s))
			}
		}
	}
	if fault.Planted("stale-ack") { // planted: a tag of the last session is acknowledged on this one
		for _, p := range batch {
			if !in.stale[p.tag] {
				continue
			}
			delete(in.stale, p.tag)
			p.letters = nil // its work was done, thinks the bug, by the session before
		}
	}
	if fault.Planted("requeue-poison") { // planted: what cannot be understood goes back into the queue
		for _, p := range batch {
			if !slices.ContainsFunc(p.letters, func(l letter) bool { return l.Problem != nil }) && p.panics < panicsAllowed {
				continue
			}
			p.letters, p.acked = nil, true
			if err := s.ch.Nack(p.tag, false, true); err != nil {
				return errors.Join(err, in.whyOver(s))
			}
		}
	}
	return nil
}

// remember keeps the tags of what was handled in a session that ended first, for the
// planted bug stale-ack.
func (in *intake) remember(batch []*parcel) {
	if !fault.Planted("stale-ack") {
		return
	}
	if in.stale == nil {
		in.stale = make(map[uint64]bool)
	}
	for _, p := range batch {
		if len(p.letters) == 0 {
			in.stale[p.tag] = true
		}
	}
}
