package fo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/hakooi/erpbridge"
)

// maxPages is how many pages of a look-up are read: an order has at most maxLines lines.
const maxPages = 200

// actions is where the actions of the data management package REST API are.
const actions = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."

// call calls an action and returns the value it answers with. effect is as in request.
func (e *ERP) call(ctx context.Context, op, action string, effect bool, parameters any, into any) error {
	body, err := json.Marshal(parameters)
	if err != nil {
		return e.client.fail(op, erpbridge.Invalid, err)
	}
	r := request{
		op: op, method: http.MethodPost, url: e.conf.base() + actions + action,
		contentType: "application/json; charset=utf-8", body: body, effect: effect,
	}
	got, err := e.send(ctx, r)
	if err != nil {
		return err
	}
	var answer struct {
		Context string          `json:"@odata.context"`
		Value   json.RawMessage `json:"value"`
	}
	if err := decodeJSON(got.raw, &answer); err != nil {
		return e.client.fail(op, r.nobodyKnows(), fmt.Errorf("the answer of %s is not understood: %w", action, err))
	}
	if len(answer.Value) == 0 {
		return e.client.fail(op, r.nobodyKnows(), fmt.Errorf("the answer of %s has no value", action))
	}
	if err := json.Unmarshal(answer.Value, into); err != nil {
		return e.client.fail(op, r.nobodyKnows(), fmt.Errorf("the value of %s is not understood: %w", action, err))
	}
	return nil
}

// send makes a request within the configured time.
func (e *ERP) send(ctx context.Context, r request) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	return e.client.do(ctx, r)
}

// query returns the records of a collection that a filter finds, all pages of them.
func query[T any](ctx context.Context, e *ERP, op, collection, filter string, fields ...string) ([]T, error) {
	values := url.Values{
		"cross-company": {"true"},
		"$select":       {strings.Join(fields, ",")},
		"$filter":       {filter},
	}
	base, err := url.Parse(e.conf.base() + "/data/" + collection)
	if err != nil {
		return nil, e.client.fail(op, erpbridge.Refused, errors.New("url is none"))
	}
	base.RawQuery = strings.ReplaceAll(values.Encode(), "+", "%20") // OData knows no plus for a blank
	var all []T
	next := base.String()
	for range maxPages {
		got, err := e.send(ctx, request{op: op, method: http.MethodGet, url: next})
		if err != nil {
			return nil, err
		}
		var page struct {
			Value *[]T   `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := decodeJSON(got.raw, &page); err != nil {
			return nil, e.client.fail(op, erpbridge.Transient, fmt.Errorf("the answer about %s is not understood: %w", collection, err))
		}
		if page.Value == nil {
			return nil, e.client.fail(op, erpbridge.Transient, fmt.Errorf("the answer about %s holds no records, not even none", collection))
		}
		if all = append(all, *page.Value...); page.Next == "" {
			return all, nil
		}
		if next, err = following(base, page.Next); err != nil {
			return nil, e.client.fail(op, erpbridge.Transient, fmt.Errorf("the answer about %s: %w", collection, err))
		}
	}
	return nil, e.client.fail(op, erpbridge.Transient, fmt.Errorf("%s has more than %d pages", collection, maxPages))
}

// following returns the address of a next page. It is where the first one was: our token
// goes nowhere else. Behind a load balancer F&O believes to be spoken to by http.
func following(first *url.URL, link string) (string, error) {
	next, err := first.Parse(link)
	if err != nil {
		return "", errors.New("the next page has no address")
	}
	if !strings.EqualFold(next.Hostname(), first.Hostname()) || next.User != nil {
		return "", errors.New("the next page is on another host")
	}
	next.Scheme, next.Host = first.Scheme, first.Host
	return next.String(), nil
}

// quoted writes a string as OData does.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// anyOf is the filter for records of the legal entity with one of these numbers.
func (e *ERP) anyOf(numbers []string) string {
	parts := make([]string, 0, len(numbers))
	for _, n := range numbers {
		parts = append(parts, "SalesOrderNumber eq "+quoted(n))
	}
	return "dataAreaId eq " + quoted(strings.ToLower(e.conf.LegalEntity)) + " and (" + strings.Join(parts, " or ") + ")"
}

// storageURL checks an address in blob storage. What is written goes over https or not at
// all. Files to be read are sometimes named with http by an F&O behind a load balancer;
// then https is meant.
func storageURL(raw string, write bool) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return "", errors.New("the address in blob storage is none")
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u.String(), nil
	case u.Scheme == "http" && !write:
		u.Scheme = "https"
		return u.String(), nil
	}
	return "", fmt.Errorf("the address in blob storage is %s, and must be https", clip(u.Scheme, 20))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Probe looks one sales order up: that needs a token, a user with its role, and the
// entities.
func (e *ERP) Probe(ctx context.Context) error {
	const op = "fo.Probe"
	got, err := e.send(ctx, request{
		op: op, method: http.MethodGet,
		url: e.conf.base() + "/data/" + e.conf.Headers.Collection + "?cross-company=true&$top=1&$select=SalesOrderNumber",
	})
	if err != nil {
		return err
	}
	var page struct {
		Value *[]json.RawMessage `json:"value"`
	}
	if err := decodeJSON(got.raw, &page); err != nil || page.Value == nil {
		return e.client.fail(op, erpbridge.Transient, errors.New("what answers there is not F&O"))
	}
	return nil
}
