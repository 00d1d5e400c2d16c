package bc

import (
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A likeness is how a record of the ERP's compares with one of ours.
type likeness struct {
	state  state
	differ string // in words, where it is another
	have   int    // lines it has of ours, from the first
}

type state int

const (
	same       state = iota
	incomplete       // it has the first of our lines, or none, and no others
	another
)

// compareLines holds the lines of a record against ours. Lines of text, which the ERP
// adds of its own accord, do not count, and of a line only what we sent of it does:
// what it is, how many, and what for.
func compareLines(theirs, ours []*etree.Element) likeness {
	real, ours := booked(theirs), booked(ours)
	for i, o := range ours {
		if i >= len(real) {
			return likeness{state: incomplete, have: i, differ: fmt.Sprintf("it has %d of %d lines", i, len(ours))}
		}
		for _, name := range []string{"Type", "No", "Variant_Code", "Quantity", "Unit_of_Measure_Code", "Unit_Price", "Line_Discount_Amount"} {
			if o.SelectElement(name) == nil {
				continue
			}
			if a, b := value(o, name), value(real[i], name); !equal(a, b) {
				return likeness{state: another, differ: fmt.Sprintf("line %d has %s %s, sent was %s", i+1, name, soap.Reason(b), soap.Reason(a))}
			}
		}
	}
	if len(real) > len(ours) {
		return likeness{state: another, differ: fmt.Sprintf("it has %d lines, sent were %d", len(real), len(ours))}
	}
	return likeness{state: same}
}

// booked returns the lines that are no text.
func booked(lines []*etree.Element) (out []*etree.Element) {
	for _, l := range lines {
		if !isText(l) {
			out = append(out, l)
		}
	}
	return out
}

// isText reports whether a line says something and sells nothing.
func isText(line *etree.Element) bool {
	typ := value(line, "Type")
	return value(line, "No") == "" && (typ == "" || typ == "_blank_")
}

// equal compares two values: numbers as numbers, texts without case, which fields of type
// Code do not keep.
func equal(a, b string) bool {
	if fold(a) == fold(b) {
		return true
	}
	x, errX := erpbridge.ParseDecimal(orNought(a))
	y, errY := erpbridge.ParseDecimal(orNought(b))
	return errX == nil && errY == nil && x.Equal(y)
}

func orNought(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// compareFields holds the fields of a record against ours.
func compareFields(theirs, ours *etree.Element) likeness {
	for _, o := range ours.ChildElements() {
		if a, b := soap.Text(o), value(theirs, o.Tag); !equal(a, b) {
			return likeness{state: another, differ: o.Tag + " differs"}
		}
	}
	return likeness{state: same}
}

// untouched reports whether nothing of an order has been shipped or invoiced, as far as
// its lines show.
func untouched(lines []*etree.Element) bool {
	for _, l := range lines {
		for _, name := range []string{"Quantity_Shipped", "Quantity_Invoiced", "Qty_Shipped", "Qty_Invoiced"} {
			if v := value(l, name); v != "" && !equal(v, "0") {
				return false
			}
		}
	}
	return true
}
