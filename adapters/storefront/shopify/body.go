package shopify

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// The types below are the members of Shopify's order resource that the bridge
// reads, in the order of Shopify's reference. Scalars, because the types of ids,
// amounts and flags differ between API versions and partners.

type (
	scalar        = strictjson.Scalar
	list[T any]   = strictjson.List[T]
	object[T any] = strictjson.Object[T]
)

type order struct {
	ID        scalar `json:"id"`
	GraphQLID scalar `json:"admin_graphql_api_id"`
	Name      scalar `json:"name"`
	Number    scalar `json:"order_number"`
	PONumber  scalar `json:"po_number"`
	Source    scalar `json:"source_name"`
	Location  scalar `json:"location_id"`
	Test      scalar `json:"test"`

	CreatedAt    scalar `json:"created_at"`
	ProcessedAt  scalar `json:"processed_at"`
	UpdatedAt    scalar `json:"updated_at"`
	CancelledAt  scalar `json:"cancelled_at"`
	CancelReason scalar `json:"cancel_reason"`

	Currency            scalar `json:"currency"`
	PresentmentCurrency scalar `json:"presentment_currency"`
	TaxesIncluded       scalar `json:"taxes_included"`
	DutiesIncluded      scalar `json:"duties_included"`
	TaxExempt           scalar `json:"tax_exempt"`

	TotalPrice        scalar           `json:"total_price"`
	TotalPriceSet     object[moneySet] `json:"total_price_set"`
	CurrentTotal      scalar           `json:"current_total_price"`
	CurrentTotalSet   object[moneySet] `json:"current_total_price_set"`
	TotalTax          scalar           `json:"total_tax"`
	TotalTaxSet       object[moneySet] `json:"total_tax_set"`
	TotalOutstanding  scalar           `json:"total_outstanding"`
	DutiesSet         object[moneySet] `json:"original_total_duties_set"`
	FeesSet           object[moneySet] `json:"original_total_additional_fees_set"`
	PaymentRoundedSet object[moneySet] `json:"total_cash_rounding_payment_adjustment_set"`

	FinancialStatus scalar               `json:"financial_status"`
	Gateways        list[scalar]         `json:"payment_gateway_names"`
	Gateway         scalar               `json:"gateway"` // before API version 2021-01
	Terms           object[paymentTerms] `json:"payment_terms"`
	Transactions    list[charge]         `json:"transactions"` // fetched, or of partners; webhooks have none

	Email           scalar           `json:"email"`
	ContactEmail    scalar           `json:"contact_email"`
	Phone           scalar           `json:"phone"`
	Customer        object[customer] `json:"customer"`
	Company         object[company]  `json:"company"`
	BillingAddress  object[address]  `json:"billing_address"`
	ShippingAddress object[address]  `json:"shipping_address"`

	LineItems     list[lineItem]            `json:"line_items"`
	Groups        list[lineItemGroup]       `json:"line_item_groups"`
	ShippingLines list[shippingLine]        `json:"shipping_lines"`
	TaxLines      list[taxLine]             `json:"tax_lines"`
	Applications  list[discountApplication] `json:"discount_applications"`
	Codes         list[discountCode]        `json:"discount_codes"`

	Note           scalar          `json:"note"`
	NoteAttributes list[attribute] `json:"note_attributes"`
	Tags           tags            `json:"tags"`

	AbandonedURL scalar `json:"abandoned_checkout_url"` // which no order has
}

type lineItem struct {
	ID              scalar                `json:"id"`
	SKU             scalar                `json:"sku"`
	Barcode         scalar                `json:"barcode"` // of partners
	ProductID       scalar                `json:"product_id"`
	VariantID       scalar                `json:"variant_id"`
	ParentID        scalar                `json:"parent_line_item_id"` // of partners
	GroupID         scalar                `json:"sales_line_item_group_id"`
	Group           object[lineItemGroup] `json:"line_item_group"` // as the API lists it
	Title           scalar                `json:"title"`
	Name            scalar                `json:"name"`
	GiftCard        scalar                `json:"gift_card"`
	TipGateway      scalar                `json:"tip_payment_gateway"` // of tips only
	TipMethod       scalar                `json:"tip_payment_method"`
	Quantity        scalar                `json:"quantity"`
	CurrentQuantity scalar                `json:"current_quantity"`
	Price           scalar                `json:"price"`
	PriceSet        object[moneySet]      `json:"price_set"`
	Allocations     list[allocation]      `json:"discount_allocations"`
	TaxLines        list[taxLine]         `json:"tax_lines"`
	Duties          list[duty]            `json:"duties"`
	Properties      list[attribute]       `json:"properties"`
}

// A lineItemGroup is a bundle: the lines that point to it were sold as one thing, and
// carry its price.
type lineItemGroup struct {
	ID    scalar `json:"id"`
	Title scalar `json:"title"`
}

type shippingLine struct {
	ID          scalar           `json:"id"`
	Title       scalar           `json:"title"`
	Code        scalar           `json:"code"`
	Carrier     scalar           `json:"carrier_identifier"`
	Price       scalar           `json:"price"`
	PriceSet    object[moneySet] `json:"price_set"`
	Allocations list[allocation] `json:"discount_allocations"`
	TaxLines    list[taxLine]    `json:"tax_lines"`
	IsRemoved   scalar           `json:"is_removed"`
}

// An allocation is the part of a discount that falls on one line. The line's own
// total_discount is not it: it reads 0.00 beside allocations that are not.
type allocation struct {
	Amount      scalar           `json:"amount"`
	AmountSet   object[moneySet] `json:"amount_set"`
	Application scalar           `json:"discount_application_index"`
}

type discountApplication struct {
	Index       scalar `json:"index"` // as the API lists it; else its place in the list
	Code        scalar `json:"code"`
	Title       scalar `json:"title"`
	Description scalar `json:"description"`
}

type discountCode struct {
	Code scalar `json:"code"`
}

type taxLine struct {
	Title         scalar           `json:"title"`
	Rate          scalar           `json:"rate"`
	Price         scalar           `json:"price"`
	PriceSet      object[moneySet] `json:"price_set"`
	ChannelLiable scalar           `json:"channel_liable"`
}

type duty struct {
	Price    scalar           `json:"price"`
	PriceSet object[moneySet] `json:"price_set"`
	TaxLines list[taxLine]    `json:"tax_lines"`
	moneySet                  // REST carries shop_money without a set around it
}

type moneySet struct {
	Shop        object[money] `json:"shop_money"`
	Presentment object[money] `json:"presentment_money"`
}

type money struct {
	Amount   scalar `json:"amount"`
	Currency scalar `json:"currency_code"`
}

type paymentTerms struct {
	Name      scalar                `json:"payment_terms_name"`
	Schedules list[paymentSchedule] `json:"payment_schedules"`
}

type paymentSchedule struct {
	DueAt scalar `json:"due_at"`
}

type company struct {
	ID         scalar `json:"id"`
	Name       scalar `json:"name"`
	ExternalID scalar `json:"external_id"`
	LocationID scalar `json:"location_id"`
}

type address struct {
	Name         scalar `json:"name"`
	FirstName    scalar `json:"first_name"`
	LastName     scalar `json:"last_name"`
	Company      scalar `json:"company"`
	Address1     scalar `json:"address1"`
	Address2     scalar `json:"address2"`
	City         scalar `json:"city"`
	Province     scalar `json:"province"`
	ProvinceCode scalar `json:"province_code"`
	Zip          scalar `json:"zip"`
	Country      scalar `json:"country"`
	CountryCode  scalar `json:"country_code"`
	Phone        scalar `json:"phone"`
	Default      scalar `json:"default"` // of an address book
}

type attribute struct {
	Name  scalar `json:"name"`
	Value scalar `json:"value"`
}

// tags are one text with commas, or a list of texts as GraphQL writes them.
type tags []string

// UnmarshalJSONFrom reads either spelling.
func (t *tags) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var texts list[scalar]
	if dec.PeekKind() == jsontext.KindBeginArray {
		if err := json.UnmarshalDecode(dec, &texts); err != nil {
			return err
		}
	} else {
		var one scalar
		if err := json.UnmarshalDecode(dec, &one); err != nil {
			return err
		}
		if one.Structured() {
			return nil // an object has no tags
		}
		for text := range strings.SplitSeq(one.Text(), ",") {
			*t = append(*t, strings.TrimSpace(text))
		}
	}
	for _, text := range texts {
		if !text.Structured() {
			*t = append(*t, strings.TrimSpace(text.Text()))
		}
	}
	return nil
}
