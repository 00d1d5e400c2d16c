package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// AlertEventsLost is the kind of alert about events that a shop did not send.
const AlertEventsLost = "events-not-sent"

// SettleFound judges what polls of a store found: what no webhook has brought within
// grace of its change was lost on the way here. tell words an alert about those, or
// returns nothing where none is wanted.
//
// Webhooks may have been waiting with the broker while the poll looked. So what a round
// found is judged when the pipeline has got to all of what it handed in behind them, at
// once, so that a round is one alert. A webhook may also be waiting for what it points
// to. It returns how many still wait for that, and what
// was lost.
func (s *Store) SettleFound(ctx context.Context, store string, grace time.Duration, tell func(lost []PollFound) string) (waiting int, lost []PollFound, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Under the lock of the store's row, so that two daemons do not tell the same.
		var one int
		err := tx.QueryRow(ctx, `select 1 from poll where store = $1 for update`, store).Scan(&one)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var rounds []time.Time
		waiting, lost, rounds, err = judgeFound(ctx, tx, store, grace)
		if err != nil || len(rounds) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from poll_found where store = $1 and round_at = any($2)`, store, rounds); err != nil || len(lost) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `update poll set lost_last = lost_last + $2, lost_total = lost_total + $2 where store = $1`, store, len(lost)); err != nil {
			return err
		}
		if reason := tell(lost); reason != "" {
			return alertStore(ctx, tx, AlertEventsLost, store, reason)
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("judging what the poll of %s found: %w", store, err)
	}
	return waiting, lost, nil
}

// judgeFound returns how many of a store's finds are of rounds that cannot be judged yet,
// and of the others those that no webhook has brought. A find that never reaches the inbox, because somebody purged
// the queue it was in, is judged without that after an hour; the next polls hand it in
// again.
func judgeFound(ctx context.Context, tx pgx.Tx, store string, grace time.Duration) (waiting int, lost []PollFound, rounds []time.Time, err error) {
	q, err := tx.Query(ctx, `
		select f.round_at, f.type, f.message_id, f.event, f.resource, f.version_at, f.version_digest,
		       least(f.version_at, f.found_at) <= now() - $2::interval and (f.found_at <= now() - interval '1 hour' or exists (
		           select from inbox i where i.store = f.store and i.type = f.type and i.message_id = f.message_id and not i.undigested)
		           and not exists (select from inbox w where w.store = f.store and w.points and w.undigested and w.accepted_at <= f.found_at)),
		       exists (
		           select from inbox i where i.store = f.store and i.resource = f.resource and i.via <> 'poll'
		           and (i.version_at > f.version_at or i.version_at = f.version_at and i.version_digest = f.version_digest))
		from poll_found f where f.store = $1`, store, grace)
	if err != nil {
		return 0, nil, nil, err
	}
	type round struct {
		finds, open int
		lost        []PollFound
	}
	all := map[time.Time]*round{}
	var f PollFound
	var at time.Time
	var ripe, brought bool
	_, err = pgx.ForEachRow(q, []any{&at, &f.Type, &f.ID, &f.Event, &f.Resource, &f.Version.At, &f.Version.Digest, &ripe, &brought}, func() error {
		r := all[at]
		if r == nil {
			r = &round{}
			all[at] = r
		}
		r.finds++
		switch {
		case brought: // whatever comes now
		case ripe:
			r.lost = append(r.lost, f)
		default:
			r.open++
		}
		return nil
	})
	for at, r := range all {
		if r.open > 0 {
			waiting += r.finds
			continue
		}
		rounds, lost = append(rounds, at), append(lost, r.lost...)
	}
	slices.SortFunc(lost, func(a, b PollFound) int {
		return cmp.Or(a.Version.At.Compare(b.Version.At), strings.Compare(a.Resource, b.Resource))
	})
	return waiting, lost, rounds, err
}
