package sapidoc

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Qualifiers, as SAP's library of messages explains them.
const (
	poNumber      = "001" // E1EDK02: the customer's purchase order number (VBKD-BSTKD)
	externalOrder = "066" // E1EDK02: external order number

	division  = "006" // E1EDK14
	channel   = "007"
	salesOrg  = "008"
	group     = "010"
	orderType = "012"
	office    = "016"

	requestedDate = "002" // E1EDK03: requested delivery date
	orderDate     = "022" // E1EDK03: date of the purchase order

	vendorsItem = "002" // E1EDP19: our material
	buyersItem  = "001" // E1EDP19: as the buyer's side calls it

	sumTotal = "002" // E1EDS01: value of the order
)

// sales writes the segments of a sales document, in the order of the basic type.
func (t *translation) sales(d *idoc, p paper) error {
	doc := t.d
	d.add("E1EDK01").
		set("ACTION", p.action).
		set("CURCY", doc.Currency).
		set("ZTERM", doc.PaymentTerms).
		set("BSART", p.conf.OrderType).
		set("BELNR", doc.Reference).
		set("VSART", doc.ShipMethod).
		set("AUGRU", p.conf.Reason)
	for _, o := range [][2]string{
		{division, t.conf.Orders.Division},
		{channel, t.conf.Orders.Channel},
		{salesOrg, t.conf.Orders.SalesOrg},
		{group, t.conf.Orders.Group},
		{orderType, p.conf.OrderType},
		{office, t.conf.Orders.Office},
	} {
		if o[1] != "" {
			d.add("E1EDK14").set("QUALF", o[0]).set("ORGID", o[1])
		}
	}
	if doc.Date != "" {
		d.add("E1EDK03").set("IDDAT", requestedDate).set("DATUM", date(doc.Date))
		d.add("E1EDK03").set("IDDAT", orderDate).set("DATUM", date(doc.Date))
	}
	if err := t.headerMoney(d); err != nil {
		return err
	}
	t.partners(d)
	d.add("E1EDK02").set("QUALF", poNumber).set("BELNR", doc.Reference).set("DATUM", date(doc.Date))
	external := doc.PO
	if doc.Refund != nil {
		external = doc.OrderReference
	}
	if external != "" {
		d.add("E1EDK02").set("QUALF", externalOrder).set("BELNR", external)
	}
	t.texts(d)
	if err := t.items(d, p); err != nil {
		return err
	}
	if doc.Currency != "" && (p.total || doc.Refund != nil) {
		d.add("E1EDS01").set("SUMID", sumTotal).set("SUMME", signed(doc.Total)).set("SUNIT", doc.Currency)
		return t.addsUp(d)
	}
	return nil
}

// items writes the goods, and what else is posted as a material.
func (t *translation) items(d *idoc, p paper) error {
	numbers, count := salesdoc.NewPositions(), 0
	for _, it := range t.d.Items {
		if it.As == salesdoc.AsCharge {
			continue // stands in the header
		}
		if count++; count > maxItems {
			return t.held("the order has more than %d items", maxItems)
		}
		if err := t.item(d, p, numbers.Of(it), it); err != nil {
			return err
		}
	}
	if p.addresses && numbers.Shared != 0 {
		return t.held("two items of the order come to the same number, %06d, and ORDCHG could change the one for the other: change the order in SAP by hand, and close this with erpbridge held discard", numbers.Shared)
	}
	return nil
}

func (t *translation) item(d *idoc, p paper, position int, it salesdoc.Item) error {
	action, rejection, quantity := p.item(t, it)
	price, unit, ok := t.price(it)
	if !ok {
		return t.held("%q, %s for %s pieces, has no price that SAP could work with", salesdoc.Cut(it.Description, 60, salesdoc.Characters), it.Gross, it.Quantity)
	}
	if !quantity.Trunc(3).Equal(quantity) {
		return t.held("a quantity of %s of %q: SAP has three decimals", quantity, salesdoc.Cut(it.Description, 60, salesdoc.Characters))
	}
	s := d.add("E1EDP01").
		set("POSEX", fmt.Sprintf("%06d", position)).
		set("ACTION", action).
		set("MENGE", quantity.String()).
		set("MENEE", it.Unit).
		set("VPREI", signed(price)).
		set("PEINH", unit).
		set("CURCY", t.d.Currency).
		set("ABGRU", rejection).
		set("WERKS", cmp.Or(it.Location, t.d.Location, t.conf.Orders.Plant))
	if !it.Tax.IsZero() || it.TaxCode != "" {
		s.add("E1EDP04").set("MWSKZ", it.TaxCode).set("MSATZ", percent(it.TaxRate)).set("MWSBT", signed(it.Tax))
	}
	if t.conf.Conditions.Price != "" {
		s.add("E1EDP05").set("ALCKZ", "+").set("KSCHL", t.conf.Conditions.Price).
			set("KRATE", signed(price)).set("UPRBS", unit).set("MEAUN", it.Unit).set("KOEIN", t.d.Currency)
	}
	if !it.Discount.IsZero() {
		s.add("E1EDP05").set("ALCKZ", "-").set("KSCHL", t.conf.Conditions.Discount).set("KOTXT", "Discount").
			set("BETRG", signed(it.Discount)).set("KOEIN", t.d.Currency)
	}
	s.add("E1EDP20").set("WMENG", quantity.String()).set("EDATU", date(t.d.Date))
	material := s.add("E1EDP19").set("QUALF", vendorsItem)
	number := padded(it.Code, 18)
	if t.conf.Release == S4 {
		material.set("IDTNR_LONG", number)
	}
	if t.conf.Release == ECC || len(number) <= 35 {
		material.set("IDTNR", number)
	}
	material.set("KTEXT", oneLine(it.Description))
	if it.SKU != "" && it.SKU != it.Code && len([]rune(it.SKU)) <= 35 {
		s.add("E1EDP19").set("QUALF", buyersItem).set("IDTNR", it.SKU)
	}
	t.text(s, "E1EDPT1", "E1EDPT2", t.conf.Texts.Item, it.Notes)
	return nil
}

// texts writes the order's notes.
func (t *translation) texts(d *idoc) {
	if t.conf.Texts.Header == "" || len(t.d.Notes) == 0 {
		return
	}
	t.write(d.add("E1EDKT1"), "E1EDKT2", t.conf.Texts.Header, t.d.Notes)
}

func (t *translation) text(s *segment, head, line, id string, notes []string) {
	if id != "" && len(notes) > 0 {
		t.write(s.add(head), line, id, notes)
	}
}

// maxTextLines bounds one text.
const maxTextLines = 200

// write fills a text: a paragraph for each note, in lines of 70 characters.
func (t *translation) write(head *segment, line, id string, notes []string) {
	head.set("TDID", id).set("TSSPRAS_ISO", t.conf.Texts.Language)
	f, _ := fieldOf(line, "TDLINE")
	written := 0
	for _, note := range notes {
		lines, err := t.rule(f).Lines(note, maxTextLines-written)
		if err != nil {
			head.idoc.errs = append(head.idoc.errs, salesdoc.Misfit(translateOp, line+"-TDLINE", err))
			return
		}
		written += len(lines)
		for i, text := range lines {
			format := "*" // a new paragraph
			if i > 0 {
				format = "/" // a new line of it
			}
			head.add(line).set("TDLINE", strings.ReplaceAll(text, "\t", " ")).set("TDFORMAT", format)
		}
		if written >= maxTextLines {
			return
		}
	}
}

// oneLine writes a text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// partners writes sold-to, ship-to and bill-to party.
func (t *translation) partners(d *idoc) {
	t.partner(d, "AG", t.d.BillTo).set("SPRAS_ISO", language(t.d.Buyer.Locale))
	if t.d.ShipTo != nil {
		t.partner(d, "WE", t.d.ShipTo)
	}
	if t.d.BillTo != nil {
		t.partner(d, "RE", t.d.BillTo)
	}
}

func (t *translation) partner(d *idoc, role string, a *salesdoc.Address) *segment {
	s := d.add("E1EDKA1").set("PARVW", role).set("PARTN", t.number)
	if a == nil {
		return s
	}
	name, more := a.Company, a.Name
	if name == "" {
		name, more = a.Name, ""
	}
	phone := a.Phone
	if role == "AG" {
		phone = cmp.Or(phone, t.d.Buyer.Phone)
	}
	return s.
		set("NAME1", oneLine(name)).
		set("NAME2", oneLine(more)).
		set("STRAS", oneLine(a.Street1)).
		set("STRS2", oneLine(a.Street2)).
		set("ORT01", oneLine(a.City)).
		set("PSTLZ", postcode(a, 9)).
		set("LAND1", a.Country).
		set("TELF1", oneLine(phone)).
		set("REGIO", a.Region)
}

// postcode writes a postal code. An American one with its extension, 12345-6789, has a
// character more than E1EDKA1 takes, and means the same without it.
func postcode(a *salesdoc.Address, length int) string {
	code := strings.TrimSpace(a.Postcode)
	if len(code) > length && a.ISO == "US" {
		code, _, _ = strings.Cut(code, "-")
	}
	return code
}

// language returns a locale's language as ISO 639 in capitals; "" where there is none.
func language(locale string) string {
	l, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	if len(l) != 2 {
		return ""
	}
	return strings.ToUpper(l)
}

// percent writes a rate as SAP does: 0.19 is 19.
func percent(rate erpbridge.Decimal) string {
	if rate.IsZero() {
		return ""
	}
	return rate.Mul(hundred).String()
}
