package bc

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Config is the settings of one company of a Dynamics NAV or Business Central server.
type Config struct {
	// URL is the address of the web services up to /WS: https://nav.example.com:7047/DynamicsNAV90/WS,
	// or https://api.businesscentral.dynamics.com/v2.0/<tenant>/<environment>/WS.
	URL     string        `yaml:"url"`
	Company string        `yaml:"company"` // as the ERP spells it; its case counts
	Timeout time.Duration `yaml:"timeout"` // of one request
	CAFile  string        `yaml:"ca_file"` // certificates to trust instead of the system's
	// Auth is how the bridge logs in: ntlm (Windows accounts), basic (NavUserPassword), or
	// oauth2 (Business Central online).
	Auth login.Config `yaml:"auth"`

	// Mapping is what all ERPs share: customers, items, tax and the like.
	Mapping salesdoc.Mapping `yaml:"mapping"`

	// Pages are the names under which the pages are published.
	Pages Pages `yaml:"pages"`
	// ReferenceField is the field of the order's page that carries our reference. Orders
	// are looked up by it.
	ReferenceField string `yaml:"reference_field"`
	// PostedPages are pages of posted documents, where an order is looked for that is not
	// on its own page any more.
	PostedPages []PostedPage `yaml:"posted_pages"`
	// MissingFields are fields that may be left out where a page does not show them, as
	// "Ship_to_County" or "Sales_Order_Line.Variant_Code".
	MissingFields []string `yaml:"missing_fields"`
	// Changes is what becomes of an order that the ERP has with other lines: ignore (it
	// stays as it is, the receipt warns) or hold.
	Changes Changes `yaml:"changes"`

	// LocalCurrency is the ledger's own. Orders in it have no currency code.
	LocalCurrency string            `yaml:"local_currency"`
	Currencies    map[string]string `yaml:"currencies"` // ISO 4217 to the ERP's code, where they differ

	// PricesIncludingVAT is how the ERP learns that prices include VAT: field (the order
	// says so in Prices_Including_VAT) or customer (the customer's card says so).
	PricesIncludingVAT string `yaml:"prices_including_vat"`
	// OwnNumbers gives orders the number that mapping.number makes. The number series
	// must allow manual numbers.
	OwnNumbers bool `yaml:"own_numbers"`
	// OrderFields, LineFields, CreditMemoFields and CustomerFields are fields that are
	// the same in every record, as "Salesperson_Code: WEB".
	OrderFields      map[string]string `yaml:"order_fields"`
	LineFields       map[string]string `yaml:"line_fields"`
	CreditMemoFields map[string]string `yaml:"credit_memo_fields"`
	CustomerFields   map[string]string `yaml:"customer_fields"`
	// CloseFields are what mapping.cancel close sets in a cancelled order.
	CloseFields map[string]string `yaml:"close_fields"`
	// OmitFields are never sent, where the page has no room for them or its own ideas.
	OmitFields []string `yaml:"omit_fields"`

	// POField carries the buyer's order number, or the shop's; none if empty.
	POField string `yaml:"po_field"`
	// NotesField carries the notes. Without one, they are lines of text below the items.
	NotesField string `yaml:"notes_field"`
	// TaxCodeField carries the code of mapping.tax on each line.
	TaxCodeField string `yaml:"tax_code_field"`
	// ShipMethodField carries the code of mapping.ship_methods.
	ShipMethodField string `yaml:"ship_method_field"`
	// PriceDecimals are those of the ERP's unit-amount rounding precision.
	PriceDecimals uint8 `yaml:"price_decimals"`

	CreditMemo CreditMemoConfig `yaml:"credit_memo"`
	// UpdateCustomers writes what the shop knows over what the ERP has. Otherwise a
	// customer that is there stays as it is.
	UpdateCustomers bool `yaml:"update_customers"`

	// Lengths are those of fields that differ from the built-in ones.
	Lengths map[string]int `yaml:"lengths"`
}

// Pages are the names of the page services.
type Pages struct {
	SalesOrder string `yaml:"sales_order"`
	CreditMemo string `yaml:"credit_memo"`
	Customer   string `yaml:"customer"`
}

// A PostedPage is a page of posted documents.
type PostedPage struct {
	Page string `yaml:"page"`
	// ReferenceField is the field that carries our reference there; that of the order's
	// page if empty.
	ReferenceField string `yaml:"reference_field"`
}

// CreditMemoConfig is what differs for credit memos.
type CreditMemoConfig struct {
	// ReferenceField carries the reference of the refund; that of the order's page if
	// empty.
	ReferenceField string `yaml:"reference_field"`
	// OrderField carries the reference of the order that is paid back; none if empty. It
	// is what the customer is found by where the refund does not tell.
	OrderField string `yaml:"order_field"`
	// PostedPages are pages of posted credit memos, as those of orders.
	PostedPages []PostedPage `yaml:"posted_pages"`
}

// Changes is what becomes of an order that was changed in the shop, or in the ERP.
type Changes string

// The ways to treat changes.
const (
	IgnoreChanges Changes = "ignore"
	HoldChanges   Changes = "hold"
)

// How the ERP learns that prices include VAT.
const (
	byField    = "field"
	byCustomer = "customer"
)

func defaults() Config {
	return Config{
		Timeout:            60 * time.Second,
		Pages:              Pages{SalesOrder: "SalesOrder", CreditMemo: "SalesCreditMemo", Customer: "Customer"},
		ReferenceField:     "External_Document_No",
		Changes:            IgnoreChanges,
		PricesIncludingVAT: byField,
		POField:            "Your_Reference",
		TaxCodeField:       "VAT_Prod_Posting_Group",
		ShipMethodField:    "Shipment_Method_Code",
		PriceDecimals:      5,
	}
}

var (
	serviceShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,239}$`)
	fieldShape   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// never are fields without which an order would be another one: they cannot be left out.
var never = []string{
	"No", "Sell_to_Customer_No", "Currency_Code", "Prices_Including_VAT", "SalesLines",
	"Type", "Quantity", "Unit_Price", "Line_Discount_Amount",
}

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.URL == "" {
		wrong("url is missing: the address of the web services up to /WS")
	} else if err := c.Auth.CheckURL(c.URL); err != nil {
		wrong("url: %w", err)
	} else if strings.ContainsAny(c.URL, "?#") {
		wrong("url: must end with the path, which is /WS")
	}
	if strings.TrimSpace(c.Company) == "" {
		wrong("company is missing: the name of the company in the ERP, such as CRONUS International Ltd.")
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	for _, s := range []struct{ setting, name string }{
		{"pages.sales_order", c.Pages.SalesOrder},
		{"pages.credit_memo", c.Pages.CreditMemo},
		{"pages.customer", c.Pages.Customer},
	} {
		if !serviceShape.MatchString(s.name) {
			wrong("%s: %q is not the name of a published page, such as SalesOrder", s.setting, s.name)
		}
	}
	c.checkFields(wrong)
	if c.Changes != IgnoreChanges && c.Changes != HoldChanges {
		wrong("changes: %q is not one of ignore, hold", c.Changes)
	}
	if c.PricesIncludingVAT != byField && c.PricesIncludingVAT != byCustomer {
		wrong("prices_including_vat: %q is not one of field, customer", c.PricesIncludingVAT)
	}
	if c.LocalCurrency == "" {
		wrong("local_currency is missing: the currency of the ledger, such as EUR")
	} else if _, ok := erpbridge.Digits(c.LocalCurrency); !ok {
		wrong("local_currency: %q is not an ISO 4217 currency", c.LocalCurrency)
	}
	for _, code := range slices.Sorted(maps.Keys(c.Currencies)) {
		if _, ok := erpbridge.Digits(code); !ok {
			wrong("currencies: %q is not an ISO 4217 currency", code)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Lengths)) {
		switch rule, ok := lengths[name]; {
		case !ok:
			wrong("lengths: %q is not a field with a length, such as Ship_to_Address", name)
		case c.Lengths[name] < 1 || c.Lengths[name] > 2048:
			wrong("lengths.%s: must be between 1 and 2048", name)
		case rule.key && c.Lengths[name] > rule.length && name != c.ReferenceField:
			wrong("lengths.%s: the ERP's key has %d characters", name, rule.length)
		}
	}
	errs = append(errs, c.Auth.Check())
	return errors.Join(errs...)
}

func (c *Config) checkFields(wrong func(format string, args ...any)) {
	fields := func(setting string, names ...string) {
		for _, n := range names {
			if !fieldShape.MatchString(n) {
				wrong("%s: %q is not the name of a field as the WSDL has it, such as External_Document_No", setting, n)
			}
		}
	}
	fields("reference_field", c.ReferenceField)
	posted := func(setting string, pages []PostedPage) {
		for i, p := range pages {
			if !serviceShape.MatchString(p.Page) {
				wrong("%s[%d].page: %q is not the name of a published page, such as PostedSalesInvoice", setting, i, p.Page)
			}
			if p.ReferenceField != "" {
				fields(fmt.Sprintf("%s[%d].reference_field", setting, i), p.ReferenceField)
			}
		}
	}
	posted("posted_pages", c.PostedPages)
	posted("credit_memo.posted_pages", c.CreditMemo.PostedPages)
	if c.CreditMemo.ReferenceField != "" {
		fields("credit_memo.reference_field", c.CreditMemo.ReferenceField)
	}
	if c.CreditMemo.OrderField != "" {
		fields("credit_memo.order_field", c.CreditMemo.OrderField)
	}
	if c.CreditMemo.OrderField != "" && c.CreditMemo.OrderField == c.memoReference() {
		wrong("credit_memo.order_field: %s carries the refund's own reference already", c.CreditMemo.OrderField)
	}
	for _, s := range []struct {
		setting string
		fields  map[string]string
	}{
		{"order_fields", c.OrderFields},
		{"line_fields", c.LineFields},
		{"credit_memo_fields", c.CreditMemoFields},
		{"customer_fields", c.CustomerFields},
		{"close_fields", c.CloseFields},
	} {
		for _, name := range slices.Sorted(maps.Keys(s.fields)) {
			fields(s.setting, name)
			if slices.Contains(never, name) || name == "Key" || s.setting != "customer_fields" && name == c.ReferenceField {
				wrong("%s: %s is the bridge's own to set", s.setting, name)
			}
		}
	}
	for _, name := range c.MissingFields {
		plain := name
		if _, of, ok := strings.Cut(name, "."); ok {
			plain = of
		}
		fields("missing_fields", plain)
		if slices.Contains(never, plain) || plain == c.ReferenceField || plain == c.memoReference() {
			wrong("missing_fields: without %s it would be another record; it cannot be left out", name)
		}
	}
	for _, name := range c.OmitFields {
		fields("omit_fields", name)
		if slices.Contains(never, name) || name == c.ReferenceField || name == c.memoReference() {
			wrong("omit_fields: without %s it would be another record", name)
		}
	}
	for _, f := range []struct{ setting, name string }{
		{"po_field", c.POField},
		{"notes_field", c.NotesField},
		{"tax_code_field", c.TaxCodeField},
		{"ship_method_field", c.ShipMethodField},
	} {
		if f.name == "" {
			continue
		}
		fields(f.setting, f.name)
		if f.setting != "po_field" && (f.name == c.ReferenceField || slices.Contains(never, f.name)) {
			wrong("%s: %s is the bridge's own to set", f.setting, f.name)
		}
	}
	if c.PriceDecimals < 2 || c.PriceDecimals > 5 {
		wrong("price_decimals: must be between 2 and 5")
	}
}

// memoReference returns the field that carries the reference of a credit memo.
func (c *Config) memoReference() string {
	if c.CreditMemo.ReferenceField != "" {
		return c.CreditMemo.ReferenceField
	}
	return c.ReferenceField
}

// mayMiss returns missing_fields as a set.
func (c *Config) mayMiss() map[string]bool {
	set := make(map[string]bool, len(c.MissingFields))
	for _, name := range c.MissingFields {
		set[name] = true
	}
	return set
}

// endpoint returns the URL of a page service.
func (c *Config) endpoint(service string) string {
	return strings.TrimRight(c.URL, "/") + "/" + url.PathEscape(c.Company) + "/Page/" + service
}
