package netsuite

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// What SuiteTalk says, as far as the tests need it said.

var ns2023 = namespacesOf("2023_2")

func envelopeOf(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="` + soap.Namespace + `" xmlns:xsi="` + nsXSI + `">` +
		`<soapenv:Header><h:documentInfo xmlns:h="` + ns2023.messages + `"><h:nsId>WEBSERVICES_1</h:nsId></h:documentInfo></soapenv:Header>` +
		`<soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

// upserted is the answer to an upsertList with these writeResponses.
func upserted(responses ...string) string {
	return envelopeOf(`<upsertListResponse xmlns="` + ns2023.messages + `" xmlns:c="` + ns2023.core + `"><writeResponseList>` +
		strings.Join(responses, "") + `</writeResponseList></upsertListResponse>`)
}

func saved(internalID, externalID string) string {
	return `<writeResponse><c:status isSuccess="true"/><baseRef xsi:type="c:RecordRef" internalId="` + internalID + `" externalId="` + externalID + `" type="x"/></writeResponse>`
}

func failedWith(externalID string, details ...string) string {
	return `<writeResponse><c:status isSuccess="false">` + strings.Join(details, "") + `</c:status>` +
		`<baseRef xsi:type="c:RecordRef" externalId="` + externalID + `" type="x"/></writeResponse>`
}

func detail(code, message string) string {
	return `<c:statusDetail type="ERROR"><c:code>` + code + `</c:code><c:message>` + message + `</c:message></c:statusDetail>`
}

// got is the answer to a getList with these readResponses.
func got(responses ...string) string {
	return envelopeOf(`<getListResponse xmlns="` + ns2023.messages + `" xmlns:c="` + ns2023.core + `" xmlns:sales="` + ns2023.sales +
		`" xmlns:rel="` + ns2023.relationships + `" xmlns:cust="` + ns2023.customers + `"><readResponseList>` +
		strings.Join(responses, "") + `</readResponseList></getListResponse>`)
}

func faulted(detailName, code, text string) string {
	return envelopeOf(`<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode><faultstring>` + text + `</faultstring><detail>` +
		`<f:` + detailName + ` xmlns:f="urn:faults_2023_2.platform.webservices.netsuite.com"><f:code>` + code + `</f:code><f:message>` + text + `</f:message></f:` + detailName + `>` +
		`</detail></soapenv:Fault>`)
}

// takeAll answers any upsertList with success, record by record.
func takeAll(w http.ResponseWriter, request []byte) {
	env, err := soap.ParseEnvelope(request, "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var responses []string
	for i, r := range env.Content.SelectElements("record") {
		responses = append(responses, saved(fmt.Sprint(100+i), attr(r, "externalId")))
	}
	_, _ = io.WriteString(w, upserted(responses...))
}

// takeJob answers any asyncUpsertList with a job.
func takeJob(w http.ResponseWriter, _ []byte) {
	_, _ = io.WriteString(w, envelopeOf(`<asyncUpsertListResponse xmlns="`+ns2023.messages+`"><c:asyncStatusResult xmlns:c="`+ns2023.core+
		`"><c:jobId>ASYNCWEBSERVICES_1</c:jobId><c:status>pending</c:status></c:asyncStatusResult></asyncUpsertListResponse>`))
}

// absentAll answers any getList with "does not exist".
func absentAll(w http.ResponseWriter, request []byte) {
	env, err := soap.ParseEnvelope(request, "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var responses []string
	for range env.Content.SelectElements("baseRef") {
		responses = append(responses, `<readResponse><c:status isSuccess="false">`+detail("RCRD_DSNT_EXIST", "That record does not exist.")+`</c:status></readResponse>`)
	}
	_, _ = io.WriteString(w, got(responses...))
}

func serverTime(w http.ResponseWriter, _ []byte) {
	_, _ = io.WriteString(w, envelopeOf(`<getServerTimeResponse xmlns="`+ns2023.messages+`"><c:getServerTimeResult xmlns:c="`+ns2023.core+
		`"><c:status isSuccess="true"/><c:serverTime>2026-03-14T01:26:53.000-08:00</c:serverTime></c:getServerTimeResult></getServerTimeResponse>`))
}

func faulting(detailName, code, text string) func(http.ResponseWriter, []byte) {
	return func(w http.ResponseWriter, _ []byte) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, faulted(detailName, code, text))
	}
}

// serve starts a server that says the same to everything.
func serve(t testing.TB, status int, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// serveBy starts a server that gives request bodies to f, and answers with it.
func serveBy(t testing.TB, f func(w http.ResponseWriter, request []byte)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		f(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func attr(el *etree.Element, name string) string { return soap.Attr(el, name) }

// xsiType returns what a record says it is.
func xsiType(el *etree.Element) string {
	for _, a := range el.Attr {
		if a.Key == "type" && a.NamespaceURI() == nsXSI {
			return a.Value
		}
	}
	return ""
}
