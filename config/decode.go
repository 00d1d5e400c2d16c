package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// decoder fills Go values from a tree. It is strict: an unknown key, a value of
// another type, a number out of range are errors, and all of them are reported.
//
// Text stays text. A scalar becomes a number or a truth value only where the Go
// type asks for one, so 010, 1.10 and NO reach a string as they stand: account,
// plant and SKU codes live in these files.
type decoder struct {
	*report
}

// A section decodes itself.
type section interface {
	decodeFrom(d decoder, n *node, path string)
}

var (
	sectionType  = reflect.TypeFor[section]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
)

// decode fills into, which must be settable. What the file does not mention
// keeps its value: that is how defaults work.
func (d decoder) decode(n *node, path string, into reflect.Value) {
	if into.CanAddr() && into.Addr().Type().Implements(sectionType) {
		into.Addr().Interface().(section).decodeFrom(d, n, path)
		return
	}
	if n.shape == broken || n.shape == nothing {
		return // a key without a value is a key not given
	}
	if into.Kind() == reflect.Pointer {
		if into.IsNil() {
			into.Set(reflect.New(into.Type().Elem()))
		}
		d.decode(n, path, into.Elem())
		return
	}
	if into.Addr().Type().Implements(textType) {
		d.text(n, path, into)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.structure(n, path, into)
	case reflect.Map:
		d.table(n, path, into)
	case reflect.Slice:
		d.slice(n, path, into)
	case reflect.Interface:
		d.untyped(n, path, into)
	default:
		d.scalar(n, path, into)
	}
}

// is reports whether n has the shape wanted, and complains if not. It shows
// nothing of what it found: "password hunter2" is a forgotten colon.
func (d decoder) is(n *node, path string, want shape) bool {
	if n.shape != want && n.shape != broken {
		d.addf(n.mark, path, "want %v, found %v", want, n.shape)
	}
	return n.shape == want
}

func (d decoder) structure(n *node, path string, into reflect.Value) {
	if !d.is(n, path, mapping) {
		return
	}
	fields, names := fieldsOf(into)
	for _, e := range n.keys {
		field, ok := fields[e.name]
		if !ok {
			d.unknown(e, path, names)
			continue
		}
		d.decode(e.value, join(path, e.name), field)
	}
}

// unknown reports a key that names no setting.
func (d decoder) unknown(e entry, path string, known []string) {
	meant := nearest(e.name, known)
	if meant != "" {
		d.expect(join(path, meant))
	}
	message := "unknown key"
	if name, _, ok := strings.Cut(e.name, ":"); ok && nearest(name, known) == name {
		message, meant = "unknown key; a blank belongs after the colon", ""
	}
	d.add(e.mark, join(path, e.name), message, meant)
}

// fieldsOf returns the settable fields of a struct by the names they have in
// the file, and those names in order.
func fieldsOf(v reflect.Value) (map[string]reflect.Value, []string) {
	fields := make(map[string]reflect.Value)
	var names []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		if strings.Contains(options, "inline") && field.Type.Kind() == reflect.Struct {
			inner, more := fieldsOf(v.Field(i))
			for k, f := range inner {
				fields[k] = f
			}
			names = append(names, more...)
			continue
		}
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		fields[name] = v.Field(i)
		names = append(names, name)
	}
	return fields, names
}

func (d decoder) table(n *node, path string, into reflect.Value) {
	if into.Type().Key().Kind() != reflect.String {
		d.addf(n.mark, path, "no setting can be decoded into a %v", into.Type())
		return
	}
	if !d.is(n, path, mapping) {
		return
	}
	if into.IsNil() {
		into.Set(reflect.MakeMapWithSize(into.Type(), len(n.keys)))
	}
	for _, e := range n.keys {
		value := reflect.New(into.Type().Elem()).Elem()
		d.decode(e.value, join(path, e.name), value)
		into.SetMapIndex(reflect.ValueOf(e.name).Convert(into.Type().Key()), value)
	}
}

func (d decoder) slice(n *node, path string, into reflect.Value) {
	if !d.is(n, path, list) {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.decode(item, fmt.Sprintf("%s[%d]", path, i), into.Index(i))
	}
}

// untyped fills an empty interface with text, lists and maps. Nothing is
// guessed: 12 stays "12" here too.
func (d decoder) untyped(n *node, path string, into reflect.Value) {
	if into.NumMethod() > 0 {
		d.addf(n.mark, path, "no setting can be decoded into a %v", into.Type())
		return
	}
	var value reflect.Value
	switch n.shape {
	case mapping:
		value = reflect.New(reflect.TypeFor[map[string]any]()).Elem()
	case list:
		value = reflect.New(reflect.TypeFor[[]any]()).Elem()
	default:
		value = reflect.New(reflect.TypeFor[string]()).Elem()
	}
	d.decode(n, path, value)
	into.Set(value)
}

// text lets a type read itself. What it says about a value that is secret, or
// that came from outside the file, is cleared of that value.
func (d decoder) text(n *node, path string, into reflect.Value) {
	if !d.is(n, path, scalar) {
		return
	}
	err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text))
	if err == nil {
		return
	}
	message := err.Error()
	if n.taken || hides(into.Type()) || isSecretive(path) {
		message = redact(message, []string{n.text})
	}
	d.add(n.mark, path, message, "")
}
