package netsuite

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Every text field that is written has a length, and keys are never cut.
func TestLimits(t *testing.T) {
	for field, l := range limits {
		if l.Length < shortestLength && l.Overflow == salesdoc.CutMark && (strings.HasSuffix(field, ".memo") || strings.HasSuffix(field, ".comments")) {
			t.Errorf("%s has no room for its marker", field)
		}
		if key := strings.HasSuffix(field, ".otherRefNum") || strings.HasSuffix(field, ".tranId") || field == "Customer.email"; key && l.Overflow == salesdoc.CutMark {
			t.Errorf("%s is a key and would be cut", field)
		}
	}
	e := open(t, "lengths: {Address.city: 30}")
	if l, _ := e.limitOf("Address.city"); l.Length != 30 || l.Overflow != salesdoc.CutMark {
		t.Errorf("%+v", l)
	}
	o := placed()
	o.ShipTo.City = strings.Repeat("x", 31)
	if body := string(translate(t, e, o)[1].Body); !strings.Contains(body, ">"+strings.Repeat("x", 29)+"…<") {
		t.Error("the configured length is not kept")
	}
}

// What each field takes to its last unit, and what becomes of one more.
func TestFieldRules(t *testing.T) {
	e := open(t, "")
	for field, rule := range limits {
		typ, name, _ := strings.Cut(field, ".")
		for _, fill := range []string{"x", "ä", "東"} {
			fits, over := strings.Repeat(fill, rule.Length), strings.Repeat(fill, rule.Length+1)
			written := func(text string) (string, error) {
				r := e.newRecord(rel, typ, "id")
				r.text(name, text)
				if _, _, err := r.bytes(); err != nil {
					return "", err
				}
				el := r.el.SelectElement(name)
				if el == nil {
					return "", nil
				}
				return el.Text(), nil
			}
			if got, err := written(fits); got != fits || err != nil {
				t.Errorf("%s: %d of %s came to %d: %v", field, rule.Length, fill, len(got), err)
			}
			got, err := written(over)
			switch rule.Overflow {
			case salesdoc.CutMark:
				if want := strings.Repeat(fill, rule.Length-1) + "…"; got != want || err != nil {
					t.Errorf("%s: %q, %v", field, got, err)
				}
			case salesdoc.Omit:
				if got != "" || err != nil {
					t.Errorf("%s: %q, %v", field, got, err)
				}
			default:
				wantKind(t, erpbridge.Held, err)
				if err != nil && !strings.Contains(err.Error(), "lengths."+field+" of target ns") {
					t.Errorf("%s: %v does not name the setting", field, err)
				}
			}
			_, err = written("a\x01b")
			wantKind(t, erpbridge.Invalid, err)
		}
	}
}

// NetSuite refuses the whole record for a phone number of less than seven digits, whatever
// stands between them.
func TestShortPhones(t *testing.T) {
	for phone, want := range map[string]string{
		"":                        "",
		"112":                     "(addrPhone left out: shorter than 7)",
		"123456":                  "(addrPhone left out: shorter than 7)",
		"1234567":                 ">1234567<",
		"+1 (23) - 45":            "(addrPhone left out: shorter than 7)",
		"n/a - - -":               "(addrPhone left out: shorter than 7)",
		"1-800-FLOWERS":           ">1-800-FLOWERS<",
		"١٢٣٤٥٦٧":                 ">١٢٣٤٥٦٧<",
		"+49 30 1234567890123456": "(addrPhone left out: longer than 21)",
	} {
		o := placed()
		o.BillTo, o.ShipTo.Phone = nil, phone
		body := string(translate(t, open(t, ""), o)[1].Body)
		if !strings.Contains(body, want) || strings.Contains(body, "addrPhone>") != strings.HasPrefix(want, ">") {
			t.Errorf("%q: there is no %s in %s", phone, want, body)
		}
	}
}

// Numbers are plain decimals with the currency's places, quantities as they are.
func TestNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		line erpbridge.Line
		want string
	}{
		"exact price":     {item("MUG-1", "x", "8", "1.25", "EUR"), "<tranSales:rate>1.25</tranSales:rate><tranSales:amount>10.00<"},
		"finer than cent": {with(item("MUG-1", "x", "8", "0", "EUR"), "0.01"), "<tranSales:rate>0.00125</tranSales:rate><tranSales:amount>0.01<"},
		"no exact price":  {with(item("MUG-1", "x", "3", "0", "EUR"), "10.00"), `internalId="-1"/><tranSales:amount>10.00<`},
		"part of a piece": {with(item("MUG-1", "x", "2.5", "0", "EUR"), "1.00"), "<tranSales:quantity>2.5</tranSales:quantity>"},
		"large":           {item("MUG-1", "x", "1", "1234567890.12", "EUR"), "<tranSales:amount>1234567890.12<"},
	} {
		t.Run(name, func(t *testing.T) {
			o := placed()
			o.Lines, o.Shipping, o.TaxTotal, o.PaymentStatus = []erpbridge.Line{c.line}, nil, eur("0.00"), erpbridge.Unpaid
			o.Total = o.Sum()
			if body := string(translate(t, open(t, ""), o)[1].Body); !strings.Contains(body, c.want) {
				t.Errorf("there is no %s in %s", c.want, body)
			}
		})
	}
}

// with gives a line what all its pieces come to.
func with(l erpbridge.Line, extended string) erpbridge.Line {
	l.Extended = eur(extended)
	return l
}
