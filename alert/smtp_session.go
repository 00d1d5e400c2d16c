package alert

import (
	"context"
	"crypto/tls"
	"net"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// session opens a connection, logs in, and calls use. The connection is closed
// when it returns, and at once when ctx ends.
func (s *SMTP) session(ctx context.Context, use func(*gomail.Client, *smtp.Client) error) error {
	var conn net.Conn
	stop := func() bool { return true }
	dial := func(dialCtx context.Context, network, address string) (net.Conn, error) {
		var err error
		if conn, err = s.dial(dialCtx, network, address); err != nil {
			return nil, err
		}
		// The library's context covers dialling alone; a server that accepts and then
		// says nothing is left by closing its connection.
		raw := conn
		stop = context.AfterFunc(ctx, func() { raw.Close() }) //nolint:errcheck // it is being given up
		if !s.implicitTLS() {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(dialCtx); err != nil {
			return nil, err
		}
		return secure, nil
	}
	client, err := gomail.NewClient(s.conf.Host, s.options(dial)...)
	if err != nil {
		return err
	}
	// The library leaves the connection open when greeting, TLS or login fail.
	defer func() {
		stop()
		if conn != nil {
			conn.Close() //nolint:errcheck // QUIT said goodbye, or there was no session
		}
	}()
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := use(client, server); err != nil {
		return err
	}
	// A failed goodbye takes nothing back.
	_ = client.CloseWithSMTPClient(server)
	return nil
}

func (s *SMTP) implicitTLS() bool { return s.conf.Port == smtps && s.conf.TLS != TLSNone }

func (s *SMTP) options(dial gomail.DialContextFunc) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.conf.Port), gomail.WithTimeout(s.conf.Timeout), gomail.WithDialContextFunc(dial),
		gomail.WithTLSConfig(s.tls.Clone()),
	}
	switch {
	case s.implicitTLS(), s.conf.TLS == TLSOpportunistic:
		// Over a connection that is TLS already no STARTTLS is offered.
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case s.conf.TLS == TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.conf.HELO != "" {
		options = append(options, gomail.WithHELO(s.conf.HELO))
	}
	if s.conf.Username != "" {
		options = append(options, gomail.WithUsername(s.conf.Username), gomail.WithPassword(s.conf.Password()), s.login())
	}
	return options
}

// login prefers what does not show the password, and sends it as it is only over
// TLS, or to a server on this machine whose policy is none.
func (s *SMTP) login() gomail.Option {
	plain, login := gomail.SMTPAuthPlain, gomail.SMTPAuthLogin
	if s.conf.TLS == TLSNone {
		plain, login = gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc
	}
	return gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, plain, login, gomail.SMTPAuthCramMD5)
}
