package bigcommerce

// The types below are the members of BigCommerce's resources that the bridge reads, in
// the order of its reference. Scalars, because amounts, ids and flags are strings here
// and numbers there.

// order is an order of V2.
type order struct {
	ID         scalar `json:"id"`
	CustomerID scalar `json:"customer_id"` // 0: a guest

	DateCreated  scalar `json:"date_created"`
	DateModified scalar `json:"date_modified"`
	DateShipped  scalar `json:"date_shipped"`

	StatusID      scalar `json:"status_id"`
	Status        scalar `json:"status"`
	PaymentStatus scalar `json:"payment_status"`
	PaymentMethod scalar `json:"payment_method"`

	ShippingExTax   scalar        `json:"shipping_cost_ex_tax"`
	ShippingIncTax  scalar        `json:"shipping_cost_inc_tax"`
	ShippingTax     scalar        `json:"shipping_cost_tax"`
	HandlingExTax   scalar        `json:"handling_cost_ex_tax"`
	HandlingIncTax  scalar        `json:"handling_cost_inc_tax"`
	HandlingTax     scalar        `json:"handling_cost_tax"`
	WrappingExTax   scalar        `json:"wrapping_cost_ex_tax"`
	WrappingIncTax  scalar        `json:"wrapping_cost_inc_tax"`
	WrappingTax     scalar        `json:"wrapping_cost_tax"`
	TotalIncTax     scalar        `json:"total_inc_tax"`
	TotalTax        scalar        `json:"total_tax"`
	TotalExTax      scalar        `json:"total_ex_tax"`
	TaxInclusive    scalar        `json:"is_tax_inclusive_pricing"`
	Discount        scalar        `json:"discount_amount"`
	CouponDiscount  scalar        `json:"coupon_discount"`
	StoreCredit     scalar        `json:"store_credit_amount"`
	GiftCertificate scalar        `json:"gift_certificate_amount"`
	Fees            embedded[fee] `json:"fees"`

	DisplayCurrency scalar `json:"currency_code"`
	Currency        scalar `json:"default_currency_code"`
	StoreCurrency   scalar `json:"store_default_currency_code"`
	StoreRate       scalar `json:"store_default_to_transactional_exchange_rate"`

	StaffNotes      scalar        `json:"staff_notes"`
	CustomerMessage scalar        `json:"customer_message"`
	Billing         object[place] `json:"billing_address"`
	Source          scalar        `json:"order_source"`
	ItemsShipped    scalar        `json:"items_shipped"`
	ChannelID       scalar        `json:"channel_id"`
	ExternalSource  scalar        `json:"external_source"`
	ExternalID      scalar        `json:"external_id"`
	ExternalOrderID scalar        `json:"external_order_id"`
	CustomStatus    scalar        `json:"custom_status"`
	Locale          scalar        `json:"customer_locale"`
}

// item is an order's product, which is one line of it.
type item struct {
	ID        scalar `json:"id"`
	ProductID scalar `json:"product_id"`
	VariantID scalar `json:"variant_id"`
	AddressID scalar `json:"order_address_id"`
	Name      scalar `json:"name"`
	SKU       scalar `json:"sku"`
	UPC       scalar `json:"upc"`
	Type      scalar `json:"type"`

	PriceExTax  scalar `json:"price_ex_tax"`
	PriceIncTax scalar `json:"price_inc_tax"`
	TotalExTax  scalar `json:"total_ex_tax"`
	TotalIncTax scalar `json:"total_inc_tax"`
	TotalTax    scalar `json:"total_tax"`

	Quantity         scalar         `json:"quantity"`
	QuantityRefunded scalar         `json:"quantity_refunded"`
	WrappingName     scalar         `json:"wrapping_name"`
	WrappingMessage  scalar         `json:"wrapping_message"`
	EventName        scalar         `json:"event_name"`
	EventDate        scalar         `json:"event_date"`
	Parent           scalar         `json:"parent_order_product_id"`
	Discounts        list[discount] `json:"applied_discounts"`
	Options          list[option]   `json:"product_options"`
	Fields           list[field]    `json:"configurable_fields"`
}

// discount is a line's part of a discount of the order or of the line.
type discount struct {
	Amount scalar `json:"amount"`
	Name   scalar `json:"name"`
	Code   scalar `json:"code"`
}

type option struct {
	Name  scalar `json:"display_name"`
	Value scalar `json:"display_value"`
}

type field struct {
	Name  scalar `json:"name"`
	Value scalar `json:"value"`
}

type coupon struct {
	Code     scalar `json:"code"`
	Discount scalar `json:"discount"`
}

// place is an address, and what shipping there costs.
type place struct {
	ID        scalar `json:"id"`
	FirstName scalar `json:"first_name"`
	LastName  scalar `json:"last_name"`
	Company   scalar `json:"company"`
	Street1   scalar `json:"street_1"`
	Street2   scalar `json:"street_2"`
	City      scalar `json:"city"`
	State     scalar `json:"state"`
	Zip       scalar `json:"zip"`
	Country   scalar `json:"country"`
	ISO2      scalar `json:"country_iso2"`
	Phone     scalar `json:"phone"`
	Email     scalar `json:"email"`

	Method     scalar      `json:"shipping_method"`
	CostExTax  scalar      `json:"cost_ex_tax"`
	CostIncTax scalar      `json:"cost_inc_tax"`
	CostTax    scalar      `json:"cost_tax"`
	FormFields list[field] `json:"form_fields"`
}

// fee is a charge of the order. The reference spells one of its members in two ways.
type fee struct {
	Name       scalar `json:"display_name_customer"`
	Merchant   scalar `json:"display_name_merchant"`
	CostExTax  scalar `json:"cost_ex_tax"`
	CostExcTax scalar `json:"cost_exc_tax"`
	CostIncTax scalar `json:"cost_inc_tax"`
	CostTax    scalar `json:"cost_tax"`
}

// tax is a tax on one thing of the order, or without details on all of an address.
type tax struct {
	AddressID scalar `json:"order_address_id"`
	Name      scalar `json:"name"`
	Rate      scalar `json:"rate"` // in percent
	Amount    scalar `json:"line_amount"`
	ItemID    scalar `json:"order_product_id"`
	On        scalar `json:"line_item_type"` // item, shipping, handling, gift-wrapping
}

// payment is a transaction of V3.
type payment struct {
	ID        scalar `json:"id"`
	Event     scalar `json:"event"`
	Method    scalar `json:"method"`
	Amount    scalar `json:"amount"`
	Currency  scalar `json:"currency"`
	Gateway   scalar `json:"gateway"`
	Reference scalar `json:"gateway_transaction_id"`
	Created   scalar `json:"date_created"`
	Test      scalar `json:"test"`
	Status    scalar `json:"status"`
}

// refund is a refund of V3.
type refund struct {
	ID          scalar              `json:"id"`
	OrderID     scalar              `json:"order_id"`
	Created     scalar              `json:"created"`
	Reason      scalar              `json:"reason"`
	TotalAmount scalar              `json:"total_amount"`
	TotalTax    scalar              `json:"total_tax"`
	Override    scalar              `json:"uses_merchant_override_values"`
	Items       list[refundItem]    `json:"items"`
	Payments    list[refundPayment] `json:"payments"`
}

type refundItem struct {
	Type     scalar `json:"item_type"`
	ID       scalar `json:"item_id"`
	Quantity scalar `json:"quantity"`
	Amount   scalar `json:"requested_amount"`
	Reason   scalar `json:"reason"`

	Adjustments list[refundAdjustment] `json:"adjustments"`
}

// refundAdjustment is what a merchant keeps of an item's amount: negative.
type refundAdjustment struct {
	Amount      scalar `json:"amount"`
	Description scalar `json:"description"`
}

type refundPayment struct {
	ID       scalar `json:"id"`
	Provider scalar `json:"provider_id"`
	Amount   scalar `json:"amount"`
	Declined scalar `json:"is_declined"`
}

type shipment struct {
	ID           scalar     `json:"id"`
	OrderID      scalar     `json:"order_id"`
	DateCreated  scalar     `json:"date_created"`
	Tracking     scalar     `json:"tracking_number"`
	Provider     scalar     `json:"shipping_provider"`
	ProviderName scalar     `json:"shipping_provider_display_name"`
	Carrier      scalar     `json:"tracking_carrier"`
	Link         scalar     `json:"tracking_link"`
	MadeLink     scalar     `json:"generated_tracking_link"`
	Items        list[sent] `json:"items"`
}

type sent struct {
	ItemID   scalar `json:"order_product_id"`
	Quantity scalar `json:"quantity"`
}

// customer is a customer of V3.
type customer struct {
	ID           scalar        `json:"id"`
	Company      scalar        `json:"company"`
	FirstName    scalar        `json:"first_name"`
	LastName     scalar        `json:"last_name"`
	Email        scalar        `json:"email"`
	Phone        scalar        `json:"phone"`
	Notes        scalar        `json:"notes"`
	TaxExempt    scalar        `json:"tax_exempt_category"`
	GroupID      scalar        `json:"customer_group_id"`
	DateCreated  scalar        `json:"date_created"`
	DateModified scalar        `json:"date_modified"`
	Addresses    list[contact] `json:"addresses"`
}

// contact is an address of V3, which has other names than one of V2.
type contact struct {
	FirstName scalar `json:"first_name"`
	LastName  scalar `json:"last_name"`
	Company   scalar `json:"company"`
	Address1  scalar `json:"address1"`
	Address2  scalar `json:"address2"`
	City      scalar `json:"city"`
	State     scalar `json:"state_or_province"`
	Postcode  scalar `json:"postal_code"`
	Country   scalar `json:"country_code"`
	Phone     scalar `json:"phone"`
}

// product is a product of the V3 catalog.
type product struct {
	ID           scalar        `json:"id"`
	Name         scalar        `json:"name"`
	Type         scalar        `json:"type"`
	SKU          scalar        `json:"sku"`
	UPC          scalar        `json:"upc"`
	GTIN         scalar        `json:"gtin"`
	Weight       scalar        `json:"weight"`
	Price        scalar        `json:"price"`
	SalePrice    scalar        `json:"sale_price"`
	Visible      scalar        `json:"is_visible"`
	Level        scalar        `json:"inventory_level"`
	Tracking     scalar        `json:"inventory_tracking"` // none, product, variant
	DateCreated  scalar        `json:"date_created"`
	DateModified scalar        `json:"date_modified"`
	Variants     list[variant] `json:"variants"`
}

type variant struct {
	ID        scalar       `json:"id"`
	SKU       scalar       `json:"sku"`
	UPC       scalar       `json:"upc"`
	GTIN      scalar       `json:"gtin"`
	Price     scalar       `json:"price"` // null: the product's
	SalePrice scalar       `json:"sale_price"`
	Weight    scalar       `json:"weight"` // null: the product's
	Level     scalar       `json:"inventory_level"`
	Options   list[choice] `json:"option_values"`
}

type choice struct {
	Name  scalar `json:"option_display_name"`
	Value scalar `json:"label"`
}
