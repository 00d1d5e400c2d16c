package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/freeport"
)

// prefix names the demo's exchanges and queues, apart from anybody else's.
const prefix = "erpbridge-demo"

// house is everything the story needs: the programs, their files, their addresses.
type house struct {
	bin, dir string
	config   string // path of the configuration
	secret   string // the shop signs with it
	listen   string
	port     net.Listener // keeps listen free until the daemon is started
	woo, big *simShop
	sim      struct {
		NetSuiteURL string `json:"netsuite_url"`
		SMTPAddr    string `json:"smtp_addr"`
		ControlURL  string `json:"control_url"`
	}
	token     map[string]string
	processes []*process
}

// process is one program that runs beside the story.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan error
	log  string
}

func open(ctx context.Context, bin string) (*house, error) {
	dir, err := os.MkdirTemp("", "erpbridge-demo-")
	if err != nil {
		return nil, err
	}
	h := &house{bin: bin, dir: dir, config: filepath.Join(dir, "erpbridge.yaml"), secret: rand.Text(), woo: newWoo(), big: newBig(), token: map[string]string{
		"account": "1234567", "consumerKey": rand.Text(), "consumerSecret": rand.Text(), "token": rand.Text(), "tokenSecret": rand.Text(),
	}}
	if err := h.furnish(ctx); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// furnish starts all but the daemon.
func (h *house) furnish(ctx context.Context) error {
	if err := h.simulate(ctx); err != nil {
		return err
	}
	var err error
	if h.port, err = freeport.Listen("127.0.0.1"); err != nil {
		return err
	}
	h.listen = h.port.Addr().String()
	for _, s := range h.shops() {
		if err := h.openShop(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) shops() []*simShop { return []*simShop{h.woo, h.big} }

// daemon starts erpbridge where the shops expect it.
func (h *house) daemon() error {
	if err := h.port.Close(); err != nil {
		return err
	}
	return h.start("erpbridge", "erpbridge", "run", "--config", h.config)
}

// simulate starts the simulated NetSuite and the mail server.
func (h *house) simulate(ctx context.Context) error {
	credentials, err := json.Marshal(h.token)
	if err != nil {
		return err
	}
	file := filepath.Join(h.dir, "credentials.json")
	if err := os.WriteFile(file, credentials, 0o600); err != nil {
		return err
	}
	ready := filepath.Join(h.dir, "sim.json")
	args := []string{
		"run", "--credentials", file, "--ready-file", ready, "--journal", filepath.Join(h.dir, "journal"),
		"--mail-dir", filepath.Join(h.dir, "mails"), "--customer", "500",
	}
	for _, item := range knownItems {
		args = append(args, "--item", item)
	}
	if err := h.start("netsuite", "erpsim", args...); err != nil {
		return err
	}
	return h.wait(ctx, "the simulated NetSuite", func(context.Context) error {
		raw, err := os.ReadFile(ready) // #nosec G304 -- our own file
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &h.sim)
	})
}

// start runs a program beside the story, under a name of its own. Its output goes into a file.
func (h *house) start(name, program string, args ...string) error {
	logFile := filepath.Join(h.dir, name+".log")
	f, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // #nosec G304 -- our own file
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	cmd := exec.Command(filepath.Join(h.bin, program), args...) // #nosec G204 -- our own programs
	cmd.Stdout, cmd.Stderr = f, f
	// A signal to the demo must not reach the programs: they are stopped in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{name: name, cmd: cmd, done: make(chan error, 1), log: logFile}
	go func() { p.done <- cmd.Wait() }()
	h.processes = append(h.processes, p)
	return nil
}

// stop ends a program with SIGTERM and returns what is wrong with how it ended.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.done:
		p.done <- err
		if err != nil {
			return fmt.Errorf("%s: %w; its log is in %s", p.name, err, p.log)
		}
		return nil
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("%s did not stop within 20 s of SIGTERM; its log is in %s", p.name, p.log)
	}
}

// close stops everything, takes the queues away and deletes the files, unless
// something went wrong that they explain.
func (h *house) close() error {
	var errs []error
	for i := len(h.processes) - 1; i >= 0; i-- {
		errs = append(errs, h.processes[i].stop())
	}
	if h.port != nil {
		_ = h.port.Close() // closed already, unless the daemon never started
	}
	errs = append(errs, removeTopology())
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.RemoveAll(h.dir)
}

func removeTopology() error {
	conn, err := amqp.Dial(os.Getenv("AMQP_URL"))
	if err != nil {
		return fmt.Errorf("removing the demo's queues: %w", err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("removing the demo's queues: %w", err)
	}
	for _, queue := range []string{".events", ".dead"} {
		if _, err := ch.QueueDelete(prefix+queue, false, false, false); err != nil {
			return fmt.Errorf("removing the demo's queues: %w", err)
		}
	}
	for _, exchange := range []string{".ingest", ".partner", ".dlx"} {
		if err := ch.ExchangeDelete(prefix+exchange, false, false); err != nil {
			return fmt.Errorf("removing the demo's exchanges: %w", err)
		}
	}
	return nil
}

// wait polls until ok returns nil.
func (h *house) wait(ctx context.Context, what string, ok func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	for {
		err := ok(ctx)
		if err == nil {
			return nil
		}
		for _, p := range h.processes {
			select {
			case perr := <-p.done:
				p.done <- perr
				return fmt.Errorf("%s ended while waiting for %s: %w\n%s", p.name, what, errors.Join(perr, err), tail(p.log))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s: %w", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// cli runs an erpbridge command and returns what it printed.
func (h *house) cli(ctx context.Context, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(h.bin, "erpbridge"), append(args, "--config", h.config)...) // #nosec G204 -- our own program
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("erpbridge %v: %w: %s%s", args, err, errOut.String(), out.String())
	}
	return out.String(), nil
}

// get gets a document from one of the programs.
func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %s", url, res.Status, body)
	}
	return body, nil
}

// ask gets JSON from one of the programs.
func ask(ctx context.Context, url string, into any) error {
	body, err := get(ctx, url)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// query runs an erpbridge command and reads what it says as JSON.
func (h *house) query(ctx context.Context, into any, args ...string) error {
	out, err := h.cli(ctx, append(args, "--output", "json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}

// misbehave gives the simulated NetSuite a way to fail.
func (h *house) misbehave(ctx context.Context, mode map[string]any) error {
	body, err := json.Marshal(mode)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.sim.ControlURL+"/modes", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		msg, _ := io.ReadAll(res.Body)
		return fmt.Errorf("adding a mode: %s: %s", res.Status, msg)
	}
	return nil
}

func tail(file string) string {
	raw, err := os.ReadFile(file) // #nosec G304 -- our own file
	if err != nil {
		return ""
	}
	return string(raw[max(0, len(raw)-2000):])
}
