package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCentralCommand(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready.json")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var out, errs bytes.Buffer
	go func() {
		done <- run(ctx, []string{"bc", "--ready-file", ready, "--company", "CRONUS USA, Inc.", "--mode", `{"kind":"throttle","count":1}`}, nil, &out, &errs)
	}()
	var at map[string]string
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		raw, err := os.ReadFile(ready)
		if err == nil {
			if err := json.Unmarshal(raw, &at); err != nil {
				t.Fatal(err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it never was ready")
		}
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
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"bc", "--mode", "{"}, nil, &out, &errs); err == nil {
		t.Error("a mode that is none")
	}
}
