package bc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// cancel takes an order out of the ERP: it is deleted, if nothing of it was shipped or
// invoiced, or it stays and the fields of close_fields are set in it. Done twice it is done once, so
// nothing is looked up after it.
//
//	not there ──▶ Receipt with a Warning          posted ──▶ Held: only a credit memo helps
//	there ──▶ touched ──▶ Held                    there ──▶ Delete, or Update ──▶ Receipt
func (e *ERP) cancel(ctx context.Context, s *service, p *page, r *lifted) erpbridge.Result {
	found, err := e.look(ctx, deliverOp, s, p, r.field, []string{r.reference})
	if err != nil {
		return erpbridge.Result{Err: e.harmless(deliverOp, err)}
	}
	theirs := found[fold(r.reference)]
	if len(theirs) == 0 {
		return e.gone(ctx, deliverOp, r)
	}
	if err := several(deliverOp, erpbridge.Held, r, theirs); err != nil {
		return erpbridge.Result{Err: err}
	}
	order := theirs[0]
	if r.kind == closing {
		if compareFields(order, r.record).state == same {
			return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: e.reason(value(order, "No")), Raw: e.evidence(order)}}
		}
		return e.update(ctx, s, r, order, r.record)
	}
	return e.deleteOrder(ctx, s, p, r, order)
}

func (e *ERP) deleteOrder(ctx context.Context, s *service, p *page, r *lifted, order *etree.Element) erpbridge.Result {
	no := e.reason(value(order, "No"))
	if p.operation["Read"] { // with its lines, which a list may not show
		whole, err := e.read(ctx, deliverOp, s, value(order, "No"))
		if err != nil {
			return erpbridge.Result{Err: e.harmless(deliverOp, err)}
		}
		order = whole
	}
	if !untouched(linesOf(p, order)) {
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Held,
			Err: fmt.Errorf("order %s was cancelled in the shop, and something of it was shipped or invoiced: settle it in the ERP", no),
		}}
	}
	if !p.operation["Delete"] {
		return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: fmt.Errorf("page %s has no Delete", p.service)}}
	}
	ask := element(r.service, "Delete")
	ask.CreateElement("Key").CreateText(value(order, "Key"))
	answer, err := e.call(ctx, deliverOp, s, ask)
	var theFault *faultError
	if errors.As(err, &theFault) {
		return erpbridge.Result{Err: refusedBy(theFault, false)}
	}
	if err != nil {
		return erpbridge.Result{Err: err}
	}
	switch said := strings.TrimSpace(value(answer, "Delete_Result")); {
	case len(answer.ChildElements()) == 1 && (said == "true" || said == "1"):
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: no, Raw: e.evidence(order)}}
	case len(answer.ChildElements()) == 1 && (said == "false" || said == "0"):
		return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Unknown, Err: fmt.Errorf("order %s was not deleted, and the ERP does not say why", no)}}
	}
	return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.InDoubt, Err: errors.New("the answer to a Delete says neither yes nor no")}}
}

// gone decides about an order that is to be cancelled and is not on its page.
func (e *ERP) gone(ctx context.Context, op string, r *lifted) erpbridge.Result {
	posted, err := e.posted(ctx, op, salesOrder, []string{r.reference})
	if err != nil {
		return erpbridge.Result{Err: e.harmless(op, err)}
	}
	if receipt, ok := posted[fold(r.reference)]; ok {
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: op, Kind: erpbridge.Held,
			Err: fmt.Errorf("the order was cancelled in the shop, and %s: book a credit memo in the ERP", receipt.Warning),
		}}
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: r.reference, Warning: "there was no such order to cancel"}}
}

// nameCustomers gives credit memos the customer of the order they pay back, where the
// refund does not tell whose it is. A credit memo whose order the ERP does not have waits
// for it.
func (e *ERP) nameCustomers(ctx context.Context, p *page, run []*lifted, results []erpbridge.Result) []*lifted {
	var named []*lifted
	for _, r := range run {
		if r.record.SelectElement(sellTo) != nil {
			named = append(named, r)
			continue
		}
		order := value(r.record, e.conf.CreditMemo.OrderField)
		number, err := e.customerOf(ctx, order)
		if err != nil {
			results[r.index].Err = err
			continue
		}
		first := etree.NewElement(sellTo)
		first.CreateText(number)
		r.record.InsertChildAt(0, first)
		if err := p.fit(r.record, e.conf.mayMiss()); err != nil {
			results[r.index].Err = &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: err}
			continue
		}
		named = append(named, r)
	}
	return named
}

// customerOf returns whose an order is, by the order or by what it was posted as.
func (e *ERP) customerOf(ctx context.Context, order string) (string, error) {
	if order == "" {
		return "", &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: errors.New("the credit memo names neither a customer nor an order: render it again")}
	}
	pages := append([]PostedPage{{Page: e.conf.Pages.SalesOrder}}, e.conf.PostedPages...)
	for _, pp := range pages {
		field := pp.ReferenceField
		if field == "" {
			field = e.conf.ReferenceField
		}
		s, p, err := e.open(ctx, deliverOp, pp.Page)
		if err != nil {
			return "", err
		}
		found, err := e.look(ctx, deliverOp, s, p, field, []string{order})
		if err != nil {
			return "", e.harmless(deliverOp, err)
		}
		for _, record := range found[fold(order)] {
			if number := value(record, sellTo); number != "" {
				return number, nil
			}
		}
	}
	return "", &erpbridge.Error{
		Op: deliverOp, Kind: erpbridge.Missing,
		Err: fmt.Errorf("the refund is of order %s, which is not in the ERP", soap.Reason(order)),
	}
}

const sellTo = "Sell_to_Customer_No"
