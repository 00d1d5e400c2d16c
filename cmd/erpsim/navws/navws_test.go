package navws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// company starts a simulated company; the function calls its page services.
func company(t *testing.T, conf Config) (*Server, func(service, operation, inside string) (int, string)) {
	t.Helper()
	sim, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return sim, func(service, operation, inside string) (int, string) {
		t.Helper()
		return call(t, srv.URL, service, operation, inside)
	}
}

func call(t *testing.T, base, service, operation, inside string) (int, string) {
	t.Helper()
	body := `<s:Envelope xmlns:s="` + nsSOAP + `"><s:Body><` + operation + ` xmlns="` + namespace(service) + `">` + inside + `</` + operation + `></s:Body></s:Envelope>`
	return post(t, base+"/BC/WS/CRONUS/Page/"+service, namespace(service)+":"+operation, body)
}

func post(t *testing.T, to, action, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `"`+action+`"`)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func order(ref string) string {
	return "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><External_Document_No>" + ref + "</External_Document_No><SalesLines>" +
		"<Sales_Order_Line><Type>Item</Type><No>1</No><Quantity>3</Quantity><Unit_Price>29.99667</Unit_Price><Line_Discount_Amount>1</Line_Discount_Amount></Sales_Order_Line>" +
		"</SalesLines></SalesOrder>"
}

func find(ref string) string {
	return "<filter><Field>External_Document_No</Field><Criteria>'" + ref + "'</Criteria></filter><setSize>3</setSize>"
}

func TestOrdersAreReckonedAndFound(t *testing.T) {
	sim, do := company(t, Config{})
	status, body := do("SalesOrder", "Create", order("a-1"))
	if status != 200 || !strings.Contains(body, "<No>S-ORD000001</No>") || !strings.Contains(body, "<Line_Amount>88.99</Line_Amount>") {
		t.Fatalf("HTTP %d: %s", status, body)
	}
	if r := sim.Records("SalesOrder"); r[0].Total != "88.99" || r[0].Reference != "A-1" {
		t.Errorf("%+v", r)
	}
	if _, body := do("SalesOrder", "ReadMultiple", find("a-1")); strings.Count(body, "<SalesOrder>") != 1 {
		t.Error(body)
	}
	if _, body := do("SalesOrder", "ReadMultiple", find("b")); strings.Contains(body, "<SalesOrder>") {
		t.Error(body)
	}
	// Nothing keeps a second one from being created.
	do("SalesOrder", "Create", order("a-1"))
	if st := sim.State(); st.Duplicates != 1 || st.Orders != 2 {
		t.Errorf("%+v", st)
	}
	if !sim.Post("S-ORD000001") {
		t.Error("it is not there")
	}
	if _, body := do("PostedSalesInvoice", "ReadMultiple", find("A-1")); !strings.Contains(body, "<Order_No>S-ORD000001</Order_No>") {
		t.Error(body)
	}
}

func TestListsAreAllOrNothing(t *testing.T) {
	sim, do := company(t, Config{Items: []string{"1"}})
	bad := strings.Replace(order("b"), "<No>1</No>", "<No>2</No>", 1)
	status, body := do("SalesOrder", "CreateMultiple", "<SalesOrder_List>"+order("a")+bad+"</SalesOrder_List>")
	if status != 500 || !strings.Contains(body, "NavCSideValidateTableRelationException") || len(sim.Records("")) != 0 {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, _ := do("SalesOrder", "CreateMultiple", "<SalesOrder_List>"+order("a")+order("c")+"</SalesOrder_List>"); status != 200 || len(sim.Records("")) != 2 {
		t.Errorf("HTTP %d", status)
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	sim, do := company(t, Config{Customers: []string{"10"}})
	for _, c := range []struct{ page, operation, inside, want string }{
		{"SalesOrder", "Create", "<SalesOrder><External_Document_No>1</External_Document_No><Sell_to_Customer_No>10</Sell_to_Customer_No></SalesOrder>", "not expected here"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>11</Sell_to_Customer_No></SalesOrder>", "cannot be found in the related table"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Order_Date>20.11.2026</Order_Date></SalesOrder>", "is no date"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Status>Closed</Status></SalesOrder>", "is no Status"},
		{"SalesOrder", "Create", "<SalesOrder></SalesOrder>", "NavTestFieldException"},
		{"SalesOrder", "Create", "", "is null"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><External_Document_No>" + strings.Repeat("x", 36) + "</External_Document_No></SalesOrder>", "The length of the string is 36"},
		{"SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Currency_Code>EUR</Currency_Code></SalesOrder>", "Currency"},
		{"SalesOrder", "Create", strings.Replace(order("a"), "29.99667", "29,99", 1), "is no decimal"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>Total</Field><Criteria>1</Criteria></filter><setSize>1</setSize>", "is not a valid value"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>1*</Criteria></filter><setSize>1</setSize>", "NavFilterException"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>'1</Criteria></filter><setSize>1</setSize>", "NavFilterException"},
		{"SalesOrder", "ReadMultiple", "<filter><Field>No</Field><Criteria>1</Criteria></filter>", "setSize"},
		{"SalesOrder", "Post", "", "ActionNotSupported"},
		{"PostedSalesInvoice", "Create", "", "ActionNotSupported"},
		{"Customer", "Create", "<Customer><Name>A</Name></Customer>", "No. must have a value"},
	} {
		if status, body := do(c.page, c.operation, c.inside); status != 500 || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: HTTP %d: %s; want %s", c.operation, c.inside, status, body, c.want)
		}
	}
	if st := sim.State(); st.Creates != 0 || st.Faults != 16 {
		t.Errorf("%+v", st)
	}
	// What the page does not know is dropped without a word.
	if status, _ := do("SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>10</Sell_to_Customer_No><Nonsense>1</Nonsense></SalesOrder>"); status != 200 || sim.State().DroppedFields != 1 {
		t.Errorf("HTTP %d, %+v", status, sim.State())
	}
}

func TestKeysAreGoodForOneChange(t *testing.T) {
	sim, do := company(t, Config{Language: "de-DE"})
	do("Customer", "Create", "<Customer><No>a</No><Name>A</Name></Customer>")
	if status, body := do("Customer", "Create", "<Customer><No>A</No></Customer>"); status != 500 || !strings.Contains(body, "ist bereits vorhanden") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	key := func() string {
		_, body := do("Customer", "Read", "<No>A</No>")
		_, rest, _ := strings.Cut(body, "<Key>")
		k, _, _ := strings.Cut(rest, "</Key>")
		return k
	}
	first := key()
	change := func(k, name string) (int, string) {
		return do("Customer", "Update", "<Customer><Key>"+k+"</Key><Name>"+name+"</Name></Customer>")
	}
	if status, body := change(first, "B"); status != 200 || !strings.Contains(body, "<Name>B</Name>") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, body := change(first, "C"); status != 500 || !strings.Contains(body, "Ein anderer Benutzer hat") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, _ := do("Customer", "Delete", "<Key>"+first+"</Key>"); status != 500 {
		t.Errorf("HTTP %d", status)
	}
	if status, body := do("Customer", "Delete", "<Key>"+key()+"</Key>"); status != 200 || !strings.Contains(body, "<Delete_Result>true</Delete_Result>") || len(sim.Records("")) != 0 {
		t.Errorf("HTTP %d: %s", status, body)
	}
}

func TestShippedAndReleasedOrdersStay(t *testing.T) {
	sim, do := company(t, Config{})
	do("SalesOrder", "Create", order("a"))
	key := func() string { return sim.records["SalesOrder"][0].key() }
	sim.Change("SalesOrder", "S-ORD000001", map[string]string{".Quantity_Shipped": "1"})
	if status, body := do("SalesOrder", "Delete", "<Key>"+key()+"</Key>"); status != 500 || !strings.Contains(body, "shipment") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	sim.Change("SalesOrder", "S-ORD000001", map[string]string{"Status": "Released"})
	if status, body := do("SalesOrder", "Update", "<SalesOrder><Key>"+key()+"</Key></SalesOrder>"); status != 500 || !strings.Contains(body, "Status must be equal to &#39;Open&#39;") {
		t.Errorf("HTTP %d: %s", status, body)
	}
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode           Mode
		status, orders int
		want           string
	}{
		{Mode{Kind: RefuseCredentials}, 401, 0, "Access is denied"},
		{Mode{Kind: Unavailable}, 503, 0, ""},
		{Mode{Kind: Throttle}, 429, 0, ""},
		{Mode{Kind: Fault, Exception: "X", Text: "no & no"}, 500, 0, "no &amp; no"},
		{Mode{Kind: Locked}, 500, 0, "deadlocked"},
		{Mode{Kind: Slow, Delay: time.Millisecond}, 200, 1, "<No>"},
		{Mode{Kind: DropBeforeEffect}, 0, 0, ""},
		{Mode{Kind: EffectThenDrop}, 0, 1, ""},
		{Mode{Kind: EffectThenFault}, 500, 1, "A transaction must be started"},
		{Mode{Kind: HeaderOnly}, 200, 1, "<No>"},
		{Mode{Kind: HeaderThenFault}, 500, 1, "A transaction"},
		{Mode{Kind: Partial}, 500, 1, "A transaction"},
		{Mode{Kind: Malformed, Answer: AnswerHTML}, 200, 1, "<html>"},
		{Mode{Kind: Malformed, Answer: AnswerEmpty}, 202, 1, ""},
		{Mode{Kind: Malformed, Answer: AnswerTruncated}, 200, 1, "Create_Result"},
		{Mode{Kind: Malformed, Answer: AnswerOther}, 200, 1, "_Nr>"},
		{Mode{Kind: Malformed, Answer: AnswerFewer}, 200, 1, "Create_Result"},
		{Mode{Kind: Malformed, Answer: AnswerNoNumber}, 200, 1, "<Nr>"},
		{Mode{Kind: Throttle, Match: Match{Reference: "^z$"}}, 200, 1, "<No>"},
		{Mode{Kind: Throttle, Match: Match{Page: "Customer"}}, 200, 1, "<No>"},
	} {
		sim, do := company(t, Config{})
		c.mode.Count = 1
		if err := sim.AddMode(c.mode); err != nil {
			t.Fatal(err)
		}
		status, body := do("SalesOrder", "Create", order("a"))
		if status != c.status || status != 0 && !strings.Contains(body, c.want) || sim.State().Orders != c.orders {
			t.Errorf("%s %s: HTTP %d with %d orders: %s", c.mode.Kind, c.mode.Answer, status, sim.State().Orders, body)
		}
		header := c.mode.Kind == HeaderOnly || c.mode.Kind == HeaderThenFault
		if rs := sim.Records("SalesOrder"); len(rs) > 0 && (len(rs[0].Lines) == 0) != header {
			t.Errorf("%s: %d lines", c.mode.Kind, len(rs[0].Lines))
		}
		if status, _ := do("SalesOrder", "Create", order("again")); status != 200 {
			t.Errorf("%s fires twice: HTTP %d", c.mode.Kind, status)
		}
	}
}

func TestLateEffect(t *testing.T) {
	sim, do := company(t, Config{Modes: []Mode{{Kind: LateEffect, Delay: 20 * time.Millisecond}}})
	if status, _ := do("SalesOrder", "Create", order("a")); status != 0 {
		t.Fatalf("HTTP %d", status)
	}
	deadline := time.Now().Add(5 * time.Second)
	for sim.State().LateEffects == 0 {
		if time.Now().After(deadline) {
			t.Fatal("it never took effect")
		}
		time.Sleep(time.Millisecond)
	}
	if sim.State().Orders != 1 {
		t.Errorf("%+v", sim.State())
	}
}

func TestStaleRead(t *testing.T) {
	sim, do := company(t, Config{})
	do("SalesOrder", "Create", order("a"))
	if err := sim.AddMode(Mode{Kind: StaleRead, Count: 1}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1} {
		if _, body := do("SalesOrder", "ReadMultiple", find("a")); strings.Count(body, "<SalesOrder>") != want {
			t.Errorf("read %d: %s", i, body)
		}
	}
}

func TestJournalAndControl(t *testing.T) {
	var journal bytes.Buffer
	sim, err := New(Config{Journal: &journal})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	call(t, srv.URL, "SalesOrder", "Create", order("a"))
	var kinds []EntryKind
	for _, e := range sim.Journal() {
		kinds = append(kinds, e.Kind)
		if e.Request != 1 {
			t.Errorf("%+v", e)
		}
	}
	if fmt.Sprint(kinds) != "[arrival effect answer]" || strings.Count(journal.String(), "\n") != 3 {
		t.Errorf("%v, %s", kinds, journal.String())
	}
	control := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+"/control/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(raw)
	}
	var records []Record
	if _, body := control("GET", "records?reference=A", ""); json.Unmarshal([]byte(body), &records) != nil || len(records) != 1 {
		t.Error(body)
	}
	if status, body := control("POST", "modes", `{"kind":"slow","delay":"1ms"}`); status != 200 || !strings.Contains(body, `"delay": "1ms"`) {
		t.Errorf("HTTP %d: %s", status, body)
	}
	for _, bad := range []string{`{"kind":"no"}`, `{"kind":"slow"}`, `{"kind":"malformed","answer":"x"}`, `{"kind":"throttle","probability":2}`, `{"x":1}`, `{"kind":"throttle","match":{"page":"("}}`} {
		if status, _ := control("POST", "modes", bad); status != 400 {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
	control("DELETE", "modes", "")
	if len(sim.Modes()) != 0 {
		t.Error("there are modes")
	}
	if status, _ := control("POST", "post?no=S-ORD000001", ""); status != 200 {
		t.Errorf("HTTP %d", status)
	}
	if status, _ := control("POST", "post?no=nothing", ""); status != 404 {
		t.Errorf("HTTP %d", status)
	}
	control("POST", "fields?hide=Ship_to_County", "")
	if _, ok := sim.pages["SalesOrder"].field("Ship_to_County"); ok {
		t.Error("it is shown")
	}
	control("POST", "reset", "")
	if st := sim.State(); st.Requests != 0 || len(sim.Records("")) != 0 {
		t.Errorf("%+v", st)
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
}

func TestDoor(t *testing.T) {
	sim, err := New(Config{ClientID: "app", ClientSecret: "s", TokenLife: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	get := func(token string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/BC/WS/CRONUS/Page/SalesOrder", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if get("") != 401 || get("made-up") != 401 {
		t.Error("it lets anybody in")
	}
	token := func(secret string) (int, string) {
		t.Helper()
		resp, err := http.PostForm(srv.URL+"/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, got.Token
	}
	if status, _ := token("wrong"); status != 401 {
		t.Errorf("HTTP %d", status)
	}
	_, good := token("s")
	if get(good) != 200 {
		t.Error("a good token is refused")
	}
	sim.ExpireTokens()
	if get(good) != 401 {
		t.Error("an old token is taken")
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if _, err := New(Config{Language: "tlh"}); err == nil {
		t.Error("it speaks Klingon")
	}
}

func TestNoSuchCompany(t *testing.T) {
	sim, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	for _, path := range []string{"/BC/WS/cronus/Page/SalesOrder", "/BC/WS/CRONUS/Page/Nothing", "/BC/WS/CRONUS/Codeunit/X", "/"} {
		if status, _ := post(t, srv.URL+path, "x", "<a/>"); status != 404 {
			t.Errorf("%s: HTTP %d", path, status)
		}
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
}
