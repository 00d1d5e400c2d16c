package netsuite

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Config is the settings of one NetSuite account. Values called ids are
// NetSuite's internal ids, as its user interface shows them.
type Config struct {
	// URL is the whole endpoint. Without it, it is made of Account and Version.
	URL     string        `yaml:"url"`
	Version string        `yaml:"version"` // of the endpoint, as in 2023_2
	Timeout time.Duration `yaml:"timeout"` // of one request
	CAFile  string        `yaml:"ca_file"` // certificates to trust instead of the system's

	// Credentials of token-based authentication.
	Account        string `yaml:"account"` // 1234567 or 1234567_SB1
	ConsumerKey    Secret `yaml:"consumer_key"`
	ConsumerSecret Secret `yaml:"consumer_secret"`
	Token          Secret `yaml:"token"`
	TokenSecret    Secret `yaml:"token_secret"`

	ExternalIDPrefix string `yaml:"external_id_prefix"` // before every externalId
	Subsidiary       string `yaml:"subsidiary"`         // of new customers; needed in OneWorld accounts
	OrderStatus      string `yaml:"order_status"`       // of new orders
	// Changes says what becomes of a later state of an order that NetSuite has.
	Changes Changes `yaml:"changes"`
	// UpdateCustomers writes what the shop knows over customers that NetSuite has.
	UpdateCustomers bool `yaml:"update_customers"`
	// AdoptCustomers gives our external id to the one customer without any who has the e-mail
	// address of a customer that NetSuite refuses to have twice.
	AdoptCustomers bool              `yaml:"adopt_customers"`
	Currencies     map[string]string `yaml:"currencies"` // ISO 4217 code to id
	Customer       CustomerConfig    `yaml:"customer"`
	Items          ItemsConfig       `yaml:"items"`

	// Items that stand for what is not goods; each is needed once it occurs.
	DiscountItem string `yaml:"discount_item"`
	TaxItem      string `yaml:"tax_item"`
	GiftCardItem string `yaml:"gift_card_item"` // sold and, negative, redeemed
	CreditItem   string `yaml:"credit_item"`    // store credit and reward points redeemed, negative
	TipItem      string `yaml:"tip_item"`
	DutyItem     string `yaml:"duty_item"`
	FeeItem      string `yaml:"fee_item"`
	RoundingItem string `yaml:"rounding_item"`

	// TaxCode is the code for "no tax" that accounts with VAT want on each line.
	// Without it lines say that they are not taxable.
	TaxCode string `yaml:"tax_code"`

	Shipping       ShippingConfig `yaml:"shipping"`
	PaymentMethods PaymentConfig  `yaml:"payment_methods"`

	// Deposits makes a customer deposit of what was paid. They go to undeposited funds, or to
	// an account: that of their payment method, or the one that all others go to.
	Deposits         bool              `yaml:"deposits"`
	UndepositedFunds bool              `yaml:"undeposited_funds"`
	DepositAccount   string            `yaml:"deposit_account"`
	DepositAccounts  map[string]string `yaml:"deposit_accounts"` // payment method's id to account's

	Location   string `yaml:"location"`
	Department string `yaml:"department"`
	Class      string `yaml:"class"`

	Countries map[string]string `yaml:"countries"` // ISO 3166 code to NetSuite's country, beyond the built-in ones
	Lengths   map[string]int    `yaml:"lengths"`   // field lengths that differ from the built-in ones, as in "Address.addr1: 100"

	// Mapping is the mapping all ERPs have. What is said by one of the settings above,
	// from Customer to Countries, is not said there as well: they are short for it.
	Mapping salesdoc.Mapping `yaml:"mapping"`
	// RefundRecord is what money paid back becomes: credit-memo or cash-refund.
	RefundRecord RefundRecord `yaml:"refund_record"`
	// LinkReturns makes a return authorization be created from its sales order.
	LinkReturns bool `yaml:"link_returns"`
	// Async delivers by asyncUpsertList: NetSuite takes a batch, works it when it comes to
	// it, and is asked for the results.
	Async bool `yaml:"async"`
}

// RefundRecord is the record that money paid back becomes.
type RefundRecord string

// The records money can be paid back by.
const (
	ByCreditMemo RefundRecord = "credit-memo"
	ByCashRefund RefundRecord = "cash-refund"
)

// CustomerConfig says whose orders they are.
type CustomerConfig struct {
	Create  *bool  `yaml:"create"`  // make customers of the orders' customers; true if not set
	Default string `yaml:"default"` // the id of the customer all other orders belong to
}

// ItemsConfig maps goods to items.
type ItemsConfig struct {
	BySKU       map[string]string `yaml:"by_sku"`
	Placeholder string            `yaml:"placeholder"` // for goods that by_sku does not know
	// LookUp looks goods that no table knows up in NetSuite, by their SKU: item-id or
	// external-id. Without it they are not looked up.
	LookUp LookUp `yaml:"look_up"`
	// LookUpKeep is for how long what was found is not asked for again. 10m if it is not set.
	LookUpKeep time.Duration `yaml:"look_up_keep"`
}

// ShippingConfig maps shipping lines to ship methods.
type ShippingConfig struct {
	ByTitle map[string]string `yaml:"by_title"`
	Default string            `yaml:"default"`
}

// PaymentConfig maps payment gateways to payment methods.
type PaymentConfig struct {
	ByGateway map[string]string `yaml:"by_gateway"`
	Default   string            `yaml:"default"`
}

// Secret is a string that does not print.
type Secret string

// Format prints *** for every verb.
func (Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "***") }

// String returns ***.
func (Secret) String() string { return "***" }

// MarshalText returns ***.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// MarshalYAML returns ***.
func (Secret) MarshalYAML() (any, error) { return "***", nil }

func defaults() Config {
	return Config{
		Version:      "2023_2",
		Timeout:      60 * time.Second,
		OrderStatus:  "_pendingFulfillment",
		Changes:      ImportChanges,
		Deposits:     true,
		RefundRecord: ByCreditMemo,
		Items:        ItemsConfig{LookUpKeep: 10 * time.Minute},
	}
}

var (
	versionShape    = regexp.MustCompile(`^20\d\d_[12]$`)
	accountShape    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	internalIDShape = regexp.MustCompile(`^-?[0-9]{1,18}$`)
	countryShape    = regexp.MustCompile(`^_[A-Za-z]+$`)
)

// shortestLength is the least that lengths may say of a field: memo and comments
// begin with a marker of 28 characters, which must not be cut.
const shortestLength = 30

// orderStatuses are those an order can be made with.
var orderStatuses = []string{"_pendingApproval", "_pendingFulfillment"}

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if !versionShape.MatchString(c.Version) {
		wrong("version: %q is not an endpoint version such as 2023_2", c.Version)
	}
	if c.Account == "" {
		wrong("account is missing: the account's id, such as 1234567 or 1234567_SB1")
	} else if !accountShape.MatchString(c.Account) {
		wrong("account: %q is not an account's id, such as 1234567 or 1234567_SB1", c.Account)
	}
	if err := checkURL(c.URL); err != nil {
		wrong("url: %w", err)
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	for _, s := range []struct {
		name  string
		value Secret
	}{
		{"consumer_key", c.ConsumerKey},
		{"consumer_secret", c.ConsumerSecret},
		{"token", c.Token},
		{"token_secret", c.TokenSecret},
	} {
		switch {
		case s.value == "":
			wrong("%s is missing", s.name)
		case strings.TrimSpace(string(s.value)) != string(s.value):
			wrong("%s has blanks or a line break around it", s.name)
		}
	}
	if !slices.Contains(orderStatuses, c.OrderStatus) {
		wrong("order_status: %q is not one of %s", c.OrderStatus, strings.Join(orderStatuses, ", "))
	}
	if all := []Changes{ImportChanges, OverwriteChanges, KeepChanges, HoldChanges}; !slices.Contains(all, c.Changes) {
		wrong("changes: %q is not one of import, overwrite, keep, hold", c.Changes)
	}
	if c.RefundRecord != ByCreditMemo && c.RefundRecord != ByCashRefund {
		wrong("refund_record: %q is not one of %s, %s", c.RefundRecord, ByCreditMemo, ByCashRefund)
	}
	if by := c.Items.LookUp; by != "" && by != ByItemID && by != ByExternalID {
		wrong("items.look_up: %q is not one of %s, %s", by, ByItemID, ByExternalID)
	}
	if c.Items.LookUpKeep < 0 {
		wrong("items.look_up_keep: must not be less than nought")
	}
	if c.UndepositedFunds && c.DepositAccount != "" {
		wrong("undeposited_funds and deposit_account exclude each other")
	}
	for _, code := range slices.Sorted(maps.Keys(c.Currencies)) {
		if _, ok := erpbridge.Digits(code); !ok {
			wrong("currencies: %q is not an ISO 4217 currency", code)
		}
	}
	for _, method := range slices.Sorted(maps.Keys(c.DepositAccounts)) {
		if !internalIDShape.MatchString(method) {
			wrong("deposit_accounts: %q is not the internal id of a payment method, which is a number", method)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(c.Countries)) {
		if !countryShape.MatchString(c.Countries[code]) {
			wrong("countries.%s: %q is not a NetSuite country such as _germany", code, c.Countries[code])
		}
	}
	for _, field := range slices.Sorted(maps.Keys(c.Lengths)) {
		if _, ok := limits[field]; !ok {
			wrong("lengths: %q is not a field with a length, such as Address.addr1", field)
		} else if c.Lengths[field] < shortestLength {
			wrong("lengths.%s: must be at least %d", field, shortestLength)
		}
	}
	c.eachID(func(setting, id string) {
		if id != "" && !internalIDShape.MatchString(id) {
			wrong("%s: %q is not an internal id, which is a number", setting, id)
		}
	})
	return errors.Join(errs...)
}

// eachID calls f with every setting that is an internal id, in a fixed order.
func (c *Config) eachID(f func(setting, id string)) {
	for _, s := range []struct{ name, id string }{
		{"subsidiary", c.Subsidiary},
		{"customer.default", c.Customer.Default},
		{"items.placeholder", c.Items.Placeholder},
		{"discount_item", c.DiscountItem},
		{"tax_item", c.TaxItem},
		{"gift_card_item", c.GiftCardItem},
		{"credit_item", c.CreditItem},
		{"tip_item", c.TipItem},
		{"duty_item", c.DutyItem},
		{"fee_item", c.FeeItem},
		{"rounding_item", c.RoundingItem},
		{"tax_code", c.TaxCode},
		{"shipping.default", c.Shipping.Default},
		{"payment_methods.default", c.PaymentMethods.Default},
		{"deposit_account", c.DepositAccount},
		{"location", c.Location},
		{"department", c.Department},
		{"class", c.Class},
	} {
		f(s.name, s.id)
	}
	for _, m := range []struct {
		name string
		ids  map[string]string
	}{
		{"currencies", c.Currencies},
		{"items.by_sku", c.Items.BySKU},
		{"shipping.by_title", c.Shipping.ByTitle},
		{"payment_methods.by_gateway", c.PaymentMethods.ByGateway},
		{"deposit_accounts", c.DepositAccounts},
	} {
		for _, key := range slices.Sorted(maps.Keys(m.ids)) {
			id := m.ids[key]
			if id == "" {
				id = "nothing" // a key without a value maps to no id at all
			}
			f(m.name+"."+key, id)
		}
	}
}

// checkURL accepts https, and http to this very machine. An empty URL is made
// of the account.
func checkURL(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("is not a URL")
	}
	if u.User != nil {
		return errors.New("must not hold credentials")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return errors.New("must be https: credentials travel in every request")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// endpoint returns the URL requests go to.
func (c *Config) endpoint() string {
	if c.URL != "" {
		return c.URL
	}
	host := strings.ReplaceAll(strings.ToLower(c.Account), "_", "-")
	return "https://" + host + ".suitetalk.api.netsuite.com/services/NetSuitePort_" + c.Version
}

func (c *Config) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: there is no certificate in %s", c.CAFile)
	}
	return pool, nil
}

// secrets returns what must never be told.
func (c *Config) secrets() []string {
	return []string{string(c.ConsumerSecret), string(c.TokenSecret), string(c.ConsumerKey), string(c.Token)}
}
