package adobecommerce_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// An outcome is what a sample has to become.
type outcome struct {
	kind   erpbridge.Kind // "" for an event
	reason string         // part of the error
	stream string
	off    string // by which an order does not add up, where the index does not say it
}

// outcomes say what becomes of the published samples, by the part of their name before
// "__" where that decides it, else by the whole name.
var outcomes = map[string]outcome{
	// Adobe's documentation of an order of 160.00 shows one item of 22.00.
	"rest-order__tax-free-docs-elided-items": {stream: "order/3", off: "138.00"},
	"rest-customer":                          {stream: "customer/2"},
	"rest-invoice":                           {kind: erpbridge.Ignored, reason: "an invoice says again"},
	"rest-creditmemo-request":                {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-refund-request":                    {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-shipment-request":                  {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-payment":                           {kind: erpbridge.Ignored, reason: "the bridge acts on"},
	"graphql-customer-orders":                {kind: erpbridge.Invalid, reason: "data.value: is missing"},
	"adobe-io-catalog_product_save_after":    {stream: "product/3"},
	"adobe-io-sales_order_save_commit_after": {stream: "order/673"},
}

// sampleType returns the type of the message that a sample is the body of.
func sampleType(name string) string {
	name, _, _ = strings.Cut(name, "__")
	if code, ok := strings.CutPrefix(name, "adobe-io-"); ok {
		return "com.adobe.commerce.observer." + code
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, "rest-"), "graphql-"), "-")
	switch kind {
	case "refund":
		return "creditmemo"
	case "customer":
		if strings.HasPrefix(name, "graphql-") {
			return "order" // a list of the customer's orders
		}
	}
	return kind
}

// TestConformanceSamples reads every published sample of Adobe Commerce.
func TestConformanceSamples(t *testing.T) {
	s := open(t, "")
	for _, sample := range storefronttest.Samples(t, func(folder, name string) bool {
		return folder == "adobe-commerce" || strings.HasPrefix(name, "adobe-io-")
	}) {
		name := sample.Name
		t.Run(name, func(t *testing.T) {
			want, ok := outcomes[name]
			if family, _, _ := strings.Cut(name, "__"); !ok {
				want, ok = outcomes[family]
			}
			events, err := s.Normalize(message(sampleType(name), sample.Body))
			kind := erpbridge.KindOf(err)
			if kind == erpbridge.Unknown || (err == nil) != (len(events) == 1) {
				t.Fatalf("%d events, %v", len(events), err)
			}
			if ok && (kind != want.kind || err != nil && !strings.Contains(err.Error(), want.reason)) {
				t.Fatalf("%d events, %v; want kind %q, %q", len(events), err, want.kind, want.reason)
			}
			if err != nil {
				return
			}
			if want.stream != "" && events[0].Stream != want.stream {
				t.Errorf("the stream is %s, want %s", events[0].Stream, want.stream)
			}
			off, told := sample.Off()
			if !told {
				off, told = want.off, want.stream != ""
			}
			if got := storefronttest.Off(events[0]); told && got != off {
				t.Errorf("off by %q, want %q", got, off)
			}
		})
	}
}

// TestConformanceSamplesInEveryType feeds all samples of all platforms to all types.
func TestConformanceSamplesInEveryType(t *testing.T) {
	s := open(t, "default_currency: USD\n")
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples"), "*", "*.json") {
		for _, typ := range []string{"order", "creditmemo", "shipment", "customer", "product", "stock_item", "invoice", codeSave, "x", ""} {
			events, err := s.Normalize(message(typ, file.Body))
			if (err == nil) != (len(events) == 1) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %q: %d events, %v", file.Name, typ, len(events), err)
			}
			if err == nil && events[0].Refund != nil {
				t.Errorf("%s was taken for a credit memo: %+v", file.Name, events[0].Refund)
			}
		}
	}
}

// TestConformanceOrderFields puts field values that break exports and XML into texts of
// both kinds: an order's own, and those of its items.
func TestConformanceOrderFields(t *testing.T) {
	order := fixture(t, "order.json")
	storefronttest.OrderFields(t, open(t, ""), func(t *testing.T, quoted string) erpbridge.Message {
		body := storefronttest.Replace(t, order, `"Bitte klingeln."`, quoted)
		return message("order", storefronttest.Replace(t, body, `"name": "Wool Cap"`, `"name": `+quoted))
	}, func(o *erpbridge.Order) []string {
		return []string{o.Lines[1].Title}
	})
}
