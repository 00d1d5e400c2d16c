package alert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/hakooi/erpbridge"
)

// Partial is the error of a mail that the server took for some of its receivers
// and not for others. The mail counts as sent: somebody was told, and one full
// mailbox must not silence everybody.
type Partial struct {
	Accepted, Refused int
	Err               error // one of the refusals
}

// Error says how many receivers there were of each sort.
func (p *Partial) Error() string {
	return fmt.Sprintf("%d of %d receivers refused: %v", p.Refused, p.Accepted+p.Refused, p.Err)
}

// Unwrap returns one of the refusals.
func (p *Partial) Unwrap() error { return p.Err }

// explain gives an error its Kind: Transient for what passes by itself, Refused
// for what a person must change. The library calls a broken connection permanent,
// so what counts is the server's code.
func (s *SMTP) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	out := &erpbridge.Error{Op: "alert.SMTP", Kind: erpbridge.Refused, Err: &refusal{s.anonymous(err.Error()), err}}
	code := 0
	var reply *textproto.Error
	var sendErr *gomail.SendError
	switch {
	case errors.As(err, &sendErr):
		code = sendErr.ErrorCode()
	case errors.As(err, &reply):
		code = reply.Code
	}
	if code != 0 {
		out.Code = strconv.Itoa(code)
	}
	var network net.Error
	switch {
	case sendErr != nil && sendErr.Reason == gomail.ErrSMTPDataClose && code == 0:
		// The whole mail was sent, and whether the server took it nobody knows.
		out.Kind = erpbridge.InDoubt
	case ctx.Err() != nil:
		// The connection was closed because time was up; say that, not that it is closed.
		out.Kind, out.Err = erpbridge.Transient, fmt.Errorf("%s:%d gave no answer in time: %w", s.conf.Host, s.conf.Port, context.Cause(ctx))
	case code >= 400 && code < 500,
		sendErr != nil && code == 0,
		errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		out.Kind = erpbridge.Transient
	}
	return out
}

// refusal is a mail server's answer in words fit for a log.
type refusal struct {
	text string
	err  error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.err }

// anonymous cuts what the library adds to the server's answer, and puts the place
// of an address in the configuration in place of the address.
func (s *SMTP) anonymous(text string) string {
	text, _, _ = strings.Cut(text, ", affected recipient(s):")
	text, _, _ = strings.Cut(text, ", affected message ID:")
	for i, to := range s.to {
		text = strings.ReplaceAll(text, to.Address, fmt.Sprintf("to[%d]", i))
	}
	return clean(text, maxReason)
}
