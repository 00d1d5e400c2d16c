package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/netsuite"
)

// MaxAvailability is how many items NetSuite takes in one question about stock.
const MaxAvailability = 10000

// An Availability is what NetSuite has of an item at one location.
type Availability struct {
	Item      string // internal id
	Location  string // internal id; "" where the account has no locations
	OnHand    erpbridge.Decimal
	Available erpbridge.Decimal
}

// ItemAvailability returns what NetSuite has of items, given by their internal ids: one
// entry for each item and location. Items without stock may have none.
func (e *ERP) ItemAvailability(ctx context.Context, items []string) ([]Availability, error) {
	const op = "netsuite.ItemAvailability"
	if len(items) == 0 {
		return nil, nil
	}
	if len(items) > MaxAvailability {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: fmt.Errorf("%d items in one question, NetSuite takes %d", len(items), MaxAvailability)}
	}
	for _, id := range items {
		if !internalIDShape.MatchString(id) {
			return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: fmt.Errorf("%q is not an internal id, which is a number", clip(id))}
		}
	}
	content, err := e.call(ctx, op, "getItemAvailability", availabilityRequest(items))
	if err != nil {
		return nil, e.harmless(op, err)
	}
	found, err := e.readAvailability(op, content)
	if err != nil {
		return nil, e.harmless(op, err)
	}
	return found, nil
}

// Availability tells what NetSuite has of items, row by row: location is "" where the
// account has none. Its parameters are of no type of this package, so that a caller need
// not know which ERP it asks.
func (e *ERP) Availability(ctx context.Context, items []string, tell func(item, location string, available, onHand erpbridge.Decimal)) error {
	rows, err := e.ItemAvailability(ctx, items)
	for _, r := range rows {
		tell(r.Item, r.Location, r.Available, r.OnHand)
	}
	return err
}

func availabilityRequest(items []string) *etree.Element {
	ask := etree.NewElement(msgs + ":getItemAvailability")
	list := ask.CreateElement(msgs + ":itemAvailabilityFilter").CreateElement(core + ":item")
	for _, id := range items {
		ref := list.CreateElement(core + ":recordRef")
		ref.CreateAttr("internalId", id)
		ref.CreateAttr("type", "inventoryItem")
	}
	return ask
}

func (e *ERP) readAvailability(op string, content *etree.Element) ([]Availability, error) {
	var answer wsdl.GetItemAvailabilityResponse
	if err := e.decode(content, "getItemAvailabilityResponse", &answer); err != nil {
		return nil, fmt.Errorf("the answer is not understood: %w", err)
	}
	if answer.GetItemAvailabilityResult == nil {
		return nil, errors.New("an answer without a result")
	}
	ok, err := success(answer.GetItemAvailabilityResult.Status)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, e.notFound(op, answer.GetItemAvailabilityResult.Status)
	}
	var found []Availability
	if answer.GetItemAvailabilityResult.ItemAvailabilityList == nil {
		return nil, nil
	}
	for _, at := range answer.GetItemAvailabilityResult.ItemAvailabilityList.ItemAvailability {
		a := Availability{}
		if at.Item != nil {
			a.Item = strings.TrimSpace(at.Item.InternalId)
		}
		if a.Item == "" {
			return nil, errors.New("stock of an item that is not named")
		}
		if at.LocationId != nil {
			a.Location = strings.TrimSpace(at.LocationId.InternalId)
		}
		for _, q := range []struct {
			text string
			into *erpbridge.Decimal
		}{{at.QuantityOnHand, &a.OnHand}, {at.QuantityAvailable, &a.Available}} {
			if text := strings.TrimSpace(q.text); text != "" {
				if *q.into, err = erpbridge.ParseDecimal(text); err != nil {
					return nil, fmt.Errorf("stock of item %s: %w", e.reason(a.Item), err)
				}
			}
		}
		found = append(found, a)
	}
	return found, nil
}
