package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestCentralCommandServesUntilItIsStopped(t *testing.T) {
	line, stop := started(t, "bc", "--company", "CRONUS USA, Inc.", "--mode", `{"kind":"throttle","count":1}`)
	var at map[string]string
	if err := json.Unmarshal(line, &at); err != nil {
		t.Fatal(err)
	}
	get := func(url string) (int, string) {
		t.Helper()
		resp, err := http.Get(url) //nolint:noctx // it is on this machine
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
	if status, _ := get(at["page_url"]); status != http.StatusTooManyRequests {
		t.Errorf("HTTP %d in spite of the mode", status)
	}
	if status, body := get(at["page_url"]); status != http.StatusOK || !strings.Contains(body, "SalesOrder_Fields") {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, body := get(at["control_url"] + "/state"); status != http.StatusOK || !strings.Contains(body, `"wsdls": 1`) {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"bc", "--mode", "{"}, nil, io.Discard, io.Discard); err == nil {
		t.Error("a mode that is none")
	}
}
