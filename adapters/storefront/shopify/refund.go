package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The members of Shopify's refund resource that the bridge reads.
type refund struct {
	ID            scalar `json:"id"`
	GraphQLID     scalar `json:"admin_graphql_api_id"`
	OrderID       scalar `json:"order_id"`
	CreatedAt     scalar `json:"created_at"`
	ProcessedAt   scalar `json:"processed_at"`
	Note          scalar `json:"note"`
	TaxesIncluded scalar `json:"taxes_included"` // as the API lists it; webhooks do not say

	Lines       list[refundLine]       `json:"refund_line_items"`
	Shipping    list[refundedShipping] `json:"refund_shipping_lines"`
	Adjustments list[adjustment]       `json:"order_adjustments"`
	Duties      list[refundedDuty]     `json:"duties"`
	DutiesSet   object[moneySet]       `json:"total_duties_set"`
	FeesSet     object[moneySet]       `json:"total_additional_fees_set"`

	Transactions list[transaction] `json:"transactions"`
}

type refundLine struct {
	ID          scalar           `json:"id"`
	LineID      scalar           `json:"line_item_id"`
	Quantity    scalar           `json:"quantity"`
	RestockType scalar           `json:"restock_type"`
	Location    scalar           `json:"location_id"`
	Subtotal    scalar           `json:"subtotal"`
	SubtotalSet object[moneySet] `json:"subtotal_set"`
	TotalTax    scalar           `json:"total_tax"`
	TotalTaxSet object[moneySet] `json:"total_tax_set"`
	Item        object[lineItem] `json:"line_item"`
}

type refundedShipping struct {
	Line        object[shippingLine] `json:"shipping_line"`
	SubtotalSet object[moneySet]     `json:"subtotal_amount_set"`
	TaxSet      object[moneySet]     `json:"tax_amount_set"` // as the API lists it
}

// An adjustment is what of a refund no line explains. Its sign is that of the order:
// what is paid back is negative.
type adjustment struct {
	Kind         scalar           `json:"kind"`
	Reason       scalar           `json:"reason"`
	Amount       scalar           `json:"amount"`
	AmountSet    object[moneySet] `json:"amount_set"`
	TaxAmount    scalar           `json:"tax_amount"`
	TaxAmountSet object[moneySet] `json:"tax_amount_set"`
}

type refundedDuty struct {
	AmountSet object[moneySet] `json:"amount_set"`
}

// refundEvent reads a refund.
//
// Its formula, checked by the pipeline as Refund.Sum against Refund.Paid, is
//
//	Σ lines (subtotal + tax) - Σ adjustments (amount + tax) + duties + fees
//	  = Σ transactions of kind refund that succeeded
//
// in one currency. A refund of shipping is an adjustment with a negative amount; a
// refund_discrepancy may be positive, and so take the whole refund back, while its
// transaction is pending. Where prices contain tax, so do the subtotals (see readTaxes), and
// what cash was rounded by may be missing (see rounded).
//
// A refund's version is of when it was made, for Shopify tells no other time; one
// whose payments are through is the later state of that instant.
func (s *Storefront) refundEvent(m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	body, err := parse(m.Body, "refund", func(v *refund) bool { return v.OrderID.Given() || v.ID.Given() })
	if err != nil {
		return none, unreadable(err)
	}
	id, err := required("Refund", body.ID, body.GraphQLID)
	if err != nil {
		return none, err
	}
	orderID, ok := body.OrderID.Integer()
	if !ok || orderID == "0" {
		return none, fail(erpbridge.Invalid, fmt.Errorf("order_id: %q is not the id of an order", signed.Clip(body.OrderID.Text())))
	}
	if body.Lines == nil && body.Transactions == nil && body.Adjustments == nil {
		return none, fail(erpbridge.Invalid, errors.New("refund_line_items: is missing, and so are order_adjustments and transactions; the body is not a refund"))
	}
	if s.conf.TestOrders == ignore {
		if err := testRefund(body); err != nil {
			return none, err
		}
	}
	refund, err := s.refund(body, m)
	if err != nil {
		return none, err
	}
	refund.ID, refund.OrderID = id, orderID
	if refund.Presented != nil {
		refund.Presented.ID, refund.Presented.OrderID = id, orderID
	}
	return finish(erpbridge.Event{
		Type: erpbridge.RefundIssued, Stream: "order/" + orderID, Resource: "refund/" + id,
		Version: erpbridge.Version{At: normalizer.First(refund.At, m.ReceivedAt), Rank: settled(refund)},
		Refund:  refund,
	}, timeless(*refund))
}

// testRefund says why a refund is ignored: no real money moved.
func testRefund(body *refund) error {
	if body.CreatedAt.Null() && body.ProcessedAt.Null() {
		return fail(erpbridge.Ignored, errors.New("created_at: is null, which it is in Shopify's test notifications only"))
	}
	for _, t := range body.Transactions {
		if test, err := t.Test.Bool(); err != nil || !test {
			return nil // what is wrong with it, if anything, is said where it is read
		}
	}
	if len(body.Transactions) > 0 {
		return fail(erpbridge.Ignored, errors.New("the refund of a test order; set test_orders: deliver to send such refunds to the ERP"))
	}
	return nil
}

// settled is the rank of a refund among its states.
func settled(r *erpbridge.Refund) int {
	for _, p := range r.Payments {
		if p.State == erpbridge.InProgress {
			return 0
		}
	}
	return 1
}

// timeless returns a refund without the time that is the other half of its version.
func timeless(r erpbridge.Refund) erpbridge.Refund {
	var zero erpbridge.Refund
	r.At = zero.At
	if r.Presented != nil {
		twin := *r.Presented
		twin.At = zero.At
		r.Presented = &twin
	}
	return r
}

// refund maps everything but the ids, once in the shop's currency, and once more in the
// buyer's where that is another.
func (s *Storefront) refund(body *refund, m erpbridge.Message) (*erpbridge.Refund, error) {
	shop, presentment := currenciesOf(body)
	currency, err := s.currency(cmp.Or(shop, presentment), "currency")
	if err != nil {
		return nil, err
	}
	presentment = cmp.Or(presentment, currency)
	if _, ok := erpbridge.Digits(presentment); !ok {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("transactions.currency: %q is not an ISO 4217 currency", signed.Clip(presentment)))
	}
	r := &reader{Reader: normalizer.NewReader(currency, m.ReceivedAt).Floats()}
	out := s.readRefund(r, body, presentment)
	if r.Err() != nil {
		return nil, fail(erpbridge.Invalid, r.Err())
	}
	if presentment != currency {
		r := &reader{normalizer.NewReader(presentment, m.ReceivedAt).Floats(), true}
		if twin := s.readRefund(r, body, presentment); r.Err() == nil {
			out.Presented = twin
		}
	}
	if err := readTaxes(body, out, out.Presented); err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	rounded(out, body)
	if out.Presented != nil {
		rounded(out.Presented, body)
	}
	return out, nil
}

// rounded adds to a refund what its payments were rounded by, as cash is over a counter:
// a payment may be told as it was made, or as it would have been without. Where it is the
// latter, the parts come to what was paid already.
func rounded(r *erpbridge.Refund, body *refund) {
	cash := normalizer.NewReader(r.Currency, time.Time{})
	sum := erpbridge.Zero(r.Currency)
	for i := range body.Transactions {
		if t := &body.Transactions[i]; strings.EqualFold(t.Kind.Text(), "refund") && strings.EqualFold(t.Status.Text(), "success") {
			by, _ := cash.Exact(t.Rounding)
			sum = sum.Add(by)
		}
	}
	paid, all := r.Paid()
	left := paid.Sub(r.Sum())
	if all && !sum.IsZero() && left.Amount.Abs().Equal(sum.Amount.Abs()) {
		r.Adjustments = append(r.Adjustments, erpbridge.Adjustment{Reason: "cash rounding", Amount: left, Tax: erpbridge.Zero(r.Currency)})
	}
}

// currenciesOf returns the shop's currency and the buyer's, as far as a body tells. The
// transactions are in the buyer's.
func currenciesOf(body *refund) (shop, presentment string) {
	look := func(set *moneySet) {
		shop, presentment = cmp.Or(shop, codeOf(set, false)), cmp.Or(presentment, codeOf(set, true))
	}
	for i := range body.Lines {
		look(body.Lines[i].SubtotalSet.V)
	}
	for i := range body.Shipping {
		look(body.Shipping[i].SubtotalSet.V)
	}
	for i := range body.Adjustments {
		look(body.Adjustments[i].AmountSet.V)
	}
	for i := range body.Duties {
		look(body.Duties[i].AmountSet.V)
	}
	look(body.DutiesSet.V)
	look(body.FeesSet.V)
	for i := range body.Transactions {
		presentment = cmp.Or(presentment, body.Transactions[i].Currency.Text())
	}
	return shop, presentment
}

// readRefund maps all amounts of a refund that are in the reader's currency.
func (s *Storefront) readRefund(r *reader, body *refund, presentment string) *erpbridge.Refund {
	out := &erpbridge.Refund{
		Currency: r.Currency(), Presentment: presentment,
		At:   normalizer.First(r.Time("", "created_at", body.CreatedAt), r.Time("", "processed_at", body.ProcessedAt)),
		Note: r.Text("", "note", body.Note),
	}
	out.PostingDate = normalizer.Day(out.At, s.zone)
	for i := range body.Lines {
		out.Lines = append(out.Lines, refundedLine(r, "refund_line_items["+strconv.Itoa(i)+"].", &body.Lines[i]))
	}
	adjustments(r, body, out)
	if amount := refundedDuties(r, body); !amount.IsZero() {
		out.Charges = append(out.Charges, erpbridge.Charge{Kind: erpbridge.Duty, Amount: amount})
	}
	if fees, _ := r.only("", "total_additional_fees_set", body.FeesSet.V); !r.positive("", "total_additional_fees_set", fees).IsZero() {
		out.Charges = append(out.Charges, erpbridge.Charge{Kind: erpbridge.Fee, Amount: fees})
	}
	for _, p := range payments(r, "", body.Transactions, presentment) {
		if p.Kind == erpbridge.Repayment {
			out.Payments = append(out.Payments, p)
		}
	}
	return out
}

func refundedLine(r *reader, at string, l *refundLine) erpbridge.RefundLine {
	out := erpbridge.RefundLine{
		ID:       r.ID(at, "id", l.ID),
		LineID:   r.ID(at, "line_item_id", l.LineID),
		Quantity: r.Quantity(at, "quantity", l.Quantity),
		Restock:  restock(r, at, l.RestockType),
		Location: r.ID(at, "location_id", l.Location),
	}
	amount, ok := r.exact(at, "subtotal", l.Subtotal, l.SubtotalSet.V)
	if !ok {
		r.Fail(at, "subtotal", "is missing")
	}
	out.Amount = r.positive(at, "subtotal", amount)
	tax, _ := r.exact(at, "total_tax", l.TotalTax, l.TotalTaxSet.V)
	out.Tax = r.positive(at, "total_tax", tax)
	if item := l.Item.V; item != nil {
		at += "line_item."
		out.LineID = cmp.Or(out.LineID, r.ID(at, "id", item.ID))
		out.SKU = r.Text(at, "sku", item.SKU)
		out.ProductID = r.ID(at, "product_id", item.ProductID)
		out.VariantID = r.ID(at, "variant_id", item.VariantID)
		out.Title = cmp.Or(r.Text(at, "title", item.Title), r.Text(at, "name", item.Name))
	}
	return out
}

// restock maps what becomes of the goods. A word it does not know may mean stock that
// is there or stock that is not, so it is not guessed at.
func restock(r *reader, at string, kind scalar) erpbridge.Restock {
	switch strings.ToLower(kind.Text()) {
	case "":
		return erpbridge.UnknownRestock
	case "no_restock":
		return erpbridge.NoRestock
	case "return":
		return erpbridge.Returned
	case "cancel":
		return erpbridge.NeverShipped
	case "legacy_restock":
		return erpbridge.LegacyRestock
	}
	r.Fail(at, "restock_type", "%q is not a way of goods the bridge knows", signed.Clip(kind.Text()))
	return erpbridge.UnknownRestock
}

// adjustments maps the shipping paid back, and what no line explains.
//
// Webhooks tell of shipping in adjustments of kind shipping_refund, with the tax; newer
// ones once more in refund_shipping_lines, with the title. The API lists it in the
// latter only. It is the same money, and counted once.
func adjustments(r *reader, body *refund, out *erpbridge.Refund) {
	for i, a := range body.Adjustments {
		at := "order_adjustments[" + strconv.Itoa(i) + "]."
		amount, ok := r.exact(at, "amount", a.Amount, a.AmountSet.V)
		if !ok {
			r.Fail(at, "amount", "is missing")
		}
		tax, _ := r.exact(at, "tax_amount", a.TaxAmount, a.TaxAmountSet.V)
		if strings.EqualFold(a.Kind.Text(), "shipping_refund") {
			out.Shipping = append(out.Shipping, erpbridge.RefundedShipping{Amount: amount.Neg(), Tax: tax.Neg()})
			continue
		}
		if amount.IsZero() && tax.IsZero() {
			continue
		}
		reason := cmp.Or(r.Text(at, "reason", a.Reason), r.Text(at, "kind", a.Kind))
		out.Adjustments = append(out.Adjustments, erpbridge.Adjustment{
			Reason: strings.ToLower(strings.ReplaceAll(reason, "_", " ")),
			Amount: amount.Neg(), Tax: tax.Neg(),
		})
	}
	told := len(out.Shipping) > 0
	for i, line := range body.Shipping {
		at := "refund_shipping_lines[" + strconv.Itoa(i) + "]."
		title := ""
		if l := line.Line.V; l != nil {
			title = cmp.Or(r.Text(at, "shipping_line.title", l.Title), r.Text(at, "shipping_line.code", l.Code))
		}
		if told {
			if len(out.Shipping) == len(body.Shipping) {
				out.Shipping[i].Title = title
			}
			continue
		}
		amount, ok := r.only(at, "subtotal_amount_set", line.SubtotalSet.V)
		if !ok {
			r.Fail(at, "subtotal_amount_set", "is missing")
		}
		tax, _ := r.only(at, "tax_amount_set", line.TaxSet.V)
		out.Shipping = append(out.Shipping, erpbridge.RefundedShipping{
			Title:  title,
			Amount: r.positive(at, "subtotal_amount_set", amount),
			Tax:    r.positive(at, "tax_amount_set", tax),
		})
	}
}

// refundedDuties returns the import duties paid back: the refund's own sum, else that
// of its list.
func refundedDuties(r *reader, body *refund) erpbridge.Money {
	if sum, ok := r.only("", "total_duties_set", body.DutiesSet.V); ok {
		return r.positive("", "total_duties_set", sum)
	}
	sum := erpbridge.Zero(r.Currency())
	for i, d := range body.Duties {
		at := "duties[" + strconv.Itoa(i) + "]."
		amount, _ := r.only(at, "amount_set", d.AmountSet.V)
		sum = sum.Add(r.positive(at, "amount_set", amount))
	}
	return sum
}
