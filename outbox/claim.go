package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Claim leases up to n streams of target and returns the open documents of each
// one's head event, as one group per stream, in delivery order. For each of them
// an attempt is written down. Where an earlier attempt of the group may have taken
// effect, the group holds just the doubtful documents, for a look-up.
//
// While the target is paused nothing is claimed.
func (s *Store) Claim(ctx context.Context, target string, n int, lease time.Duration) ([][]Entry, error) {
	// One statement, so one round trip. Its snapshot may be older than the row
	// locks it gets; every part therefore checks the state of what it changes, and
	// a stream for which nothing came out is worked out anew below.
	q, err := s.pool.Query(ctx, `
		with due as (
			select name from stream
			where target = $1 and (state = 'ready' and due_at <= now() or state = 'leased' and lease_until < now())
			and not exists (select from target t where t.name = $1 and t.resume_at > now())
			order by due_at limit $2 for update skip locked
		), claimed as (
			update stream s set state = 'leased', lease_token = gen_random_uuid(), lease_until = now() + $3
			from due where s.target = $1 and s.name = due.name
			returning s.name, s.lease_token
		), head as (
			select c.name, c.lease_token, h.seq, h.doubtful from claimed c left join lateral (
				select seq, bool_or(state in ('sending', 'in_doubt')) as doubtful, bool_or(state = 'dead') as dead
				from outbox where target = $1 and stream = c.name and state in ('pending', 'sending', 'in_doubt', 'dead')
				group by seq order by seq limit 1
			) h on not h.dead
		), taken as (
			update outbox o set
				state = case when h.doubtful then 'in_doubt' else 'sending' end,
				doubt_since = case when h.doubtful then coalesce(o.doubt_since, now()) end,
				attempt = o.attempt + 1, lease_token = h.lease_token
			from head h
			where o.target = $1 and o.stream = h.name and o.seq = h.seq
			and (case when h.doubtful then o.state in ('sending', 'in_doubt') else o.state = 'pending' end)
			returning o.id, o.event_id, o.stream, o.pos, o.key, o.kind, o.record, o.version_at, o.version_digest, o.body, o.mapping,
			          o.attempt, o.spared, o.created_at, o.doubt_since, h.doubtful, o.lease_token
		), written as (
			insert into attempt (document_id, number, action, lease_token, daemon)
			select id, attempt, case when doubtful then 'find' else 'deliver' end, lease_token, $4 from taken
		)
		select c.name, coalesce(t.id, 0), coalesce(t.event_id, 0), coalesce(t.key, ''), coalesce(t.kind, ''), coalesce(t.record, ''),
		       coalesce(t.version_at, 'epoch'), coalesce(t.version_digest, ''), t.body, coalesce(t.mapping, ''),
		       coalesce(t.attempt, 0), coalesce(t.spared, 0), coalesce(t.created_at, 'epoch'), coalesce(t.doubt_since, 'epoch'),
		       coalesce(t.doubtful, false), c.lease_token::text, coalesce(i.order_number, ''), now()
		from claimed c left join taken t on t.stream = c.name left join inbox i on i.id = t.event_id
		order by c.name, t.pos`, target, n, lease, s.daemon)
	if err != nil {
		return nil, fmt.Errorf("claiming for %s: %w", target, err)
	}
	var groups [][]Entry
	var empty []place
	var e Entry
	_, err = pgx.ForEachRow(q, []any{
		&e.Stream, &e.ID, &e.EventID, &e.Key, &e.Kind, &e.Record, &e.Version.At, &e.Version.Digest, &e.Body, &e.Mapping,
		&e.Attempt, &e.Spared, &e.Since, &e.DoubtSince, &e.Doubtful, &e.token, &e.Order, &e.Now,
	}, func() error {
		if e.ID == 0 {
			empty = append(empty, place{target, e.Stream})
			return nil
		}
		e.Target = target
		one := e
		one.Body = slices.Clone(e.Body)
		if last := len(groups) - 1; last >= 0 && groups[last][0].Stream == e.Stream {
			groups[last] = append(groups[last], one)
		} else {
			groups = append(groups, []Entry{one})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claiming for %s: %w", target, err)
	}
	if len(empty) > 0 {
		if err := inTx(ctx, s.pool, func(tx pgx.Tx) error {
			targets, streams := split(empty)
			if _, err := tx.Exec(ctx, lockStreams, targets, streams); err != nil {
				return err
			}
			return releaseStreams(ctx, tx, targets, streams)
		}); err != nil {
			return groups, fmt.Errorf("claiming for %s: %w", target, err)
		}
	}
	return groups, nil
}

// lockStreams takes the row locks of streams, in the order of their names.
const lockStreams = `
	select from stream s join unnest($1::text[], $2::text[]) as p(target, name) using (target, name)
	order by s.target, s.name for update of s`
