package shopify

import (
	"errors"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// The members of Shopify's inventory level resource that the bridge reads.
type inventoryLevel struct {
	GraphQLID scalar `json:"admin_graphql_api_id"`
	ItemID    scalar `json:"inventory_item_id"`
	Location  scalar `json:"location_id"`
	Available scalar `json:"available"`
	UpdatedAt scalar `json:"updated_at"`
}

// inventoryEvent reads how many of an item are at a place.
func (s *Storefront) inventoryEvent(m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	body, err := parse(m.Body, "inventory_level", func(v *inventoryLevel) bool { return v.ItemID.Given() })
	if err != nil {
		return none, unreadable(err)
	}
	if gid := body.GraphQLID.Text(); gid != "" && !strings.HasPrefix(gid, "gid://shopify/InventoryLevel/") {
		return none, fail(erpbridge.Invalid, errors.New("admin_graphql_api_id: is no id of kind InventoryLevel"))
	}
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	level := erpbridge.InventoryLevel{
		ItemID:    r.ID("", "inventory_item_id", body.ItemID),
		Location:  r.ID("", "location_id", body.Location),
		UpdatedAt: r.Time("", "updated_at", body.UpdatedAt),
	}
	if level.ItemID == "" {
		r.Fail("", "inventory_item_id", "is missing")
	}
	level.Available, level.Known = available(r, body.Available)
	if r.Err() != nil {
		return none, fail(erpbridge.Invalid, r.Err())
	}
	resource := "inventory/" + level.ItemID
	if level.Location != "" {
		resource += "@" + level.Location
	}
	content := level
	content.UpdatedAt = time.Time{}
	return finish(erpbridge.Event{
		Type: erpbridge.InventoryChanged, Stream: resource, Resource: resource,
		Version:   erpbridge.Version{At: normalizer.First(level.UpdatedAt, m.ReceivedAt)},
		Inventory: &level,
	}, content)
}

// available returns a quantity, and whether it is known: null is what is not counted,
// and test notifications say "No". It is negative where more was sold than there is.
func available(r *reader, s scalar) (erpbridge.Decimal, bool) {
	plain, ok := s.Plain()
	if plain == "" && ok || strings.EqualFold(plain, "no") {
		return erpbridge.Decimal{}, false
	}
	d, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.Fail("", "available", "%w", err)
	}
	return d, err == nil
}
