package woocommerce_test

import (
	"bytes"
	"cmp"
	"net/http"
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
	all, plain := open(t, anything), open(t, "")
	seen := 0
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples", "woocommerce"), "*") {
		name, body := file.Name, file.Body
		want, ok := samples[name]
		if !ok {
			t.Errorf("%s: nothing says what is to become of it", name)
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
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
			if off := storefronttest.Off(events[0]); off != want.off {
				t.Errorf("off by %q, want %q", off, want.off)
			}
		})
	}
	if seen != len(samples) {
		t.Errorf("%d of %d samples are there", seen, len(samples))
	}
}

// TestConformanceIndex holds the table above against what the samples' index says.
func TestConformanceIndex(t *testing.T) {
	checked := 0
	for _, sample := range storefronttest.Samples(t, func(folder, _ string) bool { return folder == "woocommerce" }) {
		if sample.Reconciles == "" {
			continue
		}
		checked++
		if want, told := sample.Off(); !told || samples[sample.Name].off != want {
			t.Errorf("%s: the table says %q, the index %q", sample.Name, samples[sample.Name].off, sample.Reconciles)
		}
	}
	if checked == 0 {
		t.Fatal("the index names no order")
	}
}

// TestConformanceSamplesInEveryTopic feeds all samples to all topics.
func TestConformanceSamplesInEveryTopic(t *testing.T) {
	s := open(t, anything)
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples", "woocommerce"), "*") {
		for _, topic := range []string{
			"order.created", "order.deleted", "customer.updated", "customer.deleted", "product.updated", "product.deleted",
			"refund.created", "coupon.created", "action.woocommerce_order_refunded", "ping", "unknown", "",
		} {
			events, err := s.Normalize(message(topic, file.Body))
			if (err == nil) != (len(events) > 0) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %s: %d events, %v", file.Name, topic, len(events), err)
			}
			// Whatever the topic says, an order is not deleted by a body that has its state.
			if len(events) > 0 && events[0].Cancellation != nil && !bytes.Equal(bytes.TrimSpace(file.Body), []byte("{\n  \"id\": 727\n}")) {
				t.Errorf("%s as %s: deletes an order", file.Name, topic)
			}
		}
	}
}

func TestConformanceSignatureVector(t *testing.T) {
	var v struct{ Header, Secret, Value string }
	body := storefronttest.KnownAnswer(t, "woocommerce", &v)
	s, err := woocommerce.New("shop-eu", decode("site: "+site+"\nsecrets: ["+v.Secret+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := signed(message("order.created", body), secret)
	if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("a secret that is not configured: %v", err)
	}
	m.Header.Set(v.Header, v.Value)
	if _, err := s.Verify(m); err != nil {
		t.Errorf("the known answer is refused: %v", err)
	}
}

// ours are the names here of the headers that the published deliveries have. They are
// written for another platform, whose signature is the same.
var ours = map[string]string{
	"x-shopify-hmac-sha256": "X-WC-Webhook-Signature", "x-shopify-shop-domain": "X-WC-Webhook-Source", "x-shopify-topic": "X-WC-Webhook-Topic",
}

// TestConformanceHMAC holds Verify against vectors of what senders and attackers write
// into the signature header.
func TestConformanceHMAC(t *testing.T) {
	storefronttest.HMAC(t, storefronttest.Signing{
		Open: func(secrets string) (erpbridge.Storefront, error) {
			return woocommerce.New("shop-eu", decode("site: "+site+"\nsecrets: "+secrets+"\n"))
		},
		Deliver: func(v storefronttest.Vector) erpbridge.Message {
			m := message("", v.Body)
			m.Header = http.Header{}
			for _, h := range v.Headers {
				name := cmp.Or(ours[strings.ToLower(h[0])], h[0])
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
			return m
		},
		Unsigned: func(t *testing.T, s erpbridge.Storefront, m erpbridge.Message) {
			if events, err := s.Normalize(m); err == nil {
				t.Errorf("the topic %q made it %s", m.Type, events[0].Type)
			}
		},
	})
}
