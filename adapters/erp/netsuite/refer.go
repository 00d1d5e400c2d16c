package netsuite

import (
	"context"
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// refer looks the orders up that documents are about, puts in what they lacked, and
// returns those that can be written now. The others get their result. An error is of the
// look-up as a whole. Nothing was written when a look-up fails, so nothing is in doubt then.
func (e *ERP) refer(ctx context.Context, round []lifted, results []erpbridge.Result) ([]lifted, error) {
	places := map[string]int{}
	var sought []lifted // each order once
	for _, s := range round {
		if _, ok := places[s.order]; !ok {
			places[s.order] = len(sought)
			sought = append(sought, lifted{kind: salesOrder, externalID: s.order})
		}
	}
	found, err := e.look(ctx, deliverOp, sought)
	if err != nil {
		return nil, whole(err)
	}
	var ready []lifted
	for _, s := range round {
		order, err := found[places[s.order]].record, found[places[s.order]].err
		if err == nil && s.step == refers {
			err = e.setCustomer(s.record, order)
		}
		switch {
		case erpbridge.KindOf(err) == erpbridge.Missing:
			results[s.index].Err = &erpbridge.Error{
				Op: deliverOp, Kind: erpbridge.Missing, Code: codeOf(err),
				Err: fmt.Errorf("sales order %s is not in NetSuite: %w", s.order, err),
			}
			continue
		case err != nil:
			results[s.index].Err = err
			continue
		case s.step == refers:
			ready = append(ready, s)
			continue
		}
		open, err := e.setOpenLines(s.record, order)
		switch {
		case err != nil:
			results[s.index].Err = err
		case !open:
			results[s.index] = e.there(order)
		default:
			ready = append(ready, s)
		}
	}
	return ready, nil
}

// setCustomer puts the customer of an order in place of the order.
func (e *ERP) setCustomer(record, order *etree.Element) error {
	id := ""
	for _, c := range order.ChildElements() {
		if soap.Is(c, e.ns.sales, "entity") {
			id = soap.Attr(c, "internalId")
		}
	}
	if !internalIDShape.MatchString(id) {
		return unclear("NetSuite does not say whose the sales order is: see the role's permissions")
	}
	entity := record.SelectElement("entity")
	entity.RemoveAttr("externalId")
	entity.RemoveAttr("type")
	entity.CreateAttr("internalId", id)
	return nil
}

// setOpenLines puts the open lines of an order into a record that closes them, and
// reports whether there are any.
func (e *ERP) setOpenLines(record, order *etree.Element) (bool, error) {
	list := record.SelectElement("itemList")
	open, err := e.openLines(order)
	for _, number := range open {
		line := list.CreateElement(sales + ":item")
		line.CreateElement(sales + ":isClosed").CreateText("true")
		line.CreateElement(sales + ":line").CreateText(number)
	}
	return len(open) > 0, err
}

// openLines returns the numbers of an order's lines that are not closed. An order whose
// lines are not told is not taken for one without open lines.
func (e *ERP) openLines(order *etree.Element) ([]string, error) {
	var open []string
	lines := order.FindElements("./itemList/item")
	for _, line := range lines {
		number, closed := "", false
		for _, c := range line.ChildElements() {
			switch {
			case soap.Is(c, e.ns.sales, "line"):
				number = c.Text()
			case soap.Is(c, e.ns.sales, "isClosed"):
				closed = c.Text() == "true" || c.Text() == "1"
			}
		}
		if closed {
			continue
		}
		if !internalIDShape.MatchString(number) {
			return nil, unclear("an open line of the sales order has no number")
		}
		open = append(open, number)
	}
	if len(lines) == 0 {
		return nil, unclear("NetSuite does not tell the lines of the sales order: see the role's permissions")
	}
	return open, nil
}

// unclear is the error of a look-up that did not tell what is needed.
func unclear(why string) error {
	return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Unknown, Err: errors.New(why)}
}

// closeLines closes the lines that refer has put into records.
func (e *ERP) closeLines(ctx context.Context, sent []lifted) []erpbridge.Result {
	return e.write(ctx, updateList, sent)
}

func codeOf(err error) string {
	var known *erpbridge.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}
