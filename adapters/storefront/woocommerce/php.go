package woocommerce

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A list is an array that may be absent, as strictjson.List is. PHP knows one kind of
// array, and writes one whose first places a plugin has emptied as an object with the
// places as names, {"1": ..., "2": ...}: it is the list of what is left.
type list[T any] []T

// UnmarshalJSONFrom reads an array, or what PHP makes of one, or of none: false.
func (l *list[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case jsontext.KindFalse:
		*l = nil
		return dec.SkipValue()
	case jsontext.KindBeginObject:
	default:
		return (*strictjson.List[T])(l).UnmarshalJSONFrom(dec)
	}
	*l = list[T]{}
	return members(dec, func(name string) error {
		if strings.Trim(name, "0123456789") != "" {
			return errors.New("an object stands where an array belongs")
		}
		var v T
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return err
		}
		*l = append(*l, v)
		return nil
	})
}

// written returns the time that stands in a member, or "" where that is PHP's false, or
// the zeros by which WordPress and MySQL say that there is none.
func written(s scalar) string {
	text := s.Text()
	if text == "false" || strings.HasPrefix(text, "0000-00-00") {
		return ""
	}
	return strings.Replace(text, " ", "T", 1) // as MySQL and older plugins write it
}

// members reads an object; read is given each name and reads the value.
func members(dec *jsontext.Decoder, read func(name string) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := read(name.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// A meta is a name and value that a plugin attached.
type meta struct {
	Key        scalar `json:"key"`
	DisplayKey scalar `json:"display_key"`
	Value      plain  `json:"value"`
}

// plain is a Scalar where there is one, and nothing where a plugin put an object or an
// array.
type plain struct{ scalar }

// UnmarshalJSONFrom reads any JSON value.
func (p *plain) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		*p = plain{}
		return dec.SkipValue()
	}
	return p.scalar.UnmarshalJSONFrom(dec)
}

// metas are what plugins attached. Plugins write what they like there, and no order waits
// for them: what is no name and value is left out.
type metas []meta

// UnmarshalJSONFrom reads any JSON value.
func (m *metas) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*m = nil
	one := func() error {
		if dec.PeekKind() != jsontext.KindBeginObject {
			return dec.SkipValue()
		}
		var v meta
		if err := json.UnmarshalDecode(dec, &v); err != nil {
			return err
		}
		*m = append(*m, v)
		return nil
	}
	switch dec.PeekKind() {
	case jsontext.KindBeginObject:
		return members(dec, func(string) error { return one() })
	case jsontext.KindBeginArray:
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		for dec.PeekKind() != jsontext.KindEndArray {
			if err := one(); err != nil {
				return err
			}
		}
		_, err := dec.ReadToken()
		return err
	}
	return dec.SkipValue()
}

// metaOf returns the value that stands under a key.
func metaOf(all metas, key string) scalar {
	for _, m := range all {
		if key != "" && m.Key.Text() == key {
			return m.Value.scalar
		}
	}
	return scalar{}
}
