package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// Limits of an XML message. An answer to a hundred records stays far below each.
const (
	maxDepth    = 64
	maxAttrs    = 256
	maxText     = 64 << 10 // of one element's text, and of one attribute
	maxElements = 100_000
)

// The namespaces that mean something to the reader.
const (
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS     = "http://www.w3.org/2000/xmlns/"
	nsXInclude  = "http://www.w3.org/2001/XInclude"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
)

// Parse reads one XML document strictly and returns its root. charset is the
// transport's word about the encoding, used where the document has none.
//
// It refuses what is not well-formed, and of what is well-formed everything
// that has no business in a message: a DOCTYPE or any other directive,
// processing instructions, XInclude, text outside of the root, a second root,
// equal attributes, undeclared prefixes, colons in local names, two elements
// with the same Id, characters that XML 1.0 does not allow, encodings other than
// UTF-8, ISO-8859-1, ISO-8859-15, windows-1252 and US-ASCII, and anything beyond
// the limits of depth, size and number.
//
// Comments are left out and the text around them is one, so that "10<!-- -->1"
// is 101 for every reader of the tree.
func Parse(data []byte, charset string) (*etree.Element, error) {
	text, label, err := decode(data, charset)
	if err != nil {
		return nil, err
	}
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.CharsetReader = func(declared string, r io.Reader) (io.Reader, error) {
		if !strings.EqualFold(declared, label) {
			return nil, fmt.Errorf("encoding %q", declared)
		}
		return r, nil // decoded already
	}
	p := parser{ids: map[string]bool{}}
	for first := true; ; first = false {
		from := dec.InputOffset()
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		err = p.take(token, first)
		if err == nil {
			err = paired(token, text[from:dec.InputOffset()])
		}
		if err != nil {
			line, column := dec.InputPos()
			return nil, fmt.Errorf("line %d, column %d: %w", line, column, err)
		}
	}
	if p.root == nil || len(p.open) > 0 {
		return nil, errors.New("the document ends too early")
	}
	return p.root, nil
}

// paired refuses a token, given as it is written, that refers to half of a UTF-16 pair. The
// token reader takes all of them for U+FFFD, so that it cannot be asked: two different texts
// would be one. In CDATA and comments nothing is a reference.
func paired(token xml.Token, written []byte) error {
	switch token.(type) {
	case xml.StartElement:
	case xml.CharData:
		if bytes.HasPrefix(written, []byte("<![CDATA[")) {
			return nil
		}
	default:
		return nil
	}
	for {
		at := bytes.Index(written, []byte("&#"))
		if at < 0 {
			return nil
		}
		written = written[at+len("&#"):]
		end := bytes.IndexByte(written, ';')
		if end < 0 {
			return nil
		}
		digits, base := written[:end], 10
		if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
			digits, base = hex, 16
		}
		if n, err := strconv.ParseUint(string(digits), base, 32); err == nil && n >= 0xD800 && n <= 0xDFFF {
			return fmt.Errorf("the reference %s, which is to no character", clip("&#"+string(written[:end])+";"))
		}
		written = written[end:]
	}
}

// parser builds the tree and refuses while it does.
type parser struct {
	root     *etree.Element
	open     []*etree.Element
	scopes   []map[string]string // namespaces declared at each open element; nil for none
	elements int
	ids      map[string]bool
}

func (p *parser) take(token xml.Token, first bool) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		return p.end(t)
	case xml.CharData:
		return p.text(string(t))
	case xml.ProcInst:
		if !first || t.Target != "xml" {
			return fmt.Errorf("processing instruction %q", t.Target)
		}
	case xml.Directive:
		return errors.New("a DOCTYPE or another directive")
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	if len(p.open) == 0 && p.root != nil {
		return errors.New("a second root")
	}
	if len(p.open) >= maxDepth {
		return fmt.Errorf("more than %d levels", maxDepth)
	}
	if p.elements++; p.elements > maxElements {
		return fmt.Errorf("more than %d elements", maxElements)
	}
	if len(t.Attr) > maxAttrs {
		return fmt.Errorf("more than %d attributes", maxAttrs)
	}
	scope, err := declared(t.Attr)
	if err != nil {
		return err
	}
	p.scopes = append(p.scopes, scope)
	space, err := p.resolve(t.Name, true)
	if err != nil {
		return err
	}
	if space == nsXInclude {
		return errors.New("XInclude")
	}
	el := etree.NewElement(t.Name.Local)
	el.Space = t.Name.Space
	if err := p.attributes(el, t.Attr); err != nil {
		return err
	}
	if len(p.open) == 0 {
		p.root = el
	} else {
		p.open[len(p.open)-1].AddChild(el)
	}
	p.open = append(p.open, el)
	return nil
}

func (p *parser) attributes(el *etree.Element, attrs []xml.Attr) error {
	seen := make(map[xml.Name]bool, len(attrs))
	for _, a := range attrs {
		space, err := p.resolve(a.Name, false)
		if err != nil {
			return err
		}
		name := xml.Name{Space: space, Local: a.Name.Local}
		if seen[name] {
			return fmt.Errorf("attribute %s twice", clip(a.Name.Local))
		}
		seen[name] = true
		if len(a.Value) > maxText {
			return fmt.Errorf("an attribute of more than %d bytes", maxText)
		}
		if isID(name) {
			if p.ids[a.Value] {
				return fmt.Errorf("two elements with the Id %s", clip(a.Value))
			}
			p.ids[a.Value] = true
		}
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		el.CreateAttr(key, a.Value)
	}
	return nil
}

func (p *parser) end(t xml.EndElement) error {
	if len(p.open) == 0 {
		return fmt.Errorf("</%s> closes nothing", clip(t.Name.Local))
	}
	el := p.open[len(p.open)-1]
	if el.Space != t.Name.Space || el.Tag != t.Name.Local {
		return fmt.Errorf("<%s> is closed by </%s>", clip(el.Tag), clip(t.Name.Local))
	}
	p.open = p.open[:len(p.open)-1]
	p.scopes = p.scopes[:len(p.scopes)-1]
	return nil
}

func (p *parser) text(s string) error {
	if len(p.open) == 0 {
		if strings.Trim(s, " \t\r\n") != "" {
			return errors.New("text outside of the root")
		}
		return nil
	}
	el := p.open[len(p.open)-1]
	// What stands on both sides of a comment is one text.
	if n := len(el.Child); n > 0 {
		if last, ok := el.Child[n-1].(*etree.CharData); ok {
			s = last.Data + s
			el.RemoveChildAt(n - 1)
		}
	}
	if len(s) > maxText {
		return fmt.Errorf("a text of more than %d bytes", maxText)
	}
	el.CreateText(s)
	return nil
}

// declared collects the namespaces an element declares.
func declared(attrs []xml.Attr) (map[string]string, error) {
	var scope map[string]string
	for _, a := range attrs {
		prefix, ok := a.Name.Local, a.Name.Space == "xmlns"
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			prefix, ok = "", true
		}
		if !ok {
			continue
		}
		switch {
		case prefix == "xmlns", a.Value == nsXMLNS, (prefix == "xml") != (a.Value == nsXML), prefix != "" && a.Value == "":
			return nil, fmt.Errorf("namespace prefix %s cannot be declared so", clip(prefix))
		}
		if scope == nil {
			scope = map[string]string{}
		}
		scope[prefix] = a.Value
	}
	return scope, nil
}

// resolve returns the namespace of a name as written.
func (p *parser) resolve(n xml.Name, element bool) (string, error) {
	if strings.Contains(n.Local, ":") || n.Local == "" {
		return "", fmt.Errorf("the name %s", clip(n.Local))
	}
	switch {
	case n.Space == "xml":
		return nsXML, nil
	case n.Space == "xmlns", n.Space == "" && n.Local == "xmlns" && !element:
		return nsXMLNS, nil
	case n.Space == "" && !element:
		return "", nil // an attribute without a prefix is in no namespace
	}
	for i := len(p.scopes) - 1; i >= 0; i-- {
		if uri, ok := p.scopes[i][n.Space]; ok {
			return uri, nil
		}
	}
	if n.Space != "" {
		return "", fmt.Errorf("the prefix %s is not declared", clip(n.Space))
	}
	return "", nil
}

// isID reports whether an attribute is an identity that references point to:
// two elements that share one are how a signed answer is forged.
func isID(n xml.Name) bool {
	return n.Local == "Id" || n.Local == "ID" || n.Local == "id" && n.Space == nsXML
}

// clip shortens foreign text for an error.
func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Sprintf("%q", s)
}
