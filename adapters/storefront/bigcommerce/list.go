package bigcommerce

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// listed is how many orders are listed at a time. It is small because every one of them
// costs seven to nine requests more.
const listed = 10

// List returns the orders that changed at or after since, oldest change first, each
// with its refunds and shipments as messages of their own. Their bodies are documents
// as Fetch makes them, so that they give the same versions.
//
// Pages are not numbered, because an order that changes while they are read moves to the
// end and all after it move up. The next page begins at the instant the last one ended
// with, and what is of that instant is left to it; where a whole page is of one instant,
// its orders are listed by id. An order that changes while its parts are read will be
// listed again at its new time, and is left to that.
//
// A page costs some seventy requests. One that fails ends the page with the orders before
// it, where there are any, so that a store that is often busy is still listed.
//
// Customers, products and stock have no list here: their events tell single changes, and
// a lost one is made good by the next.
func (c *Connected) List(ctx context.Context, since time.Time, position string) (erpbridge.Page, error) {
	at, err := openCursor(since, position)
	if err != nil {
		return erpbridge.Page{}, err
	}
	rows, unnamed, err := c.api.rows(ctx, at)
	if err != nil {
		return erpbridge.Page{}, err
	}
	page, next := at.cut(rows, len(rows)+len(unnamed) >= listed)
	out := erpbridge.Page{Messages: unnamed, Next: next.String(), Until: next.from}
	if n := len(page); out.Next == "" && n > 0 {
		out.Until = page[n-1].modified
	}
	told := make([]int, 0, len(page)) // how many messages there are before each order's
	for i, row := range page {
		told = append(told, len(out.Messages))
		messages, err := c.api.messages(ctx, row)
		if erpbridge.KindOf(err) == erpbridge.Invalid {
			// One order that cannot be read must not keep the others back.
			messages, err = c.api.asListed(row), nil
		}
		if err != nil {
			n, next, ok := at.short(page, i)
			if !ok {
				return erpbridge.Page{}, err
			}
			return erpbridge.Page{Messages: out.Messages[:told[n]], Next: next.String(), Until: next.from}, nil
		}
		out.Messages = append(out.Messages, messages...)
	}
	return out, nil
}

// asListed returns an order with no more than its list told, which Normalize refuses: it has
// not even an empty list of products. Its id is not that of the order: what is listed again
// in a shape that can be read is another message.
func (a *api) asListed(r row) []erpbridge.Message {
	body := compose(member{"envelope", envelopeOf(scopeOrderUpdated, `{"type":"order","id":`+r.id+`}`)}, member{"order", r.raw})
	return []erpbridge.Message{a.message("poll:unread/order/"+r.id+"@"+r.modified.Format(time.RFC3339), scopeOrderUpdated, body)}
}

// unnamed returns the message of what was listed and has no id, or no time of change.
func (a *api) unnamed(raw jsontext.Value) erpbridge.Message {
	m := a.message("", scopeOrderUpdated, compose(member{"order", raw}))
	m.ID = "poll:unread/order@" + signed.Digest(m.Type, m.Body)
	return m
}

// A row is an order in a list.
type row struct {
	id       string
	number   uint64 // the same
	modified time.Time
	state    order
	raw      jsontext.Value
}

// rows lists the orders from a cursor on, and apart what cannot be placed among them. Where
// none can, the answer is no list of orders.
func (a *api) rows(ctx context.Context, at cursor) ([]row, []erpbridge.Message, error) {
	q := url.Values{"include": {"fees"}, "limit": {strconv.Itoa(listed)}, "page": {"1"}, "sort": {"date_modified:asc"}}
	if !at.from.IsZero() {
		q.Set("min_date_modified", at.from.Format(time.RFC1123Z))
	}
	if at.within {
		q.Set("sort", "id:asc")
		q.Set("min_id", strconv.FormatUint(at.after+1, 10))
		// Whether the end is part of what is asked for is not documented. A second more
		// is right either way, and what is of that second is left out again.
		q.Set("max_date_modified", at.from.Add(time.Second).Format(time.RFC1123Z))
	}
	answers, err := a.array(ctx, "/v2/orders", q)
	if err != nil {
		return nil, nil, err
	}
	rows := make([]row, 0, len(answers))
	var unnamed []erpbridge.Message
	for _, raw := range answers {
		r, ok := readRow(raw)
		switch {
		case raw.Kind() == jsontext.KindNull:
			return nil, nil, strange("/v2/orders") // nothing would tell which it was
		case !ok:
			unnamed = append(unnamed, a.unnamed(raw))
			continue
		}
		if n := len(rows); n > 0 && !at.within && r.modified.Before(rows[n-1].modified) {
			return nil, nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Transient, Err: errors.New("the store listed orders in another order than was asked for")}
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 && len(unnamed) > 0 {
		return nil, nil, strange("/v2/orders")
	}
	return rows, unnamed, nil
}

// readRow reads of an order what listing it takes, and reports whether that is there. What
// else is wrong with it is said of it alone.
func readRow(raw jsontext.Value) (row, bool) {
	var head struct {
		ID           scalar `json:"id"`
		DateModified scalar `json:"date_modified"`
	}
	err := json.Unmarshal(raw, &head)
	id, noID := number("id", head.ID)
	n, noNumber := strconv.ParseUint(id, 10, 63) // so that the one after it is a number, too
	modified, ok := parseDate(head.DateModified.Text())
	if err != nil || noID != nil || noNumber != nil || !ok {
		return row{}, false
	}
	state, err := read[order](raw)
	if err != nil {
		state = order{ID: head.ID, DateModified: head.DateModified}
	}
	return row{id, n, modified.UTC(), state, raw}, true
}

// messages returns what a listed order stands for: nothing as long as it is incomplete,
// or once it is gone or has changed again.
func (a *api) messages(ctx context.Context, r row) ([]erpbridge.Message, error) {
	if waiting(r.state) {
		return nil, nil
	}
	w, err := a.order(ctx, r.id, r.raw)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Missing:
		return nil, nil
	case err != nil:
		return nil, err
	}
	if w.state.DateModified.Text() != r.state.DateModified.Text() || waiting(w.state) {
		return nil, nil
	}
	version := "@" + r.modified.Format(time.RFC3339)
	out := []erpbridge.Message{a.message("poll:order/"+r.id+version, scopeOrderUpdated, w.document(envelopeOf(
		scopeOrderUpdated, `{"type":"order","id":`+r.id+`}`)))}
	for _, one := range w.refunds {
		is, err := read[refund](one)
		if err != nil {
			return nil, err
		}
		id, err := number("refund.id", is.ID)
		if err != nil {
			return nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Invalid, Err: err}
		}
		envelope := envelopeOf(scopeRefundCreated, `{"type":"order","id":`+r.id+`,"refund":{"refund_id":`+id+`}}`)
		out = append(out, a.message("poll:refund/"+id+version, scopeRefundCreated, w.refundDocument(envelope, []jsontext.Value{one})))
	}
	shipments, err := a.shipments(ctx, w, r.id)
	if err != nil {
		return nil, err
	}
	for _, one := range shipments {
		is, err := read[shipment](one)
		if err != nil {
			return nil, err
		}
		id, err := number("shipment.id", is.ID)
		if err != nil {
			return nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Invalid, Err: err}
		}
		envelope := envelopeOf(scopeShipmentUpdated, `{"type":"shipment","id":`+id+`,"orderId":`+r.id+`}`)
		out = append(out, a.message("poll:fulfilment/"+id+version, scopeShipmentUpdated, shipmentDocument(envelope, one, w.products)))
	}
	return out, nil
}

// shipments reads the shipments of an order of which something was shipped.
func (a *api) shipments(ctx context.Context, w *whole, id string) ([]jsontext.Value, error) {
	if shipped, ok := w.state.ItemsShipped.Integer(); ok && shipped == "0" {
		return nil, nil
	}
	return orEmpty(a.array(ctx, orderPath(id)+"/shipments", nil))
}

func (a *api) message(id, scope string, body []byte) erpbridge.Message {
	return erpbridge.Message{ID: id, Store: a.store, Type: scope, ContentType: "application/json", Body: body}
}

func envelopeOf(scope, data string) jsontext.Value {
	return jsontext.Value(`{"scope":"` + scope + `","data":` + data + `}`)
}
