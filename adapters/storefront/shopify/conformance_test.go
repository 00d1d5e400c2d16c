package shopify_test

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
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// anything takes what the samples have and a shop would not send.
const anything = "default_currency: USD\nwithout_id: digest\ntest_orders: deliver\n"

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

// sampleTopic returns the topic a sample's file name tells: "orders-paid__x.json" is of
// orders/paid, a bare "orders__x.json" stands for what was just made, and what is of
// the GraphQL API is no webhook, and sent as one here.
func sampleTopic(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "derived__"), "gdpr-")
	name, _, _ = strings.Cut(name, "__")
	name = strings.TrimSuffix(name, ".json")
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
	dir := storefronttest.Shared(t, "storefront-samples")
	s := open(t, anything)
	seen := map[string]int{}
	for _, row := range rows(t, filepath.Join(dir, "INDEX.tsv")) {
		name, isShopify := strings.CutPrefix(row["file"], "shopify/")
		if !isShopify {
			continue
		}
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
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
				addsUp(t, e.Order, row["total reconciles"])
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
func addsUp(t *testing.T, o *erpbridge.Order, index string) {
	t.Helper()
	off := o.Total.Sub(o.Sum())
	diff, differs := strings.CutPrefix(index, "NO: DIFF ")
	switch {
	case !differs && diff != "yes":
		t.Errorf("the index says %q of an order", diff)
	case !differs && !off.IsZero():
		t.Errorf("parts come to %s, the total is %s", o.Sum(), o.Total)
	case differs && off.Plain() != diff:
		t.Errorf("off by %s, the index says %s", off, diff)
	}
	if o.Presented == nil {
		if o.Presentment != o.Currency {
			t.Errorf("placed in %s, and nothing says what it came to there", o.Presentment)
		}
		return
	}
	if off := o.Presented.Total.Sub(o.Presented.Sum()); !differs && !off.IsZero() {
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
	dir := storefronttest.Shared(t, "storefront-samples", "shopify")
	files, err := filepath.Glob(filepath.Join(dir, "*refunds-*.json"))
	if err != nil {
		t.Fatal(err)
	}
	differ := map[string][2]string{
		"refunds-create__test-notification-numeric-subtotals.json":                                 {"398.00", "0.00"},
		"refunds-create__two-lines-legacy-restock-line-properties-does-not-equal-transaction.json": {"399.29", "209.00"},
	}
	s := open(t, anything)
	met := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		r := one(t, s, message("refunds/create", body)).Refund
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
	files, err := filepath.Glob(filepath.Join(storefronttest.Shared(t, "storefront-samples", "shopify"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "")
	all := []string{"", "x", "orders/edited", "orders/delete", "customers/delete", "products/delete", "shop/redact"}
	for topic := range outcomes {
		all = append(all, topic)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range all {
			events, err := s.Normalize(message(topic, body))
			if (err == nil) != (len(events) == 1) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %s: %d events, %v", filepath.Base(file), topic, len(events), err)
			}
			if err == nil && !strings.HasPrefix(sampleTopic(filepath.Base(file)), resourceOf[strings.Split(events[0].Resource, "/")[0]]) {
				t.Errorf("%s as %s became %s", filepath.Base(file), topic, events[0].Resource)
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
	data, err := os.ReadFile(storefronttest.Shared(t, "storefront-samples", "signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Body    []byte `json:"body_base64"`
		Shopify struct {
			Header, Secret, Value string
			Previous              string `json:"value_with_previous_secret"`
		}
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	s, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: ["+v.Shopify.Secret+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := signed(message("orders/create", v.Body), secret)
	m.Header.Set(v.Shopify.Header, v.Shopify.Value)
	if _, err := s.Verify(m); err != nil {
		t.Errorf("the known answer is refused: %v", err)
	}
	m.Header.Set(v.Shopify.Header, v.Shopify.Previous)
	if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("a secret that is not configured: %v", err)
	}
}

// TestConformanceHMAC holds Verify against vectors of what senders and attackers
// write into the signature header.
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
	verdicts := map[string]int{}
	for _, v := range vectors {
		if strings.HasPrefix(v.Name, "std-") {
			continue // Standard Webhooks, which Shopify does not use
		}
		t.Run(v.Name, func(t *testing.T) {
			// The secrets are in YAML as JSON strings, so that none needs quoting.
			list, err := json.Marshal(v.Secrets)
			if err != nil {
				t.Fatal(err)
			}
			s, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: "+string(list)+"\n"))
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
				m.Header.Add(h[0], h[1])
			}
			// Every delivery has these; the vectors name them only where they are the point.
			for name, value := range map[string]string{"X-Shopify-Shop-Domain": shop, "X-Shopify-Topic": "orders/updated"} {
				if m.Header.Get(name) == "" {
					m.Header.Set(name, value)
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
				verdicts["either"]++
				if err != nil {
					break
				}
				events, err := s.Normalize(got)
				if err == nil && events[0].Type != erpbridge.OrderChanged && events[0].Type != erpbridge.OrderPlaced {
					t.Errorf("the topic %q made it %s", got.Type, events[0].Type)
				}
			}
		})
	}
	if verdicts["valid"] == 0 || verdicts["refused"] == 0 {
		t.Fatalf("the vectors came to %v", verdicts)
	}
}

// TestConformanceOrderFields puts field values that break exports and XML into
// every kind of text, and wants each back unchanged, or without the characters
// nothing can hold and with a record of that.
func TestConformanceOrderFields(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "corpora", "order-fields", "values.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields []struct {
		Name  string
		Value []byte `json:"b64"`
		Legal bool   `json:"xml10_legal"`
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	s := open(t, "")
	for _, f := range fields {
		t.Run(f.Name, func(t *testing.T) {
			quoted := append(append([]byte{'"'}, escape(f.Value)...), '"')
			body := bytes.Replace(fixture(t, "taxed.json"), []byte(`"note": null`), append([]byte(`"note": `), quoted...), 1)
			body = bytes.Replace(body, []byte(`"title": "Enamel Mug"`), append([]byte(`"title": `), quoted...), 1)
			events, err := s.Normalize(message("orders/create", body))
			if !utf8Legal(f.Value) {
				if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "invalid UTF-8") {
					t.Errorf("bytes that are not UTF-8: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := events[0].Order
			recorded := slices.ContainsFunc(o.Attributes, func(a erpbridge.Attribute) bool { return a.Name == "erpbridge.stripped-characters" })
			if f.Legal && (o.Note != string(f.Value) || recorded) {
				t.Errorf("%q became %q", f.Value, o.Note)
			}
			if !f.Legal && (!recorded || len(o.Note) >= len(f.Value)) {
				t.Errorf("%q became %q without a word (attributes %v)", f.Value, o.Note, o.Attributes)
			}
			if f.Value != nil && o.Lines[1].Title != o.Note && o.Note != "" {
				t.Errorf("as a title %q became %q", f.Value, o.Lines[1].Title)
			}
		})
	}
}

// escape writes what JSON strings cannot hold as escapes and every other byte as
// it is, also those that are not UTF-8.
func escape(b []byte) []byte {
	var out []byte
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			const hex = "0123456789abcdef"
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}

func utf8Legal(b []byte) bool { return string(b) == strings.ToValidUTF8(string(b), "") }
