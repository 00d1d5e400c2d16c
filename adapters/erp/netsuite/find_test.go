package netsuite

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

func found(prefix, typ, internalID, externalID, field, text string) string {
	return `<readResponse><c:status isSuccess="true"/><record xsi:type="` + prefix + `:` + typ + `" internalId="` + internalID + `" externalId="` + externalID + `">` +
		`<` + prefix + `:` + field + `>` + text + `</` + prefix + `:` + field + `></record></readResponse>`
}

func TestFindAsksByExternalID(t *testing.T) {
	var asked []string
	e := at(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
		env, err := soap.ParseEnvelope(request, "")
		if err != nil {
			t.Error(err)
			return
		}
		for _, ref := range env.Content.ChildElements() {
			asked = append(asked, xsiType(ref)+" "+attr(ref, "type")+" "+attr(ref, "externalId"))
		}
		absentAll(w, request)
	}), "")
	for _, r := range e.Find(t.Context(), translate(t, e, placed())) {
		wantKind(t, erpbridge.Missing, r.Err)
	}
	want := []string{
		"platformCore:RecordRef customer shop-eu-customer-7001", "platformCore:RecordRef salesOrder shop-eu-order-5001",
		"platformCore:RecordRef customerDeposit shop-eu-deposit-5001",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// A record counts as found if it carries the document's marker.
func TestFindComparesMarkers(t *testing.T) {
	docs := translate(t, open(t, ""), placed())
	mark := func(i int) string { return marker(docs[i].Version.Digest) }
	answer := got(
		found("rel", "Customer", "970", "shop-eu-customer-7001", "comments", "called on Monday\n"+mark(0)+"\nnice"),
		found("sales", "SalesOrder", "971", "shop-eu-order-5001", "memo", marker("0123456789abcdef")),
		found("cust", "CustomerDeposit", "972", "shop-eu-deposit-5001", "memo", mark(2)),
	)
	e := at(t, serve(t, 200, answer), "")
	results := e.Find(t.Context(), docs)
	for i, want := range []erpbridge.Kind{"", erpbridge.Missing, ""} {
		wantKind(t, want, results[i].Err)
	}
	if results[0].Receipt.Ref != "970" || results[2].Receipt.Ref != "972" {
		t.Errorf("%+v", results)
	}
	if !strings.Contains(results[1].Err.Error(), "971") {
		t.Error(results[1].Err)
	}
}

func TestFindTakesNothingForGranted(t *testing.T) {
	doc := translate(t, open(t, ""), placed())[:1]
	m := marker(doc[0].Version.Digest)
	const id = "shop-eu-customer-7001"
	good := found("rel", "Customer", "970", id, "comments", m)
	notFound := func(code string) string {
		return got(`<readResponse><c:status isSuccess="false">` + detail(code, "x") + `</c:status></readResponse>`)
	}
	for name, c := range map[string]struct {
		answer string
		want   erpbridge.Kind
	}{
		"found":                             {got(good), ""},
		"leading status":                    {got(`<c:status isSuccess="true"/>`, good), ""},
		"found, in a list that failed":      {got(`<c:status isSuccess="false">`+detail("RCRD_DSNT_EXIST", "of another")+`</c:status>`, good), ""},
		"a list that failed":                {got(`<c:status isSuccess="false">` + detail("SOMETHING_NEW", "x") + `</c:status>`), erpbridge.Transient},
		"a list that is not there":          {got(`<c:status isSuccess="false">` + detail("RCRD_DSNT_EXIST", "x") + `</c:status>`), erpbridge.Transient},
		"a list that was blocked":           {got(`<c:status isSuccess="false">` + detail("WS_REQUEST_BLOCKED", "x") + `</c:status>`), erpbridge.Throttled},
		"a list that the role may not read": {got(`<c:status isSuccess="false">` + detail("INSUFFICIENT_PERMISSION", "x") + `</c:status>`), erpbridge.Refused},
		"a list with no word on itself":     {got(`<c:status/>`), erpbridge.Transient},
		"nought for an id":                  {got(found("rel", "Customer", "0", id, "comments", m)), erpbridge.Transient},
		"words for an id":                   {got(found("rel", "Customer", "null", id, "comments", m)), erpbridge.Transient},
		"not there":                         {notFound("RCRD_DSNT_EXIST"), erpbridge.Missing},
		"not there, in other words":         {notFound("RCRD_NOT_FOUND"), erpbridge.Missing},
		"no such transaction":               {notFound("TRANS_DOES_NOT_EXIST"), erpbridge.Missing},
		"not allowed":                       {notFound("INSUFFICIENT_PERMISSION"), erpbridge.Unknown},
		"blocked":                           {notFound("WS_REQUEST_BLOCKED"), erpbridge.Throttled},
		"a code that says nothing":          {notFound("SOMETHING_NEW"), erpbridge.Unknown},
		"another field":                     {got(found("rel", "Customer", "970", id, "entityId", m)), erpbridge.Missing},
		"another namespace":                 {got(strings.ReplaceAll(good, "rel:", "sales:")), erpbridge.Missing},
		"no marker":                         {got(found("rel", "Customer", "970", id, "comments", "")), erpbridge.Missing},
		"another record":                    {got(found("rel", "Customer", "970", "other", "comments", m)), erpbridge.Transient},
		"no internal id":                    {got(found("rel", "Customer", " ", id, "comments", m)), erpbridge.Transient},
		"success without a record":          {got(`<readResponse><c:status isSuccess="true"/></readResponse>`), erpbridge.Transient},
		"success with two records":          {got(strings.Replace(good, "</readResponse>", "<record/></readResponse>", 1)), erpbridge.Transient},
		"no isSuccess":                      {got(strings.Replace(good, ` isSuccess="true"`, "", 1)), erpbridge.Transient},
		"one too many":                      {got(good, good), erpbridge.Transient},
		"none":                              {got(), erpbridge.Transient},
		"no list":                           {envelopeOf(`<getListResponse xmlns="` + ns2023.messages + `"/>`), erpbridge.Transient},
		"the answer to an upsert":           {upserted(saved("970", id)), erpbridge.Transient},
		"an empty Body":                     {envelopeOf(""), erpbridge.Transient},
		"a fault nobody knows":              {faulted("newFault", "NEW", "x"), erpbridge.Unknown},
		"a fault about credentials":         {faulted("invalidCredentialsFault", "USER_ERROR", "Ambiguous authentication"), erpbridge.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, serve(t, 200, c.answer), "")
			got := e.Find(t.Context(), doc)[0]
			wantKind(t, c.want, got.Err)
			if (got.Err == nil) != (got.Receipt.Ref == "970") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A "not found" has no name. In an answer whose names are in the wrong places it may
// be anybody's, and to believe it would send what is there a second time.
func TestFindBelievesNoPlaceWhereOneIsWrong(t *testing.T) {
	docs := translate(t, open(t, ""), placed())[:3]
	notFound := `<readResponse><c:status isSuccess="false">` + detail("RCRD_DSNT_EXIST", "x") + `</c:status></readResponse>`
	there := found("rel", "Customer", "970", "shop-eu-customer-7001", "comments", marker(docs[0].Version.Digest))
	e := at(t, serve(t, 200, got(notFound, notFound, there)), "") // the first comes last
	for i, r := range e.Find(t.Context(), docs) {
		if k := erpbridge.KindOf(r.Err); k != erpbridge.Transient {
			t.Errorf("document %d: %v (%s), want it looked up again", i, r.Err, k)
		}
	}
	e = at(t, serve(t, 200, got(there, notFound, notFound)), "")
	results := e.Find(t.Context(), docs)
	wantKind(t, "", results[0].Err)
	wantKind(t, erpbridge.Missing, results[1].Err)
	wantKind(t, erpbridge.Missing, results[2].Err)
}

func TestFindSkipsWhatIsNoDocument(t *testing.T) {
	e := at(t, serveBy(t, absentAll), "")
	docs := translate(t, e, placed())
	docs[1].Body = nil
	results := e.Find(t.Context(), docs)
	for i, want := range []erpbridge.Kind{erpbridge.Missing, erpbridge.Invalid, erpbridge.Missing} {
		wantKind(t, want, results[i].Err)
	}
	if got := e.Find(t.Context(), docs[1:2]); len(got) != 1 {
		t.Error(got)
	}
}

func TestProbe(t *testing.T) {
	failing := strings.Replace(timeAnswer(), `isSuccess="true"/>`, `isSuccess="false">`+detail("INSUFFICIENT_PERMISSION", "no")+`</c:status>`, 1)
	for name, c := range map[string]struct {
		status int
		answer string
		want   erpbridge.Kind
	}{
		"alive":     {200, timeAnswer(), ""},
		"not ours":  {200, failing, erpbridge.Refused},
		"no status": {200, strings.Replace(timeAnswer(), `<c:status isSuccess="true"/>`, "", 1), erpbridge.Transient},
		"no result": {200, envelopeOf(`<getServerTimeResponse xmlns="` + ns2023.messages + `"/>`), erpbridge.Transient},
		"fault":     {500, faulted("unexpectedErrorFault", "UNEXPECTED_ERROR", "x"), erpbridge.Transient},
		"page":      {502, "<html/>", erpbridge.Transient},
		"refused":   {401, "", erpbridge.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			err := at(t, serve(t, c.status, c.answer), "").Probe(t.Context())
			wantKind(t, c.want, err)
			var e *erpbridge.Error
			if err != nil && (!errors.As(err, &e) || e.Op != "netsuite.Probe") {
				t.Errorf("%#v", err)
			}
		})
	}
}

func timeAnswer() string {
	var b strings.Builder
	serverTime(writer{&b}, nil)
	return b.String()
}

// writer is a ResponseWriter that keeps the body.
type writer struct{ io.Writer }

func (writer) Header() http.Header { return http.Header{} }
func (writer) WriteHeader(int)     {}
