package alert

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// lossy is a mail server that takes the first mail without a word, is away then, and
// answers at last.
type lossy struct {
	outbox
	tries int
}

func (l *lossy) Send(ctx context.Context, m Mail) error {
	switch l.tries++; l.tries {
	case 1:
		return errors.Join(l.outbox.Send(ctx, m), errors.New("the answer was lost"))
	case 2, 3:
		return &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("connection refused")}
	}
	return l.outbox.Send(ctx, m)
}

// A server that is away says nothing about the mail that it may have taken before: that one
// is repeated as it was, also when it is back, and what came since has a mail of its own.
func TestDoubtOutlastsAnAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, server := newRows(time.Now, dead(1, "x"), dead(2, "y")), &lossy{}
		stop := run(t, &Mailer{Source: source, Sender: server})
		defer stop()
		time.Sleep(100 * time.Millisecond)
		source.add(dead(3, "z"))
		time.Sleep(10 * time.Minute)
		got := ids(server.sent())
		if len(got) != 3 || got[0] != got[1] || slices.Contains(got[:2], got[2]) {
			t.Errorf("mails %v: want the first twice, and one more", got)
		}
	})
}
