package netsuite

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// passTax tells each line's tax.
const passTax = `tax_item: ""
mapping:
  shipping: {code: "97"}
  tax: {mode: pass, codes: [{rate: 0.1, code: "201"}], default: "202", exempt: "203", item: {code: "89"}}
`

const passTaxWithRefunds = passTax + `  refund: {as: by-restock, residual: {code: "96"}}
`

// The settings outside of mapping are short for it: both come to the same documents.
func TestShorthands(t *testing.T) {
	const longhand = `
items: {}
customer: {}
discount_item: ""
tax_item: ""
gift_card_item: ""
credit_item: ""
tip_item: ""
duty_item: ""
fee_item: ""
rounding_item: ""
shipping: {}
payment_methods: {}
location: ""
mapping:
  customer: {default: "99"}
  items: {aliases: {MUG-1: "57", TEE-2: "58"}}
  discounts: {code: "88"}
  tax: {item: {code: "89"}}
  gift_card_sold: {code: "90"}
  gift_card_redeemed: {code: "90"}
  store_credit: {code: "95"}
  tip: {code: "91"}
  duty: {code: "92"}
  fee: {code: "93"}
  rounding: {code: "94"}
  ship_methods: {values: {Express: "22"}, default: "21"}
  payment: {methods: {values: {paypal: "31", stripe: "32"}, default: "30"}}
  locations: {default: "3"}
`
	short, long := open(t, ""), open(t, longhand)
	for name, o := range cases() {
		want, got := translate(t, short, o), translate(t, long, o)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What is said twice, and what is no internal id, is refused with its setting.
func TestMappingComplains(t *testing.T) {
	for _, c := range []struct{ mapping, want string }{
		{`customer: {default: "1"}`, "customer.default and mapping.customer.default say the same"},
		{`items: {placeholder: "1"}`, ""},
		{`items: {aliases: {A: "1"}}`, "items.by_sku and mapping.items.aliases say the same"},
		{`discounts: {code: "1"}`, "discount_item and mapping.discounts.code"},
		{`tax: {item: {code: "1"}}`, "tax_item and mapping.tax.item.code"},
		{`gift_card_sold: {code: "1"}`, "gift_card_item and mapping.gift_card_sold.code"},
		{`gift_card_redeemed: {code: "1"}`, "gift_card_item and mapping.gift_card_redeemed.code"},
		{`store_credit: {code: "1"}`, "credit_item and mapping.store_credit.code"},
		{`tip: {code: "1"}`, "tip_item and mapping.tip.code"},
		{`duty: {code: "1"}`, "duty_item and mapping.duty.code"},
		{`fee: {code: "1"}`, "fee_item and mapping.fee.code"},
		{`rounding: {code: "1"}`, "rounding_item and mapping.rounding.code"},
		{`ship_methods: {default: "1"}`, "shipping.default and mapping.ship_methods.default"},
		{`ship_methods: {values: {A: "1"}}`, "shipping.by_title and mapping.ship_methods.values"},
		{`payment: {methods: {default: "1"}}`, "payment_methods.default and mapping.payment.methods.default"},
		{`payment: {methods: {values: {a: "1"}}}`, "payment_methods.by_gateway and mapping.payment.methods.values"},
		{`locations: {default: "1"}`, "location and mapping.locations.default"},
		{`stores: {shop-eu: {discounts: {code: "1"}}}`, ""}, // a store may differ
		{`customer: {default_by_country: {DE: Germany}}`, "mapping.customer.default_by_country.DE"},
		{`shipping: {code: shippingCost}`, "mapping.shipping.code"},
		{`shipping: {by_title: {Express: UPS}}`, "mapping.shipping.by_title.Express"},
		{`fee: {by_title: {COD: Fee}}`, "mapping.fee.by_title.COD"},
		{`units: {by_item: {"57": "CS*12"}}`, `mapping.units.by_item.57: "CS"`},
		{`units: {by_item: {"57": "3*12"}}`, ""},
		{`tax: {codes: [{code: VAT}]}`, "mapping.tax.codes[0].code"},
		{`tax: {mode: recompute}`, `mapping.tax.mode: "recompute" is not one of item, pass`},
		{`prices: gross`, `mapping.prices: "gross" is not one of net`},
		{`payment: {terms: {default: Net 30}}`, "mapping.payment.terms.default"},
		{`refund: {residual: {code: Other}}`, "mapping.refund.residual.code"},
		{`addresses: {countries: {values: {AN: Curacao}}}`, "mapping.addresses.countries.values.AN"},
		{`stores: {shop-eu: {tip: {code: Tip}}}`, "mapping.stores.shop-eu.tip.code"},
		{`cancel: cancel`, `mapping.cancel: "cancel" is not one of close, hold, ignore`},
	} {
		_, err := New("ns", decodeYAML(settings+"mapping: {"+c.mapping+"}\n"), nil)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.mapping, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v does not say %q", c.mapping, err, c.want)
		}
	}
	for more, want := range map[string]string{
		"refund_record: refund": `refund_record: "refund" is not one of credit-memo, cash-refund`,
		"customer: {create: false}\nmapping: {customer: {unknown: hold}}":                           "customer.create and mapping.customer.unknown",
		"tax_code: \"5\"\nmapping: {tax: {exempt: \"6\"}}":                                          "tax_code and mapping.tax.exempt",
		"countries: {AN: _curacao}\nmapping: {addresses: {countries: {values: {AN: _curacao}}}}":    "countries and mapping.addresses.countries.values",
		"items: {placeholder: \"1\"}\nmapping: {items: {placeholder: \"1\", unknown: placeholder}}": "items.placeholder and mapping.items.placeholder",
	} {
		_, err := New("ns", decodeYAML(withSettings(more+"\n")), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", more, err, want)
		}
	}
}

// What the mapping's rules come to in a sales order.
func TestMapping(t *testing.T) {
	off := placed()
	off.Discounts, off.Total = []erpbridge.Discount{{Title: "Ten", Amount: eur("10.00")}}, eur("41.85")
	spread := placed()
	spread.Discounts, spread.Total = []erpbridge.Discount{{Amount: eur("10.00")}}, eur("41.85")
	lineOff := placed()
	lineOff.Lines[1].Discounts, lineOff.Total = []erpbridge.Discount{{Title: "Less", Amount: eur("1.90")}}, eur("49.95")
	onTerms := placed()
	onTerms.Terms, onTerms.PaymentStatus = &erpbridge.PaymentTerms{Name: "Net 30"}, erpbridge.Unpaid
	located := placed()
	located.Lines[0].Location = "9"
	lettered := placed()
	lettered.Lines[0].Attributes = []erpbridge.Attribute{{Name: "Engraving", Value: "Ada"}}
	unknownGateway := placed()
	unknownGateway.PaymentStatus, unknownGateway.Gateways = erpbridge.Unpaid, []string{"invoice"}
	xref := erpbridge.CrossReferences{
		"customers": {"7001": "1234"}, "locations": {"9": "33"}, "units": {"58": "7*1"}, "payment_terms": {"Net 30": "5"},
		"countries": {"US": "_canada"}, "ship_methods": {"Standard": "21x"},
	}
	standard := placed()
	standard.Shipping[0].Title = "Standard"
	for name, c := range map[string]struct {
		settings string
		order    *erpbridge.Order
		want     []string
		not      string
		held     string
	}{
		"header discount": {"mapping: {discounts: {order: header}}", off, []string{
			`<tranSales:discountItem internalId="88"/><tranSales:discountRate>-10.00</tranSales:discountRate>`,
		}, ">Ten<", ""},
		"header discount of a store": {`mapping: {discounts: {order: header}, stores: {shop-eu: {discounts: {code: "188"}}}}`, off, []string{
			`<tranSales:discountItem internalId="188"/>`,
		}, "", ""},
		"spread":     {"mapping: {discounts: {order: spread}}", spread, []string{">15.98<", ">15.91<", ">7.96<"}, `internalId="88"`, ""},
		"net prices": {"mapping: {discounts: {lines: net}}", lineOff, []string{"<tranSales:rate>18.00</tranSales:rate><tranSales:amount>18.00<"}, ">Less<", ""},
		"tax passed": {passTax, placed(), []string{
			`<tranSales:tax1Amt>2.00</tranSales:tax1Amt><tranSales:taxCode internalId="201"/><tranSales:taxRate1>10</tranSales:taxRate1>`,
			`<tranSales:tax1Amt>0.00</tranSales:tax1Amt><tranSales:taxCode internalId="203"/>`,
			`<tranSales:item internalId="97"/>`,
		}, "shippingCost", ""},
		"tax passed without codes":     {"tax_item: \"\"\nmapping: {tax: {mode: pass}}", placed(), nil, "", "no tax code"},
		"customer known":               {"", placed(), []string{`<tranSales:entity internalId="1234"/>`}, "", ""},
		"country of the table":         {"", placed(), []string{"_canada"}, "_unitedStates", ""},
		"location of a line":           {"", located, []string{`<tranSales:location internalId="33"/>`, `<tranSales:location internalId="3"/>`}, "", ""},
		"unit":                         {"", placed(), []string{`<tranSales:units internalId="7"/>`}, "", ""},
		"terms":                        {"", onTerms, []string{`<tranSales:terms internalId="5"/>`}, "", ""},
		"number":                       {"mapping: {number: {from: number, prefix: W}}", placed(), []string{"<tranSales:tranId>W1001</tranSales:tranId>"}, "", ""},
		"reference":                    {"mapping: {reference_prefix: eu.}", placed(), []string{`externalId="eu.order-5001"`}, "shop-eu-", ""},
		"attribute":                    {`mapping: {notes: {line_attributes: ["*"]}}`, lettered, []string{">Mug; Engraving: Ada<"}, "", ""},
		"both addresses":               {"mapping: {addresses: {missing: other}}", unfit(), []string{"<tranSales:billingAddress>"}, "", ""},
		"not an id in a table":         {"shipping: {}", standard, nil, "", `SalesOrder.shipMethod: "21x" is not an internal id`},
		"gateway of nothing paid":      {"payment_methods: {by_gateway: {stripe: \"32\"}}", unknownGateway, []string{"SalesOrder"}, "", ""},
		"SKUs that are no ids":         {"items: {}\nmapping: {items: {unknown: as-is}}", placed(), nil, "", `SKU "MUG-1" is not an internal id`},
		"cancelled orders left alone":  {"mapping: {cancel: ignore}", cancelled(), nil, "", "cancelled orders are not told"},
		"cancelled orders for a clerk": {"mapping: {cancel: hold}", cancelled(), nil, "", "was cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := openWith(t, c.settings, xref).Translate(event(c.order))
			if c.held != "" {
				if err == nil || !strings.Contains(err.Error(), c.held) {
					t.Errorf("%v does not say %q", err, c.held)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body := ""
			for _, d := range docs {
				if d.Kind == salesOrder {
					body = string(d.Body)
				}
			}
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("there is no %s in %s", want, body)
				}
			}
			if c.not != "" && strings.Contains(body, c.not) {
				t.Errorf("there is %s in %s", c.not, body)
			}
		})
	}
}
