package adobecommerce

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

type (
	scalar        = strictjson.Scalar
	object[T any] = strictjson.Object[T]
	list[T any]   = strictjson.List[T]
)

// An embedded is an object, or the text of one: PHP code that keeps an object in a
// column of text sends it as it is kept. Missing, null, an empty text and an empty array
// (PHP's empty object) leave V nil.
type embedded[T any] struct{ V *T }

// UnmarshalJSONFrom reads the object in either form.
func (e *embedded[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	e.V = nil
	var o object[T]
	err := inner(dec, &o)
	e.V = o.V
	return err
}

// A sequence is an array; or an object whose members are the elements, which is how PHP
// writes an array with keys of its own; or the text of one of them. Missing, null and an
// empty text leave it nil.
type sequence[T any] []T

// UnmarshalJSONFrom reads the array in any of its forms.
func (s *sequence[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*s = nil
	var k keyed[T]
	err := inner(dec, &k)
	*s = sequence[T](k)
	return err
}

// inner reads what into can read, or the text of it.
func inner(dec *jsontext.Decoder, into any) error {
	if dec.PeekKind() != jsontext.KindString {
		return json.UnmarshalDecode(dec, into)
	}
	var text scalar
	if err := json.UnmarshalDecode(dec, &text); err != nil {
		return err
	}
	if strings.TrimSpace(text.Text()) == "" {
		return nil
	}
	// Other JSON, under the same limits: nobody has looked into the text yet.
	var broken *strictjson.Error
	if err := strictjson.Unmarshal([]byte(text.Text()), into, limits()); errors.As(err, &broken) {
		return errors.New("the text is not the JSON that belongs here: " + broken.Reason)
	}
	return nil
}

// mostElements is how many elements a sequence may have: an order has hundreds of lines,
// and one of two megabytes has ten thousand.
const mostElements = 10_000

// keyed is an array, or an object that stands for one.
type keyed[T any] []T

// UnmarshalJSONFrom reads either.
func (k *keyed[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	next := func(string) error {
		if len(*k) == mostElements {
			return fmt.Errorf("more than %d elements", mostElements)
		}
		if len(*k) == cap(*k) {
			// Doubled: append alone would copy large elements five times over.
			*k = slices.Grow(*k, max(4, len(*k)))
		}
		var none T
		*k = append(*k, none)
		return json.UnmarshalDecode(dec, &(*k)[len(*k)-1])
	}
	switch dec.PeekKind() {
	case jsontext.KindBeginObject:
		*k = keyed[T]{}
		return members(dec, next)
	case jsontext.KindBeginArray:
		*k = keyed[T]{}
		return elements(dec, next)
	}
	return json.UnmarshalDecode(dec, (*list[T])(k)) // one of the ways to say that there is none, or wrong
}

// elements reads an array, calling value for each element.
func elements(dec *jsontext.Decoder, value func(string) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndArray {
		if err := value(""); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// A street is a list of lines, or one text with the lines in it.
type street []string

// UnmarshalJSONFrom reads either.
func (s *street) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*s = nil
	var lines list[scalar]
	if dec.PeekKind() == jsontext.KindBeginArray {
		if err := json.UnmarshalDecode(dec, &lines); err != nil {
			return err
		}
	} else {
		var one scalar
		if err := json.UnmarshalDecode(dec, &one); err != nil {
			return err
		}
		for line := range strings.Lines(one.Text()) {
			*s = append(*s, strings.TrimSpace(line))
		}
	}
	for _, line := range lines {
		*s = append(*s, strings.TrimSpace(line.Text()))
	}
	return nil
}

// A region is its name, or an object with its name and code.
type region struct{ Name, Code scalar }

// UnmarshalJSONFrom reads either.
func (r *region) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*r = region{}
	switch dec.PeekKind() {
	case jsontext.KindBeginObject:
	case jsontext.KindBeginArray: // PHP's empty object
		return dec.SkipValue()
	default:
		return json.UnmarshalDecode(dec, &r.Name)
	}
	var o struct {
		Name scalar `json:"region"`
		Code scalar `json:"region_code"`
	}
	err := json.UnmarshalDecode(dec, &o)
	r.Name, r.Code = o.Name, o.Code
	return err
}
