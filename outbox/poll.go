package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// A PollRound is one daemon's turn at listing what changed in a store. It ends with
// EndPoll, or by itself when nobody has kept it for as long as it is held.
type PollRound struct {
	Store string
	Token string
	// Hold is how long the turn lasts without being kept.
	Hold time.Duration
	// Began is when, by Postgres' clock.
	Began time.Time
	// KnownUntil: all that the shop changed before is known here.
	KnownUntil time.Time
	// Failing says that the last round failed.
	Failing bool
	// Told are the faults of subscriptions that somebody has been told of.
	Told string
}

// ErrPollLate is returned to a daemon that has the turn no more: it slept, or Postgres
// was away for too long. It has to stop; another one may be listing.
var ErrPollLate = errors.New("another daemon may have the turn")

// PollPace is how often a store is polled, how far back the very first round goes, and
// how long a turn lasts without being kept.
type PollPace struct {
	Every, Initial, Hold time.Duration
}

// TakePoll takes the turn to poll a store, if it is due and no daemon has it. Else it
// returns how long to wait before asking again. The position goes back to where only the
// shop can tell which of two states stands, if any came since the last round.
//
// Postgres' clock may have been moved. What lies further ahead than it can is not
// believed: a turn due in a year is due now, and a position in the future is none, so
// that listing begins again as at the very first time.
func (s *Store) TakePoll(ctx context.Context, store string, p PollPace) (r PollRound, wait time.Duration, err error) {
	r = PollRound{Store: store, Hold: p.Hold}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `insert into poll (store, known_until) values ($1, now() - $2::interval) on conflict do nothing`, store, p.Initial); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			update poll set token = gen_random_uuid(), held_until = now() + $4::interval, began_at = now(), listed_last = 0, found_last = 0, lost_last = 0,
			       known_until = least(case when known_until > now() + interval '1 minute' then now() - $3::interval else known_until end, again_since),
			       again_since = null
			where store = $1 and (due_at <= now() or due_at > now() + greatest($2::interval, $5) + interval '1 minute')
			  and (held_until is null or held_until <= now() or held_until > now() + $4::interval + interval '1 minute')
			returning token, began_at, known_until, failing_since is not null, subscriptions_told`,
			store, p.Every, p.Initial, p.Hold, longestPollWait).Scan(&r.Token, &r.Began, &r.KnownUntil, &r.Failing, &r.Told)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return tx.QueryRow(ctx, `
			select greatest(due_at, coalesce(held_until, due_at)) - now() from poll where store = $1`, store).Scan(&wait)
	})
	if err != nil {
		return r, 0, fmt.Errorf("taking the turn to poll %s: %w", store, err)
	}
	if r.Token == "" {
		// Never 0: that says that the turn is taken.
		return r, max(wait, time.Millisecond), nil
	}
	return r, 0, nil
}

// longestPollWait bounds what a shop may ask to be left alone for.
const longestPollWait = time.Hour

// A PollFound is a state that was handed in because the inbox did not have it.
type PollFound struct {
	Type, ID string // of the message
	Event    erpbridge.EventType
	Resource string
	Version  erpbridge.Version
}

// PollProgress is what a page of a listing came to, once all of it is safe.
type PollProgress struct {
	// Until: everything that changed before has been listed; the zero Time if that
	// cannot be told.
	Until  time.Time
	Listed int
	Found  []PollFound
}

// KeepPoll keeps the turn for another Hold and writes down what was achieved. That never
// moves the position back, and never past the round's beginning by our clock, whatever
// the shop's clock says. It returns ErrPollLate if the turn was lost.
func (s *Store) KeepPoll(ctx context.Context, r PollRound, p PollProgress) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var until *time.Time // coalesce below: to Postgres the least of nothing and t is t
		if !p.Until.IsZero() {
			until = &p.Until
		}
		tag, err := tx.Exec(ctx, `
			update poll set held_until = now() + $3::interval, known_until = greatest(known_until, least(coalesce($4, known_until), began_at)), listed_last = listed_last + $5
			where store = $1 and token = $2`, r.Store, r.Token, r.Hold, until, p.Listed)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrPollLate
		}
		return keepFound(ctx, tx, r, p.Found)
	})
	if err != nil {
		return fmt.Errorf("keeping the turn to poll %s: %w", r.Store, err)
	}
	return nil
}

// keepFound remembers what was found. What an earlier round found and the pipeline has
// not got to yet is found again, and counted once. So is what the inbox was handed before
// this round and does not name: of a message that tells of several things it knows one.
func keepFound(ctx context.Context, tx pgx.Tx, r PollRound, found []PollFound) error {
	if len(found) == 0 {
		return nil
	}
	var types, ids, events, resources, digests []string
	var ats []time.Time
	for _, f := range found {
		types, ids, events = append(types, clean(f.Type)), append(ids, clean(f.ID)), append(events, string(f.Event))
		resources, ats, digests = append(resources, clean(f.Resource)), append(ats, f.Version.At), append(digests, f.Version.Digest)
	}
	tag, err := tx.Exec(ctx, `
		insert into poll_found (store, round_at, type, message_id, event, resource, version_at, version_digest)
		select $1, $8, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
		     as f(type, message_id, event, resource, version_at, version_digest)
		where not exists (
			select from inbox i where i.store = $1 and i.type = f.type and i.message_id = f.message_id and i.accepted_at < $8)
		on conflict do nothing`, r.Store, types, ids, events, resources, ats, digests, r.Began)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update poll set found_last = found_last + $2, found_total = found_total + $2 where store = $1`, r.Store, tag.RowsAffected())
	return err
}

// A PollOutcome is how a round ended.
type PollOutcome struct {
	// Complete: the shop has been listed to its end. Everything that changed before the
	// round began is known.
	Complete bool
	// Stopped: the daemon ends. Whether the shop can be polled is not learnt.
	Stopped bool
	// Again is how long after the round's beginning the next one is due, or after its
	// end where it is not Complete.
	Again time.Duration
	// Cause is what went wrong, nil for nothing.
	Cause error
	// Alert is what somebody is told once of an outage: at once if it is Grave, else
	// when it has lasted for an hour.
	Alert string
	Grave bool
}

// AlertPollFailing is the kind of alert about a store that cannot be polled.
const AlertPollFailing = "poll-failing"

// EndPoll gives the turn back.
func (s *Store) EndPoll(ctx context.Context, r PollRound, o PollOutcome) error {
	kind, cause := "", ""
	if o.Cause != nil {
		kind, cause = string(erpbridge.KindOf(o.Cause)), clean(o.Cause.Error())
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var tell bool
		err := tx.QueryRow(ctx, `
			update poll set token = null, held_until = null, ended_at = now(),
			       due_at = case when $3 then greatest(began_at + $4::interval, now()) else now() + least($4::interval, $8) end,
			       complete_at = case when $3 then now() else complete_at end,
			       known_until = case when $3 then greatest(known_until, began_at) else known_until end,
			       error_kind = case when $9 then error_kind else $5 end, error = case when $9 then error else $6 end,
			       failing_since = case when $9 then failing_since when $6 <> '' then coalesce(failing_since, now()) end,
			       failing_told = failing_told and ($9 or $6 <> '')
			where store = $1 and token = $2
			returning failing_since is not null and not failing_told and ($7 or failing_since <= now() - interval '1 hour')`,
			r.Store, r.Token, o.Complete, o.Again, kind, cause, o.Grave, longestPollWait, o.Stopped).Scan(&tell)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrPollLate
		}
		if err != nil || !tell || o.Alert == "" {
			return err
		}
		if _, err := tx.Exec(ctx, `update poll set failing_told = true where store = $1`, r.Store); err != nil {
			return err
		}
		return alertStore(ctx, tx, AlertPollFailing, r.Store, o.Alert)
	})
	if err != nil {
		return fmt.Errorf("ending the poll of %s: %w", r.Store, err)
	}
	return nil
}

// A PollSubscription is the state of a subscription as it is kept and printed.
type PollSubscription struct {
	ID      string `json:"id,omitempty"`
	Topic   string `json:"topic"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"`
	Detail  string `json:"detail,omitempty"`
}

// AlertSubscription is the kind of alert about webhooks that a shop no longer sends.
const AlertSubscription = "subscription-lost"

// KeepSubscriptions writes down the state of a store's subscriptions, and which of
// their faults have been told: by alert, if it is not empty.
func (s *Store) KeepSubscriptions(ctx context.Context, r PollRound, subs []erpbridge.Subscription, told, alert string) error {
	kept := make([]PollSubscription, len(subs))
	for i, x := range subs {
		kept[i] = PollSubscription{ID: clean(x.ID), Topic: clean(x.Topic), Address: clean(x.Address), State: clean(string(x.State)), Detail: clean(x.Detail)}
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update poll set subscriptions = $3, subscriptions_at = now(), subscriptions_told = $4 where store = $1 and token = $2`, r.Store, r.Token, kept, clean(told))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrPollLate
		}
		if alert == "" {
			return nil
		}
		return alertStore(ctx, tx, AlertSubscription, r.Store, alert)
	})
	if err != nil {
		return fmt.Errorf("keeping the subscriptions of %s: %w", r.Store, err)
	}
	return nil
}

func alertStore(ctx context.Context, tx pgx.Tx, kind, store, reason string) error {
	_, err := tx.Exec(ctx, `insert into alert (kind, store, reason) values ($1, $2, $3)`, kind, store, clean(reason))
	return err
}
