package dmf

import (
	"net/http"
	"strings"
	"testing"
)

func TestControlSteersTheEnvironment(t *testing.T) {
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
	if _, body := s.do(http.MethodGet, "/control/state", nil); !strings.Contains(string(body), `"PartiallySucceeded": 1`) {
		t.Errorf("%s", body)
	}
	if status, _ := s.do(http.MethodPost, "/control/reset", nil); status != http.StatusOK || s.sim.Counts().Orders != 0 || len(s.sim.Modes()) != 0 {
		t.Errorf("%+v", s.sim.Counts())
	}
}
