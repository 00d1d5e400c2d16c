// Package netsuite understands Oracle NetSuite through SuiteTalk, its SOAP web
// services.
//
// An order becomes up to three records, delivered in this order, each of them a
// Document; a refund becomes one, and so does the cancellation of an order of which
// no more is known than its id:
//
//	order         Customer ──▶ SalesOrder ──▶ CustomerDeposit
//	               unless it    always        when something was paid
//	               is known                   and the order was not cancelled
//	refund        ReturnAuthorization, where goods come back;
//	              CreditMemo or CashRefund otherwise     (setting refund_record)
//	cancellation  CloseSalesOrder: an updateList that closes the lines of the order
//
// What is on them is worked out by package salesdoc; the settings that stand outside
// of mapping are short for rules of it (mapping.go).
//
// What is promised:
//
//   - A Document is one complete upsertList element with its one record; of a customer
//     an addList, unless update_customers is set. The record's externalId is a function
//     of store and id, so that delivering it again changes the record, or finds it,
//     instead of making a second one. Deliver lifts the records of all its documents
//     into one upsertList and signs that request; nothing signed is ever part of a
//     Document.
//   - What NetSuite has is looked up before (standing.go): a customer that is there is
//     left alone, a record that is there in the state that is to be sent is not written
//     again, and the status of an order that is there is not written.
//   - The amounts of a record add up to the order's total, or the refund's, to the
//     minor unit, or there is no Document: it is Held with the difference. Tax is one
//     line of its own, or what each line says it is, so that NetSuite has nothing to
//     recompute.
//   - Each record carries a marker made of all that its Document says, in its memo or
//     comments. Find compares it: a record with another marker is another state. The
//     digest of the Document's version is the same, so that the outbox knows states of an
//     order apart by what NetSuite is told of them.
//   - A mapping that is missing holds the order and is named by its setting.
//
// A refund does not say whose it is. Its record's entity names the sales order, and
// Deliver puts that order's customer there after looking the order up, before it writes
// anything. Closing looks up which lines are open. Both are Missing while NetSuite does
// not have the order. Documents that need a look-up go in a request of their own, after
// those of their stream that stand before them.
//
// With the setting items.look_up, goods that no table knows are looked up in NetSuite: by
// Deliver, right before it writes, because Translate is pure and a Document is rendered
// once. Until then a line names its item by what it is looked up by, which NetSuite would
// not take, so that no order can be written with an item that nobody found:
//
//	Translate ──▶ line with the SKU ──▶ Deliver: cross-reference ─▶ kept ─▶ search
//	                                      ├─ one active item ──▶ its internal id; written
//	                                      ├─ none, or several ──▶ Missing: tried again, and
//	                                      │       delivered once there is one
//	                                      └─ no answer, throttled, refused ──▶ that Kind;
//	                                              nothing of the request was written
//
// Missing is what the outbox waits for by itself, for a time; Held could only be decided
// before anything was rendered.
//
// What an answer means, record by record:
//
//	HTTP / SOAP ──not understood──▶ InDoubt, all       look up by Find
//	    │
//	    ├─ Fault: nothing was done ──▶ its Kind, all    (see codes.go)
//	    └─ upsertListResponse: one result per record, in the order sent
//	         ├─ isSuccess, internalId ──▶ Receipt       (WARN details become its Warning)
//	         ├─ not isSuccess, afterSubmitFailed, internalId ──▶ Receipt with a Warning: it was saved
//	         ├─ not isSuccess ──▶ Kind of its codes     (unknown code: Invalid)
//	         └─ anything else, another externalId, a result too many ──▶ InDoubt
//
// With the setting async NetSuite takes a batch and works it later; see Async.
//
// SuiteTalk SOAP ends with endpoint 2025.2; its version is a setting.
package netsuite

import (
	"crypto/rand"
	"fmt"
	"time"
	_ "time/tzdata" // NetSuite's day is Pacific, wherever the bridge runs

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// How many records NetSuite takes in one request.
const (
	MaxBatch      = 100 // in an upsertList and an updateList
	MaxAsyncBatch = 200 // in an asyncUpsertList
)

// ERP is one NetSuite account.
type ERP struct {
	name    string
	conf    Config
	orders  *salesdoc.Translator
	refunds *salesdoc.Translator
	ns      namespaces
	soap    *soap.Client
	pacific *time.Location
	xref    erpbridge.CrossReference // nil: every table is empty
	items   *itemCache

	now   func() time.Time
	nonce func() string
}

var (
	_ erpbridge.ERP       = (*ERP)(nil)
	_ erpbridge.Finder    = (*ERP)(nil)
	_ erpbridge.Prober    = (*ERP)(nil)
	_ erpbridge.Keyed     = (*ERP)(nil)
	_ erpbridge.Confirmer = (*Async)(nil)
)

// New returns the ERP for a target of the given name, with settings read by
// decode. Names that the settings do not have are looked up in xref. With the setting
// async it is an Async.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := defaults()
	if err := decode(&conf); err != nil {
		return nil, err
	}
	if err := conf.check(); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	orders, refunds, err := conf.translators(name, xref)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	roots, err := conf.roots()
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	client, err := soap.NewClient(soap.Options{URL: conf.endpoint(), RootCAs: roots})
	if err != nil {
		return nil, fmt.Errorf("target %s: url: %w", name, err)
	}
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, err
	}
	e := &ERP{
		name:    name,
		conf:    conf,
		orders:  orders,
		refunds: refunds,
		ns:      namespacesOf(conf.Version),
		soap:    client,
		pacific: pacific,
		xref:    xref,
		items:   newItemCache(conf.Items.LookUpKeep),
		now:     time.Now,
		nonce:   rand.Text, // 26 letters and digits; NetSuite takes 6 to 64
	}
	if conf.Async {
		return &Async{e}, nil
	}
	return e, nil
}

// namespaces are the vendor's, which end in the version of the endpoint.
type namespaces struct {
	messages, core, common, relationships, sales, customers string

	accounting string // of items, which are read alone
}

func namespacesOf(version string) namespaces {
	urn := func(area, group string) string {
		return "urn:" + area + "_" + version + "." + group + ".webservices.netsuite.com"
	}
	return namespaces{
		messages:      urn("messages", "platform"),
		core:          urn("core", "platform"),
		common:        urn("common", "platform"),
		relationships: urn("relationships", "lists"),
		sales:         urn("sales", "transactions"),
		customers:     urn("customers", "transactions"),
		accounting:    urn("accounting", "lists"),
	}
}

// The prefixes our messages use; the vendor's own samples use the same.
const (
	msgs   = "platformMsgs"
	core   = "platformCore"
	common = "platformCommon"
	rel    = "listRel"
	sales  = "tranSales"
	cust   = "tranCust"
)

const nsXSI = "http://www.w3.org/2001/XMLSchema-instance"

// prefixes returns the declarations of all messages, in a fixed order.
func (n namespaces) prefixes() [][2]string {
	return [][2]string{
		{"xsi", nsXSI},
		{msgs, n.messages},
		{core, n.core},
		{common, n.common},
		{rel, n.relationships},
		{sales, n.sales},
		{cust, n.customers},
	}
}

// The records, in NetSuite's words.
const (
	customer            = "Customer"
	salesOrder          = "SalesOrder"
	customerDeposit     = "CustomerDeposit"
	returnAuthorization = "ReturnAuthorization"
	creditMemo          = "CreditMemo"
	cashRefund          = "CashRefund"

	// closing is no record but what is done to one: the lines of a sales order are closed.
	closing = "CloseSalesOrder"
)

// recordTypes are the same records where NetSuite refers to them.
var recordTypes = map[string]string{
	customer: "customer", salesOrder: "salesOrder", customerDeposit: "customerDeposit", returnAuthorization: "returnAuthorization",
	creditMemo: "creditMemo", cashRefund: "cashRefund", closing: "salesOrder",
}

// Distinct returns what is wrong with sending the orders of all these stores to this account: two
// that can make the same reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.orders.Distinct(stores) }
