package mailsink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const hello = "From: a@example.test\r\nTo: b@example.test\r\nSubject: Hello\r\n\r\nOne line\r\n"

func start(t *testing.T, conf Config) *Sink {
	t.Helper()
	s, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// send sends a mail over a plain connection.
func send(s *Sink, raw string) error {
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		return err
	}
	defer c.Close()
	return deliver(c, raw)
}

func deliver(c *smtp.Client, raw string) error {
	if err := c.SendMail("a@example.test", []string{"b@example.test", "c@example.test"}, strings.NewReader(raw)); err != nil {
		return err
	}
	return c.Quit()
}

// code is the SMTP code of an error; 0 if it has none.
func code(err error) int {
	var smtpErr *smtp.SMTPError
	var protoErr *textproto.Error
	switch {
	case errors.As(err, &smtpErr):
		return smtpErr.Code
	case errors.As(err, &protoErr):
		return protoErr.Code
	}
	return 0
}

func TestAMailIsKept(t *testing.T) {
	now := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	s := start(t, Config{Dir: dir, Now: func() time.Time { return now }})
	if err := send(s, hello); err != nil {
		t.Fatal(err)
	}
	ms, err := s.Wait(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	m := ms[0]
	if m.From != "a@example.test" || strings.Join(m.To, " ") != "b@example.test c@example.test" || string(m.Raw) != hello ||
		!m.ReceivedAt.Equal(now) || m.Subject != "Hello" || m.Text != "One line\n" || m.TLS || m.User != "" || m.Err != nil {
		t.Fatalf("%+v", m)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", err, files)
	}
	if raw, err := os.ReadFile(files[0]); err != nil || string(raw) != hello {
		t.Fatalf("%v %s", err, raw)
	}
	s.Clear()
	if len(s.Messages()) != 0 {
		t.Fatal("the messages were not forgotten")
	}
}

func TestAMailThatCannotBeStoredIsNotAccepted(t *testing.T) {
	s := start(t, Config{Dir: filepath.Join(t.TempDir(), "missing")})
	if err := send(s, hello); code(err) != 452 {
		t.Fatalf("%v", err)
	}
	if len(s.Messages()) != 0 {
		t.Fatal("it was kept")
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	s := start(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

func TestModes(t *testing.T) {
	for mode, want := range map[Mode]int{Accept: 0, Reject: 550, Defer: 451, Busy: 421} {
		t.Run(string(mode), func(t *testing.T) {
			s := start(t, Config{Mode: mode})
			err := send(s, hello)
			if code(err) != want || (err == nil) != (want == 0) {
				t.Fatalf("%v, want %d", err, want)
			}
			if got := len(s.Messages()) == 1; got != (want == 0) {
				t.Fatalf("kept: %v", got)
			}
			if err := s.SetMode(Accept); err != nil {
				t.Fatal(err)
			}
			if err := send(s, hello); err != nil {
				t.Fatalf("after the mode: %v", err)
			}
		})
	}
}

func TestDownAndUpAgain(t *testing.T) {
	s := start(t, Config{})
	addr := s.Addr()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := s.SetMode(Down); err != nil {
		t.Fatal(err)
	}
	if err := c.Noop(); err == nil {
		t.Fatal("an open connection survived")
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Fatal("somebody listens")
	}
	if s.Mode() != Down {
		t.Fatal(s.Mode())
	}
	for _, m := range []Mode{Down, Accept, Accept} {
		if err := s.SetMode(m); err != nil {
			t.Fatal(err)
		}
	}
	if s.Addr() != addr {
		t.Fatalf("the address changed from %s to %s", addr, s.Addr())
	}
	if err := send(s, hello); err != nil {
		t.Fatal(err)
	}
}

func TestItMayStartDown(t *testing.T) {
	s := start(t, Config{Mode: Down})
	if err := send(s, hello); err == nil {
		t.Fatal("somebody listens")
	}
	if err := s.SetMode(Accept); err != nil {
		t.Fatal(err)
	}
	if err := send(s, hello); err != nil {
		t.Fatal(err)
	}
}

func TestATarpitTakesItsTime(t *testing.T) {
	s := start(t, Config{Mode: Tarpit, TarpitDelay: time.Hour})
	got := make(chan error, 1)
	go func() { got <- send(s, hello) }()
	erptest.Until(t, "somebody to connect", func() bool { return s.sessions() > 0 })
	// Who is stuck in it is cut when the sink goes down, and not told it was taken.
	if err := s.SetMode(Down); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err == nil {
		t.Fatal("the mail was accepted")
	}
	if len(s.Messages()) != 0 {
		t.Fatal("the mail was kept")
	}
	patient := start(t, Config{Mode: Tarpit, TarpitDelay: time.Millisecond})
	if err := send(patient, hello); err != nil {
		t.Fatal(err)
	}
}

// sessions is how many connections are open.
func (s *Sink) sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving == nil {
		return 0
	}
	s.serving.listener.mu.Lock()
	defer s.serving.listener.mu.Unlock()
	return len(s.serving.listener.open)
}

func TestModesThatAreNone(t *testing.T) {
	if s, err := New(Config{Mode: "asleep"}); err == nil {
		s.Close()
		t.Fatal("it started")
	}
	s := start(t, Config{})
	if err := s.SetMode("asleep"); err == nil || s.Mode() != Accept {
		t.Fatalf("%v %s", err, s.Mode())
	}
	s.Close()
	if err := s.SetMode(Accept); err == nil {
		t.Fatal("a closed sink came up")
	}
	if other, err := New(Config{Addr: "nowhere.invalid:x"}); err == nil {
		other.Close()
		t.Fatal("it listens nowhere")
	}
}

func TestSTARTTLS(t *testing.T) {
	s := start(t, Config{RequireTLS: true, Username: "u", Password: "p"})
	if err := send(s, hello); code(err) != 530 {
		t.Fatalf("a plain mail: %v", err)
	}
	stranger, err := smtp.DialStartTLS(s.Addr(), &tls.Config{ServerName: "localhost"})
	if err == nil {
		err = deliver(stranger, hello) // the handshake waits for the first command
		stranger.Close()
	}
	var untrusted *tls.CertificateVerificationError
	if !errors.As(err, &untrusted) {
		t.Fatalf("a certificate nobody vouches for: %v", err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(s.Certificate())
	c, err := smtp.DialStartTLS(s.Addr(), &tls.Config{ServerName: "localhost", RootCAs: trust})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", "u", "p")); err != nil {
		t.Fatal(err)
	}
	if err := deliver(c, hello); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages()[0]; !m.TLS || m.User != "u" {
		t.Fatalf("%+v", m)
	}
}

func TestAuthentication(t *testing.T) {
	s := start(t, Config{Username: "u", Password: "p"})
	if err := send(s, hello); code(err) != 502 {
		t.Fatalf("without a password: %v", err)
	}
	for _, wrong := range []sasl.Client{sasl.NewPlainClient("", "u", "x"), sasl.NewPlainClient("", "x", "p"), sasl.NewLoginClient("u", "p")} {
		c, err := smtp.Dial(s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Auth(wrong); err == nil {
			t.Error("let in")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", "u", "p")); err != nil {
		t.Fatal(err)
	}
	if err := deliver(c, hello); err != nil {
		t.Fatal(err)
	}
}

// The mail is there, and its sender cannot know.
func TestVanish(t *testing.T) {
	s := start(t, Config{Mode: Vanish})
	if err := send(s, hello); err == nil || code(err) != 0 {
		t.Fatalf("%v", err)
	}
	if ms := s.Messages(); len(ms) != 1 || !ms[0].Unconfirmed || ms[0].Subject != "Hello" {
		t.Fatalf("%+v", ms)
	}
	if err := s.SetMode(Accept); err != nil {
		t.Fatal(err)
	}
	if err := send(s, hello); err != nil {
		t.Fatal(err)
	}
	if ms := s.Messages(); len(ms) != 2 || ms[1].Unconfirmed {
		t.Fatalf("%+v", ms)
	}
}

func TestDownForAWhile(t *testing.T) {
	s := start(t, Config{})
	if err := s.SetModeFor(Down, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if s.Mode() != Down {
		t.Fatal(s.Mode())
	}
	erptest.Until(t, "it to come back", func() bool { return send(s, hello) == nil })
	if s.Mode() != Accept || len(s.Messages()) != 1 {
		t.Fatalf("%s %+v", s.Mode(), s.Messages())
	}
}

// Who changes the mode takes the way back, as does the sink's end.
func TestTheWayBackIsTaken(t *testing.T) {
	s := start(t, Config{})
	for _, m := range []Mode{Down, Reject} {
		if err := s.SetModeFor(m, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	first := s.back
	if err := s.SetMode(Busy); err != nil {
		t.Fatal(err)
	}
	if s.back != nil || first.Stop() {
		t.Fatal("the timer still runs")
	}
	if err := s.SetModeFor(Down, time.Hour); err != nil {
		t.Fatal(err)
	}
	last := s.back
	s.Close()
	if last.Stop() || s.SetModeFor(Down, time.Hour) == nil {
		t.Fatal("a closed sink has plans")
	}
	if err := s.SetModeFor("odd", time.Hour); err == nil {
		t.Fatal("a mode that is none")
	}
}
