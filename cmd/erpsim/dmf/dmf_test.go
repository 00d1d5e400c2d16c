package dmf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A shop is a client of the simulated environment, written without the bridge's code.
type shop struct {
	*testing.T
	sim   *Server
	url   string
	token string
}

const job = "6d31e09f-0249-459f-94f0-3aa9c2c47b64"

func opened(t *testing.T, conf Config) *shop {
	t.Helper()
	conf.Credentials = []Credential{{ClientID: "app", Secret: "secret"}}
	conf.Activities = []string{job}
	sim, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		srv.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &shop{T: t, sim: sim, url: srv.URL}
	s.login()
	return s
}

func (s *shop) login() {
	s.Helper()
	status, body := s.form(url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"secret"}, "scope": {s.url + "/.default"}})
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &out); err != nil || status != http.StatusOK {
		s.Fatalf("HTTP %d %s", status, body)
	}
	s.token = out.Token
}

func (s *shop) form(values url.Values) (int, []byte) {
	s.Helper()
	resp, err := http.PostForm(s.url+"/login/tenant/oauth2/v2.0/token", values)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, body
}

func (s *shop) do(method, path string, body []byte, header ...string) (int, []byte) {
	s.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.url + path
	}
	req, err := http.NewRequestWithContext(s.Context(), method, path, bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if !strings.Contains(path, "/storage/") {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, got
}

// act calls an action and returns its value, or its words if it fails.
func (s *shop) act(name string, parameters map[string]any) (any, string) {
	s.Helper()
	body, err := json.Marshal(parameters)
	if err != nil {
		s.Fatal(err)
	}
	status, got := s.do(http.MethodPost, "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."+name, body)
	if status != http.StatusOK {
		return nil, fmt.Sprintf("%d %s", status, got)
	}
	var out struct {
		Value any `json:"value"`
	}
	if err := json.Unmarshal(got, &out); err != nil {
		s.Fatalf("%s: %s", name, got)
	}
	return out.Value, ""
}

// upload returns the address of a package in blob storage.
func (s *shop) upload(raw []byte) string {
	s.Helper()
	value, bad := s.act("GetAzureWriteUrl", map[string]any{"uniqueFileName": "x"})
	if bad != "" {
		s.Fatal(bad)
	}
	var blob struct{ BlobID, BlobURL string }
	if err := json.Unmarshal([]byte(strings.NewReplacer("BlobId", "BlobID", "BlobUrl", "BlobURL").Replace(value.(string))), &blob); err != nil {
		s.Fatal(err)
	}
	if status, body := s.do(http.MethodPut, blob.BlobURL, raw, "x-ms-blob-type", "BlockBlob"); status != http.StatusCreated {
		s.Fatalf("HTTP %d %s", status, body)
	}
	return blob.BlobURL
}

// bring imports a package and returns the state it ends in, and what is said of it.
func (s *shop) bring(raw []byte, id string) (state, told string) {
	s.Helper()
	if _, bad := s.act("ImportFromPackage", importOf(s.upload(raw), id)); bad != "" {
		return "", bad
	}
	s.sim.Settle()
	value, bad := s.act("GetExecutionSummaryStatus", map[string]any{"executionId": id})
	if bad != "" {
		s.Fatal(bad)
	}
	complaints, bad := s.act("GetExecutionErrors", map[string]any{"executionId": id})
	if bad != "" {
		s.Fatal(bad)
	}
	return value.(string), complaints.(string)
}

func importOf(address, id string) map[string]any {
	return map[string]any{"packageUrl": address, "definitionGroupId": "p", "executionId": id, "execute": true, "overwrite": true, "legalEntityId": "USMF"}
}

// What packages are made of.
const (
	head     = `<DataManagementPackageHeader xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/dynamics/2015/01/DataManagement"><Description>p</Description><ManifestType>M</ManifestType><PackageType>DefinitionGroup</PackageType><PackageVersion>1</PackageVersion></DataManagementPackageHeader>`
	orderXML = `<?xml version="1.0" encoding="utf-8"?><Document><SALESORDERHEADERV2ENTITY><SALESORDERNUMBER>A1</SALESORDERNUMBER><ORDERINGCUSTOMERACCOUNTNUMBER>C</ORDERINGCUSTOMERACCOUNTNUMBER><CURRENCYCODE>USD</CURRENCYCODE></SALESORDERHEADERV2ENTITY></Document>`
)

func TestImportBooksHeaderAndLines(t *testing.T) {
	s := opened(t, Config{})
	if state, told := s.bring(zipOf(t, nil, "L1", "L2"), "e1"); state != "Succeeded" || told != "[]" {
		t.Fatalf("%s %s", state, told)
	}
	orders := s.sim.Orders()
	if len(orders) != 1 || len(orders[0].Lines) != 2 || orders[0].Total() != "20" {
		t.Errorf("%+v", orders)
	}
	// The same once more changes nothing; lines without lot ids are made anew.
	if state, _ := s.bring(zipOf(t, nil, "L1", "L2"), "e2"); state != "Succeeded" {
		t.Error(state)
	}
	if c := s.sim.Counts(); c.Creates != 3 || c.Repeats != 3 || c.Lines != 2 {
		t.Errorf("%+v", c)
	}
	for _, id := range []string{"e3", "e4"} {
		if state, _ := s.bring(zipOf(t, nil, ""), id); state != "Succeeded" {
			t.Error(state)
		}
	}
	if c := s.sim.Counts(); c.Lines != 4 {
		t.Errorf("%d lines", c.Lines)
	}
}

func TestCallsThatAreNoneAreRefused(t *testing.T) {
	s := opened(t, Config{})
	address := s.upload(zipOf(t, nil, "L1"))
	for name, change := range map[string]func(map[string]any){
		"another company":   func(p map[string]any) { p["legalEntityId"] = "DEMF" },
		"no such blob":      func(p map[string]any) { p["packageUrl"] = s.url + "/storage/dmf/x?sig=y" },
		"another signature": func(p map[string]any) { p["packageUrl"] = strings.Replace(address, "sig=", "sig=x", 1) },
		"a wrong parameter": func(p map[string]any) { p["execution"] = "x" },
		"no project":        func(p map[string]any) { delete(p, "definitionGroupId") },
	} {
		p := importOf(address, "e1")
		change(p)
		if _, bad := s.act("ImportFromPackage", p); bad == "" {
			t.Errorf("%s is taken", name)
		}
	}
	if _, bad := s.act("GetExecutionSummaryStatus", map[string]any{"executionId": "e1"}); !strings.Contains(bad, "Execution details were not found") {
		t.Error(bad)
	}
	if _, bad := s.act("ImportFromPackage", importOf(address, "e1")); bad != "" {
		t.Error(bad)
	}
	if _, bad := s.act("ImportFromPackage", importOf(address, "e1")); !strings.Contains(bad, "already exists") {
		t.Error(bad)
	}
	if status, _ := s.do(http.MethodPut, strings.Replace(address, "sig=", "sig=x", 1), nil, "x-ms-blob-type", "BlockBlob"); status != http.StatusForbidden {
		t.Error(status)
	}
	if status, _ := s.do(http.MethodPut, address, nil); status != http.StatusBadRequest {
		t.Error(status)
	}
	if status, _ := s.do(http.MethodPut, address, nil, "x-ms-blob-type", "BlockBlob", "Authorization", "Bearer x"); status != http.StatusBadRequest {
		t.Error(status)
	}
	s.sim.ExpireTokens()
	if _, bad := s.act("GetAzureWriteUrl", map[string]any{"uniqueFileName": "x"}); !strings.HasPrefix(bad, "401") {
		t.Error(bad)
	}
	for _, v := range []url.Values{
		{"grant_type": {"password"}, "client_id": {"app"}, "client_secret": {"secret"}, "scope": {"https://x/.default"}},
		{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"no"}, "scope": {"https://x/.default"}},
		{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"secret"}, "scope": {"https://x//.default"}},
	} {
		if status, _ := s.form(v); status < 400 {
			t.Errorf("%v: HTTP %d", v, status)
		}
	}
}

// Of two calls at once one fails.
func TestParallelImportsFail(t *testing.T) {
	s := opened(t, Config{})
	a, b := s.upload(zipOf(t, nil, "L1")), s.upload(zipOf(t, nil, "L1"))
	for i := range 200 {
		var wg sync.WaitGroup
		for _, p := range []map[string]any{importOf(a, fmt.Sprint("a", i)), importOf(b, fmt.Sprint("b", i))} {
			wg.Go(func() { s.act("ImportFromPackage", p) })
		}
		wg.Wait()
		if s.sim.Counts().Parallel > 0 {
			return
		}
	}
	t.Error("no call ever failed")
}

func TestRecurringJobsTakeWhatIsEnqueued(t *testing.T) {
	s := opened(t, Config{Queue: 5 * time.Millisecond})
	path := "/api/connector/enqueue/%7B" + job + "%7D?company=USMF"
	raw := zipOf(t, nil, "L1")
	for _, bad := range []string{"/api/connector/enqueue/%7Bx%7D?company=USMF", "/api/connector/enqueue/" + job + "?company=USMF", path + "&entity=x", "/api/connector/enqueue/%7B" + job + "%7D?company=DEMF"} {
		if status, _ := s.do(http.MethodPost, bad, raw); status < 400 {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
	status, body := s.do(http.MethodPost, path, raw, "x-ms-dyn-externalidentifier", "key")
	var id string
	if err := json.Unmarshal(body, &id); err != nil || status != http.StatusOK {
		t.Fatalf("HTTP %d %s", status, body)
	}
	state := func() string {
		_, got := s.do(http.MethodGet, "/api/connector/jobstatus/%7B"+job+"%7D?jobId="+id, nil)
		var out struct {
			DataJobStatus struct{ DataJobState, ExecutionIdentifier string }
		}
		if err := json.Unmarshal(got, &out); err != nil {
			t.Fatalf("%s", got)
		}
		return out.DataJobStatus.DataJobState
	}
	if got := state(); got != "Enqueued" && got != "InProcess" && got != "Processed" {
		t.Error(got)
	}
	s.sim.Settle()
	if got := state(); got != "Processed" {
		t.Error(got)
	}
	if execution, bad := s.act("GetExecutionIdByMessageId", map[string]any{"_messageId": id}); bad != "" || execution == emptyID {
		t.Errorf("%v %s", execution, bad)
	}
	if status, _ := s.do(http.MethodGet, "/api/connector/jobstatus/%7B"+job+"%7D?jobId=x", nil); status != http.StatusNotFound {
		t.Error(status)
	}
}
