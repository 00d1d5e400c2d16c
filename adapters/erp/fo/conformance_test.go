package fo

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// answering is an adapter in front of a server that says the same to everything.
func answering(t testing.TB, more string, status int, raw []byte) *ERP {
	t.Helper()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(raw)
	})
	return open(t, "url: "+url+"\n"+authFor(tokenServer(t))+more)
}

// believed asks everything of an adapter whose F&O says the same to all of it, and returns
// what was taken for knowledge.
func believed(t *testing.T, more string, status int, raw []byte) []string {
	t.Helper()
	e := answering(t, more, status, raw)
	d := document(t, e, placed())
	var out []string
	note := func(what string, r erpbridge.Result, harmless ...erpbridge.Kind) {
		if k := erpbridge.KindOf(r.Err); !slices.Contains(harmless, k) {
			out = append(out, what+": "+string(k)+" "+r.Receipt.Ref)
		}
	}
	again := []erpbridge.Kind{erpbridge.Transient, erpbridge.Throttled, erpbridge.Refused, erpbridge.Unknown}
	note("Deliver", e.Deliver(t.Context(), []erpbridge.Document{d})[0], again...)
	note("Find", e.Find(t.Context(), []erpbridge.Document{d})[0], again...)
	for _, ref := range []string{executionRef + "erpbridge-x", messageRef + activity} {
		note("Confirm", e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: ref, Since: time.Now().Add(-time.Hour)}})[0], again...)
	}
	note("Probe", erpbridge.Result{Err: e.Probe(t.Context())}, again...)

	// The one request that matters, with those before it answered well.
	e.client.api.Transport = preliminary{e.client.api.Transport}
	e.client.storage.Transport = preliminary{e.client.storage.Transport}
	note("import", decisive{e}.Deliver(t.Context(), []erpbridge.Document{d})[0], erpbridge.InDoubt, erpbridge.Throttled)
	return out
}

// Every hostile answer: F&O speaks JSON, so that none of them is an answer, and none of
// them tells anything about an order.
func TestConformanceHostileAnswers(t *testing.T) {
	erptest.Corpus(t, filepath.Join(testenv.Shared(t), "corpora", "soap-hostile"), func(t *testing.T, raw []byte, _ string) {
		for _, more := range interfaces {
			if got := believed(t, more, http.StatusOK, raw); len(got) > 0 {
				t.Errorf("%s: %v", more, got)
			}
		}
	})
}

// Every message that is among the samples, as an answer: nothing of it is believed.
func TestConformanceAnySample(t *testing.T) {
	erptest.Serial(t)
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, status := range []int{http.StatusOK, http.StatusInternalServerError} {
				if got := believed(t, "", status, raw); len(got) > 0 {
					t.Errorf("HTTP %d: %v", status, got)
				}
			}
		})
	}
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Our files of records have the shape of a published one: a Document, elements in
// capitals, texts in them.
func TestConformanceEntityFile(t *testing.T) {
	e := open(t, "")
	theirs := etree.NewDocument()
	if err := theirs.ReadFromBytes(sample(t, "19-fo-dmf-entity-xml.public-blog.xml")); err != nil {
		t.Fatal(err)
	}
	files := unpacked(t, packed(t, e, placed()))
	for _, name := range []string{"Sales order headers V2.xml", "Sales order lines V2.xml"} {
		ours := etree.NewDocument()
		if err := ours.ReadFromBytes(files[name]); err != nil {
			t.Fatal(err)
		}
		for _, root := range []*etree.Element{theirs.Root(), ours.Root()} {
			if root.FullTag() != "Document" || len(root.Attr) != 0 || len(root.ChildElements()) == 0 {
				t.Errorf("%s: root %s", name, root.FullTag())
			}
			for _, record := range root.ChildElements() {
				for _, f := range append(record.ChildElements(), record) {
					if f.FullTag() != strings.ToUpper(f.Tag) || len(f.Attr) != 0 {
						t.Errorf("%s: %s", name, f.FullTag())
					}
				}
				for _, f := range record.ChildElements() {
					if len(f.ChildElements()) != 0 {
						t.Errorf("%s: %s holds more than a text", name, f.Tag)
					}
				}
			}
		}
	}
}

// The composed sample has no field that ours lack.
func TestConformanceFields(t *testing.T) {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(sample(t, "20-fo-sales-orders-composite.UNVERIFIED.xml")); err != nil {
		t.Fatal(err)
	}
	d := defaults()
	for _, header := range doc.Root().ChildElements() {
		if header.Tag != d.Headers.Element {
			t.Errorf("the header is a %s", header.Tag)
		}
		for _, f := range header.ChildElements() {
			switch {
			case f.Tag == d.Lines.Element:
				for _, l := range f.ChildElements() {
					if !slices.Contains(lineNames(), l.Tag) {
						t.Errorf("a line has %s", l.Tag)
					}
				}
			case !slices.Contains(headerNames(), f.Tag):
				t.Errorf("a header has %s", f.Tag)
			}
		}
	}
}

// Every state that the documentation lists is in the tables, and every address that it
// tells is one we know.
func TestConformanceHTTP(t *testing.T) {
	text := string(sample(t, "21-fo-dmf-and-recurring-http.txt"))
	lists := regexp.MustCompile(`[A-Z][A-Za-z]+(?:\|[A-Z][A-Za-z]+)+`).FindAllString(text, -1)
	if len(lists) < 2 {
		t.Fatalf("states %v", lists)
	}
	for _, list := range lists {
		table := messageStates
		if strings.Contains(list, "Succeeded") {
			table = executionStates
		}
		for word := range strings.SplitSeq(list, "|") {
			if stateOf(table, word) == notUnderstood {
				t.Errorf("%q of %q is in no table", word, list)
			}
		}
	}
	for _, action := range []string{
		"GetAzureWriteUrl", "ImportFromPackage", "GetExecutionSummaryStatus", "GetExecutionErrors", "GetImportStagingErrorFileUrl",
		"GenerateImportTargetErrorKeysFile", "GetImportTargetErrorKeysFileUrl",
	} {
		if !strings.Contains(text, action) {
			t.Errorf("%s is called, and not documented", action)
		}
	}
}
