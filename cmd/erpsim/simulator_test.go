package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Each of the simulated ERPs is run, asked for its state, told to fail, and ended.
func TestSimulatorsServeFailAndEnd(t *testing.T) {
	tests := []struct {
		name    string
		args    []string
		address string // one of those it prints
		faults  string // with it every request is cut
	}{
		{"gp", []string{"gp", "--user", "gp", "--password", "secret"}, "url", `{"DropBefore": 1}`},
		{"ax2012", []string{"ax2012", "--user", "ax", "--password", "secret", "--in", t.TempDir(), "--out", t.TempDir(), "--every", "1ms"}, "url", `{"DropBefore": 1}`},
		{"sap-idoc", []string{"sap-idoc", "--user", "sap", "--password", "secret", "--in", t.TempDir(), "--out", t.TempDir(), "--every", "1ms"}, "soap_url", `{"DropBefore": 1}`},
		{"sap-s4", []string{"sap-s4", "--user", "s4", "--password", "secret", "--every", "1ms"}, "order_url", `{"DropBefore": 1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, stop := started(t, tt.args...)
			var at map[string]string
			if err := json.Unmarshal(line, &at); err != nil {
				t.Fatal(err)
			}
			ask := func(method, url, user, body string) (int, string) {
				t.Helper()
				req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.SetBasicAuth(user, "secret")
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
			if status, body := ask(http.MethodPost, at[tt.address], "nobody", "<nothing/>"); status != http.StatusUnauthorized {
				t.Errorf("somebody else: HTTP %d: %s", status, body)
			}
			if status, body := ask(http.MethodPost, at[tt.address], tt.args[2], "<nothing/>"); status != http.StatusInternalServerError || !strings.Contains(body, "Fault>") {
				t.Errorf("nonsense: HTTP %d: %s", status, body)
			}
			if status, body := ask(http.MethodPost, at["control_url"]+"/faults", "", tt.faults); status != http.StatusNoContent {
				t.Errorf("faults: HTTP %d: %s", status, body)
			}
			if status, _ := ask(http.MethodPost, at[tt.address], tt.args[2], "<nothing/>"); status != 0 {
				t.Errorf("HTTP %d, and not cut", status)
			}
			if status, body := ask(http.MethodGet, at["control_url"]+"/state", "", ""); status != http.StatusOK || !strings.Contains(body, `"drop-before": 1`) {
				t.Errorf("state: HTTP %d: %s", status, body)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
	if err := run(t.Context(), []string{"ax2012", "--in", t.TempDir()}, nil, io.Discard, io.Discard); err == nil {
		t.Error("a folder to read and none to answer into")
	}
}
