package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// An operator pauses a target, sees it in list and status, and resumes it.
func TestPauseAndResumeATarget(t *testing.T) {
	w := newWorld(t)
	for _, step := range []struct {
		args []string
		code int
		want string // in what it prints
	}{
		{[]string{"target", "pause", "netsuite"}, exitUsage, "say why with --reason"},
		{[]string{"target", "pause", "netsuit", "--reason", "x"}, exitUsage, `there is no target "netsuit"; configured: netsuite`},
		{[]string{"target", "list"}, exitOK, "ready"},
		{[]string{"target", "pause", "netsuite", "--reason", "month-end close", "--for", "2h"}, exitOK, "paused netsuite"},
		{[]string{"target", "pause", "netsuite", "--reason", "again"}, exitFailed, "it is paused already"},
		{[]string{"target", "list"}, exitOK, "month-end close"},
		{[]string{"status"}, exitOK, "month-end close"},
		{[]string{"target", "resume", "netsuite"}, exitOK, "resumed netsuite"},
		{[]string{"target", "resume", "netsuite"}, exitFailed, "neither paused nor resting"},
	} {
		code, stdout, stderr := command(t, append(step.args, "-c", w.config)...)
		out := stdout + stderr
		if code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("%v: exit %d, want %d with %q:\n%s", step.args, code, step.code, step.want, out)
		}
	}
	_, out, _ := command(t, "target", "list", "--output", "json", "-c", w.config)
	var list []struct {
		Name        string `json:"name"`
		Kind        string `json:"kind"`
		Concurrency int    `json:"concurrency"`
		PausedBy    string `json:"paused_by"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 || list[0].Name != "netsuite" || list[0].Kind != "netsuite" || list[0].Concurrency == 0 || list[0].PausedBy != "" {
		t.Errorf("%+v, %v", list, err)
	}
}
