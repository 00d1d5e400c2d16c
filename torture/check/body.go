package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// A kind is a type of record.
type kind int

const (
	salesOrder kind = iota
	customer
	deposit
	kinds
)

var kindNames = [kinds]string{"salesOrder", "customer", "customerDeposit"}

// fieldNames are the fields that are compared. The first of each kind tells the
// states of an order apart.
var fieldNames = [kinds][]string{
	salesOrder: {
		"quantity", "rate", "amount", "description", "item", "lines", "closed", "tax", "shippingCost", "total", "currency", "otherRefNum", "memo",
		"billingAddress", "shippingAddress", "entity",
	},
	customer: {"lastName", "firstName", "companyName", "email", "phone", "comments", "currency"},
	deposit:  {"payment", "currency", "memo", "customer", "salesOrder"},
}

// A record is what the ERP holds of one state, or must hold: its externalId and the
// values of fieldNames.
type record struct {
	externalID string
	values     []string
}

// expected returns what the ERP must hold of a state, by kind; nil where it must
// hold no such record. It is the product's recorded rule, worked out from the raw
// body: see the tables of the shopify and netsuite adapters.
func expected(acct Account, topic, body string) ([kinds]*record, error) {
	var o shopifyOrder
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		return [kinds]*record{}, err
	}
	if len(o.LineItems) != 1 || len(o.ShippingLines) > 1 {
		return [kinds]*record{}, fmt.Errorf("%d lines and %d shipping lines: one article and at most one way of transport can be checked", len(o.LineItems), len(o.ShippingLines))
	}
	m := money{}
	line := o.LineItems[0]
	quantity, price, total := m.of(line.Quantity), m.of(line.Price), m.of(o.TotalPrice)
	tax, outstanding := m.orZero(o.TotalTax), m.orZero(o.TotalOutstanding)
	var shipping string
	sum := new(big.Rat).Add(new(big.Rat).Mul(quantity, price), tax)
	for _, s := range o.ShippingLines {
		cost := m.of(s.Price)
		shipping = plain(cost)
		sum.Add(sum, cost)
	}
	if m.err != nil {
		return [kinds]*record{}, m.err
	}
	if sum.Cmp(total) != 0 {
		return [kinds]*record{}, fmt.Errorf("the body does not add up: %s is not %s", plain(sum), plain(total))
	}
	if o.ID.text() == "" || o.Customer.ID.text() == "" {
		return [kinds]*record{}, errors.New("the body has no id, or no customer's")
	}
	cancelled := o.CancelledAt.given() || o.CancelledAt == nil && topic == "orders/cancelled"
	id := func(what string, s scalar) string {
		return acct.ExternalIDPrefix + acct.Store + "-" + what + "-" + s.text()
	}
	buyer, currency := id("customer", o.Customer.ID), acct.currency(o.Currency.text())

	var all [kinds]*record
	lines, closed, taxLine := "1", fmt.Sprint(cancelled), ""
	if tax.Sign() != 0 {
		lines, taxLine = "2", plain(tax)
	}
	item := ""
	if acct.Items != nil {
		item = cmp.Or(acct.Items[line.SKU.text()], acct.Items[""])
	}
	notes := slices.Concat([]string{markerStandIn}, o.BillingAddress.remarks(), o.ShippingAddress.remarks())
	if note := strip(o.Note.text()); note != "" {
		notes = append(notes, note)
	}
	all[salesOrder] = &record{id("order", o.ID), []string{
		plain(quantity), plain(price), plain(new(big.Rat).Mul(quantity, price)), shorten(strip(cmp.Or(line.Title.text(), line.Name.text())), 999), item,
		lines, closed, taxLine, shipping, plain(total), currency,
		strip(cmp.Or(o.PONumber.text(), o.Name.text(), o.OrderNumber.text(), o.ID.text())), shorten(strings.Join(notes, " "), 999),
		o.BillingAddress.value(), o.ShippingAddress.value(), buyer,
	}}
	all[customer] = &record{buyer, o.customer(currency)}
	paid := new(big.Rat).Sub(total, outstanding)
	switch strings.ToLower(o.FinancialStatus.text()) {
	case "paid", "partially_paid", "partially_refunded", "refunded":
		if !cancelled && paid.Sign() > 0 {
			all[deposit] = &record{id("deposit", o.ID), []string{plain(paid), currency, markerStandIn, buyer, id("order", o.ID)}}
		}
	}
	return all, nil
}

func (a Account) currency(code string) string { return a.Currencies[code] }

// markerStandIn takes the place of the mark that the product puts in front of texts:
// it is a hash of a key, which is the product's own affair. Only its form is checked.
const markerStandIn = "[erpbridge ****************]"

var marker = regexp.MustCompile(`^\[erpbridge [0-9a-f]{16}\]`)

// unmark puts the stand-in into the place of a mark.
func unmark(text string) string { return marker.ReplaceAllLiteralString(text, markerStandIn) }

// customer returns the customer's values.
func (o *shopifyOrder) customer(currency string) []string {
	c := o.Customer
	first, last := strip(c.FirstName.text()), strip(c.LastName.text())
	company := strip(c.DefaultAddress.Company.text())
	email := strings.TrimSpace(cmp.Or(strip(c.Email.text()), strip(o.Email.text()), strip(o.ContactEmail.text())))
	phone := cmp.Or(strip(c.Phone.text()), strip(o.Phone.text()))
	comments := []string{markerStandIn}
	if remark := phoneRemark("phone", phone); remark != "" {
		comments, phone = append(comments, remark), ""
	}
	if first != "" || last != "" || company == "" {
		last = cmp.Or(last, first, email, c.ID.text())
	}
	return []string{
		shorten(last, 32), shorten(first, 32), shorten(company, 83), email, phone, strings.Join(comments, "\n"), currency,
	}
}

type shopifyOrder struct {
	ID               scalar `json:"id"`
	Name             scalar `json:"name"`
	OrderNumber      scalar `json:"order_number"`
	PONumber         scalar `json:"po_number"`
	CancelledAt      scalar `json:"cancelled_at"`
	Currency         scalar `json:"currency"`
	TotalPrice       scalar `json:"total_price"`
	TotalTax         scalar `json:"total_tax"`
	TotalOutstanding scalar `json:"total_outstanding"`
	FinancialStatus  scalar `json:"financial_status"`
	Note             scalar `json:"note"`
	Email            scalar `json:"email"`
	ContactEmail     scalar `json:"contact_email"`
	Phone            scalar `json:"phone"`
	Customer         struct {
		ID             scalar  `json:"id"`
		FirstName      scalar  `json:"first_name"`
		LastName       scalar  `json:"last_name"`
		Email          scalar  `json:"email"`
		Phone          scalar  `json:"phone"`
		DefaultAddress address `json:"default_address"`
	} `json:"customer"`
	BillingAddress  address `json:"billing_address"`
	ShippingAddress address `json:"shipping_address"`
	LineItems       []struct {
		SKU      scalar `json:"sku"`
		Title    scalar `json:"title"`
		Name     scalar `json:"name"`
		Quantity scalar `json:"quantity"`
		Price    scalar `json:"price"`
	} `json:"line_items"`
	ShippingLines []struct {
		Price scalar `json:"price"`
	} `json:"shipping_lines"`
}

type address struct {
	Name         scalar `json:"name"`
	FirstName    scalar `json:"first_name"`
	LastName     scalar `json:"last_name"`
	Company      scalar `json:"company"`
	Address1     scalar `json:"address1"`
	Address2     scalar `json:"address2"`
	City         scalar `json:"city"`
	Zip          scalar `json:"zip"`
	Province     scalar `json:"province"`
	ProvinceCode scalar `json:"province_code"`
	Phone        scalar `json:"phone"`
}

// value returns an address as one text: its parts in the ERP's order, one a line.
func (a address) value() string {
	text := func(s scalar, most int) string { return shorten(strip(s.text()), most) }
	name := cmp.Or(strip(a.Name.text()), strings.TrimSpace(strip(a.FirstName.text())+" "+strip(a.LastName.text())))
	name = shorten(name, 83)
	attention, addressee := name, text(a.Company, 83)
	if addressee == "" {
		attention, addressee = "", name
	}
	phone := strip(a.Phone.text())
	if phoneRemark("", phone) != "" {
		phone = ""
	}
	region := a.ProvinceCode
	if !region.given() {
		region = a.Province
	}
	return joinAddress([]string{
		attention, addressee, phone, text(a.Address1, 150), text(a.Address2, 150), text(a.City, 50), text(region, 30), text(a.Zip, 36),
	})
}

// addressFields are the parts of an address in the ERP.
var addressFields = []string{"attention", "addressee", "addrPhone", "addr1", "addr2", "city", "state", "zip"}

func joinAddress(parts []string) string {
	if strings.Join(parts, "") == "" {
		return ""
	}
	return strings.Join(parts, "\n")
}

func (a address) remarks() []string {
	if remark := phoneRemark("addrPhone", strip(a.Phone.text())); remark != "" {
		return []string{remark}
	}
	return nil
}

// phoneRemark says why a phone number is left out, or nothing.
func phoneRemark(field, phone string) string {
	switch n := units(phone); {
	case n > 21:
		return "(" + field + " left out: longer than 21)"
	case n > 0 && n < 7:
		return "(" + field + " left out: shorter than 7)"
	}
	return ""
}

// A scalar is a JSON value as it was written; nil if there was none.
type scalar []byte

// UnmarshalJSON keeps the bytes.
func (s *scalar) UnmarshalJSON(b []byte) error {
	*s = bytes.Clone(b)
	return nil
}

func (s scalar) given() bool { return s.text() != "" }

// text returns what a string says, or the literal of a number; null is nothing.
func (s scalar) text() string {
	if len(s) == 0 || s[0] == 'n' {
		return ""
	}
	if s[0] != '"' {
		return string(s)
	}
	var text string
	if err := json.Unmarshal(s, &text); err != nil {
		return string(s)
	}
	return text
}

// money reads amounts and keeps the first error.
type money struct{ err error }

func (m *money) of(s scalar) *big.Rat {
	r, ok := exact(s.text())
	if !ok {
		m.err = cmp.Or(m.err, fmt.Errorf("%q is no amount", s.text()))
	}
	return r
}

func (m *money) orZero(s scalar) *big.Rat {
	if !s.given() {
		return new(big.Rat)
	}
	return m.of(s)
}

var decimalForm = regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,40})?$`)

// exact reads a decimal as it is written.
func exact(text string) (*big.Rat, bool) {
	if !decimalForm.MatchString(text) {
		return new(big.Rat), false
	}
	return new(big.Rat).SetString(text)
}

// plain writes a decimal without superfluous zeros, exactly: sums and products of
// decimals are decimals.
func plain(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

// canonicalDecimal is a decimal of the ERP as plain writes it, or the text itself if it
// is none: the comparison then says so.
func canonicalDecimal(text string) string {
	if r, ok := exact(text); ok {
		return plain(r)
	}
	return text
}
