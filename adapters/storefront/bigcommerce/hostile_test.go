package bigcommerce_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestConformanceOrderFields puts field values that break exports and XML into texts of
// both kinds: an order's own, and those of its lines.
func TestConformanceOrderFields(t *testing.T) {
	exclusive := fixture(t, "documents/exclusive.json")
	storefronttest.OrderFields(t, open(t, ""), func(t *testing.T, quoted string) erpbridge.Message {
		return message("store/order/statusUpdated", changed(t, exclusive, `"Please ring twice"`, quoted, `"Enamel Mug"`, quoted, `"Red"`, quoted))
	}, func(o *erpbridge.Order) []string {
		return []string{o.Lines[0].Title}
	})
}

// TestConformanceHostileBodies gives every hostile body to both methods: as a webhook it
// is proven and at most unusable, and as an order in a document it is taken only with
// what its manifest allows to be taken.
func TestConformanceHostileBodies(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	taken := map[bool]int{}
	for _, b := range storefronttest.HostileBodies(t) {
		t.Run(b.Name, func(t *testing.T) {
			if _, err := s.Verify(signed(message("", b.Body), secret)); err == nil || !proven(err) {
				t.Errorf("as a webhook: %v", err)
			}
			document := append(append([]byte(`{"products":[{"quantity":1,"total_ex_tax":"1"}],"order":`), translated(b.Body)...), '}')
			_, err := s.Normalize(message("store/order/updated", document))
			taken[err == nil]++
			b.Judge(t, err)
		})
	}
	if taken[true] < 5 || taken[false] < 10 {
		t.Errorf("%d taken, %d refused", taken[true], taken[false])
	}
}

// translated gives a body of another platform the names this one has, and what else an
// order needs. The text is only added to, so that what is wrong with it stays; bytes that
// are no sound object are returned as they are.
func translated(body []byte) []byte {
	text := strings.TrimSpace(string(body))
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return body
	}
	for _, names := range [][2]string{{`"total_price"`, `"total_inc_tax"`}, {`"updated_at"`, `"date_modified"`}, {`"currency"`, `"default_currency_code"`}, {`"name"`, `"customer_message"`}} {
		text = strings.ReplaceAll(text, names[0], names[1])
	}
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return body
	}
	for name, value := range map[string]string{"id": "1", "status_id": "11", "total_inc_tax": `"5.00"`, "total_tax": `"0"`, "date_modified": `"Mon, 23 Nov 2026 10:00:00 +0000"`} {
		if _, ok := members[name]; !ok {
			text = strings.TrimSuffix(text, "}") + `,"` + name + `":` + value + "}"
		}
	}
	return []byte(text)
}
