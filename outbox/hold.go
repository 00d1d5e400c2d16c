package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Held reports, right before a request is sent, whether it still may be: how much
// of the lease of its entries and of its permission is left, by Postgres' clock.
// 0 if any of them is somebody else's by now, or the target was paused meanwhile, or
// asked for less.
//
// A process can have slept between its claim and this, or a whole virtual machine,
// whose own clocks then tell nothing.
func (s *Store) Held(ctx context.Context, r Request) (left time.Duration, err error) {
	if r.Confirm {
		return s.heldAccepted(ctx, r)
	}
	var streams, tokens []string
	for _, e := range r.Entries {
		if len(tokens) == 0 || tokens[len(tokens)-1] != e.token {
			streams, tokens = append(streams, e.Stream), append(tokens, e.token)
		}
	}
	target := r.Entries[0].Target
	err = fault.Do("outbox.held", func() error {
		return s.pool.QueryRow(ctx, `
			select case when count(*) = cardinality($2::text[])
				and not exists (select from target where name = $1 and (resume_at > clock_timestamp() or paused_by <> '' and (paused_until is null or paused_until > clock_timestamp())))
				then coalesce(least(min(s.lease_until), (select held_until from slot where token = $4)) - clock_timestamp(), interval '0')
				else interval '0' end
			from stream s join unnest($2::text[], $3::text[]) as v(name, token) on s.name = v.name
			where s.target = $1 and s.state = 'leased' and s.lease_token = v.token::uuid`, target, streams, tokens, r.Slot).Scan(&left)
	})
	if err != nil {
		return 0, fmt.Errorf("looking at the lease of %d documents for %s: %w", len(r.Entries), target, err)
	}
	return max(left, 0), nil
}
