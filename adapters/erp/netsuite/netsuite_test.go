package netsuite

import (
	"flag"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// decodeYAML reads settings as strictly as the configuration does.
func decodeYAML(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// open returns the adapter with more settings, or other ones, than the usual.
func open(t testing.TB, more string) *ERP {
	t.Helper()
	return openWith(t, more, nil)
}

func openWith(t testing.TB, more string, xref erpbridge.CrossReference) *ERP {
	t.Helper()
	erp, err := New("ns", decodeYAML(withSettings(more)), xref)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := erp.(*ERP)
	if !ok {
		e = erp.(*Async).ERP
	}
	t.Cleanup(e.soap.Close)
	return e
}

// withSettings returns the usual settings with more of them, or other ones.
func withSettings(more string) string {
	base := settings
	for line := range strings.Lines(more) { // a setting given again replaces the usual one
		key, _, ok := strings.Cut(line, ":")
		if !ok || key == "" || strings.HasPrefix(key, " ") {
			continue
		}
		var kept []string
		skip := false
		for l := range strings.Lines(base) {
			if !strings.HasPrefix(l, " ") {
				skip = strings.HasPrefix(l, key+":")
			}
			if !skip {
				kept = append(kept, l)
			}
		}
		base = strings.Join(kept, "")
	}
	return base + more
}

// at returns the adapter with a fixed clock and nonce, sending to url.
func at(t testing.TB, url, more string) *ERP {
	t.Helper()
	e := open(t, more+"\nurl: "+url+"\n")
	e.now = func() time.Time { return time.Unix(1439829974, 0) }
	e.nonce = func() string { return "6obMKq0tmY8ylVOdEkA1" }
	return e
}

func translate(t testing.TB, e *ERP, o *erpbridge.Order) []erpbridge.Document {
	t.Helper()
	docs, err := e.Translate(event(o))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func wantKind(t testing.TB, want erpbridge.Kind, err error) {
	t.Helper()
	if got := erpbridge.KindOf(err); got != want {
		t.Errorf("kind %q, want %q: %v", got, want, err)
	}
}
