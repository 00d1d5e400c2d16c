package partner_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestPage: what docs/PARTNERS.md shows is what the adapter takes, and says.
func TestPage(t *testing.T) {
	page := string(storefronttest.Read(t, storefronttest.Root(t), "docs", "PARTNERS.md"))
	_, rest, _ := strings.Cut(page, "```json\n")
	shown, _, _ := strings.Cut(rest, "```")
	if shown != string(example(t, "order-placed")) {
		t.Errorf("the page shows another message than order-placed.json:\n%s", shown)
	}
	_, rest, _ = strings.Cut(page, "```yaml\n")
	settings, _, _ := strings.Cut(rest, "```")
	_, settings, ok := strings.Cut(settings, "kind: partner\n")
	if !ok {
		t.Fatal("the page shows no settings")
	}
	open(t, settings)
	for _, kind := range erpbridge.EventTypes {
		if !strings.Contains(page, "`"+string(kind)+"`") {
			t.Errorf("the page does not speak of %s", kind)
		}
	}
	_, err := open(t, "").Normalize(message(but(t, "order-placed", `"quantity": 2`, `"quantity": "2,0"`)))
	if err == nil || !strings.Contains(page, "`"+err.Error()+"`") {
		t.Errorf("the page shows another error than %v", err)
	}
}

// least are, of each type, what the page calls the least that a message must say.
func least() (bodies [][]byte) {
	const head = `{"version":"1","occurred_at":"2026-03-01T10:00:00Z",`
	order := `"order":{"id":1,"placed_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:00Z","currency":"EUR","lines":[{"quantity":1,"unit":"1"}],"tax_total":"0","total":"1"`
	for _, body := range []string{
		`"type":"order.placed",` + order + `}}`,
		`"type":"order.changed",` + order + `}}`,
		`"type":"order.paid",` + order + `,"payment_status":"paid"}}`,
		`"type":"order.cancelled",` + order + `,"cancelled_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"order.cancelled","cancellation":{"order_id":1}}`,
		`"type":"refund.issued","refund":{"id":1,"order_id":1,"at":"2026-03-01T10:00:00Z","currency":"EUR"}}`,
		`"type":"fulfilment.changed","fulfilment":{"id":1,"order_id":1,"status":"open","updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"customer.changed","customer":{"id":1,"updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"customer.deleted","customer":{"id":1,"updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"product.changed","product":{"id":1,"updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"product.deleted","product":{"id":1,"updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"inventory.changed","inventory":{"item_id":1,"updated_at":"2026-03-01T10:00:00Z"}}`,
		`"type":"privacy.requested","privacy":{"id":1,"kind":"redact-shop"}}`,
	} {
		bodies = append(bodies, []byte(head+body))
	}
	return bodies
}

// TestLeast: it is enough for the schema; that it is for the adapter the suite shows.
func TestLeast(t *testing.T) {
	valid := schema(t)
	for _, body := range least() {
		if err := validate(valid, body); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}
