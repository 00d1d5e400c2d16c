package partner

// The shapes of the things, member by member as in the canonical model, under the names
// that the schema gives them. What a member means is said there and in the model.

type order struct {
	ID      id   `json:"id"`
	Number  text `json:"number"`
	PO      text `json:"po"`
	Channel text `json:"channel"`
	Test    flag `json:"test"`

	PlacedAt     moment `json:"placed_at"`
	UpdatedAt    moment `json:"updated_at"`
	CancelledAt  moment `json:"cancelled_at"`
	CancelReason text   `json:"cancel_reason"`
	PostingDate  moment `json:"posting_date"`

	Currency      word `json:"currency"`
	Presentment   word `json:"presentment"`
	TaxesIncluded flag `json:"taxes_included"`

	Customer *customer `json:"customer"`
	Company  *company  `json:"company"`
	Email    text      `json:"email"`
	Phone    text      `json:"phone"`
	BillTo   *address  `json:"bill_to"`
	ShipTo   *address  `json:"ship_to"`

	Lines     list[line]         `json:"lines"`
	Shipping  list[shippingLine] `json:"shipping"`
	Charges   list[charge]       `json:"charges"`
	Discounts list[discount]     `json:"discounts"`
	Credits   list[credit]       `json:"credits"`
	Taxes     list[tax]          `json:"taxes"`

	TaxTotal    number `json:"tax_total"`
	Total       number `json:"total"`
	Outstanding number `json:"outstanding"`
	Remaining   number `json:"remaining"`
	Rounding    number `json:"rounding"`

	PaymentStatus word          `json:"payment_status"`
	Gateways      list[text]    `json:"gateways"`
	Payments      list[payment] `json:"payments"`
	Terms         *terms        `json:"terms"`

	Note       text            `json:"note"`
	Attributes list[attribute] `json:"attributes"`
	Tags       list[text]      `json:"tags"`

	Presented *order `json:"presented"`
}

type line struct {
	ID         id              `json:"id"`
	Parent     id              `json:"parent"`
	SKU        text            `json:"sku"`
	Barcode    text            `json:"barcode"`
	ProductID  id              `json:"product_id"`
	VariantID  id              `json:"variant_id"`
	Title      text            `json:"title"`
	Kind       word            `json:"kind"`
	Quantity   number          `json:"quantity"`
	Current    number          `json:"current"`
	Unit       number          `json:"unit"`
	Extended   number          `json:"extended"`
	Discounts  list[discount]  `json:"discounts"`
	Taxes      list[tax]       `json:"taxes"`
	Location   id              `json:"location"`
	Attributes list[attribute] `json:"attributes"`
}

type shippingLine struct {
	ID        id             `json:"id"`
	Title     text           `json:"title"`
	Code      text           `json:"code"`
	Carrier   text           `json:"carrier"`
	Price     number         `json:"price"`
	Discounts list[discount] `json:"discounts"`
	Taxes     list[tax]      `json:"taxes"`
}

type charge struct {
	Kind   word      `json:"kind"`
	Title  text      `json:"title"`
	Amount number    `json:"amount"`
	Taxes  list[tax] `json:"taxes"`
}

type discount struct {
	Code   text   `json:"code"`
	Title  text   `json:"title"`
	Amount number `json:"amount"`
}

type credit struct {
	Kind   word   `json:"kind"`
	Title  text   `json:"title"`
	Amount number `json:"amount"`
}

type tax struct {
	Title        text   `json:"title"`
	Rate         number `json:"rate"`
	Amount       number `json:"amount"`
	Jurisdiction text   `json:"jurisdiction"`
	Marketplace  flag   `json:"marketplace"`
}

type payment struct {
	ID        id     `json:"id"`
	Gateway   text   `json:"gateway"`
	Kind      word   `json:"kind"`
	State     word   `json:"state"`
	Amount    number `json:"amount"`
	Currency  word   `json:"currency"`
	At        moment `json:"at"`
	Reference text   `json:"reference"`
	Redeemed  flag   `json:"redeemed"`
}

type terms struct {
	Name  text   `json:"name"`
	DueAt moment `json:"due_at"`
}

type attribute struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

type customer struct {
	ID        id            `json:"id"`
	FirstName text          `json:"first_name"`
	LastName  text          `json:"last_name"`
	Company   text          `json:"company"`
	Email     text          `json:"email"`
	Phone     text          `json:"phone"`
	TaxExempt flag          `json:"tax_exempt"`
	TaxID     text          `json:"tax_id"`
	Locale    text          `json:"locale"`
	Group     text          `json:"group"`
	Note      text          `json:"note"`
	Tags      list[text]    `json:"tags"`
	Addresses list[address] `json:"addresses"`
	UpdatedAt moment        `json:"updated_at"`
}

type company struct {
	ID         id   `json:"id"`
	Name       text `json:"name"`
	LocationID id   `json:"location_id"`
	Location   text `json:"location"`
	ExternalID text `json:"external_id"`
	TaxID      text `json:"tax_id"`
}

type address struct {
	Name     text `json:"name"`
	Company  text `json:"company"`
	Street1  text `json:"street1"`
	Street2  text `json:"street2"`
	City     text `json:"city"`
	Region   text `json:"region"`
	Postcode text `json:"postcode"`
	Country  word `json:"country"`
	Phone    text `json:"phone"`
}

type cancellation struct {
	OrderID     id     `json:"order_id"`
	OrderNumber text   `json:"order_number"`
	At          moment `json:"at"`
	Reason      text   `json:"reason"`
	Deleted     flag   `json:"deleted"`
}

type refund struct {
	ID            id                     `json:"id"`
	OrderID       id                     `json:"order_id"`
	OrderNumber   text                   `json:"order_number"`
	At            moment                 `json:"at"`
	PostingDate   moment                 `json:"posting_date"`
	Currency      word                   `json:"currency"`
	Presentment   word                   `json:"presentment"`
	TaxesIncluded flag                   `json:"taxes_included"`
	Lines         list[refundLine]       `json:"lines"`
	Shipping      list[refundedShipping] `json:"shipping"`
	Charges       list[charge]           `json:"charges"`
	Adjustments   list[adjustment]       `json:"adjustments"`
	Payments      list[payment]          `json:"payments"`
	Reason        text                   `json:"reason"`
	Note          text                   `json:"note"`
	Presented     *refund                `json:"presented"`
}

type refundLine struct {
	ID        id     `json:"id"`
	LineID    id     `json:"line_id"`
	SKU       text   `json:"sku"`
	ProductID id     `json:"product_id"`
	VariantID id     `json:"variant_id"`
	Title     text   `json:"title"`
	Quantity  number `json:"quantity"`
	Amount    number `json:"amount"`
	Tax       number `json:"tax"`
	Restock   word   `json:"restock"`
	Location  id     `json:"location"`
}

type refundedShipping struct {
	Title  text   `json:"title"`
	Amount number `json:"amount"`
	Tax    number `json:"tax"`
}

type adjustment struct {
	Reason text   `json:"reason"`
	Amount number `json:"amount"`
	Tax    number `json:"tax"`
}

type fulfilment struct {
	ID          id                   `json:"id"`
	OrderID     id                   `json:"order_id"`
	OrderNumber text                 `json:"order_number"`
	Status      word                 `json:"status"`
	At          moment               `json:"at"`
	UpdatedAt   moment               `json:"updated_at"`
	Location    id                   `json:"location"`
	Lines       list[fulfilmentLine] `json:"lines"`
	Tracking    list[tracking]       `json:"tracking"`
}

type fulfilmentLine struct {
	LineID   id     `json:"line_id"`
	SKU      text   `json:"sku"`
	Title    text   `json:"title"`
	Quantity number `json:"quantity"`
}

type tracking struct {
	Carrier text `json:"carrier"`
	Number  text `json:"number"`
	URL     text `json:"url"`
}

type product struct {
	ID        id            `json:"id"`
	Title     text          `json:"title"`
	Kind      text          `json:"kind"`
	Vendor    text          `json:"vendor"`
	Status    text          `json:"status"`
	Tags      list[text]    `json:"tags"`
	Currency  word          `json:"currency"`
	Variants  list[variant] `json:"variants"`
	UpdatedAt moment        `json:"updated_at"`
}

type variant struct {
	ID          id               `json:"id"`
	SKU         text             `json:"sku"`
	Barcode     text             `json:"barcode"`
	Title       text             `json:"title"`
	Options     list[attribute]  `json:"options"`
	Price       number           `json:"price"`
	ListPrice   number           `json:"list_price"`
	Taxable     flag             `json:"taxable"`
	Weight      number           `json:"weight"`
	WeightUnit  word             `json:"weight_unit"`
	InventoryID id               `json:"inventory_id"`
	Tracked     flag             `json:"tracked"`
	Components  list[bundlePart] `json:"components"`
}

type bundlePart struct {
	ProductID id     `json:"product_id"`
	SKU       text   `json:"sku"`
	Quantity  number `json:"quantity"`
}

type inventory struct {
	ItemID    id     `json:"item_id"`
	SKU       text   `json:"sku"`
	ProductID id     `json:"product_id"`
	VariantID id     `json:"variant_id"`
	Location  id     `json:"location"`
	Available number `json:"available"`
	UpdatedAt moment `json:"updated_at"`
}

type privacy struct {
	ID         id       `json:"id"`
	Kind       word     `json:"kind"`
	CustomerID id       `json:"customer_id"`
	Email      text     `json:"email"`
	Phone      text     `json:"phone"`
	Orders     list[id] `json:"orders"`
	Shop       text     `json:"shop"`
}
