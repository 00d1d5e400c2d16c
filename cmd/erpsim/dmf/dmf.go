// Package dmf simulates Dynamics 365 Finance & Operations as far as sales orders come into
// it by data packages: its token endpoint, the data management package REST API with its
// blob storage, recurring data jobs, and the OData collections that orders are read from.
//
// # What it promises
//
// Packages are read strictly: a zip file with Manifest.xml and PackageHeader.xml in
// UTF-16LE with a byte order mark at its root, and for each entity of the manifest a file
// of the format XML-Element with no field that is not mapped and none that the entity does
// not have. What is wrong with a package fails its import, as F&O does it: the call
// succeeds, the import does not.
//
// Imports run in the background and have no transaction. A header is written by its number
// and a line by its lot id: what is there is changed, what is not is made. A line without a
// lot id gets one, so that importing it twice makes two.
//
//	ImportFromPackage ─▶ NotRun ─delay─▶ Executing ─delay─▶ Succeeded | PartiallySucceeded | Failed
//	enqueue ─▶ Enqueued ─delay─▶ Processing ─delay─▶ Processed | ProcessedWithErrors | PreProcessError
//
// ImportFromPackage called while another call of it is being worked on fails, and so does
// one with an executionId that was used before.
//
// Everything that happened is in the journal: arrivals, effects (one per record made or
// changed) and answers. An effect is journaled when it shows.
//
// # How it misbehaves
//
// See Kind: a Mode makes calls fail before or after their effect, and imports lose lines.
// Modes are matched in the order they were added.
package dmf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config says which environment is simulated. The zero value of each field but
// Credentials is usable.
type Config struct {
	Credentials []Credential
	// Company is the legal entity there is; empty: USMF.
	Company string
	// Activities are the ids of the recurring data jobs there are; none: any.
	Activities []string
	// Customers and Items are those there are; none: any.
	Customers, Items []string
	// OwnLots makes F&O give lines lot ids of its own, whatever theirs are: the number
	// sequence is not manual.
	OwnLots bool
	// TokenLife is how long a token lasts. Zero: an hour.
	TokenLife time.Duration
	// Queue is how long an import waits before it begins, Work how long it then takes.
	Queue, Work time.Duration
	// BlobLife is how long a package stays in blob storage. Zero: seven days.
	BlobLife time.Duration
	// PageSize is how many records a page of OData has. Zero: 10,000.
	PageSize int
	// Journal gets each entry as a line of JSON. It may be nil.
	Journal io.Writer
	// Modes are in force from the start.
	Modes []Mode
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// A Credential is an application that may have tokens.
type Credential struct {
	ClientID string `json:"clientId"`
	Secret   string `json:"secret"`
}

// A Server is one simulated environment.
type Server struct {
	conf    Config
	modes   modes
	journal journal
	tokens  tokens
	handler http.Handler

	mu         sync.Mutex // of all that follows
	orders     map[string]*Order
	lots       map[string]string // lot id to order number
	next       int               // of the lot ids that F&O gives
	blobs      map[string]*blob
	executions map[string]*execution
	messages   map[string]*execution
	importing  int // calls of ImportFromPackage being worked on
	parallel   int // those of them that failed for it
	followed   int

	epoch    context.Context
	endEpoch context.CancelFunc
	jobs     sync.WaitGroup
	closed   bool
}

// New opens a simulated environment. The caller closes it.
func New(conf Config) (*Server, error) {
	if len(conf.Credentials) == 0 {
		return nil, errors.New("no credentials: nobody could get a token")
	}
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if conf.Company == "" {
		conf.Company = "USMF"
	}
	if conf.TokenLife == 0 {
		conf.TokenLife = time.Hour
	}
	if conf.BlobLife == 0 {
		conf.BlobLife = 7 * 24 * time.Hour
	}
	if conf.PageSize == 0 {
		conf.PageSize = 10_000
	}
	s := &Server{conf: conf, modes: modes{now: conf.Now}, journal: journal{now: conf.Now, out: conf.Journal}}
	for i, m := range conf.Modes {
		if err := s.AddMode(m); err != nil {
			return nil, fmt.Errorf("mode %d: %w", i+1, err)
		}
	}
	s.empty()
	s.handler = s.routes()
	return s, nil
}

// empty forgets everything but modes. The caller holds mu, or nobody else knows s.
func (s *Server) empty() {
	s.orders, s.lots, s.next = map[string]*Order{}, map[string]string{}, 0
	s.blobs, s.executions, s.messages = map[string]*blob{}, map[string]*execution{}, map[string]*execution{}
	s.parallel, s.followed = 0, 0
	s.epoch, s.endEpoch = context.WithCancel(context.Background())
}

// Handler serves all of it, and the control interface under /control/.
func (s *Server) Handler() http.Handler { return s.handler }

// AddMode puts a Mode in force, after those already there.
func (s *Server) AddMode(m Mode) error { return s.modes.add(m) }

// Modes returns the modes in force and how often each of them fired.
func (s *Server) Modes() []Mode { return s.modes.list() }

// ClearModes ends all modes.
func (s *Server) ClearModes() { s.modes.clear() }

// ExpireTokens ends all tokens that were used.
func (s *Server) ExpireTokens() { s.tokens.expire() }

// Journal returns all entries since the beginning or the last Reset.
func (s *Server) Journal() []Entry { return s.journal.read() }

// Reset forgets orders, imports, journal and modes.
func (s *Server) Reset() {
	s.mu.Lock()
	s.endEpoch()
	s.mu.Unlock()
	s.jobs.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes.clear()
	s.journal.clear()
	s.empty()
}

// Settle waits until no import is under way.
func (s *Server) Settle() { s.jobs.Wait() }

// Close gives up the imports under way.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.endEpoch()
	s.mu.Unlock()
	s.jobs.Wait()
	return nil
}

// later runs a job in the background, unless the server is closed.
func (s *Server) later(job func(context.Context)) {
	if s.closed {
		return
	}
	epoch := s.epoch
	s.jobs.Go(func() { job(epoch) })
}

// sleep reports whether the epoch lasted for d.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func has(list []string, value string) bool {
	if len(list) == 0 {
		return true
	}
	for _, v := range list {
		if strings.EqualFold(v, value) {
			return true
		}
	}
	return false
}
