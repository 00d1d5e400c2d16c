package erptest

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// mostHostile is how many bytes of memory a hostile answer may cost in all.
const mostHostile = 20 << 20

// Corpus gives each hostile answer of a corpus, and what is demanded of who gets it, to a
// subtest: folder holds the answers, and MANIFEST.tsv with file, size, what is demanded,
// and why.
func Corpus(t *testing.T, folder string, each func(t *testing.T, raw []byte, demanded string)) {
	t.Helper()
	Serial(t)
	manifest, err := os.ReadFile(filepath.Join(folder, "MANIFEST.tsv")) // #nosec G304 -- a test's own
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for row := range strings.Lines(string(manifest)) {
		f := strings.Split(strings.TrimSpace(row), "\t")
		if len(f) < 3 || f[0] == "file" {
			continue
		}
		rows++
		t.Run(f[0], func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(folder, f[0])) // #nosec G304 -- a test's own
			if err != nil {
				t.Fatal(err)
			}
			each(t, raw, f[2])
		})
	}
	if rows == 0 {
		t.Error("the manifest has no rows")
	}
}

// Hostile gives the adapter every answer of a Corpus. None of them is an answer to this
// ERP's request, so nothing may be delivered; and as the request left, every outcome but a
// Fault is in doubt. A Fault may also be what the ERP's faults are. more are the kinds
// that stand for doubt in an adapter that looks for itself.
func (s Suite) Hostile(t *testing.T, folder string, more ...erpbridge.Kind) {
	t.Helper()
	Corpus(t, folder, func(t *testing.T, raw []byte, demanded string) {
		want := append([]erpbridge.Kind{erpbridge.InDoubt}, more...)
		if strings.Contains(demanded, "FAULT") {
			want = append(want, erpbridge.Unknown, erpbridge.Transient, erpbridge.Refused, erpbridge.Throttled, erpbridge.Invalid)
		}
		s.endure(t, raw, want)
	})
}

// endure delivers to a server that gives one answer, whatever it is asked.
func (s Suite) endure(t *testing.T, raw []byte, want []erpbridge.Kind) {
	url, _ := server(t, answering(func(w http.ResponseWriter, _ []byte) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(raw)
	}))
	erp := s.Open(t, url)
	docs := s.documents(t, erp)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	results := erp.Deliver(t.Context(), docs)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > mostHostile*uint64(len(docs)) {
		t.Errorf("%d documents cost %d bytes of memory", len(docs), used)
	}
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	for i, r := range results {
		if k := erpbridge.KindOf(r.Err); !slices.Contains(want, k) {
			t.Errorf("%s: kind %q, want one of %q: %v", docs[i].Key, k, want, r.Err)
		}
	}
}
