package woocommerce_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

// anything takes what the samples have and is not booked by default.
const anything = "default_currency: USD\ntest_orders: deliver\nstatuses: {draft: open, auto-draft: open}\n"

// samples says what becomes of every published body: under anything, and under the
// defaults where that is something else.
var samples = map[string]struct {
	topic     string
	becomes   erpbridge.EventType
	kind      erpbridge.Kind // of the error, where there is one
	off       string         // what the parts miss; "" for 0.00
	byDefault erpbridge.Kind
}{
	"customer.created__base": {topic: "customer.created", becomes: erpbridge.CustomerChanged},
	"derived__order.created-decimal-quantity-negative-fee-percent-coupon-number-not-id": {topic: "order.created", becomes: erpbridge.OrderPlaced},

	"order.created__attribution-meta":         {topic: "order.created", becomes: erpbridge.OrderPlaced, off: "-24.00", byDefault: erpbridge.Ignored},
	"order.created__auto-draft-status":        {topic: "order.created", becomes: erpbridge.OrderPlaced, off: "-258.50", byDefault: erpbridge.Ignored},
	"order.created__broken-null-fields":       {topic: "order.created", becomes: erpbridge.OrderPlaced, byDefault: erpbridge.Ignored},
	"order.created__composite-product":        {topic: "order.created", becomes: erpbridge.OrderPlaced},
	"order.created__currency-symbol-entity":   {topic: "order.created", becomes: erpbridge.OrderPlaced, off: "-258.50"},
	"order.created__line-item-attributes":     {topic: "order.created", becomes: erpbridge.OrderPlaced, off: "32.44"},
	"order.created__payment-charge-meta":      {topic: "order.created", becomes: erpbridge.OrderPlaced},
	"order.created__subscription-renewal":     {topic: "order.created", becomes: erpbridge.OrderPlaced, byDefault: erpbridge.Ignored},
	"order.deleted__id-only":                  {topic: "order.deleted", becomes: erpbridge.OrderCancelled},
	"order.updated__base":                     {topic: "order.updated", becomes: erpbridge.OrderChanged, off: "-258.50"},
	"order.updated__fully-refunded":           {topic: "order.updated", becomes: erpbridge.OrderChanged},
	"order.updated__list-item-560-processing": {topic: "order.updated", becomes: erpbridge.OrderChanged},
	"order.updated__list-item-960-processing": {topic: "order.updated", becomes: erpbridge.OrderChanged},
	"order.updated__list-item-963-processing": {topic: "order.updated", becomes: erpbridge.OrderChanged, off: "-258.50"},
	"order.updated__product-addons-meta":      {topic: "order.updated", becomes: erpbridge.OrderChanged},
	"order.updated__raw-no-envelope":          {topic: "order.updated", becomes: erpbridge.OrderChanged},
	"product-stock__string-quantity":          {topic: "product.updated", kind: erpbridge.Invalid, byDefault: erpbridge.Invalid},
	"product-variation__base":                 {topic: "product.updated", becomes: erpbridge.ProductChanged},
	"product.created__bundle":                 {topic: "product.created", becomes: erpbridge.ProductChanged},
	"product.created__subscription":           {topic: "product.created", becomes: erpbridge.ProductChanged},
	"product.updated__variable":               {topic: "product.updated", becomes: erpbridge.ProductChanged},
	"refund__single-line":                     {topic: "refund.created", becomes: erpbridge.RefundIssued, off: "-7.62", byDefault: erpbridge.Held},
	"shipment-tracking__multiple":             {topic: "order.updated", kind: erpbridge.Invalid, byDefault: erpbridge.Invalid},
	"webhook-ping__form-encoded-unsigned":     {topic: "ping", kind: erpbridge.Ignored, byDefault: erpbridge.Ignored},
}

func TestConformanceSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(storefronttest.Shared(t, "storefront-samples", "woocommerce"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	all, plain := open(t, anything), open(t, "")
	seen := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		want, ok := samples[name]
		if !ok {
			t.Errorf("%s: nothing says what is to become of it", name)
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := plain.Normalize(message(want.topic, body)); erpbridge.KindOf(err) != want.byDefault {
				t.Errorf("by default: %v, want kind %q", err, want.byDefault)
			}
			events, err := all.Normalize(message(want.topic, body))
			if erpbridge.KindOf(err) != want.kind {
				t.Fatalf("%v, want kind %q", err, want.kind)
			}
			if err != nil {
				return
			}
			if len(events) != 1 || events[0].Type != want.becomes {
				t.Fatalf("%d events, the first a %s, want one %s", len(events), events[0].Type, want.becomes)
			}
			if off := difference(events[0]); off != want.off {
				t.Errorf("off by %q, want %q", off, want.off)
			}
		})
	}
	if seen != len(samples) {
		t.Errorf("%d of %d samples are there", seen, len(samples))
	}
}

// difference returns what an event's total has more than its parts.
func difference(e erpbridge.Event) string {
	off := erpbridge.Money{}
	switch {
	case e.Order != nil:
		off = e.Order.Total.Sub(e.Order.Sum())
	case e.Refund != nil:
		paidBack, _ := e.Refund.Paid()
		off = paidBack.Sub(e.Refund.Sum())
	}
	if off.IsZero() {
		return ""
	}
	return off.Plain()
}

// TestConformanceIndex holds the table above against what the samples' index says.
func TestConformanceIndex(t *testing.T) {
	checked := 0
	for _, row := range rows(t, storefronttest.Shared(t, "storefront-samples", "INDEX.tsv")) {
		name, ours := strings.CutPrefix(row["file"], "woocommerce/")
		says := row["total reconciles"]
		if !ours || says == "" {
			continue
		}
		checked++
		diff, _ := strings.CutPrefix(says, "NO: DIFF ")
		if says == "yes" {
			diff = ""
		}
		if got := samples[strings.TrimSuffix(name, ".json")].off; got != diff {
			t.Errorf("%s: the table says %q, the index %q", name, got, says)
		}
	}
	if checked == 0 {
		t.Fatal("the index names no order")
	}
}

// rows reads a table with a header line as maps.
func rows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, v := range rec {
			row[records[0][i]] = v
		}
		out = append(out, row)
	}
	return out
}

// TestConformanceSamplesInEveryTopic feeds all samples to all topics.
func TestConformanceSamplesInEveryTopic(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(storefronttest.Shared(t, "storefront-samples", "woocommerce"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, anything)
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range []string{
			"order.created", "order.deleted", "customer.updated", "customer.deleted", "product.updated", "product.deleted",
			"refund.created", "coupon.created", "action.woocommerce_order_refunded", "ping", "unknown", "",
		} {
			events, err := s.Normalize(message(topic, body))
			if (err == nil) != (len(events) > 0) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %s: %d events, %v", filepath.Base(file), topic, len(events), err)
			}
			// Whatever the topic says, an order is not deleted by a body that has its state.
			if len(events) > 0 && events[0].Cancellation != nil && !bytes.Equal(bytes.TrimSpace(body), []byte("{\n  \"id\": 727\n}")) {
				t.Errorf("%s as %s: deletes an order", filepath.Base(file), topic)
			}
		}
	}
}

func TestConformanceSignatureVector(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "storefront-samples", "signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Body        []byte `json:"body_base64"`
		WooCommerce struct{ Header, Secret, Value string }
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	s, err := woocommerce.New("shop-eu", decode("site: "+site+"\nsecrets: ["+v.WooCommerce.Secret+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := signed(message("order.created", v.Body), secret)
	if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("a secret that is not configured: %v", err)
	}
	m.Header.Set(v.WooCommerce.Header, v.WooCommerce.Value)
	if _, err := s.Verify(m); err != nil {
		t.Errorf("the known answer is refused: %v", err)
	}
}

// TestConformanceHMAC holds Verify against vectors of what senders and attackers write
// into the signature header. They are written for another platform's headers, whose
// signature is the same.
func TestConformanceHMAC(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "corpora", "hmac", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name    string
		Secrets []string
		Body    []byte `json:"body_b64"`
		Headers [][2]string
		Valid   any
		Why     string
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{
		"x-shopify-hmac-sha256": "X-WC-Webhook-Signature", "x-shopify-shop-domain": "X-WC-Webhook-Source", "x-shopify-topic": "X-WC-Webhook-Topic",
	}
	verdicts := map[string]int{}
	for _, v := range vectors {
		if strings.HasPrefix(v.Name, "std-") {
			continue // Standard Webhooks, which WooCommerce does not use
		}
		t.Run(v.Name, func(t *testing.T) {
			// The secrets are in YAML as JSON strings, so that none needs quoting.
			secrets, err := json.Marshal(v.Secrets)
			if err != nil {
				t.Fatal(err)
			}
			s, err := woocommerce.New("shop-eu", decode("site: "+site+"\nsecrets: "+string(secrets)+"\n"))
			if slices.Contains(v.Secrets, "") {
				verdicts["start"]++
				if err == nil || !strings.Contains(err.Error(), "secrets[0]: is empty") {
					t.Errorf("New = %v, want it to refuse an empty secret", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m := message("", v.Body)
			m.Header = http.Header{}
			for _, h := range v.Headers {
				name := names[strings.ToLower(h[0])]
				if h[0] == strings.ToLower(h[0]) {
					name = strings.ToLower(name)
				}
				m.Header[name] = append(m.Header[name], h[1])
			}
			// Every delivery has these; the vectors name them only where they are the point.
			for name, value := range map[string]string{"X-WC-Webhook-Source": site, "X-WC-Webhook-Topic": "order.updated"} {
				if len(m.Header[name]) == 0 {
					m.Header[name] = []string{value}
				}
			}
			got, err := s.Verify(m)
			switch v.Valid {
			case true:
				verdicts["valid"]++
				if err != nil {
					t.Errorf("refused (%s): %v", v.Why, err)
				}
			case false:
				verdicts["refused"]++
				if erpbridge.KindOf(err) != erpbridge.Refused {
					t.Errorf("taken (%s): %v", v.Why, err)
				}
			default: // a topic nobody signed: it must not make the body more than it is
				if err != nil {
					break
				}
				if events, err := s.Normalize(got); err == nil {
					t.Errorf("the topic %q made it %s", got.Type, events[0].Type)
				}
			}
		})
	}
	if verdicts["valid"] == 0 || verdicts["refused"] == 0 {
		t.Fatalf("the vectors came to %v", verdicts)
	}
}
