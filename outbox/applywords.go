package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long a word about nothing known is kept among the new ones: its
// document may be about to count as accepted, in a transaction that nobody else sees
// yet.
const patience = 2 * time.Minute

// rememberWords has what was said earlier about documents weighed once more: they count
// as accepted from now on.
func rememberWords(ctx context.Context, tx pgx.Tx, documents []int64) error {
	if len(documents) == 0 {
		return nil
	}
	// Also the new ones: somebody who does not see this transaction may be about to find
	// that one of them is unknown, and is waited for. And those that told nothing new of an
	// earlier document of the same name, if they came after this one was first sent: an ERP
	// can be quicker to book a document than its answer is to arrive. And that a message was
	// booked, where the ERP takes it once in all its states.
	_, err := tx.Exec(ctx, `
		update confirmation c set state = 'new' from outbox o
		where o.id = any($1) and o.accepted_ref <> '' and c.target = o.target and c.ref = o.accepted_ref and (
			c.state in ('unknown', 'new')
			or c.lasting and c.kind = $3
			or c.state = 'applied' and c.outcome = $2 and c.at >= (select min(a.started_at) from attempt a where a.document_id = o.id))`, documents, string(repeated), string(booked))
	return err
}

// ApplyConfirmations weighs what a target said of its own accord, in the order in which
// it came, and returns to how many documents that made a difference:
//
//	said        the document is              then it is
//	booked      accepted, or sent once more  delivered
//	            dead                         delivered, and its dead letter is settled
//	            given up                     as it was, and somebody is told
//	thrown out  accepted                     dead, with the ERP's reason
//	            delivered                    as it was, and somebody is told
//
// Words about what nobody knows are kept: see Status.
func (s *Store) ApplyConfirmations(ctx context.Context, target string) (int, error) {
	var any bool
	if err := s.pool.QueryRow(ctx, `select exists (select from confirmation where target = $1 and state = 'new')`, target).Scan(&any); err != nil {
		return 0, fmt.Errorf("looking for confirmations of %s: %w", target, err)
	}
	if !any {
		return 0, nil
	}
	applied := 0
	err := inTx(ctx, s.pool, confirming, func(tx pgx.Tx) (err error) {
		a := applying{ctx: ctx, tx: tx, target: target}
		applied, err = a.run()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("applying confirmations of %s: %w", target, err)
	}
	return applied, nil
}

// applying is one transaction of ApplyConfirmations.
type applying struct {
	ctx    context.Context //nolint:containedctx // lives as long as one call
	tx     pgx.Tx
	target string
	// taken are the documents by the name the ERP confirms them by.
	taken map[string][]*takenDocument
}

// A said is one confirmation that is to be weighed.
type said struct {
	id                               int64
	ref                              string
	word                             word
	code, cause, receiptRef, warning string
	raw                              []byte
	old                              bool
}

type takenDocument struct {
	id, event int64
	stream    string
	ref       string
	state     State
	changed   bool
}

func (a *applying) run() (int, error) {
	// One at a time: of two words about a document the first one counts first. Who is not
	// the one leaves it to the other.
	var alone bool
	if err := a.tx.QueryRow(a.ctx, `select pg_try_advisory_xact_lock(hashtext('erpbridge.confirmations/' || $1))`, a.target).Scan(&alone); err != nil || !alone {
		return 0, err
	}
	words, err := a.read()
	if err != nil || len(words) == 0 {
		return 0, err
	}
	if err := a.lock(words); err != nil {
		return 0, err
	}
	var ids, documents []int64
	var states, outcomes []string
	for _, w := range words {
		state, outcome, document, err := a.weigh(w)
		if err != nil {
			return 0, err
		}
		ids, states, outcomes, documents = append(ids, w.id), append(states, state), append(outcomes, outcome), append(documents, document)
	}
	if _, err := a.tx.Exec(a.ctx, `
		update confirmation c set state = v.state, outcome = v.outcome, document_id = nullif(v.document, 0), applied_at = case when v.state = 'applied' then now() end
		from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) as v(id, state, outcome, document)
		where c.id = v.id and c.state <> v.state`, ids, states, outcomes, documents); err != nil {
		return 0, err
	}
	return a.release()
}

// read reads what can be weighed, some at a time. What is about nothing known is left
// until it is old: an ERP that confirms to us what others sent it would keep what it says
// of ours waiting.
func (a *applying) read() ([]said, error) {
	q, err := a.tx.Query(a.ctx, `
		select id, ref, kind, code, cause, receipt_ref, warning, raw, at < now() - $2::interval
		from confirmation c where target = $1 and state = 'new' and (
			at < now() - $2::interval
			or exists (select from outbox o where o.target = c.target and o.accepted_ref = c.ref and o.accepted_ref <> ''))
		order by id limit 500 for update of c`, a.target, patience)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(q, func(r pgx.CollectableRow) (said, error) {
		var w said
		return w, r.Scan(&w.id, &w.ref, &w.word, &w.code, &w.cause, &w.receiptRef, &w.warning, &w.raw, &w.old)
	})
}

// lock takes the row locks of the streams of the documents that words are about, and
// reads where the documents stand.
func (a *applying) lock(words []said) error {
	var refs []string
	for _, w := range words {
		if w.ref != "" {
			refs = append(refs, w.ref)
		}
	}
	q, err := a.tx.Query(a.ctx, `select distinct stream from outbox where target = $1 and accepted_ref <> '' and accepted_ref = any($2)`, a.target, refs)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(q, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if _, err := a.tx.Exec(a.ctx, lockStreams, slices.Repeat([]string{a.target}, len(names)), names); err != nil {
		return err
	}
	q, err = a.tx.Query(a.ctx, `
		select id, event_id, stream, accepted_ref, state from outbox
		where target = $1 and accepted_ref <> '' and accepted_ref = any($2) and stream = any($3) order by id`, a.target, refs, names)
	if err != nil {
		return err
	}
	a.taken = make(map[string][]*takenDocument)
	var d takenDocument
	_, err = pgx.ForEachRow(q, []any{&d.id, &d.event, &d.stream, &d.ref, &d.state}, func() error {
		one := d
		a.taken[d.ref] = append(a.taken[d.ref], &one)
		return nil
	})
	return err
}

// weigh does what a word asks for, to every document the ERP took under its name. It
// returns where that leaves the word.
func (a *applying) weigh(w said) (state, outcome string, document int64, err error) {
	documents := a.taken[w.ref]
	switch {
	case len(documents) == 0 && w.old:
		return "unknown", "", 0, nil
	case len(documents) == 0:
		return "new", "", 0, nil
	}
	state = "applied"
	for _, d := range documents {
		next, h := hear(d.state, w.word)
		if err := a.act(d, next, h, w); err != nil {
			return "", "", 0, err
		}
		outcome, document = string(h), d.id
		if h == waits {
			state = "new"
		}
	}
	return state, outcome, document, nil
}

func (a *applying) act(d *takenDocument, next State, h hearing, w said) error {
	switch {
	case h == contradicts:
		return a.tell(d, w)
	case h == noted && w.word == underWay:
		_, err := a.tx.Exec(a.ctx, `update outbox set warning = $2 where id = $1 and $2 <> ''`, d.id, w.warning)
		return err
	case h == noted:
		return a.explain(d, w)
	case h != done:
		return nil
	}
	died := d.state == Dead
	d.state, d.changed = next, true
	if next == Dead {
		return a.bury(d, w)
	}
	if _, err := a.tx.Exec(a.ctx, `
		update outbox set state = 'delivered', receipt_ref = coalesce(nullif($2, ''), nullif(receipt_ref, ''), accepted_ref), receipt_raw = coalesce($3, receipt_raw),
		       warning = $4, cause_kind = '', cause_code = '', cause = '', doubt_since = null, lease_token = null, settled_at = now()
		where id = $1`, d.id, w.receiptRef, w.raw, w.warning); err != nil || !died {
		return err
	}
	return a.close(d)
}

// bury lets a document die that the ERP threw out.
func (a *applying) bury(d *takenDocument, w said) error {
	if _, err := a.tx.Exec(a.ctx, `
		update outbox set state = 'dead', cause_kind = $2, cause_code = $3, cause = $4, receipt_raw = coalesce($5, receipt_raw), lease_token = null, settled_at = now()
		where id = $1`, d.id, w.word, w.code, w.cause, w.raw); err != nil {
		return err
	}
	return buryDocument(a.ctx, a.tx, d.id)
}

// explain adds the ERP's reason to a dead letter that had another one: mostly that there
// was no word.
func (a *applying) explain(d *takenDocument, w said) error {
	_, err := a.tx.Exec(a.ctx, `
		with d as (
			update dead_letter set cause_kind = $2, cause_code = $3, cause = $4
			where document_id = $1 and state = 'open' and cause <> $4 returning document_id)
		update outbox o set cause_kind = $2, cause_code = $3, cause = $4 from d where o.id = d.document_id`, d.id, w.word, w.code, w.cause)
	return err
}

// close settles the dead letter of a document that the ERP booked after all.
func (a *applying) close(d *takenDocument) error {
	const note = "the ERP confirmed that it is booked"
	var id int64
	err := a.tx.QueryRow(a.ctx, `
		update dead_letter set state = 'settled', closed_at = now(), closed_by = 'erpbridge', note = $2
		where document_id = $1 and state = 'open' returning id`, d.id, note).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeAudit(a.ctx, a.tx, "erpbridge", "settled", fmt.Sprintf("dead letter %d", id), note)
}

// tell writes the alert about an ERP that contradicts what counts here, once.
func (a *applying) tell(d *takenDocument, w said) error {
	reason := "the ERP booked this document although it was given up here; look in the ERP whether that is right"
	if w.word == thrown {
		reason = "the ERP had booked this document, which counts as delivered, and now says that it threw it out: " + w.cause
	}
	_, err := a.tx.Exec(a.ctx, `
		insert into alert (kind, store, target, stream, order_number, document_kind, reason)
		select 'contradicted', i.store, o.target, o.stream, i.order_number, o.kind, $2
		from outbox o join inbox i on i.id = o.event_id where o.id = $1
		and not exists (select from alert where kind = 'contradicted' and target = o.target and stream = o.stream and document_kind = o.kind and reason = $2)`, d.id, clean(reason))
	return err
}

// release lets what waited behind the documents go on.
func (a *applying) release() (int, error) {
	var places []place
	var events []int64
	delivered := 0
	for _, ds := range a.taken {
		for _, d := range ds {
			if !d.changed {
				continue
			}
			places, events = append(places, place{a.target, d.stream}), append(events, d.event)
			if d.state == Delivered {
				delivered++
			}
		}
	}
	if len(events) == 0 {
		return 0, nil
	}
	applied := len(events)
	targets, streams := split(places)
	if err := refreshStreams(a.ctx, a.tx, targets, streams); err != nil {
		return 0, err
	}
	slices.Sort(events)
	if err := refreshEvents(a.ctx, a.tx, slices.Compact(events)); err != nil {
		return 0, err
	}
	if _, err := a.tx.Exec(a.ctx, `
		insert into throughput as t (target, minute, requests, delivered) values ($1, date_trunc('minute', now()), 0, $2)
		on conflict (target, minute) do update set delivered = t.delivered + excluded.delivered`, a.target, delivered); err != nil {
		return 0, err
	}
	_, err := a.tx.Exec(a.ctx, `select pg_notify($1, $2)`, channel, a.target)
	return applied, err
}
