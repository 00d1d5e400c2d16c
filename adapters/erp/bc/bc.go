// Package bc understands Dynamics NAV and Business Central through page web services,
// which are pages of the ERP published as SOAP 1.1.
//
// An event becomes these records, each of them a Document:
//
//	order         Customer (unless it is one the ERP has) ──▶ SalesOrder, with its lines
//	cancellation  SalesOrder, deleted or marked
//	refund        SalesCreditMemo, with its lines
//
// # How an order takes effect once
//
// The protocol knows no idempotency key, and records are numbered by the ERP. What we
// have instead is a field of the page that carries our reference (reference_field, such
// as External_Document_No): the same for an order whatever becomes of it. Every creation
// is a look-up first:
//
//	ReadMultiple by reference ──▶ none ────────▶ Create ──▶ answer ──▶ Receipt
//	        │                                      ├─▶ Fault ──▶ look up again ──▶ none ──▶ the fault's kind
//	        │                                      │                  └─▶ it is there ──▶ Receipt
//	        │                                      └─▶ no answer ──▶ InDoubt: Find, and only then again
//	        ├─▶ one, with these lines ─────▶ Receipt
//	        ├─▶ one whose creation broke off ──▶ Update adds what is missing
//	        ├─▶ one, with other lines ─────▶ Receipt with a Warning, or Held (setting changes)
//	        └─▶ two or more ───────────────▶ Held, both numbers named
//
// The look-up after a Fault is needed because these servers have been seen to create the
// order and answer with a Fault, and to create its header without its lines. Such an order
// is completed; one that merely has fewer lines than ours is another state, for a clerk may
// have taken them out, and one that has none at all is Held (see unfinished.go). A record
// that was posted is on its page no more; pages of posted documents are asked too
// (posted_pages), without which an order that is replayed after it was invoiced would be
// created again.
//
// What stays at-least-once: a Create whose answer was lost and that takes effect after
// the look-up. The ERP ends an operation after ten minutes; delivery.lookup_after has to
// be longer. Two daemons do not send one order at the same time: streams see to that.
//
// # What an answer means
//
// Several records of one page travel as one CreateMultiple, which is one transaction: all
// or none. Its Fault is about the request as a whole (Error.Whole), so that the record
// that spoilt it is found. Faults are told apart in codes.go, by the exception's name
// first, which is the same in every language, and by sentences in five languages after
// that. A fault of neither kind is Unknown: a few tries.
//
// # Pages differ
//
// What a page shows depends on version, country and the merchant. Its WSDL is read before
// the first request and kept; each record is brought into the page's order and held
// against it. A field that we send and the page does not show is left out if
// missing_fields names it, and otherwise refuses the target, by its name: a server that is
// sent a field it does not know drops it, silently. An option that the page does not have
// refuses it, too. A fault that may mean that the page has changed makes it be read again.
//
// # Money
//
// An item's price has five decimals and the rest is line discount: price times quantity,
// rounded to the currency, less Line_Discount_Amount is the item's amount exactly (see
// price.go). So the lines come to the order's total, to the minor unit, or there is no
// Document: the order is Held with the difference. With prices that include VAT the ERP
// takes the VAT out of them and the total stands; with net prices its VAT may differ by
// cents from the shop's. Where the ERP prices a line by rules of its own and the page
// shows what it comes to, the Receipt warns.
package bc

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// MaxBatch is how many records are sent in one request.
const MaxBatch = 100

// ERP is one company of a Dynamics NAV or Business Central server.
type ERP struct {
	name    string
	conf    Config
	sales   *salesdoc.Translator
	login   *login.Login
	roots   *x509.CertPool
	now     func() time.Time
	tripper func(http.RoundTripper) http.RoundTripper // around what login makes; for tests

	mu       sync.Mutex
	services map[string]*service

	unfinished unfinished
}

var (
	_ erpbridge.ERP    = (*ERP)(nil)
	_ erpbridge.Finder = (*ERP)(nil)
	_ erpbridge.Prober = (*ERP)(nil)
	_ erpbridge.Keyed  = (*ERP)(nil)
)

// New returns the ERP for a target of the given name, with settings read by decode.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := defaults()
	if err := decode(&conf); err != nil {
		return nil, err
	}
	if err := conf.check(); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	sales, err := salesdoc.New(name, conf.Mapping, can, xref)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	roots, err := login.Roots(conf.CAFile)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	who, err := login.New(conf.Auth, roots)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	return &ERP{name: name, conf: conf, sales: sales, login: who, roots: roots, now: time.Now, services: map[string]*service{}}, nil
}

// connect makes the clients of one page service.
func (e *ERP) connect(url string) (*soap.Client, *http.Client, error) {
	around := e.tripper
	if around == nil {
		around = func(next http.RoundTripper) http.RoundTripper { return next }
	}
	client, err := soap.NewClient(soap.Options{
		URL: url, RootCAs: e.roots, Certificates: e.login.Certificates(), Authorize: e.login.Authorize,
		Transport: func(next http.RoundTripper) http.RoundTripper { return brokenOff{around(e.login.Transport(next))} },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("url: %w", err)
	}
	transport := &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: e.roots},
		TLSHandshakeTimeout:    15 * time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // no bomb in gzip
	}
	return client, &http.Client{
		Transport:     around(e.login.RoundTripper(transport)),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// Keyed reports that the ERP takes a document twice if it is sent twice: it is Find, and
// the look-up before each creation, that keeps that from happening.
func (e *ERP) Keyed() bool { return false }

// The records, by the operator's words for their pages.
const (
	salesOrder = "SalesOrder"
	deleting   = "SalesOrder.Delete"
	closing    = "SalesOrder.Close"
	creditMemo = "SalesCreditMemo"
	customer   = "Customer"
)

// Distinct returns what is wrong with sending the orders of all these stores to this company: two
// that can make the same reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.sales.Distinct(stores) }
