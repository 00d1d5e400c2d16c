package alert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// Mailer sends digests of the alerts that are due. Its fields are set before Run
// and not changed afterwards.
type Mailer struct {
	Source Source
	Sender Sender
	// Every is the shortest time between two mails. Default one minute.
	Every time.Duration
	// Poll is how often to look for alerts. Default one second.
	Poll time.Duration
	// Prefix begins every subject. Default "[erpbridge]".
	Prefix string
	// Now is the clock. Default time.Now.
	Now func() time.Time
	Log *zap.Logger

	next  time.Time                   // no mail before
	waits *backoff.ExponentialBackOff // after a mail that failed
	told  []int64                     // mailed, and not yet marked as Sent
}

const (
	claimAtOnce = 1000
	maxDigest   = 50_000
	// gathering and sending must end well within the claim of two minutes.
	gatherFor = 30 * time.Second
	recordFor = 5 * time.Second

	firstWait  = 5 * time.Second
	longest    = 15 * time.Minute
	sourceWait = time.Minute
)

// Run sends until ctx ends, and returns nil then. No failure of the source or of
// the mail server ends it.
func (m *Mailer) Run(ctx context.Context) error {
	poll := cmp.Or(m.Poll, time.Second)
	wait := poll
	for {
		if err := m.once(ctx); err == nil {
			wait = poll
		} else if ctx.Err() == nil {
			m.log().Warn("alerts cannot be read or marked", zap.Error(err))
			wait = min(2*wait, sourceWait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// once sends one mail, if there is something to tell and its time has come. Its
// errors are the source's; those of the mail server are dealt with here.
func (m *Mailer) once(ctx context.Context) error {
	if err := m.record(ctx); err != nil {
		return err
	}
	if m.now().Before(m.next) {
		return nil
	}
	d, err := m.gather(ctx)
	if len(d.ids) == 0 {
		return err
	}
	// What was claimed before the source failed is told all the same.
	return errors.Join(err, m.send(ctx, d))
}

// gather claims what is due.
func (m *Mailer) gather(ctx context.Context) (*digest, error) {
	d := &digest{}
	for until := m.now().Add(gatherFor); len(d.ids) < maxDigest && m.now().Before(until); {
		n := claimAtOnce
		if fault.Planted("alert-each") { // planted: a mail for every alert
			n = 1
		}
		var alerts []Alert
		err := fault.Do("alert.due", func() (err error) {
			alerts, err = m.Source.Due(ctx, n)
			return err
		})
		if len(alerts) > 0 && alerts[0].Mail != "" && len(d.ids) > 0 {
			// Another mail that has to be repeated as it was: the next one.
			var ids []int64
			for _, a := range alerts {
				ids = append(ids, a.ID)
			}
			return d, errors.Join(err, m.Source.Failed(ctx, ids, "", 0, true))
		}
		for _, a := range alerts {
			d.add(a)
		}
		if err != nil {
			return d, fmt.Errorf("claiming alerts: %w", err)
		}
		if len(alerts) < claimAtOnce || alerts[0].Mail != "" {
			break
		}
	}
	return d, nil
}

// send mails a digest and tells the source what came of it.
func (m *Mailer) send(ctx context.Context, d *digest) error {
	mail, err := d.mail(cmp.Or(m.Prefix, "[erpbridge]"), m.now())
	if err == nil {
		// Written down first: whoever finds these alerts after a crash repeats the mail
		// with its ID, and its readers see that it is a repetition.
		if err := fault.Do("alert.mailing", func() error { return m.Source.Mailing(ctx, d.ids, mail.ID) }); err != nil {
			return fmt.Errorf("writing down that a mail is sent: %w", err)
		}
		err = fault.Do("alert.send", func() error { return m.Sender.Send(ctx, mail) })
	}
	var partial *Partial
	switch {
	case errors.As(err, &partial):
		m.log().Error("an alert mail reached some of its receivers only; correct the addresses of the others",
			zap.Int("refused", partial.Refused), zap.Int("accepted", partial.Accepted), zap.Error(err))
	case err != nil && ctx.Err() != nil:
		return m.failed(ctx, d, "interrupted by shutdown", 0, d.again || doubtful(err))
	case err != nil:
		// That this try came to nothing says nothing about the one before.
		return m.failed(ctx, d, clean(err.Error(), maxReason), m.backOff(err, len(d.ids)), d.again || doubtful(err))
	}
	m.waits = nil
	m.next = m.now().Add(cmp.Or(m.Every, time.Minute))
	if fault.Planted("alert-each") {
		m.next = m.now()
	}
	m.told = d.ids
	m.log().Info("alert mail sent", zap.Int("alerts", len(d.ids)), zap.Int("causes", len(d.causes)), zap.String("message_id", mail.ID))
	return m.record(ctx)
}

// backOff decides how long to leave the mail server alone.
func (m *Mailer) backOff(err error, alerts int) time.Duration {
	if m.waits == nil {
		m.waits = backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(firstWait), backoff.WithMultiplier(2),
			backoff.WithMaxInterval(longest), backoff.WithMaxElapsedTime(0), // 0: it never gives up
		)
	}
	wait := min(m.waits.NextBackOff(), longest)
	m.next = m.now().Add(wait)
	fields := []zap.Field{zap.Int("alerts", alerts), zap.Duration("again_in", wait), zap.Error(err)}
	if k := erpbridge.KindOf(err); k == erpbridge.Transient || k == erpbridge.InDoubt {
		m.log().Warn("alert mail not sent; it is tried again", fields...)
	} else {
		m.log().Error("alert mail refused; it is tried again, and somebody must look at the alert settings", fields...)
	}
	return wait
}

// record marks as sent what was mailed. A shutdown does not interrupt it, and
// nothing else is mailed before it succeeded: what is not marked is mailed again
// when its claim ends.
func (m *Mailer) record(ctx context.Context) error {
	if len(m.told) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	if err := fault.Do("alert.sent", func() error { return m.Source.Sent(ctx, m.told) }); err != nil {
		return fmt.Errorf("marking alerts as sent: %w", err)
	}
	m.told = nil
	return nil
}

// failed gives back what could not be mailed.
func (m *Mailer) failed(ctx context.Context, d *digest, reason string, wait time.Duration, doubt bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	if err := fault.Do("alert.failed", func() error { return m.Source.Failed(ctx, d.ids, reason, wait, doubt) }); err != nil {
		return fmt.Errorf("giving alerts back: %w", err)
	}
	return nil
}

// doubtful reports whether a mail that failed may have been sent all the same.
func doubtful(err error) bool {
	k := erpbridge.KindOf(err)
	return k != erpbridge.Transient && k != erpbridge.Refused
}

func (m *Mailer) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}

func (m *Mailer) log() *zap.Logger {
	if m.Log != nil {
		return m.Log
	}
	return zap.NewNop()
}
