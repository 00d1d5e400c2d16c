package salesdoc

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
	UnknownName    string
	Remitted       string
	Redemption     string
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

	HoldName    UnknownName = "hold"
	DefaultName UnknownName = "default"
	OmitName    UnknownName = "omit"
	AsIsName    UnknownName = "as-is" // of countries and regions: the shop's own

	OwnTax       Remitted = "own"
	RemittedItem Remitted = "item"
	HoldRemitted Remitted = "hold"

	RedeemedApart  Redemption = "apart"
	ItemRedemption Redemption = "item"
	PaidRedemption Redemption = "paid"
	HoldRedemption Redemption = "hold"

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
