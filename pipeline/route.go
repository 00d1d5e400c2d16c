package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/hakooi/erpbridge"
)

// Route is the Recipient List: it names the ERPs an event goes to. The first rule
// that matches decides.
type Route []Rule

// A Rule sends matching events to Targets. An empty field matches everything.
type Rule struct {
	Store   string
	Type    erpbridge.EventType
	Country string // of the ship-to address, ISO 3166-1 alpha-2
	Targets []string
	// Ignore records matching events and sends them nowhere.
	Ignore bool
}

// Process sets e.Targets. The error is of kind Ignored.
func (r Route) Process(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	for _, rule := range r {
		if rule.matches(e) {
			if rule.Ignore {
				return e, &erpbridge.Error{Op: "pipeline.Route", Kind: erpbridge.Ignored, Err: fmt.Errorf("the routes ignore %s of store %s", e.Type, e.Store)}
			}
			e.Targets = slices.Clone(rule.Targets)
			break
		}
	}
	return e, nil
}

func (r Rule) matches(e erpbridge.Event) bool {
	country := ""
	if e.Order != nil && e.Order.ShipTo != nil {
		country = e.Order.ShipTo.Country
	}
	return (r.Store == "" || r.Store == e.Store) &&
		(r.Type == "" || r.Type == e.Type) &&
		(r.Country == "" || r.Country == country)
}
