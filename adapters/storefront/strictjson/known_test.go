package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

type parcel struct {
	Shipping strictjson.Scalar `json:"shipping"`
	Lines    []struct {
		SKU any `json:"sku"`
	} `json:"lines"`
	Boxes strictjson.List[box]   `json:"boxes"`
	To    strictjson.Object[box] `json:"to"`
}

type box struct {
	Width  strictjson.Scalar `json:"width"`
	Height strictjson.Scalar `json:"height"`
}

func TestKnown(t *testing.T) {
	for data, want := range map[string]string{
		`{"shipping":"1","lines":[{"sku":1}],"boxes":[{"width":1}],"to":{"height":2}}`: "",
		`{"shiping":"1"}`:            `at "/shiping", byte 1: no such member is known; is shipping meant?`,
		`{"Shipping":"1"}`:           `at "/Shipping", byte 1: no such member is known; is shipping meant?`,
		`{"\u0073hiping":"1"}`:       `at "/shiping"`,
		`{"\u017fhipping":"1"}`:      "is shipping meant?",
		`{"colour":"red"}`:           `at "/colour", byte 1: no such member is known`,
		`{"":1}`:                     `no such member is known`,
		`{"lines":[{},{"skus":2}]}`:  `at "/lines/1/skus"`,
		`{"boxes":[{"widht":2}]}`:    `at "/boxes/0/widht", byte 11: no such member is known; is width meant?`,
		`{"to":{"hight":{"x":[1]}}}`: `is height meant?`,
		`{"lines":7}`:                `at "/lines", byte 9: a number does not belong here`,
	} {
		var p parcel
		err := strictjson.Known([]byte(data), &p)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", data, err)
			}
			continue
		}
		var e *strictjson.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
	var p parcel
	long := strings.Repeat("shipping", 100_000)
	if err := strictjson.Known([]byte(`{"`+long+`":1}`), &p); err == nil || len(err.Error()) > 600 {
		t.Errorf("a name of 800,000 letters: %v", err)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"", "order", "refund", "customer", "id"}
	for word, want := range map[string]string{
		"order": "order", "oder": "order", "orders": "order", "costumer": "customer", "ORDER": "order",
		"invoice": "", "": "", "x": "", "idd": "id", "fund": "",
	} {
		if got := strictjson.Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
