package alert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a real SMTP server on loopback that keeps what it is given.
type mailServer struct {
	t       *testing.T
	address string
	tls     *tls.Config // offered as STARTTLS, or from the first byte
	direct  bool
	user    string // with the password "correct"
	// rcpt and data answer for a receiver and for a whole mail; nil accepts.
	rcpt func(to string) error
	data func() error
	// cut drops the connection instead of answering a mail, hangUp afterwards.
	cut, hangUp bool

	mu     sync.Mutex
	server *smtp.Server
	mails  []received
	secure bool // whether the last mail came over TLS
	stop   func()
}

type received struct {
	from string
	to   []string
	raw  string
}

// start listens on a port of its own, or again on the one it had.
func (m *mailServer) start(t *testing.T) *mailServer {
	t.Helper()
	m.t = t
	if m.address == "" {
		m.address = "127.0.0.1:0"
		t.Cleanup(func() { m.down() })
	}
	l, err := net.Listen("tcp", m.address)
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	if m.direct {
		l = tls.NewListener(l, m.tls)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{m: m, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.EnableSMTPUTF8 = "localhost", true, true
	s.ErrorLog = log.New(io.Discard, "", 0)
	if !m.direct {
		s.TLSConfig = m.tls
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stop = func() {
		if err := s.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
		// Close does not know a listener that Serve has not yet taken.
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	return m
}

// down stops listening and cuts all connections.
func (m *mailServer) down() {
	m.mu.Lock()
	stop := m.stop
	m.stop = nil
	m.mu.Unlock()
	if stop != nil {
		stop()
	}
}

func (m *mailServer) received() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]received(nil), m.mails...)
}

// conf returns settings that fit the server.
func (m *mailServer) conf(change ...func(*SMTPConfig)) SMTPConfig {
	addr, err := net.ResolveTCPAddr("tcp", m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	c := SMTPConfig{
		Host: "127.0.0.1", Port: addr.Port, TLS: TLSNone,
		From: "erpbridge <bridge@example.com>", To: []string{"orders@example.com"}, Timeout: 10 * time.Second,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

// sender returns an SMTP that writes to the server.
func (m *mailServer) sender(change ...func(*SMTPConfig)) *SMTP {
	m.t.Helper()
	s, err := NewSMTP(m.conf(change...))
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

type mailSession struct {
	m    *mailServer
	conn *smtp.Conn
	user string
	mail received
}

func (s *mailSession) AuthMechanisms() []string {
	if s.m.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.m.user || password != "correct" {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.user != s.m.user {
		return smtp.ErrAuthRequired
	}
	s.mail = received{from: from}
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.m.rcpt != nil {
		if err := s.m.rcpt(to); err != nil {
			return err
		}
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.m.data != nil {
		if err := s.m.data(); err != nil {
			return err
		}
	}
	if s.m.cut {
		return s.conn.Conn().Close()
	}
	s.mail.raw = string(raw)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	_, s.m.secure = s.conn.TLSConnectionState()
	s.m.mails = append(s.m.mails, s.mail)
	return nil
}

// Reset is called after each mail, once it was answered.
func (s *mailSession) Reset() {
	if s.m.hangUp && s.mail.raw != "" {
		if err := s.conn.Conn().Close(); err != nil {
			s.m.t.Error(err)
		}
	}
	s.mail = received{}
}

func (s *mailSession) Logout() error { return nil }

// selfSigned returns a certificate for 127.0.0.1 and the file that vouches for it.
func selfSigned(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, file
}

// headers returns the header part of a mail.
func (r received) headers() string {
	head, _, _ := strings.Cut(r.raw, "\r\n\r\n")
	return head
}
