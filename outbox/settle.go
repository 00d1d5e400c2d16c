package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Settle records verdicts in one transaction and ends the leases of their streams;
// dead documents get their dead letter and their alert. It returns how many verdicts came too late: their lease had ended and
// somebody else took the stream, so they changed nothing.
//
// The verdicts of one claimed group belong into one call.
func (s *Store) Settle(ctx context.Context, vs []Verdict) (late int, err error) {
	if len(vs) == 0 {
		return 0, nil
	}
	err = inTx(ctx, s.pool, "outbox.settle", func(tx pgx.Tx) error {
		var err error
		late, err = settle(ctx, tx, vs)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("settling %d documents: %w", len(vs), err)
	}
	return late, nil
}

func settle(ctx context.Context, tx pgx.Tx, vs []Verdict) (late int, err error) {
	var places []place
	for _, v := range vs {
		places = append(places, place{v.Entry.Target, v.Entry.Stream})
	}
	targets, streams := split(places)
	if _, err := tx.Exec(ctx, lockStreams, targets, streams); err != nil {
		return 0, err
	}
	var settled map[int64]bool
	if err := fault.Do("outbox.settle.verdicts", func() (err error) {
		settled, err = writeVerdicts(ctx, tx, vs)
		return err
	}); err != nil {
		return 0, err
	}
	var ours []Verdict
	var kept, asked []place
	var events, stored []int64
	for _, v := range vs {
		if !settled[v.Entry.ID] {
			late++
			continue
		}
		ours = append(ours, v)
		events = append(events, v.Entry.EventID)
		if v.Stored {
			stored = append(stored, v.Entry.ID)
		}
		// Whoever asks about a document holds it, and not its stream.
		if p := (place{v.Entry.Target, v.Entry.Stream}); v.Entry.Taken == nil {
			kept = append(kept, p)
		} else {
			asked = append(asked, p)
		}
	}
	if len(ours) == 0 {
		return late, nil
	}
	if err := fault.Do("outbox.settle.attempts", func() error { return endAttempts(ctx, tx, ours) }); err != nil {
		return 0, err
	}
	for _, v := range ours {
		if v.State == Dead {
			if err := fault.Do("outbox.settle.bury", func() error { return buryDocument(ctx, tx, v.Entry.ID) }); err != nil {
				return 0, err
			}
		}
	}
	if err := boundStreams(ctx, tx, ours); err != nil {
		return 0, err
	}
	if err := rememberWords(ctx, tx, stored); err != nil {
		return 0, err
	}
	targets, streams = split(kept)
	if err := releaseStreams(ctx, tx, targets, streams); err != nil {
		return 0, err
	}
	targets, streams = split(asked)
	if err := refreshStreams(ctx, tx, targets, streams); err != nil {
		return 0, err
	}
	slices.Sort(events)
	if err := refreshEvents(ctx, tx, slices.Compact(events)); err != nil {
		return 0, err
	}
	return late, nil
}

// writeVerdicts is the fence: a row changes only if the token and the attempt are
// still the ones the worker was given. It returns the documents that changed.
func writeVerdicts(ctx context.Context, tx pgx.Tx, vs []Verdict) (map[int64]bool, error) {
	var (
		ids                                                  []int64
		tokens, states, refs, warnings, kinds, codes, causes []string
		raws                                                 [][]byte
		waits                                                []*time.Duration
		numbers, spared, lost, asked                         []int32
		stored, confirming                                   []bool
	)
	for _, v := range vs {
		kind, code, cause := causeOf(v.Cause)
		cost := int32(0)
		if v.Spared {
			cost = 1
		}
		// Only a delivery that came to an end shows that the process survives one.
		down := v.Entry.Lost
		if !v.Entry.Doubtful && !v.Spared {
			down = 0
		}
		// How long to wait, and not until when: the clock may have been moved meanwhile.
		var wait *time.Duration
		if !v.At.IsZero() {
			now := v.Now
			if now.IsZero() {
				now = v.Entry.Now
			}
			w := v.At.Sub(now)
			wait = &w
		}
		ids = append(ids, v.Entry.ID)
		tokens = append(tokens, v.Entry.token)
		numbers = append(numbers, int32(v.Entry.Attempt)) // #nosec G115 -- read from an int column
		states = append(states, string(v.State))
		refs = append(refs, clean(v.Receipt.Ref))
		raws = append(raws, v.Receipt.Raw)
		warnings = append(warnings, clean(v.Receipt.Warning))
		waits = append(waits, wait)
		spared = append(spared, cost)
		lost = append(lost, int32(down))      // #nosec G115 -- read from an int column
		asked = append(asked, int32(v.Asked)) // #nosec G115 -- one more than an int column
		stored = append(stored, v.Stored)
		confirming = append(confirming, v.Entry.Taken != nil)
		kinds = append(kinds, kind)
		codes = append(codes, code)
		causes = append(causes, cause)
	}
	fence := `and o.lease_token = v.token::uuid and o.attempt = v.attempt and o.state in ('sending', 'in_doubt', 'accepted')`
	if fault.Planted("no-fence") { // planted: whoever comes last has the last word
		fence = ``
	}
	q, err := tx.Query(ctx, `
		update outbox o set
			state = v.state, next_at = coalesce(now() + v.wait, o.next_at), spared = o.spared + v.spared,
			receipt_ref = v.ref, receipt_raw = case when v.confirming then coalesce(v.raw, o.receipt_raw) else v.raw end, warning = v.warning,
			cause_kind = v.kind, cause_code = v.code, cause = v.cause,
			doubt_since = case when v.state = 'in_doubt' then coalesce(o.doubt_since, now()) end,
			lost = v.lost,
			lease_token = null,
			settled_at = case when v.state in ('delivered', 'dead') then now() end,
			accepted_ref = case when v.stored then v.ref else o.accepted_ref end,
			accepted_at = case when v.stored then now() else o.accepted_at end,
			confirm_since = case when v.stored then now() else o.confirm_since end,
			asked = case when v.confirming then v.asked else 0 end
		from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::interval[], $9::int[], $10::text[], $11::text[], $12::text[], $13::int[],
		            $14::int[], $15::bool[], $16::bool[])
		     as v(id, token, attempt, state, ref, raw, warning, wait, spared, kind, code, cause, lost, asked, stored, confirming)
		where o.id = v.id `+fence+`
		returning o.id`, ids, tokens, numbers, states, refs, raws, warnings, waits, spared, kinds, codes, causes, lost, asked, stored, confirming)
	if err != nil {
		return nil, err
	}
	settled := make(map[int64]bool, len(vs))
	var id int64
	_, err = pgx.ForEachRow(q, []any{&id}, func() error {
		settled[id] = true
		return nil
	})
	return settled, err
}

// boundStreams lets the streams of a batch that failed as a whole travel in smaller
// company, and those of a delivered one in any again.
func boundStreams(ctx context.Context, tx pgx.Tx, vs []Verdict) error {
	var targets, streams []string
	var bounds []int32
	for _, v := range vs {
		if v.Together > 0 || v.State == Delivered || v.State == Accepted {
			targets = append(targets, v.Entry.Target)
			streams = append(streams, v.Entry.Stream)
			bounds = append(bounds, int32(v.Together)) // #nosec G115 -- at most a batch
		}
	}
	if len(streams) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		update stream s set together = v.together
		from (select target, name, max(together) as together from unnest($1::text[], $2::text[], $3::int[]) as v(target, name, together) group by 1, 2) v
		where s.target = v.target and s.name = v.name and s.together <> v.together`, targets, streams, bounds)
	return err
}

func endAttempts(ctx context.Context, tx pgx.Tx, vs []Verdict) error {
	var ids []int64
	var numbers []int32
	var kinds, codes, details []string
	for _, v := range vs {
		if v.Entry.Taken != nil {
			continue // it was asked about, which is no attempt
		}
		kind, code, cause := causeOf(v.Cause)
		if (v.State == Delivered || v.State == Accepted) && kind == "" {
			kind = string(v.State)
		}
		ids = append(ids, v.Entry.ID)
		numbers = append(numbers, int32(v.Entry.Attempt)) // #nosec G115 -- read from an int column
		kinds = append(kinds, kind)
		codes = append(codes, code)
		details = append(details, cause)
	}
	_, err := tx.Exec(ctx, `
		update attempt a set ended_at = clock_timestamp(), kind = v.kind, code = v.code, detail = v.detail
		from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[]) as v(id, number, kind, code, detail)
		where a.document_id = v.id and a.number = v.number`, ids, numbers, kinds, codes, details)
	return err
}

// buryDocument writes the dead letter of a document and the alert about it.
func buryDocument(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `
		with d as (
			insert into dead_letter (event_id, document_id, store, target, stream, order_number, cause_kind, cause_code, cause)
			select o.event_id, o.id, i.store, o.target, o.stream, i.order_number, o.cause_kind, o.cause_code, o.cause
			from outbox o join inbox i on i.id = o.event_id where o.id = $1
			on conflict (event_id, coalesce(document_id, 0)) where state = 'open' do nothing
			returning *)
		insert into alert (kind, dead_letter_id, store, target, stream, order_number, document_kind, reason)
		select case when o.accepted_at is null then 'dead-letter' else 'unconfirmed' end, d.id, d.store, d.target, d.stream, d.order_number, o.kind, d.cause
		from d join outbox o on o.id = d.document_id`, id)
	return err
}
