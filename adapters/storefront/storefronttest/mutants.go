package storefronttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// mutations are what stands in place of a member of a body.
var mutations = []string{
	`null`, `""`, `[]`, `{}`, `0`, `"0"`, `-1`, `"0.005"`, `99999999999999999999999999999999999999999`, `"9999999999999999999"`, `true`, `false`, `"x"`,
	`[null]`, `[{}]`, `{"a":1}`, `{"1":{"a":1}}`,
}

// AnyMember normalizes messages whose body has each of its members in turn left out, and
// each of the mutations in its place. Nothing panics, an error has a kind that says what
// to do, and an event is one that the bridge can order, check and tell again. Where more
// is not nil, it says what else is wrong with an event, or "".
func AnyMember(t *testing.T, shop erpbridge.Storefront, body []byte, message func(body []byte) erpbridge.Message, more func(e erpbridge.Event) string) {
	t.Helper()
	mutants(t, body, func(where string, mutant []byte) {
		m := message(mutant)
		events, err := shop.Normalize(m)
		if err != nil {
			kinds := []erpbridge.Kind{erpbridge.Invalid, erpbridge.Held, erpbridge.Ignored}
			if !slices.Contains(kinds, erpbridge.KindOf(err)) {
				t.Errorf("%s%s: %v", m.Type, where, err)
			}
			return
		}
		for _, e := range events {
			wrong := flawed(e)
			if wrong == "" && more != nil {
				wrong = more(e)
			}
			if wrong != "" {
				t.Errorf("%s%s: %s", m.Type, where, wrong)
			}
		}
	})
}

// mutants gives each every body that one change makes of a body.
func mutants(t *testing.T, body []byte, each func(where string, mutant []byte)) {
	t.Helper()
	var root any
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	write := func(where string) {
		raw, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		each(where, raw)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				delete(v, name)
				write(at + "/" + name + " left out")
				for _, m := range mutations {
					v[name] = json.RawMessage(m)
					write(at + "/" + name + " is " + m)
				}
				v[name] = member
				walk(at+"/"+name, member)
			}
		case []any:
			if len(v) > 0 { // the others are like the first
				walk(at+"/0", v[0])
			}
		}
	}
	walk("", root)
}

// flawed says what an event lacks that the bridge takes for granted, or "".
func flawed(e erpbridge.Event) string {
	if e.Stream == "" || e.Resource == "" || e.Version.At.IsZero() || len(e.Version.Digest) != 64 || e.Type == "" {
		return fmt.Sprintf("%+v", e)
	}
	for _, text := range texts(e) {
		if text == "[]" || text == "{}" {
			return fmt.Sprintf("a text is %q", text)
		}
	}
	if e.Order != nil {
		for _, o := range []*erpbridge.Order{e.Order, e.Order.Presented} {
			if o == nil {
				continue
			}
			o.Sum() // panics where two currencies met
			if o.PostingDate == "" || o.PlacedAt.IsZero() || o.Total.Currency != o.Currency {
				return fmt.Sprintf("posted on %q, placed at %s, total in %q", o.PostingDate, o.PlacedAt, o.Total.Currency)
			}
		}
	}
	if e.Refund != nil {
		for _, f := range []*erpbridge.Refund{e.Refund, e.Refund.Presented} {
			if f == nil {
				continue
			}
			f.Sum()
			f.Paid()
			if f.PostingDate == "" {
				return "no posting date"
			}
		}
	}
	return ""
}
