package adobecommerce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// A resource is a kind of thing the API lists.
type resource struct {
	path string
	what subject
}

// resources are what is listed, in this order: an order before what was done to it.
var resources = []resource{
	{"orders", ofOrder}, {"creditmemos", ofMemo}, {"shipments", ofShipment},
}

// pageSize is how many things are asked for at once.
const pageSize = 100

// polled returns s with its API.
func (s *Storefront) polled(name string, conf API) (*Polled, error) {
	token := strings.TrimSpace(string(conf.AccessToken))
	switch {
	case token == "":
		return nil, errors.New("access_token: is not set; write the access token of an integration (System > Integrations) that may read Sales")
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return nil, errors.New("access_token: has characters that no token has")
	case !storeCode.MatchString(conf.StoreCode):
		return nil, fmt.Errorf(`store_code: %q is not the code of a store view, such as "default"`, signed.Clip(conf.StoreCode))
	}
	client, err := shopapi.New("adobecommerce", conf.Config, perSecond, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+token)
	})
	if err != nil {
		return nil, err
	}
	path := "/rest/"
	if conf.StoreCode != "" {
		path += conf.StoreCode + "/"
	}
	return &Polled{Storefront: s, name: name, api: client, path: path + "V1/"}, nil
}

var storeCode = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_]{0,63})?$`)

// List returns a page of what changed at or after since: of the orders, then of the
// credit memos, then of the shipments of a slice of time, and so on with the next slice
// (see position). With the last page of a slice Until is its end.
//
// A page begins at the time of change of the last thing of the page before, without what
// that page had of it, so that nothing is missed if things change between two pages.
func (p *Polled) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	at, err := readCursor(since, cursor)
	if err != nil {
		return erpbridge.Page{}, &erpbridge.Error{Op: "adobecommerce.List", Kind: erpbridge.Invalid, Err: err}
	}
	answer, err := p.api.Do(ctx, shopapi.Request{Path: p.path + resources[at.resource].path, Query: at.query()})
	if err != nil {
		return erpbridge.Page{}, err
	}
	page, err := p.page(at, answer.Body)
	if err != nil {
		return erpbridge.Page{}, &erpbridge.Error{Op: "adobecommerce.List", Kind: erpbridge.Invalid, Err: fmt.Errorf("the answer about %s: %w", resources[at.resource].path, err)}
	}
	return page, nil
}

// page makes messages of an answer.
func (p *Polled) page(at position, body []byte) (erpbridge.Page, error) {
	var answer struct {
		Items list[jsontext.Value] `json:"items"`
		Total scalar               `json:"total_count"`
	}
	if err := strictjson.Unmarshal(body, &answer, wide()); err != nil {
		return erpbridge.Page{}, err
	}
	total, err := count(answer.Total)
	if err != nil {
		return erpbridge.Page{}, err
	}
	var out erpbridge.Page
	found := answered{total: total, size: len(answer.Items)}
	found.all = found.size == 0 || max(at.page*at.size, found.size) >= total
	what, unnamed := resources[at.resource].what, 0
	for i, item := range answer.Items {
		var k struct {
			EntityID  scalar `json:"entity_id"`
			UpdatedAt scalar `json:"updated_at"`
		}
		// Its size is no reason not to name it: Normalize says what is wrong with it.
		err := strictjson.Unmarshal(item, &k, wide())
		id, ok := identity(k.EntityID)
		changed, badTime := time.Parse(time.DateTime, k.UpdatedAt.Text())
		if item.Kind() == jsontext.KindNull {
			return erpbridge.Page{}, fmt.Errorf("items[%d]: is null", i) // nothing would tell what it was
		}
		if err != nil || !ok || badTime != nil {
			unnamed++
			out.Messages = append(out.Messages, p.unnamed(what, item))
			continue
		}
		if end := at.end(); !end.IsZero() && !changed.Before(end) {
			found.all = true // what follows is behind the end, too
			break
		}
		if changed.Before(at.from) || at.had(id, changed) {
			continue
		}
		found.last, found.id = changed, id
		out.Messages = append(out.Messages, erpbridge.Message{
			Store: p.name, Type: string(what), ContentType: "application/json", Body: item.Clone(),
			ID: "poll:" + string(what) + "/" + id + "@" + changed.Format(time.RFC3339),
		})
	}
	if unnamed > 0 && unnamed == len(answer.Items) {
		return erpbridge.Page{}, errors.New("items: none has an entity_id, and an updated_at as the shop writes times")
	}
	if at.moved(total) {
		out.Messages = nil // they will be listed in their turn
	}
	next, more := at.next(found)
	if at.resource == 0 && next.resource == 0 {
		next.pages = at.pages + 1
		next = next.cut(at, &out)
	}
	if more {
		out.Next = next.String()
	}
	if at.resource > 0 && next.resource == 0 {
		out.Until = at.until
	}
	return out, nil
}

// unnamed returns the message of what has no entity_id, or no updated_at as the shop writes
// times. It must not keep the others back, and Normalize says what it lacks.
func (p *Polled) unnamed(what subject, item jsontext.Value) erpbridge.Message {
	m := erpbridge.Message{Store: p.name, Type: string(what), ContentType: "application/json", Body: item.Clone()}
	m.ID = "poll:" + m.Type + "@" + signed.Digest(m.Type, m.Body)
	return m
}

// cut ends the slice at the last second of a page, and leaves that second to the next
// slice, if there are enough pages in it. A slice has at least a second.
func (p position) cut(before position, page *erpbridge.Page) position {
	if p.pages < slicePages || before.page > 0 || !p.from.After(before.from) {
		return p
	}
	suffix := "@" + p.from.Format(time.RFC3339)
	page.Messages = slices.DeleteFunc(page.Messages, func(m erpbridge.Message) bool { return strings.HasSuffix(m.ID, suffix) })
	p.until = p.from
	to, _ := p.follow()
	return to
}

// wide are the limits for a page, which has as many things as a hundred bodies.
func wide() strictjson.Limits {
	l := limits()
	l.Members *= pageSize
	l.Elements *= pageSize
	return l
}

func count(s scalar) (int, error) {
	digits, ok := s.Integer()
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0, errors.New("total_count: is missing, so nothing says whether this is all")
	}
	return n, nil
}
