package netsuite

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

func TestDeliverIsOneSignedRequest(t *testing.T) {
	var requests []*soap.Envelope
	url := serveBy(t, func(w http.ResponseWriter, request []byte) {
		env, err := soap.ParseEnvelope(request, "")
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, env)
		takeAll(w, request)
	})
	e := at(t, url, "")
	docs := append(translate(t, e, placed()), translate(t, e, withoutCustomer())...)
	results := e.Deliver(t.Context(), docs)
	if len(requests) != 1 || len(results) != len(docs) {
		t.Fatalf("%d requests, %d results", len(requests), len(results))
	}
	var sent []string
	for _, r := range requests[0].Content.ChildElements() {
		if !soap.Is(r, ns2023.messages, "record") {
			t.Errorf("a %s in the list", r.FullTag())
		}
		sent = append(sent, xsiType(r)+" "+attr(r, "externalId"))
	}
	want := []string{
		"listRel:Customer shop-eu-customer-7001", "tranSales:SalesOrder shop-eu-order-5001", "tranCust:CustomerDeposit shop-eu-deposit-5001",
		"tranSales:SalesOrder shop-eu-order-5007", "tranCust:CustomerDeposit shop-eu-deposit-5007",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Error(diff)
	}
	for i, r := range results {
		if r.Err != nil || r.Receipt.Ref != fmt.Sprint(100+i) || r.Receipt.Warning != "" || !strings.Contains(string(r.Receipt.Raw), r.Receipt.Ref) {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	var header []string
	for _, el := range requests[0].Header.FindElements(".//*") {
		header = append(header, el.Tag+" "+soap.Text(el))
	}
	wantHeader := []string{
		"tokenPassport ", "account 1234567_SB1", "consumerKey consumer-key-canary", "token token-canary",
		"nonce 6obMKq0tmY8ylVOdEkA1", "timestamp 1439829974", "signature " + e.conf.sign("6obMKq0tmY8ylVOdEkA1", "1439829974"),
		"preferences ", "warningAsError false", "ignoreReadOnlyFields true",
	}
	slices.Sort(header) // FindElements goes level by level
	slices.Sort(wantHeader)
	if diff := cmp.Diff(wantHeader, header); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentsHoldNothingSigned(t *testing.T) {
	for _, d := range translate(t, open(t, ""), everything()) {
		for _, word := range []string{"canary", "tokenPassport", "signature", "nonce"} {
			if strings.Contains(string(d.Body), word) {
				t.Errorf("%s in a %s", word, d.Kind)
			}
		}
	}
}

func TestEveryAttemptIsSignedAnew(t *testing.T) {
	nonces := map[string]bool{}
	url := serveBy(t, func(w http.ResponseWriter, request []byte) {
		env, err := soap.ParseEnvelope(request, "")
		if err != nil {
			t.Error(err)
			return
		}
		nonce := env.Header.FindElement(".//nonce").Text()
		if len(nonce) < 6 || len(nonce) > 64 || strings.Trim(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("nonce %q", nonce)
		}
		nonces[nonce] = true
		takeAll(w, request)
	})
	e := open(t, "url: "+url)
	docs := translate(t, e, placed())
	for range 5 {
		e.Deliver(t.Context(), docs)
	}
	if len(nonces) != 5 {
		t.Errorf("%d nonces for 5 attempts", len(nonces))
	}
}

// What each answer means for the two records it is about.
func TestDeliverReadsAnswers(t *testing.T) {
	const first, second = "shop-eu-customer-7001", "shop-eu-order-5001"
	ok1, ok2 := saved("1", first), saved("2", second)
	userError := detail("USER_ERROR", "Please enter value(s) for: Item")
	afterSubmit := func(element string) string {
		return `<writeResponse><c:status isSuccess="false"><c:statusDetail type="ERROR"><c:code>USER_ERROR</c:code><c:message>script</c:message><c:` + element + `>true</c:` + element + `></c:statusDetail></c:status>` +
			`<baseRef internalId="1" externalId="` + first + `"/></writeResponse>`
	}
	for name, c := range map[string]struct {
		answer string
		want   string // kinds of both results; - is delivered
	}{
		"both saved":                      {upserted(ok1, ok2), "- -"},
		"leading status":                  {upserted(`<c:status isSuccess="true"/>`, ok1, ok2), "- -"},
		"isSuccess is 1":                  {upserted(strings.Replace(ok1, `"true"`, `" 1 "`, 1), ok2), "- -"},
		"externalId in another case":      {upserted(saved("1", strings.ToUpper(first)), ok2), "- -"},
		"no externalId":                   {upserted(saved("1", ""), saved("2", "")), "- -"},
		"one failed":                      {upserted(ok1, failedWith(second, userError)), "- invalid"},
		"the first failed":                {upserted(failedWith(first, userError), failedWith(second, detail("INVALID_KEY_OR_REF", "Invalid entity reference key"))), "invalid missing"},
		"unknown code":                    {upserted(ok1, failedWith(second, detail("SOMETHING_NEW", "x"))), "- invalid"},
		"no code":                         {upserted(ok1, failedWith(second)), "- unknown"},
		"blocked":                         {upserted(ok1, failedWith(second, detail("WS_REQUEST_BLOCKED", "x"))), "- throttled"},
		"the worst of several decides":    {upserted(ok1, failedWith(second, detail("RCRD_HAS_BEEN_CHANGED", "x"), detail("USER_ERROR", "y"), detail("INVALID_KEY_OR_REF", "z"))), "- invalid"},
		"failed without a baseRef":        {upserted(ok1, `<writeResponse><c:status isSuccess="false">`+userError+`</c:status></writeResponse>`), "- invalid"},
		"duplicate customer":              {upserted(failedWith(first, detail("DUP_ENTITY", "A customer record with this name already exists.")), ok2), "invalid -"},
		"saved, a script failed after":    {upserted(afterSubmit("afterSubmitFailed"), ok2), "- -"},
		"the same, by its older name":     {upserted(afterSubmit("aftersubmitFailed"), ok2), "- -"},
		"the same, without an id":         {upserted(strings.Replace(afterSubmit("afterSubmitFailed"), `internalId="1"`, "", 1), ok2), "in-doubt -"},
		"warning":                         {upserted(strings.Replace(ok1, "/>", `><c:statusDetail type="WARN"><c:code>WARNING</c:code><c:message>no zip</c:message></c:statusDetail></c:status>`, 1), ok2), "- -"},
		"success with an error":           {upserted(strings.Replace(ok1, "/>", `>`+userError+`</c:status>`, 1), ok2), "in-doubt -"},
		"success without an id":           {upserted(saved("", first), ok2), "in-doubt -"},
		"success with a blank id":         {upserted(saved(" ", first), ok2), "in-doubt -"},
		"success with nought for an id":   {upserted(saved("0", first), ok2), "in-doubt -"},
		"success with a system's id":      {upserted(saved("-1", first), ok2), "in-doubt -"},
		"success with words for an id":    {upserted(saved("null", first), ok2), "in-doubt -"},
		"an id with nought before it":     {upserted(saved("0012", first), ok2), "- -"},
		"nameless, and of another type":   {upserted(strings.Replace(saved("1", ""), `type="x"`, `type="salesOrder"`, 1), ok2), "in-doubt in-doubt"},
		"nameless, and of its type":       {upserted(strings.Replace(saved("1", ""), `type="x"`, `type="customer"`, 1), ok2), "- -"},
		"saved, in a list that failed":    {upserted(`<c:status isSuccess="false">`+userError+`</c:status>`, ok1, failedWith(second, userError)), "in-doubt invalid"},
		"a list with no word on itself":   {upserted(`<c:status/>`, ok1, ok2), "in-doubt in-doubt"},
		"success without a baseRef":       {upserted(`<writeResponse><c:status isSuccess="true"/></writeResponse>`, ok2), "in-doubt -"},
		"no isSuccess":                    {upserted(strings.Replace(ok1, ` isSuccess="true"`, "", 1), ok2), "in-doubt -"},
		"isSuccess is maybe":              {upserted(strings.Replace(ok1, `"true"`, `"maybe"`, 1), ok2), "in-doubt -"},
		"no status":                       {upserted(strings.Replace(ok1, `<c:status isSuccess="true"/>`, "", 1), ok2), "in-doubt -"},
		"two statuses":                    {upserted(strings.Replace(ok1, `<c:status`, `<c:status isSuccess="false"/><c:status`, 1), ok2), "in-doubt in-doubt"},
		"the other way round":             {upserted(ok2, ok1), "in-doubt in-doubt"},
		"somebody else's":                 {upserted(saved("1", "ORD-7777"), ok2), "in-doubt in-doubt"},
		"one missing":                     {upserted(ok1), "- in-doubt"},
		"one missing, the other nameless": {upserted(saved("1", "")), "in-doubt in-doubt"},
		"the first missing":               {upserted(ok2), "in-doubt in-doubt"},
		"one too many":                    {upserted(ok1, ok2, ok2), "in-doubt in-doubt"},
		"none":                            {upserted(), "in-doubt in-doubt"},
		"none, and why":                   {upserted(`<c:status isSuccess="false">` + userError + `</c:status>`), "in-doubt in-doubt"},
		"one twice":                       {upserted(ok1, ok1), "in-doubt in-doubt"},
		"no list":                         {envelopeOf(`<upsertListResponse xmlns="` + ns2023.messages + `"/>`), "in-doubt in-doubt"},
		"two lists":                       {strings.Replace(upserted(ok1, ok2), "</writeResponseList>", "</writeResponseList><writeResponseList/>", 1), "in-doubt in-doubt"},
		"another answer":                  {envelopeOf(`<addListResponse xmlns="` + ns2023.messages + `"/>`), "in-doubt in-doubt"},
		"an asynchronous answer":          {envelopeOf(`<asyncUpsertListResponse xmlns="` + ns2023.messages + `"/>`), "in-doubt in-doubt"},
		"an empty Body":                   {envelopeOf(""), "in-doubt in-doubt"},
		"another version's namespace":     {strings.ReplaceAll(upserted(ok1, ok2), "_2023_2", "_2019_1"), "in-doubt in-doubt"},
		"a status of another namespace":   {strings.Replace(upserted(ok1, ok2), ns2023.core, "urn:x", 1), "in-doubt in-doubt"},
		"nothing at all":                  {"", "in-doubt in-doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, serve(t, 200, c.answer), "")
			var kinds []string
			results := e.Deliver(t.Context(), translate(t, e, placed())[:2])
			for _, r := range results {
				kind := string(erpbridge.KindOf(r.Err))
				if r.Err == nil {
					kind = "-"
				}
				if (r.Err == nil) != (r.Receipt.Ref != "") {
					t.Errorf("a reference and an error, or neither: %+v", r)
				}
				kinds = append(kinds, kind)
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("got %s, want %s: %v, %v", got, c.want, results[0].Err, results[1].Err)
			}
		})
	}
}

// In a batch of the same kind an internal id belongs to one record only.
func TestOneInternalIDForTwoRecords(t *testing.T) {
	e := at(t, serve(t, 200, upserted(saved("1", "shop-eu-order-5001"), saved("1", "shop-eu-order-5002"))), "")
	docs := []erpbridge.Document{translate(t, e, placed())[1], translate(t, e, taxIncluded())[1]}
	for _, r := range e.Deliver(t.Context(), docs) {
		wantKind(t, erpbridge.InDoubt, r.Err)
	}
}

func TestWarningsAreKept(t *testing.T) {
	answer := upserted(`<writeResponse><c:status isSuccess="false"><c:statusDetail><c:code>USER_ERROR</c:code><c:message>script failed</c:message>` +
		`<c:afterSubmitFailed>true</c:afterSubmitFailed></c:statusDetail></c:status><baseRef internalId="68"/></writeResponse>`)
	e := at(t, serve(t, 200, answer), "")
	got := e.Deliver(t.Context(), translate(t, e, placed())[:1])[0]
	if got.Err != nil || got.Receipt.Ref != "68" || got.Receipt.Warning != "script failed" {
		t.Errorf("%+v", got)
	}
}

func TestReasonsTellNoSecrets(t *testing.T) {
	text := "bad token token-secret-canary and consumer-secret-canary&#13;&#10;Bcc: x@example.org " + strings.Repeat("x", 5000)
	for name, url := range map[string]string{
		"fault":  serve(t, 500, faulted("unexpectedErrorFault", "UNEXPECTED_ERROR", text)),
		"record": serve(t, 200, upserted(failedWith("shop-eu-customer-7001", detail("token-canary", text)))),
		"other":  serve(t, 200, upserted(saved("1", text))),
		"page":   serve(t, 302, text),
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, url, "")
			r := e.Deliver(t.Context(), translate(t, e, placed())[:1])[0]
			if r.Err == nil {
				t.Fatal("no error")
			}
			said := r.Err.Error() + string(r.Receipt.Raw) + r.Receipt.Warning
			if strings.Contains(said, "canary") {
				t.Errorf("a secret in %q", said)
			}
			if reason := r.Err.Error(); len(reason) > 2<<10 || strings.ContainsAny(reason, "\r\n\x1b") {
				t.Errorf("%d bytes: %.200q", len(reason), reason)
			}
		})
	}
}

func TestDeliverLeavesOutWhatIsNoDocument(t *testing.T) {
	e := at(t, serveBy(t, takeAll), "")
	docs := translate(t, e, placed())
	docs[0].Body = []byte("<nonsense/>")
	docs = append(docs, translate(t, open(t, "version: 2019_1"), placed())...)
	var kinds []string
	for _, r := range e.Deliver(t.Context(), docs) {
		kinds = append(kinds, string(erpbridge.KindOf(r.Err)))
	}
	if got := fmt.Sprintf("%q", kinds); got != `["invalid" "" "" "invalid" "invalid" "invalid"]` {
		t.Error(got)
	}
}

func TestDeliverKeepsForeignDeclarations(t *testing.T) {
	var sent *etree.Element
	e := at(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
		env, err := soap.ParseEnvelope(request, "")
		if err != nil {
			t.Error(err)
			return
		}
		sent = env.Content.ChildElements()[0]
		takeAll(w, request)
	}), "")
	docs := translate(t, e, placed())[1:2]
	docs[0].Body = []byte(strings.NewReplacer("tranSales:", "s:", "xmlns:tranSales", "xmlns:s").Replace(string(docs[0].Body)))
	if r := e.Deliver(t.Context(), docs)[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	if entity := sent.SelectElement("entity"); !soap.Is(entity, ns2023.sales, "entity") {
		t.Error("a prefix lost its namespace on the way")
	}
}

func TestDeliverBatch(t *testing.T) {
	var requests atomic.Int32
	e := at(t, serveBy(t, func(w http.ResponseWriter, request []byte) {
		requests.Add(1)
		takeAll(w, request)
	}), "")
	one := translate(t, e, placed())[0]
	for _, r := range e.Deliver(t.Context(), slices.Repeat([]erpbridge.Document{one}, MaxBatch+1)) {
		wantKind(t, erpbridge.Refused, r.Err)
	}
	if requests.Load() != 0 {
		t.Error("a batch too large was sent")
	}
	// The same record twice is two states of it, one after the other.
	for i, r := range e.Deliver(t.Context(), slices.Repeat([]erpbridge.Document{one}, MaxBatch)) {
		if r.Err != nil {
			t.Fatalf("%d: %v", i, r.Err)
		}
	}
}

func TestFaultsAreForAll(t *testing.T) {
	e := at(t, serve(t, 500, faulted("exceededConcurrentRequestLimitFault", "WS_REQUEST_BLOCKED", "Request blocked.")), "")
	for _, r := range e.Deliver(t.Context(), translate(t, e, placed())) {
		var got *erpbridge.Error
		if !errors.As(r.Err, &got) || got.Kind != erpbridge.Throttled || got.Code != "WS_REQUEST_BLOCKED" || got.Op != "netsuite.Deliver" {
			t.Errorf("%#v", r.Err)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	const first, second = "shop-eu-customer-7001", "shop-eu-order-5001"
	f.Add(upserted(saved("1", first), saved("2", second)))
	f.Add(upserted(saved("1", first), failedWith(second, detail("USER_ERROR", "x"))))
	f.Add(upserted(saved("1", first)))
	f.Add(faulted("x", "y", "z"))
	f.Add(envelopeOf(""))
	e := open(f, "")
	sent := []lifted{{kind: customer, externalID: first}, {kind: salesOrder, externalID: second}}
	f.Fuzz(func(t *testing.T, answer string) {
		env, err := soap.ParseEnvelope([]byte(answer), "")
		if err != nil || env.Content == nil || env.Fault != nil {
			return
		}
		results := e.readWrites(env.Content, upsertList, sent)
		if len(results) != len(sent) {
			t.Fatalf("%d results for %d records", len(results), len(sent))
		}
		for _, r := range results {
			if r.Err == nil && (r.Receipt.Ref == "" || !strings.Contains(answer, "isSuccess")) {
				t.Errorf("delivered by %q", answer)
			}
		}
	})
}
