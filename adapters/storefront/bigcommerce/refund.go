package bigcommerce

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// refundEvent makes the event of a refund's document: of the refund the envelope points
// to, or of the only one there is.
func (s *Storefront) refundEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	if d.Order.V == nil || d.Refunds == nil {
		return c.notDocument("a refund", "refunds")
	}
	order, err := c.names("order.id", d.Order.V.ID, c.order)
	if err != nil {
		return fail(erpbridge.Invalid, err)
	}
	i := slices.IndexFunc(d.Refunds, func(x refund) bool {
		id, _ := x.ID.Integer()
		return id == c.id || c.id == "" && len(d.Refunds) == 1
	})
	if i < 0 {
		return invalid("refunds: the refund the envelope points to is not among the %d there are", len(d.Refunds))
	}
	at := "refunds[" + strconv.Itoa(i) + "]."
	id, err := number(at+"id", d.Refunds[i].ID)
	if err != nil {
		return fail(erpbridge.Invalid, err)
	}
	currency, err := s.currency(d.Order.V)
	if err != nil {
		return err
	}
	r := &reader{normalizer.NewReader(currency, m.ReceivedAt).Floats(), false}
	if d.test() && s.conf.TestOrders == ignore {
		return fail(erpbridge.Ignored, errors.New("a refund of a test order; set test_orders: deliver to send such refunds to the ERP"))
	}
	out := s.refund(r, at, d, d.Refunds[i])
	if r.Err() != nil {
		return fail(erpbridge.Invalid, r.Err())
	}
	out.ID, out.OrderID, out.OrderNumber = id, order, order
	digest, err := fingerprint(*out)
	if err != nil {
		return err
	}
	e.Type = erpbridge.RefundIssued
	e.Stream, e.Resource = "order/"+order, "refund/"+id
	e.Version = erpbridge.Version{At: out.At, Rank: settled(out), Digest: digest}
	e.Refund = out
	return nil
}

// settled ranks a refund by whether a payment was declined: the store has only the time
// of a refund's making, and a payment is declined after that.
func settled(r *erpbridge.Refund) int {
	if slices.ContainsFunc(r.Payments, func(p erpbridge.Payment) bool { return p.State == erpbridge.Failed }) {
		return 1
	}
	return 0
}

// refund maps a refund but for its ids.
//
// The store tells what a refund comes to in all, total_amount, and the tax in that,
// total_tax. An item tells its amount only if a merchant entered one; a number of
// pieces has none, or one of nothing where the others do not come to the total. Amounts that were entered contain tax where the order's prices do,
// or where only then they come to total_amount. What remains is the amount of the only
// item that has none; of several, nobody knows how it splits, and it is one adjustment
// that says so. Where a merchant overrode the calculation, the difference is an
// adjustment by that name. Any other difference is left to be seen.
func (s *Storefront) refund(r *reader, at string, d *document, body refund) *erpbridge.Refund {
	out := &erpbridge.Refund{
		Currency: r.Currency(), Presentment: r.Currency(),
		At:     r.date(at, "created", body.Created),
		Reason: r.Text(at, "reason", body.Reason),
	}
	if out.At.IsZero() {
		r.Fail(at, "created", "is missing: nothing says when the refund was")
	}
	out.PostingDate = normalizer.Day(out.At, s.zone)
	total := r.Due(at, "total_amount", body.TotalAmount)
	tax, _ := r.Amount(at, "total_tax", body.TotalTax) // negative where less tax is owed than was thought
	out.TaxesIncluded = r.Flag("order.", "is_tax_inclusive_pricing", d.Order.V.TaxInclusive)

	stated, unstated, free := statedAmounts(r, at, body.Items)
	comes := func(m erpbridge.Money) bool { return m.Equal(total) || m.Add(tax).Equal(total) }
	kept := keptBack(r, at, body.Items)
	if len(unstated) == 0 && !comes(stated) {
		less := stated
		for _, k := range kept {
			less = less.Add(k.Amount)
		}
		if len(free) > 0 && !comes(less) {
			unstated = free // they are not free: nobody entered an amount
		} else {
			stated, out.Adjustments = less, kept
		}
	}
	out.TaxesIncluded = contained(out.TaxesIncluded, total, tax, stated, len(unstated))
	none, rest := erpbridge.Zero(r.Currency()), total.Sub(stated)
	if !out.TaxesIncluded {
		rest = rest.Sub(tax)
	}
	amounts := make([]erpbridge.Money, len(body.Items))
	for i, item := range body.Items {
		amounts[i], _ = r.Exact(item.Amount)
	}
	switch {
	case rest.IsZero():
	case len(unstated) == 1 && !rest.Amount.IsNeg():
		amounts[unstated[0]] = rest
	case len(unstated) > 0:
		out.Adjustments = append(out.Adjustments, erpbridge.Adjustment{Reason: "not split by item", Amount: rest, Tax: none})
	case r.Flag(at, "uses_merchant_override_values", body.Override):
		out.Adjustments = append(out.Adjustments, erpbridge.Adjustment{Reason: "merchant_calculated_override", Amount: rest, Tax: none})
	}
	only := none
	if len(body.Items) == 1 {
		only = tax
	} else if !tax.IsZero() {
		out.Adjustments = append(out.Adjustments, erpbridge.Adjustment{Reason: "tax", Amount: none, Tax: tax})
	}
	of := d.parts()
	for i, item := range body.Items {
		refunded(r, at+"items["+strconv.Itoa(i)+"].", of, item, amounts[i], only, out)
	}
	for i, p := range body.Payments {
		out.Payments = append(out.Payments, repayment(r, at+"payments["+strconv.Itoa(i)+"].", p, out.At))
	}
	return out
}

// keptBack returns what the merchant keeps of the items' amounts. The amount that is left
// to an item without one is without it already.
func keptBack(r *reader, at string, items list[refundItem]) []erpbridge.Adjustment {
	var out []erpbridge.Adjustment
	for i, item := range items {
		for j, a := range item.Adjustments {
			at := at + "items[" + strconv.Itoa(i) + "].adjustments[" + strconv.Itoa(j) + "]."
			amount, _ := r.Amount(at, "amount", a.Amount)
			reason := cmp.Or(r.Text(at, "description", a.Description), "adjustment")
			out = append(out, erpbridge.Adjustment{Reason: reason, Amount: amount, Tax: erpbridge.Zero(r.Currency())})
		}
	}
	return out
}

// statedAmounts returns what the items with an amount come to, which have none, and which
// have one of nothing: that may stand for none.
func statedAmounts(r *reader, at string, items list[refundItem]) (sum erpbridge.Money, unstated, free []int) {
	sum = erpbridge.Zero(r.Currency())
	for i, item := range items {
		m, ok := r.Charge(at+"items["+strconv.Itoa(i)+"].", "requested_amount", item.Amount)
		switch {
		case !ok:
			unstated = append(unstated, i)
		case m.IsZero():
			free = append(free, i)
		}
		sum = sum.Add(m)
	}
	return sum, unstated, free
}

// contained reports whether the stated amounts contain the tax.
func contained(declared bool, total, tax, stated erpbridge.Money, unstated int) bool {
	switch {
	case unstated > 0:
		return declared
	case stated.Equal(total):
		return true
	case stated.Add(tax).Equal(total):
		return false
	}
	return declared
}

// refunded maps one item of a refund by what it was paid for.
func refunded(r *reader, at string, of parts, body refundItem, amount, tax erpbridge.Money, out *erpbridge.Refund) {
	id, reason := r.ID(at, "item_id", body.ID), r.Text(at, "reason", body.Reason)
	out.Reason = cmp.Or(out.Reason, reason)
	charge := func(kind erpbridge.ChargeKind) {
		c := erpbridge.Charge{Kind: kind, Amount: amount}
		if !tax.IsZero() {
			c.Taxes = []erpbridge.Tax{{Amount: tax}}
		}
		out.Charges = append(out.Charges, c)
	}
	switch kind := strings.ToUpper(r.Text(at, "item_type", body.Type)); kind {
	case "PRODUCT":
		line := erpbridge.RefundLine{LineID: id, Amount: amount, Tax: tax, Restock: erpbridge.UnknownRestock}
		if body.Quantity.Given() {
			line.Quantity = r.Quantity(at, "quantity", body.Quantity)
		}
		if p, ok := of.items[id]; ok {
			line.SKU, line.Title = r.Text(at, "sku", p.SKU), r.Text(at, "name", p.Name)
			line.ProductID, line.VariantID = given(r.ID(at, "product_id", p.ProductID)), given(r.ID(at, "variant_id", p.VariantID))
		}
		out.Lines = append(out.Lines, line)
	case "SHIPPING":
		title := r.Text(at, "shipping_method", of.places[id].Method)
		out.Shipping = append(out.Shipping, erpbridge.RefundedShipping{Title: title, Amount: amount, Tax: tax})
	case "HANDLING":
		charge(erpbridge.Handling)
	case "GIFT_WRAPPING":
		charge(erpbridge.Wrapping)
	case "FEE":
		charge(erpbridge.Fee)
	default: // ORDER, TAX, and what is to come: an amount no line explains
		out.Adjustments = append(out.Adjustments, erpbridge.Adjustment{Reason: cmp.Or(reason, kind), Amount: amount, Tax: tax})
	}
}

// repayment maps a payment of a refund. The store sends it after it has made the
// refund, and tells only if it was declined.
func repayment(r *reader, at string, body refundPayment, when time.Time) erpbridge.Payment {
	p := erpbridge.Payment{
		ID:      r.ID(at, "id", body.ID),
		Gateway: r.Text(at, "provider_id", body.Provider),
		Kind:    erpbridge.Repayment,
		State:   erpbridge.Succeeded,
		Amount:  r.Due(at, "amount", body.Amount),
		At:      when,
	}
	p.Redeemed = slices.Contains(redeeming, p.Gateway)
	if r.Flag(at, "is_declined", body.Declined) {
		p.State = erpbridge.Failed
	}
	return p
}
