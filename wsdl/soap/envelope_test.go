package soap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseEnvelopeRefuses(t *testing.T) {
	body := `<s:Body><r/></s:Body>`
	wrap := func(inner string) string { return `<s:Envelope xmlns:s="` + Namespace + `">` + inner + `</s:Envelope>` }
	for name, doc := range map[string]string{
		"another root":          `<html/>`,
		"another namespace":     `<s:Envelope xmlns:s="urn:x">` + body + `</s:Envelope>`,
		"no namespace":          `<Envelope><Body/></Envelope>`,
		"SOAP 1.2":              strings.Replace(wrap(body), Namespace, Namespace12, 1),
		"no Body":               wrap(`<s:Header/>`),
		"two Bodies":            wrap(body + body),
		"two Headers":           wrap(`<s:Header/><s:Header/>` + body),
		"Header after the Body": wrap(body + `<s:Header/>`),
		"Body elsewhere":        wrap(`<Body/>`),
		"something else":        wrap(body + `<x/>`),
		"text in the Envelope":  wrap(`x` + body),
		"text in the Body":      wrap(`<s:Body>x<r/></s:Body>`),
		"two in the Body":       wrap(`<s:Body><r/><r/></s:Body>`),
		"signed":                wrap(`<s:Header><w><d:Signature xmlns:d="` + nsSignature + `"/></w></s:Header>` + body),
		"silent Fault":          wrap(`<s:Body><s:Fault/></s:Body>`),
		"two fault codes":       wrap(`<s:Body><s:Fault><faultcode>a</faultcode><faultcode>b</faultcode></s:Fault></s:Body>`),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseEnvelope([]byte(doc), ""); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestParseEnvelopeTakesTheBodyOnly(t *testing.T) {
	e, err := ParseEnvelope([]byte(`<e:Envelope xmlns:e="`+Namespace+`">
		<e:Header><e:Body><id>666</id></e:Body></e:Header>
		<e:Body><id> 101 </id></e:Body></e:Envelope>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := Text(e.Content); got != "101" || e.Fault != nil {
		t.Errorf("content %q, fault %v", got, e.Fault)
	}
}

func TestParseFault(t *testing.T) {
	e, err := ParseEnvelope([]byte(envelope(`<s:Fault>
		<faultcode>s:Server.userException</faultcode>
		<faultstring>Request blocked.</faultstring>
		<detail><f:limitFault xmlns:f="urn:f"><f:code>BLOCKED</f:code><f:message>too many</f:message></f:limitFault><host>h</host></detail>
	</s:Fault>`)), "")
	if err != nil {
		t.Fatal(err)
	}
	want := &Fault{
		Code: "s:Server.userException", String: "Request blocked.",
		DetailName: "limitFault", DetailCode: "BLOCKED", DetailMessage: "too many",
	}
	if diff := cmp.Diff(want, e.Fault, cmpopts.IgnoreFields(Fault{}, "Detail")); diff != "" {
		t.Error(diff)
	}
	if e.Fault.Detail == nil || e.Fault.Text() != "Request blocked.: too many" {
		t.Errorf("detail %v, text %q", e.Fault.Detail, e.Fault.Text())
	}
}

// What comes in an envelope is the same as what comes without.
func TestUnwrap(t *testing.T) {
	in := func(space, body string) string {
		return `<s:Envelope xmlns:s="` + space + `"><s:Body>` + body + `</s:Body></s:Envelope>`
	}
	for doc, want := range map[string]string{
		`<a/>`:                    "a",
		in(Namespace, `<a/>`):     "a",
		in(Namespace12, `<a/>`):   "a",
		in(Namespace, ""):         "",
		in(Namespace12, ""):       "",
		in("urn:x", `<a/>`):       "",
		in(Namespace, `<a/><b/>`): "",
		in(Namespace, `<s:Fault><faultcode>x</faultcode></s:Fault>`): "",
		`<a>`: "",
	} {
		root, err := Unwrap([]byte(doc), "")
		if want == "" {
			if err == nil {
				t.Errorf("%s is taken", doc)
			}
			continue
		}
		if err != nil || root.Tag != want {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
