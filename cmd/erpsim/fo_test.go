package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"testing"
)

func TestFinanceCommandServesUntilItIsStopped(t *testing.T) {
	line, stop := started(t, "fo", "--client-id", "a", "--client-secret", "b", "--journal", filepath.Join(t.TempDir(), "journal"), "--mode", `{"kind":"drop-line","count":3}`)
	var addresses map[string]string
	if err := json.Unmarshal(line, &addresses); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(addresses["control_url"] + "/modes")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || addresses["token_url"] == "" || addresses["url"] == "" {
		t.Errorf("HTTP %d, %v", resp.StatusCode, addresses)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"fo"}, {"fo", "--client-id", "a", "--client-secret", "b", "--mode", "{"}, {"fo", "--client-id", "a", "--client-secret", "b", "--mode", `{"kind":"x"}`}} {
		if err := run(t.Context(), args, nil, io.Discard, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
