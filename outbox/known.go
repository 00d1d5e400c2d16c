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

// KnownStates reports of each of states whether the inbox holds it: the same state, or a
// newer one of the same thing, whatever became of it.
func (s *Store) KnownStates(ctx context.Context, store string, states []ResourceState) ([]bool, error) {
	known := make([]bool, len(states))
	if len(states) == 0 {
		return known, nil
	}
	var resources, digests []string
	var ats []time.Time
	for _, st := range states {
		resources, ats, digests = append(resources, st.Resource), append(ats, st.Version.At), append(digests, st.Version.Digest)
	}
	q, err := s.pool.Query(ctx, `
		select exists (
			select from inbox i where i.store = $1 and i.resource = n.resource
			and (i.version_at > n.at or i.version_at = n.at and i.version_digest = n.digest))
		from unnest($2::text[], $3::timestamptz[], $4::text[]) with ordinality as n(resource, at, digest, place)
		order by place`, store, resources, ats, digests)
	if err != nil {
		return nil, fmt.Errorf("asking which states are known: %w", err)
	}
	answer, err := pgx.CollectRows(q, pgx.RowTo[bool])
	if err != nil {
		return nil, fmt.Errorf("asking which states are known: %w", err)
	}
	copy(known, answer)
	return known, nil
}
