package testenv

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A schema of every trap: names, and a type that only a value names.
const noteSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:note" targetNamespace="urn:note" elementFormDefault="qualified">
	<xs:complexType name="Base"><xs:sequence/><xs:attribute name="a"/></xs:complexType>
	<xs:complexType name="Long"><xs:complexContent><xs:extension base="Base"><xs:sequence>
		<xs:element name="text" maxOccurs="unbounded"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
	<xs:element name="note" type="Base"/><xs:element name="number" type="xs:int"/></xs:schema>`

// message is a SOAP message, or another Envelope, with something at its places.
func message(space, header, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="` + space + `" xmlns:n="urn:wrong" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:q='urn:"quoted"&amp;'>
	<s:Header>` + header + `</s:Header><!-- between --><s:Body xmlns:n="urn:note" xmlns="urn:note">` + body + `</s:Body></s:Envelope>`
}

func latin1(document string) string { return strings.Replace(document, "UTF-8", "ISO-8859-1", 1) }

const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
	ax     = "http://schemas.microsoft.com/dynamics/2011/01/documents/Message"
)

// documents by name, all well-formed: what is good, and what in some part is not.
var documents = map[string]string{
	"whole-good":             `<note xmlns="urn:note" a="1"/>`,
	"whole-bad":              `<note xmlns="urn:note" b="1"/>`,
	"whole-unknown":          `<other/>`,
	"whole-latin":            "<?xml version='1.0' encoding='ISO-8859-1'?>\n<note xmlns='urn:note' a='\xe4'/>",
	"whole-entity":           `<!DOCTYPE n:note [<!ENTITY e "1">]><n:number xmlns:n="urn:note">&e;</n:number>`,
	"soap-latin":             latin1(message(soap11, ``, "<note a='\xe4'/><number>\xe4</number>")),
	"soap-one":               message(soap11, ``, `<n:note/>`),
	"soap-12":                message(soap12, ``, `<note></note>`),
	"soap-two":               message(soap11, `<m:number xmlns:m="urn:note">1</m:number>`, "<n:note\n\ta='>'/><number>2</number>"),
	"soap-bad-first":         message(soap11, ``, `<number>x</number><number>2</number>`),
	"soap-bad-second":        message(soap11, ``, `<number>1</number><number>y</number>`),
	"soap-header-sees-outer": message(soap11, `<n:number>1</n:number>`, `<n:number>1</n:number>`),
	"soap-only-a-value":      message(soap11, ``, `<note xsi:type="n:Long"><text>&lt;&#228;<![CDATA[</note>]]>]]&gt;</text><!-- </n:note> --></note>`),
	"soap-only-a-bad-value":  message(soap11, ``, `<note xsi:type="n:Short"/>`),
	"soap-nearest-counts":    message(soap11, ``, `<x:note xmlns:x="urn:note" xmlns:n="urn:note" xmlns="urn:other" xsi:type="n:Long"><x:text/></x:note>`),
	"soap-no-namespace":      message(soap11, ``, `<note xmlns=""/>`),
	"soap-fault":             message(soap11, ``, `<s:Fault><faultcode>s:Client</faultcode><detail><n:number>1</n:number></detail></s:Fault>`),
	"soap-parts-in-depth":    message(soap11, ``, `<n:note><n:MessageParts><n:note/></n:MessageParts></n:note>`),
	"ax-good":                message(ax, `<n:number>x</n:number>`, `<s:MessageParts><number>1</number><n:note/></s:MessageParts>`),
	"ax-bad":                 message(ax, ``, `<MessageParts xmlns="urn:any"><n:number>x</n:number></MessageParts>`),
	"ax-deeper":              message(ax, ``, `<s:Box><MessageParts><number>1</number></MessageParts></s:Box><MessageParts><number>z</number></MessageParts>`),
}

// What the samples' script says of a file, part by part, we say too.
func TestConformanceXmlcheckSaysWhatTheScriptSays(t *testing.T) {
	script := filepath.Join(Shared(t), "tools", "xmlcheck")
	dir := t.TempDir()
	xsd := write(t, dir, "note.xsd", noteSchema)
	var files []string
	for name, document := range documents {
		files = append(files, write(t, dir, name+".xml", document))
	}
	out, err := exec.CommandContext(t.Context(), "python3", append([]string{script, xsd}, files...)...).Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("the script: %v", err)
	}
	verdicts, err := judge(t.Context(), dir, xsd, files)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, v := range verdicts {
		line := v.String()
		if !v.valid {
			if v.reason == "" {
				t.Errorf("without a reason: %s", line)
			}
			line = strings.TrimSuffix(line, v.reason)
		}
		got.WriteString(line + "\n")
	}
	// Of a reason, only that there is one is compared.
	lines := regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(dir)+`.*: (valid$|INVALID )`).FindAllString(string(out), -1)
	want := strings.Join(lines, "\n") + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("the script's verdicts (-) and ours (+):\n%s", diff)
	}
	for _, verdict := range []string{": valid", ": INVALID "} {
		if n := strings.Count(want, verdict); n < 8 {
			t.Errorf("only %d parts are %q: the comparison says little", n, verdict)
		}
	}
}

// The schemas' names are the script's.
func TestConformanceXmlcheckKnowsTheScriptsNames(t *testing.T) {
	shared := Shared(t)
	script, err := os.ReadFile(filepath.Join(shared, "tools", "xmlcheck"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(script), "SCHEMAS = {")
	table, _, _ = strings.Cut(table, "}")
	want := make(map[string]string)
	for _, m := range regexp.MustCompile(`"(.*)": "(.*)"`).FindAllStringSubmatch(table, -1) {
		want[m[1]] = m[2]
		if _, err := os.Stat(filepath.Join(shared, "vendor-schemas", m[2])); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(want, schemas); diff != "" {
		t.Errorf("the script's table (-) and ours (+):\n%s", diff)
	}
}

func TestConformanceXmlcheck(t *testing.T) {
	Shared(t)
	dir := t.TempDir()
	xsd := write(t, dir, "note.xsd", noteSchema)
	file := func(name string) string { return write(t, dir, name+".xml", documents[name]) }
	good, two, bad := file("whole-good"), file("soap-two"), file("soap-bad-second")
	broken := write(t, dir, "broken.xml", message(soap11, ``, `<number>1</number>`)+`<more/>`)
	mixed := write(t, dir, "mixed.xml", message(soap11, ``, `<number>1</note>`))
	empty := write(t, dir, "empty.xml", message(soap11, ``, ``))
	utf16 := write(t, dir, "utf16.xml", "<?xml version='1.0' encoding='UTF-16'?><note xmlns='urn:note'/>")
	for _, c := range []struct {
		name, xsd string
		files     []string
		want      []string // in the failure; none if nothing is wrong
		not       []string
	}{
		{"valid", xsd, []string{good, two}, nil, nil},
		{
			"one part of several", xsd,
			[]string{two, bad, good},
			[]string{"soap-bad-second.xml: Body number: INVALID", "'y' is not a valid value"},
			[]string{"soap-two.xml", "whole-good.xml"},
		},
		{
			"every file has its verdict", xsd,
			[]string{bad, broken, mixed, empty, utf16},
			[]string{
				"soap-bad-second.xml: Body number: INVALID", "broken.xml: document -: INVALID", "Extra content",
				"mixed.xml: document -: INVALID", "tag mismatch", "empty.xml: document -: INVALID it has no part", "utf16.xml: document -: INVALID",
			},
			nil,
		},
		{"no such file", xsd, []string{good, filepath.Join(dir, "absent.xml")}, []string{"absent.xml: document -: INVALID"}, []string{"whole-good.xml"}},
		{"no such schema", filepath.Join(dir, "absent.xsd"), []string{good}, []string{"whole-good.xml: document note: INVALID", "absent.xsd"}, nil},
		{"a schema that is none", write(t, dir, "none.xsd", `<xs/>`), []string{good}, []string{"whole-good.xml: document note: INVALID", "none.xsd"}, nil},
		{"no file", xsd, nil, []string{"no file to check"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record(func(t testing.TB) { Xmlcheck(t, c.xsd, c.files...) })
			if r.failed != (len(c.want) > 0) {
				t.Errorf("failed %t with %q", r.failed, r.said)
			}
			for _, want := range c.want {
				if !strings.Contains(r.said, want) {
					t.Errorf("%q is not in: %s", want, r.said)
				}
			}
			for _, not := range c.not {
				if strings.Contains(r.said, not) {
					t.Errorf("%q is in: %s", not, r.said)
				}
			}
		})
	}
}

func TestXmlcheckFailsWithoutXmllint(t *testing.T) {
	t.Setenv("ERPBRIDGE_SHARED", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	r := record(func(t testing.TB) { Xmlcheck(t, "any", "any.xml") })
	if !r.failed || !strings.Contains(r.said, "sudo apt-get install libxml2-utils") {
		t.Errorf("failed %t with %q, want the line that installs xmllint", r.failed, r.said)
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
