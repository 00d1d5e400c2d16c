// Package config reads the one configuration file and hands out checked values.
//
// It promises that a daemon which starts has a configuration that means what it
// says: an unknown key, a key given twice, a value of another type, a variable
// that is not set, a route to nowhere are errors before anything runs, all of
// them at once, each with its place and what was probably meant:
//
//	erpbridge.yaml:12:3: stores[0].knd: unknown key; did you mean "kind"?
//
// The way of a file:
//
//	bytes ──parse──▶ tree ──substitute──▶ tree ──decode──▶ Config ──Validate──▶ Config
//	          │               │                     │                   │
//	          └───────────────┴──── errors ─────────┴───────────────────┘  all of them, sorted by place
//
// Substitution happens in values, after parsing: ${NAME} and ${NAME:-default}
// stand for the environment, $${ for a literal ${, and a value that begins with
// file: for that file's content without its last line feed. So no value from
// outside can add a key or end a quote. Text stays text: 010, 1.10 and NO reach a
// string as they stand. Aliases to a whole value are allowed, within bounds;
// merge keys and tags are not.
//
// The package knows that neighbours have a name, a kind and settings, and not
// what the settings mean: each adapter owns a struct, and Neighbour.Decode fills
// it under the same rules and with the same errors.
//
// Secrets never print: they are of type Secret, an error shows a value only as it
// stands in the file, before substitution, and under a key that holds secrets it
// shows three asterisks.
package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"time"
)

// Config is the whole file.
type Config struct {
	Database Database `yaml:"database"`
	Broker   Broker   `yaml:"broker"`
	HTTP     HTTP     `yaml:"http"`
	// Stores are the storefronts orders come from; at least one.
	Stores []Store `yaml:"stores"`
	// Targets are the ERPs orders go to; at least one.
	Targets []Target `yaml:"targets"`
	// Routes say which orders go to which targets; the first that matches wins.
	// Without routes everything goes to the one target there is.
	Routes []Route `yaml:"routes"`
	// Tolerance is how far an order's sum may be from its total before it counts
	// as not adding up, as a decimal number in the order's currency. Default "0.00".
	Tolerance string `yaml:"tolerance"`
	// Alerts are not Enabled where the file has no such section. It is no pointer:
	// fmt prints what a nested pointer points to without asking Secret, if the verb
	// does not fit.
	Alerts Alerts `yaml:"alerts"`
	Log    Log    `yaml:"log"`

	// origin says where settings stand in the file; nil for a Config that was not
	// read from one. It is a function so that printing a Config prints no tree.
	origin  func(path string) place
	mapping string
}

// Database is the PostgreSQL server that holds inbox and outbox.
type Database struct {
	// URL is a connection URL or key-value string as libpq knows them. A server
	// that is not this machine needs sslmode require, verify-ca or verify-full.
	URL Secret `yaml:"url"`
	// Development allows a server that may lose commits, such as one with
	// fsync=off. Default false.
	Development bool `yaml:"development"`
	// Insecure allows plaintext to another machine. Default false.
	Insecure bool `yaml:"insecure"`
}

// Broker is the RabbitMQ server or cluster.
type Broker struct {
	// URL is the address of a single server. After reading it is in URLs too.
	URL Secret `yaml:"url"`
	// URLs are the addresses of a cluster's nodes, tried in turn. A node that is
	// not this machine needs amqps.
	URLs []Secret `yaml:"urls"`
	// Management is the address of RabbitMQ's management API, which check and run ask
	// for policies that override the queues. Without a user in it, that of the first
	// address above is taken. Without it policies are not looked at.
	Management Secret `yaml:"management"`
	// Prefix begins the names of all exchanges and queues. Default "erpbridge".
	Prefix string `yaml:"prefix"`
	// Insecure allows plaintext to another machine. Default false.
	Insecure bool `yaml:"insecure"`
}

// HTTP is the webhook gateway.
type HTTP struct {
	// Listen is the address to listen on. Default "127.0.0.1:8080".
	Listen string `yaml:"listen"`
	// MaxBody bounds a webhook's body. Default 10MiB, at most 15MiB: RabbitMQ 4
	// refuses messages of 16 MiB.
	MaxBody Size `yaml:"max_body"`
	// Concurrency bounds how many requests are worked on at once; the rest are
	// asked to come again. Default 4096.
	Concurrency int `yaml:"concurrency"`
	// Connections bounds how many may be open at once. Beyond it the one that has been
	// silent longest is closed. Default 8192, or what the limit on open files leaves.
	Connections int `yaml:"connections"`
}

// Alerts says whom to tell when something does not reach its ERP, and how.
type Alerts struct {
	SMTP SMTP `yaml:"smtp"`
	// From is the sender's address, such as "erpbridge <erp@example.com>".
	From string `yaml:"from"`
	// To are the receivers' addresses; at least one.
	To []string `yaml:"to"`
	// Every is the shortest time between two mails. The first goes out at once,
	// what comes after it waits for the next. Default 1m.
	Every time.Duration `yaml:"every"`
	// SubjectPrefix begins every subject. Default "[erpbridge]".
	SubjectPrefix string `yaml:"subject_prefix"`

	given bool
}

// Enabled reports whether anybody is to be mailed.
func (a Alerts) Enabled() bool { return len(a.To) > 0 }

// SMTP is the mail server.
type SMTP struct {
	Host string `yaml:"host"`
	// Port is 587 by default. On 465 the connection is TLS from its first byte,
	// on every other port it becomes TLS by STARTTLS.
	Port     int    `yaml:"port"`
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// TLS is "mandatory", "opportunistic" or "none"; none only to this machine.
	// Default "mandatory".
	TLS string `yaml:"tls"`
	// CAFile names a PEM file of certificates to trust instead of the system's.
	// A relative name is relative to the configuration file's folder.
	CAFile string `yaml:"ca_file"`
}

// Log is what the daemon writes to its standard error.
type Log struct {
	// Level is "debug", "info", "warn" or "error". Default "info".
	Level string `yaml:"level"`
	// Format is "json" or "console". Default "json".
	Format string `yaml:"format"`
}

// defaults returns what holds where the file is silent.
func defaults() Config {
	return Config{
		Broker:    Broker{Prefix: "erpbridge"},
		HTTP:      HTTP{Listen: "127.0.0.1:8080", MaxBody: 10 << 20, Concurrency: 4096, Connections: 8192},
		Tolerance: "0.00",
		Log:       Log{Level: "info", Format: "json"},
	}
}

// decodeFrom sets the defaults that hold only where there are alerts.
func (a *Alerts) decodeFrom(d decoder, n *node, path string) {
	if n.shape == broken || n.shape == nothing {
		return
	}
	type plain Alerts
	p := plain{given: true, SMTP: SMTP{Port: 587, TLS: "mandatory"}, Every: time.Minute, SubjectPrefix: "[erpbridge]"}
	d.decode(n, path, reflect.ValueOf(&p).Elem())
	*a = Alerts(p)
}

// Load reads the file at path. Environment variables are looked up with env,
// which is os.LookupEnv in the daemon; names of files in the configuration are
// relative to its folder.
//
// The error is of type Errors unless the file could not be read at all. With
// Errors, Load still returns what it understood of the file: its neighbours can
// be decoded, to learn what is wrong with them as well. Such a Config must not be
// run with.
func Load(path string, env func(string) (string, bool)) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(path, data, filepath.Dir(path), env)
}

// Parse reads a configuration from data. The name is for error messages; names
// of files are relative to dir. Errors are as in Load; where data could not be
// parsed at all, the Config is nil.
func Parse(name string, data []byte, dir string, env func(string) (string, bool)) (*Config, error) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	r := &report{file: name}
	root := r.parse(data)
	if root == nil || !(decoder{r}).is(root, "", mapping) {
		return nil, r.errors.sorted()
	}
	source{dir: dir, env: env}.substitute(r, root, "")

	c := defaults()
	c.origin = func(path string) place { return root.place(name, path) }
	c.mapping = fingerprint(root)
	decoder{r}.decode(root, "", reflect.ValueOf(&c).Elem())
	c.complete(dir)
	c.check(r)
	return &c, r.errors.sorted()
}

// complete fills in what follows from other settings.
func (c *Config) complete(dir string) {
	if c.Broker.URL != "" && len(c.Broker.URLs) == 0 {
		c.Broker.URLs = []Secret{c.Broker.URL}
	}
	if len(c.Routes) == 0 && len(c.Targets) == 1 {
		c.Routes = []Route{{Targets: []string{c.Targets[0].Name}}}
	}
	if c.Alerts.SMTP.CAFile != "" && !filepath.IsAbs(c.Alerts.SMTP.CAFile) {
		c.Alerts.SMTP.CAFile = filepath.Join(dir, c.Alerts.SMTP.CAFile)
	}
}
