package soap

import (
	"testing"

	"github.com/hakooi/erpbridge"
)

// A code of a standard is known by its name, whatever its prefix and whatever is said in
// words.
func TestStandardFaults(t *testing.T) {
	for code, want := range standards {
		for _, f := range []*Fault{
			{Code: "wsse:" + code, String: "Anmeldung fehlgeschlagen"},
			{Code: code},
			{Code: "env:Sender", Subcode: "p:" + code},
		} {
			if kind, ok := f.Standard(); !ok || kind != want {
				t.Errorf("%+v is %q", f, kind)
			}
		}
	}
	if kind, ok := (&Fault{Code: "env:VersionMismatch", Subcode: "wsa:EndpointUnavailable"}).Standard(); !ok || kind != erpbridge.Transient {
		t.Errorf("the finer code does not decide: %q", kind)
	}
	for _, f := range []*Fault{{}, {Code: "soap-env:Server"}, {Code: "soap-env:Client", String: "wsse:FailedAuthentication"}, {Code: "soapenv:Server.userException"}} {
		if kind, ok := f.Standard(); ok {
			t.Errorf("%+v is %q", f, kind)
		}
	}
}
