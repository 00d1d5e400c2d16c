package outbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A DeadLetter is an event or a document that will not move without an operator.
type DeadLetter struct {
	ID      int64     `json:"id"`
	State   string    `json:"state"` // open, replayed, discarded or settled
	At      time.Time `json:"at"`
	Store   string    `json:"store"`
	Target  string    `json:"target,omitempty"` // empty: the event never became documents
	Order   string    `json:"order,omitempty"`
	Stream  string    `json:"stream,omitempty"`
	EventID int64     `json:"event"`
	Type    string    `json:"type"` // the storefront's topic
	// Document, Kind and Key name the document; 0 and empty for an event.
	Document int64  `json:"document,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Key      string `json:"key,omitempty"`
	// Cause says why, CauseKind what kind of reason it is, CauseCode the ERP's code.
	CauseKind string `json:"cause_kind"`
	CauseCode string `json:"cause_code,omitempty"`
	Cause     string `json:"cause"`
	Attempts  int    `json:"attempts"`
	// AcceptedAt is since when the ERP has the document without having booked it, and
	// Ref the name it has there; nil and empty for one that the ERP did not take.
	AcceptedAt *time.Time `json:"accepted_by_erp_at,omitempty"`
	Ref        string     `json:"ref,omitempty"`
	// Waiting counts the later events of the order that wait behind it.
	Waiting  int64      `json:"waiting_behind"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`
	ClosedBy string     `json:"closed_by,omitempty"`
	Note     string     `json:"note,omitempty"`
}

// An Attempt is one delivery or look-up of a document, as it was written down.
type Attempt struct {
	Number  int        `json:"number"`
	Action  string     `json:"action"`
	Started time.Time  `json:"started_at"`
	Ended   *time.Time `json:"ended_at,omitempty"`
	Kind    string     `json:"kind"`
	Code    string     `json:"code,omitempty"`
	Detail  string     `json:"detail,omitempty"`
}

// A DeadLetterDetail is a dead letter with all that is known of it. Message and
// Body hold personal data.
type DeadLetterDetail struct {
	DeadLetter
	Attempts []Attempt         `json:"history"`
	Message  erpbridge.Message `json:"-"`
	Body     []byte            `json:"-"`
}

// ErrNotOpen is returned for a dead letter that does not exist or was closed
// before.
var ErrNotOpen = errors.New("no open dead letter of that number")

const selectDeadLetters = `
	select d.id, d.state, d.created_at, d.store, d.target, d.order_number, d.stream, d.event_id, i.type,
	       coalesce(d.document_id, 0), coalesce(o.kind, ''), coalesce(o.key, ''), d.cause_kind, d.cause_code, d.cause, coalesce(o.attempt, 0),
	       (select count(distinct w.event_id) from outbox w where w.target = o.target and w.stream = o.stream and w.seq > o.seq and w.state = 'pending'),
	       o.accepted_at, case when o.accepted_at is null then '' else o.accepted_ref end, d.closed_at, d.closed_by, d.note
	from dead_letter d join inbox i on i.id = d.event_id left join outbox o on o.id = d.document_id `

func scanDeadLetter(r pgx.CollectableRow) (DeadLetter, error) {
	var d DeadLetter
	err := r.Scan(&d.ID, &d.State, &d.At, &d.Store, &d.Target, &d.Order, &d.Stream, &d.EventID, &d.Type,
		&d.Document, &d.Kind, &d.Key, &d.CauseKind, &d.CauseCode, &d.Cause, &d.Attempts, &d.Waiting, &d.AcceptedAt, &d.Ref, &d.ClosedAt, &d.ClosedBy, &d.Note)
	return d, err
}

// DeadLetter returns one dead letter, open or closed, with its history and raw
// bytes. The error is ErrNotOpen if there is none.
func (s *Store) DeadLetter(ctx context.Context, id int64) (DeadLetterDetail, error) {
	var d DeadLetterDetail
	q, err := s.pool.Query(ctx, selectDeadLetters+`where d.id = $1`, id)
	if err != nil {
		return d, fmt.Errorf("reading dead letter %d: %w", id, err)
	}
	d.DeadLetter, err = pgx.CollectExactlyOneRow(q, scanDeadLetter)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, ErrNotOpen
	}
	if err != nil {
		return d, fmt.Errorf("reading dead letter %d: %w", id, err)
	}
	var header []byte
	m := &d.Message
	if err := s.pool.QueryRow(ctx, `
		select store, type, message_id, via, content_type, header, body, fetched, received_at from inbox where id = $1`, d.EventID).
		Scan(&m.Store, &m.Type, &m.ID, &m.Via, &m.ContentType, &header, &m.Body, &m.Fetched, &m.ReceivedAt); err != nil {
		return d, fmt.Errorf("reading event %d: %w", d.EventID, err)
	}
	if err := json.Unmarshal(header, &m.Header); err != nil {
		return d, fmt.Errorf("reading the headers of event %d: %w", d.EventID, err)
	}
	if d.Document == 0 {
		return d, nil
	}
	if err := s.pool.QueryRow(ctx, `select body from outbox where id = $1`, d.Document).Scan(&d.Body); err != nil {
		return d, fmt.Errorf("reading document %d: %w", d.Document, err)
	}
	q, err = s.pool.Query(ctx, `
		select number, action, started_at, ended_at, kind, code, detail from attempt where document_id = $1 order by number`, d.Document)
	if err != nil {
		return d, fmt.Errorf("reading the attempts of document %d: %w", d.Document, err)
	}
	d.Attempts, err = pgx.CollectRows(q, pgx.RowToStructByPos[Attempt])
	if err != nil {
		return d, fmt.Errorf("reading the attempts of document %d: %w", d.Document, err)
	}
	return d, nil
}

// A Replay says how a dead letter is to be tried again.
type Replay struct {
	Actor string
	Note  string
	// Documents, if given, replace the bodies of the event's undelivered documents
	// of the same keys: the event rendered anew with the present mapping.
	Documents []erpbridge.Document
	Mapping   string
	// Force replays although a newer state of the record was delivered, and sends again
	// what the ERP has taken.
	Force bool
	// Dry changes nothing, and returns the error that there would be.
	Dry bool
}

// ErrNewerDelivered is returned when a replay would put an older state over a
// newer one, ErrTaken when it would send other bytes of what the ERP has already.
var (
	ErrNewerDelivered = errors.New("a newer state of this record was delivered since; replaying would put the older one over it")
	ErrTaken          = errors.New("the ERP has taken this document, and may book it yet; look there before it is sent again")
)

// ReplayDeadLetter gives a dead letter a fresh set of tries, under the same key. A
// document goes back to its stream; an event that never became documents goes
// back to the pipeline. Of two operators replaying the same one, one gets
// ErrNotOpen.
//
// A document that the ERP has taken is not sent again, except by force: its
// confirmation is waited for once more, for as long as for a new one.
func (s *Store) ReplayDeadLetter(ctx context.Context, id int64, r Replay) error {
	return s.closeDeadLetter(ctx, id, "replayed", r.Actor, r.Note, r.Dry, func(tx pgx.Tx, event, document int64) error {
		if document == 0 {
			_, err := tx.Exec(ctx, `
				update inbox set state = 'pending', undigested = true, digest_after = now(), digest_tries = 0 where id = $1 and state = 'dead'`, event)
			return err
		}
		var newer, taken bool
		if err := tx.QueryRow(ctx, `
			select exists (select from outbox n join outbox o on n.target = o.target and n.stream = o.stream and n.record = o.record
			where o.id = $1 and o.record <> '' and (n.version_at, n.version_rank) > (o.version_at, o.version_rank) and n.state in ('delivered', 'accepted')),
			       (select accepted_at is not null from outbox where id = $1)`, document).Scan(&newer, &taken); err != nil {
			return err
		}
		if newer && !r.Force && !fault.Planted("replay-blind") { // planted: an older state over a newer one
			return ErrNewerDelivered
		}
		if taken && !r.Force {
			if r.Documents != nil {
				return ErrTaken
			}
			_, err := tx.Exec(ctx, `
				update outbox set state = 'accepted', confirm_since = now(), asked = 0, next_at = now(), settled_at = null
				where id = $1 and state = 'dead'`, document)
			return err
		}
		if err := replaceBodies(ctx, tx, event, r); err != nil {
			return err
		}
		// What died in doubt may be there: it is looked up before it is sent.
		_, err := tx.Exec(ctx, `
			update outbox set state = case when cause_kind = 'in-doubt' then 'in_doubt' else 'pending' end,
			       doubt_since = case when cause_kind = 'in-doubt' then coalesce(settled_at, now()) end,
			       spared = attempt, lost = 0, next_at = now(), settled_at = null, accepted_at = null, confirm_since = null
			where id = $1 and state = 'dead'`, document)
		return err
	})
}

// replaceBodies puts documents rendered anew in the place of the ones that were
// not delivered. Keys stay; what was delivered stays as it is.
func replaceBodies(ctx context.Context, tx pgx.Tx, event int64, r Replay) error {
	if r.Documents == nil {
		return nil
	}
	replaced := int64(0)
	for _, d := range r.Documents {
		sum := sha256.Sum256(d.Body)
		tag, err := tx.Exec(ctx, `
			update outbox set body = $4, body_sha256 = $5, mapping = $6
			where event_id = $1 and target = $2 and key = $3 and state in ('pending', 'dead')`, event, d.Target, d.Key, d.Body, sum[:], cmp.Or(d.Mapping, r.Mapping))
		if err != nil {
			return err
		}
		replaced += tag.RowsAffected()
	}
	if replaced == 0 {
		return errors.New("rendered anew, the event comes to none of the documents that are waiting: their keys differ")
	}
	return nil
}

// DiscardDeadLetter closes a dead letter for good: it will not be delivered, by
// the word of actor and for the reason in note. What waited behind it goes on.
func (s *Store) DiscardDeadLetter(ctx context.Context, id int64, actor, note string) error {
	return s.closeDeadLetter(ctx, id, "discarded", actor, note, false, func(tx pgx.Tx, event, document int64) error {
		if document == 0 {
			_, err := tx.Exec(ctx, `update inbox set state = 'discarded', cause = cause || $2 where id = $1 and state = 'dead'`, event, "; discarded: "+clean(note))
			return err
		}
		_, err := tx.Exec(ctx, `update outbox set state = 'discarded', settled_at = now() where id = $1 and state = 'dead'`, document)
		return err
	})
}

// A Settlement is an operator's word that the ERP has a document.
type Settlement struct {
	Actor string
	Note  string // how that is known
	Ref   string // the ERP's number for it, if that is known
}

// ErrNoDocument is returned for a dead letter about an event that never became
// documents: there is nothing an ERP could have.
var ErrNoDocument = errors.New("it never became a document, so no ERP can have it")

// SettleDeadLetter closes a dead letter whose document is in the ERP: it counts as
// delivered, and what waited behind it goes on.
func (s *Store) SettleDeadLetter(ctx context.Context, id int64, st Settlement) error {
	return s.closeDeadLetter(ctx, id, "settled", st.Actor, st.Note, false, func(tx pgx.Tx, _, document int64) error {
		if document == 0 {
			return ErrNoDocument
		}
		_, err := tx.Exec(ctx, `
			update outbox set state = 'delivered', settled_at = now(), doubt_since = null,
			       receipt_ref = coalesce(nullif($2, ''), nullif(receipt_ref, ''), accepted_ref),
			       warning = 'by the word of ' || $3 || ': ' || $4, cause_kind = '', cause_code = '', cause = ''
			where id = $1 and state = 'dead'`, document, clean(st.Ref), clean(st.Actor), clean(st.Note))
		return err
	})
}

// errDry undoes what a dry run has done.
var errDry = errors.New("a dry run")

// closeDeadLetter does act and closes the dead letter, all or nothing, with a line
// in the audit log. The row's state decides who of several operators acts. A dry run is
// undone in the end.
func (s *Store) closeDeadLetter(ctx context.Context, id int64, state, actor, note string, dry bool, act func(tx pgx.Tx, event, document int64) error) error {
	err := inTx(ctx, s.pool, "outbox.dead", func(tx pgx.Tx) error {
		var event, document int64
		var target, stream string
		err := tx.QueryRow(ctx, `
			update dead_letter d set state = $2, closed_at = now(), closed_by = $3, note = $4
			where d.id = $1 and d.state = 'open'
			returning d.event_id, coalesce(d.document_id, 0), d.target, coalesce((select stream from outbox where id = d.document_id), '')`,
			id, state, clean(actor), clean(note)).Scan(&event, &document, &target, &stream)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotOpen
		}
		if err != nil {
			return err
		}
		targets, streams := []string{target}, []string{stream}
		if _, err := tx.Exec(ctx, lockStreams, targets, streams); err != nil {
			return err
		}
		if err := act(tx, event, document); err != nil {
			return err
		}
		if document != 0 {
			if err := refreshStreams(ctx, tx, targets, streams); err != nil {
				return err
			}
			if err := refreshEvents(ctx, tx, []int64{event}); err != nil {
				return err
			}
		}
		if err := writeAudit(ctx, tx, actor, state, fmt.Sprintf("dead letter %d", id), note); err != nil {
			return err
		}
		if dry {
			return errDry
		}
		_, err = tx.Exec(ctx, `select pg_notify($1, $2)`, channel, target)
		return err
	})
	if err != nil && !errors.Is(err, errDry) {
		return fmt.Errorf("dead letter %d: %w", id, err)
	}
	return nil
}
