package sapidoc

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

var (
	clientShape = regexp.MustCompile(`^[0-9]{3}$`)
	typeShape   = regexp.MustCompile(`^[A-Z0-9_/]{1,30}$`)
	// An extension names an element.
	extensionShape = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,29}$`)
	languageShape  = regexp.MustCompile(`^[A-Z]{2}$`)
	prefixShape    = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,3}$`)
	basicShape     = regexp.MustCompile(`^(ORDERS|DEBMAS)[0-9]{2}$`)
)

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if !slices.Contains([]Transport{SOAPTransport, HTTPTransport, FileTransport}, c.Transport) {
		wrong("transport: %q is not one of soap, http, file", c.Transport)
	}
	if c.Release != ECC && c.Release != S4 {
		wrong("release: %q is not one of ecc, s4", c.Release)
	}
	if c.Charset != "unicode" && c.Charset != "latin1" {
		wrong("charset: %q is not one of unicode, latin1", c.Charset)
	}
	if !clientShape.MatchString(c.Client) {
		wrong("client: %q is not a client of SAP, which is three digits such as 100", c.Client)
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	c.checkWay(wrong)
	c.Sender.check("sender", wrong)
	c.Receiver.check("receiver", wrong)
	c.checkDocuments(wrong)
	c.checkCustomers(wrong)
	c.checkConfirm(wrong)
	return errors.Join(errs...)
}

// checkWay checks what belongs to the transport, and that nothing of another stands there.
func (c *Config) checkWay(wrong func(string, ...any)) {
	if c.Transport == FileTransport {
		if err := c.Files.Check(); err != nil {
			wrong("files.%w", err)
		}
		if c.URL != "" {
			wrong("url: transport file has none")
		}
		return
	}
	if c.URL == "" {
		wrong("url is missing: SAP's address, such as https://sap.example.com:44300")
	} else if err := c.Auth.CheckURL(c.URL); err != nil {
		wrong("url: %w", err)
	} else if strings.Contains(c.URL, "sap-client") {
		wrong("url: must not name sap-client: that is the setting client")
	}
	if err := c.Auth.Check(); err != nil {
		wrong("%w", err)
	}
	if !strings.HasPrefix(c.PingPath, "/") {
		wrong("ping_path: %q is not a path, which begins with /", c.PingPath)
	}
	for i, s := range c.StoredAnswers {
		if len(strings.TrimSpace(s)) < 4 {
			wrong("stored_answers[%d]: %q would be found in anything", i, s)
		}
	}
}

func (c *Config) checkDocuments(wrong func(string, ...any)) {
	for _, d := range []struct {
		at string
		DocumentConfig
	}{
		{"orders", c.Orders.DocumentConfig},
		{"change", c.Change.DocumentConfig},
		{"cancel", c.Cancel.DocumentConfig},
		{"returns", c.Returns},
		{"credits", c.Credits},
	} {
		if !typeShape.MatchString(d.MessageType) {
			wrong("%s.message_type: %q is not a message type such as ORDERS", d.at, d.MessageType)
		}
		short(wrong, d.at+".message_code", d.MessageCode, 3)
		short(wrong, d.at+".message_function", d.MessageFunction, 3)
		short(wrong, d.at+".order_type", d.OrderType, 4)
		short(wrong, d.at+".reason", d.Reason, 3)
	}
	for _, d := range []struct{ setting, value string }{
		{"orders.order_type", c.Orders.OrderType}, {"returns.order_type", c.Returns.OrderType}, {"credits.order_type", c.Credits.OrderType},
	} {
		if d.value == "" {
			wrong("%s is missing", d.setting)
		}
	}
	if !basicShape.MatchString(c.Orders.IDocType) || !strings.HasPrefix(c.Orders.IDocType, "ORDERS") {
		wrong("orders.idoc_type: %q is not a basic type such as ORDERS05", c.Orders.IDocType)
	}
	if c.Orders.Extension != "" && !extensionShape.MatchString(c.Orders.Extension) {
		wrong("orders.extension: %q is not an extension's name, such as ZORDERS05", c.Orders.Extension)
	}
	for _, on := range c.Orders.On {
		if !slices.Contains([]erpbridge.EventType{erpbridge.OrderPlaced, erpbridge.OrderPaid, erpbridge.OrderChanged, erpbridge.OrderCancelled}, on) {
			wrong("orders.on: %q is not an event about an order, such as order.placed", on)
		}
	}
	if c.Orders.CreateWithin < 0 {
		wrong("orders.create_within: must not be negative; nought is no limit")
	}
	for _, s := range []struct {
		setting, value string
		length         int
	}{
		{"orders.sales_org", c.Orders.SalesOrg, 4},
		{"orders.channel", c.Orders.Channel, 2},
		{"orders.division", c.Orders.Division, 2},
		{"orders.office", c.Orders.Office, 4},
		{"orders.group", c.Orders.Group, 3},
		{"orders.plant", c.Orders.Plant, 4},
		{"change.action", c.Change.Action, 3},
		{"change.remove_action", c.Change.RemoveAction, 3},
		{"cancel.header_action", c.Cancel.HeaderAction, 3},
		{"cancel.action", c.Cancel.Action, 3},
		{"cancel.close_action", c.Cancel.CloseAction, 3},
		{"cancel.rejection", c.Cancel.Rejection, 2},
		{"conditions.price", c.Conditions.Price, 4},
		{"conditions.discount", c.Conditions.Discount, 4},
		{"conditions.header_discount", c.Conditions.HeaderDiscount, 4},
		{"texts.header", c.Texts.Header, 4},
		{"texts.item", c.Texts.Item, 4},
	} {
		short(wrong, s.setting, s.value, s.length)
	}
	if c.Conditions.Discount == "" || c.Conditions.HeaderDiscount == "" {
		wrong("conditions: discount and header_discount must be condition types, such as HB00")
	}
	if c.Conditions.Price != "" && c.Conditions.Price == c.Conditions.Discount {
		wrong("conditions: price and discount are the same condition type %q", c.Conditions.Price)
	}
	if !languageShape.MatchString(c.Texts.Language) {
		wrong("texts.language: %q is not a language such as EN", c.Texts.Language)
	}
}

func (c *Config) checkCustomers(wrong func(string, ...any)) {
	if !c.creates() {
		return
	}
	if !basicShape.MatchString(c.Customers.IDocType) || !strings.HasPrefix(c.Customers.IDocType, "DEBMAS") {
		wrong("customers.idoc_type: %q is not a basic type such as DEBMAS07", c.Customers.IDocType)
	}
	if c.Customers.Extension != "" && !extensionShape.MatchString(c.Customers.Extension) {
		wrong("customers.extension: %q is not an extension's name, such as ZDEBMAS07", c.Customers.Extension)
	}
	if !typeShape.MatchString(c.Customers.MessageType) {
		wrong("customers.message_type: %q is not a message type such as DEBMAS", c.Customers.MessageType)
	}
	if c.Customers.AccountGroup == "" {
		wrong("customers.account_group is missing: customers are to be created, in a group with external numbers")
	}
	if len(c.Customers.Prefixes) == 0 {
		wrong("customers.prefixes is missing: customers are to be created, and each store's numbers begin with letters of their own")
	}
	taken := map[string]string{}
	for _, store := range slices.Sorted(maps.Keys(c.Customers.Prefixes)) {
		p := c.Customers.Prefixes[store]
		if !prefixShape.MatchString(p) {
			wrong("customers.prefixes.%s: %q is not a capital letter with up to three letters or digits after it", store, p)
		}
		for other, q := range taken {
			if strings.HasPrefix(p, q) || strings.HasPrefix(q, p) {
				wrong("customers.prefixes.%s: %q and that of store %s (%q) could begin the same number", store, p, other, q)
			}
		}
		taken[store] = p
	}
	for _, s := range []struct {
		setting, value string
		length         int
	}{
		{"account_group", c.Customers.AccountGroup, 4},
		{"company_code", c.Customers.CompanyCode, 4},
		{"reconciliation_account", c.Customers.Reconciliation, 10},
		{"pricing_procedure", c.Customers.PriceProcedure, 1},
		{"shipping_condition", c.Customers.ShippingCond, 2},
		{"payment_terms", c.Customers.PaymentTerms, 4},
	} {
		short(wrong, "customers."+s.setting, s.value, s.length)
	}
}

// creates reports whether customers may be made for any store.
func (c *Config) creates() bool {
	rules := []salesdoc.Rules{c.Mapping.Rules}
	for _, r := range c.Mapping.Stores {
		rules = append(rules, r)
	}
	return slices.ContainsFunc(rules, func(r salesdoc.Rules) bool {
		return r.Customer.Unknown == salesdoc.CreateCustomer || r.Customer.Guest == salesdoc.CreateCustomer
	})
}

func (c *Config) checkConfirm(wrong func(string, ...any)) {
	switch c.Confirm {
	case ConfirmNone:
	case ConfirmPosted:
		if c.Confirmations.User == "" {
			wrong("confirmations.user is missing: the log-on that SAP posts ALEAUD with; or set confirm: none")
		}
		if c.Confirmations.Password == "" {
			wrong("confirmations.password is missing")
		}
	case ConfirmFiles:
		if c.Transport != FileTransport {
			wrong("confirm: files goes with transport: file")
		} else if c.Files.Acks.Dir == "" {
			wrong("files.acks is missing: confirm: files reads them")
		}
	default:
		wrong("confirm: %q is not one of none, posted, files", c.Confirm)
	}
}

func (p Partner) check(at string, wrong func(string, ...any)) {
	for _, s := range []struct {
		name, value string
		length      int
		needed      bool
	}{
		{"port", p.Port, 10, true}, {"type", p.Type, 2, true}, {"partner", p.Partner, 10, true}, {"function", p.Function, 2, false},
	} {
		if s.needed && s.value == "" {
			wrong("%s.%s is missing: SAP finds its partner profile by it", at, s.name)
		}
		short(wrong, at+"."+s.name, s.value, s.length)
	}
}

// short complains about a value that SAP's field would cut.
func short(wrong func(string, ...any), setting, value string, length int) {
	if len(value) > length || strings.TrimSpace(value) != value || !salesdoc.Legal(value) {
		wrong("%s: %q is not a value of at most %d characters without blanks around it", setting, value, length)
	}
}
