package fo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

const deliverOp = "fo.Deliver"

// Deliver looks the orders of docs up, and imports those that F&O does not have in this
// state as one package. What it returns for them is Accepted: whether they were booked is
// for Confirm to find out.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	if len(docs) > MaxBatch {
		return all(results, &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Refused,
			Err: fmt.Errorf("%d documents in one request, a look-up takes %d: lower delivery.batch of target %s", len(docs), MaxBatch, e.name),
		})
	}
	sent := e.apart(e.lift(deliverOp, docs, results, erpbridge.Invalid), results)
	sent, err := e.guard(ctx, sent, results)
	if err != nil {
		return e.spread(results, sent, err)
	}
	if len(sent) == 0 {
		return results
	}
	receipt, err := e.hand(ctx, sent)
	if err != nil {
		return e.spread(results, sent, err)
	}
	for _, s := range sent {
		results[s.index].Receipt = receipt
	}
	return results
}

// hand gives orders to F&O, by the configured interface.
func (e *ERP) hand(ctx context.Context, sent []lifted) (erpbridge.Receipt, error) {
	orders := make([]*order, 0, len(sent))
	for _, s := range sent {
		orders = append(orders, s.order)
	}
	project := e.conf.Project
	if e.conf.Mode == Recurring {
		project = "erpbridge" // the recurring job has its own
	}
	zip, err := newPackage(project, e.conf.Headers, e.conf.Lines, orders)
	if err != nil {
		return erpbridge.Receipt{}, &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: err}
	}
	if e.conf.Mode == Recurring {
		return e.enqueue(ctx, sent, zip)
	}
	return e.importPackage(ctx, sent, zip)
}

// A lifted is the order of a Document, on its way.
type lifted struct {
	index int // of its Document
	key   string
	order *order
}

// lift reads the orders of docs. A Document that is not one of ours gets an error of the
// given kind and is left out.
func (e *ERP) lift(op string, docs []erpbridge.Document, results []erpbridge.Result, otherwise erpbridge.Kind) []lifted {
	sent := make([]lifted, 0, len(docs))
	for i, d := range docs {
		o, err := e.read(d)
		if err != nil {
			results[i].Err = e.client.fail(op, otherwise, err)
			continue
		}
		sent = append(sent, lifted{index: i, key: d.Key, order: o})
	}
	return sent
}

// apart leaves out a second state of an order, and a second order of a number: a staging
// table takes a key once.
func (e *ERP) apart(sent []lifted, results []erpbridge.Result) []lifted {
	numbers := map[string]bool{}
	return slices.DeleteFunc(sent, func(s lifted) bool {
		n := strings.ToUpper(s.order.number())
		if numbers[n] {
			results[s.index].Err = e.client.fail(deliverOp, erpbridge.Transient,
				errors.New("another state of this order, or another order of this number, travels in the same package"))
			return true
		}
		numbers[n] = true
		return false
	})
}

// guard looks at what F&O has, and returns what is to be imported. The others get their
// results.
func (e *ERP) guard(ctx context.Context, sent []lifted, results []erpbridge.Result) ([]lifted, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	findings, err := e.look(ctx, deliverOp, ordersOf(sent))
	if err != nil {
		return sent, err
	}
	var rest []lifted
	for i, s := range sent {
		f := findings[i]
		switch {
		case !f.present:
			rest = append(rest, s)
		case !f.ours:
			results[s.index].Err = e.client.fail(deliverOp, erpbridge.Invalid, fmt.Errorf(
				"F&O uses the number %s for another order (%s): give each store a mapping.number.prefix of its own, under mapping.stores", s.order.number(), clip(f.reference, 60)))
		case f.exact():
			results[s.index].Receipt = e.receipt(s.order, "", "F&O had it already")
		case f.renumbered(s.order):
			results[s.index].Err = e.client.fail(deliverOp, erpbridge.Invalid, errors.New(f.lacks()+": an import would make its lines twice"))
		case !orderStates[f.status] && len(f.missing) > 0:
			results[s.index].Err = e.client.fail(deliverOp, erpbridge.Invalid, fmt.Errorf("the order is %s in F&O, and cannot be completed any more: %s", clip(f.status, 30), f.lacks()))
		case !orderStates[f.status]:
			results[s.index].Receipt = e.receipt(s.order, "", fmt.Sprintf("not imported: the order is %s in F&O already", clip(f.status, 30)))
		case e.conf.Changes == KeepFirst && !f.current && len(f.missing) == 0:
			results[s.index].Receipt = e.receipt(s.order, "", "not imported: F&O has an earlier state of the order, and changes is keep")
		default:
			rest = append(rest, s)
		}
	}
	return rest, nil
}

func ordersOf(sent []lifted) []*order {
	orders := make([]*order, 0, len(sent))
	for _, s := range sent {
		orders = append(orders, s.order)
	}
	return orders
}

// receipt is that of an order which F&O has booked.
func (e *ERP) receipt(o *order, state, warning string) erpbridge.Receipt {
	raw, err := json.Marshal(struct {
		Number    string `json:"SalesOrderNumber"`
		Reference string `json:"CustomersOrderReference"`
		State     string `json:"state,omitempty"`
		Lines     int    `json:"lines"`
	}{o.number(), o.reference(), state, len(o.lines)})
	if err != nil {
		raw = nil
	}
	return erpbridge.Receipt{Ref: o.number(), Warning: e.client.reason(warning), Raw: raw}
}

// spread gives one error to all documents of a request. What is said of a package is said
// of it as a whole.
func (e *ERP) spread(results []erpbridge.Result, sent []lifted, err error) []erpbridge.Result {
	var about *erpbridge.Error
	if errors.As(err, &about) {
		about.Whole = true
	}
	for _, s := range sent {
		results[s.index].Err = err
	}
	return results
}

func all(results []erpbridge.Result, err error) []erpbridge.Result {
	for i := range results {
		results[i] = erpbridge.Result{Err: err}
	}
	return results
}
