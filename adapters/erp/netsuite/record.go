package netsuite

import (
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// A record is one NetSuite record being written: an upsertList, an addList or an updateList
// of its own, complete with its namespaces. Which elements it has follows from what the
// order has, never from what stands in its texts.
type record struct {
	fields
	list       *etree.Element // the upsertList, or what it is
	kind       string         // of its Document
	externalID string
	errs       []error // what could not be written
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

// The operations a Document is made for.
const (
	addList    = "addList"
	upsertList = "upsertList"
	updateList = "updateList"
)

// newRecord begins a record of a type, such as tranSales:SalesOrder.
func (e *ERP) newRecord(prefix, typ, externalID string) *record {
	return e.newRecordFor(upsertList, prefix, typ, externalID)
}

func (e *ERP) newRecordFor(operation, prefix, typ, externalID string) *record {
	list := etree.NewElement(msgs + ":" + operation)
	for _, p := range e.ns.prefixes() {
		list.CreateAttr("xmlns:"+p[0], p[1])
	}
	r := &record{list: list, kind: typ, externalID: externalID}
	el := list.CreateElement(msgs + ":record")
	el.CreateAttr("xsi:type", prefix+":"+typ)
	if !salesdoc.Legal(externalID) {
		r.errs = append(r.errs, fmt.Errorf("the externalId %q has characters that XML cannot carry", externalID))
	}
	el.CreateAttr("externalId", externalID)
	r.fields = fields{erp: e, rec: r, el: el, prefix: prefix, typ: typ}
	return r
}

// plain writes a value that needs no care: a number, an enumeration, a date.
func (f fields) plain(name, value string) {
	f.el.CreateElement(f.prefix + ":" + name).CreateText(value)
}

// flag writes a boolean.
func (f fields) flag(name string, value bool) { f.plain(name, fmt.Sprint(value)) }

// ref writes a reference by internal id. Without one it is left out. The settings are
// checked when they are read; what is none comes from a cross-reference table.
func (f fields) ref(name, internalID string) {
	switch {
	case internalID == "":
	case !internalIDShape.MatchString(internalID):
		f.rec.errs = append(f.rec.errs, held("%s.%s: %q is not an internal id, which is a number: correct the cross-reference tables of target %s",
			f.typ, name, clip(internalID), f.erp.name))
	default:
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

// bytes returns the finished document, and the digest of what it says.
func (r *record) bytes() (body []byte, digest string, err error) {
	if len(r.errs) > 0 {
		for _, err := range r.errs {
			if erpbridge.KindOf(err) == erpbridge.Held {
				return nil, "", err
			}
		}
		return nil, "", &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Invalid, Err: errors.Join(r.errs...)}
	}
	if digest, err = r.seal(); err != nil {
		return nil, "", err
	}
	body, err = serialize(r.list)
	return body, digest, err
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
