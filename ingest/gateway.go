package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A Publisher puts a message on the channel. It returns nil only when the message
// is safe there, and returns soon after ctx ends. It is called from many
// goroutines at once, and once for a message: what follows an error is the Inbox.
type Publisher interface {
	Publish(ctx context.Context, m erpbridge.Message) error
}

// An Inbox stores a message that the Publisher would not take. It returns nil only
// when the message is safe, and returns soon after ctx ends. It is called from
// many goroutines at once, and may be given a message that was published too.
type Inbox interface {
	Receive(ctx context.Context, m erpbridge.Message) error
}

// A Confirmed stores what a target said about documents that it had accepted. It
// returns nil only when that is safe, and returns soon after ctx ends. It is called from
// many goroutines at once, and may be given a message again.
type Confirmed interface {
	Acknowledged(ctx context.Context, target string, m erpbridge.Message, as []erpbridge.Acknowledgement) error
}

// Config is what a Gateway is made of. Stores, Publisher and Inbox are required.
type Config struct {
	// Stores holds the storefronts by the name in their route.
	Stores    map[string]erpbridge.Storefront
	Publisher Publisher
	Inbox     Inbox
	// Targets holds the ERPs that send their confirmations of their own accord, by the
	// name in their route; Confirmed is where these go, and required if there are any.
	Targets   map[string]erpbridge.Acknowledger
	Confirmed Confirmed

	// MaxBody is the longest body taken, in bytes; 10 MiB.
	MaxBody int64
	// Connections is how many there may be at once; 8192, or what the process's limit
	// of open files leaves if that is less. One more closes an old one.
	Connections int
	// Memory is what bodies of more than 64 KiB may take together, in bytes; 256 MiB, or
	// eight times MaxBody if that is more. It is not taken before it is needed.
	Memory int64
	// Concurrency is how many webhooks may be worked on at once; 4096. One whose body is
	// still coming is not among them.
	Concurrency int
	// PerStore is how many of them may be one store's, or one target's, so that none takes
	// all places; half of Concurrency, or all of it if there is only one store.
	PerStore int
	// Budget is the time from the end of the body to the answer; 1 s.
	Budget time.Duration
	// PublishWithin is how much of Budget the Publisher may use; 700 ms, or seven
	// tenths of a given Budget.
	PublishWithin time.Duration
	// Grace is how long Run lets requests under way end; 5 s.
	Grace time.Duration

	// Probes are what /readyz asks, by the name it shows. A probe returns soon
	// after its context ends.
	Probes map[string]func(context.Context) error
	Log    *zap.Logger
}

func (c Config) withDefaults() Config {
	c.MaxBody = cmp.Or(c.MaxBody, 10<<20)
	c.Connections = cmp.Or(c.Connections, 8192)
	c.Memory = cmp.Or(c.Memory, max(256<<20, 8*c.MaxBody))
	c.Concurrency = cmp.Or(c.Concurrency, 4096)
	c.Budget = cmp.Or(c.Budget, time.Second)
	c.PublishWithin = cmp.Or(c.PublishWithin, c.Budget/10*7)
	c.Grace = cmp.Or(c.Grace, 5*time.Second)
	if c.PerStore == 0 {
		c.PerStore = c.Concurrency
		if len(c.Stores) > 1 {
			c.PerStore = (c.Concurrency + 1) / 2
		}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c
}

func (c Config) check() error {
	switch {
	case len(c.Stores) == 0:
		return errors.New("ingest: there is no store to take webhooks for")
	case c.Publisher == nil || c.Inbox == nil:
		return errors.New("ingest: a publisher and an inbox are needed")
	case len(c.Targets) > 0 && c.Confirmed == nil:
		return errors.New("ingest: there are targets that send confirmations, and nobody to store them")
	case c.MaxBody < 0 || c.Connections < 0 || c.Memory < 0 || c.Concurrency < 0 || c.PerStore < 0 || c.Grace < 0:
		return errors.New("ingest: a limit is negative")
	case c.Memory < 2*c.MaxBody:
		return fmt.Errorf("ingest: a memory of %d bytes does not hold two bodies of %d", c.Memory, c.MaxBody)
	case c.PublishWithin < 0 || c.PublishWithin >= c.Budget:
		return fmt.Errorf("ingest: publishing within %s leaves the inbox nothing of a budget of %s", c.PublishWithin, c.Budget)
	case c.Budget >= usual.write-usual.read:
		return fmt.Errorf("ingest: a budget of %s, which must be below %s", c.Budget, usual.write-usual.read)
	}
	for name, s := range c.Stores {
		if name == "" || s == nil {
			return fmt.Errorf("ingest: store %q has no name or no storefront", name)
		}
	}
	for name, t := range c.Targets {
		if name == "" || t == nil {
			return fmt.Errorf("ingest: target %q has no name or no acknowledger", name)
		}
	}
	for name, p := range c.Probes {
		if p == nil {
			return fmt.Errorf("ingest: probe %q is nil", name)
		}
	}
	return nil
}

// A Gateway takes webhooks. Make one with New.
type Gateway struct {
	cfg         Config
	patience    patience
	connections connections
	memory      memory
	doors       doors[erpbridge.Storefront]
	desks       doors[erpbridge.Acknowledger]
	places      places
	ready       readiness
	says        says
	handler     http.Handler
}

// New returns a Gateway, or what is wrong with cfg.
func New(cfg Config) (*Gateway, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg:      cfg,
		patience: usual,
		doors:    newDoors("store", tampered(cfg.Stores), cfg.PerStore),
		desks:    newDoors("target", cfg.Targets, cfg.PerStore),
		places:   make(places, cfg.Concurrency),
		ready:    readiness{probes: maps.Clone(cfg.Probes), log: cfg.Log},
		says:     newSays(cfg.Log),
	}
	g.memory.left.Store(cfg.Memory)
	g.connections.most = cfg.Connections
	g.connections.crowd = func() { g.says.crowded.log("there were too many connections: an old one was closed") }
	g.handler = g.routes()
	return g, nil
}

// Handler returns the gateway's routes, for those who bring their own server.
func (g *Gateway) Handler() http.Handler { return g.handler }

func (g *Gateway) routes() http.Handler {
	mux := http.NewServeMux()
	// Without a method: the gateway's own 405 carries a request ID as all its answers do.
	mux.HandleFunc("/webhooks/{store}", g.webhook)
	if len(g.cfg.Targets) > 0 {
		mux.HandleFunc("/confirmations/{target}", g.confirmation)
	}
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", g.ready.serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFound.write(w, newID()) })
	// ServeMux would send an unclean path elsewhere; here nobody is redirected.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path {
			g.unclean(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
