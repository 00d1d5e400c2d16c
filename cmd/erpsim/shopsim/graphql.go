package shopsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/scanner"
)

// Of GraphQL there is what clients send: operations, fields with aliases and
// arguments, variables, fragments of both kinds. A field that the shop does not have is
// an error, as it is to the real one; what was not asked for is not answered.

// A selection is a field, or a fragment in its place.
type selection struct {
	alias, name string
	arguments   map[string]any
	on          string // an inline fragment: the type it is on
	spread      string // the name of a fragment
	inner       []selection
}

// A document is a parsed request.
type document struct {
	operations map[string][]selection
	fragments  map[string][]selection
}

// variable stands for a value of the request.
type variable string

// parseGraphQL reads a document.
func parseGraphQL(text string) (*document, error) {
	// The scanner knows no comments that begin with #.
	var clean strings.Builder
	for line := range strings.Lines(text) {
		before, _, _ := strings.Cut(line, "#")
		clean.WriteString(before + "\n")
	}
	p := &parser{}
	p.Init(strings.NewReader(clean.String()))
	p.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanStrings
	p.Error = func(_ *scanner.Scanner, what string) { p.err = errors.Join(p.err, errors.New(what)) }
	p.next()
	d := &document{operations: map[string][]selection{}, fragments: map[string][]selection{}}
	for p.token != scanner.EOF && p.err == nil {
		switch word := p.text(); word {
		case "query", "mutation":
			p.next()
			name := ""
			if p.token == scanner.Ident {
				name = p.take()
			}
			if p.token == '(' {
				p.skip()
			}
			d.operations[name] = p.selections()
		case "{":
			d.operations[""] = p.selections()
		case "fragment":
			p.next()
			name := p.take()
			p.expect("on")
			p.take()
			d.fragments[name] = p.selections()
		default:
			p.fail("unexpected %q", word)
		}
	}
	return d, p.err
}

type parser struct {
	scanner.Scanner
	token rune
	err   error
}

func (p *parser) next()        { p.token = p.Scan() }
func (p *parser) text() string { return p.TokenText() }

func (p *parser) take() string {
	text := p.text()
	p.next()
	return text
}

func (p *parser) fail(format string, args ...any) {
	p.err = errors.Join(p.err, fmt.Errorf("line %d: "+format, append([]any{p.Line}, args...)...))
}

func (p *parser) expect(text string) {
	if p.text() != text {
		p.fail("%q where %q was expected", p.text(), text)
	}
	p.next()
}

// skip passes over what stands in brackets: the declarations of variables.
func (p *parser) skip() {
	for depth := 0; p.token != scanner.EOF; p.next() {
		switch p.token {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.next()
				return
			}
		}
	}
	p.fail("a bracket that does not close")
}

func (p *parser) selections() (list []selection) {
	p.expect("{")
	for p.token != '}' && p.err == nil {
		if p.token == scanner.EOF {
			p.fail("a brace that does not close")
			return nil
		}
		list = append(list, p.selection())
	}
	p.next()
	return list
}

func (p *parser) selection() (s selection) {
	if p.token == '.' {
		for range 3 {
			p.expect(".")
		}
		if p.text() != "on" {
			s.spread = p.take()
			return s
		}
		p.next()
		s.on = p.take()
		s.inner = p.selections()
		return s
	}
	s.name = p.take()
	s.alias = s.name
	if p.token == ':' {
		p.next()
		s.name = p.take()
	}
	if p.token == '(' {
		p.next()
		s.arguments = p.members(')')
	}
	if p.token == '{' {
		s.inner = p.selections()
	}
	return s
}

// members reads names and values up to a closing bracket.
func (p *parser) members(end rune) map[string]any {
	out := map[string]any{}
	for p.token != end && p.err == nil {
		if p.token == ',' {
			p.next()
			continue
		}
		name := p.take()
		p.expect(":")
		out[name] = p.value()
	}
	p.next()
	return out
}

func (p *parser) value() any {
	switch p.token {
	case '$':
		p.next()
		return variable(p.take())
	case '{':
		p.next()
		return p.members('}')
	case '[':
		p.next()
		list := []any{}
		for p.token != ']' && p.err == nil {
			if p.token == ',' {
				p.next()
				continue
			}
			list = append(list, p.value())
		}
		p.next()
		return list
	}
	text := p.take()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text // a word of an enumeration
	}
	return v
}

// A lookup is a field that has arguments, or is expensive.
type lookup func(arguments map[string]any) (any, error)

// typed is an object that fragments ask the type of.
const typename = "__typename"

// execution is one operation being answered.
type execution struct {
	*document
	variables map[string]any
}

// execute answers an operation from its root.
func (d *document) execute(operation string, variables map[string]any, root object) (any, error) {
	selections, ok := d.operations[operation]
	if !ok && operation == "" && len(d.operations) == 1 {
		for _, selections = range d.operations {
			ok = true
		}
	}
	if !ok {
		return nil, fmt.Errorf("there is no operation named %q", operation)
	}
	return (&execution{d, variables}).project(root, selections)
}

// project returns the selected members of a value.
func (e *execution) project(v any, selections []selection) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []object:
		out := make([]any, 0, len(v))
		for _, member := range v {
			projected, err := e.project(member, selections)
			if err != nil {
				return nil, err
			}
			out = append(out, projected)
		}
		return out, nil
	case object:
		out := object{}
		return out, e.fill(out, v, selections)
	}
	if selections != nil {
		return nil, fmt.Errorf("selections can't be made on scalars")
	}
	return v, nil
}

func (e *execution) fill(out, from object, selections []selection) error {
	for _, s := range selections {
		switch {
		case s.spread != "":
			inner, ok := e.fragments[s.spread]
			if !ok {
				return fmt.Errorf("there is no fragment %s", s.spread)
			}
			if err := e.fill(out, from, inner); err != nil {
				return err
			}
		case s.on != "":
			if from[typename] == s.on {
				if err := e.fill(out, from, s.inner); err != nil {
					return err
				}
			}
		default:
			if err := e.field(out, from, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *execution) field(out, from object, s selection) error {
	v, ok := from[s.name]
	if !ok {
		return fmt.Errorf("Field '%s' doesn't exist on type '%v'", s.name, from[typename]) //nolint:revive,staticcheck // Shopify's words
	}
	if look, ok := v.(lookup); ok {
		var err error
		if v, err = look(e.resolve(s.arguments).(map[string]any)); err != nil {
			return err
		}
	}
	if o, ok := v.(object); ok && s.inner == nil && o != nil {
		return fmt.Errorf("Field must have selections (field '%s' returns %v but has no selections)", s.name, o[typename]) //nolint:revive,staticcheck // Shopify's words
	}
	projected, err := e.project(v, s.inner)
	out[s.alias] = projected
	return err
}

// resolve puts the request's values where its variables stand.
func (e *execution) resolve(v any) any {
	switch v := v.(type) {
	case variable:
		return e.variables[string(v)]
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = e.resolve(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, member := range v {
			out[i] = e.resolve(member)
		}
		return out
	}
	return v
}
