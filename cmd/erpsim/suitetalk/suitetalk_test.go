package suitetalk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/beevik/etree"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testCredential = Credential{
	Account: "TSTDRV1", ConsumerKey: "ck", ConsumerSecret: "cs", Token: "tk", TokenSecret: "ts",
}

const (
	ada = `<platformMsgs:record xsi:type="listRel:Customer" externalId="c-1">
		<listRel:isPerson>true</listRel:isPerson><listRel:firstName>Ada</listRel:firstName>
		<listRel:lastName>Byron</listRel:lastName><listRel:email>ada@example.test</listRel:email>
		<listRel:comments>from the shop</listRel:comments></platformMsgs:record>`
	order1 = `<platformMsgs:record xsi:type="tranSales:SalesOrder" externalId="o-1">
		<tranSales:entity externalId="c-1" type="customer"/><tranSales:currency internalId="1"/>
		<tranSales:otherRefNum>#1</tranSales:otherRefNum><tranSales:memo>first</tranSales:memo>
		<tranSales:discountItem internalId="88"/><tranSales:discountRate>-5.00</tranSales:discountRate>
		<tranSales:shippingCost>9.95</tranSales:shippingCost>
		<tranSales:itemList><tranSales:item><tranSales:item internalId="57"/><tranSales:quantity>2</tranSales:quantity>
		<tranSales:price internalId="-1"/><tranSales:rate>19.90</tranSales:rate></tranSales:item></tranSales:itemList>
		</platformMsgs:record>`
	deposit1 = `<platformMsgs:record xsi:type="tranCust:CustomerDeposit" externalId="d-1">
		<tranCust:customer externalId="c-1"/><tranCust:salesOrder externalId="o-1"/><tranCust:payment>44.75</tranCust:payment>
		</platformMsgs:record>`
)

// A testbed is a Server behind a real HTTP server.
type testbed struct {
	*Server
	t     *testing.T
	url   string
	nonce atomic.Int64
}

func start(t *testing.T, conf Config) *testbed {
	t.Helper()
	if conf.Credentials == nil {
		conf.Credentials = []Credential{testCredential}
	}
	s, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(s.Handler())
	h.Config.ConnState = s.ConnState
	h.Start()
	t.Cleanup(func() {
		h.CloseClientConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		h.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return &testbed{Server: s, t: t, url: h.URL}
}

func (b *testbed) mode(m Mode) {
	b.t.Helper()
	if err := b.AddMode(m); err != nil {
		b.t.Fatal(err)
	}
}

// passport returns a fresh tokenPassport.
func (b *testbed) passport() string {
	nonce := "nonce" + strconv.FormatInt(b.nonce.Add(1), 10)
	return passportXML(testCredential, nonce, strconv.FormatInt(b.conf.Now().Unix(), 10))
}

func passportXML(c Credential, nonce, timestamp string) string {
	return fmt.Sprintf(`<platformMsgs:tokenPassport><platformCore:account>%s</platformCore:account>
		<platformCore:consumerKey>%s</platformCore:consumerKey><platformCore:token>%s</platformCore:token>
		<platformCore:nonce>%s</platformCore:nonce><platformCore:timestamp>%s</platformCore:timestamp>
		<platformCore:signature algorithm="HMAC-SHA256">%s</platformCore:signature></platformMsgs:tokenPassport>`,
		c.Account, c.ConsumerKey, c.Token, nonce, timestamp, sign(c, nonce, timestamp))
}

const ignoreReadOnly = `<platformMsgs:preferences><platformMsgs:ignoreReadOnlyFields>true</platformMsgs:ignoreReadOnlyFields></platformMsgs:preferences>`

func envelopeXML(version, header, body string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="` + soapNS + `" xmlns:xsi="` + xsiNS + `"`)
	for _, s := range spaces {
		fmt.Fprintf(&b, ` xmlns:%s="%s"`, s.prefix, endpoint(version).namespace(s.prefix))
	}
	b.WriteString(`><soapenv:Header>` + header + `</soapenv:Header><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`)
	return b.String()
}

// An answerXML is an answer, taken apart without the code under test.
type answerXML struct {
	status int
	header http.Header
	raw    []byte
	body   *etree.Element // the one in the Body; nil if this is not SOAP
}

// send posts a message as it is.
func (b *testbed) send(version, action, message string) (answerXML, error) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+"/services/NetSuitePort_"+version, strings.NewReader(message))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if action != "" {
		req.Header.Set("SOAPAction", `"`+action+`"`)
	}
	return b.do(req)
}

func (b *testbed) do(req *http.Request) (answerXML, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answerXML{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	a := answerXML{status: res.StatusCode, header: res.Header, raw: raw}
	doc := etree.NewDocument()
	if doc.ReadFromBytes(raw) == nil && doc.Root() != nil {
		if body := doc.Root().SelectElement("soapenv:Body"); body != nil && len(body.ChildElements()) > 0 {
			a.body = body.ChildElements()[0]
		}
	}
	return a, err
}

// call does an operation over records or references.
func (b *testbed) call(operation string, parts ...string) (answerXML, error) {
	b.t.Helper()
	body := "<platformMsgs:" + operation + ">" + strings.Join(parts, "") + "</platformMsgs:" + operation + ">"
	return b.send("2023_2", operation, envelopeXML("2023_2", b.passport(), body))
}

// upsert does an upsertList that must be answered, and returns the answer.
func (b *testbed) upsert(records ...string) answerXML {
	b.t.Helper()
	a, err := b.call("upsertList", records...)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// results are the statuses of an answer: "ok", "ok CODE" with a warning, "CODE"
// of an error, "saved CODE" of one after the record was saved.
func (a answerXML) results() []string {
	var all []string
	if a.body == nil {
		return []string{"not SOAP"}
	}
	if a.body.Tag == "Fault" {
		return []string{"fault " + a.faultCode()}
	}
	for _, r := range append(a.body.FindElements(".//writeResponse"), a.body.FindElements(".//readResponse")...) {
		status := r.SelectElement("platformCore:status")
		var words []string
		if status.SelectAttrValue("isSuccess", "") == "true" {
			words = append(words, "ok")
		}
		for _, d := range status.ChildElements() {
			if d.SelectElement("platformCore:afterSubmitFailed") != nil {
				words = append(words, "saved")
			}
			words = append(words, d.SelectElement("platformCore:code").Text())
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

// names are the externalIds of an answer's baseRefs, in their order.
func (a answerXML) names() []string {
	var all []string
	for _, r := range a.body.FindElements(".//baseRef") {
		all = append(all, r.SelectAttrValue("externalId", ""))
	}
	return all
}

// faultCode is the vendor's code of a fault, or its faultstring.
func (a answerXML) faultCode() string {
	if a.body == nil || a.body.Tag != "Fault" {
		return ""
	}
	if code := a.body.FindElement("./detail/*/platformFaults:code"); code != nil {
		return code.Text()
	}
	return a.body.SelectElement("faultstring").Text()
}

func (a answerXML) message() string {
	if m := a.body.FindElement(".//platformCore:message"); m != nil {
		return m.Text()
	}
	return ""
}

// wantResults fails the test unless an answer has these results.
func wantResults(t *testing.T, a answerXML, want ...string) {
	t.Helper()
	if got := a.results(); strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Fatalf("results %q, want %q\n%s", got, want, a.raw)
	}
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// isCut tells whether an error says that the connection just ended.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func TestUnknownPortIsNotFound(t *testing.T) {
	b := start(t, Config{})
	for _, c := range []struct {
		method, path, contentType string
		want                      int
	}{
		{http.MethodPost, "/services/NetSuitePort_23_2", "text/xml", http.StatusNotFound},
		{http.MethodPost, "/services/Other", "text/xml", http.StatusNotFound},
		{http.MethodGet, "/services/NetSuitePort_2023_2", "text/xml", http.StatusMethodNotAllowed},
		{http.MethodPost, "/services/NetSuitePort_2023_2", "application/soap+xml", http.StatusUnsupportedMediaType},
		{http.MethodPost, "/services/NetSuitePort_2023_2", "", http.StatusUnsupportedMediaType},
	} {
		req, err := http.NewRequest(c.method, b.url+c.path, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", c.contentType)
		a, err := b.do(req)
		if err != nil || a.status != c.want {
			t.Errorf("%s %s as %q: status %d, error %v, want %d", c.method, c.path, c.contentType, a.status, err, c.want)
		}
	}
}

func TestAClosedServerAnswersUnavailable(t *testing.T) {
	b := start(t, Config{})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := b.call("getServerTime")
	if err != nil || a.status != http.StatusServiceUnavailable {
		t.Fatalf("status %d, error %v", a.status, err)
	}
	if err := b.Reset(); err == nil {
		t.Fatal("a closed server was reset")
	}
}
