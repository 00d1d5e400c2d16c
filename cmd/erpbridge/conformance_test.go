package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// conformanceConfig has a target of every kind, netsuiteConfig one alone.
const (
	conformanceConfig = "../../testdata/conformance.yaml"
	netsuiteConfig    = "../../testdata/netsuite.yaml"
)

// platforms are those whose sample orders the index speaks of: how their files are
// named, and where an order says what it comes to.
var platforms = map[string]struct {
	orders []string // prefixes of the files' names
	topic  func(name string) string
	total  string
}{
	"shopify":     {[]string{"orders", "derived__orders"}, topicOf, "total_price"},
	"woocommerce": {[]string{"order.created", "order.updated", "derived__order."}, wooTopicOf, "total"},
}

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

// wooTopicOf does so for WooCommerce: "order.created-x.json" is order.created.
func wooTopicOf(name string) string {
	topic, _, _ := strings.Cut(strings.TrimPrefix(name, "derived__"), "__")
	topic, _, _ = strings.Cut(topic, "-")
	return topic
}

// A sample is an order of a storefront, and what the index says of its money.
type sample struct {
	path, name string
	// difference is empty if the parts come to the total.
	difference string
}

// samples lists a platform's samples whose name begins with one of prefixes.
func samples(t *testing.T, platform string, prefixes ...string) []sample {
	t.Helper()
	root := filepath.Join(testenv.Shared(t), "storefront-samples")
	index, err := os.ReadFile(filepath.Join(root, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for row := range strings.Lines(string(index)) {
		f := strings.Split(strings.TrimRight(row, "\r\n"), "\t")
		name, ours := strings.CutPrefix(f[0], platform+"/")
		if !ours || !hasAnyPrefix(name, prefixes) {
			continue
		}
		s := sample{path: filepath.Join(root, platform, name), name: name}
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
func previewFile(t *testing.T, store, file, topic, out string) (int, previewed) {
	t.Helper()
	return previewBy(t, conformanceConfig, store, file, topic, out)
}

func previewBy(t *testing.T, conf, store, file, topic, out string) (int, previewed) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := execute(t.Context(), []string{
		"preview", "--config", conf, "--output", "json",
		"--store", store, "--topic", topic, "--out", out, file,
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
	for store, p := range platforms {
		for _, s := range samples(t, store, p.orders...) {
			t.Run(store+"/"+s.name, func(t *testing.T) {
				code, res := previewFile(t, store, s.path, p.topic(s.name), filepath.Join(dir, store, s.name))
				if s.difference != "" {
					if code != exitHeld || res.Status != "held" {
						t.Fatalf("exit code %d, %s: %s; want it held", code, res.Status, res.Reason)
					}
					if !strings.Contains(res.Reason, s.difference) {
						t.Errorf("the reason does not name the difference %s: %s", s.difference, res.Reason)
					}
					return
				}
				if withoutLines(t, s.path) {
					// It adds up, to nothing: no ERP books an order of no lines.
					if code != exitHeld || !strings.Contains(res.Reason, "the order has no lines") {
						t.Errorf("exit code %d, %s: %s; want it held for want of lines", code, res.Status, res.Reason)
					}
					return
				}
				if code != exitOK || res.Status != "documents" {
					t.Fatalf("exit code %d, %s: %s; want documents", code, res.Status, res.Reason)
				}
				if len(res.Documents) == 0 {
					t.Fatal("no document")
				}
				// What the other targets are told, the matrix looks at.
				res.Documents = slices.DeleteFunc(res.Documents, func(d previewDocument) bool { return d.Target != "netsuite" })
				for _, d := range res.Documents {
					files = append(files, d.File)
				}
				conserved(t, s.path, p.total, res.Documents)
			})
		}
	}
	testenv.Xmlcheck(t, "netsuite", files...)
}

// withoutLines reports whether an order's list of lines is there and empty.
func withoutLines(t *testing.T, order string) bool {
	t.Helper()
	body, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Lines *[]json.RawMessage `json:"line_items"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		t.Fatal(err)
	}
	return said.Lines != nil && len(*said.Lines) == 0
}

// What is not an order, sent as if it were one, is decided about like anything
// else: it never panics, and it never is a fault of the program.
func TestConformancePreviewOfWhatIsNoOrder(t *testing.T) {
	for _, s := range samples(t, "shopify", "draft_orders", "checkouts") {
		t.Run(s.name, func(t *testing.T) {
			code, res := previewFile(t, "shopify", s.path, "orders/create", t.TempDir())
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

// Every published body of the platforms the bridge speaks with, under every topic of its
// platform and some of none, ends in a way that is explained, and never in a panic.
func TestConformanceEverySampleIsExplained(t *testing.T) {
	root := filepath.Join(testenv.Shared(t), "storefront-samples")
	topics := map[string][]string{
		"shopify":       {"orders/updated", "refunds/create", "fulfillments/update", "customers/update", "products/update", "inventory_levels/update", "customers/redact", "shop/redact", "x"},
		"woocommerce":   {"order.updated", "order.deleted", "refund.created", "customer.updated", "product.updated", "ping", "x"},
		"adobecommerce": {"order", "creditmemo", "shipment", "customer", "product", "stock_item", "invoice", "com.adobe.commerce.observer.sales_order_save_commit_after", "x"},
		"bigcommerce":   {"store/order/updated", "store/order/refund/created", "store/shipment/created", "store/customer/updated", "store/product/updated", "store/product/inventory/updated", "x"},
		"partner":       {"order.changed", "refund.issued", "x"},
	}
	folders := map[string]string{"shopify": "shopify", "woocommerce": "woocommerce", "adobecommerce": "adobe-commerce", "bigcommerce": "bigcommerce", "partner": "cloudevents"}
	seen := 0
	for store, list := range topics {
		files, err := filepath.Glob(filepath.Join(root, folders[store], "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, topic := range list {
				seen++
				code, res := previewFile(t, store, file, topic, t.TempDir())
				switch {
				case code != exitOK && code != exitHeld && code != exitInvalid && code != exitIgnored:
					t.Errorf("%s as %s: exit code %d, %s: %s", filepath.Base(file), topic, code, res.Status, res.Reason)
				case code != exitOK && res.Reason == "", strings.Contains(res.Reason, "PANIC"):
					t.Errorf("%s as %s: %s: %q", filepath.Base(file), topic, res.Status, res.Reason)
				}
			}
		}
	}
	if seen == 0 {
		t.Fatal("no sample was read")
	}
}

// conserved reports a sales order whose parts do not come to the order's total.
func conserved(t *testing.T, order, total string, docs []previewDocument) {
	t.Helper()
	body, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]json.RawMessage
	if err := json.Unmarshal(body, &said); err != nil {
		t.Fatal(err)
	}
	want, err := erpbridge.ParseDecimal(strings.Trim(string(said[total]), `"`))
	if err != nil {
		t.Fatalf("%s: %v", total, err)
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
	for name, want := range map[string]string{
		"order.created__a.json": "order.created", "derived__order.created-decimal-a.json": "order.created", "order.updated__list-item-1.json": "order.updated",
	} {
		if got := wooTopicOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
