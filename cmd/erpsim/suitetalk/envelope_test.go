package suitetalk

import (
	"net/http"
	"strings"
	"testing"
)

func newRequest(t *testing.T, b *testbed, action, message string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+"/services/NetSuitePort_2023_2", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("SOAPAction", action)
	return req
}

func TestReadEnvelope(t *testing.T) {
	const body = `<soapenv:Body><x/></soapenv:Body>`
	wrap := func(inner string) string {
		return `<soapenv:Envelope xmlns:soapenv="` + soapNS + `">` + inner + `</soapenv:Envelope>`
	}
	for name, c := range map[string]struct {
		raw string
		ok  bool
	}{
		"good":                     {wrap(body), true},
		"with a header":            {wrap(`<soapenv:Header><h/></soapenv:Header>` + body), true},
		"with a declaration":       {`<?xml version="1.0" encoding="utf-8"?>` + wrap(body), true},
		"with a byte order mark":   {"\ufeff" + wrap(body), true},
		"with comments":            {`<!-- a -->` + wrap(`<!-- b -->`+body) + `<!-- c -->`, true},
		"with a line feed":         {wrap(body) + "\n", true},
		"nothing":                  {"", false},
		"no XML":                   {"hello", false},
		"DTD":                      {`<!DOCTYPE x [<!ENTITY a "b">]>` + wrap(body), false},
		"unknown entity":           {wrap(`<soapenv:Body><x>&a;</x></soapenv:Body>`), false},
		"cut":                      {wrap(body)[:60], false},
		"trailing text":            {wrap(body) + "x", false},
		"leading text":             {"x" + wrap(body), false},
		"a second root":            {wrap(body) + `<x/>`, false},
		"two bodies":               {wrap(body + body), false},
		"an empty body":            {wrap(`<soapenv:Body/>`), false},
		"two operations":           {wrap(`<soapenv:Body><x/><x/></soapenv:Body>`), false},
		"text in the body":         {wrap(`<soapenv:Body>t<x/></soapenv:Body>`), false},
		"no body":                  {wrap(`<soapenv:Header/>`), false},
		"the header last":          {wrap(body + `<soapenv:Header/>`), false},
		"two headers":              {wrap(`<soapenv:Header/><soapenv:Header/>` + body), false},
		"a body in the header":     {wrap(`<soapenv:Header>` + body + `</soapenv:Header>`), false},
		"something after the body": {wrap(body + `<x/>`), false},
		"body of no namespace":     {wrap(`<Body><x/></Body>`), false},
		"SOAP 1.2":                 {strings.Replace(wrap(body), soapNS, soap12NS, 1), false},
		"no namespace":             {`<Envelope><Body><x/></Body></Envelope>`, false},
		"ISO-8859-1":               {`<?xml version="1.0" encoding="ISO-8859-1"?>` + wrap(body), false},
		"invalid UTF-8":            {wrap("<soapenv:Body><x>\xff</x></soapenv:Body>"), false},
		"a control character":      {wrap("<soapenv:Body><x>\x01</x></soapenv:Body>"), false},
	} {
		t.Run(name, func(t *testing.T) {
			env, f := readEnvelope([]byte(c.raw))
			if (f == nil) != c.ok {
				t.Fatalf("fault %v", f)
			}
			if c.ok && env.body.Tag != "x" {
				t.Fatalf("body %s", env.body.Tag)
			}
		})
	}
}

// Whatever the SOAP layer refuses is a fault without a vendor's code, answered
// with HTTP 500, with nothing done.
func TestMisunderstoodRequests(t *testing.T) {
	b := start(t, Config{})
	body := func(inner string) string { return envelopeXML("2023_2", b.passport(), inner) }
	for name, c := range map[string]struct{ version, action, message, want string }{
		"DTD":                 {"2023_2", "upsertList", "<!DOCTYPE x>" + body(""), "DOCTYPE is disallowed"},
		"unknown operation":   {"2023_2", "delete", body(`<platformMsgs:delete/>`), "No such operation"},
		"other namespace":     {"2023_2", "upsertList", body(`<x:upsertList xmlns:x="urn:x"/>`), "No such operation"},
		"other version":       {"2024_1", "getServerTime", body(`<platformMsgs:getServerTime/>`), "No such operation"},
		"no SOAPAction":       {"2023_2", "", body(`<platformMsgs:getServerTime/>`), "no SOAPAction header!"},
		"other SOAPAction":    {"2023_2", "upsert", body(`<platformMsgs:getServerTime/>`), "does not name the operation getServerTime"},
		"no records":          {"2023_2", "upsertList", body(`<platformMsgs:upsertList/>`), "upsertList with 0 elements"},
		"two for one":         {"2023_2", "upsert", body(`<platformMsgs:upsert>` + ada + ada + `</platformMsgs:upsert>`), "upsert with 2 elements"},
		"not a record":        {"2023_2", "upsert", body(`<platformMsgs:upsert><platformMsgs:x/></platformMsgs:upsert>`), "unexpected element"},
		"abstract record":     {"2023_2", "upsert", body(`<platformMsgs:upsert><platformMsgs:record/></platformMsgs:upsert>`), "Invalid type"},
		"a type of no prefix": {"2023_2", "upsert", body(`<platformMsgs:upsert><platformMsgs:record xsi:type="x:Customer"/></platformMsgs:upsert>`), "Invalid type"},
		"abstract reference":  {"2023_2", "getList", body(`<platformMsgs:getList><platformMsgs:baseRef internalId="1"/></platformMsgs:getList>`), "abstract"},
		"unsupported version": {"2015_2", "getServerTime", body(`<platformMsgs:getServerTime/>`), "UNSUPPORTED_WS_VERSION"},
		"not yet a version":   {"2026_1", "getServerTime", body(`<platformMsgs:getServerTime/>`), "UNSUPPORTED_WS_VERSION"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := b.send(c.version, c.action, c.message)
			if err != nil {
				t.Fatal(err)
			}
			if a.status != http.StatusInternalServerError || !strings.Contains(a.faultCode(), c.want) {
				t.Fatalf("status %d, want 500 with %q\n%s", a.status, c.want, a.raw)
			}
		})
	}
	if s := b.State(); s.Effects != 0 || s.Arrivals != s.Answers || s.Faults != s.Answers {
		t.Fatalf("%+v", s)
	}
}

func TestAllVersionsAnswerInTheirNamespaces(t *testing.T) {
	b := start(t, Config{})
	for _, v := range []string{"2016_1", "2019_2", "2023_2", "2025_2"} {
		a, err := b.send(v, "upsertList", envelopeXML(v, b.passport(), `<platformMsgs:upsertList>`+ada+`</platformMsgs:upsertList>`))
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, a, "ok")
		if got, want := a.body.NamespaceURI(), "urn:messages_"+v+".platform.webservices.netsuite.com"; got != want {
			t.Errorf("namespace %s, want %s", got, want)
		}
	}
	if r, _ := b.Record("customer", "c-1"); r.Repeated != 3 {
		t.Errorf("the content is the same whatever version it came in, but it was repeated %d times", r.Repeated)
	}
}

func TestTheLargestRequest(t *testing.T) {
	b := start(t, Config{MaxBody: 1000})
	a := b.upsert(ada, order1, deposit1)
	if a.status != http.StatusInternalServerError || a.body.FindElement(".//platformFaults:exceededRequestSizeFault") == nil {
		t.Fatalf("status %d\n%s", a.status, a.raw)
	}
}
