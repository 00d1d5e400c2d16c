package world

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/freeport"
	"github.com/hakooi/erpbridge/torture/proxy"
)

// A World is one database, one set of queues, one simulated ERP and the daemons.
type World struct {
	Servers *Servers
	ERP     *Simulator
	Daemons []*Daemon
	Secret  string // the storefront signs with it
	// Partners is the proxy through which partners publish, at PartnerURL.
	Partners   *proxy.Proxy
	PartnerURL string

	conf     Config
	token    Token
	database string // URL
	operator string // the configuration of the operator's commands
	// commandEnv is the environment of the operator's commands, beside ours.
	commandEnv []string
}

// Open makes a world. Its daemons do not run yet.
func Open(ctx context.Context, servers *Servers, conf Config) (w *World, err error) {
	w = &World{Servers: servers, conf: conf.withDefaults(), Secret: rand.Text(), token: Token{
		Account: "1234567", ConsumerKey: rand.Text(), ConsumerSecret: rand.Text(), Token: rand.Text(), TokenSecret: rand.Text(),
	}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("making the world %s: %w", conf.Name, err), w.Close(context.WithoutCancel(ctx)))
			w = nil
		}
	}()
	if err := os.MkdirAll(w.conf.Dir, 0o750); err != nil {
		return w, err
	}
	if w.ERP, err = simulate(ctx, filepath.Join(conf.Bin, "erpsim"), w.conf.Dir, w.token, w.conf.Limits); err != nil {
		return w, err
	}
	if w.database, err = servers.database(w.conf.Name); err != nil {
		return w, err
	}
	w.operator = filepath.Join(w.conf.Dir, "operator.yaml")
	direct := addresses{Listen: "127.0.0.1:0", Database: w.database, Broker: servers.Broker, ERP: w.ERP.NetSuiteURL}
	if err := w.configure(w.operator, direct); err != nil {
		return w, err
	}
	if err := servers.create(ctx, w.conf.Name, w.conf.Program, w.conf.Disk, func(url string) error { return w.migrate(ctx, url) }); err != nil {
		return w, err
	}
	if w.Partners, w.PartnerURL, err = stand(servers.Broker, proxy.AMQP); err != nil {
		return w, err
	}
	for n := range w.conf.Daemons {
		d, err := w.daemon(n + 1)
		if d != nil {
			w.Daemons = append(w.Daemons, d)
		}
		if err != nil {
			return w, err
		}
	}
	return w, nil
}

// migrate makes the tables of a database.
func (w *World) migrate(ctx context.Context, url string) error {
	file := filepath.Join(w.conf.Dir, "migrate.yaml")
	if err := w.configure(file, addresses{Listen: "127.0.0.1:0", Database: url, Broker: w.Servers.Broker, ERP: w.ERP.NetSuiteURL}); err != nil {
		return err
	}
	_, err := w.run(ctx, file, nil, "migrate")
	return err
}

// daemon makes the n-th daemon with its proxies.
func (w *World) daemon(n int) (d *Daemon, err error) {
	d = &Daemon{
		Number: n, world: w, Log: filepath.Join(w.conf.Dir, fmt.Sprintf("daemon%d.log", n)),
		config: filepath.Join(w.conf.Dir, fmt.Sprintf("daemon%d.yaml", n)),
	}
	if d.Listen, err = freeport.Address("127.0.0.1"); err != nil {
		return d, err
	}
	at := addresses{Listen: d.Listen}
	if d.Broker, at.Broker, err = stand(w.Servers.Broker, proxy.AMQP); err != nil {
		return d, err
	}
	if d.Database, at.Database, err = stand(w.database, proxy.Postgres); err != nil {
		return d, err
	}
	if d.ERP, at.ERP, err = stand(w.ERP.NetSuiteURL, proxy.HTTP); err != nil {
		return d, err
	}
	return d, w.configure(d.config, at)
}

// stand puts a proxy before a server and returns the URL that leads through it.
func stand(before string, kind proxy.Kind) (*proxy.Proxy, string, error) {
	u, err := url.Parse(before)
	if err != nil {
		return nil, "", err
	}
	p, err := proxy.Listen(u.Host, kind)
	if err != nil {
		return nil, "", err
	}
	u.Host = p.Addr()
	return p, u.String(), nil
}

func (w *World) daemonProgram() string { return filepath.Join(w.conf.Bin, w.conf.Program) }

// Conf is what the world is like.
func (w *World) Conf() Config { return w.conf }

// Name is the prefix of the queues.
func (w *World) Name() string { return w.conf.Name }

// Up starts all daemons with env and waits until they take events.
func (w *World) Up(ctx context.Context, env ...string) error {
	for _, d := range w.Daemons {
		if err := d.Start(env...); err != nil {
			return err
		}
	}
	return w.Ready(ctx)
}

// Ready waits until all daemons take events.
func (w *World) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	var errs []error
	for _, d := range w.Daemons {
		errs = append(errs, d.Ready(ctx))
	}
	return errors.Join(errs...)
}

// Heal brings everything back that was broken, but for the daemons, which their
// supervisors bring back.
func (w *World) Heal(ctx context.Context) error {
	var errs []error
	for _, d := range w.Daemons {
		errs = append(errs, d.heal())
	}
	w.Partners.Unblock()
	errs = append(errs, w.Partners.Cut(0, 1), w.Partners.Admit())
	errs = append(errs, w.ERP.ClearModes(ctx), w.ERP.SetMails(ctx, MailsAccepted), w.Servers.heal(ctx))
	return errors.Join(append(errs, w.Bind(ctx))...)
}

// bindings are the daemons' own, by exchange.
func (w *World) bindings() map[string]string {
	p := w.conf.Name
	return map[string]string{p + ".ingest": p + ".events", p + ".partner": p + ".events"}
}

// Unbind takes the queue away from the exchanges: what is published from then on
// leads nowhere.
func (w *World) Unbind(_ context.Context) error {
	return w.Servers.inBroker(func(ch *amqp.Channel) error {
		for exchange, queue := range w.bindings() {
			if err := ch.QueueUnbind(queue, "#", exchange, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// Bind puts the bindings back. Without a queue there is nothing to bind: the daemons
// declare all of it when they come.
func (w *World) Bind(_ context.Context) error {
	err := w.Servers.inBroker(func(ch *amqp.Channel) error {
		for exchange, queue := range w.bindings() {
			if err := ch.QueueBind(queue, "#", exchange, false, nil); err != nil {
				return err
			}
		}
		return nil
	})
	var refused *amqp.Error
	if errors.As(err, &refused) && refused.Code == amqp.NotFound {
		return nil
	}
	return err
}

// Depth counts the messages in the queue of events and in that of dead ones.
func (w *World) Depth() (events, dead int, err error) {
	err = w.Servers.inBroker(func(ch *amqp.Channel) error {
		for name, into := range map[string]*int{".events": &events, ".dead": &dead} {
			q, err := ch.QueueDeclarePassive(w.conf.Name+name, true, false, false, false, nil)
			if err != nil {
				return err
			}
			*into = q.Messages
		}
		return nil
	})
	return events, dead, err
}

// Counts adds up what befell the daemons.
func (w *World) Counts() Counts {
	var sum Counts
	for _, d := range w.Daemons {
		c := d.Counts()
		sum.Starts += c.Starts
		sum.Kills += c.Kills
		sum.Terms += c.Terms
		sum.Stops += c.Stops
		sum.Exits += c.Exits
	}
	return sum
}

// Cuts counts the answers that were cut off, by where.
func (w *World) Cuts() map[proxy.Point]int {
	cuts := map[proxy.Point]int{proxy.Confirm: w.Partners.Counts().Cut}
	for _, d := range w.Daemons {
		cuts[proxy.Confirm] += d.Broker.Counts().Cut
		cuts[proxy.Commit] += d.Database.Counts().Cut
		cuts[proxy.BeforeAnswer] += d.ERP.Counts().Cut
		cuts[proxy.MidAnswer] += d.ERP.CountsAt(proxy.MidAnswer).Cut
	}
	return cuts
}

// Close kills what still runs and takes the database and the queues away. The files
// stay.
func (w *World) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var errs []error
	for _, d := range w.Daemons {
		errs = append(errs, d.Dead())
		for _, p := range []*proxy.Proxy{d.Broker, d.Database, d.ERP} {
			if p != nil {
				errs = append(errs, p.Close())
			}
		}
	}
	if w.Partners != nil {
		errs = append(errs, w.Partners.Close())
	}
	if w.ERP != nil {
		errs = append(errs, w.ERP.Close())
	}
	if w.database != "" {
		errs = append(errs, w.Servers.exec(ctx, "drop database if exists "+pgx.Identifier{w.conf.Name}.Sanitize()+" with (force)"))
	}
	if len(w.Daemons) > 0 {
		errs = append(errs, w.Servers.inBroker(func(ch *amqp.Channel) error {
			for _, queue := range []string{".events", ".dead"} {
				if _, err := ch.QueueDelete(w.conf.Name+queue, false, false, false); err != nil {
					return err
				}
			}
			for _, exchange := range []string{".ingest", ".partner", ".dlx"} {
				if err := ch.ExchangeDelete(w.conf.Name+exchange, false, false); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return errors.Join(errs...)
}

// PartnerExchange is where partners publish to, with the store's name as key.
func (w *World) PartnerExchange() string { return w.conf.Name + ".partner" }

// WebhookURL is where a daemon takes webhooks.
func (d *Daemon) WebhookURL() string { return "http://" + d.Listen + "/webhooks/shop" }

// Program tells whether a program is where it should be.
func Program(bin string, names ...string) error {
	var missing []string
	for _, n := range names {
		if _, err := os.Stat(filepath.Join(bin, n)); err != nil {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s lacks %s: run make torture-build", bin, strings.Join(missing, ", "))
	}
	return nil
}
