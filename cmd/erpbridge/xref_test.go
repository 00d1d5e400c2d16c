package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/outbox"
)

// An operator fills, corrects and reads tables, entry by entry.
func TestXrefEntryByEntry(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		args []string
		code int
		want string // in what it prints
	}{
		{[]string{"list"}, exitOK, "no entries"},
		{[]string{"set", "items", "MUG-1", "57", "--note", "the blue one"}, exitOK, `items "MUG-1": new, "57"`},
		{[]string{"set", "--target", "netsuite", "items", "MUG-1", "58"}, exitOK, `items "MUG-1": "57" replaced by "58"`},
		{[]string{"set", "items", "MUG-1", "58"}, exitOK, `items "MUG-1": "58" stands there already`},
		{[]string{"get", "items", "MUG-1"}, exitOK, "58\n"},
		{[]string{"get", "items", "MUG-2"}, exitFailed, `items "MUG-2": no such entry`},
		{[]string{"list"}, exitOK, "the blue one"},
		{[]string{"list", "--table", "units"}, exitOK, "no entries"},
		{[]string{"set", "--", "items", "-5", "1"}, exitOK, `items "-5": new, "1"`},
		{[]string{"list", "--limit", "1"}, exitOK, "1 more: erpbridge xref export"},
		{[]string{"list", "--limit", "0"}, exitUsage, "--limit"},
		{[]string{"rm", "items", "MUG-1"}, exitOK, `items "MUG-1": "58" removed`},
		{[]string{"rm", "items", "MUG-1"}, exitFailed, "no such entry"},
		{[]string{"set", "item", "MUG-1", "57"}, exitUsage, `no ERP asks a table "item" (did you mean "items"?)`},
		{[]string{"set", "own_table", "a", "b", "--force"}, exitOK, `own_table "a": new, "b"`},
		{[]string{"set", "items", "4,01234E+12", "57"}, exitUsage, "format the column as text"},
		{[]string{"set", "items", "MUG\n1", "57"}, exitUsage, "line break"},
		{[]string{"set", "items", "MUG-1", " "}, exitUsage, "the value is empty"},
		{[]string{"set", "items", "MUG-1"}, exitUsage, "see erpbridge xref set --help"},
		{[]string{"set", "--target", "netsuit", "items", "MUG-1", "57"}, exitUsage, `there is no target "netsuit"; configured: netsuite`},
		{[]string{"set", "items", "a\x1b[2J", "57"}, exitUsage, "control character"},
		{[]string{"set", "items", "a\u202eb", "57"}, exitOK, `a\u202eb`},
		{[]string{"set", "customer_emails", "Ann@Example.COM", "7"}, exitOK, `customer_emails "ann@example.com": new, "7"`},
		{[]string{"get", "customer_emails", "ANN@example.com"}, exitOK, "7"},
		{[]string{"rm", "customer_emails", "Ann@example.com"}, exitOK, "removed"},
		{[]string{"set", "customer_phones", "+1 518-555-0111", "7"}, exitOK, `customer_phones "15185550111": new, "7"`},
		{[]string{"rm", "customer_phones", "+1 (518) 555 0111"}, exitOK, "removed"},
		{[]string{"set", "customer_phones", "unknown", "7"}, exitUsage, "the key is empty"},
	} {
		code, stdout, stderr := command(t, append(append([]string{"xref"}, step.args[0], "-c", w.config), step.args[1:]...)...)
		out := stdout + stderr
		if code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("%q: exit %d, want %d with %q:\n%s", step.args, code, step.code, step.want, out)
		}
	}
	var done map[string]any
	_, out, _ := command(t, "xref", "set", "items", "B", "1", "-o", "json", "-c", w.config)
	if err := json.Unmarshal([]byte(out), &done); err != nil || done["done"] != "set" || done["after"] != "1" || done["target"] != "netsuite" {
		t.Errorf("%v, %s", err, out)
	}
}

// listed returns the entries as list prints them.
func listed(t *testing.T, config string) string {
	t.Helper()
	code, out, errs := command(t, "xref", "list", "-c", config)
	if code != exitOK {
		t.Fatal(errs)
	}
	var rows []string
	for line := range strings.Lines(out) {
		rows = append(rows, strings.Join(strings.Fields(line)[:3], " "))
	}
	return strings.Join(rows[1:], "; ")
}

// A file is taken whole or not at all, a dry run takes nothing, and an export brings back
// what was there.
func TestXrefImportAndExport(t *testing.T) {
	w := newWorld(t)
	xref := func(code int, want string, args ...string) string {
		t.Helper()
		got, out, errs := command(t, append([]string{"xref", args[0], "-c", w.config}, args[1:]...)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("%q: exit %d, want %d with %q:\n%s", args, got, code, want, out+errs)
		}
		return out
	}
	const before = "items =1+1 5; items A 1; items B 2; units piece EA"
	xref(exitOK, "4 added, 0 changed, 0 removed, 0 unchanged", "import",
		file(t, "first.csv", "\ufefftable;key;value;note\r\nitems;A;1;\"he said \"\"no\"\"\"\r\nitems;B;2;-x\r\nunits;piece;EA;\r\nitems;'=1+1;5;\r\n"))
	if got := listed(t, w.config); got != before {
		t.Fatalf("after the first import: %s", got)
	}
	backup := file(t, "before.csv", xref(exitOK, "items,'=1+1,5,", "export"))

	second := file(t, "second.csv", "key,value\nB,3\nC,4\n")
	for _, step := range []struct {
		code int
		want string
		args []string
	}{
		{exitOK, `items "A": "1" removed`, []string{second, "--table", "items", "--replace", "--dry-run"}},
		{exitOK, "dry run, nothing was changed: 1 added, 1 changed, 2 removed, 0 unchanged", []string{second, "--table", "items", "--replace", "--dry-run"}},
		{exitFailed, "line 1: there is no column table", []string{second}},
		{exitFailed, "line 3: the value is empty\nline 4: items \"X\" stands in line 2 already", []string{file(t, "bad.csv", "table,key,value\nitems,X,1\nitems,Y,\nitems,X,2\n")}},
		{exitFailed, "line 2: not UTF-8", []string{file(t, "latin.csv", "table,key,value\nitems,Cr\xe8me,1\n")}},
		{exitFailed, "the file has no entries", []string{file(t, "none.csv", "table,key,value\n"), "--replace"}},
		{exitFailed, "no such file", []string{filepath.Join(t.TempDir(), "absent.csv")}},
	} {
		xref(step.code, step.want, append([]string{"import"}, step.args...)...)
		if got := listed(t, w.config); got != before {
			t.Fatalf("%q changed something: %s", step.args, got)
		}
	}

	xref(exitOK, "1 added, 1 changed, 2 removed, 0 unchanged", "import", second, "--table", "items", "--replace")
	if got := listed(t, w.config); got != "items B 3; items C 4; units piece EA" {
		t.Errorf("after the second import: %s", got)
	}
	var changes imported
	out := xref(exitOK, "", "import", backup, "--replace", "-o", "json")
	if err := json.Unmarshal([]byte(out), &changes); err != nil || len(changes.Added) != 2 || len(changes.Changed) != 1 || len(changes.Removed) != 1 || changes.Unchanged != 1 {
		t.Errorf("%v, %s", err, out)
	}
	want, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), xref(exitOK, "", "export")); diff != "" {
		t.Errorf("the old export does not restore what was there: %s", diff)
	}
	xref(exitOK, "0 added, 0 changed, 0 removed, 4 unchanged", "import", backup, "--replace")
	if got := xref(exitOK, "", "export", "--table", "units", "--bom"); got != "\ufefftable,key,value,note\nunits,piece,EA,\n" {
		t.Errorf("export of a table: %q", got)
	}
	xref(exitOK, "4 removed", "import", file(t, "none.csv", "table,key,value\n"), "--replace", "--force")
	if got := xref(exitOK, "no entries", "list"); strings.Contains(got, "items") {
		t.Error(got)
	}
}

// Preview looks into the file it is given, and says that there was none.
func TestPreviewWithCrossReferences(t *testing.T) {
	w := newWorld(t)
	withoutItems(t, w)
	order := filepath.Join("..", "..", "testdata", "orders", "taxed.json")
	preview := func(more ...string) (int, string) {
		code, out, errs := command(t, append([]string{"preview", "-c", w.config, "--store", "shop", "--topic", "orders/create", order}, more...)...)
		return code, out + errs
	}
	if code, out := preview(); code != exitHeld || !strings.Contains(out, `no item for "BP-CNV-OLV"`) || !strings.Contains(out, "xref set --target netsuite items") || !strings.Contains(out, "--xref FILE.csv") {
		t.Errorf("without a file: exit %d: %s", code, out)
	}
	items := file(t, "items.csv", "table,key,value\nitems,BP-CNV-OLV,4711\nitems,MUG-EN-12,4712\n")
	if code, out := preview("--xref", items); code != exitOK || !strings.Contains(out, `internalId="4711"`) || !strings.Contains(out, `internalId="4712"`) {
		t.Errorf("with a file: exit %d: %s", code, out)
	}
	// Keys are entered as people write them.
	mail := file(t, "mail.csv", "table,key,value\nitems,BP-CNV-OLV,4711\nitems,MUG-EN-12,4712\n customer_emails ,MAYA.Ortega.1101@Example.com,777\n")
	if code, out := preview("--xref", mail); code != exitOK || !strings.Contains(out, `internalId="777"`) {
		t.Errorf("with a customer's address: exit %d: %s", code, out)
	}
	if code, out := preview("--xref", file(t, "bad.csv", "table,key\n")); code != exitUsage || !strings.Contains(out, "line 1") {
		t.Errorf("with a bad file: exit %d: %s", code, out)
	}
}

// withoutItems takes the placeholder for items out of a world's configuration.
func withoutItems(t *testing.T, w *world) {
	t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	const placeholder = `items: {placeholder: "100"}`
	if !strings.Contains(string(text), placeholder) {
		t.Fatalf("the configuration has no %s", placeholder)
	}
	if err := os.WriteFile(w.config, []byte(strings.Replace(string(text), placeholder, "items: {}", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Rendered anew, a document is made with the tables of now.
func TestRenderAgainUsesTheTablesOfNow(t *testing.T) {
	w := newWorld(t)
	withoutItems(t, w)
	opt := &options{config: w.config}
	conf, err := opt.load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := outbox.DeadLetterDetail{Message: erpbridge.Message{ID: "d-1", Store: "shop", Type: "orders/create", Body: orderBody(t, 1)}}
	if _, _, err := rendering(opt)(t.Context(), s, d); erpbridge.KindOf(err) != erpbridge.Held {
		t.Errorf("with no entries: %v", err)
	}
	for _, value := range []string{"4711", "4712"} {
		for _, sku := range []string{"BP-CNV-OLV", "MUG-EN-12"} {
			if code, _, errs := command(t, "xref", "set", "items", sku, value, "-c", w.config); code != exitOK {
				t.Fatal(errs)
			}
		}
		docs, _, err := rendering(opt)(t.Context(), s, d)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, doc := range docs {
			found = found || strings.Contains(string(doc.Body), `internalId="`+value+`"`)
		}
		if !found || !strings.Contains(docs[0].Mapping, "/netsuite@") {
			t.Errorf("no document with item %s, under %s", value, docs[0].Mapping)
		}
	}
}
