package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// A ResourceState is one state of one thing of a store.
type ResourceState struct {
	Resource string
	Version  erpbridge.Version
}

// An Answer says whether a state is known.
type Answer struct {
	// Known: the inbox holds the state, and no other one of its instant or of later in its
	// second; or it holds one of a later second. Whatever became of it.
	Known bool
	// Over is set where it is not, and something that is not older is: the state must be
	// dated later than this to count as the newer one.
	Over time.Time
}

// KnownStates answers for each of states. A shop's clock ticks in seconds, so that two
// states of one second cannot be told apart by it; then the one that the ERP was sent last
// counts. Which one that is, or will be, nobody can tell from here: a message may have
// waited in the inbox, in the order of its coming, while a later one was decided about; it
// may be held, or in the dead letters, and go tomorrow. So of states with a rival of their
// own instant none is known. Whoever asks on behalf of the shop hands in the one that
// stands, dated over all of them, and that has no rival.
//
// A state of the future that went no way but into the dead letters makes no other one
// known.
func (s *Store) KnownStates(ctx context.Context, store string, states []ResourceState) ([]Answer, error) {
	if len(states) == 0 {
		return nil, nil
	}
	var resources, digests []string
	var ats []time.Time
	for _, st := range states {
		resources, ats, digests = append(resources, clean(st.Resource)), append(ats, st.Version.At), append(digests, st.Version.Digest)
	}
	q, err := s.pool.Query(ctx, `
		select coalesce(l.alone or date_trunc('second', l.version_at) > date_trunc('second', n.at), false), l.version_at
		from unnest($2::text[], $3::timestamptz[], $4::text[]) with ordinality as n(resource, at, digest, place)
		left join lateral (
			select version_at, bool_and(version_digest = n.digest) as alone from inbox i
			where i.store = $1 and i.resource = n.resource and i.resource <> '' and i.version_at >= n.at
			and (i.version_at = n.at or i.state not in ('dead', 'discarded') or i.version_at <= i.accepted_at + interval '1 day')
			group by version_at order by version_at desc limit 1) as l on true
		order by place`, store, resources, ats, digests)
	if err != nil {
		return nil, fmt.Errorf("asking which states are known: %w", err)
	}
	answers, err := pgx.CollectRows(q, func(r pgx.CollectableRow) (a Answer, err error) {
		var over *time.Time
		if err := r.Scan(&a.Known, &over); err != nil {
			return a, err
		}
		if !a.Known && over != nil {
			a.Over = *over
		}
		return a, nil
	})
	if err != nil {
		return nil, fmt.Errorf("asking which states are known: %w", err)
	}
	return answers, nil
}
