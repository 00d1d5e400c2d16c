package partner

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// Config is the settings of one store of kind partner. None has to be set: who may
// publish is the broker's to say.
type Config struct {
	// TimeZone is the IANA name of the shop's time zone; where a message gives no
	// posting_date, it is the calendar day there. Default: the offset each time itself
	// carries.
	TimeZone string `yaml:"time_zone"`
	// TestOrders are ignored by default; "deliver" sends them to the ERP.
	TestOrders string `yaml:"test_orders"`
}

// The words of test_orders.
const (
	ignore  = "ignore"
	deliver = "deliver"
)

// open checks conf and fills in its defaults.
func open(conf Config) (*Storefront, error) {
	conf.TestOrders = cmp.Or(conf.TestOrders, ignore)
	var zone *time.Location
	zone, badZone := normalizer.OpenZone(conf.TimeZone)
	var badTests error
	if conf.TestOrders != ignore && conf.TestOrders != deliver {
		badTests = fmt.Errorf("test_orders: %q is not one of %s, %s", conf.TestOrders, ignore, deliver)
	}
	return &Storefront{conf: conf, zone: zone}, errors.Join(badZone, badTests)
}
