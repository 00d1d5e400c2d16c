package fo

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge/adapters/erp/login"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Config is the settings of one legal entity in one F&O environment.
type Config struct {
	URL     string        `yaml:"url"`     // of the environment, such as https://contoso.operations.dynamics.com
	Timeout time.Duration `yaml:"timeout"` // of one request
	CAFile  string        `yaml:"ca_file"` // certificates to trust instead of the system's
	// Auth must be oauth2. Without a scope or resource the environment's own is asked for.
	Auth login.Config `yaml:"auth"`

	LegalEntity string `yaml:"legal_entity"` // such as USMF
	Mode        Mode   `yaml:"mode"`
	// Project is the data project that packages are imported into (mode package). It is
	// made, and made anew, by F&O itself: no other may use its name.
	Project  string `yaml:"project"`
	Activity string `yaml:"activity_id"` // the id of the recurring data job (mode recurring)

	Headers Entity `yaml:"headers"`
	Lines   Entity `yaml:"lines"`
	// LotPrefix begins the inventory lot ids of our lines, by which a line that is sent
	// again is the same line.
	LotPrefix string `yaml:"lot_prefix"`
	// Changes says what becomes of a later state of an order that F&O has.
	Changes Changes `yaml:"changes"`
	// LongPO is what becomes of a purchase order number that F&O's field does not take.
	LongPO LongPO `yaml:"long_po"`
	// UnknownAfter is how long after it was accepted an import may be unknown to F&O
	// before that is believed.
	UnknownAfter time.Duration `yaml:"unknown_after"`

	Lengths map[string]int `yaml:"lengths"` // field lengths that differ from the built-in ones

	Mapping salesdoc.Mapping `yaml:"mapping"`
}

// An Entity is a data entity as F&O knows it.
type Entity struct {
	Name       string `yaml:"name"`       // in data management: "Sales order headers V2"
	Element    string `yaml:"element"`    // its staging entity: SALESORDERHEADERV2ENTITY
	Collection string `yaml:"collection"` // in OData: SalesOrderHeadersV2
	// Fields are constants that every record gets, by the staging entity's names.
	Fields map[string]string `yaml:"fields"`
}

// Mode is the interface that packages go in by.
type Mode string

// The modes.
const (
	Package   Mode = "package"   // the data management package REST API
	Recurring Mode = "recurring" // a recurring data job
)

// Changes is what becomes of later states of an order.
type Changes string

// What can become of them.
const (
	ImportChanges Changes = "import" // imported, as long as F&O has not shipped anything
	KeepFirst     Changes = "keep"   // what F&O has stays as it is
)

// LongPO is what becomes of long purchase order numbers.
type LongPO string

// What can become of them. They are never cut, and never left out without a word.
const (
	HoldPO LongPO = "hold" // the order is held
	LinePO LongPO = "line" // it begins the description of the first line, and the shop's id of the order takes its place
)

func defaults() Config {
	return Config{
		Timeout:      60 * time.Second,
		Mode:         Package,
		Project:      "erpbridge",
		Headers:      Entity{Name: "Sales order headers V2", Element: "SALESORDERHEADERV2ENTITY", Collection: "SalesOrderHeadersV2"},
		Lines:        Entity{Name: "Sales order lines V2", Element: "SALESORDERLINEV2ENTITY", Collection: "SalesOrderLines"},
		LotPrefix:    "EB",
		Changes:      ImportChanges,
		LongPO:       HoldPO,
		UnknownAfter: 10 * time.Minute,
	}
}

var (
	companyShape    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,4}$`)
	activityShape   = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	projectShape    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$`)
	entityShape     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ()._-]{0,79}$`)
	elementShape    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,79}$`)
	collectionShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	lotPrefixShape  = regexp.MustCompile(`^[A-Z0-9-]{1,4}$`)
)

// check returns everything that is wrong with the settings.
func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.URL == "" {
		wrong("url is missing: the environment's, such as https://contoso.operations.dynamics.com")
	} else if err := c.Auth.CheckURL(c.URL); err != nil {
		wrong("url: %w", err)
	} else if strings.ContainsAny(c.URL, "?#") {
		wrong("url: must end with the host, or a path below which /data and /api are")
	}
	if c.Timeout <= 0 {
		wrong("timeout: must be more than nought")
	}
	if err := c.Auth.Check(); err != nil {
		errs = append(errs, err)
	} else if c.Auth.OAuth2 == nil {
		wrong("auth: F&O knows oauth2 only")
	}
	if !companyShape.MatchString(c.LegalEntity) {
		wrong("legal_entity: %q is not a legal entity such as USMF", c.LegalEntity)
	}
	switch c.Mode {
	case Package:
		if !projectShape.MatchString(c.Project) {
			wrong("project: %q is not a name for a data project: letters, digits, blanks and . _ - up to 60", c.Project)
		}
		if c.Activity != "" {
			wrong("activity_id: is of mode recurring, and mode is package")
		}
	case Recurring:
		if !activityShape.MatchString(c.Activity) {
			wrong("activity_id: %q is not the id of a recurring data job (Manage scheduled data jobs, ID)", c.Activity)
		}
	default:
		wrong("mode: %q is neither package nor recurring", c.Mode)
	}
	for _, n := range []struct {
		name   string
		entity Entity
		ours   []string
	}{{"headers", c.Headers, headerNames()}, {"lines", c.Lines, lineNames()}} {
		n.entity.check(n.name, n.ours, wrong)
	}
	if c.Headers.Element == c.Lines.Element || c.Headers.Name == c.Lines.Name {
		wrong("headers and lines must be two entities")
	}
	if !lotPrefixShape.MatchString(c.LotPrefix) {
		wrong("lot_prefix: %q is not one to four capitals, digits or dashes", c.LotPrefix)
	}
	if c.Changes != ImportChanges && c.Changes != KeepFirst {
		wrong("changes: %q is neither import nor keep", c.Changes)
	}
	if c.LongPO != HoldPO && c.LongPO != LinePO {
		wrong("long_po: %q is neither hold nor line", c.LongPO)
	}
	if c.UnknownAfter <= 0 {
		wrong("unknown_after: must be more than nought")
	}
	c.checkLengths(wrong)
	c.checkNumbers(wrong)
	return errors.Join(errs...)
}

func (en Entity) check(setting string, ours []string, wrong func(string, ...any)) {
	if !entityShape.MatchString(en.Name) {
		wrong("%s.name: %q is not the name of a data entity", setting, en.Name)
	}
	if !elementShape.MatchString(en.Element) {
		wrong("%s.element: %q is not the name of a staging entity, which is in capitals", setting, en.Element)
	}
	if !collectionShape.MatchString(en.Collection) {
		wrong("%s.collection: %q is not the name of an OData collection", setting, en.Collection)
	}
	for _, name := range slices.Sorted(maps.Keys(en.Fields)) {
		switch value := en.Fields[name]; {
		case !elementShape.MatchString(name):
			wrong("%s.fields: %q is not the name of a field, which is in capitals", setting, name)
		case slices.Contains(ours, name):
			wrong("%s.fields.%s: is filled from the order", setting, name)
		case value == "" || !salesdoc.Legal(value):
			wrong("%s.fields.%s: is empty, or has characters that XML cannot carry", setting, name)
		}
	}
}

func (c *Config) checkLengths(wrong func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(c.Lengths)) {
		f, ok := fieldNamed(name)
		switch {
		case !ok || f.rule.Length == 0:
			wrong("lengths: %q is not a field with a length, such as DELIVERYADDRESSSTREET", name)
		case c.Lengths[name] < f.least():
			wrong("lengths.%s: must be at least %d", name, f.least())
		}
	}
}

// checkNumbers sees to it that orders have a number before F&O has seen them: lines find
// their header by it, and so does an import that is made again.
func (c *Config) checkNumbers(wrong func(string, ...any)) {
	if c.Mapping.Number.From == salesdoc.FromERP {
		wrong("mapping.number.from: F&O cannot number the orders of a data package: number or id")
	}
	for _, store := range slices.Sorted(maps.Keys(c.Mapping.Stores)) {
		if c.Mapping.Stores[store].Number.From == salesdoc.FromERP {
			wrong("mapping.stores.%s.number.from: F&O cannot number the orders of a data package: number or id", store)
		}
	}
}

// scope is what a token is asked for where nothing is configured.
func (c *Config) scope() string { return c.base() + "/.default" }

// base is the URL without a slash at its end.
func (c *Config) base() string { return strings.TrimRight(c.URL, "/") }
