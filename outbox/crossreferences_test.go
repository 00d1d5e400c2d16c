package outbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func load(t *testing.T, s *Store, c *CrossReferences) {
	t.Helper()
	if _, err := s.LoadReferences(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, s *Store, target, key, value string) {
	t.Helper()
	if _, err := s.SetReference(t.Context(), target, Reference{Table: "items", Key: key, Value: value}, nil, "olga"); err != nil {
		t.Fatal(err)
	}
}

func wantValue(t *testing.T, x erpbridge.CrossReference, key, want string) {
	t.Helper()
	if got, ok := x.Value("items", key); got != want || ok != (want != "") {
		t.Errorf("%q stands for %q, %t, want %q", key, got, ok, want)
	}
}

// The tables are what was loaded last, of their own target, and go on while Postgres is
// away.
func TestCrossReferencesAreThoseLoaded(t *testing.T) {
	s := open(t)
	c := NewCrossReferences()
	erp, other := c.Of("erp"), c.Of("other")
	load(t, s, c)
	wantValue(t, erp, "A", "")
	set(t, s, "erp", "A", "1")
	set(t, s, "unknown", "A", "9")
	wantValue(t, erp, "A", "")
	latest, err := s.LatestReferences(t.Context(), c)
	if err != nil || latest != 1 {
		t.Errorf("latest %d, %v", latest, err)
	}
	if loaded, err := s.LoadReferences(t.Context(), c); err != nil || loaded != latest || c.Len() != 1 {
		t.Errorf("loaded %d with %d entries, %v", loaded, c.Len(), err)
	}
	wantValue(t, erp, " A\u00a0", "1")
	wantValue(t, erp, "a", "")
	wantValue(t, other, "A", "")
	set(t, s, "other", "A", "2")
	if _, err := s.RemoveReference(t.Context(), "erp", "items", "A", "olga"); err != nil {
		t.Fatal(err)
	}
	load(t, s, c)
	wantValue(t, erp, "A", "")
	wantValue(t, other, "A", "2")
	for x, want := range map[erpbridge.CrossReference][]bool{erp: {false, false, false}, other: {true, true, false}} {
		if got := []bool{x.Kept("items", ""), x.Kept("items", "A"), x.Kept("items", "B") || x.Kept("units", "")}; !slices.Equal(got, want) {
			t.Errorf("somebody keeps them: %v, want %v", got, want)
		}
	}
	s.Close()
	if _, err := s.LoadReferences(t.Context(), c); err == nil {
		t.Error("loaded without Postgres")
	}
	wantValue(t, other, "A", "2")
}

// Who pins the tables sees one state of them, and the others go on reading.
func TestCrossReferencesStayWhilePinned(t *testing.T) {
	s := open(t)
	c := NewCrossReferences()
	erp := c.Of("erp")
	set(t, s, "erp", "A", "1")
	load(t, s, c)
	revision, unpin := c.Pin()
	set(t, s, "erp", "A", "2")
	loaded := make(chan error, 1)
	go func() {
		_, err := s.LoadReferences(t.Context(), c)
		loaded <- err
	}()
	select {
	case err := <-loaded:
		t.Errorf("they were replaced under a pin: %v", err)
	case <-time.After(300 * time.Millisecond): // longer than the reading takes
	}
	wantValue(t, erp, "A", "1")
	if got := revision("erp"); got != 1 {
		t.Errorf("revision %d", got)
	}
	unpin()
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	wantValue(t, erp, "A", "2")
	revision, unpin = c.Pin()
	defer unpin()
	if got := revision("erp"); got != 2 {
		t.Errorf("revision %d", got)
	}
}

// hold records events that are held under the mappings.
func hold(t *testing.T, s *Store, mappings ...string) {
	t.Helper()
	var ds []erpbridge.Decision
	for i, mapping := range mappings {
		d := an{order: fmt.Sprint(i), state: mapping}.decision()
		d.Verdict, d.Documents, d.Mapping = erpbridge.Hold, nil, mapping
		d.Cause = &erpbridge.Error{Kind: erpbridge.Held, Err: errors.New("no item")}
		ds = append(ds, d)
	}
	if err := s.Record(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// Only what an earlier revision of the same tables held is given back, in its order, and
// so many at a time.
func TestResumeOutdated(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	hold(
		t, s,
		"m1/erp@9", "m1/erp@10", "m1/erp@11", // earlier, present, later
		"m1/other@9",     // nothing changed there
		"m1", "m0/erp@1", // before any ERP; another configuration
		"m1/erp@2", "x", "", // earlier; of no shape
		"m1/gone@1", "m1/erp@", "m1/erp@x",
	)
	present := []string{"m1", "m1/erp@10", "m1/other@9"}
	for range 2 {
		if n, err := s.ResumeOutdated(ctx, present, 1); err != nil || n != 1 {
			t.Fatalf("resumed %d, %v", n, err)
		}
	}
	if n, err := s.ResumeOutdated(ctx, present, 100); err != nil || n != 0 {
		t.Errorf("resumed %d more, %v", n, err)
	}
	us, err := s.ClaimUndigested(ctx, 100, time.Minute)
	if err != nil || len(us) != 2 || us[0].Message.ID != "0/m1/erp@9" || us[1].Message.ID != "6/m1/erp@2" {
		t.Errorf("%+v, %v", us, err)
	}
	if n, err := s.ResumeOutdated(ctx, []string{"m1"}, 100); err != nil || n != 0 {
		t.Errorf("without tables: %d, %v", n, err)
	}
}

// 200,000 entries and as many held events: what that takes is told, and must be nothing
// that anybody waits for.
func TestManyReferences(t *testing.T) {
	if testing.Short() {
		t.Skip("200,000 rows")
	}
	s := open(t)
	m := ReferenceImport{Target: "erp", Actor: "olga", Source: "many.csv"}
	for n := range 200_000 {
		m.Entries = append(m.Entries, Reference{Table: "items", Key: fmt.Sprintf("SKU-%06d", n), Value: fmt.Sprint(n)})
	}
	began := time.Now()
	changes, err := s.ImportReferences(t.Context(), m)
	if err != nil || len(changes.Added) != len(m.Entries) {
		t.Fatalf("%s, %v", changes, err)
	}
	t.Logf("imported in %s", time.Since(began))
	c := NewCrossReferences()
	erp := c.Of("erp")
	began = time.Now()
	load(t, s, c)
	t.Logf("loaded in %s", time.Since(began))
	wantValue(t, erp, "SKU-199999", "199999")
	if _, err := s.pool.Exec(t.Context(), `
		insert into inbox (store, type, message_id, via, content_type, header, body, body_sha256, received_at, state, mapping)
		select 'shop', 't', n::text, 'webhook', '', '', '', '', now(), 'held', 'm1/erp@5' from generate_series(1, 100000) n`); err != nil {
		t.Fatal(err)
	}
	for _, present := range []string{"m1/erp@5", "m1/erp@6"} {
		began = time.Now()
		n, err := s.ResumeOutdated(t.Context(), []string{"m1", present}, 100)
		if err != nil || (n == 100) != (present == "m1/erp@6") {
			t.Errorf("resumed %d, %v", n, err)
		}
		t.Logf("resumed %d of 100,000 in %s", n, time.Since(began))
	}
}
