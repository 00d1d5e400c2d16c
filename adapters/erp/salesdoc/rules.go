package salesdoc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

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

// A Posting is where an amount is booked: an item, a ledger account or a charge.
type Posting struct {
	As   As     `yaml:"as"`
	Code string `yaml:"code"` // the ERP's number of it
}

// ByTitle posts by the title of what is charged for.
type ByTitle struct {
	Posting `yaml:",inline"`
	Titles  map[string]string `yaml:"by_title"` // title to code; Code for all others
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
	Countries Table `yaml:"countries"` // ISO 3166-1 alpha-2 to the ERP's; as it is if unknown; xref countries
	Regions   Table `yaml:"regions"`   // "US-NY" to the ERP's; the region as it is if unknown; xref regions
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
	// Tolerance is the largest difference that passes, in the document's currency; what is
	// larger is held. It goes to the item with the largest tax, or there. 0.05 if it is not
	// set.
	Tolerance erpbridge.Decimal `yaml:"tolerance"`
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
	// Default is the code where no other matches, Exempt that of untaxed items.
	Default string `yaml:"default"`
	Exempt  string `yaml:"exempt"`
	// Unknown says what a tax without a code comes to: omit (default), or hold.
	Unknown UnknownTax `yaml:"unknown"`
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
	// As: credit-memo, return-order, by-restock (a return order where goods come back, a
	// credit memo otherwise), hold or ignore.
	As RefundAs `yaml:"as"`
	// NoGoods is where lines go whose goods do not come back; the item itself if it is
	// not set.
	NoGoods Posting `yaml:"no_goods"`
	// Residual is where goes what no line explains.
	Residual Posting `yaml:"residual"`
}

// A Table maps names. What Values does not have is looked up in the table's
// cross-reference; Default is for the rest.
type Table struct {
	Values  map[string]string `yaml:"values"`
	Default string            `yaml:"default"`
}

// The words settings are made of.
type (
	Side           string
	Prices         string
	NumberFrom     string
	As             string
	CustomerKey    string
	Unknown        string
	MissingAddress string
	ItemKey        string
	Case           string
	UnknownItem    string
	DiscountAs     string
	Taxes          string
	UnknownTax     string
	RefundAs       string
	Cancel         string
	FreeShipping   string
)

// The words themselves.
const (
	ShopSide        Side = "shop"
	PresentmentSide Side = "presentment"

	NetPrices   Prices = "net"
	GrossPrices Prices = "gross"
	ShopPrices  Prices = "shop"

	FromNumber NumberFrom = "number"
	FromID     NumberFrom = "id"
	FromERP    NumberFrom = "erp"

	AsItem    As = "item"
	AsAccount As = "account"
	AsCharge  As = "charge"

	ByCompany CustomerKey = "company"
	ByID      CustomerKey = "id"
	ByEmail   CustomerKey = "email"
	ByPhone   CustomerKey = "phone"

	CreateCustomer  Unknown = "create"
	DefaultCustomer Unknown = "default"
	HoldCustomer    Unknown = "hold"

	OtherAddress MissingAddress = "other"
	NoAddress    MissingAddress = "none"

	SKUKey     ItemKey = "sku"
	BarcodeKey ItemKey = "barcode"
	VariantKey ItemKey = "variant"
	ProductKey ItemKey = "product"

	ExactCase Case = "exact"
	UpperCase Case = "upper"

	AsIsItem        UnknownItem = "as-is"
	PlaceholderItem UnknownItem = "placeholder"
	HoldItem        UnknownItem = "hold"

	LineDiscount   DiscountAs = "line"
	NetDiscount    DiscountAs = "net"
	ItemDiscount   DiscountAs = "item"
	HeaderDiscount DiscountAs = "header"
	SpreadDiscount DiscountAs = "spread"

	PassTax      Taxes = "pass"
	RecomputeTax Taxes = "recompute"
	ItemTax      Taxes = "item"

	OmitTax UnknownTax = "omit"
	HoldTax UnknownTax = "hold"

	RefundAsCreditMemo  RefundAs = "credit-memo"
	RefundAsReturnOrder RefundAs = "return-order"
	RefundByRestock     RefundAs = "by-restock"
	HoldRefund          RefundAs = "hold"
	IgnoreRefund        RefundAs = "ignore"

	CancelOrder  Cancel = "cancel" // the ERP's order is cancelled or deleted
	CloseOrder   Cancel = "close"  // its open lines are closed
	HoldCancel   Cancel = "hold"   // a person decides
	IgnoreCancel Cancel = "ignore" // the ERP is told nothing

	Keep FreeShipping = "keep"
	Drop FreeShipping = "drop"
)

// Can is what an ERP's documents can express. The first of each list is what stands
// where nothing is configured. An empty list of Refunds or Cancels stands for hold.
type Can struct {
	ERP       string // "Business Central": for people
	As        []As
	Taxes     []Taxes
	Prices    []Prices
	Lines     []DiscountAs // discounts of lines
	Order     []DiscountAs // discounts of orders
	Refunds   []RefundAs   // without hold and ignore, which all can
	Cancels   []Cancel     // the same
	Customers []Unknown
	// Negative: items may be negative. Without it an item that is, is held.
	Negative bool
}

// defaults fills in what nothing was configured for.
func (c Can) defaults(r Rules) Rules {
	set(&r.Currency, ShopSide)
	set(&r.Prices, first(c.Prices, ShopPrices))
	set(&r.Number.From, FromNumber)
	set(&r.Number.Strip, "#")
	if len(r.Customer.By) == 0 {
		r.Customer.By = []CustomerKey{ByCompany, ByID, ByEmail}
	}
	set(&r.Customer.Unknown, first(c.Customers, DefaultCustomer))
	set(&r.Customer.Guest, r.Customer.Unknown)
	set(&r.Addresses.Missing, OtherAddress)
	if len(r.Items.Key) == 0 {
		r.Items.Key = []ItemKey{SKUKey}
	}
	set(&r.Items.Case, ExactCase)
	if r.Items.Placeholder != "" {
		set(&r.Items.Unknown, PlaceholderItem)
	}
	set(&r.Items.Unknown, HoldItem)
	set(&r.FreeShipping, Drop)
	set(&r.Notes.Customer, Keep)
	set(&r.Discounts.Lines, first(c.Lines, NetDiscount))
	set(&r.Discounts.Order, first(c.Order, ItemDiscount))
	if r.Rounding.Tolerance.IsZero() {
		r.Rounding.Tolerance = fiveCents
	}
	set(&r.Tax.Mode, first(c.Taxes, PassTax))
	set(&r.Tax.Unknown, OmitTax)
	set(&r.Refund.As, first(c.Refunds, HoldRefund))
	set(&r.Cancel, first(c.Cancels, HoldCancel))
	for _, p := range r.postings() {
		if p.Code != "" || p.titled {
			set(&p.As, first(c.As, AsItem))
		}
	}
	return r
}

var fiveCents = must("0.05")

func must(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func set[T comparable](into *T, value T) {
	var zero T
	if *into == zero {
		*into = value
	}
}

func first[T any](list []T, otherwise T) T {
	if len(list) > 0 {
		return list[0]
	}
	return otherwise
}

// A named posting is one with its setting.
type named struct {
	setting string
	titled  bool
	*Posting
}

func (r *Rules) postings() []named {
	return []named{
		{"shipping", len(r.Shipping.Titles) > 0, &r.Shipping.Posting},
		{"discounts", false, &r.Discounts.Posting},
		{"tip", false, &r.Tip},
		{"gift_card_sold", false, &r.GiftCardSold},
		{"gift_card_redeemed", false, &r.GiftCardRedeemed},
		{"store_credit", false, &r.StoreCredit},
		{"duty", false, &r.Duty},
		{"fee", len(r.Fee.Titles) > 0, &r.Fee.Posting},
		{"rounding", false, &r.Rounding.Posting},
		{"tax.item", false, &r.Tax.Item},
		{"refund.no_goods", false, &r.Refund.NoGoods},
		{"refund.residual", false, &r.Refund.Residual},
	}
}

// check returns what is wrong with rules, each with its setting below at.
func (c Can) check(at string, r Rules) error {
	var errs []error
	wrong := func(setting, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %w", at, setting, fmt.Errorf(format, args...)))
	}
	oneOf(wrong, "currency", r.Currency, ShopSide, PresentmentSide)
	oneOf(wrong, "prices", r.Prices, c.Prices...)
	oneOf(wrong, "number.from", r.Number.From, FromNumber, FromID, FromERP)
	oneOf(wrong, "customer.unknown", r.Customer.Unknown, append(slices.Clone(c.Customers), DefaultCustomer, HoldCustomer)...)
	oneOf(wrong, "customer.guest", r.Customer.Guest, append(slices.Clone(c.Customers), DefaultCustomer, HoldCustomer)...)
	for i, by := range r.Customer.By {
		oneOf(wrong, fmt.Sprintf("customer.by[%d]", i), by, ByCompany, ByID, ByEmail, ByPhone)
	}
	oneOf(wrong, "addresses.missing", r.Addresses.Missing, OtherAddress, NoAddress)
	for i, key := range r.Items.Key {
		oneOf(wrong, fmt.Sprintf("items.key[%d]", i), key, SKUKey, BarcodeKey, VariantKey, ProductKey)
	}
	oneOf(wrong, "items.case", r.Items.Case, ExactCase, UpperCase)
	oneOf(wrong, "items.unknown", r.Items.Unknown, AsIsItem, PlaceholderItem, HoldItem)
	if r.Items.Unknown == PlaceholderItem && r.Items.Placeholder == "" {
		wrong("items.placeholder", "is missing: items.unknown asks for it")
	}
	for _, item := range slices.Sorted(maps.Keys(r.Units.Items)) {
		if _, _, err := parseUnit(r.Units.Items[item]); err != nil {
			wrong("units.by_item."+item, "%v", err)
		}
	}
	oneOf(wrong, "free_shipping", r.FreeShipping, Keep, Drop)
	oneOf(wrong, "notes.customer", r.Notes.Customer, Keep, Drop)
	oneOf(wrong, "discounts.lines", r.Discounts.Lines, c.Lines...)
	oneOf(wrong, "discounts.order", r.Discounts.Order, c.Order...)
	oneOf(wrong, "tax.mode", r.Tax.Mode, c.Taxes...)
	oneOf(wrong, "tax.unknown", r.Tax.Unknown, OmitTax, HoldTax)
	for i, code := range r.Tax.Codes {
		if code.Code == "" {
			wrong(fmt.Sprintf("tax.codes[%d].code", i), "is missing")
		}
	}
	oneOf(wrong, "refund.as", r.Refund.As, append(slices.Clone(c.Refunds), HoldRefund, IgnoreRefund)...)
	oneOf(wrong, "cancel", r.Cancel, append(slices.Clone(c.Cancels), HoldCancel, IgnoreCancel)...)
	if r.Rounding.Tolerance.IsNeg() {
		wrong("rounding.tolerance", "must not be negative")
	}
	for _, p := range r.postings() {
		if p.As != "" {
			oneOf(wrong, p.setting+".as", p.As, c.As...)
		}
	}
	return errors.Join(errs...)
}

func oneOf[T ~string](wrong func(setting, format string, args ...any), setting string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	words := make([]string, 0, len(allowed))
	for _, a := range allowed {
		if !slices.Contains(words, string(a)) {
			words = append(words, string(a))
		}
	}
	wrong(setting, "%q is not one of %s", string(value), strings.Join(words, ", "))
}
