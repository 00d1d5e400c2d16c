package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Notice is a row that somebody must be told about. It holds no personal data.
type Notice struct {
	ID         int64
	Kind       string // dead-letter, unconfirmed, held, target-refused ...
	DeadLetter int64  // 0 if it is about none
	Store      string
	Target     string
	Order      string
	Stream     string
	Document   string // kind of the document, or the storefront's topic
	Reason     string
	At         time.Time
	Attempts   int    // how often telling was tried
	Mail       string // the mail it was in, if nobody knows whether that was sent
}

// Alert writes an alert that is about no event and no target: something with the
// bridge's own servers. Where another daemon told the same in the last minutes it
// is not repeated.
func (s *Store) Alert(ctx context.Context, kind, reason string) error {
	_, err := s.pool.Exec(ctx, `
		insert into alert (kind, reason) select $1, $2
		where not exists (select from alert where kind = $1 and reason = $2 and created_at > now() - interval '10 minutes')`, kind, clean(reason))
	if err != nil {
		return fmt.Errorf("writing an alert: %w", err)
	}
	return nil
}

// noticeLease keeps notices that are being sent from a second mailer.
const noticeLease = 2 * time.Minute

// DueNotices claims up to n notices that were not sent and whose time has come. The
// notices of a mail that may have been sent come first, all of them and no others.
func (s *Store) DueNotices(ctx context.Context, n int) ([]Notice, error) {
	var ns []Notice
	err := inTx(ctx, s.pool, "outbox.notices", func(tx pgx.Tx) error {
		// One at a time, so that two mailers do not share the notices of one mail.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('erpbridge.notices'))`); err != nil {
			return err
		}
		var mail string
		err := tx.QueryRow(ctx, `
			select mail from alert where sent_at is null and next_at <= now() and mail <> '' order by next_at, id limit 1`).Scan(&mail)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		q, err := tx.Query(ctx, `
			with due as (
				select id from alert where sent_at is null and mail = $3 and (next_at <= now() or $3 <> '') order by next_at, id
				limit case when $3 = '' then $1::bigint end for update
			), claimed as (
				update alert a set next_at = now() + $2, attempts = attempts + 1 from due where a.id = due.id returning a.*
			) select id, kind, coalesce(dead_letter_id, 0), store, target, order_number, stream, document_kind, reason, created_at, attempts, mail
			from claimed order by id`, n, noticeLease, mail)
		if err != nil {
			return err
		}
		ns, err = pgx.CollectRows(q, pgx.RowToStructByPos[Notice])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claiming notices: %w", err)
	}
	return ns, nil
}

// NoticesMailing says in which mail notices are about to be told.
func (s *Store) NoticesMailing(ctx context.Context, ids []int64, mail string) error {
	if _, err := s.pool.Exec(ctx, `update alert set mail = $2 where id = any($1) and sent_at is null`, ids, mail); err != nil {
		return fmt.Errorf("writing down the mail of notices: %w", err)
	}
	return nil
}

// NoticesSent marks notices as told.
func (s *Store) NoticesSent(ctx context.Context, ids []int64) error {
	if _, err := s.pool.Exec(ctx, `update alert set sent_at = now(), last_error = '' where id = any($1)`, ids); err != nil {
		return fmt.Errorf("marking notices as sent: %w", err)
	}
	return nil
}

// NoticesFailed says why notices could not be told, and when to try again. If doubt,
// their mail may have been sent.
func (s *Store) NoticesFailed(ctx context.Context, ids []int64, reason string, wait time.Duration, doubt bool) error {
	if _, err := s.pool.Exec(ctx, `
		update alert set next_at = now() + $3, last_error = $2, mail = case when $4 then mail else '' end
		where id = any($1) and sent_at is null`, ids, clean(reason), wait, doubt); err != nil {
		return fmt.Errorf("marking notices as not sent: %w", err)
	}
	return nil
}
