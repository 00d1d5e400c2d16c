package shopify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// anything takes what the samples have and a shop would not send.
const anything = "default_currency: USD\nwithout_id: digest\ntest_orders: deliver\n"

// sampleTopic returns the topic a sample's file name tells: "orders-paid__x" is of
// orders/paid, a bare "orders__x" stands for what was just made, and what is of
// the GraphQL API is no webhook, and sent as one here.
func sampleTopic(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "derived__"), "gdpr-")
	name, _, _ = strings.Cut(name, "__")
	if api, ok := strings.CutPrefix(name, "graphql-"); ok {
		name = map[string]string{"order": "orders", "draft_order": "orders", "payment-terms": "orders"}[api]
	}
	resource, event, ok := strings.Cut(name, "-")
	if !ok {
		event = "create"
	}
	return resource + "/" + event
}

// outcomes says what becomes of a sample's topic; those of orders are events.
var outcomes = map[string]string{
	"checkouts/create":           "ignored: nothing is sold yet",
	"draft_orders/create":        "ignored: nothing is sold yet",
	"fulfillment_events/create":  "ignored: a parcel's way",
	"locations/create":           "ignored: the bridge does nothing with it",
	"order_transactions/create":  "ignored: payments come with the order's state",
	"fulfillments/create":        "fulfilment.changed",
	"customers/create":           "customer.changed",
	"customers/update":           "customer.changed",
	"products/create":            "product.changed",
	"inventory_levels/update":    "inventory.changed",
	"customers/data_request":     "privacy.requested",
	"customers/redact":           "privacy.requested",
	"refunds/create":             "refund.issued",
	"orders/create":              "order.placed",
	"orders/updated":             "order.changed",
	"orders/fulfilled":           "order.changed",
	"orders/partially_fulfilled": "order.cancelled", // its cancelled_at is set
	"orders/paid":                "order.paid",
	"orders/cancelled":           "order.cancelled",
}

// TestConformanceSamples gives every published file its outcome: the event of its
// topic, or an error with its kind and its reason.
func TestConformanceSamples(t *testing.T) {
	s := open(t, anything)
	seen := map[string]int{}
	for _, sample := range storefronttest.Samples(t, func(folder, _ string) bool { return folder == "shopify" }) {
		name, body := sample.Name, sample.Body
		t.Run(name, func(t *testing.T) {
			topic := sampleTopic(name)
			want, known := outcomes[topic]
			if !known {
				t.Fatalf("no outcome is known for %s", topic)
			}
			if strings.HasPrefix(name, "graphql-") {
				want = "invalid: line_items: is missing"
			}
			events, err := s.Normalize(message(topic, body))
			kind, reason, isError := strings.Cut(want, ": ")
			if isError {
				if erpbridge.KindOf(err) != erpbridge.Kind(kind) || !strings.Contains(err.Error(), reason) {
					t.Errorf("%s: %v, %v; want %s", topic, events, err, want)
				}
				seen[kind]++
				return
			}
			if err != nil || string(events[0].Type) != want {
				t.Fatalf("%s: %v, %v; want %s", topic, events, err, want)
			}
			seen[want]++
			e := events[0]
			if e.Version.At.IsZero() || len(e.Version.Digest) != 64 || e.Stream == "" || e.Resource == "" {
				t.Errorf("an event nobody can order: %+v", e)
			}
			if e.Order != nil {
				addsUp(t, e, sample)
				refundsInside(t, s, body)
			}
		})
	}
	for _, want := range outcomes {
		kind, _, _ := strings.Cut(want, ": ")
		if seen[kind] == 0 {
			t.Errorf("no sample came to %s", kind)
		}
	}
}

// addsUp holds an order against what the index says of its file: that the parts come
// to the total, or by how much they miss it.
func addsUp(t *testing.T, e erpbridge.Event, sample storefronttest.Sample) {
	t.Helper()
	want, told := sample.Off()
	if !told {
		t.Errorf("the index says %q of an order", sample.Reconciles)
	}
	if off := storefronttest.Off(e); told && off != want {
		t.Errorf("off by %q, the index says %q", off, sample.Reconciles)
	}
	o := e.Order
	if o.Presented == nil {
		if o.Presentment != o.Currency {
			t.Errorf("placed in %s, and nothing says what it came to there", o.Presentment)
		}
		return
	}
	if off := o.Presented.Total.Sub(o.Presented.Sum()); want == "" && !off.IsZero() {
		t.Errorf("in %s it is off by %s", o.Presented.Currency, off)
	}
}

// refundsInside sends the refunds inside an order as the messages they once were.
func refundsInside(t *testing.T, s erpbridge.Storefront, body []byte) {
	t.Helper()
	var order struct{ Refunds []json.RawMessage }
	if err := json.Unmarshal(body, &order); err != nil {
		t.Fatal(err)
	}
	for _, refund := range order.Refunds {
		r := one(t, s, message("refunds/create", refund)).Refund
		if paid, all := r.Paid(); all && !r.Sum().Equal(paid) {
			t.Errorf("the refund %s inside comes to %s, and %s were paid back", r.ID, r.Sum(), paid)
		}
	}
}

// TestConformanceRefunds: what the published refunds come to, and what was paid back.
// Shopify's own examples are not all meant to meet.
func TestConformanceRefunds(t *testing.T) {
	differ := map[string][2]string{
		"refunds-create__test-notification-numeric-subtotals":                                 {"398.00", "0.00"},
		"refunds-create__two-lines-legacy-restock-line-properties-does-not-equal-transaction": {"399.29", "209.00"},
	}
	s := open(t, anything)
	met := 0
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples", "shopify"), "*refunds-*.json") {
		name := file.Name
		r := one(t, s, message("refunds/create", file.Body)).Refund
		paid, all := r.Paid()
		want, differs := differ[name]
		switch {
		case !all:
			t.Errorf("%s: not everything is paid, or in %s", name, r.Currency)
		case differs && (r.Sum().Plain() != want[0] || paid.Plain() != want[1]):
			t.Errorf("%s comes to %s, and %s were paid back; want %v", name, r.Sum(), paid, want)
		case !differs && !r.Sum().Equal(paid):
			t.Errorf("%s comes to %s, and %s were paid back", name, r.Sum(), paid)
		case !differs:
			met++
		}
	}
	if met == 0 {
		t.Fatal("no refund meets what was paid back")
	}
}

// TestConformanceSamplesInEveryTopic feeds all Shopify samples to all topics: the topic
// is not signed, and no body becomes what it is not.
func TestConformanceSamplesInEveryTopic(t *testing.T) {
	s := open(t, "")
	all := []string{"", "x", "orders/edited", "orders/delete", "customers/delete", "products/delete", "shop/redact"}
	for topic := range outcomes {
		all = append(all, topic)
	}
	for _, file := range storefronttest.Files(t, storefronttest.Shared(t, "storefront-samples", "shopify"), "*.json") {
		for _, topic := range all {
			events, err := s.Normalize(message(topic, file.Body))
			if (err == nil) != (len(events) == 1) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %s: %d events, %v", file.Name, topic, len(events), err)
			}
			if err == nil && !strings.HasPrefix(sampleTopic(file.Name), resourceOf[strings.Split(events[0].Resource, "/")[0]]) {
				t.Errorf("%s as %s became %s", file.Name, topic, events[0].Resource)
			}
		}
	}
}

// resourceOf returns the beginning of the topics that a resource of ours comes from.
var resourceOf = map[string]string{
	"order": "orders/", "refund": "refunds/", "fulfilment": "fulfillments/", "customer": "customers/", "product": "products/",
	"inventory": "inventory_levels/", "privacy": "customers/",
}

func TestConformanceSignatureVector(t *testing.T) {
	var v struct {
		Header, Secret, Value string
		Previous              string `json:"value_with_previous_secret"`
	}
	body := storefronttest.KnownAnswer(t, "shopify", &v)
	s, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: ["+v.Secret+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := signed(message("orders/create", body), secret)
	m.Header.Set(v.Header, v.Value)
	if _, err := s.Verify(m); err != nil {
		t.Errorf("the known answer is refused: %v", err)
	}
	m.Header.Set(v.Header, v.Previous)
	if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("a secret that is not configured: %v", err)
	}
}

// TestConformanceHMAC holds Verify against vectors of what senders and attackers
// write into the signature header.
func TestConformanceHMAC(t *testing.T) {
	storefronttest.HMAC(t, storefronttest.Signing{
		Open: func(secrets string) (erpbridge.Storefront, error) {
			return shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: "+secrets+"\n"))
		},
		Deliver: func(v storefronttest.Vector) erpbridge.Message {
			m := message("", v.Body)
			m.Header = v.Header()
			// Every delivery has these; the vectors name them only where they are the point.
			for name, value := range map[string]string{"X-Shopify-Shop-Domain": shop, "X-Shopify-Topic": "orders/updated"} {
				if m.Header.Get(name) == "" {
					m.Header.Set(name, value)
				}
			}
			return m
		},
		Unsigned: func(t *testing.T, s erpbridge.Storefront, m erpbridge.Message) {
			events, err := s.Normalize(m)
			if err == nil && events[0].Type != erpbridge.OrderChanged && events[0].Type != erpbridge.OrderPlaced {
				t.Errorf("the topic %q made it %s", m.Type, events[0].Type)
			}
		},
	})
}

// TestConformanceOrderFields puts field values that break exports and XML into texts of
// both kinds: an order's own, and those of its lines.
func TestConformanceOrderFields(t *testing.T) {
	taxed := fixture(t, "taxed.json")
	storefronttest.OrderFields(t, open(t, ""), func(t *testing.T, quoted string) erpbridge.Message {
		body := storefronttest.Replace(t, taxed, `"note": null`, `"note": `+quoted)
		return message("orders/create", storefronttest.Replace(t, body, `"title": "Enamel Mug"`, `"title": `+quoted))
	}, func(o *erpbridge.Order) []string {
		if o.Note == "" {
			return nil // an empty title gives way to the name of the line
		}
		return []string{o.Lines[1].Title}
	})
}
