package adapters_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A plainOrder is what somebody in a hurry would decode Shopify's order into: the
// members the bridge reads, in the types the documentation gives them.
type plainOrder struct {
	ID                  int64         `json:"id"`
	GraphQLID           string        `json:"admin_graphql_api_id"`
	Name                string        `json:"name"`
	Number              int64         `json:"order_number"`
	PONumber            *string       `json:"po_number"`
	SourceName          string        `json:"source_name"`
	Test                bool          `json:"test"`
	CreatedAt           string        `json:"created_at"`
	ProcessedAt         string        `json:"processed_at"`
	UpdatedAt           string        `json:"updated_at"`
	CancelledAt         *string       `json:"cancelled_at"`
	CancelReason        *string       `json:"cancel_reason"`
	Currency            string        `json:"currency"`
	PresentmentCurrency string        `json:"presentment_currency"`
	TaxesIncluded       bool          `json:"taxes_included"`
	DutiesIncluded      bool          `json:"duties_included"`
	TaxExempt           bool          `json:"tax_exempt"`
	TotalPrice          string        `json:"total_price"`
	TotalPriceSet       *plainSet     `json:"total_price_set"`
	TotalTax            string        `json:"total_tax"`
	TotalTaxSet         *plainSet     `json:"total_tax_set"`
	TotalOutstanding    string        `json:"total_outstanding"`
	CurrentTotal        string        `json:"current_total_price"`
	DutiesSet           *plainSet     `json:"original_total_duties_set"`
	FeesSet             *plainSet     `json:"original_total_additional_fees_set"`
	Rounding            *plainSet     `json:"total_cash_rounding_payment_adjustment_set"`
	FinancialStatus     string        `json:"financial_status"`
	Gateways            []string      `json:"payment_gateway_names"`
	Email               string        `json:"email"`
	ContactEmail        string        `json:"contact_email"`
	Phone               *string       `json:"phone"`
	Customer            *plainPerson  `json:"customer"`
	BillingAddress      *plainAddress `json:"billing_address"`
	ShippingAddress     *plainAddress `json:"shipping_address"`
	LineItems           []plainLine   `json:"line_items"`
	ShippingLines       []plainLine   `json:"shipping_lines"`
	TaxLines            []plainTax    `json:"tax_lines"`
	Applications        []plainCode   `json:"discount_applications"`
	Codes               []plainCode   `json:"discount_codes"`
	Note                *string       `json:"note"`
	NoteAttributes      []plainNote   `json:"note_attributes"`
	Tags                string        `json:"tags"`
}

type plainLine struct {
	ID              int64             `json:"id"`
	SKU             *string           `json:"sku"`
	Code            string            `json:"code"`
	ProductID       int64             `json:"product_id"`
	VariantID       int64             `json:"variant_id"`
	Title           string            `json:"title"`
	Name            string            `json:"name"`
	GiftCard        bool              `json:"gift_card"`
	Quantity        int               `json:"quantity"`
	CurrentQuantity int               `json:"current_quantity"`
	Price           string            `json:"price"`
	PriceSet        *plainSet         `json:"price_set"`
	Allocations     []plainAllocation `json:"discount_allocations"`
	TaxLines        []plainTax        `json:"tax_lines"`
	Duties          []plainTax        `json:"duties"`
	Properties      []plainNote       `json:"properties"`
	IsRemoved       bool              `json:"is_removed"`
}

type plainAllocation struct {
	Amount      string    `json:"amount"`
	AmountSet   *plainSet `json:"amount_set"`
	Application int       `json:"discount_application_index"`
}

type plainTax struct {
	Title    string      `json:"title"`
	Rate     json.Number `json:"rate"`
	Price    string      `json:"price"`
	PriceSet *plainSet   `json:"price_set"`
}

type plainSet struct {
	Shop        plainMoney `json:"shop_money"`
	Presentment plainMoney `json:"presentment_money"`
}

type plainMoney struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency_code"`
}

type plainCode struct {
	Code        string `json:"code"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type plainNote struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type plainPerson struct {
	ID        int64         `json:"id"`
	FirstName *string       `json:"first_name"`
	LastName  *string       `json:"last_name"`
	Email     *string       `json:"email"`
	Phone     *string       `json:"phone"`
	TaxExempt bool          `json:"tax_exempt"`
	Default   *plainAddress `json:"default_address"`
}

type plainAddress struct {
	Name         *string `json:"name"`
	FirstName    *string `json:"first_name"`
	LastName     *string `json:"last_name"`
	Company      *string `json:"company"`
	Address1     *string `json:"address1"`
	Address2     *string `json:"address2"`
	City         *string `json:"city"`
	Province     *string `json:"province"`
	ProvinceCode *string `json:"province_code"`
	Zip          *string `json:"zip"`
	Country      *string `json:"country"`
	CountryCode  *string `json:"country_code"`
	Phone        *string `json:"phone"`
}

// order returns one of the project's own orders of 250 lines with n of them.
func order(t testing.TB, n int) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(storefronttest.Root(t), "testdata", "orders", "lines-250.json"))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	var lines []json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(members["line_items"], &lines); err != nil {
		t.Fatal(err)
	}
	if members["line_items"], err = json.Marshal(lines[:n]); err != nil {
		t.Fatal(err)
	}
	if body, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		t.Fatal(err)
	}
	return compact.Bytes()
}

// BenchmarkNormalize measures what it costs to be strict: encoding/json's decoding of
// the same order into a plain struct, which checks nothing and keeps nothing exact,
// and as multiples of that the check of the syntax alone, the fingerprint alone, and
// all of Normalize. The two are timed in turns, so that a busy machine slows both.
func BenchmarkNormalize(b *testing.B) {
	foreign := regexp.MustCompile(`("presentment_money":\{"amount":"[^"]*","currency_code":|"presentment_currency":)"USD"`)
	for _, c := range []struct {
		name  string
		lines int
		body  func([]byte) []byte
	}{
		{"10 lines", 10, nil},
		{"10 lines, two currencies", 10, func(body []byte) []byte { return foreign.ReplaceAll(body, []byte(`$1"EUR"`)) }},
		{"250 lines", 250, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			body := order(b, c.lines)
			if c.body != nil {
				body = c.body(body)
			}
			shop := storefront(b, "shopify")
			m := erpbridge.Message{ID: "d-1", Store: "shop", Type: "orders/updated", Body: body, ReceivedAt: time.Now()}
			events, err := shop.Normalize(m)
			if err != nil {
				b.Fatal(err)
			}
			if two := events[0].Order.Presented != nil; two != (c.body != nil) {
				b.Fatalf("two currencies: %t", two)
			}
			if err := json.Unmarshal(body, new(plainOrder)); err != nil {
				b.Fatal(err)
			}
			limits := strictjson.Default()
			limits.Members = 1_000_000
			// Medians: on a busy machine single runs take many times as long as others.
			took := map[string][]time.Duration{}
			clock := func(what string, do func() error) {
				at := time.Now()
				if err := do(); err != nil {
					b.Fatal(err)
				}
				took[what] = append(took[what], time.Since(at))
			}
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				clock("plain", func() error { return json.Unmarshal(body, new(plainOrder)) })
				clock("check", func() error { return strictjson.Check(body, limits) })
				clock("fingerprint", func() error { _, err := normalizer.Fingerprint(events[0].Order); return err })
				clock("normalize", func() error { _, err := shop.Normalize(m); return err })
			}
			median := func(what string) float64 {
				slices.Sort(took[what])
				return float64(took[what][len(took[what])/2])
			}
			b.ReportMetric(median("plain")/1000, "plain-µs")
			for _, what := range []string{"check", "fingerprint", "normalize"} {
				b.ReportMetric(median(what)/median("plain"), what+"/plain")
			}
		})
	}
}
