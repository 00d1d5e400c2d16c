package netsuite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// orderDocument is a document of ours with a given externalId.
func orderDocument(e *ERP, kind, externalID string) erpbridge.Document {
	prefix := map[string]string{customer: rel, salesOrder: sales, customerDeposit: cust}[kind]
	body, _, err := e.newRecord(prefix, kind, externalID).bytes()
	if err != nil {
		panic(err)
	}
	return erpbridge.Document{Key: "k/" + externalID, Target: "ns", Kind: kind, Body: body}
}

// deliver lets the adapter deliver documents to a server that answers so.
func deliver(t *testing.T, more, kind string, ids []string, status int, answer []byte) string {
	t.Helper()
	e := at(t, serve(t, status, string(answer)), more)
	var docs []erpbridge.Document
	for _, id := range ids {
		docs = append(docs, orderDocument(e, kind, id))
	}
	results := e.Deliver(t.Context(), docs)
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	var out []string
	for _, r := range results {
		switch {
		case r.Err != nil:
			out = append(out, string(erpbridge.KindOf(r.Err)))
		case r.Receipt.Ref == "":
			out = append(out, "delivered as nothing")
		default:
			out = append(out, r.Receipt.Ref)
		}
	}
	return strings.Join(out, " ")
}

// Every hostile answer, given to the adapter: only one that is to be accepted
// delivers anything, and an outcome that is unknown is in doubt. The corpus
// writes one stand-in namespace for NetSuite's; it is replaced by the real ones,
// and each answer is given as it is as well, when nothing in it is NetSuite's.
func TestConformanceHostileAnswers(t *testing.T) {
	erptest.Serial(t)
	dir := filepath.Join(testenv.Shared(t), "corpora", "soap-hostile")
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
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
			raw, err := os.ReadFile(filepath.Join(dir, f[0]))
			if err != nil {
				t.Fatal(err)
			}
			delivered := false
			for name, data := range map[string][]byte{"as it is": raw, "as NetSuite's": asNetSuite(raw)} {
				for _, ids := range [][]string{{"ORD-1"}, {"ORD-1", "ORD-2"}} {
					got := deliver(t, "", salesOrder, ids, http.StatusOK, data)
					if !bearable(got, f[2], len(ids)) {
						t.Errorf("%s, for %d documents: %s, demanded is %s", name, len(ids), got, f[2])
					}
					delivered = delivered || strings.HasPrefix(got, "101")
				}
			}
			// A good answer to an upsertList is not only borne, it counts.
			if strings.HasPrefix(f[2], "ACCEPT") && !strings.Contains(f[2], "-OR-") && bytes.Contains(raw, []byte("<upsertListResponse")) && !delivered {
				t.Error("nothing was delivered")
			}
		})
	}
	if rows == 0 {
		t.Error("the manifest has no rows")
	}
}

// bearable reports whether results can be lived with under a demand.
func bearable(got, demand string, docs int) bool {
	results := strings.Fields(got)
	doubt := strings.Join(strings.Fields(strings.Repeat("in-doubt ", docs)), " ")
	switch {
	case strings.HasPrefix(demand, "UNKNOWN-OUTCOME-FOR-MISSING"):
		// What has a result may be believed; what has none is in doubt.
		return docs == 1 || results[docs-1] == "in-doubt"
	case strings.HasPrefix(demand, "UNKNOWN-OUTCOME"):
		return got == doubt
	case strings.Contains(demand, "ACCEPT"):
		for i, r := range results {
			if r != "in-doubt" && r != fmt.Sprint(101+i) {
				return false
			}
		}
		return true
	case strings.Contains(demand, "FAULT"):
		for _, r := range results {
			if r != "unknown" && r != "transient" && r != "refused" && r != "throttled" {
				return false
			}
		}
		return true
	}
	return got == doubt // to be rejected: the request left, and this was no answer
}

var (
	standIn  = regexp.MustCompile(`xmlns="urn:messages"`)
	statuses = regexp.MustCompile(`<(/?)status\b`)
)

func asNetSuite(raw []byte) []byte {
	out := standIn.ReplaceAll(raw, []byte(`xmlns="`+ns2023.messages+`" xmlns:c="`+ns2023.core+`"`))
	return statuses.ReplaceAll(out, []byte("<${1}c:status"))
}

// What NetSuite has really said, and what it meant. Answers to other operations
// are put into the shape of an upsertList's.
func TestConformanceSamples(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics")
	for _, c := range []struct {
		file, version, kind string
		ids                 []string
		status              int
		want                string
	}{
		{"02-netsuite-upsertListResponse-success.oracle-docs.xml", "2017_1", customer, []string{"ext1", "ext2"}, 200, "970 974"},
		{"03-netsuite-upsertListResponse-all-failed.xml", "2014_1", customer, []string{"ext1", "ext2"}, 200, "invalid invalid"},
		{"03b-netsuite-upsertResponse-INVALID_KEY_OR_REF.xml", "2014_1", salesOrder, []string{"in_334"}, 200, "missing"},
		{"03c-netsuite-addResponse-multiple-statusDetail.xml", "2011_2", salesOrder, []string{"in_999"}, 200, "invalid"},
		{"04-netsuite-addResponse-afterSubmitFailed-RECORD-WAS-SAVED.oracle-docs.xml", "2017_1", salesOrder, []string{"EID_PO_68"}, 200, "68"},
		{"04b-netsuite-addResponse-success-with-WARN.oracle-docs.xml", "2017_1", customer, []string{"c"}, 200, "50"},
		{"05-netsuite-fault-WS_CONCUR_SESSION_DISALLWD.xml", "2023_2", customer, []string{"a", "b"}, 500, "throttled throttled"},
		{"05b-netsuite-fault-ambiguous-authentication.oracle-docs.xml", "2023_2", customer, []string{"a", "b"}, 500, "refused refused"},
		{"06-netsuite-asyncResponse-pending.oracle-docs.xml", "2017_1", customer, []string{"a"}, 200, "in-doubt"},
		{"07-netsuite-getItemAvailabilityResponse.xml", "2016_2", customer, []string{"a"}, 200, "in-doubt"},
		{
			"09-netsuite-upsertListResponse-partial.COMPOSED-2023_2.xml", "2023_2", customer,
			[]string{"shopify-cust-7001", "shopify-order-1001", "shopify-deposit-1001-1"},
			200, "5123 missing missing",
		},
	} {
		t.Run(c.file, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, c.file))
			if errors.Is(err, fs.ErrNotExist) { // other sets of samples hold other files
				t.Skipf("%s is not among the samples", c.file)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := deliver(t, "version: "+c.version, c.kind, c.ids, c.status, asUpsertList(t, raw)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Whatever else is among NetSuite's samples, nothing is delivered that the
// answer does not name with success and an id.
func TestConformanceAnySample(t *testing.T) {
	erptest.Serial(t)
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", "*netsuite*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	version := regexp.MustCompile(`urn:messages_(\d{4}_\d)`)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			more := ""
			if m := version.FindSubmatch(raw); m != nil {
				more = "version: " + string(m[1])
			}
			for _, status := range []int{200, 500} {
				for _, got := range strings.Fields(deliver(t, more, customer, []string{"never-sent-1", "never-sent-2"}, status, raw)) {
					if strings.Trim(got, "0123456789") == "" {
						t.Errorf("HTTP %d: a record that was never sent is delivered as %s", status, got)
					}
				}
			}
		})
	}
}

// asUpsertList puts a single writeResponse into a list, and corrects a prefix
// that a sample binds to an older version.
func asUpsertList(t *testing.T, raw []byte) []byte {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil {
		t.Fatal(err)
	}
	single := doc.FindElement("//Body/*/writeResponse")
	if single == nil {
		return raw
	}
	answer := single.Parent()
	answer.Tag = "upsertListResponse"
	answer.RemoveChild(single)
	answer.CreateElement("writeResponseList").AddChild(single)
	out, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Our sales order has the elements of the composed sample, in its order, as far
// as both have them.
func TestConformanceComposedRequest(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", "08-netsuite-upsertList-customer-order-deposit.COMPOSED-2023_2.xml"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := soap.ParseEnvelope(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	docs := translate(t, open(t, ""), placed())
	for i, theirs := range env.Content.ChildElements() {
		ours := parse(t, docs[i].Body).ChildElements()[0]
		if xsiType(ours) != xsiType(theirs) {
			t.Errorf("record %d is a %s, theirs a %s", i+1, xsiType(ours), xsiType(theirs))
		}
		a, b := names(ours), names(theirs)
		if diff := cmp.Diff(shared(b, a), shared(a, b)); diff != "" {
			t.Errorf("%s: %s", xsiType(ours), diff)
		}
	}
}

func names(el *etree.Element) (out []string) {
	for _, c := range el.ChildElements() {
		out = append(out, c.NamespaceURI()+" "+c.Tag)
	}
	return out
}

// shared returns those of list that are in other, in list's order.
func shared(list, other []string) (out []string) {
	for _, n := range list {
		for _, o := range other {
			if n == o {
				out = append(out, n)
			}
		}
	}
	return out
}
