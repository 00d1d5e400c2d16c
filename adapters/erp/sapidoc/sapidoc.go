// Package sapidoc understands SAP ERP and S/4HANA through IDocs in XML: posted over
// HTTP, called over SOAP, or written as files.
//
//	Order ──▶ [DEBMAS] ──▶ ORDERS ──▶ [ORDCHG]       Refund ──▶ ORDERS (return order, credit memo request)
//	           unless the            where changes
//	           customer is known     are sent, or the order was cancelled
//
// # An order takes effect once
//
// SAP books every ORDERS it is sent: it does not look for an order that it has already.
// So everything hangs on identity. The ORDERS of an order is one and the same message in
// every state of the order, under the same DOCNUM and the same message id (ARCKEY), both
// functions of store and order alone; every other IDoc is one per Document.Key. Nothing of
// that is made anew for an attempt.
//
//	soap   SAP takes a message id once and drops what comes again under it. After a lost
//	       answer the same message is sent again. Keyed.
//	file   The journal beside the files says what was placed. After a crash, or for a later
//	       state, it is asked first. Keyed, and a Finder.
//	http   SAP stores whatever comes. After a lost answer the IDoc is sent again: at least
//	       once, unless SAP itself refuses a customer reference that it knows (docs/erps).
//	       Therefore only events named in orders.on make an order there.
//
// A state that comes later than orders.create_within after the sale makes no order
// any more: by then the other side may have forgotten that it has it.
//
// So an order whose IDoc SAP has lost cannot be sent again, by whatever force: it is
// entered by hand, and its document settled. Deliver says so where the journal tells that
// a document was placed long ago (transport file); over SOAP it looks like the message that
// SAP has.
//
// # A change finds its items
//
// ORDCHG names items by POSEX, which is a function of the storefront's line, or of what the
// item is for: see salesdoc.Positions. Whether SAP has an item is not known here, so all of them are
// changed and none is added; what SAP does not find ends in status 51, where it is seen.
// Of an order that is gone from the shop no items are known: unless its header may reverse
// it as a whole, it is Held.
//
// # Accepted is not booked
//
// All three transports store and book later. Receipt.Ref of an accepted document is the
// DOCNUM we sent, which is what an ALEAUD names:
//
//	Deliver ──▶ accepted ──53, 41──▶ booked, under SAP's order number
//	               │
//	               ├──50..52, 54..66, 69..75, 39──▶ still accepted, with a warning: an IDoc in
//	               │                          51 is repaired in SAP (BD87) and must not be sent again
//	               └──40, 68──▶ thrown out: Invalid
//
// ALEAUD comes as files beside the transport's (confirm: files) or as posts to
// /confirmations/<target> (confirm: posted). With confirm: none what is stored counts as
// delivered.
//
// The amounts of an ORDERS add up to the order's total, see totals; or there is no
// Document and the order is Held.
package sapidoc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// ERP is one SAP client.
type ERP struct {
	name  string
	conf  Config
	sales *salesdoc.Translator

	soap  *soap.Client           // transport soap
	http  *poster                // transports http and soap
	files *filetransfer.Transfer // transport file

	secrets []string // what must never be told
	now     func() time.Time
}

// New returns the ERP for a target of the given name, with settings read by decode.
// What more it can do depends on its transport and on how it is confirmed: a Finder with
// files, a Confirmer with confirm: files, an Acknowledger with confirm: posted.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := defaults()
	if err := decode(&conf); err != nil {
		return nil, err
	}
	conf.settle()
	sales, err := salesdoc.New(name, conf.Mapping, can, xref)
	if err := errors.Join(conf.check(), err); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	e := &ERP{name: name, conf: conf, sales: sales, now: time.Now}
	if err := e.connect(); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	return e.able(), nil
}

// able returns the ERP with the abilities it has.
func (e *ERP) able() erpbridge.ERP {
	switch {
	case e.conf.Transport == FileTransport && e.conf.Confirm == ConfirmFiles:
		c := &confirmations{ERP: e}
		return struct {
			*ERP
			erpbridge.Finder
			erpbridge.Confirmer
		}{e, journal{e}, c}
	case e.conf.Transport == FileTransport && e.conf.Confirm == ConfirmPosted:
		return struct {
			*ERP
			erpbridge.Finder
			erpbridge.Acknowledger
		}{e, journal{e}, door{e}}
	case e.conf.Transport == FileTransport:
		return struct {
			*ERP
			erpbridge.Finder
		}{e, journal{e}}
	case e.conf.Confirm == ConfirmPosted:
		return struct {
			*ERP
			erpbridge.Acknowledger
		}{e, door{e}}
	}
	return e
}

var (
	_ erpbridge.ERP          = (*ERP)(nil)
	_ erpbridge.Keyed        = (*ERP)(nil)
	_ erpbridge.Prober       = (*ERP)(nil)
	_ erpbridge.Finder       = journal{}
	_ erpbridge.Acknowledger = door{}
	_ erpbridge.Confirmer    = (*confirmations)(nil)
)

// Keyed reports whether the other side takes an IDoc under its identity only once: SAP
// by the message id over SOAP, the journal with files, nobody over plain HTTP.
func (e *ERP) Keyed() bool { return e.conf.Transport != HTTPTransport }

// Close lets go of connections.
func (e *ERP) Close() error {
	if e.soap != nil {
		e.soap.Close()
	}
	if e.http != nil {
		e.http.close()
	}
	if e.files != nil {
		return e.files.Close()
	}
	return nil
}

// Probe asks SAP's ping service, which needs the user to log on and has no effect; of
// files, whether the folder is there.
func (e *ERP) Probe(ctx context.Context) error {
	if e.files != nil {
		return e.files.Probe(ctx)
	}
	return e.ping(ctx)
}

// Distinct returns what is wrong with sending the orders of all these stores to this system: two
// that can make the same reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.sales.Distinct(stores) }
