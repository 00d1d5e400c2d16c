package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// A Reference is one entry of a cross-reference table: what a key stands for at a
// target. Keys are compared letter by letter, as the storefront sends them, but for
// blanks around them.
type Reference struct {
	Table     string    `json:"table"`
	Key       string    `json:"key"`
	Value     string    `json:"value"`
	Note      string    `json:"note"`
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"`
}

// The longest an entry's texts may be, in characters. Target, table and key together
// must fit into an entry of an index: 2,704 bytes.
const (
	longestKey   = 500
	longestValue = 1000
	longestTable = 64
)

var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Tidy returns the entry without blanks around its texts, and an error if it is not fit
// to be one.
func (r Reference) Tidy() (Reference, error) {
	r.Table, r.Key, r.Value, r.Note = strings.TrimSpace(r.Table), strings.TrimSpace(r.Key), strings.TrimSpace(r.Value), strings.TrimSpace(r.Note)
	if !tableName.MatchString(r.Table) || len(r.Table) > longestTable {
		return r, fmt.Errorf("%q is no name for a table: it is small letters, digits and underscores, at most %d, and begins with a letter", r.Table, longestTable)
	}
	for _, f := range []struct {
		what, text string
		most       int
		optional   bool
	}{
		{"key", r.Key, longestKey, false}, {"value", r.Value, longestValue, false}, {"note", r.Note, longestValue, true},
	} {
		switch {
		case f.text == "" && !f.optional:
			return r, fmt.Errorf("the %s is empty", f.what)
		case !utf8.ValidString(f.text) || strings.ContainsRune(f.text, utf8.RuneError):
			return r, fmt.Errorf("the %s %q is not proper UTF-8: it was damaged on its way here", f.what, f.text)
		case utf8.RuneCountInString(f.text) > f.most:
			return r, fmt.Errorf("the %s is %d characters long, the most is %d", f.what, utf8.RuneCountInString(f.text), f.most)
		case strings.ContainsFunc(f.text, unprintable):
			return r, fmt.Errorf("the %s %q holds a line break, a tab or another control character", f.what, f.text)
		}
	}
	return r, nil
}

// unprintable are the characters that no entry holds: control characters, and the byte
// order mark, which nobody sees and which would make a key another one.
func unprintable(r rune) bool { return unicode.IsControl(r) || r == '\uFEFF' }

// ErrNoReference is returned for an entry that is not there.
var ErrNoReference = errors.New("no such entry")

// FindReference returns the entry of a key.
func (s *Store) FindReference(ctx context.Context, target, table, key string) (Reference, error) {
	q, err := s.pool.Query(ctx, `
		select tab, key, value, note, updated_at, updated_by from xref where target = $1 and tab = $2 and key = $3`,
		target, table, strings.TrimSpace(key))
	if err != nil {
		return Reference{}, fmt.Errorf("looking up %s %q: %w", table, key, err)
	}
	r, err := pgx.CollectExactlyOneRow(q, pgx.RowToStructByPos[Reference])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoReference
	}
	if err != nil {
		return r, fmt.Errorf("%s %q: %w", table, key, err)
	}
	return r, nil
}

// References calls each for the entries of a target, or of one of its tables, in the
// order of tables and keys, until that returns an error. limit 0 is no limit.
func (s *Store) References(ctx context.Context, target, table string, limit int, each func(Reference) error) error {
	q, err := s.pool.Query(ctx, `
		select tab, key, value, note, updated_at, updated_by from xref where target = $1 and $2 in ('', tab)
		order by tab collate "C", key collate "C" limit nullif($3, 0)`, target, table, limit)
	if err != nil {
		return fmt.Errorf("listing cross-references: %w", err)
	}
	defer q.Close()
	for q.Next() {
		r, err := pgx.RowToStructByPos[Reference](q)
		if err != nil {
			return fmt.Errorf("listing cross-references: %w", err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
	if err := q.Err(); err != nil {
		return fmt.Errorf("listing cross-references: %w", err)
	}
	return nil
}

// CountReferences counts the entries of a target, or of one of its tables.
func (s *Store) CountReferences(ctx context.Context, target, table string) (n int, err error) {
	err = s.pool.QueryRow(ctx, `select count(*) from xref where target = $1 and $2 in ('', tab)`, target, table).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting cross-references: %w", err)
	}
	return n, nil
}

// A ReferenceChange is what became of one entry. Before is empty for a new entry, After
// for one that was removed.
type ReferenceChange struct {
	Table  string `json:"table"`
	Key    string `json:"key"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Note: only the note is another one.
	Note bool `json:"note_only,omitempty"`
}

// String says it in words.
func (c ReferenceChange) String() string {
	what := c.Table + " " + strconv.Quote(c.Key)
	switch {
	case c.Before == "":
		return fmt.Sprintf("%s: new, %q", what, c.After)
	case c.After == "":
		return fmt.Sprintf("%s: %q removed", what, c.Before)
	case c.Note:
		return fmt.Sprintf("%s: %q, with another note", what, c.After)
	}
	return fmt.Sprintf("%s: %q replaced by %q", what, c.Before, c.After)
}

func compareChanges(a, b ReferenceChange) int {
	return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Key, b.Key))
}

// SetReference makes value what key stands for, by the word of actor. With a nil note
// the entry keeps the one it has. It returns nil if that changed nothing.
func (s *Store) SetReference(ctx context.Context, target string, r Reference, note *string, actor string) (*ReferenceChange, error) {
	m := ReferenceImport{Target: target, Entries: []Reference{r}, KeepNotes: note == nil, Actor: actor, one: true}
	if note != nil {
		m.Entries[0].Note = *note
	}
	changes, err := s.ImportReferences(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Concat(changes.Added, changes.Changed) {
		return &c, nil
	}
	return nil, nil
}

// RemoveReference removes an entry, by the word of actor.
func (s *Store) RemoveReference(ctx context.Context, target, table, key, actor string) (ReferenceChange, error) {
	c := ReferenceChange{Table: table, Key: strings.TrimSpace(key)}
	err := inTx(ctx, s.pool, "outbox.xref", func(tx pgx.Tx) error {
		if err := lockReferences(ctx, tx, target); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `delete from xref where target = $1 and tab = $2 and key = $3 returning value`, target, c.Table, c.Key).Scan(&c.Before)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoReference
		}
		if err != nil {
			return err
		}
		if err := writeAudit(ctx, tx, actor, "cross-reference removed", "target "+target, c.String()); err != nil {
			return err
		}
		return raiseRevision(ctx, tx, target)
	})
	if err != nil {
		return c, fmt.Errorf("removing %s %q: %w", c.Table, c.Key, err)
	}
	return c, nil
}

// lockReferences keeps all others from changing the tables of a target until the
// transaction ends.
func lockReferences(ctx context.Context, tx pgx.Tx, target string) error {
	_, err := tx.Exec(ctx, `
		insert into xref_revision (target, revision) values ($1, 0)
		on conflict (target) do update set revision = xref_revision.revision`, target)
	return err
}

// raiseRevision tells every daemon that the tables of a target were changed.
func raiseRevision(ctx context.Context, tx pgx.Tx, target string) error {
	_, err := tx.Exec(ctx, `update xref_revision set revision = revision + 1 where target = $1`, target)
	return err
}
