package soap

import (
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// parseFault reads a Fault of SOAP 1.1. Its children are in no namespace by the
// book, and in SOAP's own by some servers.
func parseFault(el *etree.Element) (*Fault, error) {
	parts, err := faultParts(el, "", Namespace)
	if err != nil {
		return nil, err
	}
	code, text := parts["faultcode"], parts["faultstring"]
	if code == nil && text == nil {
		return nil, errors.New("a Fault that says nothing")
	}
	f := &Fault{Code: textOf(code), String: textOf(text), Actor: textOf(parts["faultactor"]), Detail: parts["detail"]}
	f.readDetail()
	return f, nil
}

// parseFault12 reads a Fault of SOAP 1.2.
func parseFault12(el *etree.Element) (*Fault, error) {
	parts, err := faultParts(el, Namespace12)
	if err != nil {
		return nil, err
	}
	code, reason := parts["Code"], parts["Reason"]
	if code == nil && reason == nil {
		return nil, errors.New("a Fault that says nothing")
	}
	f := &Fault{Actor: textOf(parts["Role"]), Detail: parts["Detail"]}
	if reason != nil {
		f.String = reasonText(reason)
	}
	if code != nil {
		if f.Code, f.Subcode, err = faultCodes(code); err != nil {
			return nil, err
		}
	}
	f.readDetail()
	return f, nil
}

// faultParts returns the children of a Fault, or of a part of it, by name; those
// of other namespaces than the given are nobody's.
func faultParts(el *etree.Element, spaces ...string) (map[string]*etree.Element, error) {
	parts := map[string]*etree.Element{}
	for _, child := range el.ChildElements() {
		known := false
		for _, space := range spaces {
			known = known || child.NamespaceURI() == space
		}
		if !known {
			continue
		}
		if parts[child.Tag] != nil {
			return nil, fmt.Errorf("a %s with two %s", el.Tag, clip(child.Tag))
		}
		parts[child.Tag] = child
	}
	return parts, nil
}

// faultCodes returns the Value of a Code and that of its innermost Subcode.
func faultCodes(code *etree.Element) (outer, inner string, err error) {
	for at, first := code, true; at != nil; first = false {
		parts, err := faultParts(at, Namespace12)
		if err != nil {
			return "", "", err
		}
		if value := textOf(parts["Value"]); first {
			outer = value
		} else if value != "" {
			inner = value
		}
		at = parts["Subcode"]
	}
	return outer, inner, nil
}

// reasonText returns the English Text of a Reason, or else its first.
func reasonText(reason *etree.Element) string {
	text := ""
	for _, child := range reason.ChildElements() {
		if !Is(child, Namespace12, "Text") {
			continue
		}
		lang := strings.ToLower(child.SelectAttrValue("xml:lang", ""))
		if lang == "en" || strings.HasPrefix(lang, "en-") {
			return Text(child)
		}
		if text == "" {
			text = Text(child)
		}
	}
	return text
}

func (f *Fault) readDetail() {
	if f.Detail == nil {
		return
	}
	inner := f.Detail.ChildElements()
	if len(inner) == 0 {
		return
	}
	f.DetailName = inner[0].Tag
	for _, child := range inner[0].ChildElements() {
		switch child.Tag {
		case "code":
			f.DetailCode = Text(child)
		case "message":
			f.DetailMessage = Text(child)
		}
	}
}

func textOf(el *etree.Element) string {
	if el == nil {
		return ""
	}
	return Text(el)
}
