package woocommerce

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// List returns one page of the orders that changed at or after since, each followed by its
// refunds. It asks for the orders, for those of the same time that are in the trash, which
// WooCommerce lists apart, and for the refunds of each order that has some.
//
// Pages are not counted, because an order that changes while they are read moves to the
// end and every page behind it by one: the following page is what changed since the last
// second of this one, that second once more. Only where a page holds one second alone, as
// after an import, the pages within that second are counted.
//
// Where the shop has had enough of questions about refunds in the middle of a page, what
// was listed until then is the page: one that takes a slow shop longer than there is time
// would otherwise be asked for again and again, and never be had.
//
//	since ──▶ [ t1 t1 t2 ... t9 ] ──▶ [ t9 t9 t9 ... t9 ] ──▶ t9, page 2 ──▶ ... ──▶ t10 ...
//
// Customers and products are not listed: WooCommerce cannot tell which customers changed,
// and a product that was missed comes with its next change.
func (p *Polled) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	at, err := readCursor(since, cursor)
	if err != nil {
		return erpbridge.Page{}, listing(erpbridge.Invalid, err)
	}
	found, more, err := p.orders(ctx, "any", p.page, at)
	if err != nil {
		return erpbridge.Page{}, err
	}
	next, until := at.next(found, more)
	if window, ok := at.trash(next, until); ok {
		trashed, err := p.trashed(ctx, window)
		if err != nil {
			return erpbridge.Page{}, err
		}
		found = append(found, trashed...)
	}
	slices.SortStableFunc(found, func(a, b listed) int { return a.modified.Compare(b.modified) })
	page := erpbridge.Page{Until: until}
	for i, o := range found {
		paidBack, err := p.refunds(ctx, o)
		if rest, ok := at.behind(found[:i]); ok && busy(err) {
			page.Next, page.Until = rest.String(), found[i-1].modified
			return page, nil
		}
		if err != nil {
			return erpbridge.Page{}, err
		}
		page.Messages = append(append(page.Messages, o.message(p.name)), paidBack...)
	}
	if next != nil {
		page.Next = next.String()
	}
	return page, nil
}

// A listed order is one element of an answer.
type listed struct {
	id       string
	modified time.Time
	raw      jsontext.Value
	mention
	refunds bool // it has some that are mentioned only
}

func (o listed) message(store string) erpbridge.Message {
	m := erpbridge.Message{Store: store, Type: "order.updated", ContentType: "application/json", Body: o.raw}
	m.ID = "poll:order/" + o.id + "@" + o.modified.Format(time.RFC3339)
	if o.modified.IsZero() {
		m.ID = "poll:order/" + o.id + "@" + signed.Digest(m.Type, m.Body)
	}
	return m
}

// readListed reads of an order what listing it takes. What else is wrong with it is for
// Normalize to say.
func readListed(raw jsontext.Value) (listed, error) {
	var body struct {
		mention
		Modified scalar         `json:"date_modified_gmt"`
		Refunds  jsontext.Value `json:"refunds"`
	}
	o := listed{raw: raw}
	if err := json.Unmarshal(raw, &body); err != nil {
		return o, err
	}
	o.mention = body.mention
	id, err := identity("id", body.ID)
	if err != nil {
		return o, err
	}
	o.id = id
	if t, err := parseUTC(written(body.Modified)); err == nil {
		o.modified = t.UTC().Truncate(time.Second)
	}
	var mentioned list[refund]
	if err := json.Unmarshal(body.Refunds, &mentioned); body.Refunds != nil && err != nil {
		return o, nil // the order is no worse for it than Normalize finds, and the others are none
	}
	o.refunds = slices.ContainsFunc(mentioned, func(f refund) bool { return !f.full() })
	return o, nil
}

// orders asks for one page of orders and reports whether there is another. One that has no
// id keeps the others of its page back no more than what else Normalize finds wrong; where
// none has one, they are no orders.
func (p *Polled) orders(ctx context.Context, status string, size int, at position) ([]listed, bool, error) {
	query := url.Values{
		"status": {status}, "dates_are_gmt": {"true"}, "modified_after": {at.after.Format(instant)},
		"orderby": {"modified"}, "order": {"asc"}, "per_page": {strconv.Itoa(size)}, "page": {strconv.Itoa(at.page)},
	}
	if !at.before.IsZero() {
		query.Set("modified_before", at.before.Format(instant))
	}
	raws, more, err := p.ask(ctx, "/wp-json/wc/v3/orders", query)
	if err != nil {
		return nil, false, unreachable(err)
	}
	found := make([]listed, 0, len(raws))
	var unnamed []listed
	var strange error
	for _, raw := range raws {
		o, err := readListed(raw)
		if err == nil {
			found = append(found, o)
			continue
		}
		strange = listing(erpbridge.Transient, fmt.Errorf("the shop listed what is not an order: %w", err))
		if raw.Kind() == jsontext.KindNull {
			return nil, false, strange // nothing would tell which order it was
		}
		unnamed = append(unnamed, listed{raw: raw})
	}
	if len(found) == 0 && strange != nil {
		return nil, false, strange
	}
	return append(unnamed, found...), more, nil
}

// trashed returns the orders in the trash that changed in a window.
func (p *Polled) trashed(ctx context.Context, window position) ([]listed, error) {
	var all []listed
	for {
		found, more, err := p.orders(ctx, "trash", largestPage, window)
		if err != nil {
			return nil, err
		}
		if all = append(all, found...); !more {
			return all, nil
		}
		window.page++
	}
}

// refunds returns the refunds of an order as messages of their own.
func (p *Polled) refunds(ctx context.Context, o listed) ([]erpbridge.Message, error) {
	if !o.refunds {
		return nil, nil
	}
	var out []erpbridge.Message
	for page := 1; ; page++ {
		query := url.Values{"per_page": {strconv.Itoa(largestPage)}, "page": {strconv.Itoa(page)}}
		raws, more, err := p.ask(ctx, "/wp-json/wc/v3/orders/"+o.id+"/refunds", query)
		if erpbridge.KindOf(err) == erpbridge.Missing {
			return out, nil // the order went away meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, raw := range raws {
			m, err := o.refund(p.name, raw)
			if err != nil || raw.Kind() == jsontext.KindNull {
				return nil, listing(erpbridge.Transient, fmt.Errorf("the shop listed what is not a refund: %w", err))
			}
			out = append(out, m)
		}
		if !more {
			return out, nil
		}
	}
}

// refund returns the message of one of an order's refunds. What is wrong with it, and be it
// the id, is for Normalize to say.
func (o listed) refund(store string, raw jsontext.Value) (erpbridge.Message, error) {
	var f struct {
		ID         scalar `json:"id"`
		CreatedGMT scalar `json:"date_created_gmt"`
	}
	named := json.Unmarshal(raw, &f)
	id, err := identity("id", f.ID)
	named = cmp.Or(named, err)
	order := map[string]string{
		"id": o.id, "number": cmp.Or(o.Number.Text(), o.id), "currency": o.Currency.Text(), "payment_method": o.PaymentMethod.Text(),
	}
	if whole, ok := o.ParentID.Integer(); ok && whole != "0" {
		order["parent_id"] = whole
	}
	body, err := json.Marshal(struct {
		Order  map[string]string `json:"order"`
		Refund jsontext.Value    `json:"refund"`
	}{order, raw}, json.Deterministic(true))
	if err != nil {
		return erpbridge.Message{}, err
	}
	m := erpbridge.Message{Store: store, Type: refunds, ContentType: "application/json", Body: body}
	m.ID = "poll:refund/" + id + "@" + signed.Digest(m.Type, m.Body)
	if t, err := parseUTC(written(f.CreatedGMT)); named == nil && err == nil {
		m.ID = "poll:refund/" + id + "@" + t.UTC().Format(time.RFC3339)
	}
	return m, nil
}

// ask asks for a page of a list and reports whether there is another.
func (p *Polled) ask(ctx context.Context, path string, query url.Values) ([]jsontext.Value, bool, error) {
	answer, err := p.api.Do(ctx, shopapi.Request{Path: path, Query: query})
	if err != nil {
		return nil, false, err
	}
	var raws []jsontext.Value
	// The answer is limited in size; how much plugins put into a page of orders is not.
	l := strictjson.Default()
	l.Members, l.Elements = 0, 0
	if err := strictjson.Unmarshal(answer.Body, &raws, l); err != nil {
		return nil, false, listing(erpbridge.Transient, fmt.Errorf("the shop's answer is no list: %w", err))
	}
	return raws, another(answer.Header, query, len(raws)), nil
}

// another reports whether a page is followed by one. The shop counts them in a header; a
// full page has to do where a proxy took that away. A page may have less than it could and
// still be followed: what the key may not read is left out.
func another(h http.Header, query url.Values, n int) bool {
	page, size := query.Get("page"), query.Get("per_page")
	if pages, err := strconv.Atoi(h.Get("X-WP-TotalPages")); err == nil {
		this, err := strconv.Atoi(page)
		return err == nil && this < pages
	}
	full, err := strconv.Atoi(size)
	return err == nil && n >= full
}

// busy reports an error that passes by itself.
func busy(err error) bool {
	kind := erpbridge.KindOf(err)
	return kind == erpbridge.Throttled || kind == erpbridge.Transient
}

// unreachable returns err, or what it means that a list is missing that every shop has.
func unreachable(err error) error {
	if erpbridge.KindOf(err) != erpbridge.Missing {
		return err
	}
	return listing(erpbridge.Refused, fmt.Errorf("%w: is api.url the shop's, and are its permalinks other than plain?", err))
}

// listing returns an error about an answer of the API.
func listing(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "woocommerce", Kind: kind, Err: err}
}
