package gpws

import (
	"slices"

	"github.com/beevik/etree"
)

// updated is what comes of an update: what was not sent, or says xsi:nil, stays as it was,
// part by part. Tax details are told apart by their keys, lines are not in here. Without
// an old state it is what was sent.
//
// Nobody outside Microsoft has a word on it in writing: this is the reading under which a
// caller who leaves out what is nought is wrong.
func updated(old, sent *etree.Element) *etree.Element {
	if old == nil {
		return sent.Copy()
	}
	result := old.Copy()
	for _, el := range sent.ChildElements() {
		there := result.SelectElement(el.Tag)
		switch {
		case there == nil:
			result.AddChild(el.Copy())
		case el.SelectAttrValue("nil", "") == "true", el.Tag == "Lines":
		case el.Tag == "Taxes":
			taxes(there, el)
		case len(el.ChildElements()) > 0:
			replace(result, there, updated(there, el))
		default:
			replace(result, there, el.Copy())
		}
	}
	if sent.Tag == "salesOrder" {
		slices.SortStableFunc(result.Child, func(a, b etree.Token) int { return place(a) - place(b) })
		result.ReindexChildren()
	}
	return result
}

func replace(in, old, by *etree.Element) {
	at := old.Index()
	in.RemoveChildAt(at)
	in.InsertChildAt(at, by)
}

// place is where an order's element stands in the contract.
func place(t etree.Token) int {
	if el, ok := t.(*etree.Element); ok {
		return slices.Index(orderSequence, el.Tag)
	}
	return -1
}

// taxes writes tax details over those with the same key.
func taxes(there, sent *etree.Element) {
	for _, detail := range sent.ChildElements() {
		key := text(detail, "Key/TaxDetailKey/Id")
		for _, old := range there.ChildElements() {
			if text(old, "Key/TaxDetailKey/Id") == key {
				there.RemoveChild(old)
			}
		}
		there.AddChild(detail.Copy())
	}
}
