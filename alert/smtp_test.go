package alert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var letter = Mail{
	ID: "erpbridge-alert-1", Date: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
	Subject: "[erpbridge] order #1001 könnte nicht", Text: "text: déjà\n.\nend", HTML: "<p>html</p>",
}

func TestSend(t *testing.T) {
	server := (&mailServer{}).start(t)
	sender := server.sender(func(c *SMTPConfig) { c.To = []string{"a@example.com", "B <b@example.com>"} })
	if err := sender.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	mails := server.received()
	if len(mails) != 1 {
		t.Fatalf("got %d mails", len(mails))
	}
	if diff := cmp.Diff([]string{"bridge@example.com", "a@example.com", "b@example.com"}, append([]string{mails[0].from}, mails[0].to...)); diff != "" {
		t.Error(diff)
	}
	msg, err := mail.ReadMessage(strings.NewReader(mails[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"Subject": subject}
	for _, name := range []string{"Message-ID", "Auto-Submitted", "Date", "From"} {
		got[name] = msg.Header.Get(name)
	}
	want := map[string]string{
		"Subject": letter.Subject, "Message-ID": "<erpbridge-alert-1@example.com>", "Auto-Submitted": "auto-generated",
		"Date": "Mon, 23 Nov 2026 10:00:00 +0000", "From": `"erpbridge" <bridge@example.com>`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"text/plain: text: déjà\n.\nend", "text/html: <p>html</p>"}, parts(t, msg)); diff != "" {
		t.Error(diff)
	}
}

// parts returns the decoded alternatives of a mail.
func parts(t *testing.T, msg *mail.Message) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s: %v", kind, err)
	}
	var all []string
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, kind+": "+strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
}

func TestTLS(t *testing.T) {
	certificate, ca := selfSigned(t)
	otherCA := func() string { _, ca := selfSigned(t); return ca }()
	tests := []struct {
		name   string
		server *mailServer
		conf   func(*SMTPConfig)
		want   string // in the error; empty for success
		secure bool
	}{
		{"mandatory", &mailServer{tls: certificate}, func(c *SMTPConfig) { c.TLS, c.CAFile = TLSMandatory, ca }, "", true},
		{"mandatory is the default", &mailServer{}, func(c *SMTPConfig) { c.TLS = "" }, "STARTTLS", false},
		{"mandatory, a stranger's certificate", &mailServer{tls: certificate}, func(c *SMTPConfig) { c.TLS, c.CAFile = TLSMandatory, otherCA }, "certificate", false},
		{"mandatory, unknown to the system", &mailServer{tls: certificate}, func(c *SMTPConfig) { c.TLS = TLSMandatory }, "certificate", false},
		{"opportunistic with", &mailServer{tls: certificate}, func(c *SMTPConfig) { c.TLS, c.CAFile = TLSOpportunistic, ca }, "", true},
		{"opportunistic without", &mailServer{}, func(c *SMTPConfig) { c.TLS = TLSOpportunistic }, "", false},
		{"none", &mailServer{tls: certificate}, func(c *SMTPConfig) { c.TLS = TLSNone }, "", false},
		{"login over TLS", &mailServer{tls: certificate, user: "erp"}, func(c *SMTPConfig) {
			c.TLS, c.CAFile, c.Username, c.Password = TLSMandatory, ca, "erp", func() string { return "correct" }
		}, "", true},
		{"login in plaintext on this machine", &mailServer{user: "erp"}, func(c *SMTPConfig) {
			c.Username, c.Password = "erp", func() string { return "correct" }
		}, "", false},
		{"wrong password", &mailServer{tls: certificate, user: "erp"}, func(c *SMTPConfig) {
			c.TLS, c.CAFile, c.Username, c.Password = TLSMandatory, ca, "erp", func() string { return "hunter2" }
		}, "535", false},
		{"login not given", &mailServer{user: "erp"}, func(*SMTPConfig) {}, "502", false},
		{"login not offered", &mailServer{}, func(c *SMTPConfig) {
			c.Username, c.Password = "erp", func() string { return "hunter2" }
		}, "AUTH", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := tt.server.start(t)
			err := server.sender(tt.conf).Send(t.Context(), letter)
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want == "":
				server.mu.Lock()
				defer server.mu.Unlock()
				if len(server.mails) != 1 || server.secure != tt.secure {
					t.Errorf("%d mails, secure %v", len(server.mails), server.secure)
				}
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want %q in it", err, tt.want)
			case erpbridge.KindOf(err) != erpbridge.Refused:
				t.Errorf("%v is %s: it does not pass by itself", err, erpbridge.KindOf(err))
			case strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2"):
				t.Errorf("the password is in %v", err)
			}
			if tt.want != "" && len(server.received()) > 0 {
				t.Error("the mail was sent")
			}
		})
	}
}

// On port 465 TLS begins with the first byte. The port is not ours to listen on,
// so the test tells the sender another way to reach it.
func TestImplicitTLS(t *testing.T) {
	certificate, ca := selfSigned(t)
	server := (&mailServer{tls: certificate, direct: true, user: "erp"}).start(t)
	sender := server.sender(func(c *SMTPConfig) {
		c.Port, c.TLS, c.CAFile, c.Username, c.Password = 465, TLSMandatory, ca, "erp", func() string { return "correct" }
	})
	sender.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.address)
	}
	if err := errors.Join(sender.Check(t.Context()), sender.Send(t.Context(), letter)); err != nil {
		t.Fatal(err)
	}
	if n := len(server.received()); n != 1 || !server.secure {
		t.Errorf("%d mails, secure %v", n, server.secure)
	}
}

func TestRefusals(t *testing.T) {
	unknown := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user as b@example.com\x1b[31m here"}
	full := &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
	refuse := func(with error, who ...string) func(string) error {
		return func(to string) error {
			for _, w := range who {
				if w+"@example.com" == to {
					return with
				}
			}
			return nil
		}
	}
	tests := []struct {
		name   string
		server *mailServer
		mails  int
		kind   erpbridge.Kind
		want   string
	}{
		{"one of three unknown", &mailServer{rcpt: refuse(unknown, "b")}, 2, erpbridge.Refused, "1 of 3 receivers refused"},
		{"one of three full", &mailServer{rcpt: refuse(full, "c")}, 2, erpbridge.Transient, "1 of 3 receivers refused"},
		{"all unknown", &mailServer{rcpt: refuse(unknown, "a", "b", "c")}, 0, erpbridge.Refused, "550"},
		{"all full", &mailServer{rcpt: refuse(full, "a", "b", "c")}, 0, erpbridge.Transient, "452"},
		{"mail refused", &mailServer{data: func() error { return &smtp.SMTPError{Code: 554, Message: "spam"} }}, 0, erpbridge.Refused, "554"},
		{"mail deferred", &mailServer{data: func() error { return full }}, 0, erpbridge.Transient, "452"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := tt.server.start(t)
			err := server.sender(func(c *SMTPConfig) { c.To = []string{"a@example.com", "b@example.com", "c@example.com"} }).Send(t.Context(), letter)
			if err == nil || !strings.Contains(err.Error(), tt.want) || erpbridge.KindOf(err) != tt.kind {
				t.Errorf("got %v (%s), want %q (%s)", err, erpbridge.KindOf(err), tt.want, tt.kind)
			}
			var partial *Partial
			if errors.As(err, &partial) != (tt.mails > 0) {
				t.Errorf("partial is %v", partial)
			}
			if strings.Contains(fmt.Sprint(err), "@example.com") || strings.Contains(fmt.Sprint(err), "\x1b") {
				t.Errorf("not fit for a log: %q", err)
			}
			if n := len(server.received()); n != tt.mails {
				t.Errorf("%d mails, want %d", n, tt.mails)
			}
		})
	}
}

// A server that is away, or accepts and says nothing, is given up in time and may
// be tried again.
func TestServerAway(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, l := range map[string]net.Listener{"silent": silent, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			server := &mailServer{t: t, address: l.Addr().String()}
			sender := server.sender(func(c *SMTPConfig) { c.Timeout = 100 * time.Millisecond })
			for what, err := range map[string]error{"Send": sender.Send(t.Context(), letter), "Check": sender.Check(t.Context())} {
				if erpbridge.KindOf(err) != erpbridge.Transient {
					t.Errorf("%s: %v (%s)", what, err, erpbridge.KindOf(err))
				}
			}
		})
	}
	t.Run("lost before its answer", func(t *testing.T) {
		server := (&mailServer{cut: true}).start(t)
		if err := server.sender().Send(t.Context(), letter); erpbridge.KindOf(err) != erpbridge.InDoubt {
			t.Errorf("%v (%s)", err, erpbridge.KindOf(err))
		}
	})
	t.Run("lost after its answer", func(t *testing.T) {
		server := (&mailServer{hangUp: true}).start(t)
		if err := server.sender().Send(t.Context(), letter); err != nil || len(server.received()) != 1 {
			t.Errorf("an accepted mail counts as failed: %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		server := &mailServer{t: t, address: silent.Addr().String()}
		go func() { done <- server.sender(func(c *SMTPConfig) { c.Timeout = time.Minute }).Send(ctx, letter) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// Connections that failed in the middle are closed: the server sees no more of
// them than it would of the last.
func TestFailedSessionsAreClosed(t *testing.T) {
	server := (&mailServer{}).start(t)
	sender := server.sender(func(c *SMTPConfig) { c.TLS = TLSMandatory })
	var open []net.Conn
	sender.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		open = append(open, conn)
		return conn, err
	}
	for range 3 {
		if err := sender.Check(t.Context()); err == nil {
			t.Fatal("a server without TLS will do")
		}
	}
	for _, conn := range open {
		if _, err := conn.Write([]byte("NOOP\r\n")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a connection is still open: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	server := (&mailServer{user: "erp"}).start(t)
	if err := server.sender(func(c *SMTPConfig) { c.Username, c.Password = "erp", func() string { return "correct" } }).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(server.received()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestNewSMTP(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := SMTPConfig{Host: "mail.example.com", From: "a@example.com", To: []string{"b@example.com"}}
	if _, err := NewSMTP(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*SMTPConfig){
		"host: ":     func(c *SMTPConfig) { c.Host = "" },
		"one line":   func(c *SMTPConfig) { c.HELO = "x\r\nMAIL FROM:<x>" },
		"port: ":     func(c *SMTPConfig) { c.Port = 70000 },
		"tls: ":      func(c *SMTPConfig) { c.TLS = "maybe" },
		"timeout: ":  func(c *SMTPConfig) { c.Timeout = time.Hour },
		"from: ":     func(c *SMTPConfig) { c.From = "a" },
		"to: ":       func(c *SMTPConfig) { c.To = nil },
		"to[1]: ":    func(c *SMTPConfig) { c.To = []string{"b@example.com", "c@example.com\r\nBcc: d@example.com"} },
		"ca_file: ":  func(c *SMTPConfig) { c.CAFile = empty + ".none" },
		"no certif":  func(c *SMTPConfig) { c.CAFile = empty },
		"password: ": func(c *SMTPConfig) { c.Username = "erp" },
	} {
		conf := good
		change(&conf)
		if _, err := NewSMTP(conf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Whatever an order is called, a mail has the headers it should have and no other.
func TestNoHeaderCanBeInjected(t *testing.T) {
	server := (&mailServer{}).start(t)
	sender := server.sender()
	evil := []string{
		"\r\nBcc: thief@example.com", "\nX-Evil: yes", "\r\n\r\n<script>alert(1)</script>", "#1001\u2028Bcc: x", "a\x00b", "\x85Bcc: x",
		"=?utf-8?q?=0D=0ABcc:_thief=40example.com?=", strings.Repeat("é", 500), "\r\n.\r\nMAIL FROM:<thief@example.com>\r\n", "\u202e#1001", "\xff\xfe", "",
	}
	var plain string
	for i, text := range append([]string{"#1001"}, evil...) {
		d := &digest{}
		d.add(Alert{ID: 1, Kind: DeadLetter, DeadLetter: 42, Store: text, Target: text, Order: text, Stream: text, Document: text, Reason: text, Replay: text})
		m, err := d.mail("[erpbridge]"+text, letter.Date)
		if err != nil {
			t.Fatal(err)
		}
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		mails := server.received()
		got := mails[len(mails)-1]
		if diff := cmp.Diff([]string{"orders@example.com"}, got.to); diff != "" {
			t.Errorf("%q: receivers: %s", text, diff)
		}
		msg, err := mail.ReadMessage(strings.NewReader(got.raw))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var names []string
		for line := range strings.SplitSeq(got.headers(), "\r\n") {
			if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
				names = append(names, name)
			}
		}
		if i == 0 {
			plain = strings.Join(names, ",")
		}
		if diff := cmp.Diff(plain, strings.Join(names, ",")); diff != "" {
			t.Errorf("%q: headers (-plain +got): %s", text, diff)
		}
		for _, part := range parts(t, msg) {
			if strings.Contains(part, "<script>") && strings.HasPrefix(part, "text/html") {
				t.Errorf("%q: a script is in the mail", text)
			}
			if strings.ContainsAny(part, "\u202e\x00\x1b\u2028\u0085") {
				t.Errorf("%q: unclean: %q", text, part)
			}
		}
		if len(parts(t, mustRead(t, got.raw))) != 2 {
			t.Errorf("%q: the number of parts depends on the text", text)
		}
	}
}

func mustRead(t *testing.T, raw string) *mail.Message {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}
