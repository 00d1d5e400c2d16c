// Package sapidoc is a simulated SAP system as far as IDocs go: the two HTTP services that
// take them, the file port that reads them from a folder, what becomes of them, and the
// ALEAUD messages that tell of it.
//
//	SOAP, HTTP, folder ──▶ stored (64) ──Process──▶ 53 posted, 51 not posted, 56, 60
//	                                                 │              └──Repair──▶ 53
//	                                                 └──Send, WriteAudits──▶ ALEAUD
//
// It behaves as the real one does where a bridge can be hurt by it: what is stored is not
// booked; the SOAP service takes a message id once and one IDoc a request; the plain HTTP
// service and the folder store whatever comes, twice if it comes twice, and an order that
// comes twice is two orders unless the order type checks the customer's reference; the
// ICM gives up waiting while the work goes on; errors of the log-on are pages, and a user
// is locked who tries too often; generic faults say nothing.
//
// It shares no code with what it tests.
package sapidoc

import (
	"fmt"
	"sync"

	"github.com/hakooi/erpbridge/cmd/erpsim/callback"
	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Config is how the system is set up.
type Config struct {
	Seed   uint64
	Faults Faults

	Client         string // the one there is; "" is 100
	User, Password string // for HTTP basic authentication; no User takes anybody
	// Partners are the partner numbers of senders that have a profile; none: all have.
	Partners  []string
	Customers []string // that exist from the start; none: all do
	Materials []string // that exist; none: all do
	// CheckReference lets order types refuse a customer reference they have already.
	CheckReference bool
	// ForgetIDs is after how many messages the SOAP service forgets an id; 0: never.
	ForgetIDs int

	// System is the system's own partner number, in ALEAUD.
	System string
	// Audits go to this URL, with this log-on; "": nowhere.
	AuditURL, AuditUser, AuditPassword string
}

// An Order is a sales document.
type Order struct {
	Number, Type, Reference, SoldTo, Currency string
	// Total is what the segments come to, in the currency's smallest part of a thousandth:
	// 51.85 is 51850.
	Total     int64
	Items     []Item
	Cancelled bool
}

// An Item is one of its items.
type Item struct {
	Position, Material, Quantity string
	Rejected                     bool
}

// An Effect is a change in the books.
type Effect struct {
	Op        string // create, change, cancel, customer
	Reference string // the order's, or the customer's number
	Number    string // of the order
	DOCNUM    string // the sender's
	MessageID string
}

// An Attempt is an IDoc that arrived, whatever became of it.
type Attempt struct {
	Via       string // soap, http or file
	Message   string // ORDERS ...
	DOCNUM    string
	MessageID string
	Reference string
}

// An IDoc is one that was stored.
type IDoc struct {
	Number    string // SAP's
	DOCNUM    string // the sender's
	Sender    string
	Message   string
	MessageID string
	Status    string
	Why       string // message and its parameter, as "VG204 4711"
	Order     string // the number of what was posted

	content *segment
	told    bool // its status was told by an ALEAUD
}

// A System is the simulated SAP.
type System struct {
	conf Config

	mishap.Journal[Attempt, Effect]

	audits *callback.Queue // ALEAUD messages not yet sent

	mu        sync.Mutex
	dice      *mishap.Dice
	idocs     []*IDoc
	ids       map[string]*IDoc // by message id
	order     []string         // message ids as they came
	working   map[string]bool  // message ids under way
	orders    []*Order
	customers map[string]bool
	audited   int // files written
	failures  int // of the user's log-on, in a row
}

// New returns a system without orders.
func New(conf Config) *System {
	if conf.Client == "" {
		conf.Client = "100"
	}
	s := &System{
		conf: conf, audits: callback.New(conf.AuditURL, conf.AuditUser, conf.AuditPassword), dice: mishap.New(conf.Seed),
		ids: map[string]*IDoc{}, working: map[string]bool{}, customers: map[string]bool{},
	}
	for _, c := range conf.Customers {
		s.customers[c] = true
	}
	return s
}

// AuditTo says where ALEAUD messages go from now on.
func (s *System) AuditTo(url string) { s.audits.To(url) }

// Orders returns the sales documents, oldest first.
func (s *System) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Order, len(s.orders))
	for i, o := range s.orders {
		all[i] = *o
	}
	return all
}

// IDocs returns what is stored, oldest first.
func (s *System) IDocs() []IDoc {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]IDoc, len(s.idocs))
	for i, d := range s.idocs {
		all[i] = *d
	}
	return all
}

// Have puts customers into the books, whose numbers are as SAP stores them.
func (s *System) Have(customers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range customers {
		s.customers[c] = true
	}
}

// store puts an IDoc into the database and returns it. The lock is held.
func (s *System) store(d *segment, c control) *IDoc {
	kept := &IDoc{
		Number: fmt.Sprintf("%016d", 160_816+len(s.idocs)), DOCNUM: c.docnum, Sender: c.sender, Message: c.message,
		MessageID: c.messageID, Status: "64", content: d,
	}
	s.idocs = append(s.idocs, kept)
	return kept
}
