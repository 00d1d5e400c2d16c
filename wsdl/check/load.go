package check

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Limits of a contract. The largest of the vendors' has 47 documents and 3 MB.
const (
	MaxDocuments = 200
	MaxBytes     = 32 << 20
	maxMissing   = 50 // documents that are named
)

// The namespaces of WSDL 1.1, of its SOAP bindings and of XML Schema.
const (
	nsWSDL   = "http://schemas.xmlsoap.org/wsdl/"
	nsSOAP11 = "http://schemas.xmlsoap.org/wsdl/soap/"
	nsSOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
	nsXSD    = "http://www.w3.org/2001/XMLSchema"
)

// A Source is where the documents of a contract are.
type Source interface {
	// Resolve returns where a document is that another one refers to, from being where
	// that one is. It refuses what may not be read at all. Two documents with one
	// location are one.
	Resolve(from, location string) (string, error)
	// Read returns a document.
	Read(ctx context.Context, location string) ([]byte, error)
}

// Load reads the WSDL at a location of source with everything it imports. Documents
// that cannot be had are named all at once.
func Load(ctx context.Context, source Source, location string) (*Contract, error) {
	l := loader{source: source, contract: newContract(), seen: map[reading]bool{}}
	l.load(ctx, reading{location, ""}, true)
	if l.fatal != nil {
		return nil, l.fatal
	}
	if err := errors.Join(l.missing...); err != nil {
		return nil, err
	}
	return l.contract, l.contract.link()
}

// Parse reads a WSDL that is complete in itself.
func Parse(wsdl []byte) (*Contract, error) {
	return Load(context.Background(), single(wsdl), "the WSDL")
}

// single is a Source of one document.
type single []byte

func (single) Resolve(from, location string) (string, error) {
	return "", fmt.Errorf("%s imports %s, and should be complete", from, location)
}

func (s single) Read(context.Context, string) ([]byte, error) { return s, nil }

// A reading is a document as it is included: a schema without a namespace of its own
// has its includer's.
type reading struct{ location, namespace string }

type loader struct {
	source   Source
	contract *Contract
	seen     map[reading]bool
	bytes    int
	missing  []error
	fatal    error
}

func (l *loader) load(ctx context.Context, r reading, first bool) {
	if l.fatal != nil || l.seen[r] {
		return
	}
	l.seen[r] = true
	if len(l.seen) > MaxDocuments {
		l.fatal = fmt.Errorf("it has more than %d documents", MaxDocuments)
		return
	}
	data, err := l.source.Read(ctx, r.location)
	if err != nil {
		l.missing = append(l.missing, err)
		return
	}
	if l.bytes += len(data); l.bytes > MaxBytes {
		l.fatal = fmt.Errorf("it has more than %d MB", MaxBytes>>20)
		return
	}
	root, err := soap.Parse(data, "")
	switch {
	case err != nil:
		l.fatal = fmt.Errorf("%s cannot be read: %w", r.location, err)
	case soap.Is(root, nsWSDL, "definitions"):
		l.definitions(ctx, r, root)
	case soap.Is(root, nsXSD, "schema") && !first:
		l.schema(ctx, r, root)
	default:
		l.fatal = fmt.Errorf("%s is not a WSDL, but <%.40s>", r.location, root.Tag)
	}
}

func (l *loader) definitions(ctx context.Context, r reading, root *etree.Element) {
	l.contract.definitions = append(l.contract.definitions, root)
	for _, el := range children(root, nsWSDL, "types") {
		for _, schema := range children(el, nsXSD, "schema") {
			l.schema(ctx, reading{r.location, ""}, schema)
		}
	}
	for _, el := range children(root, nsWSDL, "import") {
		l.follow(ctx, r.location, soap.Attr(el, "location"), "")
	}
}

func (l *loader) schema(ctx context.Context, r reading, schema *etree.Element) {
	namespace := r.namespace
	if own := soap.Attr(schema, "targetNamespace"); own != "" {
		namespace = own
	}
	l.contract.addSchema(schema, namespace)
	for _, el := range schema.ChildElements() {
		switch {
		case soap.Is(el, nsXSD, "include"):
			l.follow(ctx, r.location, soap.Attr(el, "schemaLocation"), namespace)
		case soap.Is(el, nsXSD, "import"):
			l.follow(ctx, r.location, soap.Attr(el, "schemaLocation"), "")
		}
	}
}

// follow loads what a document refers to; a reference without a location is to
// what is there already.
func (l *loader) follow(ctx context.Context, from, location, namespace string) {
	if location == "" || wellKnown(location) || len(l.missing) > maxMissing {
		return
	}
	at, err := l.source.Resolve(from, location)
	if err != nil {
		l.missing = append(l.missing, err)
		return
	}
	l.load(ctx, reading{at, namespace}, false)
}

// wellKnown are schemas of the web's own, which describe what is in no message
// body of ours.
func wellKnown(location string) bool {
	return strings.HasPrefix(location, "http://schemas.xmlsoap.org/") || strings.HasPrefix(location, "http://www.w3.org/")
}

func children(el *etree.Element, space, local string) []*etree.Element {
	var found []*etree.Element
	for _, child := range el.ChildElements() {
		if soap.Is(child, space, local) {
			found = append(found, child)
		}
	}
	return found
}

// name resolves a prefixed name in an attribute; it is empty where there is none.
func name(el *etree.Element, attr string) xml.Name {
	value := soap.Attr(el, attr)
	if value == "" {
		return xml.Name{}
	}
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", value
	}
	return xml.Name{Space: space(el, prefix), Local: local}
}

// space returns the namespace of a prefix where it stands.
func space(el *etree.Element, prefix string) string {
	for at := el; at != nil; at = at.Parent() {
		for _, a := range at.Attr {
			if prefix == "" && a.Space == "" && a.Key == "xmlns" || prefix != "" && a.Space == "xmlns" && a.Key == prefix {
				return a.Value
			}
		}
	}
	return ""
}
