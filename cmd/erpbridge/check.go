package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

// A finding is one thing that check looked at.
type finding struct {
	Subject string `json:"subject"`
	OK      bool   `json:"ok"`
	Detail  string `json:"detail"`
	// Advice says what to do; empty if OK.
	Advice string `json:"advice,omitempty"`
}

func newCheck(opt *options) *cobra.Command {
	var example bool
	c := &cobra.Command{
		Use: "check", Short: "Check configuration, broker, database, mail server, shops and ERPs", Args: usage(cobra.NoArgs),
		Long: `Check parses the configuration, then looks at every system the daemon will need,
without changing anything there, and says what to do about each failure. Through
the broker it sends probes, which no ledger and no list ever shows. Exit code 1 if
something is wrong, 2 if the configuration itself is refused.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if example {
				_, err := io.WriteString(c.OutOrStdout(), config.Example())
				return err
			}
			conf, n, err := opt.loadAll()
			if err != nil {
				return err
			}
			fs := append([]finding{}, finding{Subject: "configuration " + opt.config, OK: true, Detail: "understood; mapping " + conf.Mapping()})
			fs = append(fs, checkDatabase(c.Context(), conf)...)
			fs = append(fs, checkBroker(c.Context(), conf)...)
			fs = append(fs, checkMail(c.Context(), conf))
			for _, s := range conf.Stores {
				fs = append(fs, checkStore(c.Context(), s, n.stores[s.Name])...)
			}
			for _, t := range conf.Targets {
				fs = append(fs, checkTarget(c.Context(), t.Name, n.targets[t.Name]), checkGuarantee(t, n.targets[t.Name]))
			}
			return showFindings(c.OutOrStdout(), opt, fs)
		},
	}
	c.Flags().BoolVar(&example, "example", false, "print a commented example of a configuration, and check nothing")
	return c
}

// patience is how long each look at another system may take.
const patience = 10 * time.Second

func checkDatabase(ctx context.Context, conf *config.Config) []finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v, err := outbox.ReadSchemaVersion(ctx, conf.Database.URL.Reveal())
	if err != nil {
		return []finding{{"postgres", false, err.Error(), databaseTrouble(err)}}
	}
	if !v.Current() {
		return []finding{{
			"postgres schema", false, fmt.Sprintf("version %d, this program needs %d", v.Database, v.Program),
			"run erpbridge migrate (or, if the database is ahead, the newer erpbridge)",
		}}
	}
	fs := []finding{{"postgres schema", true, fmt.Sprintf("version %d", v.Database), ""}}
	store, err := outbox.Open(ctx, outbox.Config{URL: conf.Database.URL.Reveal(), Conns: 2})
	if err != nil {
		return append(fs, finding{"postgres", false, err.Error(), "check database.url"})
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		fs = append(fs, finding{"postgres", false, err.Error(), "point database.url at the primary"})
	}
	if err := store.CheckTables(ctx); err != nil {
		fs = append(fs, finding{"postgres privileges", false, err.Error(), "grant what is missing to the daemon's role"})
	}
	settings, err := store.Durability(ctx)
	if err != nil {
		return append(fs, finding{"postgres", false, err.Error(), "check that the role may connect"})
	}
	for _, s := range settings {
		f := finding{"postgres " + s.Name, s.OK, s.Value, s.Advice}
		if !s.OK && conf.Database.Development {
			f.OK, f.Detail, f.Advice = true, s.Value+" (allowed by database.development: an accepted order can be lost)", ""
		}
		fs = append(fs, f)
	}
	return fs
}

func checkBroker(ctx context.Context, conf *config.Config) []finding {
	ctx, cancel := context.WithTimeout(ctx, 2*patience) // there are many questions
	defer cancel()
	t, err := broker.NewTopology(brokerConfig(conf))
	if err != nil {
		return []finding{{"rabbitmq", false, err.Error(), "correct the section broker"}}
	}
	var fs []finding
	for _, f := range t.Check(ctx) {
		one := finding{"rabbitmq " + f.Subject, !f.Grave, f.Detail, f.Remedy}
		if !f.Grave && f.Remedy != "" {
			one.Detail, one.Advice = f.Detail+"; "+f.Remedy, ""
		}
		fs = append(fs, one)
	}
	return fs
}

// admitBroker refuses to start with a broker that can lose messages. It returns who
// looks after the broker from then on.
func admitBroker(ctx context.Context, conf *config.Config, log *zap.Logger) (*broker.Doctor, error) {
	d, err := broker.NewDoctor(brokerConfig(conf), log)
	if err != nil {
		return nil, &codedError{exitUsage, err}
	}
	return d, d.Admit(ctx)
}

func checkMail(ctx context.Context, conf *config.Config) finding {
	if !conf.Alerts.Enabled() {
		return finding{"mail", false, "there is no alerts section: nobody would be told", "add the section alerts with smtp, from and to"}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	smtp, err := newSMTP(conf)
	if err == nil {
		err = smtp.Check(ctx)
	}
	if err != nil {
		return finding{"mail", false, err.Error(), "check alerts.smtp: host, port, tls and credentials"}
	}
	return finding{"mail", true, fmt.Sprintf("%s:%d takes mail", conf.Alerts.SMTP.Host, conf.Alerts.SMTP.Port), ""}
}

func checkTarget(ctx context.Context, name string, erp erpbridge.ERP) finding {
	subject := "target " + name
	p, ok := erp.(erpbridge.Prober)
	if !ok {
		return finding{subject, true, "cannot be asked without an effect; not checked", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Probe(ctx); err != nil {
		advice := "check that the ERP runs and that this machine reaches it"
		if erpbridge.KindOf(err) == erpbridge.Refused {
			advice = "check the target's url and credentials"
		}
		return finding{subject, false, err.Error(), advice}
	}
	return finding{subject, true, "answers", ""}
}

// checkGuarantee says what the bridge can promise for a target.
func checkGuarantee(t config.Target, erp erpbridge.ERP) finding {
	subject := "target " + t.Name + " delivery"
	keyed, finds := abilities(erp)
	switch {
	case keyed && finds:
		return finding{subject, true, "once: it takes a document under one key only once, and what is in doubt is looked up", ""}
	case keyed:
		return finding{subject, true, "once: it takes a document under one key only once", ""}
	case finds && t.Delivery.LookupAfter > 0:
		return finding{subject, true, fmt.Sprintf("once: what is in doubt is looked up, %s after the request at the earliest", t.Delivery.LookupAfter), ""}
	case finds:
		return finding{
			subject, false, "it has no unique key, and lookup_after is 0: a request that is still being worked on would be sent a second time",
			"set delivery.lookup_after to the longest time it may work on one request",
		}
	case t.Delivery.AtLeastOnce:
		return finding{subject, true, "AT LEAST once: it has neither a unique key nor a look-up, so an order may arrive twice", ""}
	}
	return finding{
		subject, false, "it has neither a unique key nor a look-up: an order whose answer is lost may arrive twice",
		"say delivery.at_least_once: true if the ERP can live with that",
	}
}

// abilities reports whether an ERP takes a document under one key only once, and
// whether it can look up what is in doubt.
func abilities(erp erpbridge.ERP) (keyed, finds bool) {
	k, ok := erp.(erpbridge.Keyed)
	_, finds = erp.(erpbridge.Finder)
	return ok && k.Keyed(), finds
}

func showFindings(w io.Writer, opt *options, fs []finding) error {
	bad := 0
	for _, f := range fs {
		if !f.OK {
			bad++
		}
	}
	if opt.json() {
		if err := printJSON(w, map[string]any{"ok": bad == 0, "findings": fs}); err != nil {
			return err
		}
	} else {
		for _, f := range fs {
			mark := "ok   "
			if !f.OK {
				mark = "WRONG"
			}
			if _, err := fmt.Fprintf(w, "%s  %s: %s\n", mark, f.Subject, printable(f.Detail)); err != nil {
				return err
			}
			if f.Advice != "" {
				if _, err := fmt.Fprintf(w, "       to do: %s\n", f.Advice); err != nil {
					return err
				}
			}
		}
	}
	if bad > 0 {
		return &codedError{exitFailed, nil}
	}
	return nil
}
