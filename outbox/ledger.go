package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Ledger counts what was accepted and what became of it:
//
//	accepted = delivered + superseded + ignored + held + dead + discarded + pending
//
// InDoubt and Unconfirmed are parts of Pending: what may have arrived, and what the ERP
// has accepted and not booked yet.
type Ledger struct {
	Accepted   int64 `json:"accepted"`
	Delivered  int64 `json:"delivered"`
	Superseded int64 `json:"superseded"`
	Ignored    int64 `json:"ignored"`
	Held       int64 `json:"held"`
	Dead       int64 `json:"dead"`
	Discarded  int64 `json:"discarded"`
	Pending    int64 `json:"pending"`
	InDoubt    int64 `json:"in_doubt"`
	// Unconfirmed are with the ERP, which has not confirmed yet that they are booked.
	Unconfirmed int64 `json:"unconfirmed"`
	Balanced    bool  `json:"balanced"`
}

// Sum is the right side of the equation.
func (l Ledger) Sum() int64 {
	return l.Delivered + l.Superseded + l.Ignored + l.Held + l.Dead + l.Discarded + l.Pending
}

func (l *Ledger) add(state string, n int64) {
	switch state {
	case "delivered":
		l.Delivered += n
	case "superseded":
		l.Superseded += n
	case "ignored":
		l.Ignored += n
	case "held":
		l.Held += n
	case "dead":
		l.Dead += n
	case "discarded":
		l.Discarded += n
	case "pending":
		l.Pending += n
	}
}

// A Status is the ledger in events, the same in documents for each target, and
// what stands still.
type Status struct {
	Ledger
	Targets map[string]TargetStatus `json:"targets"`
	// Oldest is the age of the oldest pending event in seconds, 0 if there is none.
	Oldest float64 `json:"oldest_pending_seconds"`
	// OpenDeadLetters wait for an operator; UnsentAlerts for the mail server.
	OpenDeadLetters int64 `json:"open_dead_letters"`
	UnsentAlerts    int64 `json:"unsent_alerts"`
	// Fetching are the pending events that wait for what they point to, by store.
	Fetching []FetchBacklog `json:"waiting_to_be_fetched"`
}

// A TargetStatus is the ledger of one target, in documents.
type TargetStatus struct {
	Ledger
	Parked int64 `json:"parked_streams"` // orders that wait behind a dead document
	// UnconfirmedSince is since when the ERP has the oldest document that it has not
	// confirmed. WaitingBehind counts the documents that wait for such a one.
	UnconfirmedSince *time.Time `json:"unconfirmed_since,omitempty"`
	WaitingBehind    int64      `json:"waiting_behind_unconfirmed"`
	// UnknownConfirmations are about nothing that the ERP has accepted from here.
	UnknownConfirmations int64 `json:"unknown_confirmations"`
	// State is how the target is doing; nil if nothing was ever sent to it.
	State *TargetState `json:"state,omitempty"`
	// PerSecond is how many documents were delivered in a second, over the last
	// minutes. EmptyAt is when the pending ones will be at that pace, without those that
	// only wait for their confirmation; nil if nothing is pending, or nothing moves.
	PerSecond float64    `json:"delivered_per_second"`
	EmptyAt   *time.Time `json:"empty_at,omitempty"`
}

// ReadStatus counts, in one snapshot. What became of an event is worked out from
// its documents and not from the state kept with the event, so that a difference
// between the two is seen: such a ledger is not balanced.
func (s *Store) ReadStatus(ctx context.Context) (Status, error) {
	st := Status{Targets: map[string]TargetStatus{}}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// It reads everything that was ever accepted, and is asked for by a person.
		if _, err := tx.Exec(ctx, `set local statement_timeout = '10min'`); err != nil {
			return err
		}
		if err := readEvents(ctx, tx, &st); err != nil {
			return err
		}
		return readTargets(ctx, tx, &st)
	})
	if err != nil {
		return st, fmt.Errorf("reading the ledger: %w", err)
	}
	return st, nil
}

func readEvents(ctx context.Context, tx pgx.Tx, st *Status) error {
	q, err := tx.Query(ctx, `
		with doc as (
			select event_id, `+eventState+` as state, bool_or(state = 'in_doubt') as in_doubt, bool_or(state = 'accepted') as unconfirmed from outbox group by event_id
		)
		select coalesce(case
			when i.undigested then 'pending'
			when d.state is not null then d.state
			when i.state in ('ignored', 'held', 'dead', 'discarded') then i.state
			end, 'unaccounted') as state,
			count(*), count(*) filter (where d.in_doubt), count(*) filter (where d.unconfirmed and d.state = 'pending'),
			count(*) filter (where i.state is distinct from case when i.undigested then 'pending' else coalesce(d.state, i.state) end)
		from inbox i left join doc d on d.event_id = i.id group by 1`)
	if err != nil {
		return err
	}
	var state string
	var n, doubtful, unconfirmed, differ, different int64
	if _, err := pgx.ForEachRow(q, []any{&state, &n, &doubtful, &unconfirmed, &differ}, func() error {
		st.Accepted += n
		st.InDoubt += doubtful
		st.Unconfirmed += unconfirmed
		different += differ
		st.add(state, n)
		return nil
	}); err != nil {
		return err
	}
	st.Balanced = st.Accepted == st.Sum() && different == 0
	if st.Fetching, err = readFetchBacklogs(ctx, tx); err != nil {
		return err
	}
	return tx.QueryRow(ctx, `
		select coalesce(extract(epoch from now() - (select min(accepted_at) from inbox where state = 'pending')), 0)::float8,
		       (select count(*) from dead_letter where state = 'open'),
		       (select count(*) from alert where sent_at is null)`).Scan(&st.Oldest, &st.OpenDeadLetters, &st.UnsentAlerts)
}

func readTargets(ctx context.Context, tx pgx.Tx, st *Status) error {
	q, err := tx.Query(ctx, `
		select target, case when state in ('sending', 'in_doubt', 'accepted') then 'pending' else state end, count(*),
		       count(*) filter (where state = 'in_doubt'), count(*) filter (where state = 'accepted'), min(accepted_at) filter (where state = 'accepted')
		from outbox group by 1, 2`)
	if err != nil {
		return err
	}
	var target, state string
	var n, doubtful, unconfirmed int64
	var since *time.Time
	if _, err := pgx.ForEachRow(q, []any{&target, &state, &n, &doubtful, &unconfirmed, &since}, func() error {
		t := st.Targets[target]
		t.Accepted += n
		t.InDoubt += doubtful
		if unconfirmed > 0 {
			t.Unconfirmed, t.UnconfirmedSince = unconfirmed, since
		}
		t.add(state, n)
		t.Balanced = t.Accepted == t.Sum()
		st.Targets[target] = t
		return nil
	}); err != nil {
		return err
	}
	for _, count := range []struct {
		sql string
		of  func(*TargetStatus) *int64
	}{
		{`select target, count(*) from stream where state = 'parked' group by 1`, func(t *TargetStatus) *int64 { return &t.Parked }},
		{`select s.target, count(*) from stream s join outbox o on o.target = s.target and o.stream = s.name and o.state = 'pending'
		  where s.state = 'waiting' group by 1`, func(t *TargetStatus) *int64 { return &t.WaitingBehind }},
		{`select target, count(*) from confirmation where state = 'unknown' group by 1`, func(t *TargetStatus) *int64 { return &t.UnknownConfirmations }},
	} {
		q, err = tx.Query(ctx, count.sql)
		if err != nil {
			return err
		}
		if _, err := pgx.ForEachRow(q, []any{&target, &n}, func() error {
			t := st.Targets[target]
			*count.of(&t) = n
			t.Balanced = t.Accepted == t.Sum()
			st.Targets[target] = t
			return nil
		}); err != nil {
			return err
		}
	}
	states, err := readTargetStates(ctx, tx)
	if err != nil {
		return err
	}
	for _, state := range states {
		t := st.Targets[state.Name]
		t.State = &state
		t.Balanced = t.Accepted == t.Sum()
		st.Targets[state.Name] = t
	}
	return readPace(ctx, tx, st)
}

// readPace reads how fast the targets take documents, and works out when they will
// be done. The minute that is not over counts for as much of it as has passed.
func readPace(ctx context.Context, tx pgx.Tx, st *Status) error {
	q, err := tx.Query(ctx, `
		select target, (sum(delivered) / greatest(extract(epoch from now() - min(minute)), 1))::float8, now() from throughput
		where minute >= date_trunc('minute', now()) - interval '2 minutes' group by target`)
	if err != nil {
		return err
	}
	var target string
	var pace float64
	var now time.Time
	_, err = pgx.ForEachRow(q, []any{&target, &pace, &now}, func() error {
		t := st.Targets[target]
		t.PerSecond = pace
		moves := pace > 0 && (t.State == nil || t.State.PausedBy == "" && !t.State.Away)
		if left := t.Pending - t.Unconfirmed; left > 0 && moves {
			at := now.Add(time.Duration(float64(left) / pace * float64(time.Second))).UTC()
			t.EmptyAt = &at
		}
		st.Targets[target] = t
		return nil
	})
	return err
}
