package woocommerce

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A parent is what a refund has to know of its order.
type parent struct {
	id, number, currency string
	gateway              scalar
}

// An envelope is a refund with its order, as List writes it.
type envelope struct {
	Order  object[mention] `json:"order"`
	Refund object[refund]  `json:"refund"`
	refund                 // a bare one
}

// A mention is what an envelope says of the order.
type mention struct {
	ID            scalar `json:"id"`
	ParentID      scalar `json:"parent_id"`
	Number        scalar `json:"number"`
	Currency      scalar `json:"currency"`
	PaymentMethod scalar `json:"payment_method"`
}

// refundMessage returns the event of a message of Type "refund.created".
func (s *Storefront) refundMessage(m erpbridge.Message) ([]erpbridge.Event, error) {
	var body envelope
	if err := strictjson.Unmarshal(m.Body, &body, limits()); err != nil {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("the body cannot be read: %w", err))
	}
	at, f := "", &body.refund
	if body.Refund.V != nil {
		at, f = "refund.", body.Refund.V
	}
	if !f.full() {
		return nil, fail(erpbridge.Invalid, errors.New(at+"amount: is missing; the body is not a refund"))
	}
	of, named := mention{}, f.Currency
	if body.Order.V != nil {
		of = *body.Order.V
		if of.Currency.Given() {
			named = of.Currency
		}
	}
	if err := s.part("order.", of.ParentID); err != nil {
		return nil, err
	}
	id, err := orderOf(of, f)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	currency, err := s.currency(named)
	if err != nil {
		return nil, err
	}
	number := normalizer.NewReader(currency, m.ReceivedAt).Text("order.", "number", of.Number)
	return s.refundEvents(m, at, parent{id: id, number: number, currency: currency, gateway: of.PaymentMethod}, f)
}

// orderOf returns the id of the order a refund belongs to: what the envelope says, else
// the refund, else the link to it that the API gives.
func orderOf(of mention, f *refund) (string, error) {
	switch {
	case of.ID.Given():
		return identity("order.id", of.ID)
	case f.OrderID.Given():
		return identity("order_id", f.OrderID)
	case f.ParentID.Given():
		return identity("parent_id", f.ParentID)
	}
	if id := upper(f.Links, "/orders/"); id != "" {
		return id, nil
	}
	return "", errors.New("order_id: is missing, and nothing else says which order was refunded")
}

// upper returns the id at the end of the link to what a thing belongs to, or "".
func upper(l object[links], collection string) string {
	if l.V == nil || len(l.V.Up) != 1 {
		return ""
	}
	href := l.V.Up[0].Href.Text()
	i := strings.LastIndex(href, collection)
	if i < 0 {
		return ""
	}
	id := href[i+len(collection):]
	if id == "" || len(id) > 20 || id[0] == '0' || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}

// refundEvents returns the one event of a refund.
//
//	amount = - lines - their tax - shipping - its tax - fees - their tax
//
// A refund without any line is an amount that somebody typed: one adjustment. Where there
// are lines they have to come to the amount; if they do not, nothing makes them.
func (s *Storefront) refundEvents(m erpbridge.Message, at string, of parent, body *refund) ([]erpbridge.Event, error) {
	id, err := identity(at+"id", body.ID)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	r := s.reader(of.currency, m)
	f := &erpbridge.Refund{
		ID: id, OrderID: of.id, OrderNumber: of.number,
		At:       r.instant(at, "date_created", body.Created, body.CreatedGMT),
		Currency: of.currency, Presentment: of.currency,
		Reason: r.Text(at, "reason", body.Reason),
	}
	if f.At.IsZero() {
		f.At = m.ReceivedAt.UTC()
	}
	f.PostingDate = normalizer.Day(f.At, s.zone)
	amount, _ := r.Amount(at, "amount", body.Amount)
	amount.Amount = amount.Amount.Abs() // plugins write it with the sign of its mention in the order
	refunded(r, at, body, f)
	if len(f.Lines)+len(f.Shipping)+len(f.Charges) == 0 && !amount.IsZero() {
		f.Adjustments = []erpbridge.Adjustment{{Reason: f.Reason, Amount: amount, Tax: erpbridge.Zero(of.currency)}}
	}
	// WooCommerce records a refund when it is made: by the gateway, or by hand.
	gateway := "manual"
	if r.Flag(at, "refunded_payment", body.RefundedPayment) {
		gateway = r.Text("order.", "payment_method", of.gateway)
	}
	f.Payments = []erpbridge.Payment{{
		ID: id, Gateway: gateway, Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: amount, At: f.At,
	}}
	if f.At.IsZero() {
		r.Fail(at, "date_created_gmt", "is missing")
	}
	if err := r.fault(); err != nil {
		return nil, err
	}
	e := erpbridge.Event{Store: m.Store, Type: erpbridge.RefundIssued, Stream: "order/" + of.id, Resource: "refund/" + id, Refund: f}
	return finish(e, undated(*f, m.ReceivedAt), f.At, 0)
}

// undated returns what of a refund is not the time of its arrival, by which one without a
// time is dated.
func undated(f erpbridge.Refund, received time.Time) erpbridge.Refund {
	if !f.At.Equal(received) {
		return f
	}
	f.At, f.PostingDate, f.Payments = time.Time{}, "", slices.Clone(f.Payments)
	for i := range f.Payments {
		f.Payments[i].At = time.Time{}
	}
	return f
}

// refunded maps the lines of a refund, whose amounts are negative. As in an order,
// transport and fees may have none.
func refunded(r *reader, at string, body *refund, f *erpbridge.Refund) {
	back := func(at string, item *lineItem) (amount, tax erpbridge.Money) {
		amount, _ = r.Amount(at, "total", item.Total)
		tax, _ = r.Amount(at, "total_tax", item.TotalTax)
		return amount.Neg(), tax.Neg()
	}
	for i := range body.LineItems {
		item, at := &body.LineItems[i], at+"line_items["+strconv.Itoa(i)+"]."
		if !item.Total.Given() {
			r.Fail(at, "total", "is missing")
		}
		amount, tax := back(at, item)
		f.Lines = append(f.Lines, erpbridge.RefundLine{
			ID:        r.ID(at, "id", item.ID),
			LineID:    r.ID(at, "meta_data._refunded_item_id", metaOf(item.Meta, "_refunded_item_id")),
			SKU:       r.Text(at, "sku", item.SKU),
			ProductID: reference(r, at, "product_id", item.ProductID),
			VariantID: reference(r, at, "variation_id", item.VariationID),
			Title:     r.Text(at, "name", item.Name),
			Quantity:  r.Rate(at, "quantity", item.Quantity).Abs(),
			Amount:    amount, Tax: tax,
			Restock: erpbridge.UnknownRestock, // WooCommerce keeps it to itself
		})
	}
	for i := range body.ShippingLines {
		item, at := &body.ShippingLines[i], at+"shipping_lines["+strconv.Itoa(i)+"]."
		amount, tax := back(at, item)
		f.Shipping = append(f.Shipping, erpbridge.RefundedShipping{Title: r.Text(at, "method_title", item.MethodTitle), Amount: amount, Tax: tax})
	}
	for i := range body.FeeLines {
		item, at := &body.FeeLines[i], at+"fee_lines["+strconv.Itoa(i)+"]."
		amount, tax := back(at, item)
		charge := erpbridge.Charge{Kind: erpbridge.Fee, Title: r.Text(at, "name", item.Name), Amount: amount}
		if !tax.IsZero() {
			charge.Taxes = []erpbridge.Tax{{Amount: tax}}
		}
		f.Charges = append(f.Charges, charge)
	}
}
