// Package outbox is Guaranteed Delivery: it keeps every accepted event and every
// document made of it in Postgres until an ERP has it or an operator lets it go.
// It is the only room that knows Postgres.
//
// It promises:
//
//   - What was recorded stays: an event and the documents it caused are one
//     transaction, and recording the same event again changes nothing.
//   - A document's attempt is written down before it begins. An attempt that
//     nobody finished is in doubt, and what is in doubt is looked up, never sent
//     again blindly.
//   - Of one stream (one order at one target) only the head event is ever with a
//     worker. A dead head parks its stream, visibly, and so does a head that the ERP
//     has accepted and not booked yet.
//   - What the ERP has accepted is not sent again. It is waited for until the ERP
//     confirms that it is booked, throws it out, or the time for it is over; and also
//     a confirmation that comes after that counts.
//   - A worker that comes late changes nothing: every write carries the lease
//     token and the attempt's number, and before it sends it asks whether the lease
//     is still its own.
//   - Cross-reference tables are changed by one at a time, whole or not at all, and
//     whoever holds a copy is told by their revision that it is an old one.
//   - A target's limits hold across all daemons and restarts: each open request has
//     a slot in Postgres, given out under the lock of the target's row.
//
// The states of a document:
//
//	           claim              receipt, or duplicate
//	pending ──────────▶ sending ─────────────────────────▶ delivered
//	 ▲ ▲ ▲               │ │ │
//	 │ │ └─ again at t ──┘ │ └─ no understood answer, or lease ended ─▶ in doubt
//	 │ │                   │                                             │    │
//	 │ └─── look-up: the ERP surely does not have it ────────────────────┘    │
//	 │                     │ invalid, or tries and age spent                  │
//	 └──── replay ─────── dead ──── discard ─▶ discarded       look-up: has it ─▶ delivered
//
//	superseded: a newer full state of the same order goes instead
//
// Of an ERP that stores what it is sent and books it later:
//
//	                     accepted only               booked
//	sending, in doubt ──────────────────▶ accepted ──────────▶ delivered
//	                                       │    ▲                  ▲
//	      thrown out, or never confirmed   │    │ replay           │ booked late, or by
//	                                       ▼    │                  │ an operator's word
//	                                       dead ┴──────────────────┘
//
// It is asked for its confirmations (ClaimAccepted), or sends them (Acknowledged). They
// are kept whatever they are about: one may be here before the document that it is about
// counts as accepted.
//
// All times are Postgres': leases, schedules and ages never compare the clocks of
// two machines. When Postgres cannot be reached nothing is claimed, nothing is
// acknowledged, and nothing is lost; work goes on by itself when it is back.
package outbox

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// schema is the Postgres schema everything lives in.
const schema = "erpbridge"

// Config is how to reach Postgres.
type Config struct {
	URL string
	// Conns bounds the connections for pipeline and delivery; 0 means 16. A few
	// more are kept apart for the webhook gateway, so that it never waits for
	// them.
	Conns int
}

// Store is the outbox on Postgres. Its methods may be called from many
// goroutines at once.
type Store struct {
	pool *pgxpool.Pool
	// door serves the webhook gateway alone: a burst of deliveries must not keep
	// an event from being accepted.
	door      *pgxpool.Pool
	receiving receiving
	url       string
	daemon    string
	cursor    cursor
	leaps     leaps
}

// Open prepares the connection pools. It does not connect, so that the daemon
// can start and answer while Postgres is away.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Conns == 0 {
		c.Conns = 16
	}
	pool, err := newPool(ctx, c.URL, c.Conns)
	if err != nil {
		return nil, err
	}
	door, err := newPool(ctx, c.URL, 8)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool: pool, door: door, url: c.URL, daemon: uuid.NewString()}, nil
}

// Close waits for queries under way and closes the pools.
func (s *Store) Close() {
	s.pool.Close()
	s.door.Close()
}

// Ping returns nil if Postgres answers as a primary whose schema is this
// program's.
func (s *Store) Ping(ctx context.Context) error {
	var recovering bool
	if err := s.pool.QueryRow(ctx, `select pg_is_in_recovery()`).Scan(&recovering); err != nil {
		return fmt.Errorf("reaching postgres: %w", err)
	}
	if recovering {
		return fmt.Errorf("postgres is a standby: point database.url at the primary")
	}
	return nil
}

func newPool(ctx context.Context, url string, conns int) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The parser's error repeats the URL, password and all.
		return nil, fmt.Errorf("database url: not a valid connection string")
	}
	pc.MaxConns = int32(conns) // #nosec G115 -- a configured handful
	pc.MaxConnIdleTime = 5 * time.Minute
	pc.ConnConfig.ConnectTimeout = 3 * time.Second
	pc.ConnConfig.DialFunc = (&net.Dialer{KeepAlive: 10 * time.Second}).DialContext
	for name, value := range map[string]string{
		"application_name":                    "erpbridge",
		"search_path":                         schema,
		"timezone":                            "UTC",
		"statement_timeout":                   "30s",
		"idle_in_transaction_session_timeout": "30s",
	} {
		pc.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(ctx, pc)
}

// clean makes foreign text fit for a text column: valid UTF-8, no U+0000, and no
// longer than an operator will read.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	const most = 4 << 10
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
