package bigcommerce_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

// reviewed opens a store with settings beside those it needs.
func reviewed(t testing.TB, settings string) erpbridge.Storefront {
	t.Helper()
	s, err := bigcommerce.New("shop", func(into any) error {
		return yaml.Unmarshal([]byte("store_hash: abc123\nsecrets: [0123456789abcdef0123]\ntime_zone: Europe/Berlin\ntest_orders: deliver\n"+settings), into)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reviewMessage is a message of a type that came the day after the fixtures.
func reviewMessage(typ string, body []byte) erpbridge.Message {
	return erpbridge.Message{Store: "shop", Type: typ, Body: body, ReceivedAt: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}
}

// outOfPlace are the values that stand where another belongs.
var outOfPlace = []any{nil, "", []any{}, map[string]any{}, "0", -1, 1e300, "x"}

// mutate calls visit with every value under v replaced by one of outOfPlace, which take
// turns, and with every member removed.
func mutate(at string, v any, visit func(how string)) {
	replace := func(at string, old any, set func(any)) {
		w := outOfPlace[len(at)%len(outOfPlace)]
		set(w)
		visit(fmt.Sprintf("%s = %T %v", at, w, w))
		set(old)
		mutate(at, old, visit)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, old := range v {
			delete(v, name)
			visit(at + "." + name + " removed")
			replace(at+"."+name, old, func(w any) { v[name] = w })
		}
	case []any:
		for i, old := range v {
			replace(fmt.Sprintf("%s[%d]", at, i), old, func(w any) { v[i] = w })
		}
	}
}

// personal collects what no error may say.
func personal(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			text, ok := member.(string)
			if ok && len(text) > 3 && slices.Contains([]string{"first_name", "last_name", "email", "phone", "street_1", "city", "company", "address1", "notes", "postal_code"}, name) {
				into[text] = true
			}
			personal(member, into)
		}
	case []any:
		for _, element := range v {
			personal(element, into)
		}
	}
}

// TestEveryMemberOutOfPlace takes every fixture with every member in turn missing or of
// another kind: what comes of it is an event that holds together, or an error that says
// what to do and nothing about anybody. What still adds up comes to what it came to.
func TestEveryMemberOutOfPlace(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	s := reviewed(t, "")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		typ := reviewType(t, filepath.Base(file), tree)
		names := map[string]bool{}
		personal(tree, names)
		was, _ := s.Normalize(reviewMessage(typ, raw))
		mutate("", tree, func(how string) {
			body, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			is, err := s.Normalize(reviewMessage(typ, body))
			if err != nil {
				if k := erpbridge.KindOf(err); k != erpbridge.Invalid && k != erpbridge.Held && k != erpbridge.Ignored {
					t.Errorf("%s%s: %s", file, how, err)
				}
				for name := range names {
					if strings.Contains(err.Error(), name) {
						t.Errorf("%s%s: the error says %q: %v", file, how, name, err)
					}
				}
				return
			}
			if fault := incoherent(was, is); fault != "" {
				t.Errorf("%s%s: %s", file, how, fault)
			}
		})
		var before any
		if err := json.Unmarshal(raw, &before); err != nil || !reflect.DeepEqual(before, tree) {
			t.Fatalf("%s: was not put back", file)
		}
	}
}

// incoherent says what is wrong with events that are, whose body was another once.
func incoherent(was, is []erpbridge.Event) string {
	if len(is) != 1 {
		return fmt.Sprintf("%d events", len(is))
	}
	e := is[0]
	switch {
	case e.Type == "" || e.Stream == "" || e.Resource == "" || strings.ContainsAny(e.Stream+e.Resource, " []{}"):
		return fmt.Sprintf("%s of %q in %q", e.Type, e.Resource, e.Stream)
	case e.Version.At.IsZero() || len(e.Version.Digest) != 64:
		return fmt.Sprintf("version %v", e.Version)
	case len(was) == 0:
		return ""
	case e.Order != nil && was[0].Order != nil:
		if o, before := e.Order, was[0].Order; o.Sum().Equal(o.Total) && !o.Total.Amount.Equal(before.Total.Amount) {
			return fmt.Sprintf("adds up to %s, and was %s", o.Total, before.Total)
		}
	case e.Refund != nil && was[0].Refund != nil:
		paid, _ := e.Refund.Paid()
		if before, _ := was[0].Refund.Paid(); paid.Equal(e.Refund.Sum()) && !paid.Amount.Equal(before.Amount) {
			return fmt.Sprintf("adds up to %s, and was %s", paid, before)
		}
	}
	return ""
}

func reviewType(_ *testing.T, _ string, tree any) string {
	m, _ := tree.(map[string]any)
	if inner, ok := m["envelope"].(map[string]any); ok {
		m = inner
	}
	scope, _ := m["scope"].(string)
	return scope
}
