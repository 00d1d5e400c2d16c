package bigcommerce

import (
	"bytes"
	"context"
	"errors"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
)

// Points reports whether m is an envelope that does not carry what Normalize needs. It
// is false for a document that was fetched already, for scopes the bridge does not act
// on, and for what is no envelope: Normalize knows what to say of those.
func (c *Connected) Points(m erpbridge.Message) bool {
	if scopes[m.Type] == nothing || len(m.Fetched) > 0 {
		return false
	}
	e, err := openEnvelope(m.Body)
	if err != nil {
		return false
	}
	t, err := e.target()
	return err == nil && t.points()
}

// points reports whether what t names has to be asked for.
func (t target) points() bool {
	switch t.subject {
	case nothing, aShipmentGone, aCustomerGone, aProductGone:
		return false
	case aLevel:
		return !t.level.absolute()
	}
	return true
}

// Fetch asks the store for what m points to, and returns the document it makes, with
// m's envelope in it.
func (c *Connected) Fetch(ctx context.Context, m erpbridge.Message) ([]byte, error) {
	e, err := openEnvelope(m.Body)
	if err != nil {
		return nil, unaskable(err)
	}
	t, err := e.target()
	if err != nil {
		return nil, unaskable(err)
	}
	envelope := jsontext.Value(bytes.TrimSpace(m.Body))
	switch t.subject {
	case anOrder:
		o, err := c.api.order(ctx, t.id, nil)
		if err != nil {
			return nil, err
		}
		return o.document(envelope), nil
	case aRefund:
		return c.api.refund(ctx, envelope, t)
	case aShipment:
		return c.api.shipment(ctx, envelope, t)
	case aCustomer:
		return c.api.customer(ctx, envelope, t)
	case aProduct, aLevel:
		return c.api.product(ctx, envelope, t)
	}
	return nil, unaskable(errors.New("scope: carries all there is to know, or is of no interest"))
}

func unaskable(err error) error {
	return &erpbridge.Error{Op: "bigcommerce.Fetch", Kind: erpbridge.Invalid, Err: err}
}

// refund reads a refund and the order it is of.
func (a *api) refund(ctx context.Context, envelope jsontext.Value, t target) ([]byte, error) {
	w, err := a.head(ctx, t.order, nil)
	if err != nil {
		return nil, err
	}
	if w.products, err = orEmpty(a.array(ctx, orderPath(t.order)+"/products", nil)); err != nil {
		return nil, err
	}
	if w.addresses, err = orEmpty(a.array(ctx, orderPath(t.order)+"/shipping_addresses", nil)); err != nil {
		return nil, err
	}
	if w.paid, err = a.transactions(ctx, t.order); err != nil {
		return nil, err
	}
	all, err := a.refunds(ctx, t.order)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		is, err := read[refund](one)
		if err != nil {
			return nil, err
		}
		if id, _ := is.ID.Integer(); id == t.id {
			return w.refundDocument(envelope, []jsontext.Value{one}), nil
		}
	}
	return nil, missing("order %s has no refund %s", t.order, t.id)
}

// shipment reads a shipment and the order's products, which alone have a SKU.
func (a *api) shipment(ctx context.Context, envelope jsontext.Value, t target) ([]byte, error) {
	body, err := a.get(ctx, orderPath(t.order)+"/shipments/"+t.id, nil)
	if err != nil {
		return nil, err
	}
	if body == nil {
		return nil, missing("order %s has no shipment %s", t.order, t.id)
	}
	products, err := orEmpty(a.array(ctx, orderPath(t.order)+"/products", nil))
	if err != nil {
		return nil, err
	}
	return shipmentDocument(envelope, body, products), nil
}

func shipmentDocument(envelope, shipment jsontext.Value, products []jsontext.Value) []byte {
	return compose(member{"envelope", envelope}, member{"shipment", shipment}, member{"products", arrayOf(products)})
}

// customer reads a customer and the address book.
func (a *api) customer(ctx context.Context, envelope jsontext.Value, t target) ([]byte, error) {
	found, err := a.datas(ctx, "/v3/customers", url.Values{"id:in": {t.id}, "include": {"addresses"}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, missing("the store has no customer %s", t.id)
	}
	return compose(member{"envelope", envelope}, member{"customer", found[0]}), nil
}

// product reads a product and its variants.
func (a *api) product(ctx context.Context, envelope jsontext.Value, t target) ([]byte, error) {
	found, err := a.data(ctx, "/v3/catalog/products/"+t.id, url.Values{"include": {"variants"}})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, missing("the store has no product %s", t.id)
	}
	return compose(member{"envelope", envelope}, member{"product", found}), nil
}
