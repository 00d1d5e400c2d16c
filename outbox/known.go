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
	// Known: the inbox holds the state, and no other came after it that says to be of the
	// same second; or it holds one of a later second. Whatever became of it.
	Known bool
	// Over is set where it is not, and something that is not older is: the state must be
	// dated later than this to count as the newer one.
	Over time.Time
}

// KnownStates answers for each of states. A shop's clock ticks in seconds, so that two
// states of one second cannot be told apart by it; then the one that came last counts,
// and if that is not the one asked for, the one asked for is not known. What came last is
// what came to the ERP last: a state told again is ignored, and does not overwrite the one
// that overwrote it. A state of the
// future that went no way but into the dead letters makes no other one known.
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
		select coalesce(l.version_digest = n.digest or date_trunc('second', l.version_at) > date_trunc('second', n.at), false), l.version_at
		from unnest($2::text[], $3::timestamptz[], $4::text[]) with ordinality as n(resource, at, digest, place)
		left join lateral (
			select version_at, version_digest from inbox i
			where i.store = $1 and i.resource = n.resource and i.resource <> '' and i.version_at >= n.at
			and (i.version_at = n.at or i.state not in ('dead', 'discarded') or i.version_at <= i.accepted_at + interval '1 day')
			order by version_at desc, i.state in ('ignored', 'superseded'), id desc limit 1) as l on true
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
