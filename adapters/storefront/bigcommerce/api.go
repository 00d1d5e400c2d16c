package bigcommerce

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

const (
	// perSecond is what the smallest plan allows: 150 requests in 30 seconds.
	perSecond = 5
	// pageSize is the most of a list that is told at once.
	pageSize = 250
	// mostPages bounds a list: an order of 10,000 lines is a mistake or an attack.
	mostPages = 40
)

// An api asks one store. Its answers are checked to be sound JSON and otherwise left as
// they came.
type api struct {
	client *shopapi.Client
	store  string // the store's configured name, which its messages carry
}

func connect(name string, conf Config) (*api, error) {
	token := string(conf.API.Token)
	switch {
	case token == "":
		return nil, errors.New("api.token: is not set; write the access token of an API account of the store")
	case len(token) > 512 || bytes.ContainsFunc([]byte(token), func(c rune) bool { return c <= ' ' || c > '~' }):
		return nil, errors.New("api.token: has blanks or characters outside ASCII; copy it again")
	}
	at := conf.API.Config
	at.URL = cmp.Or(at.URL, "https://api.bigcommerce.com/stores/"+conf.StoreHash)
	client, err := shopapi.New("bigcommerce", at, perSecond, func(r *http.Request) { r.Header.Set("X-Auth-Token", token) })
	if err != nil {
		return nil, fmt.Errorf("api.%w", err)
	}
	client.ResetHeader("X-Rate-Limit-Time-Reset-Ms")
	return &api{client, name}, nil
}

// get returns a sound answer, or nil where the store says that there is nothing.
func (a *api) get(ctx context.Context, path string, query url.Values) (jsontext.Value, error) {
	res, err := a.client.Do(ctx, shopapi.Request{Path: path, Query: query})
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSpace(res.Body)
	if res.Status == http.StatusNoContent || len(body) == 0 {
		return nil, nil
	}
	if err := strictjson.Check(body, limits()); err != nil {
		// A maintenance page, most likely.
		return nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Transient, Err: fmt.Errorf("the store's answer to %s cannot be read: %w", path, err)}
	}
	return body, nil
}

// array returns all of a list of V2, page by page, or one page of it if the query asks
// for that.
func (a *api) array(ctx context.Context, path string, query url.Values) ([]jsontext.Value, error) {
	var all []jsontext.Value
	for page := 1; page <= mostPages; page++ {
		q := url.Values{"limit": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}}
		for name, values := range query {
			q[name] = values
		}
		body, err := a.get(ctx, path, q)
		if err != nil {
			return nil, err
		}
		items, err := elements(path, body)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if len(items) < pageSize || query.Has("limit") {
			return all, nil
		}
	}
	return nil, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Invalid, Err: fmt.Errorf("%s has more than %d entries", path, mostPages*pageSize)}
}

// data returns what an answer of V3 holds: a list or a thing.
func (a *api) data(ctx context.Context, path string, query url.Values) (jsontext.Value, error) {
	body, err := a.get(ctx, path, query)
	if err != nil || body == nil {
		return nil, err
	}
	var answer struct {
		Data jsontext.Value `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, strange(path)
	}
	return answer.Data, nil
}

// datas is data for a list.
func (a *api) datas(ctx context.Context, path string, query url.Values) ([]jsontext.Value, error) {
	body, err := a.data(ctx, path, query)
	if err != nil {
		return nil, err
	}
	return elements(path, body)
}

// elements returns the elements of an array; nothing at all has none.
func elements(path string, body jsontext.Value) ([]jsontext.Value, error) {
	if len(body) == 0 || body.Kind() == jsontext.KindNull {
		return nil, nil
	}
	var out []jsontext.Value
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, strange(path)
	}
	return out, nil
}

func strange(path string) error {
	return &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Transient, Err: fmt.Errorf("the store's answer to %s is of another shape than documented", path)}
}

func missing(format string, args ...any) error {
	return &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Missing, Err: fmt.Errorf(format, args...)}
}

// orEmpty takes a list that is not there for an empty one: the order it belongs to is.
func orEmpty(list []jsontext.Value, err error) ([]jsontext.Value, error) {
	if erpbridge.KindOf(err) == erpbridge.Missing {
		return nil, nil
	}
	return list, err
}

// A member is a name and what stands under it in a document.
type member struct {
	name  string
	value jsontext.Value
}

// compose returns a document of members, in their order and as they came.
func compose(members ...member) []byte {
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m.name...), '"', ':')
		out = append(out, m.value...)
	}
	return append(out, '}')
}

// arrayOf returns the array of elements.
func arrayOf(elements []jsontext.Value) jsontext.Value {
	out := jsontext.Value{'['}
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}

// read decodes a part of an answer. What it cannot read, Normalize will refuse by name.
func read[T any](v jsontext.Value) (T, error) {
	var out T
	if err := json.Unmarshal(v, &out); err != nil {
		return out, &erpbridge.Error{Op: "bigcommerce", Kind: erpbridge.Invalid, Err: fmt.Errorf("the store's answer cannot be read: %s", signed.Clip(err.Error()))}
	}
	return out, nil
}
