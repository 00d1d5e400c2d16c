package adapters

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// overHTTP are the kinds that speak HTTP, each with the least of its settings; URL stands
// for the server. What books later is told that nothing confirms it, so that acceptance
// shows as delivery.
var overHTTP = map[string]string{
	"netsuite": `{url: "URL", account: "1", consumer_key: a, consumer_secret: b, token: c, token_secret: d, currencies: {USD: "1"}, customer: {create: false, default: "5"}, items: {placeholder: "1"}}`,
	"sap-idoc": `{transport: soap, url: "URL", client: "100", auth: {basic: {user: a, password: b}}, sender: {port: E, partner: S}, receiver: {port: R, partner: C}, orders: {sales_org: "1", channel: "1", division: "1", create_within: 0s}, confirm: none, mapping: {customer: {default: "1"}, items: {placeholder: X}}}`,
	"sap-s4":   `{order_url: "URL", auth: {basic: {user: a, password: b}}, sender: E, recipient: S, sales_organization: "1010", confirm: none, mapping: {customer: {default: "1"}, items: {placeholder: X}}}`,
	"bc":       `{url: "URL", auth: {basic: {user: a, password: b}}, company: C, local_currency: USD, mapping: {customer: {default: "1"}, items: {placeholder: X}}}`,
	"ax2012":   `{url: "URL", auth: {basic: {user: a, password: b}}, company: C, mapping: {customer: {default: "1"}, items: {placeholder: X}}}`,
	"fo":       `{url: "URL", legal_entity: C, auth: {oauth2: {token_url: "URL", client_id: a, client_secret: b}}, mapping: {number: {from: id}, customer: {default: "1"}, items: {placeholder: X}}}`,
	"gp":       `{url: "URL", auth: {basic: {user: a, password: b}}, company: 1, document_type: D, batch: B, mapping: {customer: {default: "1"}, items: {placeholder: X}}}`,
}

// Every message among the samples, given to every kind of ERP as the answer to an order:
// none of them is about this order, so none delivers it, whatever the status it comes
// with; and the order is in doubt, unless the answer says that it was refused.
func TestConformanceEverySampleAsAnAnswer(t *testing.T) {
	erptest.Serial(t)
	root := filepath.Join(testenv.Shared(t), "erp-samples")
	samples := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SOURCES.txt" {
			return err
		}
		samples[strings.TrimPrefix(path, root)], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(samples) < 40 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	usd := func(s string) erpbridge.Money { m, _ := erpbridge.ParseMoney(s, "USD"); return m }
	one, _ := erpbridge.ParseDecimal("1")
	event := erpbridge.Event{
		Store: "shop", Type: erpbridge.OrderPlaced, Stream: "order/1", Resource: "order/1",
		Version: erpbridge.Version{At: time.Unix(1763600000, 0), Digest: strings.Repeat("0", 64)},
		Order: &erpbridge.Order{
			ID: "1", Number: "1", PostingDate: "2026-11-20", PlacedAt: time.Unix(1763600000, 0), Currency: "USD",
			Lines: []erpbridge.Line{{ID: "1", SKU: "A", Title: "A", Quantity: one, Unit: usd("1.00")}}, Total: usd("1.00"),
		},
	}
	for kind := range ERPs {
		settings, ok := overHTTP[kind]
		if !ok {
			t.Errorf("kind %s is not asked", kind)
			continue
		}
		t.Run(kind, func(t *testing.T) {
			for name, raw := range samples {
				for _, status := range []int{200, 500} {
					answered(t, kind, settings, name, raw, status, event)
				}
			}
		})
	}
}

func answered(t *testing.T, kind, settings, name string, raw []byte, status int, event erpbridge.Event) {
	t.Helper()
	contentType := "text/xml; charset=utf-8"
	if strings.HasSuffix(name, ".txt") {
		contentType = "text/plain"
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write(raw)
	}))
	defer srv.Close()
	erp, err := ERPs[kind](kind, func(into any) error {
		return yaml.Load([]byte(strings.ReplaceAll(settings, "URL", srv.URL)), into, yaml.WithKnownFields())
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := erp.Translate(event)
	if err != nil || len(docs) == 0 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	results := erp.Deliver(t.Context(), docs)
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	for i, r := range results {
		if r.Err == nil || erpbridge.KindOf(r.Err) == erpbridge.Duplicate {
			t.Errorf("%s with %d delivers %s: %+v", name, status, docs[i].Key, r)
		}
	}
}
