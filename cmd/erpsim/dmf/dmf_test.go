package dmf

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
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
	"unicode/utf16"
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

func lineXML(lots ...string) string {
	var b strings.Builder
	b.WriteString("<Document>")
	for i, lot := range lots {
		fmt.Fprintf(&b, `<SALESORDERLINEV2ENTITY><SALESORDERNUMBER>A1</SALESORDERNUMBER>`)
		if lot != "" {
			fmt.Fprintf(&b, `<INVENTORYLOTID>%s</INVENTORYLOTID>`, lot)
		}
		fmt.Fprintf(&b, `<ITEMNUMBER>I%d</ITEMNUMBER><ORDEREDSALESQUANTITY>3</ORDEREDSALESQUANTITY><SALESPRICE>10</SALESPRICE><SALESPRICEQUANTITY>3</SALESPRICEQUANTITY></SALESORDERLINEV2ENTITY>`, i+1)
	}
	return b.String() + "</Document>"
}

func entityXML(name string, level int, fields ...string) string {
	var b strings.Builder
	b.WriteString("<DataManagementPackageEntityData><EntityMapList>")
	for _, f := range fields {
		fmt.Fprintf(&b, `<EntityMap><ArrayIndex>0</ArrayIndex><EntityField>%[1]s</EntityField><EntityFieldConversionList i:nil="true"/><IsAutoDefault>false</IsAutoDefault><IsAutoGenerated>false</IsAutoGenerated><IsDefaultValueEqualNull>false</IsDefaultValueEqualNull><UseTextQualifier>false</UseTextQualifier><XMLField>%[1]s</XMLField></EntityMap>`, f)
	}
	fmt.Fprintf(&b, `</EntityMapList><EntityName>%[1]s</EntityName><EntityTransformList i:nil="true"/><ExcelSheetName/><ExecutionUnit>1</ExecutionUnit><FailExecutionUnitOnError>false</FailExecutionUnitOnError><FailLevelOnError>true</FailLevelOnError><InputFilePath>%[1]s.xml</InputFilePath><LevelInExecutionUnit>%[2]d</LevelInExecutionUnit><RunBusinessLogic>true</RunBusinessLogic><RunBusinessValidation>true</RunBusinessValidation><SampleFilePath/><SequenceInLevel>1</SequenceInLevel><SourceFormat>XML-Element</SourceFormat><ValidationStatus>Yes</ValidationStatus></DataManagementPackageEntityData>`, name, level)
	return b.String()
}

func manifestXML() string {
	return `<DataManagementPackageManifest xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/dynamics/2015/01/DataManagement"><DefinitionGroupName>p</DefinitionGroupName><Description>p</Description><PackageEntityList>` +
		entityXML("Sales order headers V2", 1, "SALESORDERNUMBER", "ORDERINGCUSTOMERACCOUNTNUMBER", "CURRENCYCODE") +
		entityXML("Sales order lines V2", 2, "SALESORDERNUMBER", "INVENTORYLOTID", "ITEMNUMBER", "ORDEREDSALESQUANTITY", "SALESPRICE", "SALESPRICEQUANTITY") +
		`</PackageEntityList></DataManagementPackageManifest>`
}

func wideOf(text string) string {
	out := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return string(out)
}

// files are those of a good package; change may spoil them.
func zipOf(t *testing.T, change func(map[string]string), lots ...string) []byte {
	t.Helper()
	files := map[string]string{
		"Manifest.xml": wideOf(manifestXML()), "PackageHeader.xml": wideOf(head),
		"Sales order headers V2.xml": orderXML, "Sales order lines V2.xml": lineXML(lots...),
	}
	if change != nil {
		change(files)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, content := range files {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestImport(t *testing.T) {
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

// What is wrong with a package fails its import, and the call succeeds.
func TestPackagesRefused(t *testing.T) {
	for name, change := range map[string]func(map[string]string){
		"no manifest":        func(f map[string]string) { delete(f, "Manifest.xml") },
		"no header":          func(f map[string]string) { delete(f, "PackageHeader.xml") },
		"UTF-8":              func(f map[string]string) { f["Manifest.xml"] = manifestXML() },
		"no byte order mark": func(f map[string]string) { f["Manifest.xml"] = f["Manifest.xml"][2:] },
		"an XML declaration": func(f map[string]string) { f["Manifest.xml"] = wideOf(`<?xml version="1.0"?>` + manifestXML()) },
		"a folder":           func(f map[string]string) { f["p/Manifest.xml"] = f["Manifest.xml"]; delete(f, "Manifest.xml") },
		"no lines":           func(f map[string]string) { delete(f, "Sales order lines V2.xml") },
		"elements out of order": func(f map[string]string) {
			f["PackageHeader.xml"] = wideOf(strings.Replace(head, "<Description>p</Description><ManifestType>M</ManifestType>", "<ManifestType>M</ManifestType><Description>p</Description>", 1))
		},
		"another namespace": func(f map[string]string) {
			f["Manifest.xml"] = wideOf(strings.Replace(manifestXML(), "2015/01", "2015/02", 1))
		},
		"an unknown entity": func(f map[string]string) {
			f["Manifest.xml"] = wideOf(strings.Replace(manifestXML(), "<EntityName>Sales order lines V2", "<EntityName>Sales order lines V9", 1))
		},
		"a field nobody has": func(f map[string]string) {
			f["Manifest.xml"] = wideOf(strings.ReplaceAll(manifestXML(), "CURRENCYCODE", "CURRENCY"))
		},
		"a field nobody mapped": func(f map[string]string) {
			f["Sales order headers V2.xml"] = strings.Replace(orderXML, "<CURRENCYCODE>", "<EMAIL>a</EMAIL><CURRENCYCODE>", 1)
		},
		"another root": func(f map[string]string) {
			f["Sales order headers V2.xml"] = strings.ReplaceAll(orderXML, "Document", "Documents")
		},
		"another staging entity": func(f map[string]string) {
			f["Sales order headers V2.xml"] = strings.ReplaceAll(orderXML, "HEADERV2", "HEADERV3")
		},
		"no customer": func(f map[string]string) { f["Sales order headers V2.xml"] = strings.Replace(orderXML, ">C<", "><", 1) },
		"a field too long": func(f map[string]string) {
			f["Sales order headers V2.xml"] = strings.Replace(orderXML, ">USD<", ">DOLLAR<", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, Config{})
			if state, told := s.bring(zipOf(t, change, "L1"), "e1"); state != "Failed" || told == "[]" {
				t.Errorf("%s %s", state, told)
			}
			if c := s.sim.Counts(); c.Orders != 0 || c.Lines != 0 {
				t.Errorf("%+v", c)
			}
		})
	}
	s := opened(t, Config{})
	if state, _ := s.bring([]byte("no zip"), "e1"); state != "Failed" {
		t.Error(state)
	}
	// A key twice in one staging table.
	if state, told := s.bring(zipOf(t, nil, "L1", "L1"), "e2"); state != "PartiallySucceeded" || !strings.Contains(told, "already exists in the staging table") {
		t.Errorf("%s %s", state, told)
	}
}

func TestCallsRefused(t *testing.T) {
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
func TestParallel(t *testing.T) {
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

func TestRecurring(t *testing.T) {
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

func TestOData(t *testing.T) {
	s := opened(t, Config{PageSize: 2})
	s.bring(zipOf(t, nil, "L1", "L2", "L3"), "e1")
	get := func(path string) (int, map[string]any) {
		status, body := s.do(http.MethodGet, path, nil)
		var out map[string]any
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatalf("%s", body)
		}
		return status, out
	}
	filter := url.QueryEscape("dataAreaId eq 'usmf' and (SalesOrderNumber eq 'A1' or SalesOrderNumber eq 'B''2')")
	rows := 0
	for next := "/data/SalesOrderLines?cross-company=true&$filter=" + filter; next != ""; {
		_, page := get(next)
		rows += len(page["value"].([]any))
		next, _ = page["@odata.nextLink"].(string)
	}
	if rows != 3 {
		t.Errorf("%d rows", rows)
	}
	if _, page := get("/data/SalesOrderHeadersV2?$filter=" + filter); len(page["value"].([]any)) != 0 {
		t.Error("another company's orders were shown")
	}
	if status, _ := get("/data/SalesOrderHeadersV2?cross-company=true&$filter=x"); status != http.StatusBadRequest {
		t.Error(status)
	}
	if status, _ := get("/data/SalesOrderHeadersV2?cross-company=true&$select=NoSuchField"); status != http.StatusBadRequest {
		t.Error(status)
	}
}

func TestControl(t *testing.T) {
	s := opened(t, Config{})
	if status, body := s.do(http.MethodPost, "/control/modes", []byte(`{"kind":"drop-line","line":1,"delay":"1s"}`)); status != http.StatusOK || !strings.Contains(string(body), "drop-line") {
		t.Errorf("HTTP %d %s", status, body)
	}
	for _, bad := range []string{`{"kind":"x"}`, `{"kind":"slow"}`, `{"kind":"throttle","count":-1}`, `{"kind":"throttle","nonsense":1}`, `{"kind":"throttle","match":{"call":"("}}`, `{`} {
		if status, _ := s.do(http.MethodPost, "/control/modes", []byte(bad)); status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
	if state, _ := s.bring(zipOf(t, nil, "L1", "L2"), "e1"); state != "PartiallySucceeded" {
		t.Error(state)
	}
	if status, _ := s.do(http.MethodPost, "/control/orders/A1/Invoiced", nil); status != http.StatusNoContent {
		t.Error(status)
	}
	if status, _ := s.do(http.MethodPost, "/control/orders/Z/Invoiced", nil); status != http.StatusNotFound {
		t.Error(status)
	}
	if _, body := s.do(http.MethodGet, "/control/records?number=A1", nil); !strings.Contains(string(body), `"Invoiced"`) {
		t.Errorf("%s", body)
	}
	if _, body := s.do(http.MethodGet, "/control/journal?kind=effect", nil); strings.Count(string(body), "\n") != 2 {
		t.Errorf("%s", body)
	}
	if _, body := s.do(http.MethodGet, "/control/state", nil); !strings.Contains(string(body), `"PartiallySucceeded":1`) {
		t.Errorf("%s", body)
	}
	if status, _ := s.do(http.MethodPost, "/control/reset", nil); status != http.StatusOK || s.sim.Counts().Orders != 0 || len(s.sim.Modes()) != 0 {
		t.Errorf("%+v", s.sim.Counts())
	}
}

// Modes fire as often as they are told, and in the same sequence for the same seed.
func TestModes(t *testing.T) {
	roll := func() string {
		ms := modes{now: time.Now}
		if err := ms.add(Mode{Kind: Throttle, Probability: 0.5, Seed: 7}); err != nil {
			t.Fatal(err)
		}
		if err := ms.add(Mode{Kind: Busy, Count: 2, Match: Match{Call: "^lines$"}}); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for range 20 {
			fired := ms.call("lines")
			_, a := fired[Throttle]
			_, c := fired[Busy]
			fmt.Fprint(&b, a, c, " ")
		}
		if len(ms.call("headers")) > 1 {
			t.Error("a mode fired that does not match")
		}
		if got := ms.list(); got[1].Fired != 2 {
			t.Errorf("fired %d times", got[1].Fired)
		}
		return b.String()
	}
	if a, b := roll(), roll(); a != b || !strings.Contains(a, "true") {
		t.Errorf("%s\n%s", a, b)
	}
}
