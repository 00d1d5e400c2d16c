package sapidoc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Process works on the IDocs that are ready (RBDAPP01), in the order they came.
func (s *System) Process() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.idocs {
		if d.Status == "64" {
			s.process(d, s.dice.First(mishap.Chance{Name: notPosted, P: s.conf.Faults.NotPosted}) != "")
		}
	}
}

// Repair works once more on the IDocs that were not posted (BD87).
func (s *System) Repair() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.idocs {
		if d.Status == "51" || d.Status == "56" {
			s.process(d, false)
		}
	}
}

// Reject marks the IDocs of a sender's DOCNUM for deletion.
func (s *System) Reject(docnum string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.idocs {
		if d.DOCNUM == docnum && d.Status != "53" {
			s.set(d, "68", "")
		}
	}
}

func (s *System) set(d *IDoc, status, why string) {
	if d.Status != status || d.Why != why {
		d.told = false
	}
	d.Status, d.Why = status, why
}

func (s *System) process(d *IDoc, unlucky bool) {
	if why := s.syntax(d.content); why != "" {
		s.Object("%s: %s", d.DOCNUM, why)
		s.set(d, "60", "E0072 "+why)
		return
	}
	if len(s.conf.Partners) > 0 && !slices.Contains(s.conf.Partners, d.Sender) {
		s.set(d, "56", "E0332 "+d.Sender)
		return
	}
	if unlucky {
		s.set(d, "51", "VG202 the document is being processed by somebody else")
		return
	}
	why := ""
	switch d.Message {
	case "ORDERS":
		why = s.create(d)
	case "ORDCHG":
		why = s.change(d)
	case "DEBMAS":
		number := d.content.all("E1KNA1M")[0].get("KUNNR")
		s.customers[number] = true
		s.effect(d, "customer", number, number)
	default:
		s.set(d, "56", "E0337 "+d.Message)
		return
	}
	if why != "" {
		s.set(d, "51", why)
		return
	}
	s.set(d, "53", "")
}

// referenceOf returns the customer reference of an order.
func referenceOf(d *segment) string { return d.by("E1EDK02", "QUALF", "001", "BELNR") }

// create makes a sales document: another one each time, unless its type checks the
// reference.
func (s *System) create(d *IDoc) (why string) {
	o := &Order{
		Number: fmt.Sprintf("%010d", 12_345+len(s.orders)), Reference: referenceOf(d.content),
		Type: d.content.by("E1EDK14", "QUALF", "012", "ORGID"), SoldTo: d.content.by("E1EDKA1", "PARVW", "AG", "PARTN"),
		Currency: d.content.all("E1EDK01")[0].get("CURCY"),
	}
	switch {
	case o.SoldTo == "" || len(s.conf.Customers) > 0 && !s.customers[o.SoldTo]:
		return "VG204 " + o.SoldTo
	case o.Reference == "":
		return "VG219 no customer reference"
	}
	if s.conf.CheckReference {
		for _, other := range s.orders {
			if other.Reference == o.Reference && other.Type == o.Type {
				return "V4115 " + o.Reference
			}
		}
	}
	for _, p := range d.content.all("E1EDP01") {
		it, why := s.item(p)
		if why != "" {
			return why
		}
		o.Items = append(o.Items, it)
	}
	total, err := totalOf(d.content)
	if err != nil {
		s.Object("%s: %v", d.DOCNUM, err)
		return "V1801 " + err.Error()
	}
	o.Total = total
	s.orders = append(s.orders, o)
	d.Order = o.Number
	s.effect(d, "create", o.Reference, o.Number)
	return ""
}

// item reads an item.
func (s *System) item(p *segment) (it Item, why string) {
	it = Item{Position: p.get("POSEX"), Material: p.by("E1EDP19", "QUALF", "002", "IDTNR"), Quantity: p.get("MENGE")}
	if long := p.by("E1EDP19", "QUALF", "002", "IDTNR_LONG"); long != "" {
		it.Material = long
	}
	if it.Material == "" || len(s.conf.Materials) > 0 && !slices.Contains(s.conf.Materials, it.Material) {
		return it, "V1382 " + it.Material
	}
	return it, ""
}

// change finds the one order of a reference and changes it, or nothing of it.
func (s *System) change(d *IDoc) (why string) {
	reference := referenceOf(d.content)
	var found []*Order
	for _, o := range s.orders {
		if o.Reference == reference {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		return fmt.Sprintf("VG205 %s: %d orders", reference, len(found))
	}
	o := found[0]
	items := slices.Clone(o.Items)
	for _, p := range d.content.all("E1EDP01") {
		if items, why = s.changed(items, p); why != "" {
			return why
		}
	}
	o.Items = items
	op, open := "change", func(it Item) bool { return !it.Rejected }
	if d.content.all("E1EDK01")[0].get("ACTION") == "001" || !slices.ContainsFunc(items, open) {
		o.Cancelled, op = true, "cancel"
	}
	d.Order = o.Number
	s.effect(d, op, reference, o.Number)
	return ""
}

// changed is what becomes of an order's items by one of an ORDCHG: by its ACTION 001 it is
// added, by 002 and 003 the one with its POSEX is changed or rejected. Without one of the
// three nothing happens to it (SAP help, "Document Item: General Data"). What has no such
// item ends in 51; 000 is the number of messages that have words only.
func (s *System) changed(items []Item, p *segment) (_ []Item, why string) {
	action, position := p.get("ACTION"), p.get("POSEX")
	at := slices.IndexFunc(items, func(it Item) bool { return it.Position == position })
	switch action {
	case "001":
		it, why := s.item(p)
		return append(items, it), why
	case "002", "003":
	default:
		return items, ""
	}
	if at < 0 {
		return items, "VG000 the order has no item " + position
	}
	if action == "003" || p.get("ABGRU") != "" {
		items[at].Rejected = true
	} else {
		items[at].Quantity = p.get("MENGE")
	}
	return items, ""
}

func (s *System) effect(d *IDoc, op, reference, number string) {
	s.Book(Effect{Op: op, Reference: reference, Number: number, DOCNUM: d.DOCNUM, MessageID: d.MessageID})
}

// totalOf adds the prices, conditions and taxes of an order, in thousandths, and holds
// them against what the order says it comes to. Prices are net where the order has taxes
// that are needed to come to that, and gross where it does not.
func totalOf(d *segment) (int64, error) {
	sum, tax := int64(0), int64(0)
	var err error
	amount := func(s *segment, field string) int64 {
		v, e := thousandths(s.get(field))
		if e != nil && err == nil {
			err = fmt.Errorf("%s-%s: %w", s.name.Local, field, e)
		}
		return v
	}
	condition := func(c *segment) int64 {
		if c.get("BETRG") == "" {
			return 0
		}
		v := amount(c, "BETRG")
		if v < 0 && err == nil {
			err = fmt.Errorf("%s-BETRG below nought, which ALCKZ says", c.name.Local)
		}
		switch c.get("ALCKZ") {
		case "-":
			return -v
		case "+":
			return v
		}
		if err == nil {
			err = fmt.Errorf("%s-ALCKZ is %q", c.name.Local, c.get("ALCKZ"))
		}
		return 0
	}
	for _, p := range d.all("E1EDP01") {
		unit := amount(p, "PEINH")
		if unit <= 0 {
			return 0, fmt.Errorf("E1EDP01-PEINH is %q", p.get("PEINH"))
		}
		product := amount(p, "VPREI") * amount(p, "MENGE")
		if err == nil && product%unit != 0 {
			return 0, fmt.Errorf("item %s has an amount finer than its currency", p.get("POSEX"))
		}
		sum += product / unit
		for _, c := range p.all("E1EDP05") {
			sum += condition(c)
		}
	}
	for _, c := range d.all("E1EDK05") {
		sum += condition(c)
	}
	for _, x := range d.all("E1EDK04") {
		tax += amount(x, "MWSBT")
	}
	said := d.by("E1EDS01", "SUMID", "002", "SUMME")
	if err != nil || said == "" {
		return sum + tax, err
	}
	want, err := thousandths(said)
	if err == nil && want != sum && want != sum+tax {
		err = fmt.Errorf("it comes to %d, or %d with tax, and says %d", sum, sum+tax, want)
	}
	return want, err
}

// thousandths reads a number of SAP's with its minus behind it.
func thousandths(text string) (int64, error) {
	digits, minus := strings.CutSuffix(text, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if len(frac) > 3 || whole == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no number of SAP's", text)
	}
	v, err := strconv.ParseInt(whole+frac+strings.Repeat("0", 3-len(frac)), 10, 64)
	if minus {
		v = -v
	}
	return v, err
}
