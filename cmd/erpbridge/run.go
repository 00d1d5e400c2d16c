package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/ingest"
	"github.com/hakooi/erpbridge/outbox"
	"github.com/hakooi/erpbridge/pipeline"
)

func newRun(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: "Run the daemon", Args: usage(cobra.NoArgs),
		Long: `Run is the daemon: it takes webhooks, consumes from RabbitMQ, and delivers to the
ERPs until it gets SIGTERM or SIGINT. Then it takes nothing new, lets requests
under way end, and exits with 0. A second signal ends it at once; nothing is lost
by that either.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return inOrder(c.Context(), run(c.Context(), opt, c.ErrOrStderr()))
		},
	}
}

// inOrder is the error of a daemon that has ended: none if it was told to, also while it
// was starting, and had nothing else to say.
func inOrder(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// run is the whole daemon, from its configuration to the last goroutine's return.
func run(ctx context.Context, opt *options, stderr io.Writer) error {
	tables := outbox.NewCrossReferences()
	conf, n, err := opt.loadWith(tables.Of)
	if err != nil {
		return err
	}
	log := newLog(conf.Log, stderr)
	defer func() { _ = log.Sync() }()

	store, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := refuseForgetful(ctx, conf, store); err != nil {
		return err
	}
	doctor, err := admitBroker(ctx, conf, log.Named("doctor"))
	if err != nil {
		return err
	}
	for _, t := range conf.Targets {
		if f := checkGuarantee(t, n.targets[t.Name]); !f.OK {
			return &codedError{exitUsage, fmt.Errorf("%s: %s: %s", f.Subject, f.Detail, f.Advice)}
		}
	}
	p, err := lay(conf, n)
	if err != nil {
		return err
	}
	// Nothing is decided before the tables are known: what they lack would be held.
	loaded, err := store.LoadReferences(ctx, tables)
	if err != nil {
		return err
	}
	p.References = tables
	receiver := &pipeline.Receiver{Pipeline: p, Store: store, Log: log}

	publisher, err := broker.NewPublisher(brokerConfig(conf), log.Named("publisher"))
	if err != nil {
		return &codedError{exitUsage, err}
	}
	publisher.Alerts, doctor.Alerts = store, store
	consumer, err := broker.NewConsumer(brokerConfig(conf), log.Named("consumer"))
	if err != nil {
		return &codedError{exitUsage, err}
	}
	gateway, err := newGateway(conf, n, publisher, consumer, store, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", conf.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}

	log.Info("erpbridge is up", zap.String("version", version), zap.String("listen", listener.Addr().String()), zap.String("mapping", conf.Mapping()))
	defer log.Info("erpbridge is down")

	g, ctx := errgroup.WithContext(ctx)
	// The publisher outlives the gateway: what was read is still answered.
	published, stopPublishing := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error { return publisher.Run(published) })
	g.Go(func() error { return doctor.Run(ctx) })
	g.Go(func() error {
		defer stopPublishing()
		return gateway.Run(ctx, listener)
	})
	g.Go(func() error { return consumer.Consume(ctx, receive(receiver, store)) })
	g.Go(func() error { return consumer.DrainDead(ctx, drain(store)) })
	g.Go(func() error {
		return (&pipeline.Digester{Inbox: inbox{store}, Receiver: receiver, Log: log}).Run(ctx)
	})
	g.Go(func() error { return reload(tables, loaded, store, log).Run(ctx) })
	fetch(ctx, g, p, receiver, store, log)
	pollStores(ctx, g, conf, n, store, log)
	dispatch(ctx, g, conf, n, store, log)
	g.Go(func() error { return clock(conf, store, log).Run(ctx) })
	if err := mail(ctx, g, conf, store, log); err != nil {
		return err
	}
	return g.Wait()
}

// refuseForgetful keeps the daemon from trusting a Postgres that may forget a
// COMMIT.
func refuseForgetful(ctx context.Context, conf *config.Config, store *outbox.Store) error {
	settings, err := store.Durability(ctx)
	if err != nil {
		return err
	}
	for _, s := range settings {
		if !s.OK && !conf.Database.Development {
			return fmt.Errorf("postgres has %s = %s: %s", s.Name, s.Value, s.Advice)
		}
	}
	return nil
}

func newGateway(conf *config.Config, n neighbours, publisher *broker.Publisher, consumer *broker.Consumer, store *outbox.Store, log *zap.Logger) (*ingest.Gateway, error) {
	return ingest.New(ingest.Config{
		Stores:      n.stores,
		Targets:     acknowledgers(n),
		Confirmed:   store,
		Publisher:   publisher,
		Inbox:       store,
		MaxBody:     int64(conf.HTTP.MaxBody),
		Concurrency: conf.HTTP.Concurrency,
		Connections: conf.HTTP.Connections,
		Probes: map[string]func(context.Context) error{
			"database": store.Ping,
			"broker": func(context.Context) error {
				if why := publisher.Trouble(); why != "" {
					return ingest.Shown(why)
				}
				return nil
			},
			"consumers": func(context.Context) error {
				if consumer.Consumers() == 0 {
					return errors.New("nothing consumes from the broker")
				}
				return nil
			},
		},
		Log: log.Named("ingest"),
	})
}

// acknowledgers are the targets that send their confirmations of their own accord.
func acknowledgers(n neighbours) map[string]erpbridge.Acknowledger {
	as := map[string]erpbridge.Acknowledger{}
	for name, erp := range n.targets {
		if a, ok := erp.(erpbridge.Acknowledger); ok {
			as[name] = a
		}
	}
	return as
}

// suspicious is after how many deliveries a message is suspected to bring the
// process down. It then goes into the inbox raw, where tries are counted per
// event.
const suspicious = 5

// receive makes the broker's handler of the receiver.
func receive(r *pipeline.Receiver, store *outbox.Store) broker.Handler {
	return func(ctx context.Context, ds []broker.Delivery) []error {
		errs := make([]error, len(ds))
		var as []pipeline.Arrival
		var at []int
		for i, d := range ds {
			if d.Redeliveries >= suspicious && d.Problem == nil {
				errs[i] = store.Receive(ctx, d.Message)
				continue
			}
			as = append(as, pipeline.Arrival{Message: d.Message, Problem: d.Problem})
			at = append(at, i)
		}
		if len(as) > 0 {
			for i, err := range r.Receive(ctx, as) {
				errs[at[i]] = err
			}
		}
		return errs
	}
}

// drain records what the broker gave up in the one dead-letter list.
func drain(store *outbox.Store) func(context.Context, broker.Delivery, string) error {
	return func(ctx context.Context, d broker.Delivery, reason string) error {
		cause := d.Problem
		if cause == nil {
			cause = &erpbridge.Error{Op: "broker", Kind: erpbridge.Invalid, Code: "BROKER-DEAD-LETTER", Err: fmt.Errorf("the broker gave it up: %s", reason)}
		}
		return store.Record(ctx, []erpbridge.Decision{{Message: d.Message, Verdict: erpbridge.Bury, Cause: cause}})
	}
}

// inbox gives the digester the store's undigested events.
type inbox struct{ *outbox.Store }

// digestHold keeps an event that the pipeline began on from a second daemon.
const digestHold = 10 * time.Second

func (i inbox) Next(ctx context.Context, n int) ([]pipeline.Waiting, error) {
	us, err := i.ClaimUndigested(ctx, n, digestHold)
	return waiting(us), err
}

// fetchHold keeps a message from a second daemon while a shop is asked for what it
// points to: longer than that may take.
const fetchHold = 90 * time.Second

func (i inbox) NextPointing(ctx context.Context, store string, n int) ([]pipeline.Waiting, error) {
	us, err := i.ClaimPointing(ctx, store, n, fetchHold)
	return waiting(us), err
}

func waiting(us []outbox.Undigested) []pipeline.Waiting {
	ws := make([]pipeline.Waiting, len(us))
	for i, u := range us {
		ws[i] = pipeline.Waiting{Message: u.Message, Tries: u.Tries}
	}
	return ws
}

// reload keeps the cross-reference tables as the database has them.
func reload(tables *outbox.CrossReferences, loaded int64, store *outbox.Store, log *zap.Logger) *pipeline.Reloading {
	return &pipeline.Reloading{
		Latest: func(ctx context.Context) (int64, error) { return store.LatestReferences(ctx, tables) },
		Load:   func(ctx context.Context) (int64, error) { return store.LoadReferences(ctx, tables) },
		Loaded: loaded, Log: log.Named("reloading"),
	}
}

// fetch starts a Fetching for every store whose messages may only point to something,
// and sees to those that wait for one of another store.
func fetch(ctx context.Context, g *errgroup.Group, p *pipeline.Pipeline, receiver *pipeline.Receiver, store *outbox.Store, log *zap.Logger) {
	for name, f := range p.Fetchers {
		loop := &pipeline.Fetching{Store: name, Fetcher: f, Pointers: inbox{store}, Receiver: receiver, Tell: store.Alert, Log: log.Named("fetching")}
		g.Go(func() error { return loop.Run(ctx) })
	}
	release := &pipeline.Releasing{Stores: slices.Sorted(maps.Keys(p.Fetchers)), Release: store.ReleasePointing, Log: log.Named("fetching")}
	g.Go(func() error { return release.Run(ctx) })
}

// dispatch starts a dispatcher for every target.
func dispatch(ctx context.Context, g *errgroup.Group, conf *config.Config, n neighbours, store *outbox.Store, log *zap.Logger) {
	var names []string
	for _, t := range conf.Targets {
		names = append(names, t.Name)
	}
	hints := store.NewHints(log, names...)
	g.Go(func() error { return hints.Run(ctx) })
	for _, t := range conf.Targets {
		erp := n.targets[t.Name]
		finder, _ := erp.(erpbridge.Finder)
		confirmer, _ := erp.(erpbridge.Confirmer)
		d := &outbox.Dispatcher{
			Target: t.Name, Queue: store, ERP: erp, Finder: finder, Policy: policy(t.Delivery, erp),
			Confirmations: store, Confirmer: confirmer,
			Limits: outbox.Limits{Concurrency: t.Delivery.Concurrency, Rate: float64(t.Delivery.Rate)},
			Batch:  outbox.Batch{Events: t.Delivery.Batch, Bytes: int(t.Delivery.BatchBytes), Linger: t.Delivery.Linger},
			Closed: calendar(t.Delivery.Maintenance), Timeout: t.Delivery.Timeout, Lease: t.Delivery.Lease, Poll: t.Delivery.Poll,
			Grace: 15 * time.Second, Hints: hints.For(t.Name), Log: log.Named("dispatcher"),
		}
		g.Go(func() error { return d.Run(ctx) })
	}
}

func policy(d config.Delivery, erp erpbridge.ERP) outbox.Policy {
	_, finds := erp.(erpbridge.Finder)
	_, asks := erp.(erpbridge.Confirmer)
	_, hears := erp.(erpbridge.Acknowledger)
	return outbox.Policy{
		First: d.Retry.First, Max: d.Retry.Max, Schedule: d.Retry.Schedule, Attempts: d.Retry.Attempts, MaxAge: d.Retry.Age,
		Missing: d.Missing.Attempts, Lost: 5, Refusal: 5 * time.Minute, Throttle: 2 * time.Second, Jitter: outbox.FullJitter,
		LookupAfter: d.LookupAfter, Blind: !finds,
		Confirm: outbox.Confirm{Asks: asks, Hears: hears, First: d.Confirm.First, Max: d.Confirm.Max, Within: d.Confirm.Within},
	}
}

// clock knows the longest of all configured waits and leases.
func clock(conf *config.Config, store *outbox.Store, log *zap.Logger) outbox.Clock {
	c := outbox.Clock{Store: store, Longest: time.Hour, Log: log.Named("clock")}
	for _, t := range conf.Targets {
		d := t.Delivery
		c.Lease = max(c.Lease, d.Lease+d.LookupAfter)
		c.Confirm = max(c.Confirm, d.Confirm.Within, d.Confirm.Max)
		c.Longest = slices.Max(append([]time.Duration{c.Longest, d.Retry.Max, d.LookupAfter}, d.Retry.Schedule...))
	}
	return c
}

func calendar(ms []config.Maintenance) (c outbox.Calendar) {
	for _, m := range ms {
		w := outbox.Window{From: time.Duration(m.From), To: time.Duration(m.To), Zone: m.Zone.Location}
		for _, d := range m.Days {
			w.Days = append(w.Days, time.Weekday(d))
		}
		c = append(c, w)
	}
	return c
}

// newLog writes to stderr: what a supervisor collects.
func newLog(c config.Log, stderr io.Writer) *zap.Logger {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		level = zapcore.InfoLevel
	}
	ec := zap.NewProductionEncoderConfig()
	ec.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	enc := zapcore.NewJSONEncoder(ec)
	if c.Format == "console" {
		enc = zapcore.NewConsoleEncoder(ec)
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(stderr)), level))
}
