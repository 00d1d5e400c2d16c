package world

import (
	_ "embed"
	"net"
	"os"
	"strings"
	"text/template"
	"time"
)

//go:embed erpbridge.yaml.tmpl
var settings string

// Shop is the storefront's domain, as all configurations have it.
const Shop = "torture.myshopify.com"

// Names of the ERP's, as all configurations have them.
const (
	Currency = "1"   // USD
	Item     = "100" // the item of all articles
	NoItem   = "999" // the item of the poison article, which the ERP has not
)

// A Token is what the daemons log in to the ERP with.
type Token struct {
	Account        string `json:"account"`
	ConsumerKey    string `json:"consumerKey"`
	ConsumerSecret string `json:"consumerSecret"`
	Token          string `json:"token"`
	TokenSecret    string `json:"tokenSecret"`
}

// Limits are what the daemons are told the ERP survives.
type Limits struct {
	Concurrency int `json:"concurrency"`
	Rate        int `json:"rate"` // requests a second; 0: no limit
}

// A Config is what a world is to be like. Zero values are replaced.
type Config struct {
	Name    string // of its database and the prefix of its queues: letters and digits
	Dir     string // folder of its files; made
	Bin     string // folder of erpsim and of Program
	Program string // name of the daemon; default erpbridge-torture
	Daemons int    // default 2

	Lease, Timeout time.Duration // default 2s and 1s
	LookupAfter    time.Duration // how long the ERP may dawdle over what it did not answer
	Limits         Limits        // default 4 at once
	Batch          int           // default 1
	Retry          time.Duration // first wait; default 50ms
	RetryMax       time.Duration // default 500ms
	Attempts       int           // default 12
	MailEvery      time.Duration // default 1s
	LogLevel       string        // default warn
	Disk           *Disk         // its database is there; default: where the server's others are
}

func (c Config) withDefaults() Config {
	set(&c.Program, "erpbridge-torture")
	set(&c.Daemons, 2)
	set(&c.Lease, 2*time.Second)
	set(&c.Timeout, time.Second)
	set(&c.Limits.Concurrency, 4)
	set(&c.Batch, 1)
	set(&c.Retry, 50*time.Millisecond)
	set(&c.RetryMax, 500*time.Millisecond)
	set(&c.Attempts, 12)
	set(&c.MailEvery, time.Second)
	set(&c.LogLevel, "warn")
	return c
}

func set[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// addresses are where a program finds its neighbours.
type addresses struct {
	Listen, Database, Broker, ERP string
}

// configure writes a configuration.
func (w *World) configure(file string, at addresses) error {
	t, err := template.New("erpbridge.yaml").Option("missingkey=error").Parse(settings)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(w.ERP.SMTPAddr)
	if err != nil {
		return err
	}
	var b strings.Builder
	err = t.Execute(&b, struct {
		Config
		addresses
		Prefix, Shop, Secret, SMTPHost, SMTPPort string
		Token                                    Token
		Currency                                 string
	}{w.conf, at, w.conf.Name, Shop, w.Secret, host, port, w.token, Currency})
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}
