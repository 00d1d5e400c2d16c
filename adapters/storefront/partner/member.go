package partner

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// The kinds of member. Each is a definition of its own in the schema, and takes what
// that takes; null is a member left out.
type (
	// A text is a string. A number is none: a postcode or SKU that was written as one has
	// lost its leading zeros already.
	text struct{ strictjson.Scalar }
	// An id is a string, or a whole number.
	id struct {
		strictjson.Scalar
		bare bool // a number
	}
	// A number is a decimal: best a string, for a number passes through floats in many
	// a language before it is written. Either is taken digit by digit.
	number struct{ strictjson.Scalar }
	// A flag is true or false.
	flag struct{ strictjson.Scalar }
	// A moment is a time with its zone, or a calendar day.
	moment struct{ strictjson.Scalar }
	// A word is one of a few.
	word struct{ strictjson.Scalar }
)

// UnmarshalJSONFrom reads a string.
func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return read(dec, &t.Scalar, "a string", jsontext.KindString)
}

// UnmarshalJSONFrom reads a string or a number.
func (i *id) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	i.bare = dec.PeekKind() == jsontext.KindNumber
	return nonempty(&i.Scalar, read(dec, &i.Scalar, "a string or a whole number", jsontext.KindString, jsontext.KindNumber))
}

// UnmarshalJSONFrom reads a string or a number.
func (n *number) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return nonempty(&n.Scalar, read(dec, &n.Scalar, "a decimal number, best as a string,", jsontext.KindString, jsontext.KindNumber))
}

// UnmarshalJSONFrom reads true or false.
func (f *flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return read(dec, &f.Scalar, "true or false", jsontext.KindTrue, jsontext.KindFalse)
}

// UnmarshalJSONFrom reads a string.
func (m *moment) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return nonempty(&m.Scalar, read(dec, &m.Scalar, "a string", jsontext.KindString))
}

// UnmarshalJSONFrom reads a string.
func (w *word) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return nonempty(&w.Scalar, read(dec, &w.Scalar, "a string", jsontext.KindString))
}

// read reads a value of one of kinds, or null.
func read(dec *jsontext.Decoder, s *strictjson.Scalar, want string, kinds ...jsontext.Kind) error {
	kind := dec.PeekKind()
	if err := s.UnmarshalJSONFrom(dec); err != nil {
		return err
	}
	if kind != jsontext.KindNull && !slices.Contains(kinds, kind) {
		return misplaced(kind, want)
	}
	return nil
}

// nonempty makes the empty string an error, where it could only be an accident.
func nonempty(s *strictjson.Scalar, err error) error {
	if err == nil && !s.Given() && !s.Null() {
		return errors.New("an empty string says nothing: leave the member out")
	}
	return err
}

// A list is an array, or null for one left out. Nothing in it is null.
type list[T any] []T

// UnmarshalJSONFrom reads an array.
func (l *list[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	tok, err := dec.ReadToken()
	switch {
	case err != nil:
		return err
	case tok.Kind() == jsontext.KindNull:
		return nil
	case tok.Kind() != jsontext.KindBeginArray:
		return misplaced(tok.Kind(), "an array")
	}
	items := list[T]{}
	for dec.PeekKind() != jsontext.KindEndArray {
		if dec.PeekKind() == jsontext.KindNull {
			return errors.New("null stands among its elements")
		}
		if len(items) == cap(items) {
			// Doubled: append alone would copy large elements five times over.
			items = slices.Grow(items, max(4, len(items)))
		}
		items = items[:len(items)+1]
		if err := json.UnmarshalDecode(dec, &items[len(items)-1]); err != nil {
			return err
		}
	}
	*l = items
	_, err = dec.ReadToken()
	return err
}

func misplaced(kind jsontext.Kind, want string) error {
	is := map[jsontext.Kind]string{
		jsontext.KindString: "a string", jsontext.KindNumber: "a number", jsontext.KindTrue: "true", jsontext.KindFalse: "false",
		jsontext.KindBeginObject: "an object", jsontext.KindBeginArray: "an array",
	}[kind]
	return fmt.Errorf("%s stands where %s belongs", is, want)
}
