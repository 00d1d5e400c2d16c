package alert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/hakooi/erpbridge"
)

// TLSPolicy says whether mail may travel in plaintext.
type TLSPolicy string

// The TLS policies.
const (
	TLSMandatory     TLSPolicy = "mandatory"     // never; the default
	TLSOpportunistic TLSPolicy = "opportunistic" // if the server offers no TLS; a password is then not sent
	TLSNone          TLSPolicy = "none"          // always; for a server on this machine
)

// smtps is the port on which TLS begins with the first byte.
const smtps = 465

// SMTPConfig is the mail server and who writes to whom.
type SMTPConfig struct {
	Host string
	// Port is 587 by default. On 465 the connection is TLS from its first byte, on
	// any other port it becomes TLS by STARTTLS.
	Port     int
	Username string
	// Password is asked for each time; nil for none. It is a function so that
	// printing the configuration prints no password.
	Password func() string
	TLS      TLSPolicy
	// CAFile names a PEM file of certificates to trust instead of the system's.
	CAFile string
	From   string
	To     []string
	// HELO is the name to introduce ourselves by. Default: the machine's name.
	HELO string
	// Timeout bounds a whole attempt, from dialling to the last answer. Default
	// 30s, at most a minute: a claim on alerts lasts two.
	Timeout time.Duration
}

// SMTP sends mails by SMTP, each over its own connection. It may be used by many
// goroutines at once.
type SMTP struct {
	conf   SMTPConfig
	from   *mail.Address
	to     []*mail.Address
	domain string // of From
	tls    *tls.Config
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

var _ Sender = (*SMTP)(nil)

// NewSMTP checks the settings. Its errors begin with the setting's name.
func NewSMTP(conf SMTPConfig) (*SMTP, error) {
	if conf.Port == 0 {
		conf.Port = 587
	}
	if conf.Timeout == 0 {
		conf.Timeout = 30 * time.Second
	}
	if conf.TLS == "" {
		conf.TLS = TLSMandatory
	}
	s := &SMTP{conf: conf, tls: &tls.Config{ServerName: conf.Host, MinVersion: tls.VersionTLS12}, dial: (&net.Dialer{}).DialContext}
	return s, errors.Join(s.checkServer(), s.openAddresses(), s.openCA())
}

func (s *SMTP) checkServer() error {
	switch {
	case s.conf.Host == "":
		return errors.New("host: is not set")
	case s.conf.Port < 1 || s.conf.Port > 65535:
		return fmt.Errorf("port: %d is none", s.conf.Port)
	case s.conf.Timeout < 0 || s.conf.Timeout > time.Minute:
		return errors.New("timeout: must be between nothing and a minute")
	case s.conf.TLS != TLSMandatory && s.conf.TLS != TLSOpportunistic && s.conf.TLS != TLSNone:
		return fmt.Errorf("tls: %q is not one of mandatory, opportunistic, none", s.conf.TLS)
	case s.conf.Username != "" && s.conf.Password == nil:
		return errors.New("password: is not set")
	case strings.ContainsAny(s.conf.HELO+s.conf.Host+s.conf.Username, "\r\n\x00"):
		return errors.New("host, helo and username must be one line")
	}
	return nil
}

func (s *SMTP) openAddresses() error {
	from, err := mail.ParseAddress(s.conf.From)
	if err != nil {
		return errors.New("from: is not a mail address")
	}
	s.from = from
	s.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	if len(s.conf.To) == 0 {
		return errors.New("to: there is nobody to write to")
	}
	for i, text := range s.conf.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return fmt.Errorf("to[%d]: is not a mail address", i)
		}
		s.to = append(s.to, to)
	}
	return nil
}

func (s *SMTP) openCA() error {
	if s.conf.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(s.conf.CAFile)
	if err != nil {
		return fmt.Errorf("ca_file: %w", err)
	}
	s.tls.RootCAs = x509.NewCertPool()
	if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ca_file: %s holds no certificate", s.conf.CAFile)
	}
	return nil
}

// Send makes one attempt to hand m to the mail server for all receivers. If the
// server does not take some of them, the others get it all the same.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	err := s.session(ctx, func(client *gomail.Client, server *smtp.Client) error {
		return s.deliver(client, server, m, s.to)
	})
	var sendErr *gomail.SendError
	if errors.As(err, &sendErr) && sendErr.Reason == gomail.ErrSMTPRcptTo && len(s.to) > 1 {
		return s.sendEach(ctx, m)
	}
	return s.explain(ctx, err)
}

// sendEach sends m to one receiver after the other: SMTP as the library speaks it
// has one answer for them all, and one wrong address must not silence the others. Each
// has a connection, because some servers hang up after a mail.
func (s *SMTP) sendEach(ctx context.Context, m Mail) error {
	partial := &Partial{}
	for _, to := range s.to {
		err := s.session(ctx, func(client *gomail.Client, server *smtp.Client) error {
			return s.deliver(client, server, m, []*mail.Address{to})
		})
		if err == nil {
			partial.Accepted++
			continue
		}
		partial.Refused++
		if err = s.explain(ctx, err); weight(err) >= weight(partial.Err) {
			partial.Err = err
		}
	}
	switch {
	case partial.Refused == 0:
		return nil
	case partial.Accepted == 0:
		return partial.Err
	}
	return partial
}

// weight orders what receivers are refused with: a mail that one of them may have got must
// be repeated as it was, and what a person has to mend says more than what passes.
func weight(err error) int {
	switch erpbridge.KindOf(err) {
	case erpbridge.InDoubt:
		return 3
	case erpbridge.Refused:
		return 2
	case erpbridge.Transient:
		return 1
	}
	return 0
}

// deliver hands over one message within a session.
func (s *SMTP) deliver(client *gomail.Client, server *smtp.Client, m Mail, to []*mail.Address) error {
	msg := s.message(m, to)
	err := client.SendWithSMTPClient(server, msg)
	if msg.IsDelivered() {
		return nil // what failed came after the server's acceptance
	}
	return err
}

// message renders m as MIME. Headers are encoded, and nothing from outside is in
// them but the subject.
func (s *SMTP) message(m Mail, to []*mail.Address) *gomail.Msg {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to...)
	msg.Subject(clean(m.Subject, 4*maxName))
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	// So that nobody's out-of-office note comes back.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg
}

// Check connects as Send does, and sends nothing: TCP, TLS, login, NOOP.
func (s *SMTP) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	return s.explain(ctx, s.session(ctx, func(_ *gomail.Client, server *smtp.Client) error { return server.Noop() }))
}
