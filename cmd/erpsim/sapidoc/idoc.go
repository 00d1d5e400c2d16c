package sapidoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A segment is an element of a document: with children, or with a text.
type segment struct {
	name  xml.Name
	attrs []xml.Attr
	text  string
	kids  []*segment
}

// read reads a document strictly: one root, no directives.
func read(body []byte) (*segment, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("it is not UTF-8")
	}
	dec := xml.NewDecoder(bytes.NewReader(body))
	var root *segment
	var open []*segment
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
			return nil, errors.New("a DOCTYPE")
		case xml.StartElement:
			s := &segment{name: t.Name, attrs: append([]xml.Attr(nil), t.Attr...)}
			switch {
			case len(open) > 0:
				open[len(open)-1].kids = append(open[len(open)-1].kids, s)
			case root != nil:
				return nil, errors.New("two roots")
			default:
				root = s
			}
			open = append(open, s)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
	if root == nil {
		return nil, errors.New("no root")
	}
	return root, nil
}

// all returns the children of a name.
func (s *segment) all(name string) (found []*segment) {
	for _, k := range s.kids {
		if k.name.Local == name {
			found = append(found, k)
		}
	}
	return found
}

// get returns the text of a field, "" if it is not there.
func (s *segment) get(name string) string {
	for _, k := range s.kids {
		if k.name.Local == name {
			return k.text
		}
	}
	return ""
}

// by returns a field of the first segment of a name whose qualifier has a value.
func (s *segment) by(name, qualifier, value, field string) string {
	for _, k := range s.all(name) {
		if k.get(qualifier) == value {
			return k.get(field)
		}
	}
	return ""
}

// A control is what the control record says.
type control struct{ docnum, sender, message, basic, messageID, arckey string }

// msgid is the prefix of message ids in ARCKEY.
const msgid = "urn:sap.com:msgid="

// controlOf reads the control record of an IDoc.
func controlOf(d *segment) control {
	if len(d.kids) == 0 || d.kids[0].name.Local != "EDI_DC40" {
		return control{}
	}
	c := d.kids[0]
	id, _ := strings.CutPrefix(c.get("ARCKEY"), msgid)
	return control{c.get("DOCNUM"), c.get("SNDPRN"), c.get("MESTYP"), c.get("IDOCTYP"), id, c.get("ARCKEY")}
}

// syntax returns what is wrong with an IDoc by its type, "" if nothing is.
func (s *System) syntax(d *segment) string {
	if attr(d, "BEGIN") != "1" {
		return "IDOC without BEGIN"
	}
	if len(d.kids) == 0 || d.kids[0].name.Local != "EDI_DC40" {
		return "no control record"
	}
	c := d.kids[0]
	for _, name := range []string{"TABNAM", "DOCNUM", "DIRECT", "IDOCTYP", "MESTYP", "SNDPOR", "SNDPRT", "SNDPRN", "RCVPOR", "RCVPRT", "RCVPRN"} {
		if c.get(name) == "" {
			return "EDI_DC40 without " + name
		}
	}
	switch {
	case c.get("DIRECT") != "2":
		return "EDI_DC40: DIRECT is not inbound"
	case c.get("MANDT") != "" && c.get("MANDT") != s.conf.Client:
		return "EDI_DC40: another client"
	case strings.Trim(c.get("DOCNUM"), "0123456789") != "" || len(c.get("DOCNUM")) != 16:
		return "EDI_DC40: DOCNUM is no number of 16 digits"
	}
	if why := flat(c); why != "" {
		return why
	}
	top := strings.TrimRight(c.get("IDOCTYP"), "0123456789")
	if first, _, _ := strings.Cut(children[top], " "); first == "" || len(d.all(first)) != 1 {
		return fmt.Sprintf("an IDoc of type %s without its first segment", c.get("IDOCTYP"))
	}
	return nested(top, d.kids[1:], children[top])
}

// nested holds segments against their order.
func nested(in string, kids []*segment, order string) string {
	at := 0
	list := strings.Fields(order)
	for _, k := range kids {
		name := k.name.Local
		for at < len(list) && strings.TrimSuffix(list[at], "*") != name {
			at++
		}
		if at == len(list) {
			return fmt.Sprintf("%s is unknown in %s, or out of place", name, in)
		}
		if !strings.HasSuffix(list[at], "*") {
			at++
		}
		if why := flat(k); why != "" {
			return why
		}
		var below []*segment
		for _, c := range k.kids {
			if len(c.kids) > 0 || attr(c, "SEGMENT") != "" {
				below = append(below, c)
			}
		}
		if why := nested(name, below, children[name]); why != "" {
			return why
		}
	}
	return ""
}

// flat holds the fields of a segment against their order and lengths.
func flat(s *segment) string {
	name := s.name.Local
	if attr(s, "SEGMENT") != "1" {
		return name + " without SEGMENT"
	}
	list := strings.Fields(fields[name])
	at, below := 0, false
	for _, k := range s.kids {
		if attr(k, "SEGMENT") != "" {
			below = true
			continue
		}
		if below {
			return fmt.Sprintf("%s-%s after a segment", name, k.name.Local)
		}
		for at < len(list) && !strings.HasPrefix(list[at], k.name.Local+":") {
			at++
		}
		if at == len(list) {
			return fmt.Sprintf("%s-%s is unknown, or out of place", name, k.name.Local)
		}
		length, _ := strconv.Atoi(list[at][len(k.name.Local)+1:])
		if n := utf8.RuneCountInString(k.text); n > length {
			return fmt.Sprintf("%s-%s has %d characters, the field %d", name, k.name.Local, n, length)
		}
		if k.text == "" {
			return fmt.Sprintf("%s-%s is empty", name, k.name.Local)
		}
		at++
	}
	return ""
}

func attr(s *segment, name string) string {
	for _, a := range s.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
