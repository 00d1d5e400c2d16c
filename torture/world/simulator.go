package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// A Simulator is the simulated ERP with the mail server of a world.
type Simulator struct {
	NetSuiteURL string `json:"netsuite_url"`
	SMTPAddr    string `json:"smtp_addr"`
	ControlURL  string `json:"control_url"`

	Journal string `json:"-"` // file of its journal
	Mails   string `json:"-"` // folder of the mails it took
	process *process
}

// A Mode is a way for the simulated ERP to misbehave; erpsim modes add --help tells
// what there is. Delay is text, such as "1.5s".
type Mode struct {
	Kind        string  `json:"kind"`
	Match       Match   `json:"match,omitzero"`
	Count       int     `json:"count,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`
	Delay       string  `json:"delay,omitempty"`
	Before      string  `json:"before,omitempty"`
	Code        string  `json:"code,omitempty"`
	Message     string  `json:"message,omitempty"`
	Status      int     `json:"status,omitempty"`
	RetryAfter  string  `json:"retryAfter,omitempty"`
	Answer      string  `json:"answer,omitempty"`
}

// A Match says which requests or records a Mode befalls, by regular expressions.
type Match struct {
	Operation  string `json:"operation,omitempty"`
	RecordType string `json:"recordType,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

// The settings of the mail server.
const (
	MailsAccepted = "accept"
	MailsDown     = "down"
	MailsDeferred = "defer"
)

// simulate starts a simulator in dir.
func simulate(ctx context.Context, bin, dir string, token Token, limits Limits) (*Simulator, error) {
	s := &Simulator{Journal: filepath.Join(dir, "erp", "journal.jsonl"), Mails: filepath.Join(dir, "mails")}
	raw, err := json.Marshal(token)
	if err != nil {
		return nil, err
	}
	credentials, ready := filepath.Join(dir, "credentials.json"), filepath.Join(dir, "erpsim.json")
	if err := os.WriteFile(credentials, raw, 0o600); err != nil {
		return nil, err
	}
	// Limits that are enforced would hide that they were exceeded: the ERP takes twice
	// as much as the daemons may ask for, and the checker counts.
	s.process, err = launch("erpsim", filepath.Join(dir, "erpsim.log"), nil, bin, "run", "--credentials", credentials,
		"--item", "100,101,102,103,104,105,106,107",
		"--ready-file", ready, "--journal", filepath.Dir(s.Journal), "--mail-dir", s.Mails, "--customer", "500",
		"--concurrency", strconv.Itoa(4*max(limits.Concurrency, 1)))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	err = poll(ctx, 5*time.Millisecond, func() error {
		raw, err := os.ReadFile(ready) // #nosec G304 -- our own file
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, s)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the simulator: %w\n%s", err, tail(s.process.log)), s.process.kill())
	}
	return s, nil
}

// AddMode puts a mode in force.
func (s *Simulator) AddMode(ctx context.Context, m Mode) error {
	return s.control(ctx, http.MethodPost, "/modes", m)
}

// ClearModes ends all modes.
func (s *Simulator) ClearModes(ctx context.Context) error {
	return s.control(ctx, http.MethodDelete, "/modes", nil)
}

// SetMails sets how the mail server treats its clients.
func (s *Simulator) SetMails(ctx context.Context, mode string) error {
	return s.control(ctx, http.MethodPost, "/mails/mode", map[string]string{"mode": mode})
}

// Received are the mails the mail server took, as JSON.
func (s *Simulator) Received(ctx context.Context) (json.RawMessage, error) {
	return s.ask(ctx, http.MethodGet, "/mails", nil)
}

// MessageID is that of the mail received at a time, which names its file; empty if
// there is none.
func (s *Simulator) MessageID(at time.Time) string {
	files, err := filepath.Glob(filepath.Join(s.Mails, at.UTC().Format("20060102T150405.000000000")+"-*.eml"))
	if err != nil || len(files) != 1 {
		return ""
	}
	f, err := os.Open(files[0])
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	m, err := mail.ReadMessage(f)
	if err != nil {
		return ""
	}
	return m.Header.Get("Message-ID")
}

func (s *Simulator) control(ctx context.Context, method, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = s.ask(ctx, method, path, raw)
	return err
}

func (s *Simulator) ask(ctx context.Context, method, path string, raw []byte) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.ControlURL+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<12))
		return nil, fmt.Errorf("the simulator's %s: %s: %s", path, res.Status, bytes.TrimSpace(text))
	}
	return io.ReadAll(res.Body)
}

// Close ends it. Its journal is whole then.
func (s *Simulator) Close() error {
	_ = s.process.signal(syscall.SIGCONT)
	return s.process.terminate(10 * time.Second)
}
