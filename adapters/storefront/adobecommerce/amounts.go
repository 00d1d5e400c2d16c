package adobecommerce

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// A sheet is the money of an order beside its lines.
type sheet struct {
	total        erpbridge.Money
	tax          erpbridge.Money
	discount     erpbridge.Money // of lines and shipping together; ex compensation
	compensation erpbridge.Money // of lines
	shipping     share
	credits      []erpbridge.Credit
	wrapping     []erpbridge.Charge

	taxed, discounted, compensated bool // the head names the sum
}

// amounts maps all of an order's money, in one currency, and returns how its lines were
// read. how is that of the order's other half, which has the same lines, or nil.
func (s *Storefront) amounts(t till, body *orderBody, o *erpbridge.Order, how *reading) *reading {
	sh := readSheet(t, body)
	ls := readLines(t, body.Items)
	if t.Err() != nil {
		return how
	}
	var shares []share
	if how == nil {
		how, shares = s.read(ls, sh)
	} else {
		shares = ls.resolve(*how)
	}
	title := erpbridge.Discount{
		Code:  t.Text("", "coupon_code", body.CouponCode),
		Title: cmp.Or(t.Text("", "discount_description", body.DiscountText), t.Text("", "coupon_code", body.CouponCode)),
	}
	sum, short := erpbridge.Zero(t.Currency()), erpbridge.Zero(t.Currency())
	off := func(from share) []erpbridge.Discount {
		net := from[discount].Sub(from[compensation])
		switch {
		case net.Amount.IsNeg(): // more tax in it than there is of it: the rest is said once, below
			short = short.Sub(net)
		case !net.IsZero():
			return []erpbridge.Discount{{Code: title.Code, Title: title.Title, Amount: net}}
		}
		return nil
	}

	o.Lines = ls.lines(t, shares, off)
	for _, l := range shares {
		sum = sum.Add(l[weee])
	}
	o.Total = sh.total
	o.TaxTotal = sh.taxes(total(t.Currency(), shares))
	o.Taxes = taxes(t, body)
	o.Shipping = transport(t, body, sh, off)
	o.Charges = sh.wrapping
	if !sum.IsZero() {
		o.Charges = append(o.Charges, erpbridge.Charge{Kind: erpbridge.Fee, Title: "Fixed product tax", Amount: sum})
	}
	o.Credits = sh.credits
	switch rest := sh.rest(total(t.Currency(), shares)).Sub(short); {
	case rest.Amount.IsNeg():
		o.Charges = append(o.Charges, erpbridge.Charge{Kind: erpbridge.Fee, Title: "Discount tax compensation", Amount: rest.Neg()})
	case !rest.IsZero():
		o.Discounts = []erpbridge.Discount{{Code: title.Code, Title: title.Title, Amount: rest}}
	}
	settle(t, body, o)
	return how
}

// readSheet reads the head of an order.
func readSheet(t till, body *orderBody) sheet {
	sh := sheet{total: t.due("grand_total", body.BaseGrandTotal, body.GrandTotal)}
	sh.tax, sh.taxed = t.amount("", "tax_amount", body.BaseTax, body.Tax)
	sh.discount, sh.discounted = t.size("", "discount_amount", body.BaseDiscount, body.Discount)
	sh.compensation, sh.compensated = t.amount("", "discount_tax_compensation_amount", body.BaseCompensation, body.Compensation)
	sh.shipping[gross], _ = t.amount("", "shipping_amount", body.BaseShipping, body.Shipping)
	sh.shipping[tax], _ = t.amount("", "shipping_tax_amount", body.BaseShippingTax, body.ShippingTax)
	sh.shipping[discount], _ = t.size("", "shipping_discount_amount", body.BaseShippingDiscount, body.ShippingDiscount)
	sh.shipping[compensation], _ = t.amount("", "shipping_discount_tax_compensation_amount", body.BaseShippingCompensation, body.ShippingCompensation)
	if sh.shipping[gross].Amount.IsNeg() {
		t.Fail("", "shipping_amount", "%s is negative", sh.shipping[gross])
	}
	var more extras
	if body.Extension.V != nil {
		more = body.Extension.V.extras
	}
	sh.credits, sh.wrapping = credits(t, body.extras, more), wrapping(t, body.extras, more)
	return sh
}

// wrapping returns what gifts were wrapped for, ex tax.
func wrapping(t till, in, more extras) []erpbridge.Charge {
	var out []erpbridge.Charge
	for _, w := range []struct {
		name, title string
		base, shown [2]scalar
	}{
		{"gw_price", "Gift wrapping", [2]scalar{in.BaseWrapping, more.BaseWrapping}, [2]scalar{in.Wrapping, more.Wrapping}},
		{"gw_items_price", "Gift wrapping of items", [2]scalar{in.BaseItemWrapping, more.BaseItemWrapping}, [2]scalar{in.ItemWrapping, more.ItemWrapping}},
		{"gw_card_price", "Printed card", [2]scalar{in.BaseCard, more.BaseCard}, [2]scalar{in.Card, more.Card}},
	} {
		if m, _ := t.size("", w.name, given(w.base), given(w.shown)); !m.IsZero() {
			out = append(out, erpbridge.Charge{Kind: erpbridge.Wrapping, Title: w.title, Amount: m})
		}
	}
	return out
}

// credits returns what was paid with means that the shop has taken off the total.
func credits(t till, in, more extras) []erpbridge.Credit {
	var out []erpbridge.Credit
	for _, c := range []struct {
		kind        erpbridge.CreditKind
		name, title string
		base, shown [2]scalar
	}{
		{erpbridge.GiftCardCredit, "gift_cards_amount", "Gift card", [2]scalar{in.BaseGiftCards, more.BaseGiftCards}, [2]scalar{in.GiftCards, more.GiftCards}},
		{erpbridge.StoreCredit, "customer_balance_amount", "Store credit", [2]scalar{in.BaseStoreCredit, more.BaseStoreCredit}, [2]scalar{in.StoreCredit, more.StoreCredit}},
		{erpbridge.Points, "reward_currency_amount", "Reward points", [2]scalar{in.BasePoints, more.BasePoints}, [2]scalar{in.Points, more.Points}},
	} {
		if m, _ := t.size("", c.name, given(c.base), given(c.shown)); !m.IsZero() {
			out = append(out, erpbridge.Credit{Kind: c.kind, Title: c.title, Amount: m})
		}
	}
	return out
}

// given returns the first of two places of a member in which it is.
func given(s [2]scalar) scalar {
	if s[0].Given() {
		return s[0]
	}
	return s[1]
}

// taxes returns the order's tax: as its head says, else that of its parts.
func (sh sheet) taxes(lines share) erpbridge.Money {
	if sh.taxed {
		return sh.tax
	}
	return lines[tax].Add(sh.shipping[tax])
}

// rest returns what the head has of discounts, ex tax, and neither lines nor shipping
// say. It is negative where they say the discounts, and only the head the tax in them.
// Where they say more than the head nothing is made of it: the order does not add up.
func (sh sheet) rest(lines share) erpbridge.Money {
	none := erpbridge.Zero(sh.total.Currency)
	out := none
	if left := sh.discount.Sub(lines[discount]).Sub(sh.shipping[discount]); sh.discounted && !left.Amount.IsNeg() {
		out = left
	}
	if left, ok := untold(sh.compensation, lines[compensation]); sh.compensated && ok {
		out = out.Sub(left)
	}
	return out
}

// untold returns what the head says of the tax in discounts and the lines do not, and
// false where the lines say more. It may be negative, which is how the shop makes a cent
// good that rounding took.
func untold(head, lines erpbridge.Money) (erpbridge.Money, bool) {
	left := head.Sub(lines)
	return left, lines.IsZero() || !left.Amount.IsNeg()
}

// off returns by how much the total is not what it is made of, given its lines.
func (sh sheet) off(lines share) erpbridge.Money {
	net := func(s share) erpbridge.Money { return s[gross].Sub(s[discount]).Add(s[compensation]).Add(s[weee]) }
	sum := net(lines).Add(net(sh.shipping)).Add(sh.taxes(lines)).Sub(sh.rest(lines))
	for _, c := range sh.wrapping {
		sum = sum.Add(c.Amount)
	}
	for _, c := range sh.credits {
		sum = sum.Sub(c.Amount)
	}
	return sh.total.Sub(sum)
}

// transport maps what was charged for it, if the order is shipped at all.
func transport(t till, body *orderBody, sh sheet, off func(share) []erpbridge.Discount) []erpbridge.ShippingLine {
	method := body.ShippingMethod
	if x := body.Extension.V; x != nil && len(x.Assignments) > 0 && x.Assignments[0].Shipping.V != nil && !method.Given() {
		method = x.Assignments[0].Shipping.V.Method
	}
	code, title := t.Text("", "shipping_method", method), t.Text("", "shipping_description", body.ShippingText)
	if code == "" && title == "" && sh.shipping[gross].IsZero() && sh.shipping[tax].IsZero() {
		return nil
	}
	carrier, _, _ := strings.Cut(code, "_")
	line := erpbridge.ShippingLine{Title: cmp.Or(title, code), Code: code, Carrier: carrier, Price: sh.shipping[gross], Discounts: off(sh.shipping)}
	if !sh.shipping[tax].IsZero() {
		line.Taxes = []erpbridge.Tax{{Amount: sh.shipping[tax]}}
	}
	return []erpbridge.ShippingLine{line}
}

// taxes maps the order's own list. It is told beside the lines' taxes, which count: where
// several rates share one tax the shop cuts it finer than the currency, and such a part
// is left out.
func taxes(t till, body *orderBody) []erpbridge.Tax {
	if body.Extension.V == nil {
		return nil
	}
	var out []erpbridge.Tax
	for i, tb := range body.Extension.V.Taxes {
		at := "extension_attributes.applied_taxes[" + strconv.Itoa(i) + "]."
		amount, ok := t.exact(tb.BaseAmount, tb.Amount)
		if !ok {
			continue
		}
		code := t.Text(at, "code", tb.Code)
		out = append(out, erpbridge.Tax{
			Title: cmp.Or(t.Text(at, "title", tb.Title), code), Rate: percent(t, at, "percent", tb.Percent), Amount: amount,
			Jurisdiction: code,
		})
	}
	return out
}

// percent returns 0.19 for 19.
func percent(t till, at, name string, s scalar) erpbridge.Decimal {
	rate := t.Rate(at, name, s)
	out, err := rate.Div(hundred)
	if err != nil {
		t.Fail(at, name, "%w", err)
	}
	return out
}

var hundred = udecimal.MustParse("100")

// settle maps how far the order is paid.
func settle(t till, body *orderBody, o *erpbridge.Order) {
	paid, _ := t.size("", "total_paid", body.BaseTotalPaid, body.TotalPaid)
	back, _ := t.size("", "total_refunded", body.BaseTotalRefunded, body.TotalRefunded)
	due, told := t.amount("", "total_due", body.BaseTotalDue, body.TotalDue)
	if !told {
		due = o.Total.Sub(paid) // the shop's own definition
	}
	o.Outstanding = due
	switch short := o.Total.Sub(paid).Amount; {
	case !back.IsZero():
		o.PaymentStatus = erpbridge.Refunded
	case !o.CancelledAt.IsZero() && paid.IsZero():
		o.PaymentStatus = erpbridge.Voided
	case told && due.IsZero(), !told && !short.IsPos():
		o.PaymentStatus = erpbridge.Paid
	case !paid.IsZero() && !short.IsPos():
		o.PaymentStatus = erpbridge.Paid
	case !paid.IsZero():
		o.PaymentStatus = erpbridge.PartiallyPaid
	default:
		o.PaymentStatus = erpbridge.Unpaid
	}
	p := body.Payment.V
	if p == nil {
		return
	}
	o.PO = t.Text("payment.", "po_number", p.PONumber)
	gateway := t.Text("payment.", "method", p.Method)
	if gateway != "" {
		o.Gateways = []string{gateway}
	}
	payment := erpbridge.Payment{
		ID: t.ID("payment.", "entity_id", p.EntityID), Gateway: gateway, State: erpbridge.Succeeded,
		Reference: t.Text("payment.", "last_trans_id", p.LastTransID),
	}
	held, _ := t.size("payment.", "amount_authorized", p.BaseAuthorized, p.Authorized)
	switch {
	case !paid.IsZero():
		payment.Kind, payment.Amount = erpbridge.Sale, paid
	case !held.IsZero():
		payment.Kind, payment.Amount = erpbridge.Authorization, held
	default:
		return
	}
	o.Payments = []erpbridge.Payment{payment}
}
