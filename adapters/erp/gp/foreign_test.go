package gp

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/gpws"
)

func cancelled(id, number string, at int) erpbridge.Event {
	o := order(id, number)
	o.CancelledAt = time.Unix(1, 0)
	return erptest.Placed(o, at)
}

// Two stores with one number: what the one cancels is not the other's order.
func TestVoidIsOfOurOrder(t *testing.T) {
	sim := gpws.New(gpws.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, "")
	deliver := func(ev erpbridge.Event) erpbridge.Result {
		return e.Deliver(t.Context(), []erpbridge.Document{erptest.One(t, e, ev)})[0]
	}
	find := func(ev erpbridge.Event) erpbridge.Result {
		return e.Find(t.Context(), []erpbridge.Document{erptest.One(t, e, ev)})[0]
	}
	if r := deliver(erptest.Placed(order("1", "#1001"), 0)); r.Err != nil {
		t.Fatal(r.Err)
	}
	theirs := cancelled("2", "#1001", 1)
	theirs.Store = "other"
	if r := deliver(theirs); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "mapping.number.prefix") {
		t.Errorf("%+v", r)
	}
	if sim.Orders()["1001"].Voided {
		t.Error("somebody else's order was voided")
	}
	for range 2 {
		if r := deliver(cancelled("1", "#1001", 1)); r.Err != nil || r.Receipt.Ref != "1001" {
			t.Fatalf("%+v", r)
		}
	}
	if r := find(theirs); erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("somebody else's void was found: %+v", r)
	}
	changed := order("1", "#1001")
	changed.Note = "again"
	if r := deliver(erptest.Placed(changed, 2)); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "is voided") {
		t.Errorf("a change of a voided order: %+v", r)
	}
	if n := len(sim.Effects()); n != 2 {
		t.Errorf("%d effects", n)
	}
}

// scripted answers each operation with a body of its own.
func scripted(t *testing.T, answers map[string]string) *ERP {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op := strings.Trim(r.Header.Get("SOAPAction"), `"`)
		answer := answers[op[strings.LastIndex(op, "/")+1:]]
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		if strings.Contains(answer, "Fault") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+answer+`</s:Body></s:Envelope>`)
	}))
	t.Cleanup(srv.Close)
	return open(t, srv.URL, "")
}

// A clerk has the order open: GP refuses to change it, as it refuses what is not valid, and
// keeps the cause to itself. It is no dead letter at once.
func TestOrderThatIsOpenAtADesk(t *testing.T) {
	locked := faultSaying("A validation exception has occurred.")
	there := fmt.Sprintf(`<GetSalesOrderByKeyResponse xmlns=%q><GetSalesOrderByKeyResult><Key><Id>1001</Id></Key>`+
		`<FrontOfficeIntegrationId>%s</FrontOfficeIntegrationId><IntegrationId>an earlier one</IntegrationId></GetSalesOrderByKeyResult></GetSalesOrderByKeyResponse>`,
		nsGP, "shop-1")
	absent := faultSaying("Business object not found.")
	for _, c := range []struct {
		name string
		read string
		ev   erpbridge.Event
		want erpbridge.Kind
	}{
		{"a change of an order", there, erptest.Placed(order("1", "#1001"), 0), erpbridge.Unknown},
		{"a cancellation", there, cancelled("1", "#1001", 1), erpbridge.Unknown},
		{"an order that is not there", absent, erptest.Placed(order("1", "#1001"), 0), erpbridge.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := scripted(t, map[string]string{"GetSalesOrderByKey": c.read, "CreateSalesOrder": locked, "UpdateSalesOrder": locked, voidOrder: locked})
			d := erptest.One(t, e, c.ev)
			if r := e.Deliver(t.Context(), []erpbridge.Document{d})[0]; erpbridge.KindOf(r.Err) != c.want {
				t.Errorf("%s: %v, of %s", erpbridge.KindOf(r.Err), r.Err, d.Record)
			}
		})
	}
}

func faultSaying(text string) string {
	return `<s:Fault><faultcode>s:Server</faultcode><faultstring>` + text + `</faultstring></s:Fault>`
}

// An answer that says nothing about the order is no word that it is not there.
func TestReadThatSaysNothing(t *testing.T) {
	for name, answer := range map[string]string{
		"empty":             fmt.Sprintf(`<GetSalesOrderByKeyResponse xmlns=%q/>`, nsGP),
		"an empty result":   fmt.Sprintf(`<GetSalesOrderByKeyResponse xmlns=%q><GetSalesOrderByKeyResult/></GetSalesOrderByKeyResponse>`, nsGP),
		"another order":     fmt.Sprintf(`<GetSalesOrderByKeyResponse xmlns=%q><GetSalesOrderByKeyResult><Key><Id>9</Id></Key></GetSalesOrderByKeyResult></GetSalesOrderByKeyResponse>`, nsGP),
		"about the caller":  faultSaying("Validation exception: the company does not exist."),
		"nobody knows what": faultSaying("Hm."),
	} {
		e := scripted(t, map[string]string{"GetSalesOrderByKey": answer, voidOrder: fmt.Sprintf(`<VoidSalesOrderResponse xmlns=%q/>`, nsGP)})
		for _, ev := range []erpbridge.Event{erptest.Placed(order("1", "#1001"), 0), cancelled("1", "#1001", 1)} {
			d := []erpbridge.Document{erptest.One(t, e, ev)}
			if r := e.Find(t.Context(), d)[0]; erpbridge.KindOf(r.Err) != erpbridge.Unknown {
				t.Errorf("%s: found %s: %+v", name, d[0].Kind, r)
			}
			if d[0].Kind != voidOrder {
				continue
			}
			if r := e.Deliver(t.Context(), d)[0]; erpbridge.KindOf(r.Err) != erpbridge.Unknown {
				t.Errorf("%s: voided: %+v", name, r)
			}
		}
	}
}

// What GP quotes of the customer, or of the login, is in no reason.
func TestReasonsNameNobody(t *testing.T) {
	e := scripted(t, map[string]string{
		"CreateSalesOrder":   faultSaying("Validation exception: ADA@x of Engines &amp; Co, Ada Løvelace, 1 Loop, 89073 may not; secret was the password; item 128 SDRAM"),
		"GetSalesOrderByKey": faultSaying("Business object not found."),
	})
	r := e.Deliver(t.Context(), []erpbridge.Document{erptest.One(t, e, erptest.Placed(order("1", "#1001"), 0))})[0]
	if erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "128 SDRAM") {
		t.Fatalf("%+v", r)
	}
	for _, bad := range []string{"Ada L", "Engines", "1 Loop", "89073", "secret"} {
		if strings.Contains(r.Err.Error(), bad) {
			t.Errorf("%s in %v", bad, r.Err)
		}
	}
}
