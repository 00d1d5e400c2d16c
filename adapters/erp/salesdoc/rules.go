package salesdoc

import "github.com/hakooi/erpbridge"

// A Mapping says how the documents of a target are made. It is the setting mapping of a
// target, and what differs from store to store stands under mapping.stores.
type Mapping struct {
	Rules `yaml:",inline"`
	// Stores are the rules that differ for a store. What they leave out, or leave empty,
	// is as in the target's; the entries of tables are added to the target's.
	Stores map[string]Rules `yaml:"stores"`
}

// Rules are the mapping of one store to one target.
type Rules struct {
	// Number makes the document's number.
	Number Number `yaml:"number"`
	// ReferencePrefix begins our reference in the ERP; the store's name and a dash if it
	// is not set. Two stores must not have the same: their ids would meet.
	ReferencePrefix string `yaml:"reference_prefix"`
	// Currency is which of the order's currencies is booked: shop (default), or
	// presentment, what the buyer saw and paid in.
	Currency Side `yaml:"currency"`
	// Prices says whether the document's prices contain tax: net, gross, or shop, as the
	// storefront has them.
	Prices Prices `yaml:"prices"`

	Customer  Customer  `yaml:"customer"`
	Addresses Addresses `yaml:"addresses"`
	Items     Items     `yaml:"items"`
	Units     Units     `yaml:"units"`
	Shipping  ByTitle   `yaml:"shipping"`
	// FreeShipping says what becomes of transport that costs nothing: drop (default) or keep.
	FreeShipping FreeShipping `yaml:"free_shipping"`
	// ShipMethods are by the title of the first shipping line; xref ship_methods.
	ShipMethods Table     `yaml:"ship_methods"`
	Discounts   Discounts `yaml:"discounts"`

	// What is not goods is posted to an item, an account or a charge of the ERP.
	Tip          Posting `yaml:"tip"`
	GiftCardSold Posting `yaml:"gift_card_sold"`
	// GiftCardRedeemed and StoreCredit are negative items.
	GiftCardRedeemed Posting `yaml:"gift_card_redeemed"`
	StoreCredit      Posting `yaml:"store_credit"` // and reward points
	Duty             Posting `yaml:"duty"`
	Fee              ByTitle `yaml:"fee"` // cash on delivery and the like; also handling and wrapping
	// Rounding is where differences of rounding go, up to Tolerance.
	Rounding Rounding `yaml:"rounding"`

	Tax     TaxRules `yaml:"tax"`
	Payment Payment  `yaml:"payment"`
	// Locations are by the storefront's id of the place; xref locations.
	Locations Table  `yaml:"locations"`
	Notes     Notes  `yaml:"notes"`
	Refund    Refund `yaml:"refund"`
	// Cancel is what becomes of an order that was cancelled.
	Cancel Cancel `yaml:"cancel"`
}

// Number makes document numbers.
type Number struct {
	From   NumberFrom `yaml:"from"`   // number (the shop's, default), id, or erp: the ERP numbers
	Prefix string     `yaml:"prefix"` // before it
	Strip  string     `yaml:"strip"`  // characters taken out of the shop's number; # if not set
}

// Customer says whose orders they are.
type Customer struct {
	// By is what a customer is looked up by, in this order: company, id, email, phone.
	// xref companies, customers, customer_emails, customer_phones.
	By []CustomerKey `yaml:"by"`
	// Unknown is for customers that are not found: create, default or hold. Guest is the
	// same for those without an account.
	Unknown Unknown `yaml:"unknown"`
	Guest   Unknown `yaml:"guest"`
	Default string  `yaml:"default"` // the number of the default customer
	// ByCountry are default customers by the country of the invoice.
	ByCountry map[string]string `yaml:"default_by_country"`
	// ByCurrency are default customers by the document's currency.
	ByCurrency map[string]string `yaml:"default_by_currency"`
}

// Addresses says how addresses are written.
type Addresses struct {
	Countries Table `yaml:"countries"` // ISO 3166-1 alpha-2 to the ERP's; xref countries
	// Regions are "US-NY" to the ERP's; xref regions. They count as a table for each country.
	Regions Table `yaml:"regions"`
	// Missing says what stands where an order has but one address: other, the other one
	// (default), or none.
	Missing MissingAddress `yaml:"missing"`
}

// Items maps goods to the ERP's items.
type Items struct {
	// Key is what goods are known by, in this order: sku, barcode, variant, product.
	Key []ItemKey `yaml:"key"`
	// Case: exact (default), or upper: keys are looked up and written in capitals.
	Case    Case              `yaml:"case"`
	Aliases map[string]string `yaml:"aliases"` // key to item; xref items
	// Unknown is for goods that no table knows: as-is, the first key is the item's number;
	// placeholder; or hold.
	Unknown     UnknownItem `yaml:"unknown"`
	Placeholder string      `yaml:"placeholder"`
}

// Units says what the ERP counts in.
type Units struct {
	Default string `yaml:"default"`
	// Items are by the ERP's item: a unit, or a unit and how many of the shop's pieces
	// are one of it, as in "CS*12"; xref units.
	Items map[string]string `yaml:"by_item"`
}

// Discounts says how discounts appear.
type Discounts struct {
	// Lines: line (a discount of the line), net (the line's amount is lower), item (a
	// negative item below it).
	Lines DiscountAs `yaml:"lines"`
	// Order: header, item, or spread over the lines by their amounts.
	Order   DiscountAs `yaml:"order"`
	Posting `yaml:",inline"`
}

// Rounding is where small differences go.
type Rounding struct {
	Posting `yaml:",inline"`
	// Cash is where goes what a cash payment was rounded by; Posting if it is not set. With
	// neither the document is without it.
	Cash Posting `yaml:"cash"`
	// Tolerance is the largest difference that passes, in the document's currency; what is
	// larger is held. It goes to the item with the largest tax, or there. If it is not set it
	// is five minor units of the currency, or half a one for each item, if that is more;
	// nought, which is something else, lets none pass.
	Tolerance *erpbridge.Decimal `yaml:"tolerance"`
}

// TaxRules say how tax is told.
type TaxRules struct {
	// Mode: pass (each item carries its tax), recompute (the ERP works it out; the items
	// carry codes), or item (tax is an item of its own, all others are free of it).
	Mode Taxes `yaml:"mode"`
	// Item is where tax goes in mode item, and where tax goes that belongs to no line.
	Item Posting `yaml:"item"`
	// Codes are tried in their order; the first that matches counts. Before them xref
	// tax_codes is asked for "title|rate|country" and what is shorter.
	Codes []TaxCode `yaml:"codes"`
	// Default is the code where no other matches, and of the taxed parts of refunds, whose
	// taxes storefronts tell by their amount alone. Exempt is that of untaxed items.
	Default string `yaml:"default"`
	Exempt  string `yaml:"exempt"`
	// Unknown says what a tax without a code comes to: hold, default or omit, as Table.Unknown.
	Unknown UnknownName `yaml:"unknown"`
	// Marketplace is for tax that a marketplace collects and remits.
	Marketplace MarketplaceTax `yaml:"marketplace"`
}

// MarketplaceTax says what becomes of tax that is part of what the buyer paid and is not
// the merchant's to owe: the marketplace where the order was placed collects and remits it.
type MarketplaceTax struct {
	// Mode: own (as any other tax), item (one item of its own, and no tax of any other), or
	// hold. The default is own, and item where Code is set.
	Mode    Remitted `yaml:"mode"`
	Posting `yaml:",inline"`
	// Refunds is the same for all tax of refunds, of which no storefront tells whose it is:
	// own where Mode is own, and hold otherwise.
	Refunds Remitted `yaml:"refunds"`
}

// A TaxCode is the ERP's code for a tax. What is left empty matches everything.
type TaxCode struct {
	Title   string             `yaml:"title"`
	Rate    *erpbridge.Decimal `yaml:"rate"`    // 0.19 is 19 %
	Country string             `yaml:"country"` // of the goods' destination
	Code    string             `yaml:"code"`
}

// Payment says how an order was, or is to be, paid.
type Payment struct {
	Methods Table `yaml:"methods"` // by gateway; xref payment_methods
	Terms   Table `yaml:"terms"`   // by the name of the terms; xref payment_terms
	// Redeemed says what becomes of what gift cards and store credit paid of the total:
	// apart (Document.Redeemed, default), item (negative items, the document comes to what is
	// left), paid (it counts as money received), or hold.
	Redeemed Redemption `yaml:"redeemed"`
}

// Notes says which texts travel along.
type Notes struct {
	// Attributes are names of the order's attributes; "*" is all of them.
	Attributes []string `yaml:"attributes"`
	// Lines are names of the lines' attributes; "*" is all of them.
	Lines []string `yaml:"line_attributes"`
	// Customer: keep (default) or drop the customer's note.
	Customer FreeShipping `yaml:"customer"`
}

// Refund says what becomes of refunds.
type Refund struct {
	// As is short for ByRestock: credit-memo, return-order, by-restock (a return order where
	// goods come back, a credit memo otherwise), hold or ignore.
	As        RefundAs  `yaml:"as"`
	ByRestock ByRestock `yaml:"by_restock"`
	// NoGoods is where lines go whose goods do not come back; the item itself if it is
	// not set.
	NoGoods Posting `yaml:"no_goods"`
	// Residual is where goes what no line explains.
	Residual Posting `yaml:"residual"`
	// Tips and GiftCards are what refunded lines are known by, their SKU or their title,
	// that pay back a tip or take back a gift card: refunds do not tell what a line was.
	// They go where such lines of orders go.
	Tips      []string `yaml:"tips"`
	GiftCards []string `yaml:"gift_cards"`
}

// A Table maps names. What Values does not have is looked up in the table's
// cross-reference.
type Table struct {
	Values map[string]string `yaml:"values"`
	// Default is for what is not named, and for the rest unless Unknown says otherwise.
	Default string `yaml:"default"`
	// Unknown says what a name comes to that is in neither: hold, default, or omit (of
	// countries and regions as-is). If it is not set: default where there is one, else hold
	// as soon as the table has any entry.
	Unknown UnknownName `yaml:"unknown"`
}
