package shopify

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
)

// A longList is a list inside a resource that may have more members than its first page.
type longList struct {
	path []string  // from the resource to the list
	op   operation // asks for what follows
}

// The lists that Shopify tells in pages.
var (
	orderLists = []longList{
		{[]string{"line_items"}, opLines},
		{[]string{"shipping_lines"}, opShippingLines},
		{[]string{"discount_applications"}, opApplications},
		{[]string{"payment_terms", "payment_schedules"}, opSchedules},
	}
	refundLists = []longList{
		{[]string{"refund_line_items"}, opRefundLines},
		{[]string{"refund_shipping_lines"}, opRefundShippingLines},
		{[]string{"order_adjustments"}, opAdjustments},
		{[]string{"transactions"}, opTransactions},
	}
)

// A fields is an object of which not all members are known.
type fields = map[string]jsontext.Value

// complete replaces each list of a resource, which came as its first page, by all of it.
func (p *polled) complete(ctx context.Context, resource fields, lists []longList, id string) error {
	for _, list := range lists {
		if err := p.follow(ctx, resource, list.path, list.op, id); err != nil {
			return err
		}
	}
	return nil
}

func (p *polled) follow(ctx context.Context, resource fields, path []string, op operation, id string) error {
	member := path[0]
	if resource[member].Kind() != jsontext.KindBeginObject {
		return nil // a whole list, or none
	}
	if len(path) > 1 {
		var inner fields
		if err := json.Unmarshal(resource[member], &inner); err != nil {
			return unlisted(fmt.Errorf("%s: %w", member, err))
		}
		// The answer to op has the same path, below its root.
		if err := p.follow(ctx, inner, path[1:], op, id); err != nil {
			return err
		}
		return set(resource, member, inner)
	}
	var page connection
	if err := json.Unmarshal(resource[member], &page); err != nil {
		return unlisted(fmt.Errorf("%s: %w", member, err))
	}
	all := page.Nodes
	for page.PageInfo.More {
		cursor := page.PageInfo.Cursor
		if cursor == "" {
			return unlisted(fmt.Errorf("%s: there are more, and nothing says where they begin", member))
		}
		var answer jsontext.Value
		if _, err := p.affordable(ctx, op, func(_, lines int) variables {
			return variables{"id": id, "lines": lines, "after": cursor}
		}, &answer); err != nil {
			return err
		}
		var err error
		if page, err = connected(answer, member); err != nil {
			return unlisted(fmt.Errorf("%s: %w", member, err))
		}
		if len(page.Nodes) == 0 || page.PageInfo.More && page.PageInfo.Cursor == cursor {
			return &erpbridge.Error{Op: "shopify.List", Kind: erpbridge.Transient, Err: fmt.Errorf("%s: there were more, and now there are not", member)}
		}
		all = append(all, page.Nodes...)
	}
	return set(resource, member, all)
}

// connection is a page of a list inside a resource.
type connection struct {
	Nodes    []jsontext.Value `json:"nodes"`
	PageInfo pageInfo         `json:"pageInfo"`
}

// connected returns the connection called member in an answer, which is the only thing
// that was asked for: every object around it has one member. It is empty where the
// resource is gone.
func connected(answer jsontext.Value, member string) (connection, error) {
	var page connection
	for {
		var object fields
		if err := json.Unmarshal(answer, &object); err != nil {
			return page, err
		}
		if list, ok := object[member]; ok {
			return page, json.Unmarshal(list, &page)
		}
		if len(object) > 1 {
			return page, errors.New("the answer has more than was asked for")
		}
		answer = jsontext.Value("null")
		for _, only := range object {
			answer = only
		}
		if answer.Kind() == jsontext.KindNull {
			return page, nil
		}
	}
}

// set puts a value into a resource.
func set(resource fields, member string, v any) error {
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return unlisted(fmt.Errorf("%s: %w", member, err))
	}
	resource[member] = raw
	return nil
}
