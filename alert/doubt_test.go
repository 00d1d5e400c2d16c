package alert

import (
	"errors"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/hakooi/erpbridge"
)

// A mail that one receiver may have got is repeated as it was, with its Message-ID,
// although the server will not have another one.
func TestDoubtOutweighsARefusal(t *testing.T) {
	for _, to := range [][]string{{"unknown@example.com", "b@example.com"}, {"b@example.com", "unknown@example.com"}} {
		server := (&mailServer{cut: true, rcpt: func(to string) error {
			if to == "unknown@example.com" {
				return &smtp.SMTPError{Code: 550, Message: "no such user"}
			}
			return nil
		}}).start(t)
		err := server.sender(func(c *SMTPConfig) { c.To = to }).Send(t.Context(), letter)
		if erpbridge.KindOf(err) != erpbridge.InDoubt || !doubtful(err) {
			t.Errorf("to %v: %v (%s)", to, err, erpbridge.KindOf(err))
		}
	}
}

// Some servers take one mail over a connection and hang up: the receiver behind is told
// all the same.
func TestEachReceiverHasAConnection(t *testing.T) {
	server := (&mailServer{hangUp: true, rcpt: func(to string) error {
		if to == "unknown@example.com" {
			return &smtp.SMTPError{Code: 550, Message: "no such user"}
		}
		return nil
	}}).start(t)
	err := server.sender(func(c *SMTPConfig) { c.To = []string{"a@example.com", "unknown@example.com", "c@example.com"} }).Send(t.Context(), letter)
	var partial *Partial
	if !errors.As(err, &partial) || partial.Accepted != 2 || partial.Refused != 1 {
		t.Errorf("%v", err)
	}
	if n := len(server.received()); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
}
