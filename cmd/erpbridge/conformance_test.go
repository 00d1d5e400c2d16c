package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
)

const conformanceConfig = "../../testdata/conformance.yaml"

// topicOf reads a sample's topic out of its name: "orders-create__x.json" is
// orders/create, and a body as the admin interface returns it, "orders__x.json",
// is taken for a new order.
func topicOf(name string) string {
	topic, _, _ := strings.Cut(strings.TrimPrefix(name, "derived__"), "__")
	resource, action, found := strings.Cut(topic, "-")
	if !found {
		action = "create"
	}
	return resource + "/" + action
}

// A sample is an order of a storefront, and what the index says of its money.
type sample struct {
	path, name string
	// difference is empty if the parts come to the total.
	difference string
}

// samples lists the Shopify samples whose name begins with one of prefixes.
func samples(t *testing.T, prefixes ...string) []sample {
	t.Helper()
	root := filepath.Join(testenv.Shared(t), "storefront-samples")
	index, err := os.ReadFile(filepath.Join(root, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for row := range strings.Lines(string(index)) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		name, ours := strings.CutPrefix(f[0], "shopify/")
		if !ours || !hasAnyPrefix(name, prefixes) {
			continue
		}
		s := sample{path: filepath.Join(root, "shopify", name), name: name}
		if verdict := f[len(f)-1]; strings.HasPrefix(verdict, "NO") {
			if s.difference = amountOf.FindString(verdict); s.difference == "" {
				t.Fatalf("the index names no difference for %s: %q", name, verdict)
			}
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		t.Fatalf("the index lists no sample that begins with %s", strings.Join(prefixes, " or "))
	}
	return list
}

var amountOf = regexp.MustCompile(`-?\d+\.\d+`)

func hasAnyPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// previewFile runs the command preview in this process, with out for the documents.
func previewFile(t *testing.T, file, topic, out string) (int, previewed) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := execute(t.Context(), []string{
		"preview", "--config", conformanceConfig, "--output", "json",
		"--store", "shopify", "--topic", topic, "--out", out, file,
	}, &stdout, &stderr)
	var res previewed
	if err := json.Unmarshal(stdout.Bytes(), &res); err != nil {
		t.Fatalf("exit code %d, and no JSON: %v; stderr: %s", code, err, &stderr)
	}
	return code, res
}

// Every order of the samples: what adds up becomes documents that NetSuite's schema
// accepts and that come to the same total; what does not add up is held, and the
// difference is named.
func TestConformancePreview(t *testing.T) {
	var files []string
	dir := t.TempDir()
	for _, s := range samples(t, "orders", "derived__orders") {
		t.Run(s.name, func(t *testing.T) {
			code, res := previewFile(t, s.path, topicOf(s.name), filepath.Join(dir, s.name))
			if s.difference != "" {
				if code != exitHeld || res.Status != "held" {
					t.Fatalf("exit code %d, %s: %s; want it held", code, res.Status, res.Reason)
				}
				if !strings.Contains(res.Reason, s.difference) {
					t.Errorf("the reason does not name the difference %s: %s", s.difference, res.Reason)
				}
				return
			}
			if code != exitOK || res.Status != "documents" {
				t.Fatalf("exit code %d, %s: %s; want documents", code, res.Status, res.Reason)
			}
			if len(res.Documents) == 0 {
				t.Fatal("no document")
			}
			for _, d := range res.Documents {
				files = append(files, d.File)
			}
			conserved(t, s.path, res.Documents)
		})
	}
	testenv.Xmlcheck(t, "netsuite", files...)
}

// What is not an order, sent as if it were one, is decided about like anything
// else: it never panics, and it never is a fault of the program.
func TestConformancePreviewOfWhatIsNoOrder(t *testing.T) {
	for _, s := range samples(t, "draft_orders", "checkouts") {
		t.Run(s.name, func(t *testing.T) {
			code, res := previewFile(t, s.path, "orders/create", t.TempDir())
			switch code {
			case exitOK, exitHeld, exitInvalid, exitIgnored:
			default:
				t.Errorf("exit code %d, %s: %s", code, res.Status, res.Reason)
			}
			if strings.Contains(res.Reason, "PANIC") {
				t.Errorf("it panicked: %s", res.Reason)
			}
		})
	}
}

// conserved reports a sales order whose parts do not come to the order's total.
func conserved(t *testing.T, order string, docs []previewDocument) {
	t.Helper()
	body, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Total json.RawMessage `json:"total_price"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		t.Fatal(err)
	}
	want, err := erpbridge.ParseDecimal(strings.Trim(string(said.Total), `"`))
	if err != nil {
		t.Fatalf("total_price: %v", err)
	}
	checked := 0
	for _, d := range docs {
		if d.Kind != "SalesOrder" {
			continue
		}
		checked++
		got, err := salesOrderTotal(d.File)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Errorf("the sales order comes to %s, the order's total is %s", got, want)
		}
	}
	if checked != 1 {
		t.Errorf("%d sales orders, want one: %v", checked, docs)
	}
}

// salesOrderTotal adds the items' amounts and the shipping cost of a sales order.
func salesOrderTotal(file string) (erpbridge.Decimal, error) {
	var total erpbridge.Decimal
	raw, err := os.ReadFile(file) // #nosec G304 -- a file of the test's own
	if err != nil {
		return total, err
	}
	var doc struct {
		Record struct {
			Shipping string   `xml:"shippingCost"`
			Amounts  []string `xml:"itemList>item>amount"`
		} `xml:"record"`
	}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		return total, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	parts := doc.Record.Amounts
	if len(parts) == 0 {
		return total, fmt.Errorf("%s has no items", filepath.Base(file))
	}
	if doc.Record.Shipping != "" {
		parts = append(parts, doc.Record.Shipping)
	}
	for _, p := range parts {
		amount, err := erpbridge.ParseDecimal(p)
		if err != nil {
			return total, fmt.Errorf("%s: amount %q: %w", filepath.Base(file), p, err)
		}
		total = total.Add(amount)
	}
	return total, nil
}

func TestTopicOf(t *testing.T) {
	for name, want := range map[string]string{
		"orders-create__a.json":              "orders/create",
		"orders__a.json":                     "orders/create",
		"derived__orders-paid__a.json":       "orders/paid",
		"orders-partially_fulfilled__a.json": "orders/partially_fulfilled",
	} {
		if got := topicOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
