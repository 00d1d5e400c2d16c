package woocommerce

import (
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// The types below are the members of WooCommerce's REST resources, version 3, that the
// bridge reads. Scalars, because plugins change the types of ids, amounts and flags.

type (
	scalar        = strictjson.Scalar
	object[T any] = strictjson.Object[T]
)

// A resource is the body of every topic. What it is of is seen from its members: the
// topic is not signed.
type resource struct {
	ID scalar `json:"id"`
	timestamps
	order
	person
	product
	Links object[links] `json:"_links"`
	legacy
}

// legacy are the members in which the legacy API wraps its things, which have other
// members than these.
type legacy struct {
	Order    scalar `json:"order"`
	Customer scalar `json:"customer"`
	Product  scalar `json:"product"`
}

// timestamps come twice: in the site's local time, and in UTC.
type timestamps struct {
	Created     scalar `json:"date_created"`
	CreatedGMT  scalar `json:"date_created_gmt"`
	Modified    scalar `json:"date_modified"`
	ModifiedGMT scalar `json:"date_modified_gmt"`
	Paid        scalar `json:"date_paid"`
	PaidGMT     scalar `json:"date_paid_gmt"`
}

type order struct {
	Number             scalar `json:"number"`
	Status             scalar `json:"status"` // a product's, too
	Currency           scalar `json:"currency"`
	CreatedVia         scalar `json:"created_via"`
	Total              scalar `json:"total"`
	TotalTax           scalar `json:"total_tax"`
	CustomerID         scalar `json:"customer_id"`
	CustomerNote       scalar `json:"customer_note"`
	PaymentMethod      scalar `json:"payment_method"`
	PaymentMethodTitle scalar `json:"payment_method_title"`
	TransactionID      scalar `json:"transaction_id"`

	Billing  object[address] `json:"billing"`  // a customer's, too
	Shipping object[address] `json:"shipping"` // a customer's, too

	LineItems     list[lineItem]   `json:"line_items"`
	ShippingLines list[lineItem]   `json:"shipping_lines"`
	FeeLines      list[lineItem]   `json:"fee_lines"`
	TaxLines      list[taxLine]    `json:"tax_lines"`
	CouponLines   list[couponLine] `json:"coupon_lines"`
	Refunds       list[refund]     `json:"refunds"`
	GiftCards     list[giftCard]   `json:"gift_cards"`
	Meta          metas            `json:"meta_data"` // everything has it
}

// A lineItem is a line of goods, of transport or of a fee.
type lineItem struct {
	ID          scalar `json:"id"`
	Name        scalar `json:"name"`
	SKU         scalar `json:"sku"`
	ProductID   scalar `json:"product_id"`
	VariationID scalar `json:"variation_id"`
	Quantity    scalar `json:"quantity"`
	Subtotal    scalar `json:"subtotal"`
	Total       scalar `json:"total"`
	TotalTax    scalar `json:"total_tax"`

	Taxes list[itemTax] `json:"taxes"`
	Meta  metas         `json:"meta_data"`

	BundledBy       scalar `json:"bundled_by"`
	CompositeParent scalar `json:"composite_parent"`

	MethodTitle scalar `json:"method_title"` // of transport
	MethodID    scalar `json:"method_id"`
}

// An itemTax is one rate's part of a line's tax, with up to six decimals.
type itemTax struct {
	RateID scalar `json:"id"`
	Total  scalar `json:"total"`
}

type taxLine struct {
	RateID           scalar `json:"rate_id"`
	RateCode         scalar `json:"rate_code"`
	Label            scalar `json:"label"`
	RatePercent      scalar `json:"rate_percent"`
	TaxTotal         scalar `json:"tax_total"`
	ShippingTaxTotal scalar `json:"shipping_tax_total"`
}

type couponLine struct {
	Code scalar `json:"code"`
}

type giftCard struct {
	ID     scalar `json:"id"`
	Amount scalar `json:"amount"`
}

type address struct {
	FirstName scalar `json:"first_name"`
	LastName  scalar `json:"last_name"`
	Company   scalar `json:"company"`
	Address1  scalar `json:"address_1"`
	Address2  scalar `json:"address_2"`
	City      scalar `json:"city"`
	State     scalar `json:"state"`
	Postcode  scalar `json:"postcode"`
	Country   scalar `json:"country"`
	Email     scalar `json:"email"`
	Phone     scalar `json:"phone"`
}

// A refund stands in an order as id, reason and total; the API tells all of it.
type refund struct {
	ID       scalar `json:"id"`
	ParentID scalar `json:"parent_id"`
	OrderID  scalar `json:"order_id"`
	Currency scalar `json:"currency"`
	Reason   scalar `json:"reason"`
	Total    scalar `json:"total"` // negative
	Amount   scalar `json:"amount"`
	timestamps
	RefundedPayment scalar         `json:"refunded_payment"`
	LineItems       list[lineItem] `json:"line_items"`
	ShippingLines   list[lineItem] `json:"shipping_lines"`
	FeeLines        list[lineItem] `json:"fee_lines"`
	Links           object[links]  `json:"_links"`
}

// full reports whether a refund is more than its mention in an order.
func (f *refund) full() bool { return f.Amount.Given() }

type person struct {
	Email     scalar `json:"email"`
	FirstName scalar `json:"first_name"`
	LastName  scalar `json:"last_name"`
	Role      scalar `json:"role"`
	Username  scalar `json:"username"`
}

type product struct {
	Name         scalar            `json:"name"`
	Type         scalar            `json:"type"`
	ParentID     scalar            `json:"parent_id"` // an order's, too
	SKU          scalar            `json:"sku"`
	Barcode      scalar            `json:"global_unique_id"`
	Price        scalar            `json:"price"`
	RegularPrice scalar            `json:"regular_price"`
	TaxStatus    scalar            `json:"tax_status"`
	Weight       scalar            `json:"weight"`
	ManageStock  scalar            `json:"manage_stock"` // "parent" for a variation kept there
	Tags         list[named]       `json:"tags"`
	Brands       list[named]       `json:"brands"`
	Attributes   list[option]      `json:"attributes"`
	Variations   list[scalar]      `json:"variations"`
	BundledItems list[bundledItem] `json:"bundled_items"`
}

type named struct {
	Name scalar `json:"name"`
}

type option struct {
	Name   scalar `json:"name"`
	Option scalar `json:"option"`
}

type bundledItem struct {
	ProductID scalar `json:"product_id"`
	Quantity  scalar `json:"quantity_default"`
	Least     scalar `json:"quantity_min"`
}

type links struct {
	Up list[link] `json:"up"`
}

type link struct {
	Href scalar `json:"href"`
}

// limits are those of strictjson for everything but the number of members: plugins put
// some hundred into each line. The size of a body is limited where it comes in.
func limits() strictjson.Limits {
	l := strictjson.Default()
	l.Members = 1_000_000
	return l
}

// parse reads a body.
func parse(body []byte) (*resource, error) {
	var b resource
	if err := strictjson.Unmarshal(body, &b, limits()); err != nil {
		return nil, err
	}
	return &b, nil
}
