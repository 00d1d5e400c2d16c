package shopify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

const shipment = `{
	"id": 255, "admin_graphql_api_id": "gid://shopify/Fulfillment/255", "order_id": 1001, "name": "#1.2", "status": "success", "service": "manual",
	"created_at": "2026-03-02T09:00:00+01:00", "updated_at": "2026-03-02T09:05:00+01:00", "location_id": 88, "shipment_status": null,
	"tracking_company": "DHL", "tracking_number": "A1", "tracking_numbers": ["A1", "A2"], "tracking_url": "https://t.example.com/A1", "tracking_urls": ["https://t.example.com/A1"],
	"line_items": [{"id": 7, "sku": "MUG", "title": "Mug", "name": "Mug - red", "quantity": 2, "fulfillable_quantity": 0}]
}`

const person = `{
	"id": 42, "admin_graphql_api_id": "gid://shopify/Customer/42", "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "phone": "+49305550100",
	"created_at": "2026-01-01T10:00:00+01:00", "updated_at": "2026-03-02T09:05:00+01:00", "note": "prefers mornings", "tax_exempt": true, "tags": "vip, new", "state": "enabled",
	"addresses": [
		{"id": 1, "first_name": "Ada", "last_name": "Byron", "company": "", "address1": "2 Example St", "city": "Berlin", "zip": "10115", "country_code": "DE", "default": false},
		{"id": 2, "name": "Ada Byron", "company": "Analytical GmbH", "address1": "1 Example St", "city": "Berlin", "zip": "10117", "country_code": "DE", "province_code": "BE", "default": true}
	]
}`

const thing = `{
	"id": 71, "admin_graphql_api_id": "gid://shopify/Product/71", "title": "Mug", "body_html": "<p>A mug</p>", "vendor": "Example", "product_type": "Mugs", "status": "ACTIVE",
	"created_at": "2026-01-01T10:00:00+01:00", "updated_at": "2026-03-02T09:05:00+01:00", "tags": "kitchen, red",
	"options": [{"name": "Size", "position": 2}, {"name": "Colour", "position": 1}],
	"variants": [
		{"id": 72, "sku": "MUG-R", "barcode": "4006381333931", "title": "red / M", "option1": "red", "option2": "M", "option3": null, "price": "20.00", "compare_at_price": "25.00",
			"taxable": false, "grams": 350, "weight": 0.35, "weight_unit": "kg", "inventory_item_id": 720, "inventory_management": "shopify", "inventory_quantity": 3},
		{"id": 73, "sku": null, "title": "blue / M", "option1": "blue", "option2": "M", "price": "20.00", "compare_at_price": null, "grams": 350, "inventory_item_id": 730, "inventory_management": null}
	]
}`

const level = `{"inventory_item_id": 720, "location_id": 88, "available": 3, "updated_at": "2026-03-02T09:05:00+01:00", "admin_graphql_api_id": "gid://shopify/InventoryLevel/88?inventory_item_id=720"}`

const (
	dataRequest    = `{"shop_id": 954889, "shop_domain": "example.myshopify.com", "orders_requested": [299938, 280263], "customer": {"id": 42, "email": "ada@example.com", "phone": "+49305550100"}, "data_request": {"id": 9999}}`
	redactCustomer = `{"shop_id": 954889, "shop_domain": "example.myshopify.com", "customer": {"id": 42, "email": "ada@example.com", "phone": null}, "orders_to_redact": [299938]}`
	redactShop     = `{"shop_id": 954889, "shop_domain": "Example.myshopify.com"}`
)

var (
	berlin  = time.FixedZone("", 3600)
	changed = time.Date(2026, 3, 2, 9, 5, 0, 0, berlin)
)

// TestTopics compares the events of everything that is no order and no refund.
func TestTopics(t *testing.T) {
	at := func(at time.Time, rank int) erpbridge.Version { return erpbridge.Version{At: at, Rank: rank} }
	ada := &erpbridge.Customer{
		ID: "42", FirstName: "Ada", LastName: "Byron", Company: "Analytical GmbH", Email: "ada@example.com", Phone: "+49305550100", TaxExempt: true,
		Note: "prefers mornings", Tags: []string{"vip", "new"}, UpdatedAt: changed,
		Addresses: []erpbridge.Address{
			{Name: "Ada Byron", Company: "Analytical GmbH", Street1: "1 Example St", City: "Berlin", Region: "BE", Postcode: "10117", Country: "DE"},
			{Name: "Ada Byron", Street1: "2 Example St", City: "Berlin", Postcode: "10115", Country: "DE"},
		},
	}
	mug := func(price, list erpbridge.Money) *erpbridge.Product {
		return &erpbridge.Product{
			ID: "71", Title: "Mug", Kind: "Mugs", Vendor: "Example", Status: "active", Tags: []string{"kitchen", "red"}, UpdatedAt: changed,
			Variants: []erpbridge.Variant{
				{
					ID: "72", SKU: "MUG-R", Barcode: "4006381333931", Title: "red / M", Options: []erpbridge.Attribute{{Name: "Colour", Value: "red"}, {Name: "Size", Value: "M"}},
					Price: price, ListPrice: list, Weight: dec("0.35"), WeightUnit: "kg", InventoryID: "720", Tracked: true,
				},
				{
					ID: "73", Title: "blue / M", Options: []erpbridge.Attribute{{Name: "Colour", Value: "blue"}, {Name: "Size", Value: "M"}},
					Price: price, Taxable: true, Weight: dec("350"), WeightUnit: "g", InventoryID: "730",
				},
			},
		}
	}
	shipped := &erpbridge.Fulfilment{
		ID: "255", OrderID: "1001", OrderNumber: "#1", Status: erpbridge.FulfilmentShipped, At: changed.Add(-5 * time.Minute), UpdatedAt: changed, Location: "88",
		Lines:    []erpbridge.FulfilmentLine{{LineID: "7", SKU: "MUG", Title: "Mug", Quantity: dec("2")}},
		Tracking: []erpbridge.Tracking{{Carrier: "DHL", Number: "A1", URL: "https://t.example.com/A1"}, {Carrier: "DHL", Number: "A2"}},
	}
	tests := map[string]struct {
		topic, body, conf string
		want              erpbridge.Event
	}{
		"a shipment": {"fulfillments/create", shipment, "", erpbridge.Event{
			Type: erpbridge.FulfilmentChanged, Stream: "order/1001", Resource: "fulfilment/255", Version: at(changed, 1), Fulfilment: shipped,
		}},
		"a shipment's change": {"fulfillments/update", `{"fulfillment":` + shipment + `}`, "", erpbridge.Event{
			Type: erpbridge.FulfilmentChanged, Stream: "order/1001", Resource: "fulfilment/255", Version: at(changed, 1), Fulfilment: shipped,
		}},
		"a customer": {"customers/create", person, "", erpbridge.Event{
			Type: erpbridge.CustomerChanged, Stream: "customer/42", Resource: "customer/42", Version: at(changed, 0), Customer: ada,
		}},
		"a customer's change": {"customers/update", person, "", erpbridge.Event{
			Type: erpbridge.CustomerChanged, Stream: "customer/42", Resource: "customer/42", Version: at(changed, 0), Customer: ada,
		}},
		"a customer sent as deleted": {"customers/delete", person, "", erpbridge.Event{
			Type: erpbridge.CustomerChanged, Stream: "customer/42", Resource: "customer/42", Version: at(changed, 0), Customer: ada,
		}},
		"a customer deleted": {"customers/delete", `{"id":42,"phone":null,"addresses":[],"tax_exemptions":[],"admin_graphql_api_id":"gid://shopify/Customer/42"}`, "", erpbridge.Event{
			Type: erpbridge.CustomerDeleted, Stream: "customer/42", Resource: "customer/42", Version: at(received, 9), Customer: &erpbridge.Customer{ID: "42", Deleted: true},
		}},
		"a product": {"products/create", thing, "", erpbridge.Event{
			Type: erpbridge.ProductChanged, Stream: "product/71", Resource: "product/71", Version: at(changed, 0), Product: mug(erpbridge.Money{}, erpbridge.Money{}),
		}},
		"a product with prices": {"products/update", thing, "default_currency: EUR\n", erpbridge.Event{
			Type: erpbridge.ProductChanged, Stream: "product/71", Resource: "product/71", Version: at(changed, 0), Product: mug(money("20", "EUR"), money("25", "EUR")),
		}},
		"a product sent as deleted": {"products/delete", thing, "", erpbridge.Event{
			Type: erpbridge.ProductChanged, Stream: "product/71", Resource: "product/71", Version: at(changed, 0), Product: mug(erpbridge.Money{}, erpbridge.Money{}),
		}},
		"a product deleted": {"products/delete", `{"id":71}`, "", erpbridge.Event{
			Type: erpbridge.ProductDeleted, Stream: "product/71", Resource: "product/71", Version: at(received, 9), Product: &erpbridge.Product{ID: "71", Deleted: true},
		}},
		"a level": {"inventory_levels/update", level, "", erpbridge.Event{
			Type: erpbridge.InventoryChanged, Stream: "inventory/720@88", Resource: "inventory/720@88", Version: at(changed, 0),
			Inventory: &erpbridge.InventoryLevel{ItemID: "720", Location: "88", Available: dec("3"), Known: true, UpdatedAt: changed},
		}},
		"an order deleted": {"orders/delete", `{"id":1001}`, "", erpbridge.Event{
			Type: erpbridge.OrderCancelled, Stream: "order/1001", Resource: "order/1001", Version: at(received, 9),
			Cancellation: &erpbridge.Cancellation{OrderID: "1001", At: received, Reason: "deleted", Deleted: true},
		}},
		"a data request": {"customers/data_request", dataRequest, "", erpbridge.Event{
			Type: erpbridge.PrivacyRequested, Stream: "privacy/data-request-9999", Resource: "privacy/data-request-9999", Version: at(received, 0),
			Privacy: &erpbridge.PrivacyRequest{
				ID: "data-request-9999", Kind: erpbridge.DataRequest, CustomerID: "42", Email: "ada@example.com", Phone: "+49305550100",
				Orders: []string{"299938", "280263"}, Shop: "example.myshopify.com",
			},
		}},
		"a shop to be forgotten": {"shop/redact", redactShop, "", erpbridge.Event{
			Type: erpbridge.PrivacyRequested, Stream: "privacy/redact-shop-954889", Resource: "privacy/redact-shop-954889", Version: at(received, 0),
			Privacy: &erpbridge.PrivacyRequest{ID: "redact-shop-954889", Kind: erpbridge.RedactShop, Shop: "Example.myshopify.com"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := one(t, open(t, tt.conf), message(tt.topic, []byte(tt.body)))
			if len(got.Version.Digest) != 64 {
				t.Errorf("digest %q", got.Version.Digest)
			}
			got.Version.Digest = ""
			tt.want.Store = "shop-eu"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCustomerToBeForgotten: Shopify gives such a request no id. The same one is the
// same, another is another.
func TestCustomerToBeForgotten(t *testing.T) {
	s := open(t, "")
	e := one(t, s, message("customers/redact", []byte(redactCustomer)))
	want := &erpbridge.PrivacyRequest{
		ID: e.Privacy.ID, Kind: erpbridge.RedactCustomer, CustomerID: "42", Email: "ada@example.com", Orders: []string{"299938"}, Shop: "example.myshopify.com",
	}
	if diff := cmp.Diff(want, e.Privacy); diff != "" || !strings.HasPrefix(e.Privacy.ID, "redact-customer-") || e.Resource != "privacy/"+e.Privacy.ID {
		t.Errorf("%s: -want +got:\n%s", e.Resource, diff)
	}
	if again := one(t, s, message("customers/redact", []byte(strings.ReplaceAll(redactCustomer, " ", "")))); again.Resource != e.Resource {
		t.Errorf("the same request is %s and %s", e.Resource, again.Resource)
	}
	if more := one(t, s, message("customers/redact", []byte(strings.Replace(redactCustomer, "[299938]", "[299938,1]", 1)))); more.Resource == e.Resource {
		t.Error("a request that names one order more is the same request")
	}
}

func TestAvailable(t *testing.T) {
	for available, want := range map[string]string{`3`: "3", `"3"`: "3", `-2`: "-2", `0`: "0", `2.5`: "2.5", `null`: "", `"No"`: "", `""`: ""} {
		e := one(t, open(t, ""), message("inventory_levels/update", []byte(strings.Replace(level, `"available": 3`, `"available": `+available, 1))))
		if got := e.Inventory; got.Known != (want != "") || got.Known && got.Available.String() != want {
			t.Errorf("%s is %s, known: %t", available, got.Available, got.Known)
		}
	}
}

func TestFulfilmentStatus(t *testing.T) {
	for status, want := range map[string]erpbridge.FulfilmentStatus{
		`null`: erpbridge.FulfilmentOpen, `"pending"`: erpbridge.FulfilmentOpen, `"open"`: erpbridge.FulfilmentOpen, `"success"`: erpbridge.FulfilmentShipped,
		`"cancelled"`: erpbridge.FulfilmentCancelled, `"error"`: erpbridge.FulfilmentFailed, `"FAILURE"`: erpbridge.FulfilmentFailed,
	} {
		e := one(t, open(t, ""), message("fulfillments/update", []byte(strings.Replace(shipment, `"success"`, status, 1))))
		if e.Fulfilment.Status != want {
			t.Errorf("%s is %s, want %s", status, e.Fulfilment.Status, want)
		}
	}
	for name, want := range map[string]string{`"#1001.1"`: "#1001", `"EU-7.12"`: "EU-7", `"#1001-F1"`: "", `".1"`: "", `null`: "", `"#10.01.2"`: "#10.01"} {
		e := one(t, open(t, ""), message("fulfillments/update", []byte(strings.Replace(shipment, `"#1.2"`, name, 1))))
		if e.Fulfilment.OrderNumber != want {
			t.Errorf("%s is of order %q, want %q", name, e.Fulfilment.OrderNumber, want)
		}
	}
	single := strings.Replace(strings.Replace(shipment, `["A1", "A2"]`, `[]`, 1), `["https://t.example.com/A1"]`, `{}`, 1)
	want := []erpbridge.Tracking{{Carrier: "DHL", Number: "A1", URL: "https://t.example.com/A1"}}
	if got := one(t, open(t, ""), message("fulfillments/update", []byte(single))).Fulfilment.Tracking; !cmp.Equal(got, want) {
		t.Errorf("one parcel: %v", got)
	}
}

// TestTestNotifications: Shopify's button sends people who do not exist.
func TestTestNotifications(t *testing.T) {
	bob := `{"id":706405506930370084,"email":"bob@example.com","created_at":null,"updated_at":null,"first_name":"Bob","tags":"","addresses":[]}`
	if _, err := open(t, "").Normalize(message("customers/create", []byte(bob))); erpbridge.KindOf(err) != erpbridge.Ignored {
		t.Errorf("a customer without any time: %v", err)
	}
	e := one(t, open(t, "test_orders: deliver\n"), message("customers/create", []byte(bob)))
	if !e.Version.At.Equal(received) || !e.Customer.UpdatedAt.IsZero() {
		t.Errorf("to be delivered: %+v", e)
	}
}

// TestForgedTopics: the topic is not signed. A body under a topic that is not its own
// does no more than it would have done.
func TestForgedTopics(t *testing.T) {
	bodies := map[string]string{
		"orders/updated": strings.TrimSuffix(small, "}") + `,"admin_graphql_api_id":"gid://shopify/Order/1001","customer":{"id":42,"email":"ada@example.com"},"order_id":1}`,
		"refunds/create": refunded, "fulfillments/create": shipment, "customers/update": person, "products/update": thing, "inventory_levels/update": level,
		"customers/data_request": dataRequest, "customers/redact": redactCustomer, "shop/redact": redactShop,
	}
	topics := []string{
		"orders/create", "orders/paid", "orders/cancelled", "orders/delete", "fulfillments/update", "customers/create", "customers/delete",
		"products/create", "products/delete",
	}
	s := open(t, "default_currency: EUR\n")
	for topic := range bodies {
		topics = append(topics, topic)
	}
	for own, body := range bodies {
		want := one(t, s, message(own, []byte(body)))
		for _, topic := range topics {
			events, err := s.Normalize(message(topic, []byte(body)))
			if err != nil {
				if kind := erpbridge.KindOf(err); kind != erpbridge.Invalid && kind != erpbridge.Ignored {
					t.Errorf("%s as %s: %v", own, topic, err)
				}
				continue
			}
			got := events[0]
			if got.Resource != want.Resource || got.Version.Digest != want.Version.Digest || !got.Version.At.Equal(want.Version.At) ||
				got.Type == erpbridge.OrderCancelled || got.Type == erpbridge.CustomerDeleted || got.Type == erpbridge.ProductDeleted {
				t.Errorf("%s as %s became %s of %s, %s", own, topic, got.Type, got.Resource, got.Version)
			}
		}
	}
}

func TestTopicsRefuse(t *testing.T) {
	tests := map[string]struct{ topic, body, want string }{
		"a shipment of nothing":          {"fulfillments/create", `{"id":1,"order_id":2}`, "line_items: is missing"},
		"a shipment without an order":    {"fulfillments/create", `{"id":1,"line_items":[]}`, `order_id: ""`},
		"a shipment without an id":       {"fulfillments/create", `{"order_id":1,"line_items":[]}`, "id: is missing"},
		"a shipment's status":            {"fulfillments/create", strings.Replace(shipment, `"success"`, `"lost"`, 1), `status: "lost"`},
		"a shipment's quantity":          {"fulfillments/create", strings.Replace(shipment, `"quantity": 2`, `"quantity": -2`, 1), "line_items[0].quantity: -2 is negative"},
		"a shipment in 9999":             {"fulfillments/create", strings.Replace(shipment, `2026-03-02T09:05`, `9999-03-02T09:05`, 1), "more than a day after the message came"},
		"a customer without an id":       {"customers/update", `{"email":"a@example.com"}`, "id: is missing"},
		"a customer's time":              {"customers/update", `{"id":1,"updated_at":"yesterday"}`, "updated_at: "},
		"a customer's exemption":         {"customers/update", `{"id":1,"tax_exempt":"maybe"}`, "tax_exempt: "},
		"an order for a customer":        {"customers/update", small, "line_items: is there"},
		"a customer deleted, without id": {"customers/delete", `{}`, "id: is missing"},
		"a product without variants":     {"products/update", `{"id":1,"title":"Mug"}`, "variants: is missing"},
		"a product without an id":        {"products/update", `{"variants":[]}`, "id: is missing"},
		"a product's id":                 {"products/update", `{"id":"mug","variants":[]}`, `id: "mug" is no id of kind Product`},
		"a product's price":              {"products/update", strings.Replace(thing, `"20.00"`, `"-1"`, 1), "variants[0].price: -1.00 EUR is negative"},
		"a product's weight":             {"products/update", strings.Replace(thing, `0.35`, `"light"`, 1), "variants[0].weight: "},
		"a level of nothing":             {"inventory_levels/update", `{"location_id":1,"available":1}`, "inventory_item_id: is missing"},
		"a level of words":               {"inventory_levels/update", strings.Replace(level, `"available": 3`, `"available": "many"`, 1), "available: "},
		"a level of an order":            {"inventory_levels/update", strings.Replace(level, `InventoryLevel`, `Order`, 1), "is no id of kind InventoryLevel"},
		"an order deleted, without id":   {"orders/delete", `{}`, "id: is missing"},
		"nobody to be forgotten":         {"customers/redact", `{"shop_domain":"example.myshopify.com","orders_to_redact":[]}`, "customer: is missing"},
		"nothing that is asked":          {"customers/redact", strings.Replace(redactCustomer, `"orders_to_redact"`, `"orders"`, 1), "orders_to_redact: is missing"},
		"no data that is asked for":      {"customers/data_request", redactCustomer, "orders_requested: is missing"},
		"no shop":                        {"customers/redact", strings.Replace(redactCustomer, `"shop_domain"`, `"shop"`, 1), "shop_domain: is missing"},
		"another shop to be forgotten":   {"shop/redact", `{"shop_id":1,"shop_domain":"other.myshopify.com"}`, `"other.myshopify.com" is not the shop of this route`},
		"a customer for a shop":          {"shop/redact", redactCustomer, "customer: is there"},
		"a checkout for an order":        {"orders/create", strings.TrimSuffix(small, "}") + `,"abandoned_checkout_url":"https://example.com/"}`, "the body is a checkout"},
	}
	s := open(t, "default_currency: EUR\n")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := s.Normalize(message(tt.topic, []byte(tt.body)))
			if events != nil || erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, %v; want it invalid with %q", events, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "ada@") {
				t.Errorf("the error tells who it is about: %v", err)
			}
		})
	}
}
