package alert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/hakooi/erpbridge"
)

// run runs m in a synctest bubble until the returned function is called.
func run(t *testing.T, m *Mailer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func subjects(mails []Mail) []string {
	var all []string
	for _, m := range mails {
		all = append(all, strings.TrimPrefix(m.Subject, "[erpbridge] "))
	}
	return all
}

// The first alert is mailed at once; what comes within Every waits and is one mail.
func TestDigestIsSentOncePerEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sender := newRows(time.Now), &outbox{}
		start := time.Now()
		stop := run(t, &Mailer{Source: source, Sender: sender, Every: 10 * time.Minute})
		defer stop()

		time.Sleep(time.Hour)
		source.add(dead(1, "x"))
		time.Sleep(2 * time.Second)
		for i := range int64(5) {
			source.add(dead(10+i, "y"))
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Hour)
		want := []string{"order #1001 could not be delivered to netsuite", "5 orders could not be delivered (1 cause)"}
		if diff := cmp.Diff(want, subjects(sender.sent())); diff != "" {
			t.Error(diff)
		}
		if at := sender.times[0].Sub(start); at > time.Hour+2*time.Second {
			t.Errorf("the first mail went out after %v", at)
		}
		if gap := sender.times[1].Sub(sender.times[0]); gap < 10*time.Minute || gap > 10*time.Minute+2*time.Second {
			t.Errorf("the second mail went out %v after the first", gap)
		}
		if n := source.unsent(); n != 0 {
			t.Errorf("%d alerts were not marked", n)
		}
	})
}

// Fifty thousand failures within an hour: few mails, and each failure is in one.
func TestAlertStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sender := newRows(time.Now), &outbox{}
		stop := run(t, &Mailer{Source: source, Sender: sender, Every: 12 * time.Minute})
		defer stop()
		for i := range int64(50_000) {
			source.add(dead(i, "the ERP is closed"))
			if i%1000 == 0 {
				time.Sleep(time.Minute)
			}
		}
		time.Sleep(10 * time.Minute)
		if n := len(sender.sent()); n > 6 {
			t.Errorf("%d mails in the first hour", n)
		}
		time.Sleep(10 * time.Minute)
		if n := source.unsent(); n != 0 {
			t.Errorf("%d alerts are in no mail", n)
		}
	})
}

// A mail server that is away for an hour loses nothing, is not hammered, and the
// waits are those the source was told.
func TestMailServerDownForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		source, sender := newRows(time.Now, dead(1, "x")), &outbox{}
		sender.fail(&erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("connection refused")})
		stop := run(t, &Mailer{Source: source, Sender: sender, Log: zap.New(core)})
		defer stop()
		for i := range int64(60) {
			time.Sleep(time.Minute)
			source.add(dead(10+i, "y"))
		}
		tries := len(sender.tries)
		if tries < 6 || tries > 20 {
			t.Errorf("%d attempts in an hour", tries)
		}
		for i, gap := 1, time.Duration(0); i < tries; i++ {
			if gap = sender.tries[i].Sub(sender.tries[i-1]); gap > longest+2*time.Second || gap < 2*time.Second {
				t.Errorf("attempt %d came %v after the one before", i+1, gap)
			}
		}
		sender.fail(nil)
		time.Sleep(longest + time.Minute)
		if n := source.unsent(); n != 0 {
			t.Errorf("%d alerts were lost", n)
		}
		if n := len(sender.sent()); n != 1 {
			t.Errorf("%d mails, want one with all", n)
		}
		if source.reason != "connection refused" {
			t.Errorf("the source was told %q", source.reason)
		}
		if n := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 0 {
			t.Errorf("%d errors are logged: an outage passes by itself", n)
		}
		if n := logs.FilterLevelExact(zapcore.WarnLevel).Len(); n != tries {
			t.Errorf("%d warnings for %d attempts", n, tries)
		}
	})
}

// What the server refuses for good is tried again too, and logged as an error.
func TestRefusedMailIsAnErrorAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		source, sender := newRows(time.Now, dead(1, "x")), &outbox{}
		sender.fail(&erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("550 no such user")})
		stop := run(t, &Mailer{Source: source, Sender: sender, Log: zap.New(core)})
		defer stop()
		time.Sleep(time.Minute)
		if n := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); n == 0 || n != len(sender.tries) {
			t.Errorf("%d errors for %d attempts", n, len(sender.tries))
		}
		sender.fail(nil)
		time.Sleep(longest)
		if source.unsent() != 0 {
			t.Error("the alert was lost")
		}
	})
}

func TestPartialCountsAsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		source, sender := newRows(time.Now, dead(1, "x")), &outbox{}
		sender.fail(&Partial{Accepted: 1, Refused: 1, Err: &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("550")}})
		stop := run(t, &Mailer{Source: source, Sender: sender, Log: zap.New(core)})
		defer stop()
		time.Sleep(time.Hour)
		if n := len(sender.sent()); n != 1 || source.unsent() != 0 {
			t.Errorf("%d mails, %d unsent", n, source.unsent())
		}
		if logs.FilterLevelExact(zapcore.ErrorLevel).Len() != 1 {
			t.Error("nobody is told about the wrong address")
		}
	})
}

// If the database goes away between the mail and its mark, the mail is not sent
// again by the daemon that knows that it was sent.
func TestMarkIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newRows(time.Now, dead(1, "x"), dead(2, "x"))
		sender := &outbox{}
		breaking := &breakingSender{outbox: sender, source: source}
		stop := run(t, &Mailer{Source: source, Sender: breaking})
		defer stop()
		time.Sleep(90 * time.Second)
		if n := len(sender.sent()); n != 1 || source.unsent() != 2 {
			t.Fatalf("%d mails, %d unmarked", n, source.unsent())
		}
		source.setDown(false)
		time.Sleep(time.Hour)
		if n := len(sender.sent()); n != 1 || source.unsent() != 0 {
			t.Errorf("%d mails, %d unmarked", n, source.unsent())
		}
	})
}

// breakingSender takes the database down once the mail is out.
type breakingSender struct {
	*outbox
	source *rows
}

func (b *breakingSender) Send(ctx context.Context, m Mail) error {
	defer b.source.setDown(true)
	return b.outbox.Send(ctx, m)
}

// A daemon that dies between mail and mark leaves claimed alerts behind. The next
// one mails them again under the same ID.
func TestRepeatedMailHasTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newRows(time.Now, dead(1, "x"), dead(2, "y"))
		first := &outbox{}
		stop := run(t, &Mailer{Source: source, Sender: &breakingSender{outbox: first, source: source}})
		time.Sleep(time.Second)
		stop()
		source.setDown(false)
		source.add(dead(3, "z")) // what came since has a mail of its own

		second := &outbox{}
		stop = run(t, &Mailer{Source: source, Sender: second})
		defer stop()
		time.Sleep(claim - 10*time.Second)
		if n := len(second.sent()); n != 1 {
			t.Fatal("a claimed alert was mailed")
		}
		time.Sleep(time.Minute)
		again := ids(second.sent())
		if len(first.sent()) != 1 || len(again) != 2 || !slices.Contains(again, first.sent()[0].ID) {
			t.Errorf("first %v, then %v", ids(first.sent()), again)
		}
	})
}

func ids(mails []Mail) []string {
	var all []string
	for _, m := range mails {
		all = append(all, m.ID)
	}
	return all
}

// A shutdown gives back what it had claimed, so that the next daemon need not wait
// for the claim to end.
func TestShutdownGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sender := newRows(time.Now, dead(1, "x")), &outbox{block: true}
		stop := run(t, &Mailer{Source: source, Sender: sender})
		time.Sleep(time.Second)
		stop()
		due, err := source.Due(t.Context(), 10)
		if err != nil || len(due) != 1 {
			t.Errorf("%d due, %v", len(due), err)
		}
	})
}

// A shutdown right after the mail does not keep it from being marked.
func TestShutdownAfterTheMail(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	source := newRows(time.Now, dead(1, "x"))
	m := &Mailer{Source: source, Sender: cancelling{&outbox{}, cancel}}
	if err := m.once(ctx); err != nil || source.unsent() != 0 {
		t.Errorf("%d unsent, %v", source.unsent(), err)
	}
}

// cancelling shuts down once the mail is out.
type cancelling struct {
	*outbox
	cancel func()
}

func (c cancelling) Send(ctx context.Context, m Mail) error {
	defer c.cancel()
	return c.outbox.Send(ctx, m)
}

func TestSourceDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.DebugLevel)
		source, sender := newRows(time.Now, dead(1, "x")), &outbox{}
		source.setDown(true)
		stop := run(t, &Mailer{Source: source, Sender: sender, Log: zap.New(core)})
		defer stop()
		time.Sleep(time.Hour)
		if n := logs.Len(); n < 10 || n > 100 {
			t.Errorf("%d lines of log for an hour", n)
		}
		source.setDown(false)
		time.Sleep(2 * time.Minute)
		if len(sender.sent()) != 1 {
			t.Error("the alert was lost")
		}
	})
}

// Two daemons do not send the same alert.
func TestTwoMailers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, a, b := newRows(time.Now), &outbox{}, &outbox{}
		stopA := run(t, &Mailer{Source: source, Sender: a})
		stopB := run(t, &Mailer{Source: source, Sender: b})
		defer stopA()
		defer stopB()
		for i := range int64(500) {
			source.add(dead(i, "x"))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		for id, n := range source.sent {
			if n != 1 {
				t.Errorf("alert %d was sent %d times", id, n)
			}
		}
		if source.unsent() != 0 {
			t.Errorf("%d unsent", source.unsent())
		}
	})
}

// With a real mail server: it is down, comes up, refuses, and takes the mail in
// the end. Nothing is lost.
func TestRealServerDownThenUp(t *testing.T) {
	server := (&mailServer{}).start(t)
	refuse := true
	server.rcpt = func(string) error {
		if refuse {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	}
	clock := noon
	now := func() time.Time { return clock }
	source := newRows(now, dead(1, "period closed"), dead(2, "period closed"))
	m := &Mailer{Source: source, Sender: server.sender(), Now: now}
	step := func(what string, reason string) {
		t.Helper()
		if err := m.once(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !strings.Contains(source.reason, reason) || source.unsent() != 2 || len(server.received()) != 0 {
			t.Fatalf("%s: %q, %d unsent, %d mails", what, source.reason, source.unsent(), len(server.received()))
		}
		source.reason = ""
	}
	server.down()
	step("down", "refused")
	step("too early", "")
	clock = clock.Add(longest)
	step("still down", "refused")
	clock = clock.Add(longest)
	server.start(t)
	step("refused", "550")
	clock = clock.Add(longest)
	refuse = false
	if err := m.once(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := server.received()
	if len(mails) != 1 || source.unsent() != 0 {
		t.Fatalf("%d mails, %d unsent", len(mails), source.unsent())
	}
	text := parts(t, mustRead(t, mails[0].raw))[0]
	for _, command := range []string{"erpbridge dead show 101", "erpbridge dead replay 102", `erpbridge dead discard 101 --reason "..."`} {
		if !strings.Contains(text, command) {
			t.Errorf("%q is not in the mail:\n%s", command, text)
		}
	}
	if !strings.Contains(mails[0].headers(), "Subject: [erpbridge] 2 orders could not be delivered (1 cause)") {
		t.Errorf("headers:\n%s", mails[0].headers())
	}
}

// The digest takes everything that is due, however many claims that takes.
func TestEverythingDueIsInOneMail(t *testing.T) {
	var many []Alert
	for i := range int64(3*claimAtOnce + 1) {
		many = append(many, dead(i, "x"))
	}
	sender := &outbox{}
	m := &Mailer{Source: newRows(time.Now, many...), Sender: sender, Prefix: "[test]"}
	if err := m.once(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := sender.sent()
	if want := []string{fmt.Sprintf("[test] %d orders could not be delivered (1 cause)", len(many))}; !slices.Equal(want, subjects(mails)) {
		t.Errorf("got %q", subjects(mails))
	}
	if !strings.Contains(mails[0].Text, fmt.Sprintf("and %d more of this cause", len(many)-shownAlerts)) {
		t.Error("what is not shown is not counted")
	}
}
