package gp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// A culture whose words nobody knows is told at the start, by its setting.
func TestCultureIsEnglish(t *testing.T) {
	for culture, taken := range map[string]bool{
		"en-US": true, "en-GB": true, "en-us": true,
		"de-DE": false, "en": false, "english": false, "en-US-x": false, "den-US": false, "": false,
	} {
		_, err := New("gp", decodeYAML("url: http://127.0.0.1:9/\nculture: "+fmt.Sprintf("%q", culture)+"\n"+settings), nil)
		switch {
		case taken && err != nil:
			t.Errorf("%q: %v", culture, err)
		case !taken && (err == nil || !strings.HasPrefix(err.Error(), "culture: ") || !strings.Contains(err.Error(), "en-US")):
			t.Errorf("%q: %v", culture, err)
		}
	}
}

// A GP that answers in German all the same, or tells every caller the same of every order:
// nothing is taken for missing, so nothing is doubled and no cancellation is lost; and what
// is wrong is told before the first order.
func TestWordsNobodyKnows(t *testing.T) {
	for _, words := range []string{
		"Geschäftsobjekt wurde nicht gefunden.",
		"The application encountered an unhandled system exception.",
	} {
		e := scripted(t, map[string]string{
			"GetSalesOrderByKey": faultSaying(words),
			"CreateSalesOrder":   faultSaying("Validierungsausnahme: Die Debitorennummer ist nicht vorhanden."),
			voidOrder:            fmt.Sprintf(`<VoidSalesOrderResponse xmlns=%q/>`, nsGP),
		})
		err := e.Probe(t.Context())
		if erpbridge.KindOf(err) != erpbridge.Unknown || !strings.Contains(err.Error(), notFound) || !strings.Contains(err.Error(), words) {
			t.Errorf("probe: %v", err)
		}
		deliver := func(ev erpbridge.Event) erpbridge.Result {
			return e.Deliver(t.Context(), []erpbridge.Document{erptest.One(t, e, ev)})[0]
		}
		if r := deliver(erptest.Placed(order("1", "#1001"), 0)); erpbridge.KindOf(r.Err) != erpbridge.InDoubt {
			t.Errorf("create: %+v", r)
		}
		if r := deliver(cancelled("1", "#1001", 1)); erpbridge.KindOf(r.Err) != erpbridge.Unknown {
			t.Errorf("void: %+v", r)
		}
	}
}
