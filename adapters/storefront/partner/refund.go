package partner

import (
	"fmt"

	"github.com/hakooi/erpbridge"
)

var restocks = []erpbridge.Restock{erpbridge.NoRestock, erpbridge.Returned, erpbridge.NeverShipped, erpbridge.LegacyRestock}

// ofRefund fills in the event of a refund, in the stream of its order.
func (in *reading) ofRefund(e *erpbridge.Event, body *refund) error {
	f, err := in.refund("refund.", body)
	if err != nil {
		return err
	}
	e.Refund, e.Stream, e.Resource = f, "order/"+f.OrderID, "refund/"+f.ID
	e.Version, err = version(in.occurred, settled(f), *f)
	return err
}

// settled orders the states of a refund within one instant: a payment that has ended
// does not begin again.
func settled(f *erpbridge.Refund) int {
	done := 0
	for _, p := range f.Payments {
		if p.State != erpbridge.InProgress {
			done++
		}
	}
	return done
}

// refund reads a refund, and the same refund in the buyer's currency.
func (in *reading) refund(at string, body *refund) (*erpbridge.Refund, error) {
	r := in.reader(body.Currency.Text())
	r.need(at, "currency", body.Currency.Scalar)
	f := &erpbridge.Refund{
		Currency:      r.currency(at, "currency", body.Currency, ""),
		ID:            r.needID(at, "id", body.ID),
		OrderID:       r.needID(at, "order_id", body.OrderID),
		OrderNumber:   r.text(at, "order_number", body.OrderNumber),
		At:            r.needTime(at, "at", body.At),
		TaxesIncluded: r.flag(at, "taxes_included", body.TaxesIncluded),
		Lines:         r.refundLines(at, body.Lines),
		Charges:       r.charges(at, body.Charges),
		Payments:      r.payments(at, body.Payments),
		Reason:        r.text(at, "reason", body.Reason),
		Note:          r.text(at, "note", body.Note),
	}
	f.PostingDate = r.day(at, "posting_date", body.PostingDate, f.At)
	f.Presentment = r.currency(at, "presentment", body.Presentment, f.Currency)
	for i, s := range body.Shipping {
		at := element(at, "shipping", i)
		f.Shipping = append(f.Shipping, erpbridge.RefundedShipping{
			Title:  r.text(at, "title", s.Title),
			Amount: r.needAmount(at, "amount", s.Amount),
			Tax:    r.amount(at, "tax", s.Tax),
		})
	}
	for i, a := range body.Adjustments {
		at := element(at, "adjustments", i)
		f.Adjustments = append(f.Adjustments, erpbridge.Adjustment{
			Reason: r.text(at, "reason", a.Reason),
			Amount: r.needSigned(at, "amount", a.Amount),
			Tax:    r.signed(at, "tax", a.Tax),
		})
	}
	for i, p := range f.Payments {
		if p.Kind != erpbridge.Repayment {
			r.Fail(element(at, "payments", i), "kind", "%q has no place in a refund: its payments are of kind %q", p.Kind, erpbridge.Repayment)
		}
	}
	if body.Presented != nil && r.Err() == nil {
		var err error
		if f.Presented, err = in.presentedRefund(at+"presented.", body.Presented, f); err != nil {
			return nil, err
		}
	}
	return f, r.Err()
}

// presentedRefund reads the refund in the buyer's currency: the same one.
func (in *reading) presentedRefund(at string, body *refund, shop *erpbridge.Refund) (*erpbridge.Refund, error) {
	if body.Presented != nil {
		return nil, fmt.Errorf("%spresented: has no place here: this is the presented refund already", at)
	}
	f, err := in.refund(at, body)
	if err != nil {
		return nil, err
	}
	r := in.reader(f.Currency)
	switch {
	case f.ID != shop.ID || f.OrderID != shop.OrderID:
		r.Fail(at, "id", "and order_id are not those of the refund")
	case f.Currency != shop.Presentment:
		r.Fail(at, "currency", "is %s, and the refund's presentment %s", f.Currency, shop.Presentment)
	}
	return f, r.Err()
}

func (r *reader) refundLines(at string, body list[refundLine]) []erpbridge.RefundLine {
	var out []erpbridge.RefundLine
	for i, l := range body {
		at := element(at, "lines", i)
		out = append(out, erpbridge.RefundLine{
			ID:        r.id(at, "id", l.ID),
			LineID:    r.id(at, "line_id", l.LineID),
			SKU:       r.text(at, "sku", l.SKU),
			ProductID: r.id(at, "product_id", l.ProductID),
			VariantID: r.id(at, "variant_id", l.VariantID),
			Title:     r.text(at, "title", l.Title),
			Quantity:  r.quantity(at, "quantity", l.Quantity),
			Amount:    r.needAmount(at, "amount", l.Amount),
			Tax:       r.amount(at, "tax", l.Tax),
			Restock:   choose(r, at, "restock", l.Restock, erpbridge.UnknownRestock, restocks),
			Location:  r.id(at, "location", l.Location),
		})
	}
	return out
}
