package recorder_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/journal"
	"github.com/hakooi/erpbridge/torture/recorder"
)

func list(t testing.TB, p recorder.Plan) []recorder.Event {
	t.Helper()
	events, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestSeedDecidesEveryByte(t *testing.T) {
	p := recorder.New(7, 50, 500)
	p.Poison = 2
	a, b := list(t, p), list(t, p)
	p.Seed = 8
	c := list(t, p)
	differ := 0
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Topic != b[i].Topic || a[i].Door != b[i].Door || a[i].Wait != b[i].Wait || !bytes.Equal(a[i].Body(), b[i].Body()) {
			t.Fatalf("event %d of one seed is two: %s and %s", i, a[i].ID, b[i].ID)
		}
		if !bytes.Equal(a[i].Body(), c[i].Body()) {
			differ++
		}
	}
	if differ < len(a)*9/10 {
		t.Errorf("two seeds have %d of %d bodies in common", len(a)-differ, len(a))
	}
}

// The run of CI: what is promised of it holds for every event.
func TestListOfTheTorture(t *testing.T) {
	p := recorder.New(1, 2000, 20_000)
	p.Poison = 3
	events := list(t, p)
	if len(events) != p.Events {
		t.Fatalf("%d events", len(events))
	}
	type seen struct {
		newest   int
		versions map[int]bool
		base     time.Time
		body     map[string]string
		last     recorder.Event
	}
	orders := map[int64]*seen{}
	shapes := map[string]int{}
	poison := map[int64]bool{}
	swapped := 0
	for _, e := range events {
		for _, s := range e.Shapes() {
			shapes[s]++
			if s == "poison" {
				poison[e.OrderID] = true
			}
		}
		o := orders[e.OrderID]
		if o == nil {
			o = &seen{versions: map[int]bool{}, base: e.UpdatedAt.Add(-time.Duration(e.Version) * time.Second), body: map[string]string{}}
			orders[e.OrderID] = o
		}
		if e.Version < 1 || e.Version > 10 {
			t.Errorf("%s: version %d", e.ID, e.Version)
		}
		if want := o.base.Add(time.Duration(e.Version) * time.Second); !e.UpdatedAt.Equal(want) {
			t.Errorf("%s: updated at %s, want %s", e.ID, e.UpdatedAt, want)
		}
		if late := e.Version < o.newest; late != e.Late {
			t.Errorf("%s: late is %t behind version %d", e.ID, e.Late, o.newest)
		}
		body, known := o.body[e.ID]
		if known != e.Redelivery || known && body != string(e.Body()) {
			t.Errorf("%s: a redelivery is the same message again, this is not", e.ID)
		}
		if o.versions[e.Version] != (e.Redelivery || e.Retelling) {
			t.Errorf("%s: version %d was there: %t, which it does not say", e.ID, e.Version, o.versions[e.Version])
		}
		if e.Late && !e.Redelivery && !e.Retelling {
			swapped++
		}
		o.body[e.ID], o.versions[e.Version], o.newest, o.last = string(e.Body()), true, max(o.newest, e.Version), e
	}
	if len(orders) != p.Orders || len(poison) != p.Poison {
		t.Errorf("%d orders, %d of them poison", len(orders), len(poison))
	}
	for id, o := range orders {
		if len(o.versions) != o.newest {
			t.Errorf("order %d has %d states of %d", id, len(o.versions), o.newest)
		}
	}
	for _, s := range []string{"redelivered", "retold", "late", "partner", "cancelled", "paid", "poison", "taxed", "huge", "long-note", "company", "first"} {
		if shapes[s] == 0 {
			t.Errorf("no event is %s", s)
		}
	}
	if swapped < 500 {
		t.Errorf("only %d states come after a newer one", swapped)
	}
	t.Logf("shapes: %v; %d older states after newer ones", shapes, swapped)
}

// A plan without shares is each order's versions, one after another.
func TestPlainPlan(t *testing.T) {
	newest := map[int64]int{}
	for _, e := range list(t, recorder.Plan{Seed: 3, Orders: 10, Events: 95}) {
		newest[e.OrderID]++
		if e.Version != newest[e.OrderID] || e.Door != journal.Webhook || !e.Wait {
			t.Errorf("%+v", e)
		}
	}
	if len(newest) != 10 {
		t.Errorf("%d orders", len(newest))
	}
}

func TestPlansThatAreNone(t *testing.T) {
	for _, p := range []recorder.Plan{
		{},
		{Orders: 10, Events: 9},
		{Orders: 1, Events: 1, Poison: 2},
		{Orders: 1, Events: 1, Partner: 1.1},
		{Orders: 1, Events: 1, Retold: -0.1},
		{Orders: 1, Events: 1, FirstOrder: -1},
	} {
		if events, err := p.List(); err == nil {
			t.Errorf("%+v has %d events", p, len(events))
		}
	}
}

// A signature over JSON that was read and written again never fits.
func TestNoEncoderWritesTheseBytes(t *testing.T) {
	for _, e := range list(t, recorder.New(2, 100, 500)) {
		raw := e.Body()
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v\n%s", e.ID, err, raw)
		}
		var exact any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&exact); err != nil {
			t.Fatal(err)
		}
		var compact, indented bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&indented, raw, "", "  "); err != nil {
			t.Fatal(err)
		}
		again := [][]byte{compact.Bytes(), indented.Bytes(), bytes.TrimSpace(raw)}
		for _, value := range []any{v, exact} {
			b, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, b, append(b, '\n'))
		}
		for i, b := range again {
			if bytes.Equal(b, raw) {
				t.Errorf("%s: written again in way %d it is the same", e.ID, i)
			}
		}
	}
}

// Two spellings of a state say the same.
func TestRetellingSaysTheSame(t *testing.T) {
	type state struct {
		order   int64
		version int
	}
	first := map[state]recorder.Event{}
	respelled := 0
	for _, e := range list(t, recorder.New(4, 200, 2000)) {
		s := state{e.OrderID, e.Version}
		before, known := first[s]
		if !known {
			first[s] = e
			continue
		}
		if e.Redelivery {
			continue
		}
		if before.ID == e.ID {
			t.Errorf("%s: a retelling with the id of the first", e.ID)
		}
		if !bytes.Equal(before.Body(), e.Body()) {
			respelled++
		}
		if diff := cmp.Diff(meaning(t, before.Body()), meaning(t, e.Body())); diff != "" {
			t.Errorf("%s: -first +retold:\n%s", e.ID, diff)
		}
	}
	if respelled == 0 {
		t.Error("no state was told in other bytes")
	}
}

// meaning is what a body says: an amount or a quantity may be 2, 2.00 or "2.00".
func meaning(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var plain func(v any) any
	plain = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = plain(v[k])
			}
		case []any:
			for i := range v {
				v[i] = plain(v[i])
			}
		case json.Number:
			return strings.TrimSuffix(v.String(), ".00")
		case string:
			return strings.TrimSuffix(v, ".00")
		}
		return v
	}
	return plain(v)
}

// Some totals come out a cent off when they are computed with float64, and each
// hard character is in some note.
func TestBodiesAreHardToCarry(t *testing.T) {
	var notes strings.Builder
	off, huge := 0, 0
	for _, e := range list(t, recorder.New(1, 300, 3000)) {
		var o struct {
			Total string `json:"total_outstanding"`
			Note  string
			Set   struct {
				Shop struct{ Amount string } `json:"shop_money"`
			} `json:"total_price_set"`
			Lines []struct {
				Quantity float64
				Set      struct {
					Shop struct{ Amount string } `json:"shop_money"`
				} `json:"price_set"`
			} `json:"line_items"`
		}
		if err := json.Unmarshal(e.Body(), &o); err != nil {
			t.Fatal(err)
		}
		if len([]rune(o.Note)) < 60 {
			t.Errorf("%s: a note of %d characters", e.ID, len([]rune(o.Note)))
		}
		notes.WriteString(o.Note)
		price, err := strconv.ParseFloat(o.Lines[0].Set.Shop.Amount, 64)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(e.Shapes(), "taxed") {
			continue
		}
		if got := strconv.FormatFloat(price*o.Lines[0].Quantity, 'f', 2, 64); got != o.Set.Shop.Amount {
			off++
		}
		if slices.Contains(e.Shapes(), "huge") {
			huge++
		}
	}
	if off == 0 || off < huge/2 {
		t.Errorf("float64 gets %d of %d huge totals wrong", off, huge)
	}
	for _, hard := range []string{"\x00", "\x01", "\x1b", "\r\n", "]]>", "🧾", "👩🏽‍🚀", "\uFFFE", "<!--", "&amp;"} {
		if !strings.Contains(notes.String(), hard) {
			t.Errorf("no note has %q", hard)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	events := list(b, recorder.New(1, 100, 1000))
	bytes := 0
	for i := 0; b.Loop(); i++ {
		bytes += len(events[i%len(events)].Body())
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/body")
}
