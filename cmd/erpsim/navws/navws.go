// Package navws simulates the page web services of a Dynamics NAV or Business Central
// company, closely enough to test a client against: with their rules, their limits and
// the ways they fail.
//
// # What it promises
//
// A record that is created is there at once and gets its number from a series; nothing
// keeps two orders from carrying the same external document number. CreateMultiple is one
// transaction: all records or none. A Key is good for one change of a record. Requests are
// read strictly: a document type declaration, a second Body, an element out of the page's
// order or of the wrong type is a fault. An element that the page does not know is
// dropped without a word, as the real server does; State.DroppedFields counts them.
//
// Everything that happened is in the journal, as three separate kinds of entry:
//
//	arrival ──▶ effect (one per record created, changed or deleted) ──▶ answer (sent, or dropped)
//
// # How it misbehaves
//
// A Mode makes it refuse, throttle, dawdle, cut the connection before or after the
// effect, answer with a fault although it created the order, create its header without
// the lines, or send answers nobody should trust; see Kind for each of them. Modes are
// matched in the order they were added. A Mode that cuts the connection needs a server
// whose connections can be hijacked, as net/http's HTTP/1 server's can.
//
// Faults are in the language of the service user (Config.Language), as the real ones are.
package navws

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// Config says which company is simulated. The zero value of each field is usable.
type Config struct {
	Company string // "CRONUS" if empty
	// User and Password are demanded of each request; both empty: of none.
	User, Password string
	// ClientID and ClientSecret are those of an application that fetches tokens at
	// /token; TokenLife is how long one is good (default an hour).
	ClientID, ClientSecret string
	TokenLife              time.Duration
	// Language of the faults: en-US (default), de-DE, fr-FR, it-IT or es-ES.
	Language string
	// LocalCurrency is the ledger's (default EUR); its code is refused in orders.
	LocalCurrency string

	// Customers, Items and Accounts that exist; none: any.
	Customers, Items, Accounts []string
	// HiddenFields are not shown by the order page, as "External_Document_No".
	HiddenFields []string
	// ListsWithoutLines: what ReadMultiple returns has no lines.
	ListsWithoutLines bool
	// Concurrency is how many requests may run at once, others get 429. Zero: any number.
	Concurrency int
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Journal gets every entry as a line of JSON. Nil: none; it is kept in memory all the
	// same.
	Journal io.Writer
	// Modes are in force from the start.
	Modes []Mode
}

// A Server is one simulated company.
type Server struct {
	conf    Config
	handler http.Handler

	mu      sync.Mutex
	pages   map[string]*page
	records map[string][]*Record // by page, oldest first
	series  map[string]int
	stamp   int // of the last change
	journal []Entry
	// unwritten is why entries are not in Config.Journal.
	unwritten error
	state     State
	modes     modes
	tokens    map[string]time.Time // until when
	ctx       context.Context      // ends with the Server
	end       context.CancelFunc
	late      sync.WaitGroup
}

// New opens a simulated company. The caller closes it.
func New(conf Config) (*Server, error) {
	conf.Company = cmp.Or(conf.Company, "CRONUS")
	conf.Language = cmp.Or(conf.Language, "en-US")
	conf.LocalCurrency = cmp.Or(conf.LocalCurrency, "EUR")
	conf.TokenLife = cmp.Or(conf.TokenLife, time.Hour)
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if _, ok := languages[conf.Language]; !ok {
		return nil, errors.New("language " + conf.Language + " is not one of en-US, de-DE, fr-FR, it-IT, es-ES")
	}
	s := &Server{
		conf: conf, pages: pagesOf(conf.HiddenFields), records: map[string][]*Record{}, series: map[string]int{},
		tokens: map[string]time.Time{},
	}
	for _, m := range conf.Modes {
		if err := s.AddMode(m); err != nil {
			return nil, err
		}
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.handler = s.routes()
	return s, nil
}

// Handler serves the company: /<instance>/WS/<company>/Page/<service>, /token and
// /control.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends effects that are still to come. The error is that of entries that the
// journal did not take.
func (s *Server) Close() error {
	s.end()
	s.late.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unwritten
}

// Reset forgets all records, the journal and the modes.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.series, s.journal, s.state = map[string][]*Record{}, map[string]int{}, nil, State{InFlight: s.state.InFlight}
	s.modes.list = nil
}

// Show makes the order page show a field again, and Hide makes it not.
func (s *Server) Show(field string) { s.show(field, true) }

// Hide makes the order page not show a field.
func (s *Server) Hide(field string) { s.show(field, false) }

func (s *Server) show(name string, shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hidden := s.conf.HiddenFields[:0:0]
	for _, h := range s.conf.HiddenFields {
		if h != name {
			hidden = append(hidden, h)
		}
	}
	if !shown {
		hidden = append(hidden, name)
	}
	s.conf.HiddenFields, s.pages = hidden, pagesOf(hidden)
}

// ExpireTokens makes all tokens bad at once.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]time.Time{}
}

func newToken() string { return rand.Text() }
