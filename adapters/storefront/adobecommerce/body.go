package adobecommerce

// The bodies, as far as the bridge reads them. An amount has two members: the one whose
// name begins with base_ is in the currency of the shop's books, the other in that of
// the order.

// currencies are the members by which a body names them.
type currencies struct {
	Base  scalar `json:"base_currency_code"`
	Order scalar `json:"order_currency_code"`
}

type orderBody struct {
	currencies
	EntityID        scalar                   `json:"entity_id"`
	IncrementID     scalar                   `json:"increment_id"`
	State           scalar                   `json:"state"`
	Status          scalar                   `json:"status"`
	CreatedAt       scalar                   `json:"created_at"`
	UpdatedAt       scalar                   `json:"updated_at"`
	StoreName       scalar                   `json:"store_name"`
	CouponCode      scalar                   `json:"coupon_code"`
	DiscountText    scalar                   `json:"discount_description"`
	CustomerNote    scalar                   `json:"customer_note"`
	ShippingText    scalar                   `json:"shipping_description"`
	ShippingMethod  scalar                   `json:"shipping_method"`
	CustomerID      scalar                   `json:"customer_id"`
	CustomerGroup   scalar                   `json:"customer_group_id"`
	CustomerEmail   scalar                   `json:"customer_email"`
	CustomerFirst   scalar                   `json:"customer_firstname"`
	CustomerLast    scalar                   `json:"customer_lastname"`
	CustomerTaxID   scalar                   `json:"customer_taxvat"`
	Items           sequence[itemBody]       `json:"items"`
	Payment         embedded[paymentBody]    `json:"payment"`
	BillingAddress  embedded[addressBody]    `json:"billing_address"`
	ShippingAddress embedded[addressBody]    `json:"shipping_address"`
	Addresses       sequence[addressBody]    `json:"addresses"`
	Extension       embedded[orderExtension] `json:"extension_attributes"`

	totals
	BaseTotalPaid     scalar `json:"base_total_paid"`
	TotalPaid         scalar `json:"total_paid"`
	BaseTotalDue      scalar `json:"base_total_due"`
	TotalDue          scalar `json:"total_due"`
	BaseTotalRefunded scalar `json:"base_total_refunded"`
	TotalRefunded     scalar `json:"total_refunded"`

	// An event has them beside the others, the API among the extension attributes.
	extras
}

// totals are what orders and credit memos come to.
type totals struct {
	BaseGrandTotal       scalar `json:"base_grand_total"`
	GrandTotal           scalar `json:"grand_total"`
	BaseTax              scalar `json:"base_tax_amount"`
	Tax                  scalar `json:"tax_amount"`
	BaseDiscount         scalar `json:"base_discount_amount"`
	Discount             scalar `json:"discount_amount"`
	BaseCompensation     scalar `json:"base_discount_tax_compensation_amount"`
	Compensation         scalar `json:"discount_tax_compensation_amount"`
	BaseShipping         scalar `json:"base_shipping_amount"`
	Shipping             scalar `json:"shipping_amount"`
	BaseShippingTax      scalar `json:"base_shipping_tax_amount"`
	ShippingTax          scalar `json:"shipping_tax_amount"`
	BaseShippingDiscount scalar `json:"base_shipping_discount_amount"`
	ShippingDiscount     scalar `json:"shipping_discount_amount"`
	// The column's name was too long for somebody's database.
	BaseShippingCompensation scalar `json:"base_shipping_discount_tax_compensation_amnt"`
	ShippingCompensation     scalar `json:"shipping_discount_tax_compensation_amount"`
}

// extras are what the modules of Adobe Commerce, as against Magento Open Source, add.
type extras struct {
	BaseGiftCards    scalar `json:"base_gift_cards_amount"`
	GiftCards        scalar `json:"gift_cards_amount"`
	BaseStoreCredit  scalar `json:"base_customer_balance_amount"`
	StoreCredit      scalar `json:"customer_balance_amount"`
	BasePoints       scalar `json:"base_reward_currency_amount"`
	Points           scalar `json:"reward_currency_amount"`
	BaseWrapping     scalar `json:"gw_base_price"`
	Wrapping         scalar `json:"gw_price"`
	BaseItemWrapping scalar `json:"gw_items_base_price"`
	ItemWrapping     scalar `json:"gw_items_price"`
	BaseCard         scalar `json:"gw_card_base_price"`
	Card             scalar `json:"gw_card_price"`
}

type orderExtension struct {
	extras
	Assignments sequence[assignment] `json:"shipping_assignments"`
	Taxes       sequence[taxBody]    `json:"applied_taxes"`
	Company     object[struct {
		ID   scalar `json:"company_id"`
		Name scalar `json:"company_name"`
	}] `json:"company_order_attributes"`
}

type assignment struct {
	Shipping object[struct {
		Address object[addressBody] `json:"address"`
		Method  scalar              `json:"method"`
	}] `json:"shipping"`
}

type taxBody struct {
	Code       scalar `json:"code"`
	Title      scalar `json:"title"`
	Percent    scalar `json:"percent"`
	BaseAmount scalar `json:"base_amount"`
	Amount     scalar `json:"amount"`
}

// amountsBody are the amounts of one item, of all its pieces but for the price.
type amountsBody struct {
	BasePrice        scalar `json:"base_price"`
	Price            scalar `json:"price"`
	BaseRowTotal     scalar `json:"base_row_total"`
	RowTotal         scalar `json:"row_total"`
	BaseTax          scalar `json:"base_tax_amount"`
	Tax              scalar `json:"tax_amount"`
	BaseDiscount     scalar `json:"base_discount_amount"`
	Discount         scalar `json:"discount_amount"`
	BaseCompensation scalar `json:"base_discount_tax_compensation_amount"`
	Compensation     scalar `json:"discount_tax_compensation_amount"`
	// The fixed product tax, in the words of the European directive on old appliances.
	BaseWEEE scalar `json:"base_weee_tax_applied_row_amnt"`
	WEEE     scalar `json:"weee_tax_applied_row_amount"`
}

type itemBody struct {
	amountsBody
	ItemID     scalar `json:"item_id"`
	ID         scalar `json:"id"`
	OrderID    scalar `json:"order_id"`
	ParentID   scalar `json:"parent_item_id"`
	ParentItem object[struct {
		ItemID scalar `json:"item_id"`
	}] `json:"parent_item"`
	QuoteItemID scalar `json:"quote_item_id"`
	QuoteParent scalar `json:"quote_parent_item_id"`
	ProductID   scalar `json:"product_id"`
	ProductType scalar `json:"product_type"`
	SKU         scalar `json:"sku"`
	Name        scalar `json:"name"`
	Ordered     scalar `json:"qty_ordered"`
	Canceled    scalar `json:"qty_canceled"`
	Refunded    scalar `json:"qty_refunded"`
	TaxPercent  scalar `json:"tax_percent"`
}

type paymentBody struct {
	EntityID       scalar `json:"entity_id"`
	ParentID       scalar `json:"parent_id"`
	Method         scalar `json:"method"`
	PONumber       scalar `json:"po_number"`
	LastTransID    scalar `json:"last_trans_id"`
	BaseAuthorized scalar `json:"base_amount_authorized"`
	Authorized     scalar `json:"amount_authorized"`
}

type addressBody struct {
	Type            scalar `json:"address_type"`
	ParentID        scalar `json:"parent_id"`
	FirstName       scalar `json:"firstname"`
	MiddleName      scalar `json:"middlename"`
	LastName        scalar `json:"lastname"`
	Company         scalar `json:"company"`
	Street          street `json:"street"`
	City            scalar `json:"city"`
	Region          region `json:"region"`
	RegionCode      scalar `json:"region_code"`
	Postcode        scalar `json:"postcode"`
	Country         scalar `json:"country_id"`
	Phone           scalar `json:"telephone"`
	DefaultBilling  scalar `json:"default_billing"`
	DefaultShipping scalar `json:"default_shipping"`
	TaxID           scalar `json:"vat_id"`
}

type memoBody struct {
	currencies
	totals
	extras
	EntityID     scalar                  `json:"entity_id"`
	IncrementID  scalar                  `json:"increment_id"`
	OrderID      scalar                  `json:"order_id"`
	OrderNumber  scalar                  `json:"order_increment_id"`
	State        scalar                  `json:"state"`
	CreatedAt    scalar                  `json:"created_at"`
	UpdatedAt    scalar                  `json:"updated_at"`
	Transaction  scalar                  `json:"transaction_id"`
	Note         scalar                  `json:"customer_note"`
	Voidable     scalar                  `json:"can_void_flag"` // of an invoice
	Items        sequence[memoItem]      `json:"items"`
	Extension    embedded[memoExtension] `json:"extension_attributes"`
	BasePositive scalar                  `json:"base_adjustment_positive"`
	Positive     scalar                  `json:"adjustment_positive"`
	BaseNegative scalar                  `json:"base_adjustment_negative"`
	Negative     scalar                  `json:"adjustment_negative"`
	// The positive one less the negative one.
	BaseAdjustment scalar `json:"base_adjustment"`
	Adjustment     scalar `json:"adjustment"`
}

type memoExtension struct{ extras }

type memoItem struct {
	amountsBody
	EntityID    scalar `json:"entity_id"`
	OrderItemID scalar `json:"order_item_id"`
	SKU         scalar `json:"sku"`
	Name        scalar `json:"name"`
	ProductID   scalar `json:"product_id"`
	Quantity    scalar `json:"qty"`
	BackToStock scalar `json:"back_to_stock"`
}

type shipmentBody struct {
	BaseTotal   scalar               `json:"base_grand_total"` // of an invoice or a credit memo
	Total       scalar               `json:"grand_total"`
	EntityID    scalar               `json:"entity_id"`
	OrderID     scalar               `json:"order_id"`
	OrderNumber scalar               `json:"order_increment_id"`
	CreatedAt   scalar               `json:"created_at"`
	UpdatedAt   scalar               `json:"updated_at"`
	Items       sequence[memoItem]   `json:"items"`
	Tracks      sequence[trackBody]  `json:"tracks"`
	Source      scalar               `json:"source_code"`
	Extension   embedded[sourceBody] `json:"extension_attributes"`
}

type sourceBody struct {
	Source scalar `json:"source_code"`
}

type trackBody struct {
	Number  scalar `json:"track_number"`
	Title   scalar `json:"title"`
	Carrier scalar `json:"carrier_code"`
}

type customerBody struct {
	ID        scalar                `json:"id"`
	EntityID  scalar                `json:"entity_id"`
	Group     scalar                `json:"group_id"`
	CreatedAt scalar                `json:"created_at"`
	UpdatedAt scalar                `json:"updated_at"`
	Email     scalar                `json:"email"`
	FirstName scalar                `json:"firstname"`
	LastName  scalar                `json:"lastname"`
	TaxID     scalar                `json:"taxvat"`
	DefaultID scalar                `json:"default_billing"`
	Addresses sequence[addressBody] `json:"addresses"`
}

type productBody struct {
	ID        scalar                     `json:"id"`
	EntityID  scalar                     `json:"entity_id"`
	SKU       scalar                     `json:"sku"`
	Name      scalar                     `json:"name"`
	TypeID    scalar                     `json:"type_id"`
	Status    scalar                     `json:"status"`
	Price     scalar                     `json:"price"`
	Weight    scalar                     `json:"weight"`
	TaxClass  scalar                     `json:"tax_class_id"`
	CreatedAt scalar                     `json:"created_at"`
	UpdatedAt scalar                     `json:"updated_at"`
	Stock     embedded[stockBody]        `json:"stock_data"`
	Extension embedded[productExtension] `json:"extension_attributes"`
	Custom    sequence[customBody]       `json:"custom_attributes"`
}

type productExtension struct {
	Stock   object[stockBody]      `json:"stock_item"`
	Bundles sequence[bundleOption] `json:"bundle_product_options"`
}

type bundleOption struct {
	Links sequence[struct {
		SKU      scalar `json:"sku"`
		Quantity scalar `json:"qty"`
	}] `json:"product_links"`
}

type customBody struct {
	Code  scalar `json:"attribute_code"`
	Value scalar `json:"value"`
}

// stockBody is a stock item, or what a source of several has of one product.
type stockBody struct {
	ProductID scalar `json:"product_id"`
	SKU       scalar `json:"sku"`
	Source    scalar `json:"source_code"`
	Quantity  scalar `json:"qty"`
	AtSource  scalar `json:"quantity"`
	Managed   scalar `json:"manage_stock"`
	UpdatedAt scalar `json:"updated_at"`
}
