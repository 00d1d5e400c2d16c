package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	polling "github.com/hakooi/erpbridge/poll"
)

func TestReadSpan(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ since, until, want string }{
		{"2026-11-20T10:00:00Z", "", "2026-11-20T10:00:00Z to 0001-01-01T00:00:00Z"},
		{"2026-11-20T10:00:00+02:00", "2026-11-21", "2026-11-20T08:00:00Z to 2026-11-20T23:00:00Z"},
		{"2026-07-20", "2026-07-20T15:04", "2026-07-19T22:00:00Z to 2026-07-20T13:04:00Z"}, // summer time
		{"2026-11-20 10:00:05", "90m", "2026-11-20T09:00:05Z to 2026-11-23T10:30:00Z"},
		{"48h", "", "2026-11-21T12:00:00Z to 0001-01-01T00:00:00Z"},
		{"30d", "", "2026-10-24T11:00:00Z to 0001-01-01T00:00:00Z"}, // the same hour of the shop's day
		{"", "", "say from when on with --since, such as 2026-11-23 or 48h"},
		{"yesterday", "", `--since: "yesterday" is no time: write 2026-11-23T15:04:05Z, 2026-11-23, or how long ago: 90m, 48h, 7d`},
		{"-48h", "", `--since: "-48h" is no time: write 2026-11-23T15:04:05Z, 2026-11-23, or how long ago: 90m, 48h, 7d`},
		{"48h", "noon", `--until: "noon" is no time: write 2026-11-23T15:04:05Z, 2026-11-23, or how long ago: 90m, 48h, 7d`},
		{"24h", "48h", "--until 2026-11-21T12:00:00Z is not after --since 2026-11-22T12:00:00Z"},
		{"2026-12-01", "", "--since 2026-12-01T00:00:00+01:00 lies in the future"},
	} {
		sp, err := readSpan(tt.since, tt.until, berlin, now)
		got := sp.since.UTC().Format(time.RFC3339) + " to " + sp.until.UTC().Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q, %q\n got %s\nwant %s", tt.since, tt.until, got, tt.want)
		}
	}
}

// A backfill tells first, then fetches, and does nothing the second time; what it
// fetched is in the ledger, and what was done in the audit log.
func TestBackfill(t *testing.T) {
	began := time.Now().UTC().Truncate(time.Second)
	shop := &fakeShop{}
	for i := range 23 {
		shop.orders = append(shop.orders, began.Add(time.Duration(i-30)*time.Hour))
	}
	path := withShop(t, shop, "time_zone: Asia/Tokyo")
	tokyo := time.FixedZone("", 9*3600)
	since := shop.orders[3].In(tokyo).Format("2006-01-02T15:04:05")
	until := shop.orders[20].Add(time.Minute).Format(time.RFC3339)
	for _, r := range []runs{
		{"backfill --store fake", exitUsage, "say from when on with --since"},
		{"backfill --store fak --since 1h", exitUsage, `there is no store "fak"; configured: fake, shop`},
		{"backfill --store shop --since 1h", exitUsage, "store shop: it cannot be asked what changed: that needs api:"},
		{"backfill --since 1h", exitUsage, "say which store with --store; configured: fake, shop"},
	} {
		r.check(t, path)
	}
	args := "backfill --store fake --since " + since + " --until " + until
	out := runs{args + " --dry-run", exitOK, "18 missing would be put into the inbox\nmissing: 18 order.changed\n"}.check(t, path)
	if n := strings.Count(out, "order/"); n != 18 {
		t.Errorf("%d examples:\n%s", n, out)
	}
	runs{"status -o json", exitOK, `"accepted": 0`}.check(t, path)

	var got filledReport
	if err := json.Unmarshal([]byte(runs{args + " -o json", exitOK, ""}.check(t, path)), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Done || got.DryRun || got.Missing != 18 || got.ByType[erpbridge.OrderChanged] != 18 || len(got.Examples) != 18 || got.GoOnSince != nil || !got.Since.Equal(shop.orders[3]) {
		t.Errorf("%+v", got)
	}
	runs{"status -o json", exitOK, `"accepted": 18`}.check(t, path)
	// Nobody has digested them yet: they are handed in again, and are the same.
	runs{args, exitOK, "18 missing"}.check(t, path)
	runs{"status -o json", exitOK, `"accepted": 18`}.check(t, path)
}

// Interrupted, it says where to go on, and whoever goes on there misses nothing.
func TestBackfillInterrupted(t *testing.T) {
	began := time.Now().UTC().Truncate(time.Second)
	shop := &fakeShop{}
	for i := range 23 {
		shop.orders = append(shop.orders, began.Add(time.Duration(i-30)*time.Hour))
	}
	path := withShop(t, shop, "")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	shop.listed = func(page int) {
		if page == 3 {
			interrupt()
		}
	}
	var stderr bytes.Buffer
	code := execute(ctx, []string{"backfill", "--store", "fake", "--since", "31h", "-c", path}, io.Discard, &stderr)
	_, command, found := strings.Cut(stderr.String(), "what was fetched is safe; go on with: erpbridge ")
	if code != exitFailed || !found || !strings.HasPrefix(stderr.String(), "erpbridge: interrupted\n") {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if want := shop.orders[9].Format(time.RFC3339); !strings.Contains(command, "--since "+want) {
		t.Errorf("it goes on at %s, want %s", command, want)
	}
	shop.listed = nil
	runs{strings.TrimSpace(command), exitOK, "14 missing put into the inbox"}.check(t, path)
	runs{"status -o json", exitOK, `"accepted": 23`}.check(t, path)
}

func TestProgress(t *testing.T) {
	f := polling.Filled{Listed: 500, Fed: 3, Known: 490, Position: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	if got, want := progressLine(f, 10*time.Second), "500 listed, 3 missing, 490 known, at 2026-11-23T12:00:00Z, 50/s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var out bytes.Buffer
	p := &progress{w: &out, began: time.Now(), next: time.Now().Add(time.Hour)}
	p.tell(f)
	if out.Len() > 0 {
		t.Errorf("it tells before its time: %s", out.String())
	}
	p.next = time.Time{}
	p.tell(f)
	p.tell(f)
	p.end()
	if n := strings.Count(out.String(), "\n"); n != 1 || strings.Contains(out.String(), "\r") {
		t.Errorf("%q", out.String())
	}
	out.Reset()
	p = &progress{w: &out, terminal: true, began: time.Now()}
	p.tell(f)
	p.end()
	if !strings.HasPrefix(out.String(), "\r500 listed") || !strings.HasSuffix(out.String(), " \r") {
		t.Errorf("%q", out.String())
	}
	if file, err := os.CreateTemp(t.TempDir(), ""); err != nil || isTerminal(file) || isTerminal(&out) {
		t.Errorf("a file is a terminal, %v", err)
	} else if err := file.Close(); err != nil {
		t.Error(err)
	}
}
