// Package fo understands Microsoft Dynamics 365 Finance & Operations through data
// packages: zip files of data entities that it imports in the background.
//
// An order is one Document: a record of "Sales order headers V2" and its records of
// "Sales order lines V2". The Document is kept as XML; the package is made of it for each
// attempt, and is the same bytes each time.
//
//	          mode package                              mode recurring
//	Deliver   GetAzureWriteUrl ▶ PUT ▶ ImportFromPackage  enqueue
//	             executionId, ours                           message id, theirs
//	                 └────────────▶ Receipt, Accepted ◀──────────┘
//	Confirm   GetExecutionSummaryStatus                   jobstatus
//	                 ├─ under way ──────▶ still Accepted
//	                 └─ over, whatever the state says ──▶ the order is read back (OData)
//	                        every line there ──▶ Receipt: the sales order's number
//	                        a line missing ────▶ Invalid, the line and F&O's reasons named
//
// An import has no transaction: of ten lines nine may be in, and the state of the import
// does not say which. So no state is believed. What is delivered is what was read back,
// line by line.
//
// How an order takes effect once:
//
//   - We number. SALESORDERNUMBER is the key of a header, INVENTORYLOTID that of a line,
//     and both are functions of store and order. Importing an order again changes the
//     records that are there. That makes the adapter Keyed.
//   - Before an import the order is looked at. A number that F&O uses for another order is
//     never written to: Invalid. An order that stands there in this very state is a
//     Receipt, and nothing is sent. One that was shipped or invoiced is left alone.
//   - CUSTOMERSORDERREFERENCE carries our reference and a marker made of the Document's
//     key: it says whose order it is, and which state of it.
//   - In mode package the id of the execution is made of the keys too. After a lost answer
//     it tells whether the import was begun; it is not begun a second time. After one that
//     failed the next has another id, the second of a fixed sequence, so that a document
//     can be sent again once its cause is mended.
//
// What stays at least once: in mode recurring a package whose answer was lost may wait in
// F&O's queue while the same one is sent again. Both write the same records. Only if a
// newer state of the order was imported in between, the late one would bring back the
// older values; mode package has no such gap.
//
// ImportFromPackage must not be called in parallel. Within a daemon the calls take turns;
// between daemons the target's delivery.concurrency of 1 sees to it.
//
// Refunds and cancellations are held, or ignored, as mapping.refund.as and mapping.cancel
// say: these entities cannot tell them.
package fo

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// MaxBatch is how many orders a package may have: more do not fit the look-up after it.
const MaxBatch = 50

// ERP is one legal entity of one F&O environment.
type ERP struct {
	name      string
	conf      Config
	documents *salesdoc.Translator
	client    *client
	turn      chan struct{} // held by who calls ImportFromPackage

	now   func() time.Time
	pause time.Duration // between two looks for a file that F&O is making
}

var (
	_ erpbridge.ERP       = (*ERP)(nil)
	_ erpbridge.Finder    = (*ERP)(nil)
	_ erpbridge.Keyed     = (*ERP)(nil)
	_ erpbridge.Prober    = (*ERP)(nil)
	_ erpbridge.Confirmer = (*ERP)(nil)
)

// abilities are what sales orders of data packages can express. They have no fields for
// tax amounts and none for a discount of the order as a whole.
func abilities() salesdoc.Can {
	return salesdoc.Can{
		ERP:      "Dynamics 365 Finance & Operations",
		As:       []salesdoc.As{salesdoc.AsItem},
		Taxes:    []salesdoc.Taxes{salesdoc.ItemTax, salesdoc.RecomputeTax},
		Prices:   []salesdoc.Prices{salesdoc.ShopPrices, salesdoc.NetPrices, salesdoc.GrossPrices},
		Lines:    []salesdoc.DiscountAs{salesdoc.NetDiscount, salesdoc.LineDiscount, salesdoc.ItemDiscount},
		Order:    []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.SpreadDiscount},
		Negative: true,
		Numbered: true, // an order of the same number is left alone, see guard: the second store's would never get in
	}
}

// New returns the ERP for a target of the given name, with settings read by decode.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := defaults()
	if err := decode(&conf); err != nil {
		return nil, err
	}
	if err := conf.check(); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	documents, err := salesdoc.New(name, conf.Mapping, abilities(), xref)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	c, err := newClient(&conf)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	return &ERP{
		name: name, conf: conf, documents: documents, client: c, turn: make(chan struct{}, 1),
		now: time.Now, pause: time.Second,
	}, nil
}

func newClient(conf *Config) (*client, error) {
	roots, err := login.Roots(conf.CAFile)
	if err != nil {
		return nil, err
	}
	if o := conf.Auth.OAuth2; o.Scope == "" && o.Resource == "" {
		o.Scope = conf.scope()
	}
	who, err := login.New(conf.Auth, roots)
	if err != nil {
		return nil, err
	}
	return &client{
		api:       httpClient(who.Transport(newTransport(roots))),
		authorize: who.Authorize,
		storage:   httpClient(newTransport(roots)),
		secrets:   who.Secrets(),
	}, nil
}

// Keyed reports that the number of a sales order and the lot ids of its lines are ours,
// and that an import changes the records that have them.
func (e *ERP) Keyed() bool { return true }

func httpClient(rt http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: rt,
		// A redirect is an answer like any other, and a refusal: a POST sent on to another
		// host would be a second attempt, at somebody else's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Distinct returns what is wrong with sending the orders of all these stores to this legal entity: two
// that can make the same number or reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.documents.Distinct(stores) }
