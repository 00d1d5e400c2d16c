package bc

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The suite is about one request: the one that has an effect. What Deliver asks before
// and after it, the WSDL and the look-ups, is answered here: nothing is there. What then
// becomes of such questions when they go wrong is tested in fault_test.go.
func TestSuite(t *testing.T) {
	erptest.Run(t, erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP {
			e := open(t, url, "mapping: {customer: {default: '10000'}}")
			e.tripper = func(next http.RoundTripper) http.RoundTripper { return &canned{next: next} }
			return &delivering{e}
		},
		Events: []erpbridge.Event{event(placed()), event(included()), event(yen()), refund(), cancel(placed())},
		Good:   takeAll,
		Throttle: func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		Fault:     faulting("Types.Exceptions.NavCompanyNotFoundException", "The company does not exist."),
		FaultKind: erpbridge.Refused,
		Absent:    func(w http.ResponseWriter, request []byte) { _, _ = io.WriteString(w, absentIn(request)) },
		Alive:     func(w http.ResponseWriter, request []byte) { _, _ = io.WriteString(w, absentIn(request)) },
	})
}

// delivering marks what Deliver asks.
type delivering struct{ *ERP }

type deliverKey struct{}

func (d *delivering) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return d.ERP.Deliver(context.WithValue(ctx, deliverKey{}, true), docs)
}

// canned answers for the WSDL, and for look-ups of Deliver's.
type canned struct{ next http.RoundTripper }

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	say := func(body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req,
		}, nil
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if req.Method == http.MethodGet {
		return say(pageWSDL(req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]))
	}
	if req.Context().Value(deliverKey{}) == nil || !strings.HasSuffix(actionOf(req), `:ReadMultiple"`) {
		return c.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	return say(absentIn(body))
}

// actionOf returns the SOAPAction, however it is spelled.
func actionOf(req *http.Request) string {
	for name, values := range req.Header {
		if strings.EqualFold(name, "SOAPAction") {
			return values[0]
		}
	}
	return ""
}

// absentIn answers a look-up: nothing is there.
func absentIn(request []byte) string {
	env, err := soap.ParseEnvelope(request, "")
	if err != nil {
		return err.Error()
	}
	space := env.Content.NamespaceURI()
	return envelopeOf(`<ReadMultiple_Result xmlns="` + space + `"><ReadMultiple_Result/></ReadMultiple_Result>`)
}

func envelopeOf(body string) string {
	return `<Soap:Envelope xmlns:Soap="` + soap.Namespace + `"><Soap:Body>` + body + `</Soap:Body></Soap:Envelope>`
}

// takeAll answers a Create: it is there.
func takeAll(w http.ResponseWriter, request []byte) {
	env, err := soap.ParseEnvelope(request, "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := env.Content
	answer.Tag += "_Result"
	for i, record := range answer.FindElements("//Sell_to_Customer_No/..") {
		no := etree.NewElement("No")
		no.CreateText("S-ORD" + strconv.Itoa(101+i))
		key := etree.NewElement("Key")
		key.CreateText("k" + strconv.Itoa(i))
		record.InsertChildAt(0, no)
		record.InsertChildAt(0, key)
	}
	var b bytes.Buffer
	if _, err := etree.NewDocumentWithRoot(answer.Copy()).WriteTo(&b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, envelopeOf(b.String()))
}

func faulting(exception, text string) func(http.ResponseWriter, []byte) {
	return func(w http.ResponseWriter, _ []byte) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, faultOf(exception, text))
	}
}

func faultOf(exception, text string) string {
	return envelopeOf(`<Soap:Fault><faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">a:Microsoft.Dynamics.Nav.` + exception + `</faultcode>` +
		`<faultstring xml:lang="en-US">` + text + `</faultstring><detail><string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">` + text + `</string></detail></Soap:Fault>`)
}

// pageWSDL is the WSDL of a page that shows whatever we may send.
func pageWSDL(service string) string {
	space := namespaceOf(service)
	var b strings.Builder
	b.WriteString(`<definitions xmlns:tns="` + space + `" targetNamespace="` + space + `" xmlns="` + nsWSDL + `"><types><xsd:schema xmlns:xsd="` + nsXSD + `" targetNamespace="` + space + `">`)
	sequence := func(name, names, more string) {
		b.WriteString(`<xsd:complexType name="` + name + `"><xsd:sequence>`)
		for n := range strings.FieldsSeq(names) {
			b.WriteString(`<xsd:element name="` + n + `" type="xsd:string"/>`)
		}
		b.WriteString(more + `</xsd:sequence></xsd:complexType>`)
	}
	line, header := orderLine, headerSequence
	if service == "SalesCreditMemo" {
		line = memoLine
	}
	lines := `<xsd:element name="SalesLines" type="tns:` + line + `_List"/>`
	if service == "Customer" {
		header, lines = customerSequence, ""
	}
	sequence(line, lineSequence, "")
	sequence(line+"_List", "", `<xsd:element name="`+line+`" type="tns:`+line+`"/>`)
	sequence(service, header, lines)
	b.WriteString(`<xsd:simpleType name="` + service + `_Fields"><xsd:restriction>`)
	for n := range strings.FieldsSeq(header) {
		b.WriteString(`<xsd:enumeration value="` + n + `"/>`)
	}
	b.WriteString(`</xsd:restriction></xsd:simpleType></xsd:schema></types><portType>`)
	for _, o := range []string{"Read", "ReadMultiple", "Create", "CreateMultiple", "Update", "Delete"} {
		b.WriteString(`<operation name="` + o + `"/>`)
	}
	b.WriteString(`</portType></definitions>`)
	return b.String()
}

// serveBy starts a server that gives request bodies to f.
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
