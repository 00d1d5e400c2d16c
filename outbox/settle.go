package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// Settle records verdicts in one transaction and ends the leases of their streams:
// dead documents get their dead letter and their alert, and a paused target its
// pause. It returns how many verdicts came too late: their lease had ended and
// somebody else took the stream, so they changed nothing.
//
// The verdicts of one claimed group belong into one call.
func (s *Store) Settle(ctx context.Context, vs []Verdict) (late int, err error) {
	if len(vs) == 0 {
		return 0, nil
	}
	err = inTx(ctx, s.pool, func(tx pgx.Tx) error {
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
	settled, err := writeVerdicts(ctx, tx, vs)
	if err != nil {
		return 0, err
	}
	var ours []Verdict
	var kept []place
	var events []int64
	for _, v := range vs {
		if !settled[v.Entry.ID] {
			late++
			continue
		}
		ours = append(ours, v)
		kept = append(kept, place{v.Entry.Target, v.Entry.Stream})
		events = append(events, v.Entry.EventID)
	}
	if len(ours) == 0 {
		return late, nil
	}
	if err := endAttempts(ctx, tx, ours); err != nil {
		return 0, err
	}
	for _, v := range ours {
		if v.State == Dead {
			if err := buryDocument(ctx, tx, v.Entry.ID); err != nil {
				return 0, err
			}
		}
	}
	targets, streams = split(kept)
	if err := releaseStreams(ctx, tx, targets, streams); err != nil {
		return 0, err
	}
	slices.Sort(events)
	if err := refreshEvents(ctx, tx, slices.Compact(events)); err != nil {
		return 0, err
	}
	return late, standTargets(ctx, tx, ours)
}

// writeVerdicts is the fence: a row changes only if the token and the attempt are
// still the ones the worker was given. It returns the documents that changed.
func writeVerdicts(ctx context.Context, tx pgx.Tx, vs []Verdict) (map[int64]bool, error) {
	var (
		ids                                                  []int64
		tokens, states, refs, warnings, kinds, codes, causes []string
		raws                                                 [][]byte
		ats                                                  []*time.Time
		numbers, spared                                      []int32
	)
	for _, v := range vs {
		kind, code, cause := causeOf(v.Cause)
		cost := int32(0)
		if v.Spared {
			cost = 1
		}
		var at *time.Time
		if !v.At.IsZero() {
			at = &v.At
		}
		ids = append(ids, v.Entry.ID)
		tokens = append(tokens, v.Entry.token)
		numbers = append(numbers, int32(v.Entry.Attempt)) // #nosec G115 -- read from an int column
		states = append(states, string(v.State))
		refs = append(refs, clean(v.Receipt.Ref))
		raws = append(raws, v.Receipt.Raw)
		warnings = append(warnings, clean(v.Receipt.Warning))
		ats = append(ats, at)
		spared = append(spared, cost)
		kinds = append(kinds, kind)
		codes = append(codes, code)
		causes = append(causes, cause)
	}
	q, err := tx.Query(ctx, `
		update outbox o set
			state = v.state, next_at = coalesce(v.at, o.next_at), spared = o.spared + v.spared,
			receipt_ref = v.ref, receipt_raw = v.raw, warning = v.warning,
			cause_kind = v.kind, cause_code = v.code, cause = v.cause,
			doubt_since = case when v.state = 'in_doubt' then coalesce(o.doubt_since, now()) end,
			lease_token = null,
			settled_at = case when v.state in ('delivered', 'dead') then now() end
		from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::timestamptz[], $9::int[], $10::text[], $11::text[], $12::text[])
		     as v(id, token, attempt, state, ref, raw, warning, at, spared, kind, code, cause)
		where o.id = v.id and o.lease_token = v.token::uuid and o.attempt = v.attempt and o.state in ('sending', 'in_doubt')
		returning o.id`, ids, tokens, numbers, states, refs, raws, warnings, ats, spared, kinds, codes, causes)
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

func endAttempts(ctx context.Context, tx pgx.Tx, vs []Verdict) error {
	var ids []int64
	var numbers []int32
	var kinds, codes, details []string
	for _, v := range vs {
		kind, code, cause := causeOf(v.Cause)
		if v.State == Delivered && kind == "" {
			kind = string(Delivered)
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
		select 'dead-letter', d.id, d.store, d.target, d.stream, d.order_number, o.kind, d.cause
		from d join outbox o on o.id = d.document_id`, id)
	return err
}

// standTargets pauses targets that asked for it, and forgets the reason of a past
// pause once something was delivered. Only the first refusal in a row alerts.
func standTargets(ctx context.Context, tx pgx.Tx, vs []Verdict) error {
	pauses := make(map[string]Verdict)
	works := make(map[string]bool)
	for _, v := range vs {
		t := v.Entry.Target
		if v.Pause > pauses[t].Pause {
			pauses[t] = v
		}
		works[t] = works[t] || v.State == Delivered
	}
	for t, v := range pauses {
		kind, _, cause := causeOf(v.Cause)
		var before string
		err := tx.QueryRow(ctx, `
			with old as (select kind from target where name = $1), changed as (
				insert into target as t (name, resume_at, kind, reason) values ($1, now() + $2, $3, $4)
				on conflict (name) do update set resume_at = greatest(t.resume_at, excluded.resume_at),
					kind = excluded.kind, reason = excluded.reason, changed_at = now())
			select coalesce((select kind from old), '')`, t, v.Pause, kind, cause).Scan(&before)
		if err != nil {
			return err
		}
		if kind == string(erpbridge.Refused) && before != kind {
			if _, err := tx.Exec(ctx, `insert into alert (kind, target, reason) values ('target-refused', $1, $2)`, t, cause); err != nil {
				return err
			}
		}
		delete(works, t)
	}
	for t, works := range works {
		if !works {
			continue
		}
		if _, err := tx.Exec(ctx, `
			update target set kind = '', reason = '', changed_at = now() where name = $1 and kind <> '' and resume_at <= now()`, t); err != nil {
			return err
		}
	}
	return nil
}
