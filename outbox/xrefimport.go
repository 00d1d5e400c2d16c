package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A ReferenceImport is a set of entries that take effect together, or not at all.
type ReferenceImport struct {
	Target string
	// Table bounds what Replace removes to one table; "" is all of the target's.
	Table   string
	Entries []Reference // no key of a table twice
	// Replace removes what is not among Entries.
	Replace bool
	// KeepNotes leaves the notes as they are: Entries has none.
	KeepNotes bool
	DryRun    bool // only say what would be changed
	Actor     string
	Source    string // for the audit log: where the entries come from

	one bool // an entry set by hand
}

// ReferenceChanges is what an import changed, in the order of tables and keys.
type ReferenceChanges struct {
	Added     []ReferenceChange `json:"added"`
	Changed   []ReferenceChange `json:"changed"`
	Removed   []ReferenceChange `json:"removed"`
	Unchanged int               `json:"unchanged"`
}

// None reports whether everything is as it was.
func (c ReferenceChanges) None() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// String counts them.
func (c ReferenceChanges) String() string {
	return fmt.Sprintf("%d added, %d changed, %d removed, %d unchanged", len(c.Added), len(c.Changed), len(c.Removed), c.Unchanged)
}

// ImportReferences changes the tables of a target. Of two at once the second waits for
// the first, and sees what that changed. An import that changes nothing leaves no trace.
func (s *Store) ImportReferences(ctx context.Context, m ReferenceImport) (ReferenceChanges, error) {
	m.Entries = slices.Clone(m.Entries)
	for i, r := range m.Entries {
		tidy, err := r.Tidy()
		if err != nil {
			return ReferenceChanges{}, err
		}
		m.Entries[i] = tidy
	}
	var changes ReferenceChanges
	err := inTx(ctx, s.pool, "outbox.xref", func(tx pgx.Tx) (err error) {
		if !m.DryRun {
			if err := lockReferences(ctx, tx, m.Target); err != nil {
				return err
			}
		}
		i := importing{ReferenceImport: m, tx: tx}
		if changes, err = i.compare(ctx); err != nil || m.DryRun || changes.None() {
			return err
		}
		return i.apply(ctx, changes)
	})
	if err != nil {
		return ReferenceChanges{}, fmt.Errorf("changing the cross-references of %s: %w", m.Target, err)
	}
	return changes, nil
}

// importing is one transaction of ImportReferences.
type importing struct {
	ReferenceImport
	tx   pgx.Tx
	puts []Reference // entries to write
}

// entryID is one entry of a target.
type entryID struct{ table, key string }

// compare finds out what is to be changed.
func (i *importing) compare(ctx context.Context) (ReferenceChanges, error) {
	c := ReferenceChanges{Added: []ReferenceChange{}, Changed: []ReferenceChange{}, Removed: []ReferenceChange{}}
	present, err := i.present(ctx)
	if err != nil {
		return c, err
	}
	for _, r := range i.Entries {
		id := entryID{r.Table, r.Key}
		was, there := present[id]
		delete(present, id)
		if i.KeepNotes {
			r.Note = was.Note
		}
		change := ReferenceChange{Table: r.Table, Key: r.Key, Before: was.Value, After: r.Value}
		switch {
		case !there:
			c.Added = append(c.Added, change)
		case was.Value != r.Value || was.Note != r.Note:
			change.Note = was.Value == r.Value
			c.Changed = append(c.Changed, change)
		default:
			c.Unchanged++
			continue
		}
		i.puts = append(i.puts, r)
	}
	if i.Replace {
		for id, was := range present {
			c.Removed = append(c.Removed, ReferenceChange{Table: id.table, Key: id.key, Before: was.Value})
		}
	}
	for _, cs := range [][]ReferenceChange{c.Added, c.Changed, c.Removed} {
		slices.SortFunc(cs, compareChanges)
	}
	return c, nil
}

// present reads the entries that the import may touch.
func (i *importing) present(ctx context.Context) (map[entryID]Reference, error) {
	sql, args := `select tab, key, value, note from xref where target = $1 and $2 in ('', tab)`, []any{i.Target, i.Table}
	if !i.Replace {
		var tables, keys []string
		for _, r := range i.Entries {
			tables, keys = append(tables, r.Table), append(keys, r.Key)
		}
		sql = `select tab, key, value, note from xref join unnest($2::text[], $3::text[]) as e(tab, key) using (tab, key) where target = $1`
		args = []any{i.Target, tables, keys}
	}
	q, err := i.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	present := make(map[entryID]Reference)
	var r Reference
	_, err = pgx.ForEachRow(q, []any{&r.Table, &r.Key, &r.Value, &r.Note}, func() error {
		present[entryID{r.Table, r.Key}] = r
		return nil
	})
	return present, err
}

// portion is how many entries one statement writes: none should come near the time that
// statements are given.
const portion = 10_000

// apply writes the changes, with one line in the audit log.
func (i *importing) apply(ctx context.Context, c ReferenceChanges) error {
	for puts := range slices.Chunk(i.puts, portion) {
		var tables, keys, values, notes []string
		for _, r := range puts {
			tables, keys, values, notes = append(tables, r.Table), append(keys, r.Key), append(values, r.Value), append(notes, r.Note)
		}
		if _, err := i.tx.Exec(ctx, `
			insert into xref (target, tab, key, value, note, updated_by)
			select $1, tab, key, value, note, $2 from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as e(tab, key, value, note)
			on conflict (target, tab, key) do update set value = excluded.value, note = excluded.note, updated_at = now(), updated_by = excluded.updated_by`,
			i.Target, clean(i.Actor), tables, keys, values, notes); err != nil {
			return err
		}
	}
	for gone := range slices.Chunk(c.Removed, portion) {
		var tables, keys []string
		for _, r := range gone {
			tables, keys = append(tables, r.Table), append(keys, r.Key)
		}
		if _, err := i.tx.Exec(ctx, `
			delete from xref x using unnest($2::text[], $3::text[]) as e(tab, key)
			where x.target = $1 and x.tab = e.tab and x.key = e.key`, i.Target, tables, keys); err != nil {
			return err
		}
	}
	if err := i.audit(ctx, c); err != nil {
		return err
	}
	return raiseRevision(ctx, i.tx, i.Target)
}

// longestAudit is how much of an import's changes its line in the audit log names.
const longestAudit = 2000

func (i *importing) audit(ctx context.Context, c ReferenceChanges) error {
	action := "cross-references imported"
	var b strings.Builder
	if i.one {
		action = "cross-reference set"
	} else {
		fmt.Fprintf(&b, "%s: %s. ", i.Source, c)
	}
	all := slices.Concat(c.Removed, c.Changed, c.Added)
	for n, change := range all {
		if b.Len() > longestAudit {
			fmt.Fprintf(&b, "and %d more", len(all)-n)
			break
		}
		b.WriteString(change.String())
		if n < len(all)-1 {
			b.WriteString("; ")
		}
	}
	return writeAudit(ctx, i.tx, i.Actor, action, "target "+i.Target, b.String())
}
