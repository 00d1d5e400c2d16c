package fo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// A headerRow and a lineRow are what OData says of a record.
type headerRow struct {
	Company   string `json:"dataAreaId"`
	Number    string `json:"SalesOrderNumber"`
	Reference string `json:"CustomersOrderReference"`
	Status    string `json:"SalesOrderStatus"`
}

type lineRow struct {
	Company  string      `json:"dataAreaId"`
	Number   string      `json:"SalesOrderNumber"`
	Lot      string      `json:"InventoryLotId"`
	Item     string      `json:"ItemNumber"`
	Quantity json.Number `json:"OrderedSalesQuantity"`
	Amount   json.Number `json:"LineAmount"`
}

// A finding is what F&O has of an order, held against what was, or is to be, sent.
type finding struct {
	present   bool   // there is a sales order of that number
	reference string // its
	status    string
	ours      bool // it is this order, in whatever state
	current   bool // its header is of this very state

	missing []string // lines that are not there
	wrong   []string // lines with another item or quantity
	priced  []string // lines that come to another amount
	stale   []string // lines of ours that this state of the order does not have
	foreign int      // lines that somebody added
}

// whole reports whether every line is there, and none too many of ours.
func (f *finding) whole() bool {
	return f.ours && f.current && len(f.missing)+len(f.wrong)+len(f.stale) == 0
}

// exact reports whether the order is there as it was sent, amounts and all.
func (f *finding) exact() bool { return f.whole() && len(f.priced) == 0 }

// renumbered reports whether F&O has lines of the order and none under our lot ids: it gave
// them its own, or lot_prefix was changed.
func (f *finding) renumbered(o *order) bool {
	return f.ours && f.foreign > 0 && len(f.missing) == len(o.lines)
}

// lacks says what keeps an order from being whole.
func (f *finding) lacks() string {
	switch {
	case !f.present:
		return "F&O has no such sales order"
	case !f.ours:
		return fmt.Sprintf("F&O has another order under this number (%s)", clip(f.reference, 60))
	}
	var parts []string
	if f.foreign > 0 && len(f.missing) > 0 {
		parts = append(parts, fmt.Sprintf("it has %d lines under lot ids that are not ours (the number sequence of lot ids must be manual, and lot_prefix must never change)", f.foreign))
	}
	if !f.current {
		parts = append(parts, "the header is of another state of the order")
	}
	for _, p := range []struct {
		what  string
		lines []string
	}{
		{"not there: ", f.missing},
		{"there with other values: ", append(slices.Clone(f.wrong), f.priced...)},
		{"left over from an earlier state, to be deleted in F&O: ", f.stale},
	} {
		if len(p.lines) > 0 {
			parts = append(parts, p.what+several(p.lines))
		}
	}
	return strings.Join(parts, "; ")
}

// remarks says what is to be known of an order that is whole.
func (f *finding) remarks() string {
	var parts []string
	if len(f.priced) > 0 {
		parts = append(parts, "F&O works out other amounts: "+several(f.priced))
	}
	if f.foreign > 0 {
		parts = append(parts, fmt.Sprintf("somebody added %d lines", f.foreign))
	}
	return strings.Join(parts, "; ")
}

func several(list []string) string {
	const most = 10
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// look reads what F&O has of orders: their headers and all their lines. The error is
// about the look-up.
func (e *ERP) look(ctx context.Context, op string, orders []*order) ([]*finding, error) {
	numbers := make([]string, 0, len(orders))
	for _, o := range orders {
		if !slices.Contains(numbers, o.number()) {
			numbers = append(numbers, o.number())
		}
	}
	headers, err := query[headerRow](ctx, e, op, e.conf.Headers.Collection, e.anyOf(numbers),
		"dataAreaId", "SalesOrderNumber", "CustomersOrderReference", "SalesOrderStatus")
	if err != nil {
		return nil, err
	}
	findings := make([]*finding, len(orders))
	var present []string
	for i, o := range orders {
		findings[i] = &finding{}
		for _, h := range headers {
			if !e.is(h.Company, h.Number, o) {
				continue
			}
			reference := strings.TrimSpace(h.Reference)
			findings[i] = &finding{
				present: true, reference: reference, status: h.Status,
				ours:    owner(reference) == owner(o.reference()),
				current: reference == o.reference(),
			}
			if !slices.Contains(present, o.number()) {
				present = append(present, o.number())
			}
			break
		}
	}
	if len(present) == 0 {
		return findings, nil
	}
	lines, err := query[lineRow](ctx, e, op, e.conf.Lines.Collection, e.anyOf(present),
		"dataAreaId", "SalesOrderNumber", "InventoryLotId", "ItemNumber", "OrderedSalesQuantity", "LineAmount")
	if err != nil {
		return nil, err
	}
	for i, o := range orders {
		if findings[i].present {
			e.compare(findings[i], o, lines)
		}
	}
	return findings, nil
}

// same compares keys as F&O's database does: whatever their case, and the blanks at their
// ends.
func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// is reports whether a record is of an order, whatever a filter let through.
func (e *ERP) is(company, number string, o *order) bool {
	return strings.EqualFold(company, e.conf.LegalEntity) && same(number, o.number())
}

// compare holds the lines that F&O has against those of an order.
func (e *ERP) compare(f *finding, o *order, lines []lineRow) {
	there := map[string]lineRow{}
	for _, l := range lines {
		if !e.is(l.Company, l.Number, o) {
			continue
		}
		lot := strings.ToUpper(l.Lot)
		if _, twice := there[lot]; twice {
			f.wrong = append(f.wrong, fmt.Sprintf("lot %s (%s) stands there twice", clip(l.Lot, 30), clip(l.Item, 30)))
		}
		there[lot] = l
	}
	for i, sent := range o.lines {
		lot := strings.ToUpper(sent.get(fieldLot))
		name := fmt.Sprintf("line %d (%s)", i+1, clip(sent.get(fieldItem), 30))
		l, ok := there[lot]
		delete(there, lot)
		switch {
		case !ok:
			f.missing = append(f.missing, name)
		case !same(l.Item, sent.get(fieldItem)):
			f.wrong = append(f.wrong, fmt.Sprintf("%s is of item %s", name, clip(l.Item, 30)))
		case !equal(l.Quantity, sent.get(fieldQuantity)):
			f.wrong = append(f.wrong, fmt.Sprintf("%s has a quantity of %s, not %s", name, clip(l.Quantity.String(), 30), sent.get(fieldQuantity)))
		case !equal(l.Amount, sent.get(fieldAmount)):
			f.priced = append(f.priced, fmt.Sprintf("%s comes to %s, not %s", name, clip(l.Amount.String(), 30), sent.get(fieldAmount)))
		}
	}
	for _, lot := range slices.Sorted(maps.Keys(there)) {
		l := there[lot]
		if strings.HasPrefix(lot, e.conf.LotPrefix) && len(lot) == len(e.conf.LotPrefix)+16 {
			f.stale = append(f.stale, fmt.Sprintf("lot %s (%s)", clip(l.Lot, 30), clip(l.Item, 30)))
		} else {
			f.foreign++
		}
	}
}

// number is a JSON number that is short enough to be worked with.
var number = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$`)

// slight is how far a number may be off: F&O's reals pass through binary numbers.
var slight = big.NewRat(1, 1_000_000)

// equal reports whether F&O's number is ours.
func equal(theirs json.Number, ours string) bool {
	if !number.MatchString(theirs.String()) {
		return false
	}
	a, ok := new(big.Rat).SetString(theirs.String())
	b, fine := new(big.Rat).SetString(ours)
	if !ok || !fine {
		return false
	}
	d := a.Sub(a, b)
	return d.Abs(d).Cmp(slight) < 0
}
