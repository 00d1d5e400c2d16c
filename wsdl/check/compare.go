package check

import (
	"encoding/xml"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Options say how strictly contracts are compared.
type Options struct {
	// AnyOrder does not look at the order of elements: who writes in the order of
	// theirs does not care.
	AnyOrder bool
	// Exact looks for the same instead of what fits: an element must occur exactly as
	// often and have exactly the same built-in type.
	Exact bool
}

// Compare returns what theirs lacks of ours, or has otherwise.
func Compare(ours, theirs *Contract, o Options) []Difference {
	run := comparison{Options: o, ours: ours, theirs: theirs, done: map[pair]bool{}}
	for _, op := range ours.operations {
		other := theirs.find(op)
		if other == nil {
			run.at = Difference{Operation: op.name}
			run.add(Operation, "", "")
			continue
		}
		run.operation(op, other)
	}
	return run.once()
}

// A comparison is under way.
type comparison struct {
	Options
	ours, theirs *Contract
	found        []Difference
	done         map[pair]bool
	at           Difference // where: operation, side and path
	of           typ        // the type of ours that is being compared
	subjects     []subject  // what each of found is about
}

// A subject is a part of a type of ours, whatever message it is in.
type subject struct {
	kind Kind
	of   typ
	part string
}

// once leaves out what is said of an answer and was said of a request as well: a type
// that is sent and read lacks its element once.
func (c *comparison) once() []Difference {
	sent := map[subject]bool{}
	for i, d := range c.found {
		if !d.Answer && d.Path != "" {
			sent[c.subjects[i]] = true
		}
	}
	var kept []Difference
	for i, d := range c.found {
		if !d.Answer || !sent[c.subjects[i]] {
			kept = append(kept, d)
		}
	}
	return kept
}

// A pair of types is compared once for each direction.
type pair struct {
	ours, theirs typ
	answer       bool
}

func (c *comparison) operation(ours, theirs *operation) {
	c.at = Difference{Operation: ours.name}
	if ours.action != theirs.action {
		c.add(Action, ours.action, theirs.action)
	}
	if len(theirs.versions) > 0 && !slices.ContainsFunc(ours.versions, func(v string) bool { return slices.Contains(theirs.versions, v) }) {
		c.add(Binding, strings.Join(ours.versions, ", "), strings.Join(theirs.versions, ", "))
	}
	c.message(ours.input, theirs.input, false)
	c.message(ours.output, theirs.output, true)
}

// message compares what a message consists of, if we need one.
func (c *comparison) message(ours, theirs xml.Name, answer bool) {
	if ours.Local == "" {
		return
	}
	c.at.Answer, c.at.Path = answer, ours.Local
	decl, other := c.ours.elements[ours], c.theirs.elements[theirs]
	if ours != theirs || other == nil {
		c.add(Message, shown(ours), shown(theirs))
		return
	}
	if decl != nil {
		c.types(c.ours.typeOf(decl), c.theirs.typeOf(other))
	}
}

// types compares two types, and what is derived of ours: a record may come as any
// of the types that extend the declared one.
func (c *comparison) types(ours, theirs typ) {
	key := pair{ours, theirs, c.at.Answer}
	if c.done[key] || len(c.done) > math.MaxInt16 {
		return
	}
	c.done[key] = true
	a, b := c.ours.contentOf(ours), c.theirs.contentOf(theirs)
	if (a.simple == nil) != (b.simple == nil) {
		if !b.any && !a.any {
			c.add(Type, kindOf(a), kindOf(b))
		}
		return
	}
	if a.simple != nil {
		c.texts(*a.simple, *b.simple)
	}
	c.attributes(a, b)
	c.particles(ours, a, b)
	if ours.decl != nil {
		return
	}
	at := c.at.Path
	for _, derived := range c.ours.derived[ours.name] {
		c.at.Path = at + "(" + derived.Local + ")"
		if c.theirs.types[derived] == nil {
			c.add(Type, shown(derived), "not there")
			continue
		}
		c.types(typ{name: derived}, typ{name: derived})
	}
	c.at.Path = at
}

func kindOf(c content) string {
	if c.simple != nil {
		return c.simple.builtin
	}
	return "made of elements"
}

func (c *comparison) attributes(ours, theirs content) {
	has := func(list []attribute, name string) bool {
		return slices.ContainsFunc(list, func(a attribute) bool { return a.name == name })
	}
	for _, a := range ours.attributes {
		if !has(theirs.attributes, a.name) {
			c.below("@"+a.name, func() { c.add(Attribute, "", "") })
		}
	}
	if c.at.Answer {
		return
	}
	for _, b := range theirs.attributes {
		if b.required && !has(ours.attributes, b.name) {
			c.below("@"+b.name, func() { c.add(Mandatory, "", "") })
		}
	}
}

func (c *comparison) particles(of typ, ours, theirs content) {
	last := -1
	for _, p := range ours.particles {
		i := slices.IndexFunc(theirs.particles, func(q particle) bool { return q.name == p.name })
		if i < 0 {
			i = slices.IndexFunc(theirs.particles, func(q particle) bool { return q.name.Local == p.name.Local })
		}
		c.below(p.name.Local, func() {
			c.of = of
			if i < 0 {
				if !theirs.any {
					c.add(Element, "", "")
				}
				return
			}
			q := theirs.particles[i]
			if q.name.Space != p.name.Space {
				c.add(Namespace, p.name.Space, q.name.Space)
			}
			if i < last && !theirs.unordered && !c.AnyOrder {
				c.add(Order, "", theirs.particles[last].name.Local)
			}
			c.occurrence(p, q)
			c.types(p.typ, q.typ)
		})
		last = max(last, i)
	}
	if c.at.Answer {
		return
	}
	for _, q := range theirs.particles {
		if q.min > 0 && !slices.ContainsFunc(ours.particles, func(p particle) bool { return p.name.Local == q.name.Local }) {
			c.below(q.name.Local, func() { c.add(Mandatory, "", "") })
		}
	}
}

// occurrence tells where theirs takes less than we may send, or sends other than
// we expect.
func (c *comparison) occurrence(ours, theirs particle) {
	wrong := theirs.min > ours.min || theirs.max < ours.max
	if c.at.Answer {
		wrong = theirs.min < ours.min || theirs.max > ours.max
	}
	if c.Exact {
		wrong = theirs.min != ours.min || theirs.max != ours.max
	}
	if wrong {
		c.add(Occurs, often(ours), often(theirs))
	}
}

func often(p particle) string {
	if p.max == unbounded {
		return fmt.Sprintf("%d to any number of", p.min)
	}
	if p.min == p.max {
		return strconv.Itoa(p.min)
	}
	return fmt.Sprintf("%d to %d", p.min, p.max)
}

// texts are the types that hold any text; which of them does not matter to a
// message.
var texts = []string{"string", "normalizedString", "token", "NMTOKEN", "Name", "NCName", "ID", "anyURI", "language"}

func (c *comparison) texts(ours, theirs simple) {
	same := ours.builtin == theirs.builtin || !c.Exact && slices.Contains(texts, ours.builtin) && slices.Contains(texts, theirs.builtin)
	if !same && ours.builtin != "anySimpleType" && theirs.builtin != "anySimpleType" {
		c.add(Type, ours.builtin, theirs.builtin)
		return
	}
	if c.at.Answer {
		return
	}
	if len(theirs.values) > 0 {
		for _, v := range ours.values {
			if !slices.Contains(theirs.values, v) {
				c.add(Value, v, "")
			}
		}
	}
	if ours.length > 0 && theirs.length > 0 && theirs.length < ours.length {
		c.add(Length, strconv.Itoa(ours.length), strconv.Itoa(theirs.length))
	}
}

// below does something one level deeper.
func (c *comparison) below(step string, do func()) {
	at, of := c.at.Path, c.of
	c.at.Path = at + "/" + step
	do()
	c.at.Path, c.of = at, of
}

func (c *comparison) add(kind Kind, ours, theirs string) {
	d := c.at
	d.Kind, d.Ours, d.Theirs = kind, ours, theirs
	if kind == Action || kind == Binding {
		d.Path = ""
	}
	c.found = append(c.found, d)
	c.subjects = append(c.subjects, subject{kind, c.of, path.Base(d.Path)})
}
