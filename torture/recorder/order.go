package recorder

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
	"unicode/utf8"
)

// huge is the amount in cents from which on a float64 cannot hold every cent.
const huge = 1 << 53

// An order is what stays the same over an order's versions, and what tells them
// apart.
type order struct {
	number   int
	id       int64
	versions int
	placed   time.Time

	price, tax, shipping int64 // in cents; tax and shipping are of the whole order
	paidFrom             int   // the version from which on it is paid; 0: never
	cancelled            bool  // its last version is
	poison               bool
	longNote             bool

	sku, title           string
	po                   string
	first, last, company string
	street, city         string
	place                place
	notes                uint64 // seeds the notes
}

type place struct{ country, name, province, code, zip string }

var places = []place{
	{"US", "United States", "New York", "NY", "12207"},
	{"DE", "Germany", "", "", "04109"},
	{"FR", "France", "", "", "13001"},
	{"GB", "United Kingdom", "England", "ENG", "SW1A 1AA"},
	{"JP", "Japan", "Tōkyō", "JP-13", "100-0001"},
	{"CA", "Canada", "Québec", "QC", "H2Y 1C6"},
}

func (p Plan) newOrder(r *rand.Rand, n, versions int, poison bool) *order {
	number := p.FirstOrder + n
	o := &order{
		number: number, id: 7_000_000_000_000 + int64(number), versions: versions,
		placed: p.Start.Add(time.Duration(n) * time.Minute),
		price:  price(r), poison: poison,
		sku: fmt.Sprintf("SKU-%03d", r.IntN(200)), title: "Becher " + awkward(r, 30),
		first: "Zoë " + awkward(r, 8), last: lastNames[r.IntN(len(lastNames))],
		street: fmt.Sprintf("%d Rue de l'Été & Sons", 1+r.IntN(999)), city: "Sankt Pölten",
		place: places[r.IntN(len(places))], notes: r.Uint64(),
	}
	if poison {
		o.sku = p.PoisonSKU
	}
	if chance(r, 0.3) {
		o.tax, o.shipping = 1+r.Int64N(9999), 100+r.Int64N(2000)
	}
	if chance(r, 0.5) {
		o.paidFrom = 1 + r.IntN(versions)
	}
	if chance(r, 0.2) {
		o.company = "Müller & Söhne <GmbH>"
	}
	if chance(r, 0.1) {
		o.po = "PO/" + strconv.Itoa(number) + " <&>"
	}
	o.longNote = chance(r, 0.04)
	// The first version is not a cancellation: there would be nothing to cancel.
	o.cancelled = versions > 1 && chance(r, p.Cancelled)
	return o
}

var lastNames = []string{"Müller", "O'Brien", "Nguyễn", "Ångström", "\"van\" <der> Berg", "李", "Şahin & Co"}

// price returns an amount in cents. Some are so large that a float64 holds no
// cents any more, and their multiples come out a cent off; the others are such as
// a sum of float64 prints with seventeen digits.
func price(r *rand.Rand) int64 {
	if !chance(r, 0.15) {
		return 1 + r.Int64N(50_000)
	}
	for {
		if c := huge + r.Int64N(900_000_000_000_000); lossy(c) {
			return c
		}
	}
}

// lossy reports whether a float64 gives the amount back wrong, at cents.
func lossy(cents int64) bool {
	f, err := strconv.ParseFloat(decimal(cents), 64)
	return err != nil || strconv.FormatFloat(f, 'f', 2, 64) != decimal(cents)
}

// decimal writes cents as an amount.
func decimal(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// updatedAt rises by a second with each version.
func (o *order) updatedAt(version int) time.Time {
	return o.placed.Add(time.Duration(version) * time.Second)
}

func (o *order) isCancelled(version int) bool { return o.cancelled && version == o.versions }

func (o *order) isPaid(version int) bool { return o.paidFrom > 0 && version >= o.paidFrom }

func (o *order) total(version int) int64 { return int64(version)*o.price + o.tax + o.shipping }

// topic returns what a shop says of a version; another telling has another word for
// it, where there is one.
func (o *order) topic(version int, again bool) string {
	switch {
	case again && o.isPaid(version) && !o.isCancelled(version):
		return "orders/paid"
	case again:
		return "orders/updated"
	case version == 1:
		return "orders/create"
	case o.isCancelled(version):
		return "orders/cancelled"
	case version == o.paidFrom:
		return "orders/paid"
	}
	return "orders/updated"
}

// body returns the order at a version, as Shopify's order resource, in one of the
// many spellings that JSON has for it.
func (o *order) body(version int, spelling uint64) []byte {
	s := newSpeller(spelling)
	s.value(o.resource(version))
	return s.bytes()
}

// resource is the order at a version. What a version has beside the number of its
// pieces must tell it apart too: the customer's name and what is paid.
func (o *order) resource(version int) object {
	stamp := func(t time.Time) string { return t.In(time.FixedZone("", -5*3600)).Format(time.RFC3339) }
	number := strconv.Itoa(o.number)
	amount := func(cents int64) any { return money(decimal(cents)) }
	set := func(cents int64) object {
		m := object{{"amount", decimal(cents)}, {"currency_code", "USD"}}
		return object{{"shop_money", m}, {"presentment_money", m}}
	}
	total := o.total(version)
	status, outstanding := "pending", total
	if o.isPaid(version) {
		status, outstanding = "paid", 0
	}
	var cancelledAt any
	if o.isCancelled(version) {
		cancelledAt = stamp(o.updatedAt(version))
	}
	last := fmt.Sprintf("%s v%d", o.last, version)
	email := "buyer." + number + "@example.com"
	phone := fmt.Sprintf("+1518555%04d", o.number%10000)
	var company any
	if o.company != "" {
		company = o.company
	}
	address := object{
		{"first_name", o.first},
		{"last_name", last},
		{"name", o.first + " " + last},
		{"company", company},
		{"address1", o.street},
		{"address2", "c/o ]]> & <b>"},
		{"city", o.city},
		{"zip", o.place.zip},
		{"province", orNull(o.place.province)},
		{"province_code", orNull(o.place.code)},
		{"country", o.place.name},
		{"country_code", o.place.country},
		{"phone", phone},
	}
	line := object{
		{"id", literal(fmt.Sprint(15_000_000_000_000 + int64(o.number)))},
		{"sku", o.sku},
		{"title", o.title},
		{"name", o.title},
		{"product_id", literal("9100000110100")},
		{"variant_id", literal("49100000110100")},
		{"gift_card", false},
		{"quantity", quantity(version)},
		{"current_quantity", quantity(version)},
		{"price", amount(o.price)},
		{"price_set", set(o.price)},
		{"total_discount", "0.00"},
		{"discount_allocations", []any{}},
		{"duties", []any{}},
		{"tax_lines", []any{}},
		{"taxable", o.tax > 0},
	}
	taxes, shipping := []any{}, []any{}
	if o.tax > 0 {
		taxes = []any{object{{"title", "NY Sales Tax"}, {"rate", literal("0.0800")}, {"price", amount(o.tax)}, {"price_set", set(o.tax)}}}
		line.set("tax_lines", taxes)
	}
	if o.shipping > 0 {
		shipping = []any{object{
			{"id", literal("5600000011010")},
			{"title", "UPS Ground"},
			{"code", "UPS_GROUND"},
			{"price", amount(o.shipping)},
			{"price_set", set(o.shipping)},
			{"discount_allocations", []any{}},
			{"tax_lines", []any{}},
			{"is_removed", false},
		}}
	}
	return object{
		{"id", literal(strconv.FormatInt(o.id, 10))},
		{"admin_graphql_api_id", "gid://shopify/Order/" + strconv.FormatInt(o.id, 10)},
		{"name", "#" + number},
		{"order_number", literal(number)},
		{"po_number", orNull(o.po)},
		{"test", false},
		{"created_at", stamp(o.placed)},
		{"processed_at", stamp(o.placed)},
		{"updated_at", stamp(o.updatedAt(version))},
		{"cancelled_at", cancelledAt},
		{"currency", "USD"},
		{"presentment_currency", "USD"},
		{"taxes_included", false},
		{"tax_exempt", false},
		{"total_price", amount(total)},
		{"total_price_set", set(total)},
		{"total_tax", amount(o.tax)},
		{"total_outstanding", decimal(outstanding)},
		{"financial_status", status},
		{"payment_gateway_names", []any{"shopify_payments"}},
		{"email", email},
		{"contact_email", email},
		{"phone", nil},
		{"customer", object{
			{"id", literal(fmt.Sprint(8_000_000_000_000 + int64(o.number)))},
			{"first_name", o.first},
			{"last_name", last},
			{"email", email},
			{"phone", phone},
			{"tax_exempt", false},
			{"default_address", address},
		}},
		{"billing_address", address},
		{"shipping_address", address},
		{"line_items", []any{line}},
		{"shipping_lines", shipping},
		{"tax_lines", taxes},
		{"discount_applications", []any{}},
		{"discount_codes", []any{}},
		{"note", o.note(version)},
		{"note_attributes", []any{}},
		{"tags", "torture, " + number},
	}
}

// note returns a text of sixty characters and more, another with each version.
func (o *order) note(version int) string {
	r := rand.New(rand.NewPCG(o.notes, uint64(version))) // #nosec G404,G115 -- to be repeated, not to be secret
	least := 60
	if o.longNote {
		least = 1100
	}
	note := fmt.Sprintf("State %d:", version)
	for utf8.RuneCountInString(note) < least {
		note += " " + awkward(r, 40)
	}
	return note
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
