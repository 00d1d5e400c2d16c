// Package suitetalk simulates NetSuite SuiteTalk, the SOAP web services of an
// ERP, closely enough to test a client against: with its rules, its limits and
// the ways it fails.
//
// # What it promises
//
// An upsert takes effect once per record and request, by type and externalId:
// it creates the record the first time and updates it afterwards. Each record is
// atomic; the records of a list are worked in sequence and fail one by one. A
// fault means that nothing of the request was done. Input is read strictly: a
// document type declaration, a second Body, an unknown element or one out of its
// place in the vendor's sequence is a fault, never a guess.
//
// Everything that happened is in the journal, as three separate kinds of entry:
//
//	arrival ──▶ effect (one per record created or updated) ──▶ answer (sent, or dropped)
//
// An effect is journaled before it shows, and an answer before its first byte is
// sent. So what a client was told is always in the journal, and the journal may
// hold effects no client was ever told about: that is what it is for. A Server
// opened on the journal of an earlier one holds the same records; modes, nonces and
// effects still delayed are not in the journal and end with the Server.
//
// A job (asyncUpsertList) is worked after its answer, one after the other in the order
// they came; its effects have the request that brought it. Jobs are not in the journal
// and end with the Server.
//
// # How it misbehaves
//
// An Account that knows no unique externalIds, or forgets them, or works a list as
// one transaction, makes it another ERP. A Mode makes it reject, throttle, dawdle, cut the connection before or after
// the effect, or send answers nobody should trust. Modes are matched in the
// order they were added; see Kind for each of them. A Mode that cuts the
// connection needs a server whose connections can be hijacked, as net/http's
// HTTP/1 server's can.
//
// # When something fails
//
// What is kept in memory of a record is what it is found by; with a journal in a
// folder, its content is read from there when it is needed.
//
// If the journal cannot be written, the record fails with UNEXPECTED_ERROR and
// has no effect. A torn last line, left by a crash, is cut off when the journal
// is opened; any other damage is an error of New.
package suitetalk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says which account is simulated. The zero value of each field but
// Credentials is usable.
type Config struct {
	// Credentials are the tokens that may log in. None: nobody can.
	Credentials []Credential
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// TimestampWindow is how far a token's timestamp may be off. Zero: 5 minutes.
	TimestampWindow time.Duration

	// Concurrency is how many requests of an account may run at once. Zero: 5,
	// as for an account without SuiteCloud Plus. Negative: no limit.
	Concurrency int
	// RequestsPerSecond bounds the requests in any one second. Zero: no limit.
	RequestsPerSecond int
	// NoUniqueExternalID, ForgetKeysAfter, FindAll and AllOrNothing are those of
	// Account.
	NoUniqueExternalID bool
	ForgetKeysAfter    time.Duration
	FindAll            bool
	AllOrNothing       bool
	// MaxBody is the size of the largest request in bytes. Zero: 100 MB.
	MaxBody int64

	// Items are the internal ids of the items that exist, discount items among
	// them. None, and no Catalog: any numeric id is an item.
	Items []string
	// Catalog are the items that can be searched for, which exist as well; see SetCatalog.
	Catalog []Item
	// Customers are the internal ids of customers that exist from the start, as the
	// collective customer does that guests' orders are booked on.
	Customers []string
	// Currencies maps the internal ids of the currencies that exist to what the
	// records are shown with. None: any numeric id is a currency.
	Currencies map[string]string
	// Stock is what getItemAvailability answers from.
	Stock []Stock
	// OneWorld makes the subsidiary obligatory for customers.
	OneWorld bool
	// UniqueEmail refuses a second customer with the same e-mail address.
	UniqueEmail bool

	// Journal is the folder the journal is kept in. Empty: in memory only.
	Journal string
	// Sync makes the journal durable (fsync) before each answer.
	Sync bool

	// Modes are in force from the start.
	Modes []Mode
}

const (
	defaultWindow      = 5 * time.Minute
	defaultConcurrency = 5
	defaultMaxBody     = 100 << 20
)

// A Server is one simulated account.
type Server struct {
	conf     Config
	gate     gate
	passport *passportCheck
	modes    modes
	ledger   *ledger
	journal  *journal
	handler  http.Handler
	conns    connections
	jobs     jobs
	followed atomic.Int64 // requests that came to where a redirect pointed

	accountMu sync.Mutex
	account   Account

	// epoch ends at Reset and Close. A request belongs to the epoch it arrived in:
	// what it has not done by the end of that it never does.
	mu       sync.Mutex
	epoch    context.Context
	endEpoch context.CancelFunc
	closed   bool
	late     sync.WaitGroup // effects after the connection was cut
	running  sync.WaitGroup // requests being worked on
}

// New opens a simulated account, with the records of its journal if it has one.
// The caller closes it.
func New(conf Config) (*Server, error) {
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if conf.TimestampWindow == 0 {
		conf.TimestampWindow = defaultWindow
	}
	if conf.Concurrency == 0 {
		conf.Concurrency = defaultConcurrency
	}
	if conf.MaxBody == 0 {
		conf.MaxBody = defaultMaxBody
	}
	s := &Server{
		conf:     conf,
		gate:     newGate(conf.Concurrency, conf.RequestsPerSecond),
		passport: newPassportCheck(conf.Credentials, conf.TimestampWindow),
		modes:    modes{now: conf.Now},
		ledger:   newLedger(conf.UniqueEmail),
	}
	if err := s.SetAccount(Account{
		Concurrency: conf.Concurrency, RequestsPerSecond: conf.RequestsPerSecond, NoUniqueExternalID: conf.NoUniqueExternalID,
		ForgetKeysAfter: Duration(conf.ForgetKeysAfter), FindAll: conf.FindAll, AllOrNothing: conf.AllOrNothing,
	}); err != nil {
		return nil, err
	}
	s.epoch, s.endEpoch = context.WithCancel(context.Background())
	for i, m := range conf.Modes {
		if err := s.AddMode(m); err != nil {
			return nil, fmt.Errorf("mode %d: %w", i+1, err)
		}
	}
	j, err := openJournal(conf.Journal, conf.Now, s.ledger.restore)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	s.journal, s.ledger.read = j, j.record
	s.handler = s.routes()
	return s, nil
}

// Handler serves the SOAP endpoint under /services/ and the control interface
// under /control/.
func (s *Server) Handler() http.Handler { return s.handler }

// AddMode puts a Mode in force, after those already there.
func (s *Server) AddMode(m Mode) error { return s.modes.add(m) }

// Modes returns the modes in force and how often each of them fired.
func (s *Server) Modes() []Mode { return s.modes.list() }

// ClearModes ends all modes. Effects that are already delayed still happen.
func (s *Server) ClearModes() { s.modes.clear() }

// Records returns the records held, oldest first. An empty type means all of
// them; the others are the vendor's names, such as "salesOrder". Of a record whose
// content the journal does not give back it returns no more than type and ids.
func (s *Server) Records(typ string) []Record {
	list, _ := s.ledger.records(typ) // what the error tells is to be seen
	return list
}

// Record returns the record of a type that bears an externalId.
func (s *Server) Record(typ, externalID string) (Record, bool) {
	return s.ledger.record(typ, externalID)
}

// Journal returns all entries since the beginning or the last Reset.
func (s *Server) Journal() ([]Entry, error) { return s.journal.read() }

// Reset forgets records, counts and modes, and gives up the requests being worked
// on. The journal so far is kept beside the new one under another name.
func (s *Server) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.endEpoch()
	s.late.Wait()
	s.epoch, s.endEpoch = context.WithCancel(context.Background())
	s.modes.clear()
	s.gate.reset()
	s.jobs.reset()
	s.followed.Store(0)
	// Under the ledger's lock, so that no effect falls between the two.
	return s.ledger.reset(s.journal.rotate)
}

// Close gives up whatever is delayed, waits for the requests being worked on and
// closes the journal. Close the HTTP server that uses the Handler first, lest a
// client that is slow to send be waited for.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.endEpoch()
	s.mu.Unlock()
	s.late.Wait()
	s.running.Wait()
	return s.journal.close()
}

var errClosed = errors.New("the simulator is closed")

// begin counts a request in and returns the epoch it belongs to, or nil if the
// server is closed. The caller calls running.Done after it.
func (s *Server) begin() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.running.Add(1)
	return s.epoch
}

// later runs fn after d, unless the epoch ends before.
func (s *Server) later(epoch context.Context, d time.Duration, fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if epoch.Err() != nil {
		return // and nobody would wait for it
	}
	s.gate.addPending(1)
	s.late.Go(func() {
		defer s.gate.addPending(-1)
		if sleep(epoch, d) {
			fn()
		}
	})
}

// sleep reports whether the epoch lasted for d. Whether the client is still there
// does not matter, just as it does not to the real one.
func sleep(epoch context.Context, d time.Duration) bool {
	if d <= 0 {
		return epoch.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return epoch.Err() == nil
	case <-epoch.Done():
		return false
	}
}
