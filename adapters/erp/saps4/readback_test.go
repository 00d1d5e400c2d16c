package saps4

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
)

func TestReadBackSaysWhatItKnows(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   erpbridge.Kind
	}{
		"found": {200, `{"d":{"results":[{"SalesOrder":"1"}]}}`, ""}, "none": {200, `{"d":{"results":[]}}`, erpbridge.Missing},
		"two": {200, `{"d":{"results":[{"SalesOrder":"1"},{"SalesOrder":"2"}]}}`, erpbridge.Invalid}, "no number": {200, `{"d":{"results":[{}]}}`, erpbridge.Unknown},
		"a page": {200, `<html>`, erpbridge.Unknown}, "nothing": {200, `{}`, erpbridge.Unknown}, "no rights": {403, ``, erpbridge.Refused},
		"busy": {429, ``, erpbridge.Throttled}, "down": {502, ``, erpbridge.Transient}, "elsewhere": {302, ``, erpbridge.Transient},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{{Ref: "shop-1"}})[0]; erpbridge.KindOf(r.Err) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
		srv.Close()
	}
}

// A cancellation of what was never there is done, but not as long as it may be under way.
func TestCancellationOfNothingIsDoneAfterAWhile(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	defer srv.Close()
	e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\nunknown_after: 1m\n")
	o := order("4711")
	placed1 := documents(t, e, erptest.Placed(o, 0))[0]
	o.CancelledAt = time.Unix(1763600001, 0)
	cancelled := documents(t, e, erptest.Placed(o, 1))[0]
	for _, c := range []struct {
		name string
		d    erpbridge.Document
		ago  time.Duration
		want erpbridge.Kind
	}{
		{"a cancellation, just sent", cancelled, 0, erpbridge.Missing},
		{"a cancellation, long ago", cancelled, 2 * time.Minute, ""},
		{"an order, long ago", placed1, 2 * time.Minute, erpbridge.Missing},
	} {
		r := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: c.d, Ref: "shop-4711", Since: time.Now().Add(-c.ago)}})[0]
		if erpbridge.KindOf(r.Err) != c.want || c.want == "" && (r.Receipt.Warning == "" || r.Receipt.Accepted) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
