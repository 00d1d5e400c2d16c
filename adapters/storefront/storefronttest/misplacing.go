package storefronttest

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

	"github.com/hakooi/erpbridge"
)

// A Misplacing takes every fixture of a storefront with every member in turn missing or
// of another kind: what comes of it is an event that holds together, or an error that
// says what to do and nothing about anybody. What still adds up comes to what it came to.
type Misplacing struct {
	Store erpbridge.Storefront
	Files string // a pattern of fixtures
	Least int    // how many there are at least
	// Type returns the type a fixture comes with, by the name of its file and its content.
	Type func(name string, tree any) string
	// Personal are the names of members that no error may say the values of.
	Personal []string
}

// Run does so.
func (m Misplacing) Run(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one after the other: the race detector has nothing to see")
	}
	files, err := filepath.Glob(m.Files)
	if err != nil || len(files) < m.Least {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file) // #nosec G304 -- a test's own
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		m.misplace(t, file, raw, tree)
		var before any
		if err := json.Unmarshal(raw, &before); err != nil || !reflect.DeepEqual(before, tree) {
			t.Fatalf("%s: was not put back", file)
		}
	}
}

func (m Misplacing) misplace(t *testing.T, file string, raw []byte, tree any) {
	t.Helper()
	typ := m.Type(filepath.Base(file), tree)
	names := map[string]bool{}
	m.personal(tree, names)
	message := func(body []byte) erpbridge.Message {
		return erpbridge.Message{Store: "shop", Type: typ, Body: body, ReceivedAt: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}
	}
	was, _ := m.Store.Normalize(message(raw))
	mutate("", tree, func(how string) {
		body, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		is, err := m.Store.Normalize(message(body))
		if err == nil {
			if fault := incoherent(was, is); fault != "" {
				t.Errorf("%s%s: %s", file, how, fault)
			}
			return
		}
		if k := erpbridge.KindOf(err); k != erpbridge.Invalid && k != erpbridge.Held && k != erpbridge.Ignored {
			t.Errorf("%s%s: %s", file, how, err)
		}
		for name := range names {
			if strings.Contains(err.Error(), name) {
				t.Errorf("%s%s: the error says %q: %v", file, how, name, err)
			}
		}
	})
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
func (m Misplacing) personal(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			text, ok := member.(string)
			if ok && len(text) > 3 && slices.Contains(m.Personal, name) {
				into[text] = true
			}
			m.personal(member, into)
		}
	case []any:
		for _, element := range v {
			m.personal(element, into)
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
