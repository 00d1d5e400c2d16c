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
