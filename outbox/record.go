package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// Record makes what the pipeline decided durable, all of ds in one transaction:
// the inbox row, and the documents, the hold or the dead letter it came to. When
// it returns nil the broker may forget the messages.
//
// Recording a message that was recorded before changes nothing. The same message
// ID with another body is an event of its own: neither body may win silently. A
// message whose every document was accepted before under the
// same key (the same state of the same order, told twice) is recorded as ignored, and
// so is one in which nothing changed that an ERP cares about. A message that is
// deferred waits in the inbox until what it points to has been fetched.
//
// An error of kind Invalid is about the decisions: they will never be recorded as they
// are. Of several, others may be.
func (s *Store) Record(ctx context.Context, ds []erpbridge.Decision) error {
	if len(ds) == 0 {
		return nil
	}
	err := inTx(ctx, s.pool, "outbox.record", func(tx pgx.Tx) error {
		r := recording{tx: tx, ctx: ctx}
		return r.run(ds)
	})
	if err != nil {
		return fmt.Errorf("recording %d events: %w", len(ds), unfit(err))
	}
	return nil
}

// unfit returns err, as one of kind Invalid if Postgres will never have what it was given.
func unfit(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "54")) { // a data exception; a limit of the program
		return &erpbridge.Error{Op: "outbox.Record", Kind: erpbridge.Invalid, Code: "UNFIT", Err: fmt.Errorf("it cannot be stored: %w", err)}
	}
	return err
}

// recording is one transaction of Record.
type recording struct {
	tx  pgx.Tx
	ctx context.Context //nolint:containedctx // lives as long as one call
}

// row is a decision on its way into the inbox.
type row struct {
	erpbridge.Decision
	sha        []byte
	id         int64
	fresh      bool   // inserted, or taken over from an undigested row
	again      bool   // taken over from an undigested row: received, held or replayed before
	told       string // why it was held before, if it was
	undigested bool
}

// delivery is what makes a message the same message.
type delivery struct{ store, typ, id string }

func (w *row) delivery() delivery { return delivery{w.Message.Store, w.Message.Type, w.Message.ID} }

func compareDeliveries(a, b delivery) int {
	return cmp.Or(cmp.Compare(a.store, b.store), cmp.Compare(a.typ, b.typ), cmp.Compare(a.id, b.id))
}

func newRow(d erpbridge.Decision) *row {
	if fault.Planted("no-unique-key") { // planted: nothing tells that a message or a document was there before
		unique := "/" + newSlot()
		d.Message.ID += unique
		d.Documents = slices.Clone(d.Documents)
		for i := range d.Documents {
			d.Documents[i].Key += unique
		}
	}
	sum := sha256.Sum256(d.Message.Body)
	return &row{Decision: d, sha: sum[:], undigested: d.Verdict == erpbridge.Defer}
}

func (r *recording) run(ds []erpbridge.Decision) error {
	rows := make([]*row, len(ds))
	for i, d := range ds {
		rows[i] = newRow(d)
	}
	if err := fault.Do("outbox.record.inbox", func() error { return r.insertInbox(rows) }); err != nil {
		return err
	}
	var accepted []*row
	for _, w := range rows {
		if w.fresh && w.Verdict == erpbridge.Accept && len(w.Documents) > 0 {
			accepted = append(accepted, w)
		}
	}
	if err := r.insertDocuments(accepted); err != nil {
		return err
	}
	return fault.Do("outbox.record.decide", func() error { return r.decide(rows) })
}

// insertInbox gives every row its inbox id, and marks as fresh those whose
// decision counts: the message was not there, or was there undigested.
func (r *recording) insertInbox(rows []*row) error {
	// Insert in key order: two transactions that share messages then wait for one
	// another instead of deadlocking. A message twice in one batch counts once.
	order := slices.Clone(rows)
	slices.SortStableFunc(order, func(a, b *row) int { return compareDeliveries(a.delivery(), b.delivery()) })
	first := make(map[delivery]*row, len(rows))
	var unique, impostors []*row
	for _, w := range order {
		switch f, seen := first[w.delivery()]; {
		case !seen:
			first[w.delivery()] = w
			unique = append(unique, w)
		case !bytes.Equal(f.sha, w.sha):
			impostors = append(impostors, w)
		}
	}
	if err := r.insertRows(unique); err != nil {
		return err
	}
	for _, w := range unique {
		if w.fresh {
			continue
		}
		if err := r.meetAgain(w); err != nil {
			return err
		}
	}
	for _, w := range impostors {
		if err := r.insertApart(w); err != nil {
			return err
		}
	}
	return nil
}

// insertRows inserts those of rows whose message is not in the inbox yet, and
// marks them as fresh. The messages of rows are distinct.
func (r *recording) insertRows(rows []*row) error {
	var (
		store, typ, id, via, contentType []string
		header, body, sha, fetched       [][]byte
		received                         []time.Time
		undigested, points               []bool
	)
	of := make(map[delivery]*row, len(rows))
	for _, w := range rows {
		m := w.Message
		h, err := json.Marshal(m.Header)
		if err != nil {
			return fmt.Errorf("encoding the headers: %w", err)
		}
		of[w.delivery()] = w
		store = append(store, m.Store)
		typ = append(typ, m.Type)
		id = append(id, m.ID)
		via = append(via, string(m.Via))
		contentType = append(contentType, clean(m.ContentType))
		header = append(header, h)
		body = append(body, append([]byte{}, m.Body...)) // nil would be NULL
		sha = append(sha, w.sha)
		received = append(received, m.ReceivedAt)
		undigested = append(undigested, w.undigested)
		points = append(points, w.Verdict == erpbridge.Defer)
		fetched = append(fetched, m.Fetched)
	}
	q, err := r.tx.Query(r.ctx, `
		insert into inbox (store, type, message_id, via, content_type, header, body, body_sha256, received_at, state, undigested, points, fetched)
		select store, type, message_id, via, content_type, header, body, sha, received_at, 'pending', undigested, points, fetched
		from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[], $9::timestamptz[],
		            $10::bool[], $11::bool[], $12::bytea[])
		     with ordinality as m(store, type, message_id, via, content_type, header, body, sha, received_at, undigested, points, fetched, n)
		order by n
		on conflict (store, type, message_id) do nothing
		returning id, store, type, message_id`,
		store, typ, id, via, contentType, header, body, sha, received, undigested, points, fetched)
	if err != nil {
		return err
	}
	var inboxID int64
	var d delivery
	_, err = pgx.ForEachRow(q, []any{&inboxID, &d.store, &d.typ, &d.id}, func() error {
		w := of[d]
		w.id, w.fresh = inboxID, true
		return nil
	})
	return err
}

// meetAgain handles a message whose ID is in the inbox already. A row that was
// decided about is not locked: its documents may be under way, and who settles them
// locks their stream before it, while this transaction may lock the stream later.
func (r *recording) meetAgain(w *row) error {
	var sha []byte
	var undigested bool
	m := w.Message
	err := r.tx.QueryRow(r.ctx, `
		select id, body_sha256, undigested from inbox
		where store = $1 and type = $2 and message_id = $3`, m.Store, m.Type, m.ID).Scan(&w.id, &sha, &undigested)
	if err != nil {
		return err
	}
	if !bytes.Equal(sha, w.sha) {
		return r.insertApart(w)
	}
	if w.Verdict == erpbridge.Defer && undigested {
		// It came in while the broker was away, and nobody had looked at it yet.
		_, err := r.tx.Exec(r.ctx, `
			update inbox set points = true, digest_tries = 0, digest_after = now()
			where id = $1 and undigested and not points and fetched is null`, w.id)
		return err
	}
	if !undigested || w.undigested {
		return nil
	}
	// Whoever decides first takes an undigested row over; the other comes late.
	w.again = true
	return r.tx.QueryRow(r.ctx, `
		select undigested, case cause_kind when 'held' then cause else '' end from inbox where id = $1 for update`, w.id).Scan(&w.fresh, &w.told)
}

// insertApart records a message that carries another one's ID and other content
// as an event of its own. To drop it would let whoever can guess an ID (it is
// outside most platforms' signatures) keep a real event out; what must not take
// effect twice is told by the documents' keys.
func (r *recording) insertApart(w *row) error {
	w.Message.ID += "#" + hex.EncodeToString(w.sha[:8])
	if err := r.insertRows([]*row{w}); err != nil || w.fresh {
		return err
	}
	return r.meetAgain(w)
}

// decide writes what became of each fresh event.
func (r *recording) decide(rows []*row) error {
	var (
		ids                                                 []int64
		states, streams, orders, kinds, causes, fingerprint []string
		resources, digests                                  []string
		versions                                            []*time.Time
	)
	for _, w := range rows {
		if !w.fresh || w.Verdict == "" || w.Verdict == erpbridge.Defer {
			continue
		}
		state := ""
		switch w.Verdict {
		case erpbridge.Accept:
			if len(w.Documents) == 0 {
				state = "ignored"
				if w.Cause == nil {
					w.Cause = &erpbridge.Error{Kind: erpbridge.Ignored, Err: fmt.Errorf("it came to no document")}
				}
			} else {
				state = "pending" // and refreshed from the documents below
			}
		case erpbridge.Hold:
			state = "held"
		case erpbridge.Bury:
			state = "dead"
		case erpbridge.Ignore:
			state = "ignored"
		default:
			return fmt.Errorf("event %d: no such verdict: %q", w.id, w.Verdict)
		}
		kind, cause := "", ""
		if w.Cause != nil {
			kind, cause = string(erpbridge.KindOf(w.Cause)), clean(w.Cause.Error())
		}
		ids = append(ids, w.id)
		states = append(states, state)
		streams = append(streams, clean(w.Stream))
		orders = append(orders, clean(w.Order))
		kinds = append(kinds, kind)
		causes = append(causes, cause)
		fingerprint = append(fingerprint, w.Mapping)
		resources = append(resources, clean(w.Resource))
		digests = append(digests, w.Version.Digest)
		var at *time.Time
		if !w.Version.At.IsZero() {
			at = &w.Version.At
		}
		versions = append(versions, at)
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := r.tx.Exec(r.ctx, `
		update inbox i set state = d.state, undigested = false, stream = d.stream, order_number = d.order_number,
		       cause_kind = d.kind, cause = d.cause, mapping = d.mapping,
		       resource = d.resource, version_at = d.version_at, version_digest = d.version_digest
		from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[])
		     as d(id, state, stream, order_number, kind, cause, mapping, resource, version_at, version_digest)
		where i.id = d.id`, ids, states, streams, orders, kinds, causes, fingerprint, resources, versions, digests); err != nil {
		return err
	}
	if err := r.askShop(ids); err != nil {
		return err
	}
	var pending []int64
	for i, state := range states {
		if state == "pending" {
			pending = append(pending, ids[i])
		}
	}
	if err := refreshEvents(r.ctx, r.tx, pending); err != nil {
		return err
	}
	for _, w := range rows {
		if !w.fresh {
			continue
		}
		switch w.Verdict {
		case erpbridge.Bury:
			if err := r.bury(w); err != nil {
				return err
			}
		case erpbridge.Hold:
			if err := r.tellHeld(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// bury writes the dead letter of an event that never became documents, and the
// alert about it. Doing it again changes nothing.
func (r *recording) bury(w *row) error {
	kind, code, cause := causeOf(w.Cause)
	_, err := r.tx.Exec(r.ctx, `
		with d as (
			insert into dead_letter (event_id, store, target, stream, order_number, cause_kind, cause_code, cause)
			values ($1, $2, '', $3, $4, $5, $6, $7)
			on conflict (event_id, coalesce(document_id, 0)) where state = 'open' do nothing
			returning id, store, stream, order_number, cause)
		insert into alert (kind, dead_letter_id, store, stream, order_number, document_kind, reason)
		select 'dead-letter', id, store, stream, order_number, $8, cause from d`,
		w.id, w.Message.Store, clean(w.Stream), clean(w.Order), kind, code, cause, clean(w.Message.Type))
	return err
}

// tellHeld tells somebody that an event is held, unless that was told before and the
// event was only tried again, as all are when the mapping changes.
func (r *recording) tellHeld(w *row) error {
	_, _, cause := causeOf(w.Cause)
	if cause == w.told {
		return nil
	}
	_, err := r.tx.Exec(r.ctx, `
		insert into alert (kind, store, stream, order_number, document_kind, reason) values ('held', $1, $2, $3, $4, $5)`,
		w.Message.Store, clean(w.Stream), clean(w.Order), clean(w.Message.Type), cause)
	return err
}
