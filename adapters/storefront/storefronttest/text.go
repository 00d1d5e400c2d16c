package storefronttest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// Mark is at the beginning and at the end of every hostile text, so that it is found
// again among what an event carries.
const Mark = "§¶"

// hostile are texts that break what comes behind a bridge: XML, CSV, spreadsheets,
// terminals, mail headers, SQL, file names, fonts.
var hostile = map[string]string{
	"emoji":         "👩🏽‍💻 and 🇩🇪 and ❤️",
	"right to left": "שלום עליכם \u202eabc\u202c العربية",
	"combining":     "Zoe\u0308 and Zoë, ﬁ, İ, ß, \u200bzero\u200d",
	"CJK":           "刻印 𠮷野家 한국어",
	"XML":           `<a b="c">&amp;]]><!-- --><![CDATA[x]]>&#0;</a>`,
	"CSV":           `=HYPERLINK("http://example.com";"a"),"b";c` + "\t'd",
	"CRLF":          "one\r\ntwo\nthree\rfour",
	"mail header":   "a\r\nBcc: somebody@example.com\r\n\r\nbody",
	"SQL":           `'; DROP TABLE orders; -- \' %s %n ${jndi:x} {{7*7}}`,
	"path":          `../../etc/passwd CON nul.txt`,
	"JSON":          `{"a":"\u0000"} \ / " \"`,
	"long":          strings.Repeat("long ", 3000),
	"bidi isolates": "\u2066a\u2069 \u061c \u2028 \u2029 \ufeff",
	"blanks":        "a  b \u00a0 c \u3000 d",
	"replacement":   "\ufffd \U0010ffff \U0001f3fb",
}

// unholdable are texts with characters that neither XML 1.0 nor Postgres can hold.
var unholdable = map[string]string{
	"NUL":            "a\x00b",
	"controls":       "a\x01\x02\x08\x0b\x0c\x0e\x1b[31m\x1fb",
	"noncharacters":  "a\ufffe\uffffb",
	"NUL and emoji":  "\x00👩🏽‍💻\x00",
	"all of nothing": "\x00\x01",
}

// hostileText: a text is none of the bridge's business, and comes through as it was
// written. What nothing behind the bridge can hold is left out, and an order says so.
func (s Suite) hostileText(t *testing.T) {
	if s.Texts == nil {
		t.Log("Suite.Texts is not set: nothing shows that hostile texts come through")
		return
	}
	for name, text := range hostile {
		e := Event(t, s.Open(t), s.Texts(t, Mark+text+Mark))
		found := marked(e)
		if len(found) == 0 {
			t.Errorf("%s: the text is nowhere in the event", name)
		}
		for _, got := range found {
			if !strings.Contains(got, Mark+text+Mark) {
				t.Errorf("%s: %.300q became %.300q", name, Mark+text+Mark, got)
			}
		}
		if recorded(e) {
			t.Errorf("%s: something was left out, it is said, and nothing had to be", name)
		}
	}
	for name, text := range unholdable {
		e := Event(t, s.Open(t), s.Texts(t, Mark+text+Mark))
		want := Mark + strings.Map(func(c rune) rune {
			if c < ' ' && !strings.ContainsRune("\t\r\n", c) || c == '\ufffe' || c == '\uffff' {
				return -1
			}
			return c
		}, text) + Mark
		found := marked(e)
		if len(found) == 0 {
			t.Errorf("%s: the text is nowhere in the event", name)
		}
		for _, got := range found {
			if !strings.Contains(got, want) {
				t.Errorf("%s: became %q, want %q", name, got, want)
			}
		}
		if e.Order != nil && !recorded(e) {
			t.Errorf("%s: characters were left out without a word", name)
		}
	}
}

// recorded reports whether an order says that characters were left out.
func recorded(e erpbridge.Event) bool {
	return e.Order != nil && slices.ContainsFunc(e.Order.Attributes, func(a erpbridge.Attribute) bool {
		return a.Name == "erpbridge.stripped-characters"
	})
}

// marked returns the texts of an event that have a Mark.
func marked(e erpbridge.Event) []string {
	return slices.DeleteFunc(texts(e), func(text string) bool { return !strings.Contains(text, Mark) })
}

// texts returns every text an event carries.
func texts(e erpbridge.Event) []string {
	var out []string
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			out = append(out, v.String())
		case reflect.Pointer:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					visit(v.Field(i))
				}
			}
		}
	}
	visit(reflect.ValueOf(e))
	return out
}
