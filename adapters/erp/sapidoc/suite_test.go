package sapidoc

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/internal/testenv"
)

var events = []erpbridge.Event{event(placed()), event(yen()), event(dinar()), event(cancelledOrder()), goneEvent(), refundEvent(erpbridge.Returned)}

var docnumIn = regexp.MustCompile(`<(?:n0:)?DOCNUM>(\d{16})<`)

// storedAll answers a SOAP request as SAP does that stored the IDoc.
func storedAll(w http.ResponseWriter, request []byte) {
	m := docnumIn.FindSubmatch(request)
	if m == nil {
		http.Error(w, "no DOCNUM", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, answered("ORDERS05", assign(string(m[1]), "0000000000160816")))
}

func assign(transfer, number string) string {
	return "<n0:IdocAssign><n0:TransferId>" + transfer + "</n0:TransferId><n0:DbId>" + number + "</n0:DbId></n0:IdocAssign>"
}

func answered(root, inner string) string {
	return enveloped(`<n0:` + root + `Response xmlns:n0="` + nsIDoc + `">` + inner + `</n0:` + root + `Response>`)
}

func enveloped(body string) string {
	return `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"><soap-env:Body>` + body + `</soap-env:Body></soap-env:Envelope>`
}

func faulted(text string) string {
	return enveloped(`<soap-env:Fault><faultcode>soap-env:Server</faultcode><faultstring xml:lang="en">` + text + `</faultstring><detail/></soap-env:Fault>`)
}

func throttle(w http.ResponseWriter, _ []byte) {
	w.Header().Set("Retry-After", "7")
	w.WriteHeader(http.StatusServiceUnavailable)
}

func pingPage(w http.ResponseWriter, _ []byte) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><head><title>SAP Ping</title></head><body>Server reached successfully</body></html>")
}

func soapSuite(confirm string) erptest.Suite {
	return erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP { return open(t, "url: "+url+"\n"+reversing+confirm) }, Events: events, Batch: 1,
		Good: storedAll, Throttle: throttle,
		Fault: func(w http.ResponseWriter, _ []byte) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, faulted("Authorization role missing for service"))
		},
		FaultKind: erpbridge.Refused, Alive: pingPage,
	}
}

func httpSuite() erptest.Suite {
	return erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP {
			return open(t, "transport: http\nurl: "+url+"\norders: {on: [order.placed, order.cancelled]}\n"+reversing)
		},
		Events: events,
		Good: func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><head><title>IDoc-XML-inbound ok</title></head><body><h1>IDoc-XML-inbound ok</h1></body></html>")
		},
		Throttle: throttle,
		Fault: func(w http.ResponseWriter, _ []byte) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<html><title>Forbidden</title></html>")
		},
		FaultKind: erpbridge.Refused, Alive: pingPage,
	}
}

func TestSuiteSOAP(t *testing.T) { erptest.Run(t, soapSuite("")) }

func TestSuiteSOAPUnconfirmed(t *testing.T) { erptest.Run(t, soapSuite("confirm: none\n")) }

func TestSuiteHTTP(t *testing.T) { erptest.Run(t, httpSuite()) }

// Every hostile answer, of which none is one to an IDoc.
func TestConformanceHostileAnswers(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "corpora", "soap-hostile")
	t.Run("soap", func(t *testing.T) { soapSuite("").Hostile(t, dir) })
	t.Run("http", func(t *testing.T) { httpSuite().Hostile(t, dir) })
}

// A server of the tests' own that counts what it was asked.
func reply(status int, contentType, body string) erptest.Answer {
	return func(w http.ResponseWriter, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}
