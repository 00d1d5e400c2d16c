package bigcommerce_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// TestFetchOrder asks for an order, and gets the event of its document.
func TestFetchOrder(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	for _, name := range []string{"documents/exclusive.json", "documents/inclusive.json", "documents/kit.json", "documents/cancelled-yen.json"} {
		document := fixture(t, name)
		id := s.add(t, document)
		got, err := c.Normalize(fetched(t, c, document))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]erpbridge.Event{event(t, c, document)}, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		at := fmt.Sprintf("GET /v2/orders/%d", id)
		v3 := fmt.Sprintf("GET /v3/orders/%d", id)
		want := []string{
			at + "?include=fees",
			at + "/products?limit=250&page=1", at + "/coupons?limit=250&page=1", at + "/shipping_addresses?limit=250&page=1",
			at + "/taxes?details=true&limit=250&page=1", v3 + "/transactions", v3 + "/payment_actions/refunds",
			at + "?include=fees",
		}
		if diff := cmp.Diff(want, s.requests()); diff != "" {
			t.Errorf("%s asked:\n%s", name, diff)
		}
	}
}

// TestFetchOthers asks for everything else that envelopes point to.
func TestFetchOthers(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	s.add(t, fixture(t, "documents/kit.json"))
	part := func(name, member string) string {
		var d raw
		if err := json.Unmarshal(fixture(t, name), &d); err != nil {
			t.Fatal(err)
		}
		return string(d[member])
	}
	s.parts["/v2/orders/4715/shipments/12"] = part("documents/shipment.json", "shipment")
	s.parts["/v3/customers"] = `{"data":[` + part("documents/customer.json", "customer") + `],"meta":{}}`
	s.parts["/v3/catalog/products/801"] = `{"data":` + part("documents/product.json", "product") + `,"meta":{}}`
	for name, want := range map[string][]string{
		"documents/refund-line.json": {
			"GET /v2/orders/4715?include=fees", "GET /v2/orders/4715/products?limit=250&page=1",
			"GET /v2/orders/4715/shipping_addresses?limit=250&page=1", "GET /v3/orders/4715/transactions", "GET /v3/orders/4715/payment_actions/refunds",
		},
		"documents/refund-shipping.json": nil,
		"documents/shipment.json":        {"GET /v2/orders/4715/shipments/12", "GET /v2/orders/4715/products?limit=250&page=1"},
		"documents/customer.json":        {"GET /v3/customers?id%3Ain=31&include=addresses"},
		"documents/product.json":         {"GET /v3/catalog/products/801?include=variants"},
		"documents/stock-relative.json":  {"GET /v3/catalog/products/801?include=variants"},
	} {
		document := fixture(t, name)
		got, err := c.Normalize(fetched(t, c, document))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]erpbridge.Event{event(t, c, document)}, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if asked := s.requests(); want != nil && !cmp.Equal(want, asked) {
			t.Errorf("%s asked %q", name, asked)
		}
	}
}

func TestFetchAddressBook(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	s.parts["/v3/customers"] = `{"data":[{"id":32,"first_name":"Jo","date_modified":"2026-11-20T07:30:00Z"}]}`
	m := message("store/customer/address/deleted", []byte(`{"scope":"store/customer/address/deleted","data":{"type":"customer","id":60,"address":{"customer_id":32}}}`))
	var err error
	if m.Fetched, err = c.Fetch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	events, err := c.Normalize(m)
	if err != nil || events[0].Customer.ID != "32" {
		t.Errorf("%+v, %v", events, err)
	}
	if asked := s.requests(); len(asked) != 1 || !strings.Contains(asked[0], "in=32") {
		t.Errorf("asked %q", asked)
	}
}

// TestPoints: what an envelope carries is not asked for.
func TestPoints(t *testing.T) {
	c := newStore(t).open(t, "")
	for name, body := range fixtures(t) {
		m := message(scopeOf(t, body), envelopeIn(t, body))
		if got, want := c.Points(m), strings.HasPrefix(name, "documents/"); got != want {
			t.Errorf("%s points: %v", name, got)
		}
		m.Body = body // as the poll and partners have it
		if c.Points(m) {
			t.Errorf("%s points as a document", name)
		}
	}
	for scope, body := range map[string]string{
		"store/order/archived": `{"scope":"store/order/archived","data":{"id":1}}`,
		"store/cart/created":   `{"scope":"store/cart/created","data":{"id":"a"}}`,
		"store/order/updated":  `{"scope":"store/order/updated","data":{"id":"../../v2/store"}}`,
		"store/order/created":  `no JSON`,
		"unknown":              `{}`,
	} {
		m := message(scope, []byte(body))
		if c.Points(m) {
			t.Errorf("%s points to something", body)
		}
		if _, err := c.Fetch(t.Context(), m); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s was fetched: %v", body, err)
		}
	}
}

// TestFetchWaits: of an incomplete order nothing more is read.
func TestFetchWaits(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	document := changed(t, fixture(t, "documents/inclusive.json"), `"status_id": 11`, `"status_id": 0`)
	s.add(t, document)
	_, err := c.Normalize(fetched(t, c, document))
	wants(t, err, erpbridge.Ignored, "store/order/statusUpdated comes")
	if asked := s.requests(); len(asked) != 1 {
		t.Errorf("asked %q", asked)
	}
}

// TestFetchMoved: an order that changes while it is read is read again, once.
func TestFetchMoved(t *testing.T) {
	document := fixture(t, "documents/exclusive.json")
	at := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	for _, moves := range []int{1, 1000} {
		s := newStore(t)
		c := s.open(t, "")
		id := s.add(t, document)
		moved := 0
		s.before = func(path string) {
			if strings.HasSuffix(path, "/taxes") && moved < moves {
				moved++
				s.touch(id, at.Add(time.Duration(moved)*time.Second))
			}
		}
		body, err := c.Fetch(t.Context(), message("store/order/statusUpdated", envelopeIn(t, document)))
		if moves > 1 {
			var e *erpbridge.Error
			if !errors.As(err, &e) || e.Kind != erpbridge.Transient || e.After == 0 {
				t.Errorf("an order that never stands still: %v", err)
			}
			if n := len(s.requests()); n != 15 {
				t.Errorf("%d requests", n)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if o := event(t, c, body).Order; !o.UpdatedAt.Equal(at.Add(time.Second)) {
			t.Errorf("the state of %s was read", o.UpdatedAt)
		}
	}
}

// TestFetchPages reads an order of more lines than are told at once.
func TestFetchPages(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	document := fixture(t, "documents/exclusive.json")
	s.add(t, document)
	lines := make([]string, 501)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"id":%d,"name":"Nail","quantity":1,"price_ex_tax":"0.0100","total_ex_tax":"0.0100","price_inc_tax":"0.0100","total_inc_tax":"0.0100"}`, i+1)
	}
	s.parts["/v2/orders/4711/products"] = "[" + strings.Join(lines, ",") + "]"
	events, err := c.Normalize(fetched(t, c, document))
	if err != nil || len(events[0].Order.Lines) != 501 || events[0].Order.Lines[500].ID != "501" {
		t.Fatalf("%v", err)
	}
	pages := 0
	for _, asked := range s.requests() {
		if strings.Contains(asked, "/products?") {
			pages++
		}
	}
	if pages != 3 {
		t.Errorf("%d pages", pages)
	}
}

func TestFetchFails(t *testing.T) {
	document := fixture(t, "documents/exclusive.json")
	response := func(status int, header ...string) http.Response {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return http.Response{StatusCode: status, Header: h}
	}
	for name, tt := range map[string]struct {
		path  string
		fails http.Response
		kind  erpbridge.Kind
		after time.Duration
	}{
		"throttled":          {"/v2/orders/4711/taxes", response(429, "X-Rate-Limit-Requests-Left", "0", "X-Rate-Limit-Time-Reset-Ms", "15000"), erpbridge.Throttled, 15 * time.Second},
		"throttled by both":  {"/v2/orders/4711", response(429, "Retry-After", "2", "X-Rate-Limit-Time-Reset-Ms", "15000"), erpbridge.Throttled, 2 * time.Second},
		"away":               {"/v3/orders/4711/transactions", response(503), erpbridge.Transient, 0},
		"a right is missing": {"/v3/orders/4711/transactions", response(403), erpbridge.Refused, 0},
		"gone":               {"/v2/orders/4711", response(404), erpbridge.Missing, 0},
		"no such list":       {"/v3/orders/4711/transactions", response(404), "", 0},
		"an empty list":      {"/v3/orders/4711/payment_actions/refunds", response(204), "", 0},
		"an empty order":     {"/v2/orders/4711", response(204), erpbridge.Missing, 0},
		"a redirect":         {"/v2/orders/4711", response(302, "Location", "https://elsewhere.example/"), erpbridge.Refused, 0},
	} {
		s := newStore(t)
		c := s.open(t, "")
		s.add(t, document)
		s.fail[tt.path] = tt.fails
		_, err := c.Fetch(t.Context(), message("store/order/statusUpdated", envelopeIn(t, document)))
		var e *erpbridge.Error
		switch {
		case tt.kind == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.kind != "" && (!errors.As(err, &e) || e.Kind != tt.kind || e.After != tt.after):
			t.Errorf("%s: %v (%s), want kind %s after %s", name, err, erpbridge.KindOf(err), tt.kind, tt.after)
		case err != nil && strings.Contains(err.Error(), token):
			t.Errorf("%s: the error tells the token", name)
		}
	}
	s := newStore(t)
	c := s.open(t, "")
	s.add(t, document)
	s.parts["/v2/orders/4711/products"] = `<html>Down for maintenance</html>`
	_, err := c.Fetch(t.Context(), message("store/order/statusUpdated", envelopeIn(t, document)))
	wants(t, err, erpbridge.Transient, "cannot be read")
	s.parts["/v2/orders/4711/products"] = `{"title":"no list"}`
	_, err = c.Fetch(t.Context(), message("store/order/statusUpdated", envelopeIn(t, document)))
	wants(t, err, erpbridge.Transient, "another shape")
	s.add(t, document)
	// What is not there yet is Missing, and asked for again.
	_, err = c.Fetch(t.Context(), message("store/order/refund/created", []byte(`{"scope":"store/order/refund/created","data":{"id":4711,"refund":{"refund_id":9}}}`)))
	wants(t, err, erpbridge.Missing, "no refund 9")
	s.parts["/v3/customers"] = `{"data":[],"meta":{}}`
	_, err = c.Fetch(t.Context(), message("store/customer/updated", []byte(`{"scope":"store/customer/updated","data":{"id":31}}`)))
	wants(t, err, erpbridge.Missing, "no customer 31")
	_, err = c.Fetch(t.Context(), message("store/product/updated", []byte(`{"scope":"store/product/updated","data":{"id":801}}`)))
	wants(t, err, erpbridge.Missing, "")
}
