package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// channel is where Postgres tells which target has something due. It is a hint:
// polling is the truth.
const channel = "erpbridge_due"

// unsettled are the states of documents that keep later events of their stream waiting: what
// is not settled, and what is dead.
const unsettled = `('pending', 'sending', 'in_doubt', 'accepted', 'dead')`

// refreshStreams works out anew where streams stand from their documents, and ends
// their leases. The caller holds their row locks (or has just inserted them). A
// stream that is leased is left to the worker that holds it, unless the caller
// is that worker: see releaseStreams.
func refreshStreams(ctx context.Context, tx pgx.Tx, targets, streams []string) error {
	return standStreams(ctx, tx, targets, streams, `and s.state <> 'leased'`)
}

// releaseStreams is refreshStreams for the worker that holds the leases.
func releaseStreams(ctx context.Context, tx pgx.Tx, targets, streams []string) error {
	return standStreams(ctx, tx, targets, streams, ``)
}

func standStreams(ctx context.Context, tx pgx.Tx, targets, streams []string, only string) error {
	if len(targets) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		update stream s set state = h.state, due_at = coalesce(h.due_at, now()), lease_token = null, lease_until = null
		from unnest($1::text[], $2::text[]) as p(target, name), lateral (
			select case when count(*) = 0 then 'idle' when bool_or(o.state = 'dead') then 'parked'
			            when bool_and(o.state = 'accepted') then 'waiting' else 'ready' end as state,
			       max(o.next_at) filter (where o.state not in ('dead', 'accepted')) as due_at
			from outbox o
			where o.target = p.target and o.stream = p.name and o.state in `+unsettled+`
			and o.seq = (select seq from outbox where target = p.target and stream = p.name and state in `+unsettled+` order by seq limit 1)
		) as h
		where s.target = p.target and s.name = p.name `+only, targets, streams)
	return err
}

// refreshEvents works out anew where events stand from their documents. An event
// is as far as the document that needs most: a dead one first, then one that is
// still on its way, then one that an operator or a newer state settled.
//
// The inbox rows are locked first: two workers that settle the last two documents
// of an event at the same time would else each miss the other's. No key of theirs
// changes: a stronger lock would wait for whoever writes a row that refers to them,
// such as a dead letter, and then waits for this one.
func refreshEvents(ctx context.Context, tx pgx.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `select from inbox where id = any($1) order by id for no key update`, ids); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		update inbox i set state = e.state from (
			select event_id, `+eventState+` as state from outbox where event_id = any($1) group by event_id
		) as e where i.id = e.event_id and not i.undigested and i.state <> e.state`, ids)
	return err
}

// eventState aggregates the documents of an event into the event's state.
const eventState = `case
	when bool_or(state = 'dead') then 'dead'
	when bool_or(state in ('pending', 'sending', 'in_doubt', 'accepted')) then 'pending'
	when bool_or(state = 'discarded') then 'discarded'
	when bool_or(state = 'superseded') then 'superseded'
	else 'delivered' end`

func ignoreTwin(event int64) (erpbridge.Verdict, error) {
	return erpbridge.Ignore, &erpbridge.Error{
		Op: "outbox.Record", Kind: erpbridge.Ignored,
		Err: fmt.Errorf("the same state of the order was accepted before, as event %d", event),
	}
}

// causeOf takes an error apart into the columns that keep it.
func causeOf(err error) (kind, code, text string) {
	if err == nil {
		return "", "", ""
	}
	var e *erpbridge.Error
	if errors.As(err, &e) {
		code = clean(e.Code)
	}
	return string(erpbridge.KindOf(err)), code, clean(err.Error())
}

// split turns places into the two arrays that unnest takes, in lock order and
// each once.
func split(ps []place) (targets, streams []string) {
	slices.SortFunc(ps, comparePlaces)
	for _, p := range slices.Compact(ps) {
		targets = append(targets, p.target)
		streams = append(streams, p.stream)
	}
	return targets, streams
}
