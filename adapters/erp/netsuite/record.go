package netsuite

import (
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

// A record is one NetSuite record being written: an upsertList of its own,
// complete with its namespaces. Which elements it has follows from what the
// order has, never from what stands in its texts.
type record struct {
	fields
	list *etree.Element // the upsertList
	errs []error        // what could not be written
}

// fields writes the elements of one complex type, in the order of the calls,
// which must be the schema's.
type fields struct {
	erp    *ERP
	rec    *record
	el     *etree.Element
	prefix string
	typ    string // the type's name, for its lengths
}

// newRecord begins a record of a type, such as tranSales:SalesOrder.
func (e *ERP) newRecord(prefix, typ, externalID string) *record {
	list := etree.NewElement(msgs + ":upsertList")
	for _, p := range e.ns.prefixes() {
		list.CreateAttr("xmlns:"+p[0], p[1])
	}
	r := &record{list: list}
	el := list.CreateElement(msgs + ":record")
	el.CreateAttr("xsi:type", prefix+":"+typ)
	if !legal(externalID) {
		r.errs = append(r.errs, fmt.Errorf("the externalId %q has characters that XML cannot carry", externalID))
	}
	el.CreateAttr("externalId", externalID)
	r.fields = fields{erp: e, rec: r, el: el, prefix: prefix, typ: typ}
	return r
}

// text writes a text, within the field's length. An empty one is left out.
func (f fields) text(name, value string) {
	if value == "" {
		return
	}
	if !legal(value) {
		f.rec.errs = append(f.rec.errs, fmt.Errorf("%s.%s has characters that XML cannot carry", f.typ, name))
		return
	}
	if l, ok := f.erp.limitOf(f.typ + "." + name); ok && units(value) > l.length {
		if l.overflow == refuse {
			f.rec.errs = append(f.rec.errs, &erpbridge.Error{
				Op: "netsuite.Translate", Kind: erpbridge.Held,
				Err: fmt.Errorf("%s.%s takes %d characters, %q has %d: shorten it in the shop, or set lengths.%s.%s of target %s if the account takes more",
					f.typ, name, l.length, shorten(value, 100), units(value), f.typ, name, f.erp.name),
			})
			return
		}
		value = shorten(value, l.length)
	}
	f.plain(name, value)
}

// plain writes a value that needs no care: a number, an enumeration, a date.
func (f fields) plain(name, value string) {
	f.el.CreateElement(f.prefix + ":" + name).CreateText(value)
}

// flag writes a boolean.
func (f fields) flag(name string, value bool) { f.plain(name, fmt.Sprint(value)) }

// ref writes a reference by internal id. Without one it is left out.
func (f fields) ref(name, internalID string) {
	if internalID != "" {
		f.el.CreateElement(f.prefix+":"+name).CreateAttr("internalId", internalID)
	}
}

// external writes a reference to a record of ours.
func (f fields) external(name, externalID, typ string) {
	el := f.el.CreateElement(f.prefix + ":" + name)
	el.CreateAttr("externalId", externalID)
	el.CreateAttr("type", recordTypes[typ])
}

// group opens an element of another complex type.
func (f fields) group(name, prefix, typ string) fields {
	return fields{erp: f.erp, rec: f.rec, el: f.el.CreateElement(f.prefix + ":" + name), prefix: prefix, typ: typ}
}

// bytes returns the finished document.
func (r *record) bytes() ([]byte, error) {
	if len(r.errs) > 0 {
		for _, err := range r.errs {
			if erpbridge.KindOf(err) == erpbridge.Held {
				return nil, err
			}
		}
		return nil, &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Invalid, Err: errors.Join(r.errs...)}
	}
	return serialize(r.list)
}

// serialize writes an element as a document. Carriage returns are written as
// references: a reader would take them for line feeds otherwise.
func serialize(root *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalText = true
	doc.WriteSettings.CanonicalAttrVal = true
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.SetRoot(root)
	return doc.WriteToBytes()
}
