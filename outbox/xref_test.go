package outbox

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entries returns the entries of a target as "table key=value;note".
func entries(t *testing.T, s *Store, target string) []string {
	t.Helper()
	var all []string
	if err := s.References(t.Context(), target, "", 0, func(r Reference) error {
		all = append(all, fmt.Sprintf("%s %s=%s;%s", r.Table, r.Key, r.Value, r.Note))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func wantEntries(t *testing.T, s *Store, target string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, entries(t, s, target)); diff != "" {
		t.Errorf("entries of %s: %s", target, diff)
	}
}

// changedBy returns the lines of the audit log.
func changedBy(t *testing.T, s *Store, actor string) []string {
	t.Helper()
	q, err := s.pool.Query(t.Context(), `select action || ' | ' || object || ' | ' || detail from audit where actor = $1 order by id`, actor)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	var lines []string
	for q.Next() {
		var line string
		if err := q.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func revisionOf(t *testing.T, s *Store, target string) int64 {
	t.Helper()
	revisions, err := s.revisions(t.Context(), []string{target})
	if err != nil {
		t.Fatal(err)
	}
	return revisions[target]
}

func TestReferencesOneByOne(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	note := "by phone"
	set := func(r Reference, note *string) {
		t.Helper()
		if _, err := s.SetReference(ctx, "erp", r, note, "olga"); err != nil {
			t.Fatal(err)
		}
	}
	set(Reference{Table: "items", Key: " MUG-1 ", Value: "\u00a057"}, &note)
	set(Reference{Table: "items", Key: "mug-1", Value: "58"}, nil)
	set(Reference{Table: "items", Key: "MUG-1", Value: "59"}, nil) // the note stays
	change, err := s.SetReference(ctx, "erp", Reference{Table: "items", Key: "MUG-1", Value: "59"}, nil, "olga")
	if err != nil || change != nil {
		t.Errorf("set to what it is: %v, %v", change, err)
	}
	wantEntries(t, s, "erp", "items MUG-1=59;by phone", "items mug-1=58;")
	if got := revisionOf(t, s, "erp"); got != 3 {
		t.Errorf("revision %d after three changes", got)
	}
	r, err := s.FindReference(ctx, "erp", "items", "MUG-1 ")
	if err != nil || r.Value != "59" || r.UpdatedBy != "olga" || time.Since(r.UpdatedAt) > time.Hour {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.RemoveReference(ctx, "erp", "items", "MUG-1", "olga"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"removed":        second(s.FindReference(ctx, "erp", "items", "MUG-1")),
		"removed twice":  second(s.RemoveReference(ctx, "erp", "items", "MUG-1", "olga")),
		"other target":   second(s.FindReference(ctx, "other", "items", "mug-1")),
		"another's case": second(s.FindReference(ctx, "erp", "items", "Mug-1")),
	} {
		if !errors.Is(err, ErrNoReference) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if diff := cmp.Diff([]string{
		`cross-reference set | target erp | items "MUG-1": new, "57"`,
		`cross-reference set | target erp | items "mug-1": new, "58"`,
		`cross-reference set | target erp | items "MUG-1": "57" replaced by "59"`,
		`cross-reference removed | target erp | items "MUG-1": "59" removed`,
	}, changedBy(t, s, "olga")); diff != "" {
		t.Errorf("audit log: %s", diff)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTidy(t *testing.T) {
	long := strings.Repeat("ü", longestKey)
	for name, c := range map[string]struct {
		r    Reference
		want string // in the error; nothing: it is fit
	}{
		"plain":         {Reference{Table: "items", Key: "A", Value: "1"}, ""},
		"longest":       {Reference{Table: "items", Key: long, Value: long + long, Note: ""}, ""},
		"too long":      {Reference{Table: "items", Key: long + "x", Value: "1"}, "the key is 501 characters long"},
		"no key":        {Reference{Table: "items", Key: " \u00a0", Value: "1"}, "the key is empty"},
		"no value":      {Reference{Table: "items", Key: "A", Value: "\t"}, "the value is empty"},
		"line break":    {Reference{Table: "items", Key: "A\nB", Value: "1"}, "line break"},
		"nought":        {Reference{Table: "items", Key: "A\x00B", Value: "1"}, "control character"},
		"mark within":   {Reference{Table: "items", Key: "A\uFEFFB", Value: "1"}, "control character"},
		"not UTF-8":     {Reference{Table: "items", Key: "A\xff", Value: "1"}, "UTF-8"},
		"damaged":       {Reference{Table: "items", Key: "Cr\uFFFDme", Value: "1"}, "UTF-8"},
		"table":         {Reference{Table: "Items", Key: "A", Value: "1"}, "no name for a table"},
		"note":          {Reference{Table: "items", Key: "A", Value: "1", Note: "a\tb"}, "the note"},
		"joined emojis": {Reference{Table: "items", Key: "👩\u200d🚀", Value: "1"}, ""},
	} {
		_, err := c.r.Tidy()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	s := open(t)
	if _, err := s.SetReference(t.Context(), "erp", Reference{Table: strings.Repeat("t", longestTable), Key: strings.Repeat("👩", longestKey), Value: long + long}, nil, "olga"); err != nil {
		t.Errorf("the longest entry does not go into the table: %v", err)
	}
}

// given is the state that the imports of the tests begin with.
func given(t *testing.T, s *Store) {
	t.Helper()
	changes, err := s.ImportReferences(t.Context(), ReferenceImport{Target: "erp", Actor: "first", Source: "a.csv", Entries: []Reference{
		{Table: "items", Key: "A", Value: "1", Note: "one"}, {Table: "items", Key: "B", Value: "2"}, {Table: "units", Key: "piece", Value: "EA"},
	}})
	if err != nil || len(changes.Added) != 3 {
		t.Fatalf("%+v, %v", changes, err)
	}
}

func TestImportReferences(t *testing.T) {
	file := []Reference{{Table: "items", Key: "B", Value: "3"}, {Table: "items", Key: "C", Value: "4"}, {Table: "items", Key: "A", Value: "1"}}
	for name, c := range map[string]struct {
		m     ReferenceImport
		want  []string
		count string
		moved bool // the revision
	}{
		"merge":           {ReferenceImport{Entries: file}, []string{"items A=1;", "items B=3;", "items C=4;", "units piece=EA;"}, "1 added, 2 changed, 0 removed, 0 unchanged", true},
		"merge, no notes": {ReferenceImport{Entries: file, KeepNotes: true}, []string{"items A=1;one", "items B=3;", "items C=4;", "units piece=EA;"}, "1 added, 1 changed, 0 removed, 1 unchanged", true},
		"replace":         {ReferenceImport{Entries: file[:1], Replace: true}, []string{"items B=3;"}, "0 added, 1 changed, 2 removed, 0 unchanged", true},
		"replace a table": {ReferenceImport{Entries: file[:1], Replace: true, Table: "items"}, []string{"items B=3;", "units piece=EA;"}, "0 added, 1 changed, 1 removed, 0 unchanged", true},
		"replace by none": {ReferenceImport{Replace: true}, nil, "0 added, 0 changed, 3 removed, 0 unchanged", true},
		"dry run":         {ReferenceImport{Entries: file[:1], Replace: true, DryRun: true}, []string{"items A=1;one", "items B=2;", "units piece=EA;"}, "0 added, 1 changed, 2 removed, 0 unchanged", false},
		"nothing new":     {ReferenceImport{Entries: []Reference{{Table: "items", Key: "B", Value: "2"}}}, []string{"items A=1;one", "items B=2;", "units piece=EA;"}, "0 added, 0 changed, 0 removed, 1 unchanged", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			given(t, s)
			c.m.Target, c.m.Actor, c.m.Source = "erp", "olga", "b.csv (sha256:0f)"
			changes, err := s.ImportReferences(t.Context(), c.m)
			if err != nil || changes.String() != c.count {
				t.Errorf("%s, %v, want %s", changes, err, c.count)
			}
			wantEntries(t, s, "erp", c.want...)
			lines := changedBy(t, s, "olga")
			if moved := revisionOf(t, s, "erp") == 2; moved != c.moved || moved != (len(lines) == 1) {
				t.Errorf("revision %d, audit log %q", revisionOf(t, s, "erp"), lines)
			}
			if c.moved && !strings.HasPrefix(lines[0], "cross-references imported | target erp | b.csv (sha256:0f): "+c.count) {
				t.Errorf("audit log: %q", lines)
			}
		})
	}
}

func TestImportOfOneBadEntryChangesNothing(t *testing.T) {
	s := open(t)
	given(t, s)
	before := entries(t, s, "erp")
	for _, bad := range []Reference{{Table: "items", Key: "Z"}, {Table: "items", Key: "Z\x00", Value: "1"}} {
		_, err := s.ImportReferences(t.Context(), ReferenceImport{Target: "erp", Replace: true, Entries: []Reference{{Table: "items", Key: "Y", Value: "1"}, bad}})
		if err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	wantEntries(t, s, "erp", before...)
	if got := revisionOf(t, s, "erp"); got != 1 {
		t.Errorf("revision %d", got)
	}
}

// Of imports at once each takes effect as a whole: what stands there in the end is what
// the last of them brought, and each counted what it found.
func TestImportsAtOnce(t *testing.T) {
	s := open(t)
	const imports, size = 6, 200
	all := make([]ReferenceChanges, imports)
	var wg sync.WaitGroup
	for i := range imports {
		m := ReferenceImport{Target: "erp", Replace: true, Actor: "olga"}
		for n := range size {
			// In another order each: who took the rows one by one would deadlock.
			m.Entries = append(m.Entries, Reference{Table: "items", Key: fmt.Sprint((n + i*37) % size), Value: fmt.Sprint(i)})
		}
		m.Entries = append(m.Entries, Reference{Table: "items", Key: fmt.Sprintf("only-%d", i), Value: "own"})
		wg.Go(func() {
			var err error
			if all[i], err = s.ImportReferences(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first := 0
	for _, c := range all {
		switch {
		case len(c.Added) == size+1 && len(c.Changed)+len(c.Removed) == 0:
			first++
		case len(c.Added) != 1 || len(c.Changed) != size || len(c.Removed) != 1:
			t.Errorf("one found something else: %s", c)
		}
	}
	if first != 1 {
		t.Errorf("%d of them were the first", first)
	}
	values := map[string]int{}
	for _, e := range entries(t, s, "erp") {
		_, value, _ := strings.Cut(e, "=")
		values[value]++
	}
	if len(values) != 2 || revisionOf(t, s, "erp") != imports || len(changedBy(t, s, "olga")) != imports {
		t.Errorf("the entries are of several: %v; revision %d", values, revisionOf(t, s, "erp"))
	}
}
