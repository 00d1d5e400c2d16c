package mailsink

import (
	"context"
	"crypto/subtle"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// backend makes the sessions of one stretch of listening; ctx ends with it.
type backend struct {
	sink *Sink
	ctx  context.Context
}

func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{sink: b.sink, ctx: b.ctx, conn: c}, nil
}

// A session is one client's connection.
type session struct {
	sink *Sink
	ctx  context.Context
	conn *smtp.Conn
	user string
	from string
	to   []string
}

var (
	errRejected = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Rejected, as told"}
	errDeferred = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Not now, as told"}
	errNoTLS    = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Must issue a STARTTLS command first"}
	errDown     = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Going down"}
	errStored   = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The message could not be stored"}
)

// AuthMechanisms offers PLAIN if a password is configured.
func (s *session) AuthMechanisms() []string {
	if s.sink.conf.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks the password.
func (s *session) Auth(mech string) (sasl.Server, error) {
	if mech != sasl.Plain || s.sink.conf.Username == "" {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		conf := s.sink.conf
		right := subtle.ConstantTimeCompare([]byte(username+"\x00"+password), []byte(conf.Username+"\x00"+conf.Password))
		if right != 1 {
			return smtp.ErrAuthFailed
		}
		s.user = username
		return nil
	}), nil
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.dawdle(); err != nil {
		return err
	}
	switch {
	case s.sink.conf.RequireTLS && !s.encrypted():
		return errNoTLS
	case s.sink.conf.Username != "" && s.user == "":
		return smtp.ErrAuthRequired
	}
	s.from, s.to = from, nil
	return nil
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.dawdle(); err != nil {
		return err
	}
	switch s.sink.Mode() {
	case Reject:
		return errRejected
	case Defer:
		return errDeferred
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.dawdle(); err != nil {
		return err
	}
	m := Message{
		From: s.from, To: slices.Clone(s.to), Raw: raw, ReceivedAt: s.sink.conf.Now(),
		TLS: s.encrypted(), User: s.user, Unconfirmed: s.sink.Mode() == Vanish,
	}
	m.decode()
	if err := s.sink.keep(m); err != nil {
		return errStored
	}
	if m.Unconfirmed {
		_ = s.conn.Conn().Close() // what is said after that nobody hears
	}
	return nil
}

// Reset forgets the message being sent.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

func (s *session) encrypted() bool {
	_, ok := s.conn.TLSConnectionState()
	return ok
}

// dawdle waits, in mode Tarpit. It fails if the sink goes down meanwhile.
func (s *session) dawdle() error {
	if s.sink.Mode() != Tarpit {
		return nil
	}
	t := time.NewTimer(s.sink.conf.TarpitDelay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return errDown
	}
}
