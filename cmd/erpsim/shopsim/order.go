package shopsim

import "time"

// An Order is one order of the shop as it is now. Amounts are in the smallest unit of
// Currency.
type Order struct {
	ID     int64  `json:"id"`
	Number string `json:"number"`
	// State counts the states it has had: 1 when it was placed. Its note says so too,
	// so that who holds a copy can be asked which state that is.
	State       int       `json:"state"`
	Currency    string    `json:"currency"`
	TaxIncluded bool      `json:"taxIncluded"` // prices contain their tax
	Placed      time.Time `json:"placed"`
	Updated     time.Time `json:"updated"`
	Cancelled   time.Time `json:"cancelled,omitzero"`
	Paid        time.Time `json:"paid,omitzero"`

	Buyer    Buyer    `json:"buyer"`
	Note     string   `json:"note"`
	Code     string   `json:"code,omitempty"` // of its discount
	Lines    []Line   `json:"lines"`
	Shipping Shipping `json:"shipping"`
	Refunds  []Refund `json:"refunds,omitempty"`
}

// A Buyer is who ordered, and where it goes.
type Buyer struct {
	ID        int64  `json:"id"` // 0: a guest
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	Company   string `json:"company,omitempty"`
	Street    string `json:"street"`
	City      string `json:"city"`
	Region    string `json:"region"` // its code
	Province  string `json:"province"`
	Postcode  string `json:"postcode"`
	Country   string `json:"country"` // ISO 3166
	Land      string `json:"land"`    // its name
}

// A Line is one ordered item.
type Line struct {
	ID       int64  `json:"id"`
	Product  int64  `json:"product"`
	Variant  int64  `json:"variant"`
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Quantity int64  `json:"quantity"`
	Unit     int64  `json:"unit"`     // price of one, before discounts
	Discount int64  `json:"discount"` // of all pieces
	Rate     int64  `json:"rate"`     // millionths: 190000 is 19 %
}

// Shipping is the one charge for transport.
type Shipping struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
	Price int64  `json:"price"`
	Rate  int64  `json:"rate"`
}

// A Refund is money paid back.
type Refund struct {
	ID       int64          `json:"id"`
	At       time.Time      `json:"at"`
	Lines    []RefundedLine `json:"lines"`
	Shipping int64          `json:"shipping"` // gross or net as the order's prices are
	Tax      int64          `json:"tax"`      // of the shipping
	Reason   string         `json:"reason"`
}

// A RefundedLine is what is paid back of one line.
type RefundedLine struct {
	ID       int64 `json:"id"`
	Line     int64 `json:"line"` // the id of the order's line
	Quantity int64 `json:"quantity"`
	Amount   int64 `json:"amount"` // after discounts; gross or net as the order's prices are
	Tax      int64 `json:"tax"`    // contained in Amount, or on top
}

// full is what all pieces come to before discounts.
func (l Line) full() int64 { return l.Unit * l.Quantity }

// due is what all pieces come to after discounts.
func (l Line) due() int64 { return l.full() - l.Discount }

// tax returns the tax of an amount, by the order's way of prices.
func (o *Order) tax(amount, rate int64) int64 {
	if o.TaxIncluded {
		return within(amount, rate)
	}
	return onTop(amount, rate)
}

// lineTax is rounded line by line, as all the platforms do it.
func (o *Order) lineTax(l Line) int64 { return o.tax(l.due(), l.Rate) }

func (o *Order) shippingTax() int64 { return o.tax(o.Shipping.Price, o.Shipping.Rate) }

// net takes the tax out of an amount if it is contained in it.
func (o *Order) net(amount, tax int64) int64 {
	if o.TaxIncluded {
		return amount - tax
	}
	return amount
}

// gross puts the tax on top of an amount unless it is contained in it.
func (o *Order) gross(amount, tax int64) int64 {
	if o.TaxIncluded {
		return amount
	}
	return amount + tax
}

// sum adds what f says of each line.
func (o *Order) sum(f func(Line) int64) (sum int64) {
	for _, l := range o.Lines {
		sum += f(l)
	}
	return sum
}

func (o *Order) taxTotal() int64 { return o.sum(o.lineTax) + o.shippingTax() }

func (o *Order) discount() int64 { return o.sum(func(l Line) int64 { return l.Discount }) }

// total is what the order comes to, whatever became of it later.
func (o *Order) total() int64 {
	return o.gross(o.sum(Line.due)+o.Shipping.Price, o.taxTotal())
}

// Total is what the order comes to, as a decimal: "12.50".
func (o *Order) Total() string { return plain(o.total(), o.Currency) }

// refunded is what has been paid back.
func (o *Order) refunded() (sum int64) {
	for _, r := range o.Refunds {
		sum += o.worth(r)
	}
	return sum
}

// worth is what a refund pays back.
func (o *Order) worth(r Refund) int64 {
	sum := o.gross(r.Shipping, r.Tax)
	for _, l := range r.Lines {
		sum += o.gross(l.Amount, l.Tax)
	}
	return sum
}

// taken is how many pieces of a line, and how much of it, are paid back already.
func (o *Order) taken(line int64) (quantity, amount, tax int64) {
	for _, r := range o.Refunds {
		for _, l := range r.Lines {
			if l.Line == line {
				quantity, amount, tax = quantity+l.Quantity, amount+l.Amount, tax+l.Tax
			}
		}
	}
	return quantity, amount, tax
}

func (o *Order) line(id int64) Line {
	for _, l := range o.Lines {
		if l.ID == id {
			return l
		}
	}
	return Line{}
}

// clone is a copy nobody else changes. Lines never change, refunds are only added.
func (o *Order) clone() *Order {
	c := *o
	c.Refunds = append([]Refund(nil), o.Refunds...)
	return &c
}
