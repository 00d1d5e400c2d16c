package netsuite

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A sheet is the money of an order as NetSuite is to book it: the lines of its
// item list and the shipping cost beside them.
type sheet struct {
	entries  []entry
	shipping *erpbridge.Money // nil: no shipping lines
}

// An entry is one line of the item list.
type entry struct {
	item        string // NetSuite's id
	quantity    string // "" for discounts, which have none
	description string
	rate        string // "" where amount / quantity is not an exact decimal
	amount      erpbridge.Money
}

// amounts lays the order out so that it adds up to its total, exactly:
//
//	each line                 its gross, less its tax where prices include it
//	  and below it            its discounts, negative
//	shippingCost              price less discounts, less tax where included
//	duties, fees              one line each, less their tax where it is included
//	order discounts, credits  one line each, negative
//	tax                       one line: the order's TaxTotal
//	rounding                  where prices include tax: what TaxTotal differs from the sum of its parts
//
// An order that does not add up by the storefront's own numbers is Held.
func (t *translation) amounts() (*sheet, error) {
	s := &sheet{}
	included := erpbridge.Zero(t.o.Currency) // tax taken out of prices
	for i, l := range t.o.Lines {
		tax := erpbridge.Zero(t.o.Currency)
		if t.o.TaxesIncluded {
			tax = l.Tax()
		}
		included = included.Add(tax)
		if err := t.addLine(s, i, l, tax); err != nil {
			return nil, err
		}
	}
	for _, l := range t.o.Shipping {
		cost := l.Price.Sub(l.Discount())
		if t.o.TaxesIncluded {
			cost = cost.Sub(l.Tax())
			included = included.Add(l.Tax())
		}
		if s.shipping == nil {
			s.shipping = new(erpbridge.Zero(t.o.Currency))
		}
		*s.shipping = s.shipping.Add(cost)
	}
	if s.shipping != nil && s.shipping.Amount.IsNeg() {
		return nil, t.held("the order's shipping comes to %s: discounts beyond the price are booked by hand", *s.shipping)
	}
	duties := t.charges(&included, erpbridge.Duty)
	fees := t.charges(&included, erpbridge.Fee, erpbridge.Handling, erpbridge.Wrapping)
	if err := t.addDeductions(s); err != nil {
		return nil, err
	}
	rounding := erpbridge.Zero(t.o.Currency)
	if t.o.TaxesIncluded {
		rounding = included.Sub(t.o.TaxTotal)
	}
	for _, c := range []struct {
		what, setting, item string
		amount              erpbridge.Money
	}{
		{"Duties", "duty_item", t.conf.DutyItem, duties},
		{"Fees", "fee_item", t.conf.FeeItem, fees},
		{"Tax", "tax_item", t.conf.TaxItem, t.o.TaxTotal},
		{"Rounding", "rounding_item", t.conf.RoundingItem, rounding},
	} {
		if c.amount.IsZero() {
			continue
		}
		if c.item == "" {
			return nil, t.held("the order has %s of %s and no item to book it on: set %s of target %s", strings.ToLower(c.what), c.amount, c.setting, t.name)
		}
		s.entries = append(s.entries, entry{item: c.item, quantity: "1", description: c.what, rate: c.amount.Plain(), amount: c.amount})
	}
	return s, t.addsUp(s)
}

// addLine books one order line and, below it, its discounts.
func (t *translation) addLine(s *sheet, i int, l erpbridge.Line, tax erpbridge.Money) error {
	amount := erpbridge.Zero(t.o.Currency).Add(l.Gross()).Sub(tax)
	switch none := l.Quantity.IsZero(); {
	case amount.IsZero() && (none || l.Kind == erpbridge.Component):
		// Nothing was sold, or the line it belongs to stands for it: its discounts remain.
	case none:
		return t.held("line %d has no pieces and comes to %s: NetSuite takes no quantity of nought; book the order by hand", i+1, amount)
	default:
		item, err := t.item(i, l)
		if err != nil {
			return err
		}
		if fault.Planted("float-totals") { // planted: money in binary
			amount = floated(l, amount)
		}
		s.entries = append(s.entries, entry{
			item:        item,
			quantity:    l.Quantity.String(),
			description: l.Title,
			rate:        rate(amount, l.Quantity),
			amount:      amount,
		})
	}
	off := l.Discount()
	if off.IsZero() {
		return nil
	}
	if t.conf.DiscountItem == "" {
		return t.held("line %d has a discount of %s and no item to book it on: set discount_item of target %s", i+1, off, t.name)
	}
	off = off.Neg()
	s.entries = append(s.entries, entry{
		item:        t.conf.DiscountItem,
		description: cmp.Or(titles(l.Discounts), "Discount"),
		rate:        off.Plain(),
		amount:      off,
	})
	return nil
}

// charges returns what the order's charges of some kinds come to, less their tax where
// prices include it, which it adds to included.
func (t *translation) charges(included *erpbridge.Money, kinds ...erpbridge.ChargeKind) erpbridge.Money {
	sum := t.o.Charged(kinds...)
	if !t.o.TaxesIncluded {
		return sum
	}
	for _, c := range t.o.Charges {
		if slices.Contains(kinds, c.Kind) {
			for _, tax := range c.Taxes {
				sum, *included = sum.Sub(tax.Amount), included.Add(tax.Amount)
			}
		}
	}
	return sum
}

// addDeductions books what is taken off the order as a whole: discounts of no line, and
// what was redeemed of a gift card or a credit and is no longer part of the total.
func (t *translation) addDeductions(s *sheet) error {
	deduct := func(item, description string, amount erpbridge.Money) {
		off := amount.Neg()
		s.entries = append(s.entries, entry{item: item, description: description, rate: off.Plain(), amount: off})
	}
	if off := t.o.Discount(); !off.IsZero() {
		if t.conf.DiscountItem == "" {
			return t.held("the order has a discount of %s and no item to book it on: set discount_item of target %s", off, t.name)
		}
		deduct(t.conf.DiscountItem, cmp.Or(titles(t.o.Discounts), "Discount"), off)
	}
	for _, c := range t.o.Credits {
		item, setting := t.conf.CreditItem, "credit_item"
		if c.Kind == erpbridge.GiftCardCredit {
			item, setting = t.conf.GiftCardItem, "gift_card_item"
		}
		if item == "" {
			return t.held("%s of %s was redeemed and there is no item to book it on: set %s of target %s", c.Kind, c.Amount, setting, t.name)
		}
		deduct(item, cmp.Or(c.Title, string(c.Kind)), c.Amount)
	}
	return nil
}

// item returns the id of what a line sells.
func (t *translation) item(i int, l erpbridge.Line) (string, error) {
	switch l.Kind {
	case erpbridge.GiftCard:
		if t.conf.GiftCardItem == "" {
			return "", t.held("line %d sells a gift card: set gift_card_item of target %s", i+1, t.name)
		}
		return t.conf.GiftCardItem, nil
	case erpbridge.Tip:
		if t.conf.TipItem == "" {
			return "", t.held("line %d is a tip: set tip_item of target %s", i+1, t.name)
		}
		return t.conf.TipItem, nil
	}
	id := t.conf.Items.Placeholder
	if l.SKU != "" {
		id = cmp.Or(t.conf.Items.BySKU[l.SKU], id)
	}
	switch {
	case id != "":
		return id, nil
	case l.SKU == "":
		return "", t.held("line %d, %q, has no SKU: give it one in the shop, or set items.placeholder of target %s", i+1, shorten(l.Title, 60), t.name)
	default:
		return "", t.held("no NetSuite item for SKU %q (line %d, %q): add it to items.by_sku of target %s, or set items.placeholder",
			shorten(l.SKU, 60), i+1, shorten(l.Title, 60), t.name)
	}
}

// ratePlaces is how many decimals a rate may have.
const ratePlaces = 8

// rate returns the price of one, if that is an exact decimal: NetSuite must not
// come to another amount when it multiplies.
func rate(amount erpbridge.Money, quantity erpbridge.Decimal) string {
	if quantity.IsZero() {
		return ""
	}
	q, err := amount.Amount.Div(quantity)
	if err != nil {
		return ""
	}
	q = q.RoundBank(ratePlaces)
	if !q.Mul(quantity).Equal(amount.Amount) {
		return ""
	}
	return erpbridge.Money{Amount: q, Currency: amount.Currency}.Plain()
}

// addsUp asserts that what NetSuite will add up is what the storefront says the
// order comes to, and that no amount is finer than the currency.
func (t *translation) addsUp(s *sheet) error {
	digits, _ := erpbridge.Digits(t.o.Currency)
	sum := erpbridge.Zero(t.o.Currency)
	if s.shipping != nil {
		sum = sum.Add(*s.shipping)
	}
	for _, en := range s.entries {
		sum = sum.Add(en.amount)
		if !en.amount.Amount.RoundBank(digits).Equal(en.amount.Amount) {
			return t.held("%q comes to %s, which is finer than %s allows", shorten(en.description, 60), en.amount, t.o.Currency)
		}
	}
	if !sum.Equal(erpbridge.Zero(t.o.Currency).Add(t.o.Total)) {
		return t.held("the order does not add up: its parts come to %s, the storefront says %s, the difference is %s",
			sum, t.o.Total, t.o.Total.Sub(sum))
	}
	return nil
}

func titles(ds []erpbridge.Discount) string {
	var ts []string
	for _, d := range ds {
		if d.Title != "" {
			ts = append(ts, d.Title)
		}
	}
	return strings.Join(ts, ", ")
}

// floated is the planted bug "float-totals": what a line comes to, worked out in
// binary, where every multiplication and every difference is a little off.
func floated(l erpbridge.Line, exact erpbridge.Money) erpbridge.Money {
	q, _ := strconv.ParseFloat(l.Quantity.String(), 64)
	p, _ := strconv.ParseFloat(l.Unit.Plain(), 64)
	d, err := erpbridge.ParseDecimal(strconv.FormatFloat(q*p, 'f', -1, 64))
	if err != nil || d.String() == exact.Amount.String() {
		return exact
	}
	return erpbridge.Money{Amount: d, Currency: exact.Currency}
}
