package salesdoc

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// References of two stores must not be able to meet.
func TestPrefixesThatCouldMeet(t *testing.T) {
	for _, c := range []struct {
		stores map[string]Rules
		bad    string
	}{
		{map[string]Rules{"a": {ReferencePrefix: "P"}, "b": {ReferencePrefix: "P1"}}, "mapping.stores.b.reference_prefix"},
		{map[string]Rules{"eu": {}, "us": {ReferencePrefix: "eu-"}}, "mapping.stores.us.reference_prefix"},
		{map[string]Rules{"eu": {}, "eu-2": {ReferencePrefix: "eu-2"}}, "mapping.stores.eu-2.reference_prefix"},
		{map[string]Rules{"eu": {}, "eu-2": {}, "x": {ReferencePrefix: "P-"}, "y": {ReferencePrefix: "P-Y-"}}, ""},
	} {
		m := generous()
		m.Stores = c.stores
		_, err := New("erp", m, everything, nil)
		if (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%v: %v", c.stores, err)
		}
	}
}

// Whoever knows all stores is told of those that the mapping does not name, too.
func TestDistinct(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  Rules
		stores map[string]Rules
		all    []string
		bad    string // "": nothing
	}{
		{"each has its name", Rules{}, nil, []string{"eu", "us"}, ""},
		{"one prefix for all", Rules{ReferencePrefix: "P"}, nil, []string{"eu", "us"}, `mapping.reference_prefix: "P" and "P", those of the stores eu and us,`},
		{"one prefix, one store", Rules{ReferencePrefix: "P"}, nil, []string{"eu", "eu"}, ""},
		{"one of them has its own", Rules{ReferencePrefix: "P"}, map[string]Rules{"us": {ReferencePrefix: "U"}}, []string{"eu", "us"}, ""},
		{"its own goes on in digits", Rules{ReferencePrefix: "P"}, map[string]Rules{"us": {ReferencePrefix: "P2"}}, []string{"eu", "us"}, "mapping.stores.us.reference_prefix"},
		{"its own is a name", Rules{}, map[string]Rules{"us": {ReferencePrefix: "eu-"}}, []string{"eu", "us"}, "mapping.stores.us.reference_prefix"},
		{"but for capitals", Rules{}, nil, []string{"EU", "eu"}, "mapping.reference_prefix"},
		{"numbers of all", Rules{Number: Number{From: FromID}}, nil, []string{"eu", "us"}, "mapping.number.prefix"},
		{"numbers apart", Rules{}, map[string]Rules{"us": {Number: Number{Prefix: "U"}}}, []string{"eu", "us"}, ""},
		{"numbers of the ERP", Rules{Number: Number{From: FromERP}}, nil, []string{"eu", "us"}, ""},
	} {
		can := everything
		can.Numbered = strings.Contains(c.name, "number")
		tr, err := New("erp", Mapping{Rules: c.rules, Stores: c.stores}, can, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err := tr.Distinct(c.all); (err != nil) != (c.bad != "") || err != nil && !strings.HasPrefix(err.Error(), c.bad) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A store that the mapping does not name, or whose ids are words, does not write into the
// records of one that it names.
func TestReferencesOfAnotherStore(t *testing.T) {
	for _, c := range []struct {
		name, prefix, id string
		held             bool
	}{
		{"prefixes apart", "", "4711", false},
		{"the same prefix", "us-", "4711", true},
		{"but for capitals", "US-", "4711", true},
		{"an id that goes on like the other's prefix", "u", "s-4711", true},
	} {
		m := generous()
		m.ReferencePrefix = c.prefix
		m.Stores = map[string]Rules{"us": {ReferencePrefix: "us-"}}
		o := small()
		o.ID = c.id
		refund := &erpbridge.Refund{ID: "5", OrderID: c.id, PostingDate: "2026-11-21", Currency: "EUR", Lines: []erpbridge.RefundLine{{SKU: "A-1", Quantity: one, Amount: eur("1.00")}}}
		for _, ev := range []erpbridge.Event{
			placed(o),
			{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/" + c.id, Refund: refund},
			{Store: "eu", Type: erpbridge.OrderCancelled, Stream: "order/" + c.id, Cancellation: &erpbridge.Cancellation{OrderID: c.id}},
		} {
			_, err := translator(t, m, nil).Translate(ev)
			if c.held != (erpbridge.KindOf(err) == erpbridge.Held) || c.held && !strings.Contains(err.Error(), "store us") || !c.held && err != nil {
				t.Errorf("%s, %s: %v", c.name, ev.Type, err)
			}
		}
	}
}

// A store that the mapping names and of which nothing goes to the target is a slip of the
// pen: its rules would be nobody's.
func TestStoresOfTheMappingAreRouted(t *testing.T) {
	for _, c := range []struct {
		name   string
		stores map[string]Rules
		all    []string
		bad    string
	}{
		{"both are there", map[string]Rules{"shop-eu": {}}, []string{"shop-eu", "shop-us"}, ""},
		{"a typo", map[string]Rules{"shop-eeu": {}}, []string{"shop-eu", "shop-us"}, `mapping.stores.shop-eeu: nothing of a store "shop-eeu" goes to target erp; did you mean "shop-eu"?`},
		{"it is another one's", map[string]Rules{"pos": {}}, []string{"shop-eu", "shop-us"}, `mapping.stores.pos: nothing of a store "pos" goes to target erp; known: shop-eu, shop-us`},
		{"what has its rules is not meant", map[string]Rules{"shop-eu": {}, "shop-eeu": {}}, []string{"shop-eu"}, `; known: shop-eu`},
		{"none is routed", map[string]Rules{"pos": {}}, nil, `mapping.stores.pos: nothing of a store "pos" goes to target erp`},
	} {
		m := generous()
		m.Stores = c.stores
		if err := translator(t, m, nil).Distinct(c.all); (err != nil) != (c.bad != "") || err != nil && !strings.HasSuffix(err.Error(), c.bad) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
