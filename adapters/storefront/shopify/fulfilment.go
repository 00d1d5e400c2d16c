package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The members of Shopify's fulfillment resource that the bridge reads.
type fulfilment struct {
	ID        scalar         `json:"id"`
	GraphQLID scalar         `json:"admin_graphql_api_id"`
	OrderID   scalar         `json:"order_id"`
	Name      scalar         `json:"name"`
	Status    scalar         `json:"status"`
	CreatedAt scalar         `json:"created_at"`
	UpdatedAt scalar         `json:"updated_at"`
	Location  scalar         `json:"location_id"`
	Carrier   scalar         `json:"tracking_company"`
	Number    scalar         `json:"tracking_number"`
	Numbers   list[scalar]   `json:"tracking_numbers"`
	URL       scalar         `json:"tracking_url"`
	URLs      list[scalar]   `json:"tracking_urls"`
	Lines     list[lineItem] `json:"line_items"`
}

// fulfilmentEvent reads a shipment. Of a line, quantity is what was shipped of it.
func (s *Storefront) fulfilmentEvent(m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	body, err := parse(m.Body, "fulfillment", func(v *fulfilment) bool { return v.OrderID.Given() || v.ID.Given() })
	if err != nil {
		return none, unreadable(err)
	}
	id, err := required("Fulfillment", body.ID, body.GraphQLID)
	if err != nil {
		return none, err
	}
	orderID, ok := body.OrderID.Integer()
	if !ok || orderID == "0" {
		return none, fail(erpbridge.Invalid, fmt.Errorf("order_id: %q is not the id of an order", signed.Clip(body.OrderID.Text())))
	}
	if body.Lines == nil {
		return none, fail(erpbridge.Invalid, errors.New("line_items: is missing; the body is not a fulfillment"))
	}
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	f := readFulfilment(r, body)
	if r.Err() != nil {
		return none, fail(erpbridge.Invalid, r.Err())
	}
	f.ID, f.OrderID = id, orderID
	content := *f
	content.UpdatedAt = time.Time{}
	return finish(erpbridge.Event{
		Type: erpbridge.FulfilmentChanged, Stream: "order/" + orderID, Resource: "fulfilment/" + id,
		Version:    erpbridge.Version{At: normalizer.First(f.UpdatedAt, m.ReceivedAt), Rank: progress[f.Status]},
		Fulfilment: f,
	}, content)
}

// progress orders the states of a shipment within one second.
var progress = map[erpbridge.FulfilmentStatus]int{
	erpbridge.FulfilmentShipped: 1, erpbridge.FulfilmentFailed: 2, erpbridge.FulfilmentCancelled: 3,
}

func readFulfilment(r *reader, body *fulfilment) *erpbridge.Fulfilment {
	f := &erpbridge.Fulfilment{
		OrderNumber: orderNumber(r.Text("", "name", body.Name)),
		Status:      fulfilmentStatus(r, body.Status),
		At:          r.Time("", "created_at", body.CreatedAt),
		Location:    r.ID("", "location_id", body.Location),
		Tracking:    tracking(r, body),
	}
	f.UpdatedAt = normalizer.First(r.Time("", "updated_at", body.UpdatedAt), f.At)
	for i := range body.Lines {
		item, at := &body.Lines[i], "line_items["+strconv.Itoa(i)+"]."
		f.Lines = append(f.Lines, erpbridge.FulfilmentLine{
			LineID:   r.ID(at, "id", item.ID),
			SKU:      r.Text(at, "sku", item.SKU),
			Title:    cmp.Or(r.Text(at, "title", item.Title), r.Text(at, "name", item.Name)),
			Quantity: r.Quantity(at, "quantity", item.Quantity),
		})
	}
	return f
}

// orderNumber returns the order's part of a shipment's name: "#1001" of "#1001.2".
func orderNumber(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 1 || strings.Trim(name[i+1:], "0123456789") != "" {
		return ""
	}
	return name[:i]
}

// fulfilmentStatus maps status. Shopify's success is that the parcel has left.
func fulfilmentStatus(r *reader, status scalar) erpbridge.FulfilmentStatus {
	switch strings.ToLower(status.Text()) {
	case "", "pending", "open":
		return erpbridge.FulfilmentOpen
	case "success":
		return erpbridge.FulfilmentShipped
	case "cancelled":
		return erpbridge.FulfilmentCancelled
	case "error", "failure":
		return erpbridge.FulfilmentFailed
	}
	r.Fail("", "status", "%q is not a state of a shipment the bridge knows", signed.Clip(status.Text()))
	return ""
}

// tracking maps the parcels: every number with the address that stands at its place.
func tracking(r *reader, body *fulfilment) []erpbridge.Tracking {
	numbers, urls := body.Numbers, body.URLs
	if len(numbers) == 0 && body.Number.Given() {
		numbers = list[scalar]{body.Number}
	}
	if len(urls) == 0 && body.URL.Given() {
		urls = list[scalar]{body.URL}
	}
	carrier := r.Text("", "tracking_company", body.Carrier)
	var out []erpbridge.Tracking
	for i := range max(len(numbers), len(urls)) {
		t := erpbridge.Tracking{Carrier: carrier}
		if i < len(numbers) {
			t.Number = r.Text("", "tracking_numbers", numbers[i])
		}
		if i < len(urls) {
			t.URL = r.Text("", "tracking_urls", urls[i])
		}
		if t.Number != "" || t.URL != "" {
			out = append(out, t)
		}
	}
	return out
}
