package bigcommerce

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
)

// A whole is an order and all that belongs to it, as the store answered.
type whole struct {
	order                                              jsontext.Value
	state                                              order // order, read
	products, coupons, addresses, taxes, paid, refunds []jsontext.Value
}

func orderPath(id string) string { return "/v2/orders/" + id }

func withFees() url.Values { return url.Values{"include": {"fees"}} }

// order reads an order until it stands still: its time of change is the same before and
// after everything else was read. first is what a list has told of it already, or nil.
func (a *api) order(ctx context.Context, id string, first jsontext.Value) (*whole, error) {
	before, err := a.head(ctx, id, first)
	if err != nil {
		return nil, err
	}
	for range 2 {
		if waiting(before.state) {
			return before, nil // nobody will read more of it
		}
		w, err := a.parts(ctx, id)
		if err != nil {
			return nil, err
		}
		after, err := a.head(ctx, id, nil)
		if err != nil {
			return nil, err
		}
		w.order, w.state = after.order, after.state
		if after.state.DateModified.Text() == before.state.DateModified.Text() {
			return w, nil
		}
		before = after
	}
	return nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Transient, After: 5 * time.Second, Err: errors.New("the order changed while it was read")}
}

// waiting reports whether an order is incomplete.
func waiting(o order) bool {
	id, _ := o.StatusID.Integer()
	st, ok := statusOf(id)
	return ok && st.waits
}

// head reads the order itself.
func (a *api) head(ctx context.Context, id string, told jsontext.Value) (*whole, error) {
	body, err := told, error(nil)
	if body == nil {
		body, err = a.get(ctx, orderPath(id), withFees())
	}
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, missing("the store has no order %s", id)
	}
	state, err := read[order](body)
	return &whole{order: body, state: state}, err
}

// parts reads what belongs to an order.
func (a *api) parts(ctx context.Context, id string) (*whole, error) {
	w := &whole{}
	for _, part := range []struct {
		into  *[]jsontext.Value
		path  string
		query url.Values
	}{
		{&w.products, "/products", nil},
		{&w.coupons, "/coupons", nil},
		{&w.addresses, "/shipping_addresses", nil},
		{&w.taxes, "/taxes", url.Values{"details": {"true"}}},
	} {
		all, err := orEmpty(a.array(ctx, orderPath(id)+part.path, part.query))
		if err != nil {
			return nil, err
		}
		*part.into = all
	}
	var err error
	if w.paid, err = a.transactions(ctx, id); err != nil {
		return nil, err
	}
	w.refunds, err = a.refunds(ctx, id)
	return w, err
}

func (a *api) transactions(ctx context.Context, id string) ([]jsontext.Value, error) {
	return orEmpty(a.datas(ctx, "/v3/orders/"+id+"/transactions", nil))
}

func (a *api) refunds(ctx context.Context, id string) ([]jsontext.Value, error) {
	return orEmpty(a.datas(ctx, "/v3/orders/"+id+"/payment_actions/refunds", nil))
}

// document puts an order's answers together.
func (w *whole) document(envelope jsontext.Value) []byte {
	return compose(
		member{"envelope", envelope}, member{"order", w.order}, member{"products", arrayOf(w.products)},
		member{"coupons", arrayOf(w.coupons)}, member{"shipping_addresses", arrayOf(w.addresses)}, member{"taxes", arrayOf(w.taxes)},
		member{"transactions", arrayOf(w.paid)}, member{"refunds", arrayOf(w.refunds)},
	)
}

// refundDocument puts together what is read of a refund.
func (w *whole) refundDocument(envelope jsontext.Value, refunds []jsontext.Value) []byte {
	return compose(
		member{"envelope", envelope}, member{"order", w.order}, member{"products", arrayOf(w.products)},
		member{"shipping_addresses", arrayOf(w.addresses)}, member{"transactions", arrayOf(w.paid)}, member{"refunds", arrayOf(refunds)},
	)
}
