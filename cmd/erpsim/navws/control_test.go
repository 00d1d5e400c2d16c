package navws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestJournalTellsAndControlSteers(t *testing.T) {
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
