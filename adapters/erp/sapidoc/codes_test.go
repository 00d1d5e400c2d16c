package sapidoc

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Every row of the table of faults decides when it is said, wherever it is said.
func TestFaultRows(t *testing.T) {
	for _, row := range faults {
		want := row.kind
		if want == erpbridge.Transient && !contains(row.part, effectless) {
			want = erpbridge.InDoubt
		}
		said := strings.ToUpper(row.part)
		for where, f := range map[string]*soap.Fault{
			"string": {Code: "soap-env:Server", String: "it says: " + said},
			"code":   {Code: said},
			"detail": {DetailName: "Error", DetailMessage: said},
		} {
			if kind, _ := kindOfFault(f); kind != want {
				t.Errorf("%q in its %s is %s, want %s", row.part, where, kind, want)
			}
		}
	}
	if kind, _ := kindOfFault(&soap.Fault{String: "nobody has seen this"}); kind != erpbridge.Unknown {
		t.Errorf("an unknown fault is %s", kind)
	}
}

// An rfc:Error says in its type what its fault does not say.
func TestRFCErrors(t *testing.T) {
	for typ, want := range map[string]erpbridge.Kind{
		"COMMUNICATION_FAILURE": erpbridge.InDoubt,
		"SYSTEM_FAILURE":        erpbridge.InDoubt,
		"ERROR_MESSAGE_STATE":   erpbridge.Unknown,
	} {
		env, err := soap.ParseEnvelope([]byte(enveloped(`<soap-env:Fault><faultcode>soap-env:Client</faultcode><faultstring>Internal Server Error</faultstring>`+
			`<detail><rfc:Error xmlns:rfc="urn:sap-com:document:sap:soap:functions"><type>`+typ+`</type><message>It is not to be</message></rfc:Error></detail></soap-env:Fault>`)), "")
		if err != nil {
			t.Fatal(err)
		}
		if kind, code := kindOfFault(env.Fault); kind != want || code != typ {
			t.Errorf("%s is %s, with the code %q, want %s", typ, kind, code, want)
		}
	}
}

// Every row of the table of pages, likewise.
func TestPageRows(t *testing.T) {
	for _, row := range pages {
		if kind, why := kindOfPage("<html><body>" + strings.ToUpper(row.part) + "</body></html>"); kind != row.kind || why == "" {
			t.Errorf("%q is %s", row.part, kind)
		}
	}
	if kind, why := kindOfPage("<html><body>Sorry</body></html>"); kind != erpbridge.InDoubt || why != "" {
		t.Errorf("an unknown page is %s", kind)
	}
}
