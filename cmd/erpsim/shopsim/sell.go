package shopsim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// goods are what is sold. Prices are odd on purpose: thirds of them are not cents.
var goods = []struct {
	sku, title string
	price      int64 // cents
}{
	{"CLS-3333", "Chair", 3333},
	{"TBL-10001", "Table, round", 10001},
	{"LMP-0799", "Lamp “Ørsted” & shade", 799},
	{"", "Custom engraving", 1250},
	{"BK-1999", "Book <2nd edition>", 1999},
	{"TEA-0005", "Tea sample", 5},
	{"SOFA-89999", "Sofa – 茶色", 89999},
	{"PEN-0149", "Pen", 149},
}

// places are where buyers live; the rate of tax goes with them.
var places = []struct {
	rate, shippingRate                             int64
	city, region, province, postcode, code, nation string
}{
	{88750, 88750, "New York", "NY", "New York", "10001", "US", "United States"},
	{190000, 190000, "Köln", "NW", "Nordrhein-Westfalen", "50667", "DE", "Germany"},
	{200000, 200000, "London", "", "", "SW1A 1AA", "GB", "United Kingdom"},
	{100000, 100000, "大阪市", "JP-27", "大阪府", "530-0001", "JP", "Japan"},
	{0, 0, "Kuwait City", "", "", "13001", "KW", "Kuwait"},
	{55000, 200000, "Paris", "", "", "75001", "FR", "France"},
	{81000, 81000, "Zürich", "ZH", "Zürich", "8001", "CH", "Switzerland"},
}

// names are who they are.
var names = [][2]string{{"Jane", "Example"}, {"Jörg", "Müller"}, {"美咲", "佐藤"}, {"Seán", "O'Brien"}, {"A&B", "<Ltd>"}, {"Zoë", "de la Cruz"}}

// codes are the discounts: each takes a third, a tenth or nothing of the lines.
var codes = []struct {
	code string
	part int64 // one in so many; 0: none
}{{"", 0}, {"THIRD", 3}, {"", 0}, {"TENTH", 10}}

// sell makes the n-th order. It is a function of the dice and n alone, but for the
// time.
func sell(dice *rand.Rand, n int, first int64, currencies []string, at time.Time) *Order {
	place, name, offer := places[dice.IntN(len(places))], names[dice.IntN(len(names))], codes[n%len(codes)]
	o := &Order{
		ID: first + int64(n), Number: fmt.Sprint(1000 + n), State: 1,
		Currency: currencies[n%len(currencies)], TaxIncluded: n/len(currencies)%2 == 1,
		Placed: at, Updated: at, Code: offer.code, Note: note(1),
		Buyer: Buyer{
			FirstName: name[0], LastName: name[1], Email: fmt.Sprintf("buyer%d@example.com", n), Phone: fmt.Sprintf("+1 555 01%02d", n%100),
			Street: fmt.Sprintf("%d Example Street", n), City: place.city, Region: place.region, Province: place.province,
			Postcode: place.postcode, Country: place.code, Land: place.nation,
		},
	}
	if n%4 != 0 {
		o.Buyer.ID = 500 + int64(n)
	}
	if n%5 == 0 {
		o.Buyer.Company = "Example & Sons"
	}
	if dice.IntN(3) > 0 {
		o.Paid = at
	}
	for i := range 1 + dice.IntN(4) {
		g := goods[dice.IntN(len(goods))]
		l := Line{
			ID: o.ID*10 + int64(i) + 1, Product: 9000 + int64(len(g.title)), Variant: 48000 + int64(len(g.title)), SKU: g.sku, Title: g.title,
			Quantity: 1 + int64(dice.IntN(3)), Unit: inCurrency(g.price, o.Currency), Rate: place.rate,
		}
		if offer.part > 0 {
			l.Discount = halfUp(l.full(), offer.part)
		}
		o.Lines = append(o.Lines, l)
	}
	o.Shipping = Shipping{ID: o.ID*10 + 9, Title: "Standard", Price: inCurrency(int64(dice.IntN(3))*495, o.Currency), Rate: place.shippingRate}
	return o
}

// inCurrency makes a price of cents one of the currency, with an odd last digit where
// that has three decimals.
func inCurrency(cents int64, currency string) int64 {
	if digits[currency] == 3 && cents > 0 {
		return cents*10/3 + 1
	}
	return cents
}

// note is what an order's note says in its n-th state.
func note(state int) string { return fmt.Sprintf("state %d", state) }

// change makes the next state of an order: it is paid if it was not, or moves.
func (o *Order) change(dice *rand.Rand, at time.Time) {
	o.next(at)
	if o.Paid.IsZero() && o.Cancelled.IsZero() && dice.IntN(2) == 0 {
		o.Paid = at
		return
	}
	o.Buyer.Street = fmt.Sprintf("%d Example Road", 1+dice.IntN(999))
}

// next begins a state.
func (o *Order) next(at time.Time) {
	o.State++
	o.Updated, o.Note = at, note(o.State)
}

// refund pays back part of an order: a piece of its first line of which there is one
// left, and half the shipping the first time. It reports whether there was anything.
func (o *Order) refund(at time.Time) bool {
	r := Refund{ID: o.ID*10 + int64(len(o.Refunds)) + 1, At: at, Reason: "scratched"}
	for _, l := range o.Lines {
		quantity, amount, tax := o.taken(l.ID)
		left := l.Quantity - quantity
		if left <= 0 {
			continue
		}
		// What was paid back before is taken off the rest: all pieces come to the line.
		part := RefundedLine{ID: r.ID*10 + 1, Line: l.ID, Quantity: 1, Amount: (l.due() - amount) / left, Tax: (o.lineTax(l) - tax) / left}
		r.Lines = append(r.Lines, part)
		break
	}
	if len(o.Refunds) == 0 && o.Shipping.Price > 1 {
		r.Shipping, r.Tax = o.Shipping.Price/2, o.shippingTax()/2
	}
	if o.worth(r) == 0 {
		return false
	}
	o.next(at)
	o.Refunds = append(o.Refunds, r)
	return true
}
