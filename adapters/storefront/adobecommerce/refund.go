package adobecommerce

import (
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The states of a credit memo.
const (
	memoOpen     = "1"
	memoRefunded = "2"
	memoCanceled = "3"
)

// refund returns the event of a credit memo, in the stream of its order. Its formula is
// the order's, with the adjustments:
//
//	grand_total = subtotal + discount_amount + shipping_amount + tax_amount
//	            + discount_tax_compensation_amount + fixed product taxes + wrapping
//	            + adjustment_positive - adjustment_negative
//	            - gift cards - store credit - reward points
//
// What went back to a gift card or an account is no less paid back than money, so it is
// a payment here.
func (s *Storefront) refund(n note, body *memoBody) (erpbridge.Event, error) {
	nothing := func(err error) (erpbridge.Event, error) { return erpbridge.Event{}, invalid(err) }
	id, ok := identity(body.EntityID)
	if !ok {
		return nothing(fmt.Errorf("entity_id: %q is not a credit memo's id; the body is not a credit memo, or its event is not subscribed to the field", signed.Clip(body.EntityID.Text())))
	}
	orderID, ok := identity(body.OrderID)
	switch {
	case !ok:
		return nothing(fmt.Errorf("order_id: %q is not an order's id; the body is not a credit memo, or its event is not subscribed to the field", signed.Clip(body.OrderID.Text())))
	case body.Voidable.Given():
		return nothing(errors.New("can_void_flag: is an invoice's; the body is not a credit memo"))
	case body.Items == nil:
		return nothing(errors.New("items: is missing; subscribe the event to the field"))
	}
	state, _ := body.State.Integer()
	switch state {
	case memoCanceled:
		return erpbridge.Event{}, fail(erpbridge.Ignored, errors.New("state: the credit memo was cancelled"))
	case "", memoOpen, memoRefunded:
	default:
		return nothing(fmt.Errorf("state: %q is not a credit memo's state the bridge knows", signed.Clip(body.State.Text())))
	}
	books, shown, err := s.tills(n, body.currencies)
	if err != nil {
		return erpbridge.Event{}, err
	}
	r := &erpbridge.Refund{
		ID: id, OrderID: orderID, OrderNumber: books.Text("", "order_increment_id", body.OrderNumber),
		Currency: books.Currency(), Presentment: books.Currency(),
		Note: books.Text("", "customer_note", body.Note),
	}
	at := changed(books, n, body.UpdatedAt, body.CreatedAt)
	if at.IsZero() {
		books.Fail("", "updated_at", "is missing, and so is created_at: nothing says which state of the credit memo this is")
	} else {
		r.At = normalizer.First(books.instant("created_at", body.CreatedAt), at).In(s.zone)
		r.PostingDate = normalizer.Day(r.At, s.zone)
	}
	refunded(books, body, state, r)
	if shown != nil && body.GrandTotal.Given() {
		other := *r
		other.Currency, r.Presentment, other.Presentment = shown.Currency(), shown.Currency(), shown.Currency()
		other.Lines, other.Shipping, other.Charges, other.Adjustments, other.Payments = nil, nil, nil, nil, nil
		refunded(*shown, body, state, &other)
		r.Presented = &other
	}
	if books.Err() != nil {
		return nothing(books.Err())
	}
	if shown != nil && shown.Err() != nil {
		r.Presented = nil // as an order's
	}
	rank := 0
	if state != memoOpen {
		rank = 1
	}
	v, err := version(at, rank, *r)
	if err != nil {
		return erpbridge.Event{}, err
	}
	return erpbridge.Event{
		Type: erpbridge.RefundIssued, Stream: "order/" + orderID, Resource: "refund/" + id, Version: v, Refund: r,
	}, nil
}

// refunded maps a credit memo's money in one currency.
func refunded(t till, body *memoBody, state string, r *erpbridge.Refund) {
	paid := t.due("grand_total", body.BaseGrandTotal, body.GrandTotal)
	lines := memoLines(t, body, r)
	zero := erpbridge.Zero(t.Currency())

	shipping, _ := t.size("", "shipping_amount", body.BaseShipping, body.Shipping)
	shippingTax, _ := t.size("", "shipping_tax_amount", body.BaseShippingTax, body.ShippingTax)
	if !shipping.IsZero() || !shippingTax.IsZero() {
		r.Shipping = []erpbridge.RefundedShipping{{Amount: shipping, Tax: shippingTax}}
	}
	adjust := func(reason string, amount, tax erpbridge.Money) {
		if !amount.IsZero() || !tax.IsZero() {
			r.Adjustments = append(r.Adjustments, erpbridge.Adjustment{Reason: reason, Amount: amount, Tax: tax})
		}
	}
	// The head's discount is that of lines and shipping; shipping's has no member.
	if off, ok := t.size("", "discount_amount", body.BaseDiscount, body.Discount); ok && off.Sub(lines[discount]).Amount.IsPos() {
		adjust("discount", lines[discount].Sub(off), zero)
	}
	head, told := t.amount("", "discount_tax_compensation_amount", body.BaseCompensation, body.Compensation)
	if left, ok := untold(head, lines[compensation]); told && ok {
		adjust("discount tax compensation", left, zero)
	}
	c, _ := t.amount("", "shipping_discount_tax_compensation_amount", body.BaseShippingCompensation, body.ShippingCompensation)
	adjust("shipping discount tax compensation", c, zero)
	if all, ok := t.size("", "tax_amount", body.BaseTax, body.Tax); ok {
		// The head's tax counts. Lines may say none of it, and one of theirs and the
		// shipping's may be rounded apart from it.
		adjust("tax", zero, all.Sub(lines[tax]).Sub(shippingTax))
	}
	up, one := t.size("", "adjustment_positive", body.BasePositive, body.Positive)
	down, other := t.size("", "adjustment_negative", body.BaseNegative, body.Negative)
	if !one && !other {
		// The event is not subscribed to the two, but may be to their difference.
		up, _ = t.amount("", "adjustment", body.BaseAdjustment, body.Adjustment)
	}
	adjust("adjustment refund", up, zero)
	adjust("adjustment fee", down.Neg(), zero)

	payment := erpbridge.Payment{
		ID: r.ID, Kind: erpbridge.Repayment, State: erpbridge.Succeeded, At: r.At,
		Reference: t.Text("", "transaction_id", body.Transaction),
	}
	if state == memoOpen {
		payment.State = erpbridge.InProgress
	}
	if payment.Amount = paid; !paid.IsZero() {
		r.Payments = append(r.Payments, payment)
	}
	var more extras
	if body.Extension.V != nil {
		more = body.Extension.V.extras
	}
	r.Charges = append(r.Charges, wrapping(t, body.extras, more)...)
	for _, c := range credits(t, body.extras, more) {
		payment.ID, payment.Gateway, payment.Reference = r.ID+"-"+string(c.Kind), string(c.Kind), ""
		payment.Amount, payment.Redeemed = c.Amount, true
		r.Payments = append(r.Payments, payment)
	}
}

// memoLines maps what is taken back, and returns what it comes to.
func memoLines(t till, body *memoBody, r *erpbridge.Refund) share {
	shares := make([]share, len(body.Items))
	priced := map[string]bool{} // SKUs of lines with money
	for i := range body.Items {
		item := &body.Items[i]
		shares[i] = readShare(t, place(i), &item.amountsBody)
		if !shares[i][gross].IsZero() {
			priced[item.SKU.Text()] = true
		}
	}
	for i := range body.Items {
		item, at, sh := &body.Items[i], place(i), shares[i]
		line := erpbridge.RefundLine{
			ID:        t.ID(at, "entity_id", item.EntityID),
			LineID:    t.ID(at, "order_item_id", item.OrderItemID),
			SKU:       t.Text(at, "sku", item.SKU),
			ProductID: t.ID(at, "product_id", item.ProductID),
			Title:     t.Text(at, "name", item.Name),
			Quantity:  t.Quantity(at, "qty", item.Quantity),
			Amount:    sh[gross].Sub(sh[discount]).Add(sh[compensation]),
			Tax:       sh[tax],
		}
		if item.BackToStock.Given() {
			line.Restock = erpbridge.NoRestock
			if t.Flag(at, "back_to_stock", item.BackToStock) {
				line.Restock = erpbridge.Returned
			}
		}
		// Of a configurable product's two items, one has the money, and the other, the
		// variant, not even a member for it; a gift has a row_total of 0.
		own, _ := t.of(item.BaseRowTotal, item.RowTotal)
		variant := !own.Given() && priced[item.SKU.Text()]
		if !sh.empty() || !line.Quantity.IsZero() && !variant {
			r.Lines = append(r.Lines, line)
		}
	}
	sum := total(t.Currency(), shares)
	if fixed := sum[weee]; !fixed.IsZero() {
		r.Charges = []erpbridge.Charge{{Kind: erpbridge.Fee, Title: "Fixed product tax", Amount: fixed}}
	}
	return sum
}
