// Package saps4 understands SAP S/4HANA through its asynchronous SOAP services.
//
//	order            ──▶ OrderRequest (B2B), after its
//	                     BusinessPartnerSUITEBulkReplicateRequest where customers are created
//	order, cancelled ──▶ OrderRequest with ActionCode 03
//
// The services are one-way. What is promised, and how:
//
//   - An order takes effect once. Each attempt at a document carries the same
//     wsa:MessageID, a function of its key; and the order's PurchaseOrderID, our reference,
//     is S/4's key for it: the same again changes the order instead of making another.
//     So an answer that was lost is answered by sending the same once more.
//   - HTTP 202 without a body means that S/4 has stored the message. Whether it made an
//     order of it, it tells later, or never: a message can be dropped without a word. The
//     document is accepted, and booked when S/4's OrderConfRequest arrives, or when the
//     order is found in this state by reading back (OData, see readback.go). What is
//     neither in time is reported.
//   - An OrderConfRequest names the order and not its state: of a changed order it says that
//     S/4 has it, and not that it has the change. The documents of an order are sent one by
//     one, each after the confirmation of the one before; a second confirmation of an
//     earlier state would be taken for one of the change. Where read_back_url is set
//     reading back alone confirms an order, and a message is but noted: the order's header
//     text tells its state (see state.go). A cancellation is confirmed by nothing but the
//     rejection of all items.
//   - What follows a document in its stream is not sent where that one was not taken: S/4
//     drops an order of a business partner that it does not know.
//   - The items' net amounts add up to the order's total. Tax is an item of its own, unless
//     S/4 is to work it out.
//
// The schemas leave elementFormDefault out: the root is in its namespace and nothing
// below it is. That is why there are no generated bindings: gowsdl's output puts a default
// namespace on the root, which S/4 refuses.
package saps4

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Config is the settings of one S/4HANA system.
type Config struct {
	// OrderURL is the endpoint of OrderRequest_In, whole, with ?sap-client= on premise.
	// PartnerURL is that of the business partner replication, where customers are created.
	OrderURL   string        `yaml:"order_url"`
	PartnerURL string        `yaml:"partner_url"`
	CAFile     string        `yaml:"ca_file"` // certificates to trust instead of the system's
	Auth       login.Config  `yaml:"auth"`
	Timeout    time.Duration `yaml:"timeout"`

	OrderAction   string `yaml:"order_action"` // SOAPAction and wsa:Action
	PartnerAction string `yaml:"partner_action"`
	// MessageIDQuery adds the message's id to the URL, for systems that want SAP RM.
	MessageIDQuery bool `yaml:"message_id_query"`

	Sender    string `yaml:"sender"`    // our business system, as S/4 knows it
	Recipient string `yaml:"recipient"` // S/4's own

	SalesOrganization   string `yaml:"sales_organization"`
	DistributionChannel string `yaml:"distribution_channel"`
	Division            string `yaml:"division"`
	DocumentType        string `yaml:"document_type"` // of the sales order
	Unit                string `yaml:"unit"`          // UN/CEFACT code of items whose unit no table has
	DeliverAfter        int    `yaml:"deliver_after"` // days from the order to the requested delivery

	// Confirm says how S/4 confirms: by message, to /confirmations/<target>; by read-back;
	// or none, which takes 202 for enough.
	Confirm Confirm `yaml:"confirm"`
	// ConfirmUser and ConfirmPassword are what S/4 logs in with to send confirmations.
	ConfirmUser     string       `yaml:"confirm_user"`
	ConfirmPassword login.Secret `yaml:"confirm_password"`
	// ReadBackURL is the service API_SALES_ORDER_SRV. Beside confirmations by message it says
	// which state of an order S/4 has, which they do not, and finds those that were lost.
	ReadBackURL string `yaml:"read_back_url"`
	// MarkState begins each order's header text with a digest of its state, by which reading
	// back knows the state again. Without ReadBackURL there is none.
	MarkState bool `yaml:"mark_state"`
	// UnknownAfter is how long after a cancellation was accepted its order may be missing
	// before it is believed that there is none.
	UnknownAfter time.Duration `yaml:"unknown_after"`

	// PartnerRole, PartnerGroup and PartnerIDType are those of created customers.
	PartnerRole   string `yaml:"partner_role"`
	PartnerGroup  string `yaml:"partner_group"`
	PartnerIDType string `yaml:"partner_id_type"`

	Lengths map[string]int   `yaml:"lengths"` // field lengths that differ from the built-in ones
	Mapping salesdoc.Mapping `yaml:"mapping"`
}

// Confirm is how S/4 confirms.
type Confirm string

// The ways to confirm.
const (
	ByMessage  Confirm = "message"
	ByReadBack Confirm = "read-back"
	ByNothing  Confirm = "none"
)

// can is what an OrderRequest can express.
var can = salesdoc.Can{
	ERP:       "SAP S/4HANA",
	As:        []salesdoc.As{salesdoc.AsItem},
	Taxes:     []salesdoc.Taxes{salesdoc.ItemTax, salesdoc.RecomputeTax},
	Prices:    []salesdoc.Prices{salesdoc.NetPrices},
	Lines:     []salesdoc.DiscountAs{salesdoc.NetDiscount, salesdoc.ItemDiscount},
	Order:     []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.SpreadDiscount},
	Cancels:   []salesdoc.Cancel{salesdoc.CancelOrder},
	Customers: []salesdoc.Unknown{salesdoc.DefaultCustomer, salesdoc.CreateCustomer},
	Negative:  true,
}

// ERP is one S/4HANA system.
type ERP struct {
	name     string
	conf     Config
	sales    *salesdoc.Translator
	login    *login.Login
	orders   *soap.Client
	partners *soap.Client // nil: customers are not created
	odata    *http.Client // nil: nothing is read back
}

var (
	_ erpbridge.ERP          = (*ERP)(nil)
	_ erpbridge.Keyed        = (*ERP)(nil)
	_ erpbridge.Confirmer    = (*ERP)(nil)
	_ erpbridge.Acknowledger = (*ERP)(nil)
)

func defaults() Config {
	return Config{
		Timeout: time.Minute, Confirm: ByMessage, MarkState: true, UnknownAfter: 10 * time.Minute, Unit: "PCE", DocumentType: "OR", DistributionChannel: "10", Division: "00",
		OrderAction:   "http://sap.com/xi/EDI/OrderRequest_In/OrderRequest_InRequest",
		PartnerAction: "http://sap.com/xi/SAP_BS_FND/MDG/Global2/BusinessPartnerSUITEBulkReplicateRequest_In/BusinessPartnerSUITEBulkReplicateRequest_InRequest",
		PartnerRole:   "FLCU01", PartnerIDType: "BUP001",
	}
}

// New returns the ERP for a target of the given name, with settings read by decode.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := defaults()
	if err := decode(&conf); err != nil {
		return nil, err
	}
	sales, err := salesdoc.New(name, conf.Mapping, can, xref)
	if err := errors.Join(conf.check(), err); err != nil {
		return nil, err
	}
	roots, err := login.Roots(conf.CAFile)
	if err != nil {
		return nil, err
	}
	who, err := login.New(conf.Auth, roots)
	if err != nil {
		return nil, err
	}
	e := &ERP{name: name, conf: conf, sales: sales, login: who}
	for _, c := range []struct {
		setting, url string
		client       **soap.Client
	}{{"order_url", conf.OrderURL, &e.orders}, {"partner_url", conf.PartnerURL, &e.partners}} {
		if c.url == "" {
			continue
		}
		if *c.client, err = soap.NewClient(soap.Options{
			URL: c.url, RootCAs: roots, Certificates: who.Certificates(), Authorize: who.Authorize, Transport: who.Transport,
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", c.setting, err)
		}
	}
	if conf.Confirm != ByNothing && conf.ReadBackURL != "" {
		e.odata = reader(who, roots)
	}
	return e, nil
}

var (
	orgShape   = regexp.MustCompile(`^[A-Z0-9]{1,4}$`)
	smallShape = regexp.MustCompile(`^[A-Z0-9]{1,2}$`)
)

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.OrderURL == "" {
		wrong("order_url is missing: the endpoint of OrderRequest_In, such as https://my300000-api.s4hana.cloud.sap/sap/bc/srt/scs_ext/sap/orderrequest_in")
	}
	for setting, raw := range map[string]string{"order_url": c.OrderURL, "partner_url": c.PartnerURL, "read_back_url": c.ReadBackURL} {
		if raw != "" {
			if err := c.Auth.CheckURL(raw); err != nil {
				wrong("%s: %w", setting, err)
			}
		}
	}
	if err := c.Auth.Check(); err != nil {
		errs = append(errs, err)
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	if c.UnknownAfter < 0 {
		wrong("unknown_after: must not be less than nought")
	}
	if !orgShape.MatchString(c.SalesOrganization) {
		wrong("sales_organization: %q is not a sales organization such as 1010", c.SalesOrganization)
	}
	for setting, v := range map[string]string{"distribution_channel": c.DistributionChannel, "division": c.Division} {
		if !smallShape.MatchString(v) {
			wrong("%s: %q is not a code of one or two characters such as 10", setting, v)
		}
	}
	if c.Sender == "" || c.Recipient == "" {
		wrong("sender and recipient: both business systems are needed: S/4 finds its settings by them")
	}
	switch c.Confirm {
	case ByMessage:
		if c.ConfirmUser == "" || c.ConfirmPassword == "" {
			wrong("confirm_user and confirm_password are missing: what S/4 logs in with to send its confirmations; or set confirm to read-back or none")
		}
	case ByReadBack:
		if c.ReadBackURL == "" {
			wrong("read_back_url is missing: the service API_SALES_ORDER_SRV, such as https://my300000-api.s4hana.cloud.sap/sap/opu/odata/sap/API_SALES_ORDER_SRV")
		}
	case ByNothing:
	default:
		wrong("confirm: %q is not one of %s, %s, %s", c.Confirm, ByMessage, ByReadBack, ByNothing)
	}
	if c.DeliverAfter < 0 || c.DeliverAfter > 365 {
		wrong("deliver_after: must be a number of days from 0 to 365")
	}
	creates := c.Mapping.Customer.Unknown == salesdoc.CreateCustomer || c.Mapping.Customer.Guest == salesdoc.CreateCustomer
	for _, r := range c.Mapping.Stores {
		creates = creates || r.Customer.Unknown == salesdoc.CreateCustomer || r.Customer.Guest == salesdoc.CreateCustomer
	}
	if creates && c.PartnerURL == "" {
		wrong("partner_url is missing: mapping.customer asks for customers to be created")
	}
	for field, n := range c.Lengths {
		if _, ok := rules[field]; !ok {
			wrong("lengths: %q is not a field with a length, such as SupplierProductID", field)
		} else if n < 1 {
			wrong("lengths.%s: must be at least 1", field)
		}
	}
	return errors.Join(errs...)
}

// Keyed implements erpbridge.Keyed: the message's id and the order's reference.
func (e *ERP) Keyed() bool { return true }

// Distinct returns what is wrong with sending the orders of all these stores to this system:
// two that can make the same reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.sales.Distinct(stores) }

// space is the namespace of our ids (RFC 9562, version 5).
var space = uuid.MustParse("4ed7d1b0-55f5-5f0b-8a3b-6f6f6d8f1d11")

// idOf is the same for every attempt at a document.
func idOf(key string) uuid.UUID { return uuid.NewSHA1(space, []byte(key)) }

// hex32 is SAP's way to write it.
func hex32(id uuid.UUID) string { return fmt.Sprintf("%032X", id[:]) }

func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.RawQuery = ""
	return u.String()
}
