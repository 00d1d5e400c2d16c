package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/outbox"
)

func TestAudit(t *testing.T) {
	w, _ := buried(t, "A", "B")
	if code, stdout, stderr := command(t, "audit", "-c", w.config); code != exitOK || !strings.Contains(stdout, "nothing was done") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	for _, args := range [][]string{{"dead", "replay", "--all", "--code", "A", "--note", "seen\x1b[31m"}, {"dead", "discard", "--all", "--reason", "a test"}} {
		if code, _, stderr := command(t, append(args, "-c", w.config)...); code != exitOK {
			t.Fatal(stderr)
		}
	}
	code, stdout, stderr := command(t, "audit", "-c", w.config)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != exitOK || stderr != "" || len(lines) != 3 || !strings.Contains(lines[1], "replayed") || !strings.Contains(lines[2], "a test") || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = command(t, "audit", "--limit", "1", "--since", "1h", "-o", "json", "-c", w.config)
	var acts []outbox.Act
	if err := json.Unmarshal([]byte(stdout), &acts); err != nil || code != exitOK || len(acts) != 1 || acts[0].Action != "discarded" || !strings.Contains(stderr, "there are more") {
		t.Errorf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	for _, args := range [][]string{{"--since", "yesterday"}, {"--since", "-1h"}, {"--limit", "0"}, {"17"}} {
		if code, _, stderr := command(t, append(append([]string{"audit"}, args...), "-c", w.config)...); code != exitUsage || stderr == "" {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}
