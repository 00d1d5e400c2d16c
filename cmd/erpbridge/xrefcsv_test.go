package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/outbox"
)

const columns = "table,key,value,note\n"

func TestReadReferences(t *testing.T) {
	mug := []outbox.Reference{{Table: "items", Key: "MUG-1", Value: "57"}}
	noted := []outbox.Reference{{Table: "items", Key: "MUG-1", Value: "57", Note: "the blue one"}}
	for name, c := range map[string]struct {
		file, table string
		want        []outbox.Reference
	}{
		"plain":              {"table,key,value\nitems,MUG-1,57\n", "", mug},
		"no end of line":     {"table,key,value\nitems,MUG-1,57", "", mug},
		"with notes":         {columns + "items,MUG-1,57,the blue one\n", "", noted},
		"of Windows":         {"\xef\xbb\xbftable;key;value;note\r\nitems;MUG-1;57;the blue one\r\n", "", noted},
		"tabs":               {"table\tkey\tvalue\nitems\tMUG-1\t57\n", "", mug},
		"other order, case":  {"Value, Key ,TABLE\n57,MUG-1,items\n", "", mug},
		"blanks":             {"table,key,value\n items ,  MUG-1\u00a0,\" 57 \"\n", "", mug},
		"empty lines":        {"table,key,value\n\nitems,MUG-1,57\n\n", "", mug},
		"without tables":     {"key,value\nMUG-1,57\n", "items", mug},
		"with its own table": {"table,key,value\nitems,MUG-1,57\n", "items", mug},
		"quotes":             {columns + "items,\"3\"\" pipe, red; blue\",57,\n", "", []outbox.Reference{{Table: "items", Key: `3" pipe, red; blue`, Value: "57"}}},
		"zeros and ones":     {columns + "items,007,0057,\nitems,1e5,NO,\n", "", []outbox.Reference{{Table: "items", Key: "007", Value: "0057"}, {Table: "items", Key: "1e5", Value: "NO"}}},
		"formulas":           {columns + "items,'=1+1,'-5,'@x\nitems,=2,-6,\nship_methods,'s-Hertogenbosch,''x,\n", "", []outbox.Reference{{Table: "items", Key: "=1+1", Value: "-5", Note: "@x"}, {Table: "items", Key: "=2", Value: "-6"}, {Table: "ship_methods", Key: "'s-Hertogenbosch", Value: "''x"}}},
		"nothing":            {"table,key,value\n", "", nil},
	} {
		sheet, err := readReferences([]byte(c.file), c.table, false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, sheet.entries); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if sheet.notes != strings.Contains(strings.ToLower(c.file), "note") {
			t.Errorf("%s: notes %t", name, sheet.notes)
		}
	}
}

// What may not mean what it says is refused, and where it stands is told.
func TestReadReferencesRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, table string
		want        []string
	}{
		"empty file":          {"", "", []string{"the file is empty"}},
		"no header":           {"items,MUG-1,57\n", "", []string{`line 1: the columns are "items,MUG-1,57"`}},
		"column twice":        {"table,key,key,value\n", "", []string{"line 1: the columns are"}},
		"no values":           {"table,key\nitems,A\n", "", []string{"line 1: the columns are"}},
		"no tables":           {"key,value\nA,1\n", "", []string{"line 1: there is no column table"}},
		"Excel's sep":         {"sep=;\ntable;key;value\n", "", []string{`line 1: the columns are "sep=,"`}},
		"UTF-16":              {"\xff\xfet\x00a\x00", "", []string{"line 1: the file is UTF-16"}},
		"Windows-1252":        {columns + "items,A,1,\nitems,Cr\xe8me,2,\n", "", []string{"line 3: not UTF-8"}},
		"key twice":           {columns + "items,A,1,\nitems,B,2,\nitems,A ,1,\n", "", []string{`line 4: items "A" stands in line 2 already`}},
		"empty value":         {columns + "items,A,,\nitems, ,1,\n", "", []string{"line 2: the value is empty", "line 3: the key is empty"}},
		"too few fields":      {columns + "items,A,1,\nitems,B\nitems,,2,\n", "", []string{"line 3: it has another number of fields", "line 4: the key is empty"}},
		"other separator":     {columns + "items;A;1;\n", "", []string{"line 2: it has another number of fields"}},
		"stray quote":         {columns + "items,3\" pipe,1,\n", "", []string{"line 2: a quote stands where none belongs"}},
		"open quote":          {columns + "items,A,1,\nitems,\"B,2,\nitems,C,3,\n", "", []string{"a quote stands where none belongs"}},
		"line within":         {columns + "items,\"A\nB\",1,\nitems,,1,\n", "", []string{"line 2: the key", "line break", "line 4: the key is empty"}},
		"no such table":       {columns + "item,A,1,\n", "", []string{`line 2: no ERP asks a table "item" (did you mean "items"?)`}},
		"not that table":      {columns + "units,A,1,\n", "items", []string{`line 2: it is of table "units", and --table is "items"`}},
		"number of a sheet":   {columns + "items,\"4,01234E+12\",1,\n", "", []string{"line 2:", "format the column as text"}},
		"failed look-up":      {columns + "items,A,#N/A,\n", "", []string{"line 2:", "of a formula that fails"}},
		"control character":   {columns + "items,A\x00,1,\n", "", []string{"line 2: the key"}},
		"replacement":         {columns + "items,Cr\uFFFDme,1,\n", "", []string{"line 2: the key"}},
		"old end of line":     {"table,key,value\ritems,A,1\r", "", []string{"line 1:"}},
		"mark in the middle":  {columns + "items,\ufeffA,1,\n", "", []string{"line 2: the key"}},
		"a table's own rules": {columns + "It ems,A,1,\n", "", []string{`line 2: "It ems" is no name for a table`}},
	} {
		sheet, err := readReferences([]byte(c.file), c.table, false)
		if err == nil {
			t.Errorf("%s: taken as %v", name, sheet.entries)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not said:\n%v", name, want, err)
			}
		}
	}
	many := columns + strings.Repeat("items,,1,\n", 50)
	if _, err := readReferences([]byte(many), "", false); err == nil || !strings.Contains(err.Error(), "and 30 lines more") || strings.Count(err.Error(), "\n") != mostMistakes {
		t.Errorf("of fifty mistakes: %v", err)
	}
	for _, forced := range []string{columns + "item,A,1,\n", columns + "items,\"4,01234E+12\",1,\n", columns + "items,A,#N/A,\n"} {
		if sheet, err := readReferences([]byte(forced), "", true); err != nil || len(sheet.entries) != 1 {
			t.Errorf("by force: %v", err)
		}
	}
}

// roundTrip writes an entry and reads it again.
func roundTrip(t *testing.T, r outbox.Reference) {
	t.Helper()
	var b bytes.Buffer
	w, err := newReferenceWriter(&b)
	if err == nil {
		err = w.write(r)
	}
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := readReferences(b.Bytes(), "", true)
	if err != nil || len(sheet.entries) != 1 || sheet.entries[0] != r {
		t.Errorf("%+v came back as %+v, %v, from %q", r, sheet.entries, err, b.String())
	}
	fields := csv.NewReader(bytes.NewReader(b.Bytes()))
	for {
		row, err := fields.Read()
		if err == io.EOF {
			return
		}
		for _, f := range row {
			if strings.ContainsAny(f[:min(len(f), 1)], "=+-@") {
				t.Errorf("a spreadsheet works %q out", f)
			}
		}
	}
}

func TestReferencesRoundTrip(t *testing.T) {
	for _, text := range []string{
		"A", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'", "''", "'=1", "''=1", "'x", "＝1", `"`, `""`, `,`, `;`, `a"b`, `\.`, `\`, "#N/A", "1,5E+10",
		"007", "Ü", "👩\u200d🚀", "a\u200bb", "\u202eabc", "NULL", "a  b",
	} {
		roundTrip(t, outbox.Reference{Table: "items", Key: text, Value: text, Note: text})
	}
}

func FuzzReferencesRoundTrip(f *testing.F) {
	f.Add("'=1", "\"", "")
	f.Fuzz(func(t *testing.T, key, value, note string) {
		r, err := outbox.Reference{Table: "items", Key: key, Value: value, Note: note}.Tidy()
		if err != nil {
			t.Skip()
		}
		roundTrip(t, r)
	})
}

// Whatever a file holds, it is read or refused, and what is read is fit for the tables.
func FuzzReadReferences(f *testing.F) {
	f.Add([]byte(columns + "items,A,1,\n"))
	f.Add([]byte("\xef\xbb\xbfkey;value\r\n\"a\"\"b\";'=1\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sheet, err := readReferences(data, "items", true)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, r := range sheet.entries {
			if tidy, err := r.Tidy(); err != nil || tidy != r || seen[r.Key] {
				t.Errorf("%+v: %v", r, err)
			}
			seen[r.Key] = true
		}
	})
}

// The tables that import knows are those that ERPs look into.
func TestKnownTables(t *testing.T) {
	if diff := cmp.Diff(slices.Sorted(slices.Values(salesdoc.Tables)), xrefTables); diff != "" {
		t.Error(diff)
	}
}

func TestMeant(t *testing.T) {
	for name, want := range map[string]string{"item": "items", "Items": "items", "tax_code": "tax_codes", "taxcodes": "tax_codes", "zzz": "", "": ""} {
		if got := meant(name); (want == "") != (got == "") || !strings.Contains(got, fmt.Sprintf("%q", want)) && want != "" {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
