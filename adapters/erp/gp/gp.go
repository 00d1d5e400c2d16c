// Package gp understands Microsoft Dynamics GP through its web service, the legacy SOAP
// endpoint DynamicsGPService.asmx.
//
//	order                ──▶ CreateSalesOrder, or UpdateSalesOrder where GP has an older state
//	order, cancelled     ──▶ VoidSalesOrder
//
// GP has no batch operation: a request carries one document. What is promised:
//
//   - An order takes effect once. Its number (SOPNUMBE) is ours, a function of the
//     order's, and GP takes a number only once. The order carries our reference in
//     FrontOfficeIntegrationId and a marker of its state in IntegrationId.
//
//   - After a lost answer, and after every Fault of a create that does not name its
//     cause for certain, the order is read back by its number (GetSalesOrderByKey):
//
//     same reference, same marker    it is booked: delivered
//     same reference, other marker   an older state of ours: updated, see update.go
//     another reference, or none     somebody else's: Invalid, nothing is overwritten
//     no such order                  the Fault stands
//
//   - GP voids by the number alone. So an order is read before it is voided, and voided
//     only if the reference is ours.
//
//   - GP answers a create with nothing at all. That the answer is the empty
//     CreateSalesOrderResponse is what counts.
//
//   - What GP will add up, line by line, is the order's total, to the minor unit.
//
// Faults carry localized text and mostly no cause; the texts are in the language of the
// context we send, which is English. See codes.go.
//
// GP's answer to a look-up is decoded into the generated types of wsdl/gp, by names and
// namespaces that are checked. Requests are written with etree: they have some thirty
// elements that must be there as xsi:nil, which gowsdl's output leaves out. The other
// answers are empty, and a Fault is words.
package gp

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Config is the settings of one company of a GP installation.
type Config struct {
	URL     string        `yaml:"url"` // of DynamicsGPService.asmx
	Timeout time.Duration `yaml:"timeout"`
	CAFile  string        `yaml:"ca_file"` // certificates to trust instead of the system's
	Auth    login.Config  `yaml:"auth"`

	Company      int    `yaml:"company"`       // GP's id of the company
	Culture      string `yaml:"culture"`       // that GP answers in: English, of any country
	DocumentType string `yaml:"document_type"` // the order's type id, such as STDORD
	Batch        string `yaml:"batch"`         // the batch orders are put in
	// PriceDecimals is how many decimals the currencies are set up with, by code, where
	// that is not the currency's own.
	PriceDecimals map[string]uint8 `yaml:"price_decimals"`
	// QuantityDecimals is how many decimals the items are set up with.
	QuantityDecimals uint8 `yaml:"quantity_decimals"`
	// LongPO is what becomes of a purchase order number that GP's field does not take:
	// hold, or note: it stands whole in the order's note, and the order's id in the field.
	LongPO  LongPO           `yaml:"long_po"`
	Lengths map[string]int   `yaml:"lengths"` // field lengths that differ from the built-in ones
	Mapping salesdoc.Mapping `yaml:"mapping"`
}

// LongPO is what becomes of long purchase order numbers.
type LongPO string

// What may become of them.
const (
	HoldPO LongPO = "hold"
	NotePO LongPO = "note"
)

// can is what a GP order can express. Freight, miscellaneous and trade discount are the
// header's own amounts: charges with these codes go there.
var can = salesdoc.Can{
	ERP:      "Dynamics GP",
	Numbered: true, // the number is the order's key
	As:       []salesdoc.As{salesdoc.AsItem, salesdoc.AsCharge},
	Taxes:    []salesdoc.Taxes{salesdoc.PassTax, salesdoc.ItemTax},
	Prices:   []salesdoc.Prices{salesdoc.NetPrices},
	// A line's markdown is per piece: what it comes to is not always a whole number of
	// cents, so the line's price has it.
	Lines:    []salesdoc.DiscountAs{salesdoc.NetDiscount},
	Order:    []salesdoc.DiscountAs{salesdoc.HeaderDiscount, salesdoc.SpreadDiscount},
	Cancels:  []salesdoc.Cancel{salesdoc.CancelOrder},
	Negative: true,
}

// The charges of a GP order.
const (
	freight       = "freight"
	miscellaneous = "miscellaneous"
	tradeDiscount = "trade-discount"
)

var charges = []string{freight, miscellaneous, tradeDiscount}

// ERP is one company of a GP installation.
type ERP struct {
	name  string
	conf  Config
	login *login.Login
	soap  *soap.Client
	sales *salesdoc.Translator
}

var (
	_ erpbridge.ERP    = (*ERP)(nil)
	_ erpbridge.Finder = (*ERP)(nil)
	_ erpbridge.Prober = (*ERP)(nil)
	_ erpbridge.Keyed  = (*ERP)(nil)
)

// New returns the ERP for a target of the given name, with settings read by decode.
func New(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error) {
	conf := Config{Timeout: time.Minute, Culture: "en-US", LongPO: HoldPO}
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
	client, err := soap.NewClient(soap.Options{
		URL: conf.URL, RootCAs: roots, Certificates: who.Certificates(), Authorize: who.Authorize, Transport: who.Transport,
	})
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return &ERP{name: name, conf: conf, login: who, soap: client, sales: sales}, nil
}

// cultureShape matches the cultures whose words are in texts: English, of any country.
// What GP says in another language would be understood for nothing, not even that an order
// is not there, and what it refused would be in doubt for ever.
var cultureShape = regexp.MustCompile(`^(?i:en-[a-z]{2})$`)

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.URL == "" {
		wrong("url is missing: the web service, such as https://gp.example.com:48620/DynamicsGPWebServices/DynamicsGPService.asmx")
	} else if err := c.Auth.CheckURL(c.URL); err != nil {
		wrong("url: %w", err)
	}
	if err := c.Auth.Check(); err != nil {
		errs = append(errs, err)
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	if c.Company == 0 {
		wrong("company is missing: GP's number of the company; -1 is the sample company")
	}
	if !cultureShape.MatchString(c.Culture) {
		wrong("culture: %q is not English, such as en-US: it is the language in which GP answers the bridge, in words alone, and no other is understood", c.Culture)
	}
	if c.LongPO != HoldPO && c.LongPO != NotePO {
		wrong("long_po: %q is not one of %s, %s", c.LongPO, HoldPO, NotePO)
	}
	for _, s := range []struct{ setting, value string }{{"document_type", c.DocumentType}, {"batch", c.Batch}} {
		if _, err := rules["Key15"].Fit(s.value); err != nil || s.value == "" {
			wrong("%s: %q is not an id of 1 to 15 characters", s.setting, s.value)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(c.PriceDecimals)) {
		if _, ok := erpbridge.Digits(code); !ok {
			wrong("price_decimals: %q is not an ISO 4217 currency", code)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(c.Lengths)) {
		n := c.Lengths[field]
		if _, ok := rules[field]; !ok {
			wrong("lengths: %q is not a field with a length, such as ItemKey", field)
		} else if n < 1 {
			wrong("lengths.%s: must be at least 1", field)
		}
	}
	errs = append(errs, checkCharges("mapping", c.Mapping.Rules))
	for _, store := range slices.Sorted(maps.Keys(c.Mapping.Stores)) {
		errs = append(errs, checkCharges("mapping.stores."+store, c.Mapping.Stores[store]))
	}
	return errors.Join(errs...)
}

// checkCharges refuses charges that an order does not have.
func checkCharges(at string, r salesdoc.Rules) error {
	var errs []error
	for _, s := range []struct {
		setting string
		salesdoc.Posting
	}{
		{"shipping", r.Shipping.Posting},
		{"fee", r.Fee.Posting},
		{"duty", r.Duty},
		{"tip", r.Tip},
		{"gift_card_sold", r.GiftCardSold},
		{"gift_card_redeemed", r.GiftCardRedeemed},
		{"store_credit", r.StoreCredit},
		{"rounding", r.Rounding.Posting},
		{"rounding.cash", r.Rounding.Cash},
		{"discounts", r.Discounts.Posting},
		{"tax.item", r.Tax.Item},
	} {
		if s.As == salesdoc.AsCharge && !slices.Contains(charges, s.Code) {
			errs = append(errs, fmt.Errorf("%s.%s.code: %q is not a charge of a GP order: %s", at, s.setting, s.Code, strings.Join(charges, ", ")))
		}
	}
	return errors.Join(errs...)
}

// Keyed implements erpbridge.Keyed: GP takes an order's number once.
func (e *ERP) Keyed() bool { return true }

// Distinct returns what is wrong with sending the orders of all these stores to this company: two
// that can make the same number or reference would change each other's orders.
func (e *ERP) Distinct(stores []string) error { return e.sales.Distinct(stores) }
