package shopify

import (
	"cmp"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// currencyOf returns the shop's currency, under either of the names it has.
func currencyOf(body *order) string {
	if code := body.Currency.Text(); code != "" {
		return code
	}
	if set := body.TotalPriceSet.V; set != nil && set.Shop.V != nil {
		return set.Shop.V.Currency.Text()
	}
	return ""
}

// presentmentOf returns the buyer's currency. An order that does not speak of one
// was placed in the shop's.
func presentmentOf(body *order, shop string) string {
	if code := body.PresentmentCurrency.Text(); code != "" {
		return code
	}
	if set := body.TotalPriceSet.V; set != nil && set.Presentment.V != nil {
		return cmp.Or(set.Presentment.V.Currency.Text(), shop)
	}
	return shop
}

// head maps what stands at the top of an order, but for money and times.
func (s *Storefront) head(r *reader, body *order, o *erpbridge.Order) {
	o.Number = cmp.Or(r.text("", "name", body.Name), r.text("", "order_number", body.Number))
	o.Test = r.flag("", "test", body.Test)
	o.PO = r.text("", "po_number", body.PONumber)
	o.Presentment = presentmentOf(body, o.Currency)
	if _, ok := erpbridge.Digits(o.Presentment); !ok {
		r.fail("", "presentment_currency", "%q is not an ISO 4217 currency", clip(o.Presentment))
	}
	o.TaxesIncluded = r.flag("", "taxes_included", body.TaxesIncluded)
	o.PaymentStatus = paymentStatus(r, body.FinancialStatus)

	for _, g := range body.Gateways {
		if name := r.text("", "payment_gateway_names", g); name != "" {
			o.Gateways = append(o.Gateways, name)
		}
	}
	if gateway := r.text("", "gateway", body.Gateway); gateway != "" && body.Gateways == nil {
		o.Gateways = []string{gateway}
	}
	o.Note = r.text("", "note", body.Note)
	for _, a := range body.NoteAttributes {
		o.Attributes = append(o.Attributes, erpbridge.Attribute{
			Name:  r.text("", "note_attributes.name", a.Name),
			Value: r.text("", "note_attributes.value", a.Value),
		})
	}
	for _, tag := range body.Tags {
		if tag = r.clean("", "tags", tag); tag != "" {
			o.Tags = append(o.Tags, tag)
		}
	}
}

// paymentStatus maps financial_status. A word it does not know might mean money
// that is there or money that is not, so it is not guessed at.
func paymentStatus(r *reader, status scalar) erpbridge.PaymentStatus {
	switch strings.ToLower(status.Text()) {
	case "", "pending", "authorized", "expired":
		return erpbridge.Unpaid
	case "partially_paid":
		return erpbridge.PartiallyPaid
	case "paid":
		return erpbridge.Paid
	case "partially_refunded", "refunded":
		return erpbridge.Refunded
	case "voided":
		return erpbridge.Voided
	}
	r.fail("", "financial_status", "%q is not a payment status the bridge knows", clip(status.Text()))
	return erpbridge.Unpaid
}

// times maps the order's times and its posting date.
func (s *Storefront) times(r *reader, body *order, topic string, o *erpbridge.Order) {
	createdAt := r.time("created_at", body.CreatedAt)
	processedAt := r.time("processed_at", body.ProcessedAt)
	updatedAt := r.time("updated_at", body.UpdatedAt)
	o.CancelledAt = r.time("cancelled_at", body.CancelledAt)

	o.UpdatedAt = first(updatedAt, createdAt)
	if o.UpdatedAt.IsZero() {
		r.fail("", "updated_at", "is missing, and so is created_at: nothing says which state of the order this is")
		return
	}
	o.PlacedAt = first(createdAt, processedAt, updatedAt)
	// A body that has no cancelled_at at all cannot contradict its topic.
	if topic == topicCancelled && o.CancelledAt.IsZero() && !body.CancelledAt.Null() {
		o.CancelledAt = o.UpdatedAt
	}
	posted := first(processedAt, createdAt, updatedAt)
	if s.conf.PostingDate == created {
		posted = first(createdAt, processedAt, updatedAt)
	}
	if s.zone != nil {
		posted = posted.In(s.zone)
	}
	o.PostingDate = posted.Format(time.DateOnly)
}

// first returns the first time that is given.
func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
