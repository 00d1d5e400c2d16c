package soap

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	for name, doc := range map[string]string{
		"nothing":                       "",
		"blanks":                        " \n",
		"text":                          "hello",
		"JSON":                          `{"a":1}`,
		"text before the root":          "x<a/>",
		"text after the root":           "<a/>x",
		"NUL after the root":            "<a/>\x00",
		"second root":                   "<a/><b/>",
		"unclosed":                      "<a><b></b>",
		"crossed":                       "<a><b></a></b>",
		"closed by another prefix":      `<p:a xmlns:p="u" xmlns:q="u"></q:a>`,
		"closes nothing":                "</a>",
		"DOCTYPE":                       `<!DOCTYPE a><a/>`,
		"DOCTYPE with an entity":        `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
		"directive inside":              `<a><!ELEMENT b EMPTY></a>`,
		"unknown entity":                "<a>&nbsp;</a>",
		"processing instruction":        `<?php x?><a/>`,
		"processing instruction inside": `<a><?x y?></a>`,
		"second declaration":            `<?xml version="1.0"?><?xml version="1.0"?><a/>`,
		"declaration after a blank":     ` <?xml version="1.0"?><a/>`,
		"XML 1.1":                       `<?xml version="1.1"?><a/>`,
		"equal attributes":              `<a b="1" b="2"/>`,
		"equal attributes by namespace": `<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`,
		"default namespace twice":       `<a xmlns="u" xmlns="v"/>`,
		"undeclared prefix":             `<p:a/>`,
		"undeclared attribute prefix":   `<a p:b="1"/>`,
		"prefix of a sister":            `<a><b xmlns:p="u"/><p:c/></a>`,
		"xmlns as prefix":               `<a xmlns:xmlns="u"/>`,
		"xml bound elsewhere":           `<a xmlns:xml="u"/>`,
		"prefix bound to nothing":       `<a xmlns:p=""/>`,
		"two colons":                    `<a::b/>`,
		"colon in front":                `<:a/>`,
		"colon at the end":              `<a:/>`,
		"no closing quote":              `<a b="1/>`,
		"attribute without quotes":      `<a b=1/>`,
		"< in an attribute":             `<a b="<"/>`,
		"same Id":                       `<a xmlns:w="u"><b w:Id="1"/><c w:Id="1"/></a>`,
		"XInclude":                      `<a><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="x"/></a>`,
		"CDATA end in text":             "<a>]]></a>",
		"raw control character":         "<a>\x01</a>",
		"referenced control character":  "<a>&#27;</a>",
		"referenced NUL":                "<a>&#0;</a>",
		"U+FFFE":                        "<a>&#xFFFE;</a>",
		"surrogate":                     "<a>\xED\xA0\x80</a>",
		"referenced surrogate":          "<a>&#xD800;</a>",
		"the same, with noughts":        "<a>&#x000DfFf;</a>",
		"the same, in tens":             "<a>&#55296;</a>",
		"a pair of them":                "<a>&#xD83E;&#xDDFE;</a>",
		"one in an attribute":           `<a b="&#xDC00;"/>`,
		"one behind CDATA":              "<a><![CDATA[x]]>&#xDC00;</a>",
		"one behind another reference":  "<a>&#10;&#xDC00;</a>",
		"overlong":                      "<a>\xC0\x80</a>",
		"Latin-1 that says nothing":     "<a>M\xFCller</a>",
		"Latin-1 that says UTF-8":       "<?xml version='1.0' encoding='UTF-8'?><a>M\xFCller</a>",
		"UTF-7":                         `<?xml version="1.0" encoding="UTF-7"?><a/>`,
		"EBCDIC":                        `<?xml version="1.0" encoding="IBM037"?><a/>`,
		"ASCII that is not":             "<?xml version='1.0' encoding='US-ASCII'?><a>\xC3\xBC</a>",
		"UTF-8 mark before Latin-1":     "\uFEFF<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
		"UTF-16":                        utf16LE("\uFEFF<a/>"),
		"UTF-16 without a mark":         utf16LE("<a/>"),
		"encoding hidden from the eye":  `<?xml version="1.0" x=">" encoding="UTF-7"?><a/>`,
		"too deep":                      strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1),
		"too many attributes":           "<a" + many(maxAttrs+1, ` b%d=""`) + "/>",
		"too many namespaces":           "<a" + many(maxAttrs+1, ` xmlns:p%[1]d="u%[1]d"`) + "/>",
		"attribute too long":            `<a b="` + long + `"/>`,
		"text too long":                 "<a>" + long + "</a>",
		"text too long, in two":         "<a>" + long[:maxText] + "<!-- -->x</a>",
		"too many elements":             "<a>" + strings.Repeat("<b/>", maxElements) + "</a>",
	} {
		t.Run(name, func(t *testing.T) {
			if root, err := Parse([]byte(doc), ""); err == nil {
				t.Errorf("accepted as <%s>%s", root.Tag, root.Text())
			}
		})
	}
}

func TestParseReads(t *testing.T) {
	for name, c := range map[string]struct{ doc, charset, want string }{
		"plain":                    {`<?xml version="1.0" encoding="UTF-8"?><a>x</a>`, "", "x"},
		"mark":                     {"\uFEFF<?xml version='1.0'?><a>ü</a>", "", "ü"},
		"blanks around the root":   {"\n <a>x</a> \n", "", "x"},
		"comments around the root": {"<!-- a --><a>x</a><!-- b -->", "", "x"},
		"comment in a text":        {"<a>10<!-- x -->1</a>", "", "101"},
		"CDATA":                    {"<a><![CDATA[<&>]]>x</a>", "", "<&>x"},
		"no reference":             {"<a><![CDATA[&#xD800;]]><!-- &#xD800; --></a>", "", "&#xD800;"},
		"references":               {"<a>&lt;&#13;&#x1F9FE;</a>", "", "<\r🧾"},
		"beside the surrogates":    {"<a>&#xD7FF;&#57344;&#xFFFD;</a>", "", "\uD7FF\uE000\uFFFD"},
		"Latin-1":                  {"<?xml version='1.0' encoding='ISO-8859-1'?><a>M\xFCller</a>", "utf-8", "Müller"},
		"windows-1252":             {"<?xml version=\"1.0\" encoding=\"Windows-1252\" standalone='yes'?><a>\x80</a>", "", "€"},
		"the transport's charset":  {"<a>M\xFCller</a>", "ISO-8859-1", "Müller"},
		"at the limits": {
			strings.Repeat("<a>", maxDepth-1) + "<a" + many(maxAttrs, ` b%d=""`) + ">" + strings.Repeat("</a>", maxDepth), "", "",
		},
		"prefix redeclared": {`<a:r xmlns:a="1">x<a:x xmlns:a="2"/></a:r>`, "", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := Parse([]byte(c.doc), c.charset)
			if err != nil {
				t.Fatal(err)
			}
			if got := root.Text(); got != c.want {
				t.Errorf("text %q, want %q", got, c.want)
			}
		})
	}
}

func TestNamesAreComparedByNamespace(t *testing.T) {
	root, err := Parse([]byte(`<a:r xmlns:a="urn:1"><a:x xmlns:a="urn:2"/><x xmlns="urn:2"/><a:x/></a:r>`), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for _, x := range root.ChildElements() {
		got = append(got, Is(x, "urn:2", "x"))
	}
	if fmt.Sprint(got) != "[true true false]" {
		t.Error(got)
	}
}

func TestAttr(t *testing.T) {
	root, err := Parse([]byte(`<a xmlns:p="u" p:type="wrong" type=" right "/>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := Attr(root, "type") + Attr(root, "p"); got != "right" {
		t.Errorf("%q", got)
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add([]byte(envelope(`<r xmlns="urn:m"><id>1</id></r>`)), "")
	f.Add([]byte(envelope(`<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>`)), "utf-8")
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xFC</a>"), "windows-1252")
	f.Fuzz(func(t *testing.T, data []byte, charset string) {
		e, err := ParseEnvelope(data, charset)
		if err != nil {
			return
		}
		if e.Fault != nil && e.Content == nil {
			t.Error("a Fault without an element")
		}
	})
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func utf16LE(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + Namespace + `"><s:Body>` + body + `</s:Body></s:Envelope>`
}

// What refers to characters all along costs no more than its own text.
func TestReferencesCostLittle(t *testing.T) {
	data := []byte("<a>" + strings.Repeat("<b>"+strings.Repeat("&#10;", 10_000)+"</b>", 200) + "</a>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Parse(data, "")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > 4*uint64(len(data)) {
		t.Errorf("%d bytes cost %d: %v", len(data), used, err)
	}
}
