package suitetalk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJournalTellsArrivalEffectAndAnswerApart(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: EffectThenDrop, Count: 1})
	if _, err := b.call("upsertList", ada, order1); !isCut(err) {
		t.Fatal(err)
	}
	entries, err := b.Journal()
	if err != nil {
		t.Fatal(err)
	}
	type brief struct {
		Seq, Request int64
		Kind         EntryKind
		Action       Action
		ID           string
		Status       int
		Dropped      bool
		Mode         Kind
	}
	var got []brief
	for _, e := range entries {
		s := brief{e.Seq, e.Request, e.Kind, e.Action, "", e.Status, e.Dropped, e.Mode}
		if e.Record != nil {
			s.ID = e.Record.ExternalID
		}
		got = append(got, s)
	}
	want := []brief{
		{Seq: 1, Request: 1, Kind: Arrival},
		{Seq: 2, Request: 1, Kind: Effect, Action: Create, ID: "c-1"},
		{Seq: 3, Request: 1, Kind: Effect, Action: Create, ID: "o-1"},
		{Seq: 4, Request: 1, Kind: Answer, Dropped: true, Mode: EffectThenDrop},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	arrived := entries[0]
	if arrived.Operation != "upsertList" || arrived.Version != "2023_2" || len(arrived.Records) != 2 ||
		arrived.Records[1].ExternalID != "o-1" || arrived.Records[1].Hash != entries[2].Record.Hash || len(arrived.Records[1].Hash) != 64 {
		t.Fatalf("%+v", arrived)
	}
}

func TestARestartForgetsNoEffect(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Journal: dir, Sync: true})
	first.upsert(ada, order1, deposit1)
	first.upsert(strings.Replace(order1, "first", "second", 1))
	first.mode(Mode{Kind: Throttle, Count: 1})
	first.upsert(ada)
	records, state := first.Records(""), first.State()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, Config{Journal: dir})
	if diff := cmp.Diff(records, second.Records("")); diff != "" {
		t.Fatal(diff)
	}
	state.MaxConcurrency, state.MaxPerSecond, state.Actions = 0, 0, nil // those begin anew
	if diff := cmp.Diff(state, second.State()); diff != "" {
		t.Fatal(diff)
	}
	// It is the same order still, and ids and numbers go on.
	wantResults(t, second.upsert(order1, strings.Replace(ada, "c-1", "c-2", 1)), "ok", "ok")
	if r, _ := second.Record("salesOrder", "o-1"); r.InternalID != "1002" || r.Updated != 2 || r.Created != 1 {
		t.Fatalf("%+v", r)
	}
	if r, _ := second.Record("customer", "c-2"); r.InternalID != "1004" {
		t.Fatalf("%+v", r)
	}
	entries, err := second.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Fatalf("entry %d has number %d", i+1, e.Seq)
		}
	}
}

func TestATornLineIsCutOff(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Journal: dir})
	b.upsert(ada)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, journalName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(bytes.Clone(whole), `{"seq":4,"kind":"eff`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b = start(t, Config{Journal: dir})
	if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, whole) {
		t.Fatalf("%v\n%s", err, now)
	}
	wantResults(t, b.upsert(ada), "ok")
	if r, _ := b.Record("customer", "c-1"); r.Repeated != 1 {
		t.Fatalf("%+v", r)
	}
}

func TestADamagedJournalIsAnError(t *testing.T) {
	for name, content := range map[string]string{
		"not JSON":                  "nonsense\n",
		"an effect of no record":    `{"seq":1,"kind":"effect"}` + "\n",
		"damage before a torn line": "{\n{",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, journalName), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := New(Config{Journal: dir}); err == nil {
				t.Fatalf("it was opened: %v", s.Close())
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Journal: file}); err == nil {
		t.Fatal("a file was taken for a folder")
	}
}

// Nothing takes effect that the journal does not know of.
func TestWithoutTheJournalNothingHappens(t *testing.T) {
	b := start(t, Config{Journal: t.TempDir()})
	b.upsert(ada)
	sub := submissionOf(t, order1)
	b.journal.mu.Lock()
	file := b.journal.file
	readOnly, err := os.Open(file.Name())
	b.journal.file = readOnly
	b.journal.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	out := b.save(t.Context(), write{verb: upsert, sub: sub})
	if out.saved || len(out.details) != 1 || out.details[0].code != "UNEXPECTED_ERROR" {
		t.Fatalf("%+v", out)
	}
	a, err := b.call("upsertList", order1)
	if err != nil || a.status != 500 || a.body != nil {
		t.Fatalf("%v %s", err, a.raw)
	}
	if s := b.State(); s.Orders != 0 || s.Effects != 1 {
		t.Fatalf("%+v", s)
	}
	b.journal.mu.Lock()
	b.journal.file = file
	b.journal.mu.Unlock()
	if err := readOnly.Close(); err != nil {
		t.Fatal(err)
	}
	wantResults(t, b.upsert(order1), "ok")
}

// What memory does not hold the journal must give back, or the client hears of it.
func TestARecordTheJournalDoesNotGiveBack(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Journal: dir})
	b.upsert(ada, order1)
	if err := os.Truncate(filepath.Join(dir, journalName), 10); err != nil {
		t.Fatal(err)
	}
	wantResults(t, b.lookUp(ref("salesOrder", `externalId="o-1"`)), "UNEXPECTED_ERROR")
	wantResults(t, b.upsert(order1), "UNEXPECTED_ERROR")
	if got := b.control("GET", "records", "", nil); got != 500 {
		t.Fatalf("status %d", got)
	}
	if rs := b.Records("salesOrder"); len(rs) != 1 || rs[0].ExternalID != "o-1" || rs[0].Content != "" {
		t.Fatalf("%+v", rs)
	}
}

func TestManyMakeTheJournalDurableAtOnce(t *testing.T) {
	b := start(t, Config{Journal: t.TempDir(), Sync: true, Concurrency: -1})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 10 {
				wantResults(t, b.upsert(strings.Replace(ada, "c-1", fmt.Sprintf("c-%d-%d", i, n), 1)), "ok")
			}
		})
	}
	all.Wait()
	b.journal.mu.Lock()
	defer b.journal.mu.Unlock()
	if b.journal.durable != b.journal.seq || b.journal.seq != 3*160 {
		t.Fatalf("%d of %d entries are durable", b.journal.durable, b.journal.seq)
	}
}

// After a failure nothing is called durable again: a second try would lie.
func TestAFailedSyncStaysFailed(t *testing.T) {
	b := start(t, Config{Journal: t.TempDir(), Sync: true})
	b.upsert(ada)
	b.journal.mu.Lock()
	file := b.journal.file
	r, w, err := os.Pipe() // which can be written to, and not be made durable
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	b.journal.file = w
	b.journal.mu.Unlock()
	if a, err := b.call("upsertList", ada); err != nil || a.status == 200 {
		t.Fatalf("%v %s", err, a.raw)
	}
	b.journal.mu.Lock()
	b.journal.file = file
	b.journal.mu.Unlock()
	if a, err := b.call("getServerTime"); err != nil || a.status != 500 {
		t.Fatalf("%v %s", err, a.raw)
	}
}

func submissionOf(t *testing.T, record string) submission {
	t.Helper()
	env, f := readEnvelope([]byte(envelopeXML("2023_2", "", `<platformMsgs:upsert>`+record+`</platformMsgs:upsert>`)))
	if f != nil {
		t.Fatal(f)
	}
	sub, f := schema{"2023_2"}.readSubmission(env.body.ChildElements()[0])
	if f != nil {
		t.Fatal(f)
	}
	return sub
}

func TestResetKeepsTheOldJournalAside(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Journal: dir})
	b.upsert(ada)
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if len(b.Records("")) != 0 {
		t.Fatalf("%v", b.Records(""))
	}
	b.upsert(order1)
	entries, err := b.Journal()
	if err != nil || len(entries) != 2 || entries[0].Seq != 4 {
		t.Fatalf("%v %+v", err, entries)
	}
	aside, err := filepath.Glob(filepath.Join(dir, "journal-*.jsonl"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("%v %v", err, aside)
	}
	old, err := os.ReadFile(aside[0])
	if err != nil || bytes.Count(old, []byte("\n")) != 3 {
		t.Fatalf("%v %s", err, old)
	}
}
