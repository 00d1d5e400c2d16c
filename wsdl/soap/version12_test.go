package soap

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hakooi/erpbridge"
)

func envelope12(body string) string {
	return `<e:Envelope xmlns:e="` + Namespace12 + `"><e:Body>` + body + `</e:Body></e:Envelope>`
}

func TestCallInVersion12(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{
			"Content-Type": `application/soap+xml; charset=utf-8; action="urn:do"`,
			"Accept":       "application/soap+xml",
			"Soapaction":   "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		_, _ = io.WriteString(w, envelope12(`<r xmlns="urn:m">ok</r>`))
	}))
	defer srv.Close()
	a, err := client(t, Options{URL: srv.URL, Version12: true}).Call(t.Context(), "urn:do", []byte("<e/>"))
	if err != nil {
		t.Fatal(err)
	}
	if !Is(a.Content, "urn:m", "r") || Text(a.Content) != "ok" {
		t.Errorf("%+v", a)
	}
}

// What the other version says was not said to this request.
func TestVersionsDoNotMix(t *testing.T) {
	for name, c := range map[string]struct {
		version12 bool
		answer    string
		want      string
	}{
		"1.1 to 1.2":              {true, envelope(`<r/>`), "it is a SOAP 1.1 message, the request was SOAP 1.2"},
		"1.1 Fault to 1.2":        {true, envelope(`<s:Fault><faultcode>s:VersionMismatch</faultcode></s:Fault>`), "it is a SOAP 1.1 message"},
		"1.2 to 1.1":              {false, envelope12(`<r/>`), "it is a SOAP 1.2 message, the request was SOAP 1.1"},
		"1.2 Fault to 1.1":        {false, envelope12(`<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code></e:Fault>`), "it is a SOAP 1.2 message"},
		"neither":                 {true, `<Envelope xmlns="urn:x"><Body/></Envelope>`, "the Envelope is in the namespace"},
		"a Body of 1.1 in 1.2":    {true, `<e:Envelope xmlns:e="` + Namespace12 + `"><b:Body xmlns:b="` + Namespace + `"/></e:Envelope>`, "out of place"},
		"a Fault that is silent":  {true, envelope12(`<e:Fault/>`), "says nothing"},
		"a Fault with two Codes":  {true, envelope12(`<e:Fault><e:Code/><e:Code/></e:Fault>`), "a Fault with two"},
		"a Code with two Subcode": {true, envelope12(`<e:Fault><e:Code><e:Subcode/><e:Subcode/></e:Code></e:Fault>`), "a Code with two"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(answering(500, c.answer))
			defer srv.Close()
			err := call(t.Context(), t, Options{URL: srv.URL, Version12: c.version12})
			wantKind(t, erpbridge.InDoubt, err)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

func TestParseFault12(t *testing.T) {
	e, err := ParseEnvelope12([]byte(envelope12(`<e:Fault>
		<e:Code><e:Value>e:Receiver</e:Value><e:Subcode><e:Value>n:Busy</e:Value><e:Subcode><e:Value>n:Locked</e:Value></e:Subcode></e:Subcode></e:Code>
		<e:Reason><e:Text xml:lang="de">gesperrt</e:Text><e:Text xml:lang="en-US">locked</e:Text></e:Reason>
		<e:Node>http://n.example/</e:Node><e:Role>urn:role</e:Role>
		<e:Detail><l:lock xmlns:l="urn:l"><l:code>7</l:code><l:message>by another call</l:message></l:lock></e:Detail>
		<Reason>of nobody</Reason>
	</e:Fault>`)), "")
	if err != nil {
		t.Fatal(err)
	}
	want := &Fault{
		Code: "e:Receiver", Subcode: "n:Locked", String: "locked", Actor: "urn:role",
		DetailName: "lock", DetailCode: "7", DetailMessage: "by another call",
	}
	if diff := cmp.Diff(want, e.Fault, cmpopts.IgnoreFields(Fault{}, "Detail")); diff != "" {
		t.Error(diff)
	}
	if e.Fault.Detail == nil {
		t.Error("the Detail is gone")
	}
}

func TestParseFault12TakesTheFirstTextWithoutAnEnglishOne(t *testing.T) {
	e, err := ParseEnvelope12([]byte(envelope12(`<e:Fault><e:Reason><e:Text xml:lang="de">eins</e:Text><e:Text xml:lang="fr">deux</e:Text></e:Reason></e:Fault>`)), "")
	if err != nil {
		t.Fatal(err)
	}
	if e.Fault.String != "eins" {
		t.Errorf("%+v", e.Fault)
	}
}

func TestParseFaultActor(t *testing.T) {
	e, err := ParseEnvelope([]byte(envelope(`<s:Fault><faultcode>s:Server</faultcode><faultactor>urn:a</faultactor></s:Fault>`)), "")
	if err != nil {
		t.Fatal(err)
	}
	if e.Fault.Actor != "urn:a" {
		t.Errorf("%+v", e.Fault)
	}
}
