package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFinanceCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ready.json")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var out, errs bytes.Buffer
	go func() {
		done <- run(ctx, []string{
			"fo", "--client-id", "a", "--client-secret", "b", "--ready-file", file, "--journal", filepath.Join(dir, "journal"),
			"--mode", `{"kind":"drop-line","count":3}`,
		}, strings.NewReader(""), &out, &errs)
	}()
	var addresses map[string]string
	for end := time.Now().Add(10 * time.Second); ; {
		raw, err := os.ReadFile(file)
		if err == nil {
			if err := json.Unmarshal(raw, &addresses); err != nil {
				t.Fatal(err)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("it never listened")
		}
	}
	resp, err := http.Get(addresses["control_url"] + "/modes")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || addresses["token_url"] == "" || addresses["url"] == "" {
		t.Errorf("HTTP %d, %v", resp.StatusCode, addresses)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"fo"}, {"fo", "--client-id", "a", "--client-secret", "b", "--mode", "{"}, {"fo", "--client-id", "a", "--client-secret", "b", "--mode", `{"kind":"x"}`}} {
		if err := run(t.Context(), args, strings.NewReader(""), &out, &errs); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
