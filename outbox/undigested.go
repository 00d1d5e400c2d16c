package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// An Undigested event is in the inbox and still without a decision.
type Undigested struct {
	Message erpbridge.Message
	// Tries counts how often the pipeline began on it, this time included. It is
	// committed before the pipeline sees the body, so that a body that kills the
	// process is found out.
	Tries int
}

// ClaimUndigested returns up to n events that wait for the pipeline, oldest first,
// and keeps them from others for hold. The decision is made by Record. An event
// that was begun on before comes alone: should it be one that kills the process,
// it takes no others with it.
func (s *Store) ClaimUndigested(ctx context.Context, n int, hold time.Duration) ([]Undigested, error) {
	var us []Undigested
	err := fault.Do("outbox.undigested", func() (err error) {
		us, err = s.claim(ctx, `not points and digest_tries = 0`, n, hold)
		if err == nil && len(us) == 0 {
			us, err = s.claim(ctx, `not points and digest_tries > 0`, 1, hold)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claiming undigested events: %w", err)
	}
	return us, nil
}

// GiveBack takes back the try at an event that the pipeline could not come to an end with
// for a reason that was not the event's. It is claimed again when its hold is over.
func (s *Store) GiveBack(ctx context.Context, m erpbridge.Message) error {
	if _, err := s.pool.Exec(ctx, `
		update inbox set digest_tries = greatest(digest_tries - 1, 0)
		where store = $1 and type = $2 and message_id = $3 and undigested and not points`, m.Store, m.Type, m.ID); err != nil {
		return fmt.Errorf("giving back an undigested event: %w", err)
	}
	return nil
}

// due selects $1 of those that wait and are due for the longest: in the order of the
// indexes, or Postgres looks for the few that wait among all that was ever accepted.
func due(which string) string {
	return `select id from inbox where undigested and digest_after <= now() and ` + which + `
			order by digest_after, id limit $1 for update skip locked`
}

func (s *Store) claim(ctx context.Context, which string, n int, hold time.Duration, args ...any) ([]Undigested, error) {
	q, err := s.pool.Query(ctx, `
		with due as (
			`+due(which)+`
		), claimed as (
			update inbox i set digest_tries = digest_tries + 1, digest_after = now() + $2
			from due where i.id = due.id returning i.*
		) select store, type, message_id, via, content_type, header, body, fetched, received_at, digest_tries from claimed order by id`, append([]any{n, hold}, args...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(q, func(r pgx.CollectableRow) (Undigested, error) {
		var u Undigested
		var header []byte
		m := &u.Message
		if err := r.Scan(&m.Store, &m.Type, &m.ID, &m.Via, &m.ContentType, &header, &m.Body, &m.Fetched, &m.ReceivedAt, &u.Tries); err != nil {
			return u, err
		}
		return u, json.Unmarshal(header, &m.Header)
	})
}

// ResumeHeld gives the events that are held under none of the present mappings back to
// the pipeline, and returns how many they are. What is still missing holds them again,
// under a present mapping.
func (s *Store) ResumeHeld(ctx context.Context, present ...string) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		update inbox set state = 'pending', undigested = true, digest_after = now(), digest_tries = 0
		where state = 'held' and mapping <> all($1::text[])`, present)
	if err != nil {
		return 0, fmt.Errorf("resuming held events: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// ResumeOutdated gives up to n events back to the pipeline, oldest first, that are held
// under an earlier revision of one of the present mappings, and returns how many they
// are. A mapping has revisions if it ends in @ and a number, such as "0f3a/netsuite@17".
//
// What is held under a later one is left alone: another daemon knows more than this one,
// and they would give each other the same events for ever.
func (s *Store) ResumeOutdated(ctx context.Context, present []string, n int) (int, error) {
	var of []string
	var revisions []int64
	for _, mapping := range present {
		at := strings.LastIndexByte(mapping, '@') + 1
		if revision, err := strconv.ParseInt(mapping[at:], 10, 64); at > 0 && err == nil {
			of, revisions = append(of, mapping[:at]), append(revisions, revision)
		}
	}
	if len(of) == 0 {
		return 0, nil
	}
	var resumed int
	err := fault.Do("outbox.resume", func() error {
		tag, err := s.pool.Exec(ctx, `
			with outdated as (
				select id from inbox where state = 'held' and mapping <> all($1::text[]) and exists (
					select from unnest($2::text[], $3::bigint[]) as p(mapping, revision)
					-- case: what stands after an and may be worked out first
					where case when starts_with(inbox.mapping, p.mapping) and substr(inbox.mapping, length(p.mapping) + 1) ~ '^[0-9]{1,18}$'
					      then substr(inbox.mapping, length(p.mapping) + 1)::bigint < p.revision end)
				order by id limit $4 for update skip locked)
			update inbox i set state = 'pending', undigested = true, digest_after = now(), digest_tries = 0
			from outdated o where i.id = o.id`, present, of, revisions, n)
		resumed = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("resuming held events: %w", err)
	}
	return resumed, nil
}
