package soap

import (
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// The namespaces of SOAP's versions.
const (
	Namespace   = "http://schemas.xmlsoap.org/soap/envelope/"
	Namespace12 = "http://www.w3.org/2003/05/soap-envelope"
)

// An Envelope is a SOAP message taken apart.
type Envelope struct {
	Header  *etree.Element // nil: none
	Content *etree.Element // the one element of the Body; nil: an empty Body
	Fault   *Fault         // not nil: Content is a Fault
}

// A Fault is the other side's refusal.
type Fault struct {
	Code    string         // "soapenv:Server.userException"
	Subcode string         // of SOAP 1.2: the innermost, "" without one
	String  string         // of the texts SOAP 1.2 may have, the English one or the first
	Actor   string         // who says so: the actor, or the role of SOAP 1.2; mostly ""
	Detail  *etree.Element // nil: none
	// DetailName is the local name of the first element in Detail: the vendor's
	// own kind of fault. DetailCode and DetailMessage are its children code and
	// message, where it has them.
	DetailName    string
	DetailCode    string
	DetailMessage string
}

// Text returns the most telling of the fault's texts.
func (f *Fault) Text() string {
	if f.DetailMessage != "" && !strings.Contains(f.String, f.DetailMessage) {
		return strings.TrimSpace(f.String + ": " + f.DetailMessage)
	}
	return f.String
}

// ParseEnvelope reads a SOAP 1.1 message: one Envelope with at most one Header
// before exactly one Body with at most one element, and nothing else. What lies
// in the Header is nobody's Body, whatever it is called.
func ParseEnvelope(data []byte, charset string) (*Envelope, error) {
	return parseEnvelope(data, charset, Namespace, parseFault)
}

// ParseEnvelope12 reads a SOAP 1.2 message by the same rules.
func ParseEnvelope12(data []byte, charset string) (*Envelope, error) {
	return parseEnvelope(data, charset, Namespace12, parseFault12)
}

// Unwrap reads a document that may come in an envelope, of either version, and returns what
// is in it, or its root where there is none. A Fault and an empty Body are errors.
func Unwrap(data []byte, charset string) (*etree.Element, error) {
	root, err := Parse(data, charset)
	if err != nil || root.Tag != "Envelope" {
		return root, err
	}
	read := ParseEnvelope
	if root.NamespaceURI() == Namespace12 {
		read = ParseEnvelope12
	}
	env, err := read(data, charset)
	switch {
	case err != nil:
		return nil, err
	case env.Fault != nil:
		return nil, errors.New("its envelope holds a Fault")
	case env.Content == nil:
		return nil, errors.New("its envelope is empty")
	}
	return env.Content, nil
}

// versions are SOAP's, by namespace.
var versions = map[string]string{Namespace: "1.1", Namespace12: "1.2"}

func parseEnvelope(data []byte, charset, wanted string, readFault func(*etree.Element) (*Fault, error)) (*Envelope, error) {
	root, err := Parse(data, charset)
	if err != nil {
		return nil, err
	}
	switch space := root.NamespaceURI(); {
	case root.Tag != "Envelope":
		return nil, fmt.Errorf("the root is %s, not an Envelope", clip(root.Tag))
	case space != wanted && versions[space] != "":
		return nil, fmt.Errorf("it is a SOAP %s message, the request was SOAP %s", versions[space], versions[wanted])
	case space != wanted:
		return nil, fmt.Errorf("the Envelope is in the namespace %s", clip(space))
	}
	var e Envelope
	var body *etree.Element
	for _, child := range root.ChildElements() {
		switch {
		case Is(child, wanted, "Header") && e.Header == nil && body == nil:
			e.Header = child
		case Is(child, wanted, "Body") && body == nil:
			body = child
		default:
			return nil, fmt.Errorf("%s is one too many in the Envelope, or out of place", clip(child.Tag))
		}
	}
	if body == nil {
		return nil, errors.New("there is no Body")
	}
	for _, el := range []*etree.Element{root, e.Header, body} {
		if el != nil && hasText(el) {
			return nil, fmt.Errorf("text directly in the %s", el.Tag)
		}
	}
	if e.Header != nil && signed(e.Header) {
		return nil, errors.New("it is signed, and signatures are not verified here")
	}
	content := body.ChildElements()
	if len(content) > 1 {
		return nil, errors.New("more than one element in the Body")
	}
	if len(content) == 1 {
		e.Content = content[0]
	}
	if e.Content != nil && Is(e.Content, wanted, "Fault") {
		e.Fault, err = readFault(e.Content)
	}
	return &e, err
}

// Is reports whether an element has this name in this namespace, whatever its
// prefix.
func Is(el *etree.Element, space, local string) bool {
	return el != nil && el.Tag == local && el.NamespaceURI() == space
}

// Text returns the text of an element without the blanks around it.
func Text(el *etree.Element) string { return strings.TrimSpace(el.Text()) }

// Attr returns the attribute of this name that is in no namespace, without the
// blanks around it. etree's own look-up takes one of any prefix.
func Attr(el *etree.Element, name string) string {
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func hasText(el *etree.Element) bool {
	for _, c := range el.Child {
		if t, ok := c.(*etree.CharData); ok && strings.TrimSpace(t.Data) != "" {
			return true
		}
	}
	return false
}

func signed(el *etree.Element) bool {
	if Is(el, nsSignature, "Signature") {
		return true
	}
	for _, child := range el.ChildElements() {
		if signed(child) {
			return true
		}
	}
	return false
}
