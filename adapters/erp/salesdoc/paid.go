package salesdoc

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// What was paid of an order is money that was received (Document.Paid), or a gift card or
// store credit that was redeemed (Document.Redeemed): that settles a liability, and nothing
// is received.
//
//	captures and sales are told      their sums
//	they are not                     what the order's amounts say (see settled); it is
//	                                 redeemed where nothing else took part, and not known
//	                                 where both did
//
// Neither is more than the document comes to: what is more was given back as change, or is
// not this order's. Money that went back later changes neither: refunds are documents of
// their own.

// paid says how much of the order was paid, and what becomes of what was redeemed.
func (b *building) paid(o *erpbridge.Order) error {
	d, rule := b.d, b.Payment.Redeemed
	d.Paid, d.Redeemed, d.PaidUnknown = b.received(o)
	books := rule == ItemRedemption || rule == HoldRedemption
	switch {
	case d.PaidUnknown != nil && books && redeems(o):
		return d.PaidUnknown
	case d.Redeemed.IsZero():
		return nil
	case rule == HoldRedemption:
		return b.held("%s of the order was paid with gift cards or store credit: book it by hand, or set mapping.payment.redeemed of target %s", d.Redeemed, b.target)
	case rule == ItemRedemption:
		return b.redeemed(o.Payments, o.Gateways, d.Redeemed)
	}
	return nil
}

// received returns what was paid of the order in money, and what was redeemed. err says
// why that is not known; both are nought then.
func (b *building) received(o *erpbridge.Order) (money, redeemed erpbridge.Money, err error) {
	none := erpbridge.Zero(b.d.Currency)
	if o.PaymentStatus == erpbridge.Voided {
		return none, none, nil
	}
	t := b.told(o.Payments)
	counted := b.Payment.Redeemed == PaidRedemption // as money
	if !t.foreign && t.inMoney {
		if counted {
			return b.capped(t.money.Add(t.redeemed)), none, nil
		}
		redeemed = b.capped(t.redeemed)
		return least(t.money, b.d.Total.Sub(redeemed)), redeemed, nil
	}
	all, err := b.settled(o)
	switch {
	case err != nil:
		return none, none, err
	case counted:
		return all, none, nil
	case t.inCredit && !t.foreign:
		redeemed = b.capped(t.redeemed)
		return positive(least(all, b.d.Total).Sub(redeemed)), redeemed, nil
	case t.inCredit && !t.inMoney, !t.inMoney && len(o.Gateways) > 0 && !slices.ContainsFunc(o.Gateways, receiving):
		return none, all, nil
	case all.IsZero() || !t.inCredit && (t.inMoney || !slices.ContainsFunc(o.Gateways, redeeming)):
		return all, none, nil
	}
	return none, none, b.held("the storefront does not tell how much of %s was paid with which of %q: book the order's payment by hand, or set mapping.payment.redeemed of target %s to paid, which counts gift cards and store credit as money; a store of Shopify that has api is asked",
		all, clip(strings.Join(o.Gateways, ", ")), b.target)
}

// A tally is what the captures and sales of an order come to.
type tally struct {
	money, redeemed   erpbridge.Money
	inMoney, inCredit bool // there are some of either
	foreign           bool // some are in another currency than the document: the sums are not
}

func (b *building) told(ps []erpbridge.Payment) tally {
	t := tally{money: erpbridge.Zero(b.d.Currency), redeemed: erpbridge.Zero(b.d.Currency)}
	for _, p := range ps {
		if p.State != erpbridge.Succeeded || p.Kind != erpbridge.Capture && p.Kind != erpbridge.Sale {
			continue
		}
		t.inMoney, t.inCredit = t.inMoney || !p.Redeemed, t.inCredit || p.Redeemed
		switch {
		case p.Amount.Currency != b.d.Currency:
			t.foreign = true
		case p.Redeemed:
			t.redeemed = t.redeemed.Add(p.Amount)
		default:
			t.money = t.money.Add(p.Amount)
		}
	}
	return t
}

// settled returns what was paid of an order by its amounts alone.
//
// What is owed counts from what the order comes to now: an item that is taken off a paid
// order makes the debt negative, and an order that was made smaller before it was paid is
// paid with less than its total. Once money went back this does not hold, for it lessens
// both what is left of the order and what was paid: then the debt counts from the total.
func (b *building) settled(o *erpbridge.Order) (erpbridge.Money, error) {
	none := erpbridge.Zero(b.d.Currency)
	from, told := none.Add(o.Total), o.Outstanding.Currency != ""
	switch o.PaymentStatus {
	case erpbridge.Refunded:
	case erpbridge.Paid, erpbridge.PartiallyPaid:
		if !told && o.PaymentStatus == erpbridge.PartiallyPaid {
			return none, b.held("the storefront does not tell how much of %s was paid: book the order's payment by hand", from)
		}
		if told && o.Remaining.Currency == b.d.Currency {
			from = o.Remaining
		}
	default:
		return none, nil
	}
	return b.capped(least(from.Sub(o.Outstanding), none.Add(o.Total)).Add(o.Rounding)), nil
}

// capped returns an amount that was paid, or as much of it as the document comes to.
func (b *building) capped(m erpbridge.Money) erpbridge.Money { return positive(least(m, b.d.Total)) }

// redeemed puts what gift cards and store credit paid, all in all, on the document as
// negative items: it comes to what is left to pay, or to pay back.
func (b *building) redeemed(ps []erpbridge.Payment, gateways []string, all erpbridge.Money) error {
	left := all
	amounts := map[erpbridge.CreditKind]erpbridge.Money{}
	for _, p := range ps {
		if p.Redeemed && moved(p) && p.Amount.Currency == b.d.Currency {
			part := least(p.Amount, left)
			left, amounts[creditOf(p.Gateway)] = left.Sub(part), amounts[creditOf(p.Gateway)].Add(part)
		}
	}
	if !left.IsZero() {
		for _, p := range ps {
			if p.Redeemed && moved(p) {
				gateways = append(slices.Clone(gateways), p.Gateway)
			}
		}
		if len(amounts) > 0 || slices.ContainsFunc(gateways, func(g string) bool { return creditOf(g) != creditOf(gateways[0]) }) {
			return b.held("the storefront does not tell how much of %s was paid with gift cards and how much with store credit: book it by hand, or set mapping.payment.redeemed of target %s to apart", all, b.target)
		}
		amounts[creditOf(gateways[0])] = left
	}
	for _, kind := range []erpbridge.CreditKind{erpbridge.GiftCardCredit, erpbridge.StoreCredit} {
		amount := amounts[kind]
		if amount.IsZero() {
			continue
		}
		if err := b.credit(erpbridge.Credit{Kind: kind, Amount: amount}); err != nil {
			return err
		}
		b.d.Total = b.d.Total.Sub(amount)
	}
	return nil
}

// redeemedBack does for a refund what paid does for an order: what goes back to a gift card
// or to store credit is no money.
func (b *building) redeemedBack(r *erpbridge.Refund) error {
	if b.Payment.Redeemed != ItemRedemption && b.Payment.Redeemed != HoldRedemption {
		return nil
	}
	all, foreign := erpbridge.Zero(b.d.Currency), false
	for _, p := range r.Payments {
		switch {
		case !p.Redeemed || !moved(p):
		case p.Amount.Currency != b.d.Currency:
			foreign = true
		default:
			all = all.Add(p.Amount)
		}
	}
	switch {
	case all.IsZero() && !foreign:
		return nil
	case foreign || b.Payment.Redeemed == HoldRedemption:
		return b.held("some of the refund went back to gift cards or store credit: book it by hand, or set mapping.payment.redeemed of target %s to apart", b.target)
	}
	return b.redeemed(r.Payments, nil, b.capped(all))
}

// moved reports whether a payment was made, or paid back.
func moved(p erpbridge.Payment) bool {
	return p.State == erpbridge.Succeeded && slices.Contains([]erpbridge.PaymentKind{erpbridge.Capture, erpbridge.Sale, erpbridge.Repayment}, p.Kind)
}

// credit puts a means of payment on the document that lessens it.
func (b *building) credit(c erpbridge.Credit) error {
	p, setting := b.StoreCredit, "store_credit"
	if c.Kind == erpbridge.GiftCardCredit {
		p, setting = b.GiftCardRedeemed, "gift_card_redeemed"
	}
	p, err := b.post(p, setting, string(c.Kind), c.Amount)
	if err != nil {
		return err
	}
	return b.extra(RedeemedItem, p, cmp.Or(c.Title, string(c.Kind)), c.Amount.Neg(), nil, false)
}

// giftCards and credits are the gateways, of all storefronts, by which nothing is received.
var (
	giftCards = []string{"gift_card", "gift-card", "giftcertificate", "gift_certificate"}
	credits   = []string{"shopify_store_credit", "storecredit", "store_credit", "store-credit", "reward-points"}
)

func redeeming(gateway string) bool {
	return slices.Contains(giftCards, gateway) || slices.Contains(credits, gateway)
}

func receiving(gateway string) bool { return !redeeming(gateway) }

// redeems reports whether a gift card or store credit took part in paying the order.
func redeems(o *erpbridge.Order) bool {
	return slices.ContainsFunc(o.Gateways, redeeming) || slices.ContainsFunc(o.Payments, func(p erpbridge.Payment) bool { return p.Redeemed })
}

func creditOf(gateway string) erpbridge.CreditKind {
	if slices.Contains(credits, gateway) {
		return erpbridge.StoreCredit
	}
	return erpbridge.GiftCardCredit
}

func least(a, b erpbridge.Money) erpbridge.Money {
	if b.Amount.LessThan(a.Amount) {
		return b
	}
	return a
}

func positive(m erpbridge.Money) erpbridge.Money {
	if m.Amount.IsNeg() {
		return erpbridge.Zero(m.Currency)
	}
	return m
}
