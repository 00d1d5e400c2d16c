package normalizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
)

// Fingerprint returns the SHA-256 of a canonical value's content, in hexadecimal.
//
// It covers every field. The caller leaves out what is the other half of a Version,
// the time of the change: messages about one moment have one fingerprint if an ERP
// would see no difference. How a body was spelled is no part of it: member order, 1.5
// or "1.50", an instant in one zone or another, no list or an empty one, nor members
// the bridge does not read.
//
// It is the hash of the value's fields with their names, in the order of their
// declaration, without those that are zero or empty. A field that is set for the first
// time therefore changes the fingerprint; what that costs is one more update. A value
// that holds what has no such text, a function or a map, is an error.
func Fingerprint(v any) (string, error) {
	w := writer{hash: sha256.New(), text: make([]byte, 0, 2*full)}
	if err := w.value(reflect.ValueOf(v)); err != nil {
		return "", fmt.Errorf("fingerprinting: %w", err)
	}
	w.flush()
	return hex.EncodeToString(w.hash.Sum(nil)), nil
}

// A writer hashes the canonical text of one value.
type writer struct {
	hash hash.Hash
	text []byte // what is not hashed yet
}

// full is how much text is gathered before it is hashed.
const full = 4 << 10

func (w *writer) flush() {
	w.hash.Write(w.text) // a hash returns no error
	w.text = w.text[:0]
}

// value writes v. A text says its length first, so that no two values have one text.
func (w *writer) value(v reflect.Value) error {
	if len(w.text) > full {
		w.flush()
	}
	if !v.IsValid() {
		w.text = append(w.text, '-')
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		w.text = strconv.AppendInt(w.text, int64(v.Len()), 10)
		w.text = append(w.text, ':')
		w.text = append(w.text, v.String()...)
	case reflect.Bool:
		w.text = strconv.AppendBool(w.text, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.text = strconv.AppendInt(w.text, v.Int(), 10)
	case reflect.Pointer:
		return w.value(v.Elem())
	case reflect.Slice, reflect.Array:
		return w.list(v)
	case reflect.Struct:
		return w.fields(v)
	default:
		return fmt.Errorf("a %s has no canonical text", v.Type())
	}
	return nil
}

func (w *writer) list(v reflect.Value) error {
	w.text = append(w.text, '[')
	for i := range v.Len() {
		if err := w.value(v.Index(i)); err != nil {
			return err
		}
		w.text = append(w.text, ',')
	}
	w.text = append(w.text, ']')
	return nil
}

func (w *writer) fields(v reflect.Value) error {
	s, err := shapeOf(v.Type())
	if err != nil {
		return err
	}
	if s.text != nil {
		w.text = s.text(w.text, v)
		return nil
	}
	w.text = append(w.text, '{')
	for i, f := range s.fields {
		field := v.Field(i)
		if f.empty(field) {
			continue
		}
		w.text = append(append(w.text, f.name...), '=')
		if err := w.value(field); err != nil {
			return err
		}
		w.text = append(w.text, ';')
	}
	w.text = append(w.text, '}')
	return nil
}

// A shape is how values of a struct type are written: as one text, or by their fields.
type shape struct {
	text   func(out []byte, v reflect.Value) []byte
	fields []field
}

type field struct {
	name string
	// empty reports whether the field says nothing: no money is nothing in any currency.
	empty func(reflect.Value) bool
}

// shapes are those of all types there were so far, as *shape by reflect.Type. To ask a
// type costs more than to write a value of it, and its answer never changes.
var shapes sync.Map

func shapeOf(t reflect.Type) (*shape, error) {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape), nil
	}
	s := &shape{text: texts[t]}
	if s.text == nil {
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				return nil, fmt.Errorf("the field %s of %s cannot be read", f.Name, t)
			}
			s.fields = append(s.fields, field{f.Name, emptiness(f.Type)})
		}
	}
	shapes.Store(t, s)
	return s, nil
}

// texts are the structs that are written as one text.
var texts = map[reflect.Type]func([]byte, reflect.Value) []byte{
	reflect.TypeFor[time.Time](): func(out []byte, v reflect.Value) []byte {
		return v.Interface().(time.Time).UTC().AppendFormat(out, time.RFC3339Nano)
	},
	reflect.TypeFor[erpbridge.Decimal](): func(out []byte, v reflect.Value) []byte {
		return append(out, v.Interface().(erpbridge.Decimal).String()...)
	},
}

// emptiness returns how to see that a value of a type says nothing.
func emptiness(t reflect.Type) func(reflect.Value) bool {
	switch {
	case t.Kind() == reflect.Slice:
		return func(v reflect.Value) bool { return v.Len() == 0 }
	case t.Kind() == reflect.Struct && t.Implements(reflect.TypeFor[zeroer]()):
		return func(v reflect.Value) bool { return v.Interface().(zeroer).IsZero() }
	}
	return reflect.Value.IsZero
}

type zeroer interface{ IsZero() bool }
