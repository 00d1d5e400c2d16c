package main

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/hakooi/erpbridge/alert"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

// mail starts the mailer, if anybody is to be mailed.
func mail(ctx context.Context, g *errgroup.Group, conf *config.Config, store *outbox.Store, log *zap.Logger) error {
	if !conf.Alerts.Enabled() {
		log.Warn("there is no alerts section: nobody is mailed when something cannot be delivered")
		return nil
	}
	smtp, err := newSMTP(conf)
	if err != nil {
		return err
	}
	m := &alert.Mailer{
		Source: notices{store, conf}, Sender: smtp, Every: conf.Alerts.Every, Poll: 500 * time.Millisecond,
		Prefix: conf.Alerts.SubjectPrefix, Log: log.Named("mailer"),
	}
	g.Go(func() error { return m.Run(ctx) })
	return nil
}

func newSMTP(conf *config.Config) (*alert.SMTP, error) {
	s := conf.Alerts.SMTP
	smtp, err := alert.NewSMTP(alert.SMTPConfig{
		Host: s.Host, Port: s.Port, Username: s.Username, Password: s.Password.Reveal, TLS: alert.TLSPolicy(s.TLS), CAFile: s.CAFile,
		From: conf.Alerts.From, To: conf.Alerts.To,
	})
	if err != nil {
		return nil, &codedError{exitUsage, fmt.Errorf("alerts: %w", err)}
	}
	return smtp, nil
}

// notices gives the mailer the outbox's notices.
type notices struct {
	*outbox.Store
	conf *config.Config
}

func (n notices) Due(ctx context.Context, limit int) ([]alert.Alert, error) {
	ns, err := n.DueNotices(ctx, limit)
	as := make([]alert.Alert, len(ns))
	for i, x := range ns {
		as[i] = alert.Alert{
			ID: x.ID, Kind: x.Kind, DeadLetter: x.DeadLetter, Store: x.Store, Target: x.Target, Order: x.Order,
			Stream: x.Stream, Document: x.Document, Reason: x.Reason, At: x.At, Attempts: x.Attempts, Mail: x.Mail,
			TakenOnce: takesOnce(n.conf, x.Target) != "",
		}
	}
	return as, err
}

func (n notices) Sent(ctx context.Context, ids []int64) error { return n.NoticesSent(ctx, ids) }

func (n notices) Mailing(ctx context.Context, ids []int64, mail string) error {
	return n.NoticesMailing(ctx, ids, mail)
}

func (n notices) Failed(ctx context.Context, ids []int64, reason string, wait time.Duration, doubt bool) error {
	return n.NoticesFailed(ctx, ids, reason, wait, doubt)
}
