package salesdoc

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// strange is an order of which no table knows a name.
func strange() *erpbridge.Order {
	o := small()
	o.Gateways, o.Terms = []string{"", "klarna"}, &erpbridge.PaymentTerms{Name: "Net 60"}
	o.Lines[0].Location = "999"
	return o
}

// tables are all that map names of orders, with the name of the strange order, what the
// document has of it, and an entry for another one.
var tables = []struct {
	table, setting, name, other string
	of                          func(*Rules) *Table
	has                         func(*Document) string
	left                        string // the document has it where nothing is mapped
}{
	{CountryTable, "addresses.countries", "DE", "AT", func(r *Rules) *Table { return &r.Addresses.Countries }, func(d *Document) string { return d.BillTo.Country }, "DE"},
	{RegionTable, "addresses.regions", "DE-BW", "DE-BY", func(r *Rules) *Table { return &r.Addresses.Regions }, func(d *Document) string { return d.BillTo.Region }, "BW"},
	{ShipMethodTable, "ship_methods", "Express", "Slow", func(r *Rules) *Table { return &r.ShipMethods }, func(d *Document) string { return d.ShipMethod }, ""},
	{PaymentMethodTable, "payment.methods", "klarna", "paypal", func(r *Rules) *Table { return &r.Payment.Methods }, func(d *Document) string { return d.PaymentMethod }, ""},
	{PaymentTermsTable, "payment.terms", "Net 60", "Net 30", func(r *Rules) *Table { return &r.Payment.Terms }, func(d *Document) string { return d.PaymentTerms }, ""},
	{LocationTable, "locations", "999", "1", func(r *Rules) *Table { return &r.Locations }, func(d *Document) string { return d.Items[0].Location }, ""},
	{TaxCodeTable, "tax", "VAT|0.19|DE", "GST", nil, func(d *Document) string { return d.Items[0].TaxCode }, ""},
}

// A name that no table has is held as soon as its table is used, wherever it is used, and
// becomes what unknown and default say.
func TestUnknownNames(t *testing.T) {
	const held = "held"
	for _, c := range tables {
		leave := OmitName
		if c.left != "" {
			leave = AsIsName
		}
		xref := func(key, value string) erpbridge.CrossReferences {
			return erpbridge.CrossReferences{c.table: {key: value}}
		}
		for _, k := range []struct {
			name    string
			values  bool // another name is in the settings
			unknown UnknownName
			def     string
			xref    erpbridge.CrossReference
			want    string
		}{
			{"nothing is mapped", false, "", "", nil, c.left},
			{"a row without a value", false, "", "", xref(c.other, ""), c.left},
			{"the settings", true, "", "", nil, held},
			{"the cross-reference", false, "", "", xref(c.other, "X"), held},
			{"known", true, "", "", xref(c.name, "Y"), "Y"},
			{"a default", true, "", "D", xref(c.other, "X"), "D"},
			{"a default is asked for", true, DefaultName, "D", nil, "D"},
			{"none is wanted", true, HoldName, "D", nil, held},
			{"an empty table", false, HoldName, "", nil, held},
			{"left out", true, leave, "", xref(c.other, "X"), c.left},
		} {
			t.Run(c.setting+"/"+k.name, func(t *testing.T) {
				m := generous()
				switch {
				case c.of != nil:
					*c.of(&m.Rules) = Table{Default: k.def, Unknown: k.unknown}
					if k.values {
						c.of(&m.Rules).Values = map[string]string{c.other: "X"}
					}
				default:
					m.Tax.Default, m.Tax.Unknown = k.def, k.unknown
					if k.values {
						m.Tax.Codes = []TaxCode{{Title: c.other, Code: "X"}}
					}
				}
				tr, err := New("erp", m, everything, k.xref)
				if err != nil {
					t.Fatal(err)
				}
				d, err := tr.Translate(placed(strange()))
				if k.want == held {
					for _, say := range []string{"mapping." + c.setting, "xref set --target erp " + c.table + ` "` + c.name + `"`} {
						if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), say) {
							t.Errorf("%v does not say %s", err, say)
						}
					}
					return
				}
				if err != nil || c.has(d) != k.want {
					t.Errorf("%v, %v", d, err)
				}
			})
		}
	}
}

// What is not named takes the default, or nothing: there is no name to map.
func TestWhatIsNotNamed(t *testing.T) {
	m := generous()
	for _, c := range tables {
		if c.of != nil && c.left == "" {
			*c.of(&m.Rules) = Table{Values: map[string]string{c.other: "X"}, Default: "D", Unknown: HoldName}
		}
	}
	o := small()
	o.Gateways, o.Shipping[0].Title = nil, ""
	d, err := translator(t, m, nil).Translate(placed(o))
	if err != nil || d.ShipMethod != "D" || d.PaymentMethod != "D" || d.PaymentTerms != "D" || d.Location != "D" || d.Items[0].Location != "D" {
		t.Errorf("%+v, %v", d, err)
	}
	m.ShipMethods.Default, m.Payment.Methods.Default, m.Payment.Terms.Default, m.Locations.Default = "", "", "", ""
	if _, err := translator(t, m, nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.ship_methods.default") {
		t.Errorf("transport without a title: %v", err)
	}
	o.Shipping[0].Title = "Slow"
	if d, err := translator(t, m, nil).Translate(placed(o)); err != nil || d.PaymentMethod+d.PaymentTerms+d.Location != "" {
		t.Errorf("%+v, %v", d, err)
	}
}

// Who maps the regions of one country does not hold the orders of all others.
func TestRegionsOfAnotherCountry(t *testing.T) {
	m := generous()
	m.Addresses.Regions.Values = map[string]string{"US-NY": "NEWYORK"}
	if d, err := translator(t, m, nil).Translate(placed(small())); err != nil || d.BillTo.Region != "BW" {
		t.Errorf("%+v, %v", d, err)
	}
}

// An adapter with a table of countries of its own is asked for those that the mapping does
// not have.
func TestCountriesOfTheAdapter(t *testing.T) {
	can := everything
	can.Countries = true
	for want, c := range map[string]Table{
		"DE": {Values: map[string]string{"AN": "_curacao"}},
		"X":  {Values: map[string]string{"AN": "_curacao"}, Default: "X"},
	} {
		m := generous()
		m.Addresses.Countries = c
		tr, err := New("erp", m, can, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := tr.Translate(placed(small())); err != nil || d.BillTo.Country != want {
			t.Errorf("want %s: %+v, %v", want, d, err)
		}
	}
}

// With tax as an item of its own no tax needs a code.
func TestTaxAsAnItemNeedsNoCode(t *testing.T) {
	m := generous()
	m.Tax.Mode, m.Tax.Unknown, m.Tax.Exempt = ItemTax, HoldName, "E"
	d, err := translator(t, m, nil).Translate(placed(small()))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range d.Items {
		if it.TaxCode != "E" || !it.TaxRate.IsZero() {
			t.Errorf("%+v", it)
		}
	}
}
