package navws

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A node is an element of a request.
type node struct {
	space, name string
	text        string
	children    []*node
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) value(name string) string {
	if c := n.child(name); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// parse reads a document without a DTD into nodes.
func parse(raw []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	var root *node
	var open []*node
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errors.New("DTD is prohibited in this XML document")
		case xml.StartElement:
			n := &node{space: t.Name.Space, name: t.Name.Local}
			switch {
			case len(open) > 0:
				open[len(open)-1].children = append(open[len(open)-1].children, n)
			case root != nil:
				return nil, errors.New("there are multiple root elements")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, errors.New("data at the root level is invalid")
			}
		}
	}
	if root == nil {
		return nil, errors.New("root element is missing")
	}
	return root, nil
}

const nsSOAP = "http://schemas.xmlsoap.org/soap/envelope/"

// content returns the one element in the Body of an envelope.
func content(raw []byte) (*node, error) {
	root, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if root.name != "Envelope" || root.space != nsSOAP {
		return nil, fmt.Errorf("%s of %s is no SOAP 1.1 envelope", root.name, root.space)
	}
	var body *node
	for _, c := range root.children {
		switch {
		case c.space == nsSOAP && c.name == "Header" && body == nil:
		case c.space == nsSOAP && c.name == "Body" && body == nil:
			body = c
		default:
			return nil, fmt.Errorf("%s in the envelope", c.name)
		}
	}
	if body == nil || len(body.children) != 1 {
		return nil, errors.New("the Body has not one element")
	}
	return body.children[0], nil
}

func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}
