package suitetalk

import (
	"slices"
	"strconv"

	"github.com/beevik/etree"
)

// These read and merge elements in canonical form, where a tag alone names a
// child: no sequence has the same name in two namespaces.

// child returns the child of that name, or nil.
func child(e *etree.Element, name string) *etree.Element {
	for c := range e.ChildElementsSeq() {
		if c.Tag == name {
			return c
		}
	}
	return nil
}

// valueOf returns the text of the child of that name, or "".
func valueOf(e *etree.Element, name string) string {
	if c := child(e, name); c != nil {
		return c.Text()
	}
	return ""
}

// listOf returns the entries of a sublist.
func listOf(e *etree.Element, name string) []*etree.Element {
	if l := child(e, name); l != nil {
		return l.ChildElements()
	}
	return nil
}

// set puts a value into its place in a type's sequence, in place of the one that
// was there.
func set(e *etree.Element, t complexType, name, value string) {
	if old := child(e, name); old != nil {
		e.RemoveChild(old)
	}
	c := etree.NewElement(name)
	c.Space = t.space
	c.SetText(value)
	insert(e, t, c)
}

// insert puts c behind all children that belong before it.
func insert(e *etree.Element, t complexType, c *etree.Element) {
	own := t.position(c.Space, c.Tag)
	for _, other := range e.ChildElements() {
		if t.position(other.Space, other.Tag) > own {
			e.InsertChildAt(other.Index(), c)
			return
		}
	}
	e.AddChild(c)
}

// merge returns the record that sent makes of old, which may be nil: what was
// sent replaces what was there, what was not sent stays, what nullFieldList
// names goes. Empty elements change nothing.
func merge(old, sent *etree.Element, typ string) *etree.Element {
	t := complexTypes[typ]
	merged := etree.NewElement("record")
	if old != nil {
		merged = old.Copy()
	}
	for _, c := range sent.ChildElements() {
		before := child(merged, c.Tag)
		if c.Tag == "nullFieldList" || len(c.Child) == 0 && len(c.Attr) == 0 {
			continue
		}
		now := c.Copy()
		if before != nil {
			now = mergeList(before, now, typ)
			merged.RemoveChild(before)
		}
		now.RemoveAttr("replaceAll")
		insert(merged, t, now)
	}
	for _, null := range listOf(sent, "nullFieldList") {
		if c := child(merged, null.Text()); c != nil {
			merged.RemoveChild(c)
		}
	}
	numberLines(merged, typ)
	return merged
}

// mergeList returns the sublist that sent makes of old. Unless replaceAll is
// false, which it is not by default, lines that were not sent again are gone.
func mergeList(old, sent *etree.Element, typ string) *etree.Element {
	replaceAll := sent.SelectAttrValue("replaceAll", "true")
	if isTrue(replaceAll) {
		return sent
	}
	list := old.Copy()
	for _, c := range sent.ChildElements() {
		at := slices.IndexFunc(list.ChildElements(), func(e *etree.Element) bool { return sameLine(e, c) })
		if at < 0 {
			list.AddChild(c.Copy())
			continue
		}
		before := list.ChildElements()[at]
		index := before.Index()
		list.RemoveChildAt(index)
		list.InsertChildAt(index, mergeLine(before, c, typ))
	}
	return list
}

// sameLine tells whether two lines of a keyed sublist are the same one.
func sameLine(a, b *etree.Element) bool {
	for _, key := range []string{"line", "internalId", "label"} {
		if v := valueOf(b, key); v != "" {
			return valueOf(a, key) == v
		}
	}
	return false
}

func mergeLine(old, sent *etree.Element, typ string) *etree.Element {
	for _, name := range []string{typ + "Item", "CustomerAddressbook"} {
		t := complexTypes[name]
		if first := sent.ChildElements()[0]; t.position(first.Space, first.Tag) < 0 {
			continue
		}
		line := old.Copy()
		for _, c := range sent.ChildElements() {
			if before := child(line, c.Tag); before != nil {
				line.RemoveChild(before)
			}
			insert(line, t, c.Copy())
		}
		return line
	}
	return sent.Copy()
}

// numberLines gives item lines that have no number the next free ones.
func numberLines(order *etree.Element, typ string) {
	last := 0
	lines := listOf(order, "itemList")
	for _, l := range lines {
		if n, err := strconv.Atoi(valueOf(l, "line")); err == nil {
			last = max(last, n)
		}
	}
	for _, l := range lines {
		if valueOf(l, "line") == "" {
			last++
			set(l, complexTypes[typ+"Item"], "line", strconv.Itoa(last))
		}
	}
}
