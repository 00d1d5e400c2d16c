package soap

import (
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// Decode reads a parsed element into a struct of generated bindings. It goes
// over the tree that Parse built, not over the bytes a second time, and it
// refuses an element that occurs twice where the struct has room for one:
// encoding/xml would let the last one win.
//
// Generated bindings know names and no namespaces. With spaces given, what is read
// must be in one of them, and an element of another is refused where the struct has
// its name; without, the namespaces are the caller's to check.
func Decode(el *etree.Element, into any, spaces ...string) error {
	if err := inSpace(el, spaces); err != nil {
		return err
	}
	if err := once(el, reflect.TypeOf(into), spaces); err != nil {
		return err
	}
	return xml.NewTokenDecoder(&tokens{next: []any{el}}).Decode(into)
}

// inSpace refuses an element of a foreign namespace.
func inSpace(el *etree.Element, spaces []string) error {
	if space := el.NamespaceURI(); len(spaces) > 0 && !slices.Contains(spaces, space) {
		return fmt.Errorf("%s is in the namespace %s", clip(el.Tag), clip(space))
	}
	return nil
}

// once holds the elements that a struct has fields for against what it has room for.
func once(el *etree.Element, t reflect.Type, spaces []string) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	fields := map[string]reflect.Type{}
	elements(t, fields)
	seen := map[string]bool{}
	for _, child := range el.ChildElements() {
		ft, ok := fields[child.Tag]
		if !ok {
			continue
		}
		if seen[child.Tag] && ft.Kind() != reflect.Slice {
			return fmt.Errorf("%s has more than one %s", el.Tag, child.Tag)
		}
		seen[child.Tag] = true
		if err := inSpace(child, spaces); err != nil {
			return err
		}
		if err := once(child, ft, spaces); err != nil {
			return err
		}
	}
	return nil
}

// elements collects the fields of a struct that are elements, by name, with those of
// the structs it embeds: what a type of the schema extends.
func elements(t reflect.Type, fields map[string]reflect.Type) {
	for f := range t.Fields() {
		tag := f.Tag.Get("xml")
		if f.Anonymous && tag == "" {
			base := f.Type
			if base.Kind() == reflect.Pointer {
				base = base.Elem()
			}
			if base.Kind() == reflect.Struct {
				elements(base, fields)
			}
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if _, local, ok := strings.Cut(name, " "); ok {
			name = local
		}
		if name != "" && f.Name != "XMLName" && !strings.HasPrefix(options, "attr") {
			fields[name] = f.Type
		}
	}
}

// tokens walks a tree as a stream of tokens. What is still to be told stands in
// next, last first: elements to open, ends, texts.
type tokens struct{ next []any }

// Token implements xml.TokenReader.
func (t *tokens) Token() (xml.Token, error) {
	if len(t.next) == 0 {
		return nil, io.EOF
	}
	top := t.next[len(t.next)-1]
	t.next = t.next[:len(t.next)-1]
	switch v := top.(type) {
	case *etree.CharData:
		return xml.CharData(v.Data), nil
	case *etree.Element:
		start := xml.StartElement{Name: xml.Name{Space: v.NamespaceURI(), Local: v.Tag}}
		for _, a := range v.Attr {
			// Attributes of a namespace, xsi:type above all, are not those of the same
			// local name without one; the bindings would take them for it.
			if a.Space == "" && a.Key != "xmlns" {
				start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: a.Key}, Value: a.Value})
			}
		}
		t.next = append(t.next, start.End())
		for i := len(v.Child) - 1; i >= 0; i-- {
			t.next = append(t.next, v.Child[i])
		}
		return start, nil
	default:
		return top, nil // an end
	}
}
