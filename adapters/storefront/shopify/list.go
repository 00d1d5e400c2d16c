package shopify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// A polled storefront is one whose Admin API can be asked what changed. It implements
// erpbridge.Lister.
type polled struct {
	*Storefront
	admin *admin
	store string
	pages pages
}

var _ erpbridge.Lister = (*polled)(nil)

// List returns a page of the orders that changed at or after since, as messages of the
// topic orders/updated, each followed by the refunds of its order.
//
// GraphQL answers with the names of a webhook's body (see the folder graphql), so one
// Normalize reads both, and a state that was told by a webhook has the same Version
// when it is listed. A refund is listed again with every change of its order: only the
// list tells when a payment that was under way has come through.
//
// A page is one request, and more for each order with refunds, with payments that have to
// be asked for (see Points), or with a list that is longer than was asked for: every list
// is followed to its end. Where the shop has had
// enough of them in the middle of a page, what was listed until then is the page, and the
// next one begins behind it: a page that costs more than the shop gives at once would
// otherwise be asked for again and again, and never be had.
//
// What cannot be read of one order or refund is listed as just that (see unread.go), and
// keeps no other back.
func (p *polled) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	var none erpbridge.Page
	after, begun, _ := strings.Cut(cursor, within)
	answer, err := p.orders(ctx, since, after)
	if err != nil {
		return none, err
	}
	var page erpbridge.Page
	listed := begun
	for _, node := range behind(answer.Orders.Nodes, listed) {
		if node.Kind() == jsontext.KindNull {
			return none, unlisted(errors.New("orders: one of them is null")) // nothing would tell which
		}
		messages, at, err := p.messages(ctx, node)
		if busy(err) && listed != begun {
			page.Next = after + within + listed
			return page, nil
		}
		if err != nil {
			return none, err
		}
		listed = cmp.Or(idOf(node), listed)
		for i := range messages {
			messages[i].Header = http.Header{headerVersion: {answer.served}}
		}
		page.Messages = append(page.Messages, messages...)
		if !at.IsZero() {
			page.Until = at
		}
	}
	if next := answer.Orders.PageInfo; next.More {
		if next.Cursor == "" || len(answer.Orders.Nodes) == 0 {
			return none, unlisted(errors.New("orders: there are more, and nothing says where they begin"))
		}
		page.Next = next.Cursor
	}
	return page, nil
}

// within parts the cursor of a page from the id of the last order that was listed of it,
// where the rest is still to be listed. No cursor of Shopify's has it.
const within = " "

// behind returns the orders that follow the one with an id; all of them where it is none
// of them, for then it has changed since, and they have come nearer to the beginning.
func behind(nodes []jsontext.Value, id string) []jsontext.Value {
	i := slices.IndexFunc(nodes, func(node jsontext.Value) bool { return id != "" && idOf(node) == id })
	return nodes[i+1:]
}

// idOf returns the id of an order, or "".
func idOf(node jsontext.Value) string {
	var head struct {
		ID scalar `json:"id"`
	}
	if err := json.Unmarshal(node, &head); err != nil {
		return ""
	}
	return head.ID.Text()
}

// busy reports an error that passes by itself.
func busy(err error) bool {
	kind := erpbridge.KindOf(err)
	return kind == erpbridge.Throttled || kind == erpbridge.Transient
}

// pages is how many things are asked for at once. Shopify's limit is on what a question
// might cost, and how it counts that has changed before; so the first answer that says
// the question was too costly makes it smaller, and it stays so.
type pages struct {
	mu            sync.Mutex
	orders, lines int
}

const (
	mostOrders = 10
	mostLines  = 50
)

func (p *pages) get() (orders, lines int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.orders == 0 {
		p.orders, p.lines = mostOrders, mostLines
	}
	return p.orders, p.lines
}

// shrink makes the pages smaller, and reports whether they still could be.
func (p *pages) shrink(cost, most float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	part := 0.5
	if cost > most && most > 0 {
		part = min(part, most/cost)
	}
	switch {
	case p.orders > 1:
		p.orders = max(int(float64(p.orders)*part), 1)
	case p.lines > 1:
		p.lines = max(int(float64(p.lines)*part), 1)
	default:
		return false
	}
	return true
}

// affordable asks until the question is small enough. No other error is tried again.
func (p *polled) affordable(ctx context.Context, op operation, vars func(orders, lines int) variables, into any) (served string, err error) {
	for {
		served, err = p.admin.ask(ctx, op, vars(p.pages.get()), into)
		var costly *tooCostly
		if !errors.As(err, &costly) || !p.pages.shrink(costly.cost, costly.most) {
			return served, err
		}
	}
}

type pageInfo struct {
	More   bool   `json:"hasNextPage"`
	Cursor string `json:"endCursor"`
}

type ordersAnswer struct {
	Orders struct {
		Nodes    []jsontext.Value `json:"nodes"`
		PageInfo pageInfo         `json:"pageInfo"`
	} `json:"orders"`
	served string
}

func (p *polled) orders(ctx context.Context, since time.Time, cursor string) (ordersAnswer, error) {
	var answer ordersAnswer
	served, err := p.affordable(ctx, opOrders, func(orders, lines int) variables {
		vars := variables{
			"query": "status:any AND updated_at:>='" + since.UTC().Format("2006-01-02T15:04:05Z") + "'",
			"first": orders, "lines": lines, "after": nil,
		}
		if cursor != "" {
			vars["after"] = cursor
		}
		return vars
	}, &answer)
	answer.served = served
	var e *erpbridge.Error
	if cursor != "" && errors.As(err, &e) && e.Kind == erpbridge.Invalid {
		e.Err = fmt.Errorf("%w (asked from a cursor)", e.Err)
	}
	return answer, err
}

// messages returns an order as a message, those of its refunds, and the time of its
// change, where it can be read.
func (p *polled) messages(ctx context.Context, node jsontext.Value) ([]erpbridge.Message, time.Time, error) {
	var head struct {
		ID        scalar               `json:"id"`
		UpdatedAt scalar               `json:"updated_at"`
		Refunds   list[jsontext.Value] `json:"refunds"`
	}
	if err := json.Unmarshal(node, &head); err != nil {
		return p.unread("order", node, unlisted(err)), time.Time{}, nil
	}
	id, err := identity("Order", head.ID, scalar{})
	if err != nil || id == "" {
		return p.unread("order", node, unlisted(fmt.Errorf("an order without an id: %w", orMissing(err)))), time.Time{}, nil
	}
	at, err := normalizer.ParseTime(head.UpdatedAt.Text())
	if err != nil {
		return p.unread("order/"+id, node, unlisted(fmt.Errorf("order %s: updated_at: %w", id, err))), time.Time{}, nil
	}
	var out []erpbridge.Message
	stamp := "@" + at.UTC().Format(time.RFC3339)
	body, err := p.order(ctx, id, at, node)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Invalid:
		out = p.unread("order/"+id, node, err)
	case err != nil:
		return nil, time.Time{}, err
	default:
		out = []erpbridge.Message{p.message("poll:order/"+id+stamp, topicUpdated, body)}
	}
	if len(head.Refunds) == 0 {
		return out, at, nil
	}
	refunds, err := p.refunds(ctx, id, stamp)
	if err != nil {
		err = fmt.Errorf("listing the refunds of order %s: %w", id, err)
	}
	switch {
	case erpbridge.KindOf(err) == erpbridge.Invalid:
		refunds = p.unread("refunds/"+id, node, err)
	case err != nil:
		return nil, time.Time{}, err
	}
	return append(out, refunds...), at, nil
}

// order returns the body of an order that was listed, with all that its lists have.
func (p *polled) order(ctx context.Context, id string, at time.Time, node jsontext.Value) ([]byte, error) {
	var order fields
	if err := json.Unmarshal(node, &order); err != nil {
		return nil, unlisted(fmt.Errorf("order %s: %w", id, err))
	}
	delete(order, "refunds")
	if err := p.complete(ctx, order, orderLists, gid("Order", id)); err != nil {
		return nil, fmt.Errorf("listing order %s: %w", id, err)
	}
	body, err := whole(order)
	if err != nil {
		return nil, unlisted(fmt.Errorf("order %s: %w", id, err))
	}
	if body, err = p.settled(ctx, id, at, body); err != nil {
		return nil, fmt.Errorf("listing the payments of order %s: %w", id, err)
	}
	return body, nil
}

func (p *polled) message(id, topic string, body []byte) erpbridge.Message {
	return erpbridge.Message{ID: id, Store: p.store, Type: topic, ContentType: "application/json", Body: body}
}

// refunds lists the refunds of an order.
func (p *polled) refunds(ctx context.Context, order, stamp string) ([]erpbridge.Message, error) {
	var answer struct {
		Order object[struct {
			TaxesIncluded jsontext.Value   `json:"taxes_included"`
			Refunds       []jsontext.Value `json:"refunds"`
		}] `json:"order"`
	}
	if _, err := p.affordable(ctx, opRefunds, func(_, lines int) variables {
		return variables{"id": gid("Order", order), "lines": lines}
	}, &answer); err != nil {
		return nil, err
	}
	if answer.Order.V == nil {
		return nil, &erpbridge.Error{Op: "shopify.List", Kind: erpbridge.Transient, Err: errors.New("the order is gone since it was listed")}
	}
	var out []erpbridge.Message
	for _, node := range answer.Order.V.Refunds {
		id, body, err := p.refund(ctx, node, answer.Order.V.TaxesIncluded)
		switch {
		case erpbridge.KindOf(err) == erpbridge.Invalid:
			out = append(out, p.unread("refund", node, fmt.Errorf("a refund of order %s: %w", order, err))...)
		case err != nil:
			return nil, err
		default:
			out = append(out, p.message("poll:refund/"+id+stamp, topicRefund, body))
		}
	}
	return out, nil
}

// refund returns the id and the body of a refund that was listed; included says whether
// its order's prices contain their tax.
func (p *polled) refund(ctx context.Context, node, included jsontext.Value) (id string, body []byte, err error) {
	var refund fields
	if err := json.Unmarshal(node, &refund); err != nil {
		return "", nil, unlisted(err)
	}
	var given scalar
	if err := json.Unmarshal(refund["id"], &given); err != nil {
		return "", nil, unlisted(fmt.Errorf("id: %w", err))
	}
	if id, err = identity("Refund", given, scalar{}); err != nil || id == "" {
		return "", nil, unlisted(orMissing(err))
	}
	if included != nil && refund["taxes_included"] == nil {
		refund["taxes_included"] = included
	}
	if err := p.complete(ctx, refund, refundLists, gid("Refund", id)); err != nil {
		return "", nil, err
	}
	if body, err = whole(refund); err != nil {
		return "", nil, unlisted(fmt.Errorf("refund %s: %w", id, err))
	}
	return id, body, nil
}

// whole returns a resource as a webhook would have sent it.
func whole(resource map[string]jsontext.Value) ([]byte, error) {
	all, err := json.Marshal(resource, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return unwrap(all)
}

func unlisted(err error) error {
	return &erpbridge.Error{Op: "shopify.List", Kind: erpbridge.Invalid, Err: err}
}

func orMissing(err error) error {
	if err == nil {
		return errors.New("id: is missing")
	}
	return err
}
