package bigcommerce

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A document is what Normalize reads: what an envelope points to, as Fetch and List put
// it together. The store's answers are in it as they came, and only the members that
// belong to the subject are there:
//
//	{"envelope": {...},
//	 "order": {...}, "products": [...], "coupons": [...], "shipping_addresses": [...],
//	 "taxes": [...], "transactions": [...], "refunds": [...],
//	 "shipment": {...}, "customer": {...}, "product": {...}}
//
//	an order     order (GET /v2/orders/{id}?include=fees), products, coupons,
//	             shipping_addresses, taxes (with details), transactions, refunds
//	a refund     order, products, shipping_addresses, transactions, refunds
//	a shipment   shipment (GET /v2/orders/{id}/shipments/{id}), products
//	a customer   customer (one of GET /v3/customers?include=addresses)
//	a product    product (GET /v3/catalog/products/{id}?include=variants); also for stock
//	             that the envelope does not tell itself
//
// An envelope alone is a document, too, if it carries all there is to know: a deletion,
// or stock told as it is now. A document without an envelope is of its message's type,
// and of the only thing in it.
type document struct {
	Envelope object[envelope] `json:"envelope"`
	envelope                  // of a body that is nothing but one

	Order        object[order]    `json:"order"`
	Products     list[item]       `json:"products"`
	Coupons      list[coupon]     `json:"coupons"`
	Addresses    list[place]      `json:"shipping_addresses"`
	Taxes        list[tax]        `json:"taxes"`
	Transactions list[payment]    `json:"transactions"`
	Refunds      list[refund]     `json:"refunds"`
	Shipment     object[shipment] `json:"shipment"`
	Customer     object[customer] `json:"customer"`
	Product      object[product]  `json:"product"`
}

// An embedded list is there itself, or as the address where it can be asked for, which
// is as good as not there.
type embedded[T any] struct{ List list[T] }

// UnmarshalJSONFrom reads a list, a link to one, or one of the ways to say that there
// is none.
func (e *embedded[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginObject {
		return e.List.UnmarshalJSONFrom(dec)
	}
	var link map[string]strictjson.Scalar
	if err := json.UnmarshalDecode(dec, &link); err != nil {
		return err
	}
	if _, ok := link["resource"]; !ok && len(link) > 0 {
		return errors.New("an object stands where an array belongs")
	}
	return nil
}

// openDocument reads what Normalize was given, and returns the envelope it is about. A
// document without one is about what its message's type says.
func openDocument(raw []byte) (*document, error) {
	if bare(raw) {
		return openBare(raw)
	}
	var d document
	if err := strictjson.Unmarshal(raw, &d, limits()); err != nil {
		return nil, err
	}
	if d.Envelope.V != nil {
		d.envelope = *d.Envelope.V
	}
	return &d, nil
}
