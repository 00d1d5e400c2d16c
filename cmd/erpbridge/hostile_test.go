package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/outbox"
)

// A freeText is what a buyer or a merchant may have written anywhere.
type freeText struct{ name, text string }

// freeTexts returns the hostile values of both corpora, those that are no UTF-8 among
// them, and a harmless one first.
func freeTexts(t *testing.T) []freeText {
	t.Helper()
	dir := filepath.Join(testenv.Shared(t), "corpora")
	read := func(into any, path ...string) {
		raw, err := os.ReadFile(filepath.Join(append([]string{dir}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	var fields []struct {
		Name string
		B64  []byte
	}
	read(&fields, "order-fields", "values.json")
	var naughty [][]byte
	read(&naughty, "blns", "blns.base64.json")
	all := []freeText{{"harmless", "Harmless"}}
	for _, f := range fields {
		all = append(all, freeText{f.Name, string(f.B64)})
	}
	for i, n := range naughty {
		all = append(all, freeText{"blns " + strconv.Itoa(i), string(n)})
	}
	if len(fields) < 50 || len(naughty) < 500 {
		t.Fatalf("the corpora have %d and %d values", len(fields), len(naughty))
	}
	return all
}

// holdable returns text without what neither XML 1.0 nor Postgres can hold: the
// recorded rule.
func holdable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == '\uFFFE' || c == '\uFFFF' {
			return -1
		}
		return c
	}, text)
}

// longestNumber is what NetSuite has room for in an order's number: an order that is
// called by more is held, with a word on which setting would cut it.
const longestNumber = 45

// written returns an order of the project's with text in every place that takes free
// text, and an id of its own.
func written(t *testing.T, id int, text string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "orders", "taxed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	const here = `"HERE"`
	put := func(in map[string]json.RawMessage, names ...string) {
		for _, name := range names {
			in[name] = json.RawMessage(here)
		}
	}
	inside := func(name string, names ...string) {
		var one map[string]json.RawMessage
		if err := json.Unmarshal(o[name], &one); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		put(one, names...)
		o[name] = marshal(t, one)
	}
	put(o, "note")
	if len(text) <= longestNumber {
		put(o, "name")
	}
	o["id"], o["admin_graphql_api_id"] = json.RawMessage(strconv.Itoa(id)), json.RawMessage("null")
	o["note_attributes"] = json.RawMessage(`[{"name":` + here + `,"value":` + here + `}]`)
	inside("customer", "first_name", "last_name")
	for _, address := range []string{"billing_address", "shipping_address"} {
		inside(address, "first_name", "last_name", "name", "company", "address1", "address2", "city", "zip")
	}
	var lines []map[string]json.RawMessage
	if err := json.Unmarshal(o["line_items"], &lines); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		put(l, "title", "name")
	}
	o["line_items"] = marshal(t, lines)
	return bytes.ReplaceAll(marshal(t, o), []byte(here), quoted(text))
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// quoted writes text as a JSON string: what such a string cannot hold as an escape, and
// every other byte as it is, also what is not UTF-8.
func quoted(text string) []byte {
	out := []byte{'"'}
	for _, c := range []byte(text) {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// shape returns the paths of a document's elements, with the names of their attributes.
func shape(t *testing.T, doc []byte) (paths []string) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(doc))
	var at []string
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return paths
		}
		if err != nil {
			t.Fatal(err)
		}
		switch el := token.(type) {
		case xml.StartElement:
			step := el.Name.Local
			for _, a := range el.Attr {
				step += " @" + a.Name.Local
			}
			at = append(at, step)
			paths = append(paths, strings.Join(at, "/"))
		case xml.EndElement:
			at = at[:len(at)-1]
		}
	}
}

// hostileHouse is a pipeline with nothing but a database behind it.
type hostileHouse struct {
	config string
	n      neighbours
	decide func(context.Context, erpbridge.Message) erpbridge.Decision
	store  *outbox.Store
}

func newHostileHouse(t *testing.T) hostileHouse {
	t.Helper()
	url := migrated(t)
	raw, err := os.ReadFile(netsuiteConfig)
	if err != nil {
		t.Fatal(err)
	}
	database := regexp.MustCompile(`(?m)^database: .*$`)
	if !database.Match(raw) {
		t.Fatal("the configuration has no line for the database")
	}
	h := hostileHouse{config: filepath.Join(t.TempDir(), "erpbridge.yaml")}
	text := database.ReplaceAllLiteral(raw, fmt.Appendf(nil, "database: {url: %q, development: true, insecure: true}", url))
	if err := os.WriteFile(h.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	opt := &options{config: h.config}
	conf, n, err := opt.loadAll()
	if err != nil {
		t.Fatal(err)
	}
	p, err := lay(conf, n)
	if err != nil {
		t.Fatal(err)
	}
	h.n, h.decide = n, p.Decide
	if h.store, err = outbox.Open(t.Context(), outbox.Config{URL: url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.store.Close)
	return h
}

func hostileMessage(id int, body []byte) erpbridge.Message {
	return erpbridge.Message{
		ID: "d-" + strconv.Itoa(id), Store: "shopify", Type: "orders/create", Via: erpbridge.ViaWebhook, ContentType: "application/json",
		Body: body, ReceivedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

// TestConformanceFreeText takes every hostile value through the bridge in every place
// that takes free text: JSON, the canonical model, NetSuite's XML, Postgres and back. It
// arrives as it was, or by the recorded rule, and no document's structure depends on it.
func TestConformanceFreeText(t *testing.T) {
	h := newHostileHouse(t)
	var decisions []erpbridge.Decision
	sent := map[string][]byte{} // bodies of documents, by key
	shapes := map[bool][][]string{}
	dir := t.TempDir()
	var files []string
	for i, v := range freeTexts(t) {
		if !utf8.ValidString(v.text) {
			continue
		}
		m := hostileMessage(i, written(t, 7_000_000+i, v.text))
		want := holdable(v.text)
		isCanonical(t, h, m, v, want)
		d := h.decide(t.Context(), m)
		if d.Verdict != erpbridge.Accept {
			t.Errorf("%s: %.60q came to %s: %v", v.name, v.text, d.Verdict, d.Cause)
			continue
		}
		var all [][]string
		for j, doc := range d.Documents {
			all = append(all, shape(t, doc.Body))
			file := filepath.Join(dir, fmt.Sprintf("%d-%d.xml", i, j))
			if err := os.WriteFile(file, doc.Body, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
			sent[doc.Key] = doc.Body
		}
		// A text of which nothing is left has no element.
		if shapes[want != ""] == nil {
			shapes[want != ""] = all
		} else if diff := cmp.Diff(shapes[want != ""], all); diff != "" {
			t.Errorf("%s: %.60q changes the documents:\n%s", v.name, v.text, diff)
		}
		if got := titles(t, d.Documents); want != "" && len(want) < 500 && (len(got) == 0 || got[0] != want) {
			t.Errorf("%s: the title %.60q is %.60q in the document", v.name, want, got)
		}
		decisions = append(decisions, d)
	}
	testenv.Xmlcheck(t, "netsuite", files...)
	isKept(t, h, decisions, sent)
}

// isCanonical holds the canonical order against what was written into it.
func isCanonical(t *testing.T, h hostileHouse, m erpbridge.Message, v freeText, want string) {
	t.Helper()
	events, err := h.n.stores["shopify"].Normalize(m)
	if err != nil {
		t.Errorf("%s: %.60q: %v", v.name, v.text, err)
		return
	}
	o := events[0].Order
	first := append(slices.Clone(o.Attributes), erpbridge.Attribute{})[0] // without a word in it there may be none
	for place, got := range map[string]string{
		"number": o.Number, "note": o.Note, "title": o.Lines[0].Title, "last name": o.Customer.LastName,
		"street": o.ShipTo.Street1, "company": o.BillTo.Company, "city": o.ShipTo.City,
		"attribute": first.Name, "attribute's value": first.Value,
	} {
		if place == "number" && len(v.text) > longestNumber {
			continue // not written into it
		}
		if want == "" && (place == "number" || place == "title" || strings.HasPrefix(place, "attribute")) {
			continue // then another member says what it is called, or there is no such thing
		}
		if got != want {
			t.Errorf("%s: %s %.60q became %.60q", v.name, place, v.text, got)
		}
	}
	recorded := slices.ContainsFunc(o.Attributes, func(a erpbridge.Attribute) bool { return a.Name == "erpbridge.stripped-characters" })
	if changed := want != v.text; changed != recorded {
		t.Errorf("%s: %.60q became %.60q, recorded: %t", v.name, v.text, want, recorded)
	}
}

// titles returns the descriptions of a sales order's items.
func titles(t *testing.T, docs []erpbridge.Document) []string {
	t.Helper()
	for _, d := range docs {
		if d.Kind != "SalesOrder" {
			continue
		}
		var so struct {
			Titles []string `xml:"record>itemList>item>description"`
		}
		if err := xml.Unmarshal(d.Body, &so); err != nil {
			t.Fatal(err)
		}
		return so.Titles
	}
	t.Fatal("there is no sales order")
	return nil
}

// isKept records decisions and reads from the database what a dispatcher would send.
func isKept(t *testing.T, h hostileHouse, decisions []erpbridge.Decision, sent map[string][]byte) {
	t.Helper()
	if err := h.store.Record(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	orders := map[string]string{} // by stream
	for _, d := range decisions {
		orders[d.Message.Store+"/"+d.Stream] = d.Order
	}
	demand := outbox.Demand{Target: "netsuite", Requests: 200, Batch: outbox.Batch{Events: 10}, Lease: time.Hour, Hold: time.Hour}
	demand.Limits.Concurrency = 10_000
	read := 0
	poll(t, "all documents", time.Minute, func() error {
		requests, err := h.store.Claim(t.Context(), demand)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			for _, e := range r.Entries {
				read++
				if !bytes.Equal(e.Body, sent[e.Key]) {
					t.Errorf("%s came back from the database as another document", e.Key)
				}
				if e.Order != orders[e.Stream] {
					t.Errorf("%s: the order %.60q is called %.60q", e.Stream, orders[e.Stream], e.Order)
				}
			}
		}
		if read < len(sent) {
			return fmt.Errorf("%d of %d", read, len(sent))
		}
		return nil
	})
	if read != len(sent) {
		t.Errorf("%d documents were read, %d recorded", read, len(sent))
	}
}

// TestConformanceUnusableBody: what a proven sender sent and nobody can read is a dead
// letter with its bytes as they came.
func TestConformanceUnusableBody(t *testing.T) {
	h := newHostileHouse(t)
	bodies := map[string][]byte{"nothing": {}, "not JSON": []byte("<order/>\x00\xff"), "cut off": []byte(`{"id":1,"line_items":[`), "null": []byte("null")}
	for _, v := range freeTexts(t) {
		if !utf8.ValidString(v.text) {
			bodies[v.name] = written(t, 7_000_000, v.text)
		}
	}
	if len(bodies) < 8 {
		t.Fatalf("only %d bodies", len(bodies))
	}
	names := map[string]string{} // by message ID
	var decisions []erpbridge.Decision
	for name, body := range bodies {
		m := hostileMessage(len(decisions), body)
		names[m.ID] = name
		d := h.decide(t.Context(), m)
		if d.Verdict != erpbridge.Bury || erpbridge.KindOf(d.Cause) != erpbridge.Invalid {
			t.Errorf("%s: %s, %v", name, d.Verdict, d.Cause)
		}
		decisions = append(decisions, d)
	}
	if err := h.store.Record(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	letters, err := h.store.DeadLetters(t.Context(), outbox.DeadLetterFilter{})
	if err != nil || len(letters) != len(bodies) {
		t.Fatalf("%d dead letters, %v", len(letters), err)
	}
	for _, l := range letters {
		full, err := h.store.DeadLetter(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if name := names[full.Message.ID]; !bytes.Equal(full.Message.Body, bodies[name]) {
			t.Errorf("%s: the bytes are not those that came", name)
		}
		var raw, stderr bytes.Buffer
		if code := execute(t.Context(), []string{"dead", "show", "--config", h.config, "--raw", strconv.FormatInt(l.ID, 10)}, &raw, &stderr); code != exitOK || !bytes.Equal(raw.Bytes(), full.Message.Body) {
			t.Errorf("dead show --raw: exit code %d, %d bytes: %s", code, raw.Len(), &stderr)
		}
	}
}
