package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hakooi/erpbridge/outbox"
)

// A sheetOfReferences is a CSV file of cross-references.
type sheetOfReferences struct {
	entries []outbox.Reference
	notes   bool // it has a column for them
}

// mostEntries bounds what one file may hold.
const mostEntries = 1_000_000

// mostMistakes is how many of a file's mistakes are named.
const mostMistakes = 20

// readReferences reads a CSV file with the columns table, key, value and, if there are
// any, notes. It takes what spreadsheets write: a byte order mark, semicolons or tabs
// between the fields, either end of line. Anything that may not mean what it says is
// refused, with its line: another encoding, a key twice, an empty value, a stray quote.
//
// table is the one that all entries must be of; "" if they may be of any. A file for one
// table needs no column for it. Where force is set, tables may have any name.
func readReferences(data []byte, table string, force bool) (sheetOfReferences, error) {
	var sheet sheetOfReferences
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := checkEncoding(data); err != nil {
		return sheet, err
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separatorOf(data)
	columns, err := r.Read()
	if errors.Is(err, io.EOF) {
		return sheet, errors.New("the file is empty: its first line has to be table,key,value or table,key,value,note")
	}
	if err != nil {
		return sheet, csvMistake(err)
	}
	at, err := columnsOfReferences(columns, table)
	if err != nil {
		return sheet, err
	}
	sheet.notes = at.note >= 0
	seen := make(map[[2]string]int)
	var mistakes mistakes
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			mistakes.add(csvMistake(err))
			if !errors.Is(err, csv.ErrFieldCount) {
				break // where the next line begins is anybody's guess
			}
			continue
		}
		line, _ := r.FieldPos(0)
		entry, err := at.entry(fields, table, force)
		if err != nil {
			mistakes.add(fmt.Errorf("line %d: %w", line, err))
			continue
		}
		id := [2]string{entry.Table, entry.Key}
		if first, twice := seen[id]; twice {
			mistakes.add(fmt.Errorf("line %d: %s %q stands in line %d already", line, entry.Table, entry.Key, first))
			continue
		}
		seen[id] = line
		if sheet.entries = append(sheet.entries, entry); len(sheet.entries) > mostEntries {
			return sheet, fmt.Errorf("the file has more than %d entries", mostEntries)
		}
	}
	return sheet, mistakes.err()
}

// checkEncoding refuses what is not UTF-8, and names the line.
func checkEncoding(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return errors.New("line 1: the file is UTF-16: save it as CSV UTF-8")
	}
	if utf8.Valid(data) {
		return nil
	}
	line := 1
	for l := range bytes.Lines(data) {
		if !utf8.Valid(l) {
			return fmt.Errorf("line %d: not UTF-8, maybe Windows-1252: save the file as CSV UTF-8", line)
		}
		line++
	}
	return nil
}

// separatorOf returns what stands between the names of the columns: spreadsheets take a
// semicolon where the comma is for decimals.
func separatorOf(data []byte) rune {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	for _, sep := range ";\t" {
		if bytes.ContainsRune(header, sep) && !bytes.ContainsRune(header, ',') {
			return sep
		}
	}
	return ','
}

// csvMistake says in words what the CSV reader refuses.
func csvMistake(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	what := p.Err.Error()
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		what = "it has another number of fields than the first line"
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		what = `a quote stands where none belongs: a field with quotes is put in quotes, and those within are doubled, as in "3"" pipe"`
	}
	return fmt.Errorf("line %d: %s", p.Line, what)
}

// referenceColumns are the places of the columns; -1: it has none.
type referenceColumns struct{ table, key, value, note int }

func columnsOfReferences(names []string, table string) (referenceColumns, error) {
	at := referenceColumns{-1, -1, -1, -1}
	places := map[string]*int{"table": &at.table, "key": &at.key, "value": &at.value, "note": &at.note}
	for i, name := range names {
		place, ok := places[strings.ToLower(strings.TrimSpace(name))]
		if !ok || *place >= 0 {
			return at, fmt.Errorf("line 1: the columns are %q: they have to be table,key,value or table,key,value,note", strings.Join(names, ","))
		}
		*place = i
	}
	switch {
	case at.key < 0 || at.value < 0:
		return at, fmt.Errorf("line 1: the columns are %q: they have to be table,key,value or table,key,value,note", strings.Join(names, ","))
	case at.table < 0 && table == "":
		return at, errors.New("line 1: there is no column table: add one, or say which table it is with --table")
	}
	return at, nil
}

func (at referenceColumns) entry(fields []string, table string, force bool) (outbox.Reference, error) {
	r := outbox.Reference{Table: table, Key: unescaped(fields[at.key]), Value: unescaped(fields[at.value])}
	if at.table >= 0 {
		r.Table = fields[at.table]
	}
	if at.note >= 0 {
		r.Note = unescaped(fields[at.note])
	}
	r.Table = strings.TrimSpace(r.Table)
	r.Key = asked(r.Table, r.Key)
	r, err := r.Tidy()
	if err != nil {
		return r, err
	}
	if table != "" && r.Table != table {
		return r, fmt.Errorf("it is of table %q, and --table is %q", r.Table, table)
	}
	if force {
		return r, nil
	}
	return r, suspect(r)
}

// mistakes are those of a file.
type mistakes struct {
	errs []error
	more int
}

func (m *mistakes) add(err error) {
	if len(m.errs) == mostMistakes {
		m.more++
		return
	}
	m.errs = append(m.errs, err)
}

func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(slices.Clone(m.errs), fmt.Errorf("and %d lines more", m.more))...)
	}
	return errors.Join(m.errs...)
}

// A referenceWriter writes the CSV file that readReferences reads: the same entries come
// back, to the letter.
type referenceWriter struct{ csv *csv.Writer }

func newReferenceWriter(w io.Writer) (referenceWriter, error) {
	c := csv.NewWriter(w)
	return referenceWriter{c}, c.Write([]string{"table", "key", "value", "note"})
}

func (w referenceWriter) write(r outbox.Reference) error {
	return w.csv.Write([]string{r.Table, escaped(r.Key), escaped(r.Value), escaped(r.Note)})
}

func (w referenceWriter) flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// formula matches what a spreadsheet would work out instead of showing it, with or
// without apostrophes before it. A key can be what somebody typed into a shop.
var formula = regexp.MustCompile(`^'*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]`)

// escaped puts an apostrophe before a formula, which makes it text, and unescaped takes
// it away.
func escaped(s string) string {
	if formula.MatchString(s) {
		return "'" + s
	}
	return s
}

func unescaped(s string) string {
	if s = strings.TrimSpace(s); strings.HasPrefix(s, "'") && formula.MatchString(s) {
		return s[1:]
	}
	return s
}
