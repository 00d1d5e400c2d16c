package sapidoc

import (
	"strconv"
	"strings"
)

// party settles the buyer's number in SAP.
func (t *translation) party() error {
	b := t.d.Buyer
	switch {
	case t.d.Kind == "cancellation":
		t.number = padded(b.Number, 10) // may be nobody's: the reference says which order
	case b.Create:
		number, err := t.numberOf(b.ID)
		if err != nil {
			return err
		}
		t.number = number
	case b.Number == "":
		return t.held("the document has no customer: set mapping.customer.default of target %s", t.name)
	default:
		t.number = padded(b.Number, 10)
	}
	return nil
}

// numberOf makes a customer's number: the store's prefix and the shop's own number, to
// base 36 where it has more digits than fit. No two customers come to the same.
func (t *translation) numberOf(id string) (string, error) {
	prefix := t.conf.Customers.Prefixes[t.ev.Store]
	if prefix == "" {
		return "", t.held("customers of store %s have no numbers: set customers.prefixes.%s of target %s", t.ev.Store, t.ev.Store, t.name)
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != id {
		return "", t.held("no customer number can be made of %q: give guests a default customer (mapping.customer.guest of target %s), or put the customer into xref customers", id, t.name)
	}
	room := 10 - len(prefix)
	// All numbers of a prefix have one length, so that "12" to base 36 is not "12" itself.
	digits := strings.ToUpper(strconv.FormatUint(n, 36))
	if len(digits) > room {
		return "", t.held("customer %s has a number too large for SAP's %d characters: put the customer into xref customers", id, room)
	}
	return prefix + strings.Repeat("0", room-len(digits)) + digits, nil
}

// replace is MSGFN 005: the segment's full state.
const replace = "005"

// customer renders the master record of the order's buyer.
func (t *translation) customer() error {
	c, b, a := t.conf.Customers, t.d.Buyer, t.d.BillTo
	if a == nil {
		return t.held("the order has no address, and a customer in SAP needs a country: set mapping.customer.unknown of target %s to default", t.name)
	}
	key := t.d.Key("DEBMAS")
	d := &idoc{erp: t.ERP, basic: c.IDocType, extension: c.Extension}
	t.control(d, DocumentConfig{MessageType: c.MessageType}, identify(key))
	name, more := b.Company, strings.TrimSpace(b.FirstName+" "+b.LastName)
	if name == "" {
		name, more = more, ""
	}
	if name == "" {
		name = a.Name
	}
	s := d.add("E1KNA1M").
		set("MSGFN", replace).
		set("KUNNR", t.number).
		set("KTOKD", c.AccountGroup).
		set("LAND1", a.Country).
		set("NAME1", oneLine(name)).
		set("NAME2", oneLine(more)).
		set("ORT01", oneLine(a.City)).
		set("PSTLZ", postcode(a, 10)).
		set("REGIO", a.Region).
		set("SORTL", strings.ToUpper(oneLine(name))).
		set("STRAS", oneLine(a.Street1)).
		set("TELF1", oneLine(b.Phone)).
		set("STCEG", b.TaxID).
		set("SPRAS_ISO", language(b.Locale))
	o := t.conf.Orders
	if o.SalesOrg != "" {
		area := s.add("E1KNVVM").
			set("MSGFN", replace).
			set("VKORG", o.SalesOrg).
			set("VTWEG", o.Channel).
			set("SPART", o.Division).
			set("KALKS", c.PriceProcedure).
			set("VSBED", c.ShippingCond).
			set("WAERS", t.d.Currency).
			set("ZTERM", c.PaymentTerms)
		for _, role := range []string{"AG", "RE", "RG", "WE"} {
			area.add("E1KNVPM").set("MSGFN", replace).set("PARVW", role).set("KUNN2", t.number)
		}
	}
	if c.CompanyCode != "" {
		s.add("E1KNB1M").set("MSGFN", replace).set("BUKRS", c.CompanyCode).set("AKONT", padded(c.Reconciliation, 10)).set("ZTERM", c.PaymentTerms)
	}
	return t.append(d, key, c.MessageType, "DEBMAS/"+t.number)
}
