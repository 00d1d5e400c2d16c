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

// TestConformanceSamplesAddUp reads every published order: the parts come to the
// total where the index says so, and miss it by the index's difference where not.
func TestConformanceSamplesAddUp(t *testing.T) {
	dir := storefronttest.Shared(t, "storefront-samples")
	s := open(t, anything)
	checked := 0
	for _, row := range rows(t, filepath.Join(dir, "INDEX.tsv")) {
		name, isShopify := strings.CutPrefix(row["file"], "shopify/")
		if !isShopify {
			continue
		}
		topic, isOrder := topicOf(name)
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			if !isOrder {
				// Not the body of an order topic: understood as one, or Invalid.
				events, err := s.Normalize(message("orders/create", body))
				if err == nil && events[0].Order.ID == "" || err != nil && erpbridge.KindOf(err) != erpbridge.Invalid {
					t.Errorf("%v, %v", events, err)
				}
				return
			}
			checked++
			o := order(t, s, topic, body)
			off := o.Total.Sub(o.Sum())
			diff, differs := strings.CutPrefix(row["total reconciles"], "NO: DIFF ")
			switch {
			case !differs && diff != "yes":
				t.Errorf("the index says %q of an order", diff)
			case !differs && !off.IsZero():
				t.Errorf("parts come to %s, the total is %s", o.Sum(), o.Total)
			case differs && off.Plain() != diff:
				t.Errorf("off by %s, the index says %s", off, diff)
			}
		})
	}
	if checked == 0 {
		t.Fatal("the index names no order")
	}
}

// topicOf returns the topic a sample's file name tells: "orders-paid__x.json" is
// of orders/paid, and a bare "orders__x.json" stands for an order just placed.
func topicOf(name string) (topic string, isOrder bool) {
	name = strings.TrimPrefix(name, "derived__")
	name, _, _ = strings.Cut(name, "__")
	switch event, ok := strings.CutPrefix(name, "orders-"); {
	case ok:
		return "orders/" + event, true
	case name == "orders":
		return "orders/create", true
	}
	return "", false
}

// TestConformanceSamplesInEveryTopic feeds all Shopify samples to all topics.
func TestConformanceSamplesInEveryTopic(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(storefronttest.Shared(t, "storefront-samples", "shopify"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range []string{"orders/create", "orders/paid", "orders/cancelled", "orders/edited", "refunds/create", "customers/redact", "", "x"} {
			events, err := s.Normalize(message(topic, body))
			if (err == nil) != (len(events) == 1) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %s: %d events, %v", filepath.Base(file), topic, len(events), err)
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
