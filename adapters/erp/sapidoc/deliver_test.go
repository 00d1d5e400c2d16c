package sapidoc

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// serve starts a server that hands request bodies and headers to see, and answers.
func serve(t testing.TB, see func(*http.Request, []byte), answer erptest.Answer) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if see != nil {
			see(r, body)
		}
		answer(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// What the answer to one IDoc over SOAP means.
func TestAnswersSOAP(t *testing.T) {
	docnum := lifts(t, translate(t, open(t, ""), event(placed()))[0]).docnum
	for name, c := range map[string]struct {
		status int
		body   string
		want   string // a kind, or accepted, with a star where there is a warning
	}{
		"stored":                     {200, answered("ORDERS05", assign(docnum, "0000000000160816")), "accepted"},
		"without leading zeros":      {200, answered("ORDERS05", assign(strings.TrimLeft(docnum, "0"), "160816")), "accepted"},
		"taken before":               {200, answered("ORDERS05", ""), "accepted*"},
		"an empty Body":              {200, enveloped(""), "accepted*"},
		"nothing at all":             {200, "", "in-doubt"},
		"202 and nothing":            {202, "", "in-doubt"},
		"another IDoc":               {200, answered("ORDERS05", assign("0000000000000001", "0000000000160816")), "in-doubt"},
		"no number of SAP's":         {200, answered("ORDERS05", assign(docnum, "")), "in-doubt"},
		"nought as a number":         {200, answered("ORDERS05", assign(docnum, "0000000000000000")), "in-doubt"},
		"words for a number":         {200, answered("ORDERS05", assign(docnum, "ERROR")), "in-doubt"},
		"words for an answer":        {200, answered("ORDERS05", "IDoc could not be added"), "in-doubt"},
		"two pairs for one IDoc":     {200, answered("ORDERS05", assign(docnum, "1")+assign(docnum, "2")), "in-doubt"},
		"two numbers":                {200, answered("ORDERS05", strings.Replace(assign(docnum, "1"), "</n0:IdocAssign>", "<n0:DbId>2</n0:DbId></n0:IdocAssign>", 1)), "in-doubt"},
		"of another type":            {200, answered("DEBMAS07", assign(docnum, "1")), "in-doubt"},
		"in no namespace":            {200, enveloped("<ORDERS05Response><IdocAssign><TransferId>" + docnum + "</TransferId><DbId>1</DbId></IdocAssign></ORDERS05Response>"), "in-doubt"},
		"a fault with 200":           {200, faulted("Web service processing error; more details in the web service error log"), "unknown"},
		"locked":                     {500, faulted("EA728 MSGID_LOCKED"), "transient"},
		"many in one":                {500, faulted("MULTIPLE_IDOCS_NOT_ALLOWED"), "refused"},
		"no authorization":           {500, faulted("No authorization to access function"), "refused"},
		"in German":                  {500, faulted("Keine Berechtigung für den Dienst"), "refused"},
		"log-on page with 401":       {401, "<html>Logon failed</html>", "refused"},
		"403":                        {403, "<html>Forbidden</html>", "refused"},
		"the ICM gave up":            {500, "<html><title>500 Connection timed out</title></html>", "in-doubt"},
		"failed log-on, by its code": {500, strings.Replace(faulted("Die Anmeldung ist gescheitert"), "soap-env:Server<", "wsse:FailedAuthentication<", 1), "refused"},
		"wrong version":              {500, faulted("Wrong SOAP Version"), "refused"},
		"a fault nobody has seen":    {500, faulted("CX_SY_SOMETHING"), "unknown"},
		"busy, and when is not said": {500, faulted("RESOURCE_FAILURE"), "in-doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			erp := open(t, "url: "+serve(t, nil, reply(c.status, "text/xml; charset=utf-8", c.body))+"\n")
			check(t, erp.Deliver(t.Context(), translate(t, erp, event(placed()))), c.want, docnum)
		})
	}
}

// What an answer to plain IDocs means.
func TestAnswersHTTP(t *testing.T) {
	docnum := lifts(t, translate(t, open(t, ""), event(placed()))[0]).docnum
	html := func(title, body string) string {
		return "<html><head><title>" + title + "</title></head><body>" + body + "</body></html>"
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"stored":                    {200, html("IDoc-XML-inbound ok", "<h1>IDoc-XML-inbound ok</h1>"), "accepted"},
		"stored, as text":           {200, "IDoc-XML-inbound ok", "accepted"},
		"stored, without a word":    {200, "", "accepted"},
		"stored, by the settings":   {200, html("Gespeichert", ""), "accepted"},
		"202 is not said by SAP":    {202, "", "in-doubt"},
		"another title":             {200, html("IDoc-XML-inbound failed", ""), "in-doubt"},
		"a log-on page":             {200, html("Logon", `<form name="loginForm"><input type="password" name="sap-password"></form>`), "refused"},
		"ICM timeout":               {500, html("500 Connection timed out", ""), "in-doubt"},
		"500":                       {500, html("500 Internal Server Error", ""), "in-doubt"},
		"overload":                  {503, html("503 Service Unavailable", "Server overload"), "transient"},
		"400":                       {400, html("400 Bad Request", ""), "unknown"},
		"404":                       {404, html("Service cannot be reached", ""), "refused"},
		"inactive in SICF":          {403, html("Service cannot be reached", ""), "refused"},
		"starting, or stopping":     {503, html("Service cannot be reached", "error code 503"), "in-doubt"},
		"the same, in German":       {503, html("Service nicht erreichbar", "Fehlercode 503"), "in-doubt"},
		"415":                       {415, "", "refused"},
		"401":                       {401, html("Logon failed", ""), "refused"},
		"408":                       {408, "", "transient"},
		"307":                       {307, "", "refused"},
		"the words, with a failure": {500, "IDoc-XML-inbound ok", "in-doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			erp := open(t, "transport: http\nstored_answers: [gespeichert]\nurl: "+serve(t, nil, reply(c.status, "text/html", c.body))+"\n")
			check(t, erp.Deliver(t.Context(), translate(t, erp, event(placed()))), c.want, docnum)
		})
	}
}

func check(t *testing.T, results []erpbridge.Result, want, docnum string) {
	t.Helper()
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	r := results[0]
	got := string(erpbridge.KindOf(r.Err))
	if r.Err == nil {
		got = "delivered"
		if r.Receipt.Accepted {
			got = "accepted"
		}
		if r.Receipt.Warning != "" {
			got += "*"
		}
		if r.Receipt.Ref != docnum {
			t.Errorf("confirmed by %q, the DOCNUM is %s", r.Receipt.Ref, docnum)
		}
	}
	if got != want {
		t.Errorf("%s (%v), want %s", got, r.Err, want)
	}
	if r.Err != nil && strings.Contains(r.Err.Error(), "canary") {
		t.Errorf("a secret in %v", r.Err)
	}
}

func TestSOAPRequest(t *testing.T) {
	var bodies [][]byte
	url := serve(t, func(r *http.Request, body []byte) {
		bodies = append(bodies, body)
		user, password, _ := r.BasicAuth()
		if user != "BRIDGE" || password != "canary-password" || r.URL.Path != "/sap/bc/srt/idoc" || r.URL.Query().Get("sap-client") != "100" {
			t.Errorf("%s by %q", r.URL, user)
		}
	}, storedAll)
	erp := open(t, "url: "+url+"\n")
	docs := append(translate(t, erp, event(placed())), translate(t, erp, event(yen()))...)
	for range 2 { // and what is sent again is the same, byte by byte
		for _, r := range erp.Deliver(t.Context(), docs) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
	}
	if len(bodies) != 4 || !bytes.Equal(bodies[0], bodies[2]) || !bytes.Equal(bodies[1], bodies[3]) {
		t.Fatalf("%d requests, or others the second time", len(bodies))
	}
	env, err := soap.ParseEnvelope(bodies[0], "")
	if err != nil {
		t.Fatal(err)
	}
	for _, el := range append(env.Content.FindElements(".//*"), env.Content) {
		if el.NamespaceURI() != nsIDoc {
			t.Errorf("%s in the namespace %q", el.Tag, el.NamespaceURI())
		}
		for _, a := range el.Attr {
			if a.Space != "" && a.Space != "xmlns" {
				t.Errorf("attribute %s of %s has a namespace", a.Key, el.Tag)
			}
		}
	}
	if n := len(env.Content.SelectElements("IDOC")); n != 1 {
		t.Errorf("%d IDocs in a request", n)
	}
}

func TestHTTPBatch(t *testing.T) {
	requests := 0
	url := serve(t, func(_ *http.Request, body []byte) {
		requests++
		root, err := soap.Parse(body, "")
		if err != nil || root.Tag != "ORDERS05" || root.NamespaceURI() != "" || len(root.SelectElements("IDOC")) != 2 {
			t.Errorf("%v: %s", err, body)
		}
	}, httpSuite().Good)
	erp := open(t, "transport: http\nurl: "+url+"\n")
	for _, r := range erp.Deliver(t.Context(), append(translate(t, erp, event(placed())), translate(t, erp, event(yen()))...)) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if requests != 1 {
		t.Errorf("%d requests", requests)
	}
}

// A customer that is not taken keeps back its order, and no other.
func TestStreamStopsAtItsFirstFailure(t *testing.T) {
	var sent []string
	url := serve(t, nil, func(w http.ResponseWriter, body []byte) {
		root := "ORDERS05"
		if bytes.Contains(body, []byte("DEBMAS07")) {
			sent = append(sent, "customer")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, faulted("something unknown"))
			return
		}
		sent = append(sent, root)
		storedAll(w, body)
	})
	erp := open(t, creating+"url: "+url+"\n")
	guest := placed()
	guest.ID, guest.Customer = "5555", nil
	docs := append(translate(t, erp, event(placed())), translate(t, erp, event(guest))...)
	var kinds []string
	for _, r := range erp.Deliver(t.Context(), docs) {
		kinds = append(kinds, string(erpbridge.KindOf(r.Err)))
	}
	if got := strings.Join(sent, " "); got != "customer ORDERS05" {
		t.Errorf("sent %s", got)
	}
	if got := strings.Join(kinds, " "); got != "unknown transient " {
		t.Errorf("results %q", got)
	}
}

// When SAP does not let us in, the rest is not tried.
func TestStopsAtRefusal(t *testing.T) {
	requests := 0
	url := serve(t, func(*http.Request, []byte) { requests++ }, reply(401, "text/html", "<html>no</html>"))
	erp := open(t, "url: "+url+"\n")
	docs := append(translate(t, erp, event(placed())), translate(t, erp, event(yen()))...)
	results := erp.Deliver(t.Context(), docs)
	if requests != 1 || erpbridge.KindOf(results[0].Err) != erpbridge.Refused || erpbridge.KindOf(results[1].Err) != erpbridge.Transient {
		t.Errorf("%d requests, %v", requests, results)
	}
}

func TestForeignDocumentsAreNotSent(t *testing.T) {
	erp := open(t, "url: "+serve(t, func(*http.Request, []byte) { t.Error("it was sent") }, storedAll)+"\n")
	good := string(translate(t, erp, event(placed()))[0].Body)
	for name, body := range map[string]string{
		"not XML":       "x",
		"no IDoc":       "<ORDERS05/>",
		"two IDocs":     "<ORDERS05><IDOC><EDI_DC40/><A/></IDOC><IDOC/></ORDERS05>",
		"no message id": strings.Replace(good, "urn:sap.com:msgid=", "", 1),
		"no DOCNUM":     docnumIn.ReplaceAllString(good, "<DOCNUM>0000000000000000<"),
	} {
		if r := erp.Deliver(t.Context(), []erpbridge.Document{{Key: "k", Stream: "s", Body: []byte(body)}}); erpbridge.KindOf(r[0].Err) != erpbridge.Invalid {
			t.Errorf("%s: %v", name, r[0].Err)
		}
	}
}

// What SAP has really said, to whatever was asked.
func TestConformanceSamples(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "sap")
	for file, want := range map[string]string{
		"faults/bydesign.missing-authorization-500.xml":                "refused",
		"faults/rfc-soap.error-500.xml":                                "unknown",
		"faults/s4.generic-500.xml":                                    "unknown",
		"faults/s4.sync-confirmation.BUSINESS-FAILURE-in-HTTP-200.xml": "in-doubt",
		"faults/s4.sync-confirmation.SUCCESS-in-HTTP-200.xml":          "in-doubt",
		"constructed/idoc-soap.response.CONSTRUCTED.xml":               "in-doubt", // about another IDoc
		"constructed/idoc-soap.exactly-once.request.CONSTRUCTED.xml":   "in-doubt",
		"constructed/ALEAUD01.CONSTRUCTED-unvalidated.xml":             "in-doubt",
		"idoc/ORDRSP.ORDERS05.outbound.soap-scenario.xml":              "in-doubt",
		"s4-soap/OrderConfRequest.xml":                                 "in-doubt",
		"s4-soap/SupplierConfirmationRequest.wsa-envelope.xml":         "in-doubt",
	} {
		t.Run(file, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			status := 200
			if strings.Contains(file, "500") {
				status = 500
			}
			erp := open(t, "url: "+serve(t, nil, reply(status, "text/xml", string(raw)))+"\n")
			check(t, erp.Deliver(t.Context(), translate(t, erp, event(placed()))), want, "")
		})
	}
}

// The constructed answer, told of the IDoc that it is about.
func TestConformanceAssign(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "sap", "constructed", "idoc-soap.response.CONSTRUCTED.xml"))
	if err != nil {
		t.Fatal(err)
	}
	docnum := lifts(t, translate(t, open(t, ""), event(placed()))[0]).docnum
	answer := strings.NewReplacer("EXCHANGE_RATE01", "ORDERS05", "0000000000001001", docnum).Replace(string(raw))
	erp := open(t, "confirm: none\nurl: "+serve(t, nil, reply(200, "text/xml", answer))+"\n")
	r := erp.Deliver(t.Context(), translate(t, erp, event(placed())))[0]
	if r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref != "0000000000160816" {
		t.Errorf("%+v", r)
	}
}
