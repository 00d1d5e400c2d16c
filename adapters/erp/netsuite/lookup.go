package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// LookUp is by what an item is looked up in NetSuite that no table knows.
type LookUp string

// What an item can be looked up by.
const (
	ByItemID     LookUp = "item-id"     // its name or number, as lists show it
	ByExternalID LookUp = "external-id" // its external id
)

// lookedUp stands where the item would, of goods that Deliver looks up. It is no internal
// id, so that no setting and no table can mean it by accident.
const lookedUp = "lookedUp"

// An itemKey is what goods are looked up by.
type itemKey struct {
	by  LookUp
	key string
}

// String says it as a reason does.
func (k itemKey) String() string { return fmt.Sprintf("%s %q", k.by, clip(k.key)) }

// A good is a reference to an item without its internal id, in a record on its way.
type good struct {
	itemKey
	ref *etree.Element
}

// item writes the reference to a line's item. One that is looked up stands there as what
// it is looked up by, so that a Document says all that there is to say about it, and
// NetSuite takes no Document whose items were not looked up.
func (t *translation) item(f fields, it salesdoc.Item) {
	if it.Code != lookedUp {
		f.ref("item", it.Code)
		return
	}
	sku := strings.TrimSpace(it.SKU)
	if !salesdoc.Legal(sku) {
		f.rec.errs = append(f.rec.errs, fmt.Errorf("the SKU %q has characters that XML cannot carry", clip(sku)))
		return
	}
	ref := f.el.CreateElement(f.prefix + ":item")
	if t.conf.Items.LookUp == ByExternalID {
		ref.CreateAttr("externalId", sku)
		return
	}
	ref.CreateElement(core + ":name").CreateText(sku)
}

// goodsOf returns the references of a record to items that are to be looked up.
func (e *ERP) goodsOf(record *etree.Element) (goods []good) {
	for _, ref := range record.FindElements("./itemList/item/item") {
		if soap.Attr(ref, "internalId") != "" {
			continue
		}
		if id := soap.Attr(ref, "externalId"); id != "" {
			goods = append(goods, good{itemKey{ByExternalID, id}, ref})
			continue
		}
		for _, c := range ref.ChildElements() {
			if soap.Is(c, e.ns.core, "name") && c.Text() != "" {
				goods = append(goods, good{itemKey{ByItemID, c.Text()}, ref})
			}
		}
	}
	return goods
}

// resolve puts the internal ids of items into the records that lack them, and returns the
// records that can be written. The others get their result. The error is of a look-up as
// a whole: then nothing was written, and nothing is to be.
//
// Each item is asked for once, however many lines and documents have it. What is learnt
// before a look-up fails is kept, so that the next attempt begins where this one ended.
func (e *ERP) resolve(ctx context.Context, sent []lifted, results []erpbridge.Result) ([]lifted, error) {
	known := map[itemKey]match{}
	var unknown []itemKey
	for _, s := range sent {
		for _, g := range s.goods {
			if _, asked := known[g.itemKey]; asked {
				continue
			}
			known[g.itemKey] = match{}
			if id, ok := e.recall(g.itemKey); ok {
				known[g.itemKey] = match{id: id}
				continue
			}
			unknown = append(unknown, g.itemKey)
		}
	}
	if err := e.search(ctx, unknown, known); err != nil {
		return nil, whole(err)
	}
	var ready []lifted
	for _, s := range sent {
		if err := e.fill(s.goods, known); err != nil {
			results[s.index].Err = err
			continue
		}
		ready = append(ready, s)
	}
	return ready, nil
}

// recall returns the item that is known without asking NetSuite: by the cross-reference,
// which may have been filled since the document was rendered, or by an earlier look-up.
func (e *ERP) recall(k itemKey) (string, bool) {
	if e.xref != nil {
		if id, ok := e.xref.Value(salesdoc.ItemTable, k.key); ok && internalIDShape.MatchString(id) {
			return id, true
		}
	}
	return e.items.get(k, e.now())
}

// fill puts what was found into the lines of one record: into all of them, or none.
func (e *ERP) fill(goods []good, known map[itemKey]match) error {
	var errs []error
	kind := erpbridge.Missing
	told := map[itemKey]bool{}
	for _, g := range goods {
		if told[g.itemKey] {
			continue
		}
		told[g.itemKey] = true
		m := known[g.itemKey]
		switch {
		case m.id == "":
			errs = append(errs, fmt.Errorf("NetSuite has %s: %s, or erpbridge xref set --target %s %s %q ITEM",
				m.lacks(g.itemKey), m.advice(), e.name, salesdoc.ItemTable, clip(g.key)))
		case e.hasUnit(m.id):
			// How many of the shop's pieces a unit has was to be known when the line was rendered.
			kind = erpbridge.Held
			errs = append(errs, fmt.Errorf("item %s, found by %s, has a unit of its own: erpbridge xref set --target %s %s %q %s, and render the document again",
				m.id, g.itemKey, e.name, salesdoc.ItemTable, clip(g.key), m.id))
		}
	}
	if len(errs) > 0 {
		return &erpbridge.Error{Op: deliverOp, Kind: kind, Err: errors.New(e.reason(joined(errs)))}
	}
	for _, g := range goods {
		for _, c := range g.ref.ChildElements() {
			g.ref.RemoveChild(c)
		}
		g.ref.RemoveAttr("externalId")
		g.ref.CreateAttr("internalId", known[g.itemKey].id)
	}
	return nil
}

// joined is all errors in one line.
func joined(errs []error) string {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// hasUnit reports whether the mapping counts an item in a unit of its own.
func (e *ERP) hasUnit(id string) bool {
	if e.xref != nil {
		if unit, ok := e.xref.Value(salesdoc.UnitTable, id); ok && unit != "" {
			return true
		}
	}
	for _, r := range e.conf.Mapping.Stores {
		if r.Units.Items[id] != "" {
			return true
		}
	}
	return e.conf.Mapping.Units.Items[id] != ""
}

// distrust forgets which items a record was given: where NetSuite did not take it they may
// be gone, or be called otherwise by now.
func (e *ERP) distrust(s lifted) {
	for _, g := range s.goods {
		e.items.drop(g.itemKey)
	}
}

// notTaken reports whether a record was not saved for what it is, or refers to.
func notTaken(err error) bool {
	kind := erpbridge.KindOf(err)
	return kind == erpbridge.Missing || kind == erpbridge.Invalid
}
