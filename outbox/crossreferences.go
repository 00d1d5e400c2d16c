package outbox

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// CrossReferences are the cross-reference tables of some targets, in memory:
//
//	LoadReferences ──reads what was changed──▶ a new state ──in one step──▶ what Of and Pin show
//
// Reading never waits for Postgres, and goes on with the last state while that is away.
// A state is never changed, only replaced, and not while anybody pins it.
type CrossReferences struct {
	targets []string
	// pins is held for reading by who needs one state for longer than one look-up.
	pins  sync.RWMutex
	state atomic.Pointer[crossReferenceState]
}

// crossReferenceState is never changed once it is shown.
type crossReferenceState struct {
	tables    map[string]erpbridge.CrossReferences // by target
	revisions map[string]int64                     // by target
}

// NewCrossReferences returns those of no target yet.
func NewCrossReferences() *CrossReferences {
	c := &CrossReferences{}
	c.state.Store(&crossReferenceState{})
	return c
}

// Of adds a target and returns its tables, as they are at each look-up: empty until
// they are loaded. It is called for all targets before the first LoadReferences.
func (c *CrossReferences) Of(target string) erpbridge.CrossReference {
	c.targets = append(c.targets, target)
	return viewOf{c, target}
}

type viewOf struct {
	all    *CrossReferences
	target string
}

// Value implements erpbridge.CrossReference.
func (v viewOf) Value(table, key string) (string, bool) {
	return v.all.state.Load().tables[v.target].Value(table, strings.TrimSpace(key))
}

// Kept implements erpbridge.CrossReference.
func (v viewOf) Kept(table, prefix string) bool {
	return v.all.state.Load().tables[v.target].Kept(table, prefix)
}

// Pin keeps all tables as they are until unpin is called, and tells the revision of each
// target's. It is to be held for as long as one decision takes, and not for a request.
func (c *CrossReferences) Pin() (revision func(target string) int64, unpin func()) {
	c.pins.RLock()
	revisions := c.state.Load().revisions
	return func(target string) int64 { return revisions[target] }, c.pins.RUnlock
}

// Len counts the entries.
func (c *CrossReferences) Len() (n int) {
	for _, tables := range c.state.Load().tables {
		for _, entries := range tables {
			n += len(entries)
		}
	}
	return n
}

// LatestReferences returns a number that grows with every change to the tables of c's
// targets.
func (s *Store) LatestReferences(ctx context.Context, c *CrossReferences) (latest int64, err error) {
	err = fault.Do("outbox.xref.latest", func() error {
		return s.pool.QueryRow(ctx, `select coalesce(sum(revision), 0)::bigint from xref_revision where target = any($1)`, c.targets).Scan(&latest)
	})
	if err != nil {
		return 0, fmt.Errorf("looking for changed cross-references: %w", err)
	}
	return latest, nil
}

// LoadReferences reads the tables of those targets that were changed since it did so
// last, and returns the number that LatestReferences gives for them. After an error c is
// as it was. One caller at a time.
func (s *Store) LoadReferences(ctx context.Context, c *CrossReferences) (latest int64, err error) {
	err = fault.Do("outbox.xref.load", func() error {
		// The revisions first: should the tables be changed in between, they count as
		// older than they are and are read once more. The other way round the change
		// would be missed.
		revisions, err := s.revisions(ctx, c.targets)
		if err != nil {
			return err
		}
		was := c.state.Load()
		next := &crossReferenceState{tables: maps.Clone(was.tables), revisions: revisions}
		if next.tables == nil {
			next.tables = make(map[string]erpbridge.CrossReferences)
		}
		for target, revision := range revisions {
			latest += revision
			if revision == was.revisions[target] {
				continue
			}
			if next.tables[target], err = s.readReferences(ctx, target); err != nil {
				return err
			}
		}
		c.pins.Lock()
		defer c.pins.Unlock()
		c.state.Store(next)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reading the cross-references: %w", err)
	}
	return latest, nil
}

func (s *Store) revisions(ctx context.Context, targets []string) (map[string]int64, error) {
	q, err := s.pool.Query(ctx, `select target, revision from xref_revision where target = any($1)`, targets)
	if err != nil {
		return nil, err
	}
	revisions := make(map[string]int64)
	var target string
	var revision int64
	_, err = pgx.ForEachRow(q, []any{&target, &revision}, func() error {
		revisions[target] = revision
		return nil
	})
	return revisions, err
}

// readReferences reads all tables of a target, in one statement, so that they are of one
// moment.
func (s *Store) readReferences(ctx context.Context, target string) (erpbridge.CrossReferences, error) {
	q, err := s.pool.Query(ctx, `select tab, key, value from xref where target = $1`, target)
	if err != nil {
		return nil, err
	}
	tables := make(erpbridge.CrossReferences)
	var table, key, value string
	_, err = pgx.ForEachRow(q, []any{&table, &key, &value}, func() error {
		entries := tables[table]
		if entries == nil {
			entries = make(map[string]string)
			tables[table] = entries
		}
		entries[key] = value
		return nil
	})
	return tables, err
}
