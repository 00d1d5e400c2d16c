package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var credentialFlags = []string{
	"--account", "TSTDRV1", "--consumer-key", "ck", "--consumer-secret", "cs", "--token", "tk", "--token-secret", "ts",
}

// A simulation is a running `erpsim run`.
type simulation struct {
	ready
	stop func() error
}

// started runs the program until the test ends or stops it, and returns the line it prints
// when it listens. stop waits for its end, and may be called twice.
func started(t *testing.T, args ...string) (line []byte, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, nil, in, io.Discard)
		ended <- err
		in.CloseWithError(fmt.Errorf("the program ended: %w", err))
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line, stop
}

// simulate runs `erpsim run`.
func simulate(t *testing.T, flags ...string) simulation {
	t.Helper()
	var s simulation
	var line []byte
	line, s.stop = started(t, append([]string{"run"}, flags...)...)
	if err := json.Unmarshal(line, &s.ready); err != nil {
		t.Fatal(err)
	}
	return s
}

// command runs a client command and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, nil, &out, io.Discard)
	return out.String(), err
}

// upsert sends a customer and returns the body of the answer.
func upsert(t *testing.T, url, nonce string) (string, error) {
	t.Helper()
	stamp := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte("cs&ts"))
	mac.Write(fmt.Appendf(nil, "TSTDRV1&ck&tk&%s&%s", nonce, stamp))
	message := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
		xmlns:m="urn:messages_2023_2.platform.webservices.netsuite.com" xmlns:c="urn:core_2023_2.platform.webservices.netsuite.com"
		xmlns:r="urn:relationships_2023_2.lists.webservices.netsuite.com"><s:Header><m:tokenPassport><c:account>TSTDRV1</c:account>
		<c:consumerKey>ck</c:consumerKey><c:token>tk</c:token><c:nonce>%s</c:nonce><c:timestamp>%s</c:timestamp>
		<c:signature algorithm="HMAC-SHA256">%s</c:signature></m:tokenPassport></s:Header><s:Body><m:upsertList>
		<m:record xsi:type="r:Customer" externalId="c-1"><r:companyName>Analytical Engines</r:companyName></m:record>
		</m:upsertList></s:Body></s:Envelope>`, nonce, stamp, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("SOAPAction", "upsertList")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The whole of it, as a demonstration uses it: a record, a mail, a failure, a
// restart.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	readyFile, journal, mails := filepath.Join(dir, "ready.json"), filepath.Join(dir, "journal"), filepath.Join(dir, "mail")
	credentials := write(t, `{"account":"TSTDRV1","consumerKey":"ck","consumerSecret":"cs","token":"tk","tokenSecret":"ts"}`)
	flags := []string{"--ready-file", readyFile, "--journal", journal, "--mail-dir", mails, "--credentials", credentials, "--fsync"}
	s := simulate(t, flags...)

	raw, err := os.ReadFile(readyFile)
	if err != nil {
		t.Fatal(err)
	}
	var fromFile ready
	if err := json.Unmarshal(raw, &fromFile); err != nil || fromFile != s.ready {
		t.Fatalf("%v %+v", err, fromFile)
	}
	if !strings.HasSuffix(s.NetSuiteURL, "/services/NetSuitePort_2023_2") {
		t.Fatal(s.NetSuiteURL)
	}
	if body, err := upsert(t, s.NetSuiteURL, "nonce001"); err != nil || !strings.Contains(body, `internalId="1001"`) {
		t.Fatalf("%v %s", err, body)
	}
	if err := smtp.SendMail(s.SMTPAddr, nil, "a@example.test", []string{"b@example.test"}, []byte("Subject: alarm\r\n\r\ntext\r\n")); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, "mails", "--url", s.ControlURL); err != nil || !strings.Contains(out, `"subject": "alarm"`) {
		t.Fatalf("%v %s", err, out)
	}
	if files, err := filepath.Glob(filepath.Join(mails, "*.eml")); err != nil || len(files) != 1 {
		t.Fatalf("%v %v", err, files)
	}
	if _, err := command(t, "modes", "add", "--url", s.ControlURL, "--kind", "effect-then-drop", "--count", "1", "--record-type", "customer"); err != nil {
		t.Fatal(err)
	}
	if body, err := upsert(t, s.NetSuiteURL, "nonce002"); err == nil {
		t.Fatalf("the connection was not cut: %s", body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s = simulate(t, flags...)
	out, err := command(t, "state", "--url", s.ControlURL)
	if err != nil {
		t.Fatal(err)
	}
	var state suitetalk.State
	if err := json.Unmarshal([]byte(out), &state); err != nil || state.Creates != 1 || state.Repeats != 1 || state.Dropped != 1 {
		t.Fatalf("%v %s", err, out)
	}
	out, err = command(t, "records", "--url", s.ControlURL+"/", "--type", "customer", "--external-id", "c-1", "--content")
	if err != nil || !strings.Contains(out, "Analytical Engines") {
		t.Fatalf("%v %s", err, out)
	}
	if out, err = command(t, "journal", "--url", s.ControlURL, "--kind", "effect"); err != nil || strings.Count(out, "\n") != 2 {
		t.Fatalf("%v %s", err, out)
	}
	if out, err = command(t, "reset", "--url", s.ControlURL); err != nil || !strings.Contains(out, `"effects": 0`) {
		t.Fatalf("%v %s", err, out)
	}
}

func TestModesFromAFileAndByCommand(t *testing.T) {
	modes := write(t, "- kind: slow\n  delay: 1ms\n  match: {recordType: salesOrder}\n- {kind: throttle, count: 2}\n")
	s := simulate(t, append([]string{"--smtp", "", "--modes", modes, "--mode", "{kind: reject, code: X}"}, credentialFlags...)...)
	if s.SMTPAddr != "" {
		t.Fatal(s.SMTPAddr)
	}
	out, err := command(t, "modes", "list", "--url", s.ControlURL)
	var list []suitetalk.Mode
	if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list) != 3 || list[0].Delay != time.Millisecond || list[1].Count != 2 || list[2].Code != "X" {
		t.Fatalf("%v %s", err, out)
	}
	if out, err = command(t, "modes", "clear", "--url", s.ControlURL); err != nil || strings.TrimSpace(out) != "[]" {
		t.Fatalf("%v %s", err, out)
	}
	if _, err := command(t, "modes", "add", "--url", s.ControlURL, "--kind", "odd"); err == nil || !strings.Contains(err.Error(), `kind "odd"`) {
		t.Fatalf("%v", err)
	}
}

func TestTheMailServersMode(t *testing.T) {
	s := simulate(t, credentialFlags...)
	if out, err := command(t, "mails", "--url", s.ControlURL, "--mode", "reject"); err != nil || !strings.Contains(out, "reject") {
		t.Fatalf("%v %s", err, out)
	}
	if err := smtp.SendMail(s.SMTPAddr, nil, "a@example.test", []string{"b@example.test"}, nil); err == nil {
		t.Fatal("the mail was accepted")
	}
	if out, err := command(t, "mails", "--url", s.ControlURL, "--mode", "reject", "--for", "1h"); err != nil || !strings.Contains(out, `"1h0m0s"`) {
		t.Fatalf("%v %s", err, out)
	}
	if _, err := command(t, "mails", "--url", s.ControlURL, "--mode", "odd"); err == nil {
		t.Fatal("the mode was accepted")
	}
	res, err := http.Get(s.ControlURL + "/mails/mode")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	if raw, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(raw), `"reject"`) {
		t.Fatalf("%v %s", err, raw)
	}
}

// The same names on the command line of run, on that of account, and in its JSON.
func TestTheAccountByCommand(t *testing.T) {
	flags := []string{"--concurrency", "-1", "--requests-per-second", "9", "--no-unique-external-id", "--forget-keys-after", "1h", "--find-all", "--all-or-nothing"}
	s := simulate(t, append(flags, credentialFlags...)...)
	want := suitetalk.Account{
		Concurrency: -1, RequestsPerSecond: 9, NoUniqueExternalID: true, ForgetKeysAfter: suitetalk.Duration(time.Hour), FindAll: true, AllOrNothing: true,
	}
	account := func(args ...string) (a suitetalk.Account) {
		t.Helper()
		out, err := command(t, append([]string{"account", "--url", s.ControlURL}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	if got := account(); got != want {
		t.Fatalf("%+v", got)
	}
	if got := account("--concurrency", "3", "--find-all=false"); got.Concurrency != 3 || got.FindAll || !got.AllOrNothing || got.RequestsPerSecond != 9 {
		t.Fatalf("%+v", got)
	}
	plain := []string{"--requests-per-second", "0", "--no-unique-external-id=false", "--forget-keys-after", "0s", "--all-or-nothing=false"}
	if got := account(plain...); got != (suitetalk.Account{Concurrency: 3}) {
		t.Fatalf("%+v", got)
	}
	other := simulate(t, append(flags[:4:4], credentialFlags...)...)
	s = other
	if got := account(flags[4:]...); got != want {
		t.Fatalf("%+v", got)
	}
	if _, err := command(t, "account", "--url", s.ControlURL, "--concurrency", "0"); err == nil {
		t.Fatal("nobody would get in")
	}
}

// The help names every kind of mode, and no other.
func TestTheHelpNamesEveryKind(t *testing.T) {
	var listed []string
	for _, line := range strings.Split(modesHelp, "\n") {
		if kind, _, found := strings.Cut(strings.TrimSpace(line), "  "); found {
			listed = append(listed, kind)
		}
	}
	s := simulate(t, credentialFlags...)
	_, err := command(t, "modes", "add", "--url", s.ControlURL, "--kind", "odd")
	if err == nil {
		t.Fatal("the kind was accepted")
	}
	_, known, _ := strings.Cut(err.Error(), "is not one of")
	for _, kind := range listed {
		if !strings.Contains(known, `"`+kind+`"`) {
			t.Errorf("%s is none", kind)
		}
	}
	if n := strings.Count(known, `"`) / 2; n != len(listed) {
		t.Errorf("%d kinds are listed of %d: %s", len(listed), n, known)
	}
}

// A request that a mode holds up does not hold up the end for long.
func TestStopDoesNotWaitForADelayedRequest(t *testing.T) {
	s := simulate(t, credentialFlags...)
	if _, err := command(t, "modes", "add", "--url", s.ControlURL, "--kind", "slow", "--delay", "1h"); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := upsert(t, s.NetSuiteURL, "nonce001")
		got <- err
	}()
	erptest.Until(t, "the mode to fire", func() bool {
		out, err := command(t, "modes", "list", "--url", s.ControlURL)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(out, `"fired": 1`)
	})
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err == nil {
		t.Fatal("the request was answered")
	}
}

func TestWhatRunRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no credentials":         {nil, "no credentials"},
		"half a credential":      {[]string{"--account", "a"}, "credential 1 is incomplete"},
		"no such file":           {[]string{"--credentials", missing}, "reading the credentials"},
		"no credentials in it":   {[]string{"--credentials", write(t, `[{"akkount":"a"}]`)}, "unknown field"},
		"no such modes":          {append([]string{"--modes", missing}, credentialFlags...), "reading the modes"},
		"no modes in it":         {append([]string{"--modes", write(t, "- [")}, credentialFlags...), "reading the modes"},
		"a mode of other fields": {append([]string{"--modes", write(t, "- {kind: slow, dealy: 1s}")}, credentialFlags...), "unknown field"},
		"one mode of no fields":  {append([]string{"--mode", "slow"}, credentialFlags...), "reading the modes"},
		"a mode that is none":    {append([]string{"--modes", write(t, "- kind: odd")}, credentialFlags...), "mode 1"},
		"a port that is none":    {append([]string{"--netsuite", "127.0.0.1:x"}, credentialFlags...), "listen"},
		"a mail port of none":    {append([]string{"--smtp", "127.0.0.1:x"}, credentialFlags...), "listening for mail"},
		"nowhere to be ready":    {append([]string{"--ready-file", filepath.Join(missing, "x")}, credentialFlags...), "no such file"},
		"an argument":            {append([]string{"x"}, credentialFlags...), "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := command(t, append([]string{"run"}, c.args...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestExit(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := exit([]string{"--help"}, nil, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "erpsim") {
		t.Fatalf("%d %s", code, stdout.String())
	}
	if code := exit([]string{"state"}, nil, &stdout, &stderr); code != 1 || !strings.HasPrefix(stderr.String(), "erpsim: ") {
		t.Fatalf("%d %s", code, stderr.String())
	}
}
