package bigcommerce

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// orderEvent makes the event of an order's document.
func (s *Storefront) orderEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	body := d.Order.V
	if body == nil {
		return c.notDocument("an order", "order")
	}
	id, err := c.names("order.id", body.ID, c.id)
	if err != nil {
		return fail(erpbridge.Invalid, err)
	}
	o, st, err := s.order(d, m)
	if err != nil {
		return err
	}
	if st.waits {
		return fail(erpbridge.Ignored, errors.New("an incomplete order; store/order/statusUpdated comes when it is paid for"))
	}
	if o.Test && s.conf.TestOrders == ignore {
		return fail(erpbridge.Ignored, errors.New("a test order; set test_orders: deliver to send such orders to the ERP"))
	}
	o.ID, o.Number = id, id
	digest, err := fingerprint(lasting(*o))
	if err != nil {
		return err
	}
	e.Type = eventType(c, o)
	e.Stream, e.Resource = "order/"+id, "order/"+id
	e.Version = erpbridge.Version{At: o.UpdatedAt, Rank: rank(o), Digest: digest}
	e.Order = o
	return nil
}

// lasting returns o without the time of its change. The time of cancellation is that
// very time, so only the fact of it is kept.
func lasting(o erpbridge.Order) erpbridge.Order {
	o.UpdatedAt = time.Time{}
	if !o.CancelledAt.IsZero() {
		o.CancelledAt = o.PlacedAt
	}
	return o
}

// eventType says what happened, as far as the order's own state does not contradict it.
// An order is placed when it is created with a status other than Incomplete, or leaves
// that one, and paid when it leaves a status in which payment is waited for.
func eventType(c cause, o *erpbridge.Order) erpbridge.EventType {
	before, known := statusOf(c.previous)
	switch {
	case !o.CancelledAt.IsZero():
		return erpbridge.OrderCancelled
	case c.scope == scopeOrderCreated, c.scope == scopeStatusUpdated && known && before.waits:
		return erpbridge.OrderPlaced
	case c.scope == scopeStatusUpdated && known && before.unpaid && o.PaymentStatus == erpbridge.Paid:
		return erpbridge.OrderPaid
	}
	return erpbridge.OrderChanged
}

// rank orders the states of an order within one second, which is as finely as
// BigCommerce tells the time: what was cancelled or refunded seldom comes back.
func rank(o *erpbridge.Order) int {
	switch {
	case !o.CancelledAt.IsZero():
		return 3
	case o.PaymentStatus == erpbridge.Refunded:
		return 2
	case o.PaymentStatus == erpbridge.Paid:
		return 1
	}
	return 0
}

// order maps everything but the id. It tries the half of the amounts that the order
// declares, and the other one where that does not come to the total.
func (s *Storefront) order(d *document, m erpbridge.Message) (*erpbridge.Order, status, error) {
	currency, err := s.currency(d.Order.V)
	if err != nil {
		return nil, status{}, err
	}
	declared, err := d.Order.V.TaxInclusive.Bool()
	if err != nil {
		return nil, status{}, invalid("order.is_tax_inclusive_pricing: %w", err)
	}
	var first *erpbridge.Order
	var st status
	var firstErr error
	for i, inclusive := range []bool{declared, !declared} {
		r := &reader{normalizer.NewReader(currency, m.ReceivedAt).Floats(), inclusive}
		o, is := s.read(r, d)
		err := r.Err()
		if err == nil && (is.waits || o.Sum().Equal(o.Total)) {
			return o, is, nil
		}
		if i == 0 || first == nil && err == nil {
			if err == nil {
				first = o
			}
			st = is
		}
		if i == 0 {
			firstErr = err
		}
	}
	if first == nil {
		return nil, st, fail(erpbridge.Invalid, firstErr)
	}
	return first, st, nil
}

// currency returns the currency an order was paid in, and its amounts are in.
func (s *Storefront) currency(body *order) (string, error) {
	code := cmp.Or(body.Currency.Text(), body.DisplayCurrency.Text(), s.conf.DefaultCurrency)
	if code == "" {
		return "", fail(erpbridge.Held, errors.New("order.default_currency_code: is missing; set default_currency to the store's currency"))
	}
	if _, ok := erpbridge.Digits(code); !ok {
		return "", invalid("order.default_currency_code: %q is not an ISO 4217 currency", signed.Clip(code))
	}
	return code, nil
}

// read maps an order by one half of its amounts. An incomplete one is not read beyond
// its status: nothing else of it has to be there.
func (s *Storefront) read(r *reader, d *document) (*erpbridge.Order, status) {
	body := d.Order.V
	st := r.status(body)
	o := &erpbridge.Order{Currency: r.Currency(), Presentment: r.Currency(), TaxesIncluded: r.inclusive}
	if st.waits {
		return o, st
	}
	if d.Products == nil {
		r.Fail("", "products", "is missing, or only a link; the body is an order without its lines, of which nothing can be booked: put both into a document, {\"order\": {...}, \"products\": [...]}")
		return o, st
	}
	s.times(r, body, st, o)
	head(r, d, st, o)
	parties(r, d, o)
	payments(r, d, o)
	amounts(r, d, o)
	o.Attributes = append(o.Attributes, r.Stripped()...)
	return o, st
}

// head maps what stands at the top of an order, but for money and times.
func head(r *reader, d *document, st status, o *erpbridge.Order) {
	body := d.Order.V
	o.PaymentStatus = r.paymentStatus(body.PaymentStatus, st)
	o.Channel = r.Text("", "order_source", body.Source)
	o.Note = r.Text("", "customer_message", body.CustomerMessage)
	if st.gone {
		o.CancelReason = st.name
	}
	for _, a := range []struct {
		name  string
		value scalar
	}{
		{"staff_notes", body.StaffNotes},
		{"custom_status", body.CustomStatus},
		{"channel_id", body.ChannelID},
		{"external_source", body.ExternalSource},
		{"external_id", body.ExternalID},
		{"external_order_id", body.ExternalOrderID},
	} {
		o.Attributes = attribute(o.Attributes, a.name, r.Text("", a.name, a.value))
	}
	if code := r.Text("", "currency_code", body.DisplayCurrency); code != o.Currency {
		o.Attributes = attribute(o.Attributes, "currency_code", code)
	}
	if code := r.Text("", "store_default_currency_code", body.StoreCurrency); code != "" && code != o.Currency {
		o.Attributes = attribute(o.Attributes, "store_default_currency_code", code)
		o.Attributes = attribute(o.Attributes, "store_default_to_transactional_exchange_rate", r.Text("", "store_default_to_transactional_exchange_rate", body.StoreRate))
	}
	if billing := body.Billing.V; billing != nil {
		o.Attributes = fields(r, "billing_address.form_fields", billing.FormFields, o.Attributes)
	}
}

// fields appends the fields a store has added to its forms.
func fields(r *reader, at string, list list[field], to []erpbridge.Attribute) []erpbridge.Attribute {
	for _, f := range list {
		if name := r.Text(at, ".name", f.Name); name != "" {
			to = attribute(to, name, r.Text(at, ".value", f.Value))
		}
	}
	return to
}

// times maps the order's times and its posting date. The store has no time of
// cancellation; its last change is the nearest there is.
func (s *Storefront) times(r *reader, body *order, st status, o *erpbridge.Order) {
	createdAt := r.date("", "date_created", body.DateCreated)
	modifiedAt := r.date("", "date_modified", body.DateModified)
	o.UpdatedAt = normalizer.First(modifiedAt, createdAt)
	if o.UpdatedAt.IsZero() {
		r.Fail("", "date_modified", "is missing, and so is date_created: nothing says which state of the order this is")
		return
	}
	o.PlacedAt = normalizer.First(createdAt, modifiedAt)
	if st.gone {
		o.CancelledAt = o.UpdatedAt
	}
	posted := o.PlacedAt
	if s.conf.PostingDate == shipped {
		posted = normalizer.First(r.date("", "date_shipped", body.DateShipped), posted)
	}
	o.PostingDate = normalizer.Day(posted, s.zone)
}

// parties maps who bought and where things go. The first address is where an order is
// shipped to; where there are more, the lines say to which they go.
func parties(r *reader, d *document, o *erpbridge.Order) {
	body := d.Order.V
	if b := body.Billing.V; b != nil {
		o.Email, o.Phone = r.Text("billing_address.", "email", b.Email), r.Text("billing_address.", "phone", b.Phone)
		o.BillTo = address(r, "billing_address.", b)
	}
	if len(d.Addresses) > 0 {
		o.ShipTo = address(r, "shipping_addresses[0].", &d.Addresses[0])
		if o.Email == "" {
			o.Email = r.Text("shipping_addresses[0].", "email", d.Addresses[0].Email)
		}
	}
	for i, a := range d.Addresses {
		o.Attributes = fields(r, fmt.Sprintf("shipping_addresses[%d].form_fields", i), a.FormFields, o.Attributes)
	}
	id := r.ID("", "customer_id", body.CustomerID)
	if absent(id) {
		return // a guest
	}
	o.Customer = &erpbridge.Customer{ID: id, Email: o.Email, Phone: o.Phone, Locale: r.Text("", "customer_locale", body.Locale)}
	if b := body.Billing.V; b != nil {
		o.Customer.FirstName = r.Text("billing_address.", "first_name", b.FirstName)
		o.Customer.LastName = r.Text("billing_address.", "last_name", b.LastName)
		o.Customer.Company = r.Text("billing_address.", "company", b.Company)
	}
}

// address returns an address, or nil where nothing is in it.
func address(r *reader, at string, p *place) *erpbridge.Address {
	out := erpbridge.Address{
		Name:     strings.TrimSpace(r.Text(at, "first_name", p.FirstName) + " " + r.Text(at, "last_name", p.LastName)),
		Company:  r.Text(at, "company", p.Company),
		Street1:  r.Text(at, "street_1", p.Street1),
		Street2:  r.Text(at, "street_2", p.Street2),
		City:     r.Text(at, "city", p.City),
		Region:   r.Text(at, "state", p.State),
		Postcode: r.Text(at, "zip", p.Zip),
		Country:  strings.ToUpper(r.Text(at, "country_iso2", p.ISO2)),
		Phone:    r.Text(at, "phone", p.Phone),
	}
	if name := r.Text(at, "country", p.Country); out.Country == "" && len(name) == 2 {
		out.Country = strings.ToUpper(name)
	}
	if out == (erpbridge.Address{}) {
		return nil
	}
	return &out
}
