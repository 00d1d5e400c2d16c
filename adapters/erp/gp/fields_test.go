package gp

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// Half a postal code is another place: it holds the order. A street may be cut.
func TestPostalCodesAreNotCut(t *testing.T) {
	for postcode, held := range map[string]bool{"90210-12345": false, "90210-123456": true, "89Ж73": true} {
		o := order("1", "#1001")
		o.ShipTo.Postcode, o.ShipTo.Street1 = postcode, strings.Repeat("x", 70)
		docs, err := open(t, "http://127.0.0.1:9/", "").Translate(erptest.Placed(o, 0))
		switch {
		case held && (erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "PostalCode") || strings.Contains(err.Error(), postcode)):
			t.Errorf("%s: %v", postcode, err)
		case !held && (err != nil || !strings.Contains(string(docs[0].Body), "<PostalCode>"+postcode+"<")):
			t.Errorf("%s: %v", postcode, err)
		}
	}
}
