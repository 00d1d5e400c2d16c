package testenv

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// A part is a piece of a document that a schema is held against on its own.
type part struct {
	section string // Header, Body or MessageParts; or document, for the whole of it
	name    string // of the element, with its prefix
	content []byte
}

// parts takes a document apart. Of a SOAP message every child of Header and Body is
// a part, of another Envelope (Dynamics AX) every child of a MessageParts; any other
// document is one part, as it is. What is cut out stays as it was written, but for
// the namespaces its ancestors declare, which are declared again: values like
// xsi:type="p:T" need them even where no name does.
//
// The document is well-formed, says xmllint. One that declares entities, as no SOAP
// message may, is not taken apart.
func parts(document []byte) ([]part, error) {
	var found []part
	var open []element
	var declaration []byte // says what the bytes of every part mean
	d := xml.NewDecoder(bytes.NewReader(document))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return ascii{r}, nil }
	for {
		at := d.InputOffset()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{at: at, name: token.Name, qname: qname(document[at:])}
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					e.declared = append(e.declared, a)
				}
			}
			if len(open) == 0 && e.name.Local != "Envelope" {
				return []part{{"document", e.qname, document}}, nil
			}
			open = append(open, e)
		case xml.EndElement:
			if section, ok := sectionOf(open); ok {
				content := slices.Concat(declaration, cut(document[:d.InputOffset()], open))
				found = append(found, part{section, open[len(open)-1].qname, content})
			}
			open = open[:len(open)-1]
		case xml.ProcInst:
			if token.Target == "xml" {
				declaration = document[at:d.InputOffset()]
			}
		}
	}
}

// An element is one that the reading is in.
type element struct {
	at       int64 // where its tag begins
	name     xml.Name
	qname    string
	declared []xml.Attr // namespaces
}

// sectionOf tells whether the innermost of open elements is a part, and of what.
func sectionOf(open []element) (string, bool) {
	if len(open) < 3 {
		return "", false
	}
	section := open[len(open)-2].name.Local
	if strings.Contains(open[0].name.Space, "soap") {
		return section, len(open) == 3
	}
	return section, section == "MessageParts"
}

// cut returns the innermost of open elements, which ends where the document so far does.
func cut(sofar []byte, open []element) []byte {
	self := open[len(open)-1]
	var b bytes.Buffer
	b.WriteString("<" + self.qname)
	seen := slices.Clone(self.declared)
	for _, up := range slices.Backward(open[:len(open)-1]) {
		for _, a := range up.declared {
			if slices.ContainsFunc(seen, func(s xml.Attr) bool { return s.Name == a.Name }) {
				continue // the nearest counts
			}
			seen = append(seen, a)
			b.WriteString(" ")
			if a.Name.Space != "" {
				b.WriteString(a.Name.Space + ":")
			}
			b.WriteString(a.Name.Local + `="`)
			_ = xml.EscapeText(&b, []byte(a.Value)) // a buffer takes everything
			b.WriteString(`"`)
		}
	}
	b.Write(sofar[self.at+int64(len("<"+self.qname)):])
	return b.Bytes()
}

// qname returns the name, with its prefix, of the tag that b begins with.
func qname(b []byte) string {
	b = b[1:]
	if end := bytes.IndexAny(b, " \t\r\n/>"); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

// An ascii reads a document of whatever encoding that extends ASCII: what is beyond
// it is of no matter here, but where everything stands is.
type ascii struct{ io.Reader }

func (a ascii) Read(b []byte) (int, error) {
	n, err := a.Reader.Read(b)
	for i, c := range b[:n] {
		if c >= 0x80 {
			b[i] = '?'
		}
	}
	return n, err
}
