package bigcommerce

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// An order of V2 as the store answers it alone: its parts are links, or were asked for
// with it. It is a document as far as it goes.
type bareOrder struct {
	order
	Products  embedded[item]   `json:"products"`
	Coupons   embedded[coupon] `json:"coupons"`
	Addresses embedded[place]  `json:"shipping_addresses"`
	Taxes     embedded[tax]    `json:"taxes"`
}

// bare reports whether a body is an order of V2 and nothing around it.
func bare(raw []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != jsontext.KindBeginObject {
		return false
	}
	seen := map[string]bool{}
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil {
			return false
		}
		switch name := name.String(); name {
		case "order", "envelope", "scope", "data":
			return false
		default:
			seen[name] = true
		}
		if err := dec.SkipValue(); err != nil {
			return false // what is wrong with the body is for the strict reader to say
		}
	}
	return seen["id"] && seen["total_inc_tax"] && seen["date_created"]
}

// openBare reads such an order.
func openBare(raw []byte) (*document, error) {
	var b bareOrder
	if err := strictjson.Unmarshal(raw, &b, limits()); err != nil {
		return nil, err
	}
	return &document{
		Order: object[order]{V: &b.order}, Products: b.Products.List, Coupons: b.Coupons.List, Addresses: b.Addresses.List, Taxes: b.Taxes.List,
	}, nil
}
