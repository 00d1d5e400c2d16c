package sapidoc

import (
	"net/url"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Config is the settings of one SAP client.
type Config struct {
	Transport Transport `yaml:"transport"` // soap, http or file
	// Release is whose fields are written: ecc, or s4 with its longer material numbers.
	Release Release `yaml:"release"`
	// Charset is what SAP's code page has: unicode, or latin1 of a system that is none.
	Charset string `yaml:"charset"`

	// URL is SAP's address. Without a path it is completed to the service of the
	// transport: /sap/bc/srt/idoc or /sap/bc/idoc_xml.
	URL string `yaml:"url"`
	// Client is SAP's client, three digits; it goes into the address as sap-client and
	// into the control record.
	Client   string        `yaml:"client"`
	Auth     login.Config  `yaml:"auth"`
	Timeout  time.Duration `yaml:"timeout"` // of one request
	CAFile   string        `yaml:"ca_file"` // certificates to trust instead of the system's
	PingPath string        `yaml:"ping_path"`
	// StoredAnswers are titles or texts by which SAP says over plain HTTP that it stored
	// the IDoc, beyond its standard's.
	StoredAnswers []string `yaml:"stored_answers"`
	// Files is where files go, and how.
	Files filetransfer.Config `yaml:"files"`

	Sender   Partner `yaml:"sender"`   // we, as SAP's partner profile (WE20) has us
	Receiver Partner `yaml:"receiver"` // SAP

	Orders  OrdersConfig   `yaml:"orders"`
	Change  ChangeConfig   `yaml:"change"`
	Cancel  CancelConfig   `yaml:"cancel"`
	Returns DocumentConfig `yaml:"returns"` // goods come back
	Credits DocumentConfig `yaml:"credits"` // money only

	Customers  CustomersConfig `yaml:"customers"`
	Conditions Conditions      `yaml:"conditions"`
	Texts      TextsConfig     `yaml:"texts"`

	// Confirm is how SAP says that it booked: none, posted or files.
	Confirm       Confirm             `yaml:"confirm"`
	Confirmations ConfirmationsConfig `yaml:"confirmations"`

	Mapping salesdoc.Mapping `yaml:"mapping"`
}

// Transport is the way IDocs travel.
type Transport string

// The transports.
const (
	SOAPTransport Transport = "soap"
	HTTPTransport Transport = "http"
	FileTransport Transport = "file"
)

// Release is a generation of SAP's software.
type Release string

// The releases.
const (
	ECC Release = "ecc"
	S4  Release = "s4"
)

// Confirm is a way to learn that an IDoc was booked.
type Confirm string

// The ways.
const (
	ConfirmNone   Confirm = "none"   // stored is delivered
	ConfirmPosted Confirm = "posted" // SAP posts ALEAUD to /confirmations/<target>
	ConfirmFiles  Confirm = "files"  // SAP writes ALEAUD files into files.acks
)

// Partner is one end of an IDoc's way, as the control record names it.
type Partner struct {
	Port     string `yaml:"port"`
	Type     string `yaml:"type"`    // LS (default), KU, LI ...
	Partner  string `yaml:"partner"` // number or logical system
	Function string `yaml:"function"`
}

// DocumentConfig says which document of SAP's an IDoc makes.
type DocumentConfig struct {
	MessageType     string `yaml:"message_type"`
	MessageCode     string `yaml:"message_code"`
	MessageFunction string `yaml:"message_function"`
	// OrderType is the sales document type: E1EDK01-BSART and E1EDK14 012.
	OrderType string `yaml:"order_type"`
	Reason    string `yaml:"reason"` // order reason, E1EDK01-AUGRU
}

// OrdersConfig says how orders are made.
type OrdersConfig struct {
	DocumentConfig `yaml:",inline"`
	IDocType       string `yaml:"idoc_type"` // basic type, of all of ORDERS and ORDCHG
	Extension      string `yaml:"extension"` // its extension (CIMTYP); empty: none

	SalesOrg string `yaml:"sales_org"`
	Channel  string `yaml:"channel"`
	Division string `yaml:"division"`
	Office   string `yaml:"office"`
	Group    string `yaml:"group"`
	Plant    string `yaml:"plant"` // of items whose place mapping.locations does not know
	// On are the events that make an order. Over http that is order.placed alone unless it
	// is set; otherwise every state does, because one that was made already is not made
	// again.
	On []erpbridge.EventType `yaml:"on"`
	// CreateWithin is how long after the sale a state of it may still make an order.
	CreateWithin time.Duration `yaml:"create_within"`
}

// ChangeConfig says whether and how changes of an order are told.
type ChangeConfig struct {
	DocumentConfig `yaml:",inline"`
	Send           bool   `yaml:"send"`
	Action         string `yaml:"action"`        // E1EDP01-ACTION of items
	RemoveAction   string `yaml:"remove_action"` // of items of which nothing is left
}

// CancelConfig says how an order is cancelled: mapping.cancel says whether.
type CancelConfig struct {
	DocumentConfig `yaml:",inline"`
	// HeaderAction is E1EDK01-ACTION; empty: none. One that reverses the order, see
	// reverses, is left out where an order is closed.
	HeaderAction string `yaml:"header_action"`
	// Action is E1EDP01-ACTION of items of an order that is cancelled, CloseAction that of
	// one that is closed (mapping.cancel: close), with Rejection as E1EDP01-ABGRU.
	Action      string `yaml:"action"`
	CloseAction string `yaml:"close_action"`
	Rejection   string `yaml:"rejection"`
}

// reverses reports whether HeaderAction takes the order back as a whole. Of SAP's codes
// 001 does; the others say what of the document was changed (000 nothing, 002 the header,
// 003 items, 004 both), and cancel nothing. Codes that are not SAP's are a customer's own,
// who knows what he does by them.
func (c CancelConfig) reverses() bool {
	switch c.HeaderAction {
	case "", "000", "002", "003", "004":
		return false
	}
	return true
}

// CustomersConfig says how customers are made (mapping.customer.unknown: create).
type CustomersConfig struct {
	IDocType     string `yaml:"idoc_type"`
	Extension    string `yaml:"extension"`
	MessageType  string `yaml:"message_type"`
	AccountGroup string `yaml:"account_group"` // KTOKD, with external numbers
	// Prefixes begin the numbers of a store's customers, by store: a letter or more.
	Prefixes       map[string]string `yaml:"prefixes"`
	CompanyCode    string            `yaml:"company_code"`
	Reconciliation string            `yaml:"reconciliation_account"`
	PriceProcedure string            `yaml:"pricing_procedure"` // KALKS
	ShippingCond   string            `yaml:"shipping_condition"`
	PaymentTerms   string            `yaml:"payment_terms"`
}

// Conditions are the condition types that amounts are written with.
type Conditions struct {
	Price          string `yaml:"price"` // of items, as E1EDP05; empty: E1EDP01-VPREI alone
	Discount       string `yaml:"discount"`
	HeaderDiscount string `yaml:"header_discount"`
}

// TextsConfig says where notes go.
type TextsConfig struct {
	Header   string `yaml:"header"` // text id of the order's notes; empty: none are sent
	Item     string `yaml:"item"`
	Language string `yaml:"language"` // ISO 639, of all texts
}

// ConfirmationsConfig says by which log-on SAP's posts are known.
type ConfirmationsConfig struct {
	User     string       `yaml:"user"`
	Password login.Secret `yaml:"password"`
}

// can is what an ORDERS can express.
var can = salesdoc.Can{
	ERP:       "SAP",
	As:        []salesdoc.As{salesdoc.AsItem, salesdoc.AsCharge},
	Taxes:     []salesdoc.Taxes{salesdoc.PassTax, salesdoc.RecomputeTax, salesdoc.ItemTax},
	Prices:    []salesdoc.Prices{salesdoc.NetPrices, salesdoc.GrossPrices, salesdoc.ShopPrices},
	Lines:     []salesdoc.DiscountAs{salesdoc.LineDiscount, salesdoc.NetDiscount, salesdoc.ItemDiscount},
	Order:     []salesdoc.DiscountAs{salesdoc.HeaderDiscount, salesdoc.SpreadDiscount, salesdoc.ItemDiscount},
	Refunds:   []salesdoc.RefundAs{salesdoc.RefundAsReturnOrder, salesdoc.RefundByRestock, salesdoc.RefundAsCreditMemo},
	Cancels:   []salesdoc.Cancel{salesdoc.CancelOrder, salesdoc.CloseOrder},
	Customers: []salesdoc.Unknown{salesdoc.DefaultCustomer, salesdoc.CreateCustomer},
	Negative:  true,
}

func defaults() Config {
	return Config{
		Transport: SOAPTransport,
		Release:   ECC,
		Charset:   "unicode",
		Timeout:   60 * time.Second,
		PingPath:  "/sap/bc/ping",
		Sender:    Partner{Type: "LS"},
		Receiver:  Partner{Type: "LS"},
		Orders: OrdersConfig{
			DocumentConfig: DocumentConfig{MessageType: "ORDERS", OrderType: "OR"},
			IDocType:       "ORDERS05", CreateWithin: 90 * 24 * time.Hour,
		},
		Change: ChangeConfig{DocumentConfig: DocumentConfig{MessageType: "ORDCHG"}, Action: "002", RemoveAction: "003"},
		Cancel: CancelConfig{DocumentConfig: DocumentConfig{MessageType: "ORDCHG"}, Action: "003", CloseAction: "002"},
		Returns: DocumentConfig{
			MessageType: "ORDERS", OrderType: "RE",
		},
		Credits:    DocumentConfig{MessageType: "ORDERS", OrderType: "CR"},
		Customers:  CustomersConfig{IDocType: "DEBMAS07", MessageType: "DEBMAS"},
		Conditions: Conditions{Price: "PR00", Discount: "HB00", HeaderDiscount: "HB00"},
		Texts:      TextsConfig{Header: "0001", Item: "0001", Language: "EN"},
		Confirm:    ConfirmPosted,
	}
}

// settle fills in what depends on other settings.
func (c *Config) settle() {
	if len(c.Orders.On) == 0 {
		c.Orders.On = []erpbridge.EventType{erpbridge.OrderPlaced, erpbridge.OrderPaid, erpbridge.OrderChanged, erpbridge.OrderCancelled}
		if c.Transport == HTTPTransport {
			c.Orders.On = []erpbridge.EventType{erpbridge.OrderPlaced}
		}
	}
}

// services are the paths of SAP's inbound services.
var services = map[Transport]string{SOAPTransport: "/sap/bc/srt/idoc", HTTPTransport: "/sap/bc/idoc_xml"}

// endpoint returns the URL that IDocs go to, and that of the ping service.
func (c *Config) endpoint() (service, ping string, err error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = services[c.Transport]
	}
	q := u.Query()
	q.Set("sap-client", c.Client)
	u.RawQuery = q.Encode()
	p := url.URL{Scheme: u.Scheme, Host: u.Host, Path: c.PingPath, RawQuery: url.Values{"sap-client": {c.Client}}.Encode()}
	return u.String(), p.String(), nil
}
