package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// request asks a running shop. One connection for one call: nothing is left open.
func request(t *testing.T, method, url string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// The command sells, tells the bridge, is steered by hand, and ends when it is told to.
func TestShopSellsTellsAndEnds(t *testing.T) {
	for _, platform := range shopsim.Platforms {
		t.Run(platform, func(t *testing.T) {
			var webhooks atomic.Int64
			bridge := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { webhooks.Add(1) }))
			defer bridge.Close()
			dir := t.TempDir()
			journal, readyFile := filepath.Join(dir, "journal.jsonl"), filepath.Join(dir, "ready.json")

			line, stop := started(t, "shop", "--platform", platform, "--webhooks", "https://bridge.example.com/webhooks/shop", "--reach", "https://bridge.example.com="+bridge.URL,
				"--orders", "10", "--every", "5ms", "--journal", journal, "--ready-file", readyFile, "--secret", "s3cret", "--currency", "JPY")
			var r shopReady
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			if written, err := os.ReadFile(readyFile); err != nil || !bytes.Equal(written, line) {
				t.Errorf("the ready file says %s, and %v", written, err)
			}
			if r.PublicKey != "" != (platform == "adobecommerce") {
				t.Errorf("the public key is %q", r.PublicKey)
			}

			if status, body := request(t, http.MethodPost, r.ControlURL+"/place?n=1"); status != http.StatusOK {
				t.Errorf("placing: %d %s", status, body)
			}
			var orders []shopsim.Order
			erptest.Until(t, "eleven orders and their webhooks", func() bool {
				_, body := request(t, http.MethodGet, r.ControlURL+"/orders")
				if err := json.Unmarshal(body, &orders); err != nil {
					t.Fatal(err)
				}
				return len(orders) >= 11 && webhooks.Load() >= 11
			})
			if o := orders[3]; o.Currency != "JPY" || strings.Contains(o.Total(), ".") {
				t.Errorf("an order comes to %s %s", o.Total(), o.Currency)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			kept, err := os.ReadFile(journal)
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[shopsim.Kind]int{}
			for line := range bytes.Lines(kept) {
				var e shopsim.Entry
				if err := json.Unmarshal(line, &e); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				kinds[e.Kind]++
			}
			if kinds[shopsim.State] != 21 || kinds[shopsim.Sent] < 11 || kinds[shopsim.Added] == 0 {
				t.Errorf("the journal tells of %v", kinds)
			}
		})
	}
}

func TestShopRefusesWhatCannotBe(t *testing.T) {
	for _, tt := range []struct{ flag, value, want string }{
		{"--platform", "magento", "there is no platform"},
		{"--currency", "XAU", "do not sell in it"},
		{"--lose", "2", "lose: 2 is no probability"},
		{"--journal", filepath.Join(t.TempDir(), "none", "journal"), "opening the journal"},
	} {
		if _, err := command(t, "shop", tt.flag, tt.value); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: %v, want %q", tt.flag, tt.value, err, tt.want)
		}
	}
}
