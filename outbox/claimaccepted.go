package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// confirming names the transactions of confirmations. It is not written out where they
// begin: the sweep of the torture breaks every point it finds in the source, and its ERP
// books what it takes.
const confirming = "outbox.confirm"

// ClaimAccepted leases accepted documents that are due to be asked about, for as many
// requests as are asked for and the target's limits admit now: to ask an ERP costs it as
// much as to deliver. A document is leased by itself, and not its stream, so that what
// waits behind it is in nobody's hands.
func (s *Store) ClaimAccepted(ctx context.Context, d Demand) ([]Request, error) {
	// Nothing is locked to find out that there is nothing to ask.
	var due bool
	if err := s.pool.QueryRow(ctx, `
		select exists (select from outbox where target = $1 and state = 'accepted' and next_at <= now())`, d.Target).Scan(&due); err != nil {
		return nil, fmt.Errorf("looking for accepted documents of %s: %w", d.Target, err)
	}
	if !due {
		return nil, nil
	}
	var requests []Request
	var seen look
	err := inTx(ctx, s.pool, confirming, func(tx pgx.Tx) (err error) {
		c := claiming{ctx: ctx, tx: tx, store: s, Demand: d}
		requests, err = c.runAccepted()
		seen = c.seen
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claiming accepted documents of %s: %w", d.Target, err)
	}
	s.leaps.remember(d.Target, seen)
	return requests, nil
}

func (c *claiming) runAccepted() ([]Request, error) {
	standing, _, open, now, err := c.lockTarget()
	if err != nil {
		return nil, err
	}
	if leapt, err := c.restAfterLeap(); leapt || err != nil {
		return nil, err
	}
	standing, waits := c.Limits.Admit(standing, open, c.Requests, now)
	if len(waits) == 0 {
		return nil, nil
	}
	size := max(c.Batch.Events, 1)
	entries, err := c.lockAccepted(len(waits)*size, standing, now)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	var requests []Request
	for len(entries) > 0 {
		n := min(size, len(entries))
		requests = append(requests, Request{Slot: newSlot(), Wait: waits[len(requests)], Entries: entries[:n], Confirm: true})
		entries = entries[n:]
	}
	// What was admitted and not used is given back.
	if used := len(requests); used < len(waits) && c.Limits.Rate > 0 {
		standing.NextAt = now.Add(waits[used])
	}
	return requests, c.leaseAccepted(requests, standing)
}

// lockAccepted reads up to n accepted documents that are due, those first that wait the
// longest, and locks them.
func (c *claiming) lockAccepted(n int, s Standing, now time.Time) ([]Entry, error) {
	q, err := c.tx.Query(c.ctx, `
		select o.id, o.event_id, o.stream, o.key, o.resource, o.kind, o.record, o.version_at, o.version_rank, o.version_digest, o.body, o.mapping,
		       o.attempt, o.spared, o.created_at, i.order_number, o.accepted_ref, o.accepted_at, o.confirm_since, o.next_at, o.asked, o.warning
		from outbox o join inbox i on i.id = o.event_id
		where o.target = $1 and o.state = 'accepted' and o.next_at <= now()
		order by o.next_at limit $2 for update of o skip locked`, c.Target, n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(q, func(r pgx.CollectableRow) (Entry, error) {
		e := Entry{Taken: &Taken{}, Away: s.Away(), Now: now, token: uuid.NewString()}
		e.Target = c.Target
		t := e.Taken
		return e, r.Scan(&e.ID, &e.EventID, &e.Stream, &e.Key, &e.Resource, &e.Kind, &e.Record, &e.Version.At, &e.Version.Rank, &e.Version.Digest, &e.Body, &e.Mapping,
			&e.Attempt, &e.Spared, &e.Since, &e.Order, &t.Ref, &t.At, &t.Since, &t.Due, &t.Asked, &t.Said)
	})
}

// leaseAccepted writes down who asks about what. The lease of a document is its
// next_at: should whoever asks go down, it is due again then.
func (c *claiming) leaseAccepted(requests []Request, s Standing) error {
	var b pgx.Batch
	var ids []int64
	var tokens, slots []string
	var holds []time.Duration
	for _, r := range requests {
		slots, holds = append(slots, r.Slot), append(holds, r.Wait+c.Hold)
		for _, e := range r.Entries {
			ids, tokens = append(ids, e.ID), append(tokens, e.token)
		}
	}
	b.Queue(`
		update outbox o set lease_token = v.token::uuid, next_at = clock_timestamp() + $3
		from unnest($1::bigint[], $2::text[]) as v(id, token) where o.id = v.id`, ids, tokens, c.Lease)
	b.Queue(`
		insert into slot (token, target, daemon, held_until)
		select token::uuid, $2, $3, clock_timestamp() + hold from unnest($1::text[], $4::interval[]) as v(token, hold)`,
		slots, c.Target, c.store.daemon, holds)
	b.Queue(`update target set next_at = $2 where name = $1`, c.Target, s.NextAt)
	return c.tx.SendBatch(c.ctx, &b).Close()
}

// heldAccepted is Held for a request that asks about documents. Some of them may have
// been confirmed meanwhile; what is left is asked about.
func (s *Store) heldAccepted(ctx context.Context, r Request) (left time.Duration, err error) {
	var ids []int64
	var tokens []string
	for _, e := range r.Entries {
		ids, tokens = append(ids, e.ID), append(tokens, e.token)
	}
	target := r.Entries[0].Target
	err = s.pool.QueryRow(ctx, `
		select case when count(*) > 0
			and not exists (select from target where name = $1 and (resume_at > clock_timestamp() or paused_by <> '' and (paused_until is null or paused_until > clock_timestamp())))
			then coalesce(least(min(o.next_at), (select held_until from slot where token = $4)) - clock_timestamp(), interval '0')
			else interval '0' end
		from outbox o join unnest($2::bigint[], $3::text[]) as v(id, token) on o.id = v.id
		where o.state = 'accepted' and o.lease_token = v.token::uuid`, target, ids, tokens, r.Slot).Scan(&left)
	if err != nil {
		return 0, fmt.Errorf("looking at the lease of %d accepted documents of %s: %w", len(r.Entries), target, err)
	}
	return max(left, 0), nil
}
