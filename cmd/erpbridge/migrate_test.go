package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// Each step of a first start says what there is and what to do next.
func TestFirstStart(t *testing.T) {
	text, err := os.ReadFile(netsuiteConfig)
	if err != nil {
		t.Fatal(err)
	}
	url, prefix := testenv.AMQP(t)
	servers := regexp.MustCompile(`(?m)^database:.*\nbroker:.*$`)
	path := file(t, "erpbridge.yaml", servers.ReplaceAllLiteralString(string(text),
		fmt.Sprintf("database: {url: %q}\nbroker: {url: %q, prefix: %s}", testenv.Database(t), url, prefix)))
	says := func(want string, args ...string) {
		t.Helper()
		_, stdout, stderr := command(t, append(args, "-c", path)...)
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("%v does not say %q:\n%s%s", args, want, stdout, stderr)
		}
	}
	says("it would be brought to", "migrate", "--dry-run")
	says("broker: would declare exchange "+prefix+".dlx", "migrate", "--dry-run")
	says("run erpbridge migrate", "check")
	if code, stdout, _ := command(t, "migrate", "--database-only", "-c", path); code != exitOK || strings.Contains(stdout, "broker") {
		t.Errorf("--database-only: exit code %d: %s", code, stdout)
	}

	says("the broker has no queues of ours yet: run erpbridge migrate", "status")
	var got statusReport
	_, stdout, _ := command(t, "status", "-o", "json", "-c", path)
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Broker == nil || got.Broker.Declared {
		t.Errorf("status: %v: %s", err, stdout)
	}
	says("no exchanges and queues of ours yet", "check")
	says("to do: run erpbridge migrate", "check")

	says("broker: would declare", "migrate", "--dry-run")
	says("would declare", "migrate", "--dry-run") // it has declared nothing
	says("broker: declared exchange "+prefix+".dlx", "migrate")
	says("broker: all 5 exchanges and queues are there", "migrate")
	says("with the broker: 0 messages", "status")
	says("a probe arrived", "check")
	says("not looked at: broker.management is not set", "check")
}
