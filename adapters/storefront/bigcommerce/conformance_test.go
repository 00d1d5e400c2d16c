package bigcommerce_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// samples returns the published samples of the platform by name.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples", "bigcommerce"), "*.json") {
		out[file.Name+".json"] = file.Body
	}
	return out
}

// outcome says what became of a message, in a word or two.
func outcome(events []erpbridge.Event, err error) string {
	if err != nil {
		return string(erpbridge.KindOf(err))
	}
	var types []string
	for _, e := range events {
		types = append(types, string(e.Type))
	}
	return strings.Join(types, " ")
}

// TestConformanceEnvelopes proves every sample webhook and says what becomes of it: where
// it points to something, a store without api: holds it.
func TestConformanceEnvelopes(t *testing.T) {
	s := open(t, "")
	seen := 0
	for name, body := range samples(t) {
		scope, ok := strings.CutPrefix(strings.TrimSuffix(name, ".json"), "webhook-")
		if !ok {
			continue
		}
		seen++
		got, err := s.Verify(signed(message("", []byte(strings.ReplaceAll(string(body), "{store_hash}", hash))), secret))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.ReplaceAll(got.Type, "/", "_") != scope || len(got.ID) != 51 {
			t.Errorf("%s is named %q, %q", name, got.Type, got.ID)
		}
		got.ReceivedAt = received
		want := "held"
		switch {
		case strings.Contains(scope, "_inventory_"):
			want = "inventory.changed"
		case strings.HasSuffix(scope, "_deleted"):
			want = ""
		case strings.HasPrefix(scope, "store_cart_"), strings.HasPrefix(scope, "store_order_message_"), strings.HasPrefix(scope, "store_order_archived"):
			want = "ignored"
		}
		if is := outcome(s.Normalize(got)); is != want && want != "" {
			t.Errorf("%s is %s, want %s", name, is, want)
		}
		// The samples as they are name no store, so they are refused.
		if _, err := s.Verify(signed(message("", body), secret)); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s of nobody's store: %v", name, err)
		}
	}
	if seen < 11 {
		t.Errorf("%d webhooks", seen)
	}
}

// composed returns an order's document of samples and what is given.
func composed(t *testing.T, all map[string][]byte, parts map[string]string) []byte {
	t.Helper()
	d := map[string]json.RawMessage{
		"order": all["v2-order__usd-manual.json"], "products": json.RawMessage(`[]`), "coupons": json.RawMessage(`[]`),
		"shipping_addresses": json.RawMessage(`[]`), "taxes": json.RawMessage(`[]`), "transactions": json.RawMessage(`[]`), "refunds": json.RawMessage(`[]`),
	}
	for name, value := range parts {
		d[name] = json.RawMessage(value)
	}
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestConformanceDocuments composes every sample answer into a document and says what
// becomes of it. The index gives no order of this platform a verdict on its total, and
// the samples are parts of different orders, so that the difference is told here.
func TestConformanceDocuments(t *testing.T) {
	all := samples(t)
	s := open(t, "test_orders: deliver\n")
	first := func(name string) string {
		var items []json.RawMessage
		if err := json.Unmarshal(all[name], &items); err != nil {
			t.Fatal(err)
		}
		return string(items[0])
	}
	line := func(amount string) string {
		return `[{"id":1,"name":"x","quantity":1,"price_inc_tax":"` + amount + `","total_inc_tax":"` + amount + `","price_ex_tax":"1","total_ex_tax":"1"}]`
	}
	request := func(name, members string) string {
		return `[` + strings.TrimSuffix(strings.TrimSpace(string(all[name])), "}") + `,"id":3,"created":"2026-11-23T10:00:00Z",` + members + `}]`
	}
	const orders, refunds, shipments = "store/order/updated", "store/order/refund/created", "store/shipment/created"
	for name, tt := range map[string]struct {
		scope string
		parts map[string]string
		want  string
		off   string // by how much an order or refund does not add up
	}{
		"v2-order__usd-manual.json, no lines": {orders, nil, "order.changed", "47.14"},
		// Its fees are in no total: with a line of its subtotal it is off by them.
		"v2-order__usd-manual.json, a line":                              {orders, map[string]string{"products": line("67.84")}, "order.changed", "46.14"},
		"v2-orders-collection.json":                                      {orders, map[string]string{"order": first("v2-orders-collection.json"), "products": line("361.95")}, "order.changed", ""},
		"v2-order-products__collection.json":                             {orders, map[string]string{"products": string(all["v2-order-products__collection.json"])}, "order.changed", "-8.85"},
		"v2-order-product__custom-no-catalog.json":                       {orders, map[string]string{"products": "[" + string(all["v2-order-product__custom-no-catalog.json"]) + "]"}, "order.changed", "5.57"},
		"v2-order-product__variants-options.json":                        {orders, map[string]string{"products": "[" + string(all["v2-order-product__variants-options.json"]) + "]"}, "order.changed", "-821.22"},
		"v2-order-shipping-addresses.json":                               {orders, map[string]string{"shipping_addresses": string(all["v2-order-shipping-addresses.json"])}, "order.changed", "47.14"},
		"v2-order-taxes.json":                                            {orders, map[string]string{"taxes": string(all["v2-order-taxes.json"])}, "order.changed", "47.14"},
		"v2-order-shipments.json":                                        {shipments, map[string]string{"shipment": first("v2-order-shipments.json")}, "fulfilment.changed", ""},
		"v3-transaction__Example-1.json":                                 {orders, map[string]string{"transactions": "[" + string(all["v3-transaction__Example-1.json"]) + "]"}, "invalid", ""},
		"v3-transaction__Example-1.json, of a currency":                  {orders, map[string]string{"transactions": strings.Replace("["+string(all["v3-transaction__Example-1.json"])+"]", `"currency": "string"`, `"currency": "USD"`, 1)}, "order.changed", "47.14"},
		"v3-refund-request__Quantity.json":                               {refunds, map[string]string{"refunds": "[" + string(all["v3-refund-request__Quantity.json"]) + "]"}, "invalid", ""},
		"v3-refund-request__Quantity.json, answered":                     {refunds, map[string]string{"refunds": request("v3-refund-request__Quantity.json", `"total_amount":37.89,"total_tax":2.89`)}, "refund.issued", ""},
		"v3-refund-request__Multiple-Items.json, answered":               {refunds, map[string]string{"refunds": request("v3-refund-request__Multiple-Items.json", `"total_amount":232.75,"total_tax":17.74`)}, "refund.issued", ""},
		"v3-refund-request__Tax-Exempt-Order-Level-.json, answered":      {refunds, map[string]string{"refunds": request("v3-refund-request__Tax-Exempt-Order-Level-.json", `"total_amount":1,"total_tax":0`)}, "refund.issued", ""},
		"v3-refund-request__Merchant-Calculated-Override.json, answered": {refunds, map[string]string{"refunds": request("v3-refund-request__Merchant-Calculated-Override.json", `"total_amount":10,"total_tax":0`)}, "refund.issued", ""},
		"v2-consignments__order-with-pickup-consignments.json":           {orders, map[string]string{"order": string(all["v2-consignments__order-with-pickup-consignments.json"])}, "invalid", ""},
		"v2-consignments__order-with-digital-consignments.json":          {orders, map[string]string{"order": string(all["v2-consignments__order-with-digital-consignments.json"])}, "invalid", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if file, _, _ := strings.Cut(name, ", "); all[file] == nil {
				t.Fatal("there is no such sample")
			}
			events, err := s.Normalize(message(tt.scope, composed(t, all, tt.parts)))
			if got := outcome(events, err); got != tt.want {
				t.Fatalf("is %s (%v), want %s", got, err, tt.want)
			}
			if err != nil {
				t.Log(err)
				return
			}
			if off := storefronttest.Off(events[0]); off != tt.off {
				t.Errorf("off by %q, want %q", off, tt.off)
			}
		})
	}
}

// TestConformanceSamplesInEveryScope feeds all samples to all scopes, as they are and as
// every part of a document.
func TestConformanceSamplesInEveryScope(t *testing.T) {
	s := open(t, "")
	for name, body := range samples(t) {
		bodies := [][]byte{body}
		for _, part := range []string{"envelope", "order", "products", "shipping_addresses", "taxes", "transactions", "refunds", "shipment", "customer", "product"} {
			bodies = append(bodies, []byte(`{"`+part+`":`+string(body)+`}`), []byte(`{"`+part+`":[`+string(body)+`]}`))
		}
		for _, scope := range []string{
			"store/order/created", "store/order/statusUpdated", "store/order/refund/created", "store/shipment/created", "store/shipment/deleted", "store/customer/updated",
			"store/product/updated", "store/product/deleted", "store/sku/inventory/updated", "store/cart/converted", "", "x",
		} {
			for _, body := range bodies {
				events, err := s.Normalize(message(scope, body))
				if (err == nil) != (len(events) == 1) || err != nil && !slices.Contains([]erpbridge.Kind{erpbridge.Invalid, erpbridge.Ignored, erpbridge.Held}, erpbridge.KindOf(err)) {
					t.Errorf("%s as %s: %d events, %v", name, scope, len(events), err)
				}
			}
		}
	}
}

func TestConformanceSignatureVector(t *testing.T) {
	var v struct {
		Headers map[string]string
		Secret  string `json:"client_secret"`
		Value   string
	}
	body := storefronttest.KnownAnswer(t, "bigcommerce_standard_webhooks", &v)
	s, err := bigcommerce.New("shop-us", decode("store_hash: k3m9x2ab7q\nsecrets: ["+v.Secret+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := message("", body)
	m.Header = http.Header{"Webhook-Signature": {v.Value}}
	for name, value := range v.Headers {
		m.Header.Set(name, value)
	}
	m.ReceivedAt = time.Unix(1767225600, 0)
	// The vector's body is no envelope: proven, and not usable.
	if _, err := s.Verify(m); !proven(err) {
		t.Errorf("the known answer is refused: %v", err)
	}
	m.Body = append(slices.Clone(m.Body), ' ')
	if _, err := s.Verify(m); proven(err) {
		t.Error("another body has the signature")
	}
}

// proven reports whether Verify took a signature, whatever it thought of the body after
// that.
func proven(err error) bool {
	return err == nil || erpbridge.KindOf(err) == erpbridge.Invalid || strings.HasPrefix(err.Error(), "producer: ")
}

// TestConformanceHMAC holds Verify against the vectors of the Standard Webhooks scheme.
func TestConformanceHMAC(t *testing.T) {
	storefronttest.HMAC(t, storefronttest.Signing{
		Open: func(secrets string) (erpbridge.Storefront, error) {
			return bigcommerce.New("shop-us", decode("store_hash: k3m9x2ab7q\nsecrets: "+secrets+"\n"))
		},
		Deliver: func(v storefronttest.Vector) erpbridge.Message {
			m := message("", v.Body)
			m.Header, m.ReceivedAt = v.Header(), time.Unix(v.Now, 0)
			return m
		},
		Standard: true,
		Proven:   proven,
	})
}
