package shopify_test

import (
	"encoding/json"
	"testing"
	"time"
)

// plainOrder is an order as somebody would decode it who asks nothing of it: the same
// members that Normalize reads, as they come.
type plainOrder struct {
	ID            json.Number     `json:"id"`
	Name          string          `json:"name"`
	Currency      string          `json:"currency"`
	CreatedAt     time.Time       `json:"created_at"`
	UpdatedAt     time.Time       `json:"updated_at"`
	CancelledAt   *time.Time      `json:"cancelled_at"`
	TotalPrice    string          `json:"total_price"`
	TotalPriceSet plainSet        `json:"total_price_set"`
	TotalTax      string          `json:"total_tax"`
	TaxesIncluded bool            `json:"taxes_included"`
	Status        string          `json:"financial_status"`
	Gateways      []string        `json:"payment_gateway_names"`
	Email         string          `json:"email"`
	Customer      *plainPerson    `json:"customer"`
	Billing       *plainPerson    `json:"billing_address"`
	Shipping      *plainPerson    `json:"shipping_address"`
	Lines         []plainLine     `json:"line_items"`
	ShippingLines []plainLine     `json:"shipping_lines"`
	TaxLines      []plainTax      `json:"tax_lines"`
	Note          string          `json:"note"`
	Tags          string          `json:"tags"`
	Attributes    []plainProperty `json:"note_attributes"`
}

type plainPerson struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email"`
	Address1  string `json:"address1"`
	Address2  string `json:"address2"`
	City      string `json:"city"`
	Zip       string `json:"zip"`
	Province  string `json:"province_code"`
	Country   string `json:"country_code"`
	Company   string `json:"company"`
	Phone     string `json:"phone"`
}

type plainLine struct {
	ID          json.Number       `json:"id"`
	SKU         string            `json:"sku"`
	ProductID   json.Number       `json:"product_id"`
	VariantID   json.Number       `json:"variant_id"`
	Title       string            `json:"title"`
	Name        string            `json:"name"`
	GiftCard    bool              `json:"gift_card"`
	Quantity    json.Number       `json:"quantity"`
	Current     json.Number       `json:"current_quantity"`
	Price       string            `json:"price"`
	PriceSet    plainSet          `json:"price_set"`
	Taxes       []plainTax        `json:"tax_lines"`
	Allocations []plainAllocation `json:"discount_allocations"`
	Properties  []plainProperty   `json:"properties"`
}

type plainProperty struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

type plainTax struct {
	Title    string      `json:"title"`
	Rate     json.Number `json:"rate"`
	Price    string      `json:"price"`
	PriceSet plainSet    `json:"price_set"`
}

type plainAllocation struct {
	Amount    string   `json:"amount"`
	AmountSet plainSet `json:"amount_set"`
	Index     int      `json:"discount_application_index"`
}

type plainSet struct {
	Shop        plainMoney `json:"shop_money"`
	Presentment plainMoney `json:"presentment_money"`
}

type plainMoney struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency_code"`
}

// BenchmarkNormalize normalizes an order, decodes the same bytes with encoding/json in
// the same run, turn by turn, and reports how many times the one costs what the other
// does.
func BenchmarkNormalize(b *testing.B) {
	for _, name := range []string{"taxed.json", "order-discount-two-codes.json", "presentment-eur-shop-usd.json", "lines-250.json"} {
		b.Run(name, func(b *testing.B) {
			s := open(b, "")
			m := message("orders/updated", fixture(b, name))
			b.SetBytes(int64(len(m.Body)))
			b.ReportAllocs()
			var ours, theirs time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := s.Normalize(m); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				var o plainOrder
				if err := json.Unmarshal(m.Body, &o); err != nil {
					b.Fatal(err)
				}
				ours, theirs = ours+middle.Sub(start), theirs+time.Since(middle)
			}
			b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/normalize")
			b.ReportMetric(float64(theirs.Nanoseconds())/float64(b.N), "ns/encoding-json")
			b.ReportMetric(float64(ours)/float64(theirs), "x-of-encoding/json")
		})
	}
}
