package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// order maps everything but the id, once in the shop's currency, and once more in the
// buyer's where that is another.
func (s *Storefront) order(body *order, m erpbridge.Message) (*erpbridge.Order, error) {
	currency, err := s.currency(cmp.Or(body.Currency.Text(), codeOf(body.TotalPriceSet.V, false)), "currency")
	if err != nil {
		return nil, err
	}
	presentment := cmp.Or(body.PresentmentCurrency.Text(), codeOf(body.TotalPriceSet.V, true), currency)
	if _, ok := erpbridge.Digits(presentment); !ok {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("presentment_currency: %q is not an ISO 4217 currency", signed.Clip(presentment)))
	}
	r := &reader{Reader: normalizer.NewReader(currency, m.ReceivedAt)}
	o := s.read(r, body, m.Type)
	o.Presentment = presentment
	remaining := shipping(r, body, o) // last: which shipping lines count is seen from the total
	o.Attributes = append(o.Attributes, r.Stripped()...)
	if r.Err() != nil {
		return nil, fail(erpbridge.Invalid, r.Err())
	}
	edited := wasNeverSold(o, remaining)
	if edited {
		o.Shipping = remaining
	}
	if presentment != currency {
		o.Presented = s.twin(body, m, o, edited)
	}
	return o, nil
}

// twin returns the order in the buyer's currency, or nil where one of its amounts is
// not given.
func (s *Storefront) twin(body *order, m erpbridge.Message, o *erpbridge.Order, edited bool) *erpbridge.Order {
	r := &reader{normalizer.NewReader(o.Presentment, m.ReceivedAt), true}
	twin := s.read(r, body, m.Type)
	twin.Presentment = o.Presentment
	if remaining := shipping(r, body, twin); edited {
		twin.Shipping = remaining
	}
	if r.Err() != nil {
		return nil
	}
	twin.ID, twin.Attributes = o.ID, o.Attributes
	return twin
}

// read maps all of an order but its shipping lines.
func (s *Storefront) read(r *reader, body *order, topic string) *erpbridge.Order {
	o := &erpbridge.Order{Currency: r.Currency()}
	head(r, body, o)
	s.times(r, body, topic, o)
	parties(r, body, o)
	s.lines(r, body, o)
	charges(r, body, o)
	o.Payments = payments(r, "", transactions(body.Transactions), cmp.Or(body.PresentmentCurrency.Text(), r.Currency()))
	return o
}

// currency returns a shop's currency: what a body says, else the setting.
func (s *Storefront) currency(code, member string) (string, error) {
	code = cmp.Or(code, s.conf.DefaultCurrency)
	if code == "" {
		return "", fail(erpbridge.Held, errors.New(member+": is missing; set default_currency to the shop's currency"))
	}
	if _, ok := erpbridge.Digits(code); !ok {
		return "", fail(erpbridge.Invalid, fmt.Errorf("%s: %q is not an ISO 4217 currency", member, signed.Clip(code)))
	}
	return code, nil
}

// codeOf returns the currency a set speaks of, the shop's or the buyer's, or "".
func codeOf(set *moneySet, presentment bool) string {
	switch {
	case set == nil:
		return ""
	case presentment && set.Presentment.V != nil:
		return set.Presentment.V.Currency.Text()
	case !presentment && set.Shop.V != nil:
		return set.Shop.V.Currency.Text()
	}
	return ""
}

// head maps what stands at the top of an order, but for money and times.
func head(r *reader, body *order, o *erpbridge.Order) {
	o.Number = cmp.Or(r.Text("", "name", body.Name), r.Text("", "order_number", body.Number))
	o.Test = r.Flag("", "test", body.Test)
	o.PO = r.Text("", "po_number", body.PONumber)
	o.Channel = r.Text("", "source_name", body.Source)
	o.TaxesIncluded = r.Flag("", "taxes_included", body.TaxesIncluded)
	o.PaymentStatus = paymentStatus(r, body.FinancialStatus)
	o.Terms = terms(r, body.Terms.V)

	o.Gateways = gateways(r, body.Gateways, body.Gateway)
	o.Note = r.Text("", "note", body.Note)
	o.Attributes = attributes(r, "note_attributes", body.NoteAttributes)
	o.Tags = words(r, body.Tags)
}

// gateways maps the names of an order's payment gateways; one is how bodies told the only
// one that have no list of them.
func gateways(r *reader, names list[scalar], one scalar) []string {
	var out []string
	for _, g := range names {
		if name := r.Text("", "payment_gateway_names", g); name != "" {
			out = append(out, name)
		}
	}
	if gateway := r.Text("", "gateway", one); gateway != "" && names == nil {
		out = []string{gateway}
	}
	return out
}

// words maps tags.
func words(r *reader, tags tags) []string {
	var out []string
	for _, tag := range tags {
		if tag = r.Clean("", "tags", tag); tag != "" {
			out = append(out, tag)
		}
	}
	return out
}

// paymentStatus maps financial_status. A word it does not know might mean money
// that is there or money that is not, so it is not guessed at.
func paymentStatus(r *reader, status scalar) erpbridge.PaymentStatus {
	known, ok := statusOf(status)
	if !ok {
		r.Fail("", "financial_status", "%q is not a payment status the bridge knows", signed.Clip(status.Text()))
	}
	return known
}

// statusOf returns what a financial_status means, and whether that is known.
func statusOf(status scalar) (erpbridge.PaymentStatus, bool) {
	switch strings.ToLower(status.Text()) {
	case "", "pending", "authorized", "expired":
		return erpbridge.Unpaid, true
	case "partially_paid":
		return erpbridge.PartiallyPaid, true
	case "paid":
		return erpbridge.Paid, true
	case "partially_refunded", "refunded":
		return erpbridge.Refunded, true
	case "voided":
		return erpbridge.Voided, true
	}
	return erpbridge.Unpaid, false
}

// terms maps when an order on account is to be paid. Of several dates the last one is
// when all of it is due.
func terms(r *reader, t *paymentTerms) *erpbridge.PaymentTerms {
	if t == nil {
		return nil
	}
	out := erpbridge.PaymentTerms{Name: r.Text("payment_terms.", "payment_terms_name", t.Name)}
	for _, schedule := range t.Schedules {
		text := schedule.DueAt.Text()
		if text == "" {
			continue
		}
		due, err := normalizer.ParseTime(text) // in the future, as no other time may be
		if err != nil {
			r.Fail("payment_terms.", "payment_schedules.due_at", "%q is not a time with its zone", signed.Clip(text))
		}
		if due.After(out.DueAt) {
			out.DueAt = due
		}
	}
	if out == (erpbridge.PaymentTerms{}) {
		return nil
	}
	return &out
}

// times maps the order's times and its posting date.
func (s *Storefront) times(r *reader, body *order, topic string, o *erpbridge.Order) {
	createdAt := r.Time("", "created_at", body.CreatedAt)
	processedAt := r.Time("", "processed_at", body.ProcessedAt)
	updatedAt := r.Time("", "updated_at", body.UpdatedAt)
	o.CancelledAt = r.Time("", "cancelled_at", body.CancelledAt)

	o.UpdatedAt = normalizer.First(updatedAt, createdAt)
	if o.UpdatedAt.IsZero() {
		r.Fail("", "updated_at", "is missing, and so is created_at: nothing says which state of the order this is")
		return
	}
	o.PlacedAt = normalizer.First(createdAt, processedAt, updatedAt)
	// A body that has no cancelled_at at all cannot contradict its topic.
	if topic == topicCancelled && o.CancelledAt.IsZero() && !body.CancelledAt.Null() {
		o.CancelledAt = o.UpdatedAt
	}
	if !o.CancelledAt.IsZero() {
		o.CancelReason = strings.ToLower(r.Text("", "cancel_reason", body.CancelReason))
	}
	posted := normalizer.First(processedAt, createdAt, updatedAt)
	if s.conf.PostingDate == created {
		posted = normalizer.First(createdAt, processedAt, updatedAt)
	}
	o.PostingDate = normalizer.Day(posted, s.zone)
}

// fingerprint tells apart what an ERP would see differently. The time of the change is
// the other half of a Version. An order's tags and attributes are no part of it: no
// document for an ERP has them, and they are where apps and ERPs write back what they did
// with the order, so that each answer would be the next question. Gateways have no order:
// REST and GraphQL each have theirs. Of payments, in whatever order, what was paid and paid
// back counts: an attempt that failed may come to light without a change of the order.
func fingerprint(o erpbridge.Order) (string, error) {
	o = lasting(o)
	if o.Presented != nil {
		twin := lasting(*o.Presented)
		o.Presented = &twin
	}
	return normalizer.Fingerprint(o)
}

// lasting returns what of an order tells its states apart.
func lasting(o erpbridge.Order) erpbridge.Order {
	o.UpdatedAt, o.Tags, o.Attributes = time.Time{}, nil, nil
	o.Gateways = sorted(o.Gateways)
	o.Payments = slices.DeleteFunc(slices.Clone(o.Payments), func(p erpbridge.Payment) bool {
		return p.State != erpbridge.Succeeded || p.Kind == erpbridge.Authorization || p.Kind == erpbridge.Void
	})
	for i := range o.Payments {
		o.Payments[i].At, o.Payments[i].Reference = time.Time{}, ""
	}
	slices.SortFunc(o.Payments, func(a, b erpbridge.Payment) int { return cmp.Compare(a.ID, b.ID) })
	return o
}
