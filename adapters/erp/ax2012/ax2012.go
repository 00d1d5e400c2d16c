// Package ax2012 understands Microsoft Dynamics AX 2012 through the sales order service of
// its Application Integration Framework (AIF).
//
//	order ──▶ SalesOrder document ──▶ http: SalesOrderService/create, one per request
//	                              └─▶ file: an Envelope, or a Batch of them, in a folder
//
// An order takes effect once by AIF's own means: every attempt carries the same MessageId,
// which is a function of the order and not of its state, and AIF refuses a message it has
// processed (DuplicateMessage). AIF takes no word of ours for a state of an order, so what
// is there is compared with what was sent:
//
//	EntityKeyList                   booked, with AX's number of it
//	DuplicateMessage, or in doubt   read back by our reference (CustomerRef):
//	    the same lines and charges  booked: delivered
//	    others                      an earlier state of the order is booked: see changes
//	    none (http)                 AIF remembers a message of which nothing came: a person looks
//	fault                           its kind, see codes.go; AX has undone what it did
//	fault that says nothing         read back, as after DuplicateMessage; if it is not there,
//	                                tried a few times
//
// Orders that AX already has are not changed by this adapter: an AIF update replaces
// what people did to the order since. The setting changes says whether a changed order
// becomes a dead letter, for a person to bring it in line, or is left as it is.
//
// By file, what is put down is accepted and not yet booked. AIF writes a response file for
// each message, with an EntityKeyList or a Fault, which confirms it.
//
// The NetTcp endpoint, which AX offers by default, cannot be spoken to: the port must be
// deployed with the HTTP adapter, or with the file system adapter.
//
// The numbers that AX gives orders are decoded into the generated types of wsdl/ax2012.
// Orders and faults are written and read with etree: the genuine WSDL of a port imports
// their types from the server it is deployed on, and differs with it.
package ax2012

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Config is the settings of one company (legal entity) of an AX installation.
type Config struct {
	// URL is the port's address on IIS, or Files the folder of the port's file system
	// adapter. One of them is given.
	URL    string              `yaml:"url"`
	CAFile string              `yaml:"ca_file"` // certificates to trust instead of the system's
	Auth   login.Config        `yaml:"auth"`
	Files  filetransfer.Config `yaml:"files"`

	Timeout   time.Duration `yaml:"timeout"`
	Company   string        `yaml:"company"`   // the legal entity
	Partition string        `yaml:"partition"` // its key, where there are several
	Language  string        `yaml:"language"`  // that AX answers in

	// Changes is what becomes of an order that changed after AX had it: dead-letter, or
	// ignore.
	Changes Changes `yaml:"changes"`
	// LongPO is what becomes of a purchase order number that AX's field does not take: hold,
	// or lines: it stands whole in each line's CustomerRef, and the order's id in the field.
	LongPO LongPO `yaml:"long_po"`
	// DeliverAfter is how many days after the order it is to be received.
	DeliverAfter int    `yaml:"deliver_after"`
	Unit         string `yaml:"unit"` // of items whose unit no table has
	Site         string `yaml:"site"`
	TaxGroup     string `yaml:"tax_group"` // of the order; the items' is their tax code

	Lengths map[string]int   `yaml:"lengths"` // field lengths that differ from the built-in ones
	Mapping salesdoc.Mapping `yaml:"mapping"`
}

// Changes is what becomes of changed orders.
type Changes string

// What may become of them.
const (
	BuryChanges   Changes = "dead-letter"
	IgnoreChanges Changes = "ignore"
)

// LongPO is what becomes of long purchase order numbers.
type LongPO string

// What may become of them.
const (
	HoldPO  LongPO = "hold"
	LinesPO LongPO = "lines"
)

// can is what an AX order can express. Charges are AX's miscellaneous charges, by their
// code.
var can = salesdoc.Can{
	ERP:      "Dynamics AX",
	As:       []salesdoc.As{salesdoc.AsCharge, salesdoc.AsItem},
	Taxes:    []salesdoc.Taxes{salesdoc.ItemTax, salesdoc.RecomputeTax},
	Prices:   []salesdoc.Prices{salesdoc.ShopPrices, salesdoc.NetPrices, salesdoc.GrossPrices},
	Lines:    []salesdoc.DiscountAs{salesdoc.NetDiscount, salesdoc.ItemDiscount},
	Order:    []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.SpreadDiscount},
	Negative: true,
}

// ERP is one company of an AX installation.
type ERP struct {
	name  string
	conf  Config
	sales *salesdoc.Translator
	login *login.Login           // nil: by file
	soap  *soap.Client           // nil: by file
	files *filetransfer.Transfer // nil: by http
	acks  responses
}

// overHTTP and byFile add what each of the ways can do besides.
type (
	overHTTP struct{ *ERP }
	byFile   struct{ *ERP }
)

var (
	_ erpbridge.Finder    = overHTTP{}
	_ erpbridge.Prober    = overHTTP{}
	_ erpbridge.Keyed     = overHTTP{}
	_ erpbridge.Finder    = byFile{}
	_ erpbridge.Prober    = byFile{}
	_ erpbridge.Keyed     = byFile{}
	_ erpbridge.Confirmer = byFile{}
)

// New returns the ERP for a target of the given name, with settings read by decode.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := Config{Timeout: time.Minute, Language: "en-us", Changes: BuryChanges, LongPO: HoldPO, Unit: "ea"}
	if err := decode(&conf); err != nil {
		return nil, err
	}
	sales, err := salesdoc.New(name, conf.Mapping, can, xref)
	if err := errors.Join(conf.check(), err); err != nil {
		return nil, err
	}
	e := &ERP{name: name, conf: conf, sales: sales}
	if conf.Files.Set() {
		if e.files, err = filetransfer.Open(conf.Files); err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
		e.files.Recognise(whole)
		return byFile{e}, nil
	}
	roots, err := login.Roots(conf.CAFile)
	if err != nil {
		return nil, err
	}
	who, err := login.New(conf.Auth, roots)
	if err != nil {
		return nil, err
	}
	e.login = who
	if e.soap, err = soap.NewClient(soap.Options{
		URL: conf.URL, RootCAs: roots, Certificates: who.Certificates(), Authorize: who.Authorize, Transport: who.Transport,
	}); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return overHTTP{e}, nil
}

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case c.Files.Set() && c.URL != "":
		wrong("url and files exclude each other")
	case c.Files.Set():
		if err := c.Files.Check(); err != nil {
			wrong("files.%w", err)
		}
		if c.Files.Acks.Dir == "" {
			wrong("files.acks.dir is missing: the folder where AIF's outbound port puts its responses; without them nobody learns what became of an order")
		}
	case c.URL == "":
		wrong("url is missing: the port's address on IIS, such as https://ax.example.com/MicrosoftDynamicsAXAif60/SalesOrders/xppservice.svc; or files, the folder of its file system adapter")
	default:
		if err := c.Auth.CheckURL(c.URL); err != nil {
			wrong("url: %w", err)
		}
		if err := c.Auth.Check(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	if c.Company == "" || len(c.Company) > 4 {
		wrong("company: %q is not a legal entity's id of up to 4 characters", c.Company)
	}
	if c.Changes != BuryChanges && c.Changes != IgnoreChanges {
		wrong("changes: %q is not one of %s, %s", c.Changes, BuryChanges, IgnoreChanges)
	}
	if c.LongPO != HoldPO && c.LongPO != LinesPO {
		wrong("long_po: %q is not one of %s, %s", c.LongPO, HoldPO, LinesPO)
	}
	if c.DeliverAfter < 0 || c.DeliverAfter > 365 {
		wrong("deliver_after: must be a number of days from 0 to 365")
	}
	for field, n := range c.Lengths {
		if _, ok := rules[field]; !ok {
			wrong("lengths: %q is not a field with a length, such as ItemId", field)
		} else if n < 1 {
			wrong("lengths.%s: must be at least 1", field)
		}
	}
	return errors.Join(errs...)
}

// Keyed implements erpbridge.Keyed: AIF takes a MessageId once.
func (e *ERP) Keyed() bool { return true }

// space is the namespace of our MessageIds (RFC 9562, version 5).
var space = uuid.MustParse("9d1d6d3a-6c1c-5d0e-9c7e-0f5f0a6f8c52")

// messageID is the same for every attempt at an order, whatever its state. AIF keeps one
// list of messages for all companies of an installation: so it is of the company too.
func (e *ERP) messageID(record string) string {
	return "{" + uuid.NewSHA1(space, []byte(e.conf.Company+"/"+record)).String() + "}"
}

// Distinct returns what is wrong with sending the orders of all these stores to this company: two
// that can make the same reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.sales.Distinct(stores) }
