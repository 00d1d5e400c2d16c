package strictjson

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A List is an array that may be absent. Missing, null and "" leave it nil; an
// empty array, or the empty object that some languages write for one, makes it
// empty and not nil. Anything else is an error: a list of another kind is data
// that would be lost.
type List[T any] []T

// UnmarshalJSONFrom reads an array or one of the ways to say that there is none.
func (l *List[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = nil
	if dec.PeekKind() == jsontext.KindBeginArray {
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		list := List[T]{}
		for dec.PeekKind() != jsontext.KindEndArray {
			if len(list) == cap(list) {
				// Doubled: append alone would copy large elements five times over.
				list = slices.Grow(list, max(4, len(list)))
			}
			var none T
			list = append(list, none)
			if err := json.UnmarshalDecode(dec, &list[len(list)-1]); err != nil {
				return err
			}
		}
		*l = list
		_, err := dec.ReadToken()
		return err
	}
	present, err := readEmpty(dec, jsontext.KindBeginObject, "an array")
	if present {
		*l = List[T]{}
	}
	return err
}

// An Object is an object that may be absent. Missing, null, "" and the empty
// array that some languages write for an empty object leave V nil. Anything else
// that is not an object is an error.
type Object[T any] struct{ V *T }

// UnmarshalJSONFrom reads an object or one of the ways to say that there is none.
func (o *Object[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	o.V = nil
	if dec.PeekKind() == jsontext.KindBeginObject {
		v := new(T)
		if err := json.UnmarshalDecode(dec, v); err != nil {
			return err
		}
		o.V = v
		return nil
	}
	_, err := readEmpty(dec, jsontext.KindBeginArray, "an object")
	return err
}

// readEmpty reads a value that has nothing in it, and reports whether it was the
// empty container that begins with kind.
func readEmpty(dec *jsontext.Decoder, kind jsontext.Kind, want string) (bool, error) {
	v, err := dec.ReadValue()
	if err != nil {
		return false, err
	}
	switch {
	case v.Kind() == jsontext.KindNull, string(v) == `""`:
		return false, nil
	case v.Kind() == kind:
		// A canonical copy, so that "{ }" is as empty as "{}".
		v = v.Clone()
		if err := v.Compact(); err != nil {
			return false, fmt.Errorf("compacting a value: %w", err)
		}
		if len(v) == 2 {
			return true, nil
		}
	}
	return false, errors.New(noun(v.Kind()) + " stands where " + want + " belongs")
}
