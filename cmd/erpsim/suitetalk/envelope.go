package suitetalk

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beevik/etree"
)

// An envelope is a SOAP message taken apart: the header's elements and the one
// element of the body.
type envelope struct {
	header []*etree.Element
	body   *etree.Element
}

// readEnvelope accepts one SOAP 1.1 Envelope with an optional Header and one
// Body that holds one element, in UTF-8, without a document type declaration,
// and nothing before, beside or after any of them.
func readEnvelope(raw []byte) (envelope, *fault) {
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true, CharsetReader: onlyUTF8}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := errors.Join(wellFormed(raw), doc.ReadFromBytes(raw)); err != nil {
		return envelope{}, malformedRequest("not well-formed: %v", err)
	}
	root, f := onlyRoot(doc)
	if f != nil {
		return envelope{}, f
	}
	switch {
	case root.Tag != "Envelope":
		return envelope{}, malformedRequest("Bad envelope tag: %s", root.Tag)
	case root.NamespaceURI() != soapNS:
		return envelope{}, &fault{faultcode: "soapenv:VersionMismatch", message: "Only SOAP 1.1 is understood"}
	}
	if f := noText(root); f != nil {
		return envelope{}, f
	}
	var env envelope
	parts := root.ChildElements()
	if len(parts) == 2 && isSOAP(parts[0], "Header") {
		if f := noText(parts[0]); f != nil {
			return envelope{}, f
		}
		env.header = parts[0].ChildElements()
		parts = parts[1:]
	}
	if len(parts) != 1 || !isSOAP(parts[0], "Body") {
		return envelope{}, malformedRequest("an Envelope holds an optional Header and one Body, in this order")
	}
	if f := noText(parts[0]); f != nil {
		return envelope{}, f
	}
	content := parts[0].ChildElements()
	if len(content) != 1 {
		return envelope{}, malformedRequest("the Body holds %d elements, not one", len(content))
	}
	env.body = content[0]
	return env, nil
}

// wellFormed reads the document to its end. The ReadSettings of etree would also
// refuse a line feed or a comment after the root element, which XML allows.
func wellFormed(raw []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	dec.CharsetReader = onlyUTF8
	for {
		switch _, err := dec.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// onlyRoot returns the document's one element. Comments may stand beside it, and
// the XML declaration before it.
func onlyRoot(doc *etree.Document) (*etree.Element, *fault) {
	var root *etree.Element
	for _, t := range doc.Child {
		switch t := t.(type) {
		case *etree.Directive:
			return nil, malformedRequest("DOCTYPE is disallowed")
		case *etree.CharData:
			if !t.IsWhitespace() {
				return nil, malformedRequest("Content is not allowed in prolog")
			}
		case *etree.Element:
			if root != nil {
				return nil, malformedRequest("a second root element %s", t.Tag)
			}
			root = t
		}
	}
	if root == nil {
		return nil, malformedRequest("Premature end of file")
	}
	return root, nil
}

func isSOAP(e *etree.Element, name string) bool {
	return e.Tag == name && e.NamespaceURI() == soapNS
}

// noText refuses text between the children of an element that has none.
func noText(e *etree.Element) *fault {
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok && !c.IsWhitespace() {
			return malformedRequest("unexpected text in %s", e.Tag)
		}
	}
	return nil
}

// text returns all the text of an element, whatever comments stand in it.
func text(e *etree.Element) string {
	var b strings.Builder
	for _, t := range e.Child {
		if c, ok := t.(*etree.CharData); ok {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func onlyUTF8(charset string, r io.Reader) (io.Reader, error) {
	if !strings.EqualFold(charset, "utf-8") {
		return nil, fmt.Errorf("encoding %q is not supported", charset)
	}
	return r, nil
}
