package saps4

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

func confirmation(user, password, body string) erpbridge.Message {
	h := http.Header{}
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return erpbridge.Message{Header: h, Body: []byte(body)}
}

func TestConformanceOrderConfirmation(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "sap", "s4-soap", "OrderConfRequest.xml"))
	if err != nil {
		t.Fatal(err)
	}
	as, err := open(t, "http://127.0.0.1:9", usual).Acknowledge(confirmation("s4", "confirmed", string(raw)))
	if err != nil || len(as) != 1 || as[0].Ref != "4500000494" || as[0].Result.Receipt.Ref != "60002212" || !strings.Contains(as[0].Result.Receipt.Warning, "rejected 2 of its items: Damaged by customer, Order cancelled due to Error") {
		t.Errorf("%+v, %v", as, err)
	}
}

func TestOnlyConfirmationsOfTheirSenderAreAcknowledged(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	conf := `<n0:OrderConfRequest xmlns:n0="` + nsEDI + `"><MessageHeader/><OrderConfirmation><PurchaseOrderID>r</PurchaseOrderID><SalesOrderID>1</SalesOrderID></OrderConfirmation></n0:OrderConfRequest>`
	for name, c := range map[string]struct {
		m    erpbridge.Message
		want erpbridge.Kind
	}{
		"good":                    {confirmation("s4", "confirmed", conf), ""},
		"in an envelope":          {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body>`+conf+`</s:Body></s:Envelope>`), ""},
		"in one of SOAP 1.2":      {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="`+soap.Namespace12+`"><s:Header/><s:Body>`+conf+`</s:Body></s:Envelope>`), ""},
		"in an empty one":         {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body/></s:Envelope>`), erpbridge.Invalid},
		"a Fault":                 {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body><s:Fault><faultcode>x</faultcode></s:Fault></s:Body></s:Envelope>`), erpbridge.Invalid},
		"an envelope of nobody's": {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="urn:x"><s:Body>`+conf+`</s:Body></s:Envelope>`), erpbridge.Invalid},
		"another password":        {confirmation("s4", "else", conf), erpbridge.Refused},
		"another user":            {confirmation("s5", "confirmed", conf), erpbridge.Refused},
		"no login":                {erpbridge.Message{Header: http.Header{}, Body: []byte(conf)}, erpbridge.Refused},
		"another document":        {confirmation("s4", "confirmed", `<x/>`), erpbridge.Invalid},
		"a DTD":                   {confirmation("s4", "confirmed", `<!DOCTYPE x>`+conf), erpbridge.Invalid},
		"no number":               {confirmation("s4", "confirmed", strings.Replace(conf, "<SalesOrderID>1</SalesOrderID>", "", 1)), erpbridge.Invalid},
		"a partner without a key": {confirmation("s4", "confirmed", `<n:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n="`+nsGlobal+`"><BusinessPartnerSUITEReplicateConfirmationMessage/></n:BusinessPartnerSUITEBulkReplicateConfirmation>`), erpbridge.Invalid},
	} {
		if _, err := e.Acknowledge(c.m); erpbridge.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	as, err := e.Acknowledge(confirmation("s4", "confirmed", `<n:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n="`+nsGlobal+`"><BusinessPartnerSUITEReplicateConfirmationMessage>`+
		`<BusinessPartner><UUID>ABC</UUID></BusinessPartner><Log><MaximumLogItemSeverityCode>3</MaximumLogItemSeverityCode><Item><Note>no region</Note></Item></Log>`+
		`</BusinessPartnerSUITEReplicateConfirmationMessage></n:BusinessPartnerSUITEBulkReplicateConfirmation>`))
	if err != nil || len(as) != 1 || as[0].Ref != "abc" || erpbridge.KindOf(as[0].Result.Err) != erpbridge.Invalid {
		t.Errorf("%+v, %v", as, err)
	}
}

// What the log of a confirmation says of a business partner: by its codes, of the whole and
// of its items.
func TestLogsOfPartners(t *testing.T) {
	const note = `<Note>Steuernummer ist ungültig</Note>`
	item := func(severity string) string {
		return `<Item><SeverityCode>` + severity + `</SeverityCode>` + note + `</Item>`
	}
	for name, c := range map[string]struct {
		log  string
		want string
		warn bool
	}{
		"no log":                      {"", "booked", false},
		"an empty log":                {"<Log/>", "booked", false},
		"booked":                      {"<Log><BusinessDocumentProcessingResultCode>3</BusinessDocumentProcessingResultCode><MaximumLogItemSeverityCode>1</MaximumLogItemSeverityCode>" + item("1") + "</Log>", "booked", false},
		"a warning":                   {"<Log><BusinessDocumentProcessingResultCode>3</BusinessDocumentProcessingResultCode><MaximumLogItemSeverityCode>2</MaximumLogItemSeverityCode>" + item("2") + "</Log>", "booked", true},
		"a warning of an item":        {"<Log>" + item("1") + item("2") + "</Log>", "booked", true},
		"in part":                     {"<Log><BusinessDocumentProcessingResultCode>4</BusinessDocumentProcessingResultCode></Log>", "booked", true},
		"received":                    {"<Log><BusinessDocumentProcessingResultCode>1</BusinessDocumentProcessingResultCode></Log>", "accepted", true},
		"in process":                  {"<Log><BusinessDocumentProcessingResultCode>2</BusinessDocumentProcessingResultCode>" + item("1") + "</Log>", "accepted", true},
		"failed":                      {"<Log><BusinessDocumentProcessingResultCode>5</BusinessDocumentProcessingResultCode></Log>", "invalid", false},
		"failed, by its severity":     {"<Log><MaximumLogItemSeverityCode>4</MaximumLogItemSeverityCode>" + item("1") + "</Log>", "invalid", false},
		"failed, by one of its items": {"<Log>" + item("1") + item("3") + item("2") + "</Log>", "invalid", false},
		"received, and wrong":         {"<Log><BusinessDocumentProcessingResultCode>1</BusinessDocumentProcessingResultCode>" + item("3") + "</Log>", "invalid", false},
	} {
		as, err := open(t, "http://127.0.0.1:9", usual).Acknowledge(confirmation("s4", "confirmed", `<n:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n="`+nsGlobal+`"><BusinessPartnerSUITEReplicateConfirmationMessage>`+
			`<BusinessPartner><UUID>ABC</UUID></BusinessPartner>`+c.log+`</BusinessPartnerSUITEReplicateConfirmationMessage></n:BusinessPartnerSUITEBulkReplicateConfirmation>`))
		if err != nil || len(as) != 1 {
			t.Errorf("%s: %+v, %v", name, as, err)
			continue
		}
		r := as[0].Result
		got := "booked"
		switch {
		case r.Err != nil:
			got = string(erpbridge.KindOf(r.Err))
		case r.Receipt.Accepted:
			got = "accepted"
		}
		if got != c.want || (r.Receipt.Warning != "") != c.warn || r.Err != nil && r.Err.Error() == "" {
			t.Errorf("%s: %s, %+v", name, got, r)
		}
	}
}

// What the items of a confirmation say of the order, and of its cancellation.
func TestRejectedItems(t *testing.T) {
	const (
		good = `<Item><SalesOrderItemID>10</SalesOrderItemID></Item>`
		bad  = `<Item><SalesOrderItemID>20</SalesOrderItemID><RejectionReasonText>Z1</RejectionReasonText></Item>`
	)
	type word struct {
		booked  bool
		warning string
	}
	for name, c := range map[string]struct {
		items string
		want  map[string]word
	}{
		"no items":      {"", map[string]word{"shop-1": {true, ""}}},
		"none rejected": {good + good, map[string]word{"shop-1": {true, ""}}},
		"some rejected": {good + bad, map[string]word{"shop-1": {true, "rejected 1 of its items: Z1"}}},
		"all rejected":  {bad + bad, map[string]word{"shop-1": {false, "all of it is rejected: Z1"}, "shop-1" + removal: {true, ""}}},
		"all rejected of those listed": {
			`<ItemListIsCompletelyTransferred>false</ItemListIsCompletelyTransferred>` + bad, map[string]word{"shop-1": {true, "rejected 1 of its items"}},
		},
	} {
		as, err := open(t, "http://127.0.0.1:9", usual).Acknowledge(confirmation("s4", "confirmed", `<n0:OrderConfRequest xmlns:n0="`+nsEDI+`"><MessageHeader/><OrderConfirmation>`+
			`<PurchaseOrderID>shop-1</PurchaseOrderID><SalesOrderID>77</SalesOrderID>`+c.items+`</OrderConfirmation></n0:OrderConfRequest>`))
		if err != nil || len(as) != len(c.want) {
			t.Errorf("%s: %+v, %v", name, as, err)
		}
		for _, a := range as {
			r := a.Result.Receipt
			if w, ok := c.want[a.Ref]; !ok || a.Result.Err != nil || r.Ref != "77" || r.Accepted == w.booked || !strings.Contains(r.Warning, w.warning) || (w.warning == "") != (r.Warning == "") {
				t.Errorf("%s: %q: %+v", name, a.Ref, a.Result)
			}
		}
	}
}

// A cancellation is confirmed by the rejection of all items, and not by what S/4 says, late
// or twice, about the order as it was.
func TestOnlyRejectionConfirmsACancellation(t *testing.T) {
	var heard []erpbridge.Message
	bridge := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		heard = append(heard, erpbridge.Message{Header: r.Header, Body: body})
	}))
	t.Cleanup(bridge.Close)
	s4 := sim.New(sim.Config{ConfirmURL: bridge.URL, ConfirmUser: "s4", ConfirmPassword: "confirmed"})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, usual)
	confirmed := func() (refs []string) {
		t.Helper()
		s4.Process()
		if err := s4.Send(); err != nil {
			t.Fatal(err)
		}
		for _, m := range heard {
			as, err := e.Acknowledge(m)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range as {
				if !a.Result.Receipt.Accepted {
					refs = append(refs, a.Ref)
				}
			}
		}
		return refs
	}
	placed := sent(t, e, documents(t, e, erptest.Placed(order("1"), 0))[0])
	if got := confirmed(); !slices.Equal(got, []string{placed.Ref}) {
		t.Errorf("of the order confirmed: %q", got)
	}
	gone := order("1")
	gone.CancelledAt = time.Unix(1, 0)
	cancelled := sent(t, e, documents(t, e, erptest.Placed(gone, 1))[0])
	if cancelled.Ref == placed.Ref {
		t.Errorf("the cancellation goes by %q too", cancelled.Ref)
	}
	if got := confirmed(); !slices.Equal(got, []string{placed.Ref, cancelled.Ref}) {
		t.Errorf("in all confirmed: %q", got)
	}
}
