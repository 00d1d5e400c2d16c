package fo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// A stand-in F&O whose rows a test writes itself.
type rows struct {
	state   string // of the import
	headers []map[string]any
	lines   []map[string]any
}

func (r rows) serve(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	var v any
	switch {
	case strings.HasSuffix(req.URL.Path, "/SalesOrderHeadersV2"):
		v = r.headers
	case strings.HasSuffix(req.URL.Path, "/SalesOrderLines"):
		v = r.lines
	case strings.HasSuffix(req.URL.Path, ".GetExecutionSummaryStatus"):
		v = r.state
	default:
		v = ""
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"value": v})
}

// asSent is what F&O has if it has an order as it was sent.
func asSent(t testing.TB, e *ERP, d erpbridge.Document, state string) rows {
	t.Helper()
	o, err := e.read(d)
	if err != nil {
		t.Fatal(err)
	}
	r := rows{state: state, headers: []map[string]any{{
		"dataAreaId": "usmf", "SalesOrderNumber": o.number(), "CustomersOrderReference": o.reference(), "SalesOrderStatus": "Backorder",
	}}}
	for _, l := range o.lines {
		r.lines = append(r.lines, map[string]any{
			"dataAreaId": "usmf", "SalesOrderNumber": o.number(), "InventoryLotId": l.get(fieldLot), "ItemNumber": l.get(fieldItem),
			"OrderedSalesQuantity": json.Number(l.get(fieldQuantity)), "LineAmount": json.Number(l.get(fieldAmount)),
		})
	}
	return r
}

// What is read back, held against what was sent.
func TestReadBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*rows)
		state  string
		want   erpbridge.Kind
		says   string
	}{
		{"as sent", func(*rows) {}, "Succeeded", "", ""},
		{"as sent, partly", func(*rows) {}, "PartiallySucceeded", "", "order is whole"},
		{"as sent, failed", func(*rows) {}, "Failed", "", "order is whole"},
		{"in another order", func(r *rows) { slices.Reverse(r.lines) }, "Succeeded", "", ""},
		{"in capitals", func(r *rows) { r.headers[0]["dataAreaId"] = "USMF" }, "Succeeded", "", ""},
		{"with blanks", func(r *rows) { r.lines[0]["ItemNumber"] = "mug-1 "; r.headers[0]["SalesOrderNumber"] = "w1001 " }, "Succeeded", "", ""},
		{"a line fewer", func(r *rows) { r.lines = r.lines[1:] }, "Succeeded", erpbridge.Invalid, "not there: line 1 (MUG-1)"},
		{"no lines", func(r *rows) { r.lines = nil }, "Succeeded", erpbridge.Transient, ""}, // null is no list
		{"none of the lines", func(r *rows) { r.lines = r.lines[:0] }, "Succeeded", erpbridge.Invalid, "not there: line 1 (MUG-1), line 2 (TEE-2), line 3 (FREIGHT), line 4 (TAX)"},
		{"no header", func(r *rows) { r.headers = r.headers[:0] }, "Succeeded", erpbridge.Invalid, "no such sales order"},
		{"a line of another order", func(r *rows) { r.lines[0]["SalesOrderNumber"] = "W9" }, "Succeeded", erpbridge.Invalid, "not there: line 1"},
		{"a line of another company", func(r *rows) { r.lines[0]["dataAreaId"] = "dat" }, "Succeeded", erpbridge.Invalid, "not there: line 1"},
		{"a header of another company", func(r *rows) { r.headers[0]["dataAreaId"] = "dat" }, "Succeeded", erpbridge.Invalid, "no such sales order"},
		{"a header of another order", func(r *rows) { r.headers[0]["SalesOrderNumber"] = "W9" }, "Succeeded", erpbridge.Invalid, "no such sales order"},
		{"another's order", func(r *rows) { r.headers[0]["CustomersOrderReference"] = "shop-eu-1 [0123456789ab]" }, "Succeeded", erpbridge.Invalid, "another order under this number"},
		{"nobody's order", func(r *rows) { r.headers[0]["CustomersOrderReference"] = nil }, "Succeeded", erpbridge.Invalid, "another order under this number"},
		{"another state", func(r *rows) { r.headers[0]["CustomersOrderReference"] = "shop-us-5001 [ffffffffffff]" }, "Succeeded", erpbridge.Invalid, "another state"},
		{"another item", func(r *rows) { r.lines[0]["ItemNumber"] = "CUP" }, "Succeeded", erpbridge.Invalid, "line 1 (MUG-1) is of item CUP"},
		{"another quantity", func(r *rows) { r.lines[0]["OrderedSalesQuantity"] = 3 }, "Succeeded", erpbridge.Invalid, "a quantity of 3, not 2"},
		{"another amount", func(r *rows) { r.lines[0]["LineAmount"] = 19 }, "Succeeded", "", "line 1 (MUG-1) comes to 19, not 20.00"},
		{"another amount, partly", func(r *rows) { r.lines[0]["LineAmount"] = 19 }, "PartiallySucceeded", erpbridge.Invalid, "comes to 19"},
		{"a line twice", func(r *rows) { r.lines = append(r.lines, r.lines[0]) }, "Succeeded", erpbridge.Invalid, "stands there twice"},
		{"a line of ours too many", func(r *rows) {
			r.lines = append(r.lines, map[string]any{"dataAreaId": "usmf", "SalesOrderNumber": "W1001", "InventoryLotId": "EBAAAAAAAAAAAAAAAA", "ItemNumber": "X"})
		}, "Succeeded", erpbridge.Invalid, "left over from an earlier state"},
		{"a line that somebody added", func(r *rows) {
			r.lines = append(r.lines, map[string]any{"dataAreaId": "usmf", "SalesOrderNumber": "W1001", "InventoryLotId": "000123", "ItemNumber": "X"})
		}, "Succeeded", "", "somebody added 1 lines"},
		{"a state nobody knows", func(*rows) {}, "Splendid", erpbridge.Transient, "no state that is known"},
		{"no state", func(*rows) {}, "", erpbridge.Transient, "no state that is known"},
		{"unknown, and there", func(*rows) {}, "Unknown", "", "order is whole"},
		{"unknown, and not there", func(r *rows) { r.headers = r.headers[:0] }, "Unknown", erpbridge.Missing, "knows nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r rows
			url := serve(t, func(w http.ResponseWriter, req *http.Request) { r.serve(w, req) })
			e := open(t, "url: "+url+"\n"+authFor(tokenServer(t)))
			d := document(t, e, placed())
			r = asSent(t, e, d, c.state)
			c.change(&r)
			got := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: executionRef + "x", Since: time.Now().Add(-time.Hour)}})[0]
			wantKind(t, c.want, got.Err)
			said := got.Receipt.Warning
			if got.Err != nil {
				said = got.Err.Error()
			}
			if !strings.Contains(said, c.says) || c.says == "" && said != "" && c.want == "" {
				t.Errorf("it says %q", said)
			}
			if c.want == "" && (got.Receipt.Ref != "W1001" || got.Receipt.Accepted || len(got.Receipt.Raw) == 0) {
				t.Errorf("%+v", got.Receipt)
			}
		})
	}
}

// jobstatus tells states by name or by number.
func TestJobStatus(t *testing.T) {
	for _, c := range []struct {
		body string
		want string // kind, or accepted or booked
	}{
		{`{"DataJobStatus":{"DataJobState":"Processed"}}`, "booked"},
		{`{"DataJobStatus":{"DataJobState":5}}`, "booked"},
		{`{"DataJobStatus":{"DataJobState":"InProcess","ExecutionIdentifier":"00000000-0000-0000-0000-000000000000"}}`, "accepted"},
		{`{"DataJobStatus":{"DataJobState":4}}`, "accepted"},
		{`{"DataJobStatus":{"DataJobState":0}}`, "accepted"},
		{`{"DataJobStatus":{"DataJobState":"ProcessedWithErrors"}}`, "booked"}, // the order is whole
		{`{"DataJobStatus":{"DataJobState":"Fine"}}`, "transient"},
		{`{"DataJobStatus":{"DataJobState":null}}`, "transient"},
		{`{"DataJobStatus":null}`, "transient"},
		{`{}`, "transient"},
		{`null`, "transient"},
		{`"Processed"`, "transient"},
		{``, "transient"},
	} {
		t.Run(c.body, func(t *testing.T) {
			var r rows
			url := serve(t, func(w http.ResponseWriter, req *http.Request) {
				if strings.HasPrefix(req.URL.Path, "/api/connector/jobstatus/{"+activity+"}") {
					_, _ = fmt.Fprint(w, c.body)
					return
				}
				r.serve(w, req)
			})
			e := open(t, "url: "+url+"\n"+authFor(tokenServer(t))+interfaces["recurring"])
			d := document(t, e, placed())
			r = asSent(t, e, d, "")
			got := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: messageRef + activity, Since: time.Now()}})[0]
			is := string(erpbridge.KindOf(got.Err))
			switch {
			case got.Receipt.Accepted:
				is = "accepted"
			case got.Receipt.Ref == "W1001":
				is = "booked"
			}
			if is != c.want {
				t.Errorf("%s, want %s: %+v", is, c.want, got)
			}
		})
	}
}

// Documents that were accepted by one interface are confirmed after a change to the other.
func TestRefs(t *testing.T) {
	_, e := environment(t, noDelay(), interfaces["recurring"])
	d := document(t, e, placed())
	r := deliver(t, e, d)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	e.conf.Mode = Package
	if got := settled(t, e, d, r.Receipt.Ref); got.Err != nil {
		t.Error(got.Err)
	}
	e.conf.Activity = ""
	got := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: r.Receipt.Ref}, {Document: d, Ref: "x"}})
	wantKind(t, erpbridge.Refused, got[0].Err)
	wantKind(t, erpbridge.Unknown, got[1].Err)
}

// What the one call that matters may answer. Only what is an id, and in mode package ours,
// is accepted.
func TestDecisiveAnswers(t *testing.T) {
	ours := executionID([]lifted{{key: document(t, open(t, ""), placed()).Key}}, 1)
	for _, c := range []struct {
		mode, body string
		want       erpbridge.Kind
		ref        string
	}{
		{"package", `{"value":"` + ours + `"}`, "", executionRef + ours},
		{"package", `{"@odata.context":"x","value":" ` + strings.ToUpper(ours) + `"}`, "", executionRef + ours},
		{"package", `{"value":"another"}`, erpbridge.InDoubt, ""},
		{"package", `{"value":""}`, erpbridge.InDoubt, ""},
		{"package", `{"value":null}`, erpbridge.InDoubt, ""},
		{"package", `{"value":true}`, erpbridge.InDoubt, ""},
		{"package", `{"Value":"` + ours + `","value":"another"}`, erpbridge.InDoubt, ""},
		{"package", `"` + ours + `"`, erpbridge.InDoubt, ""},
		{"package", `{"error":{"message":"no"}}`, erpbridge.InDoubt, ""},
		{"recurring", `"` + activity + `"`, "", messageRef + activity},
		{"recurring", ` "{` + strings.ToUpper(activity) + `}"` + "\r\n", "", messageRef + activity},
		{"recurring", `"00000000-0000-0000-0000-000000000000"`, erpbridge.InDoubt, ""},
		{"recurring", `"accepted"`, erpbridge.InDoubt, ""},
		{"recurring", `""`, erpbridge.InDoubt, ""},
		{"recurring", `null`, erpbridge.InDoubt, ""},
		{"recurring", activity, erpbridge.InDoubt, ""}, // not in quotes: no JSON
		{"recurring", `["` + activity + `"]`, erpbridge.InDoubt, ""},
		{"recurring", `"` + activity + `" "` + activity + `"`, erpbridge.InDoubt, ""},
	} {
		t.Run(c.mode+c.body, func(t *testing.T) {
			e := answering(t, interfaces[c.mode], http.StatusOK, []byte(c.body))
			e.client.api.Transport = preliminary{e.client.api.Transport}
			e.client.storage.Transport = preliminary{e.client.storage.Transport}
			got := decisive{e}.Deliver(t.Context(), []erpbridge.Document{document(t, e, placed())})[0]
			wantKind(t, c.want, got.Err)
			if got.Receipt.Ref != c.ref || got.Receipt.Accepted != (c.ref != "") {
				t.Errorf("%+v", got.Receipt)
			}
		})
	}
}

// An import is made under the second id when the first came to nothing, and under the
// third after that: always the same ones.
func TestExecutionIDs(t *testing.T) {
	a, b := lifted{key: "a"}, lifted{key: "b"}
	seen := map[string]bool{}
	for _, id := range []string{
		executionID([]lifted{a}, 1), executionID([]lifted{a}, 2), executionID([]lifted{b}, 1), executionID([]lifted{a, b}, 1), executionID([]lifted{b, a}, 1),
	} {
		if seen[id] || len(id) > 60 {
			t.Errorf("%s", id)
		}
		seen[id] = true
	}
	// An import of an earlier version of the bridge is found under its id.
	if got := executionID([]lifted{a}, 1); got != "erpbridge-a0cb66c1-1637-5055-8102-7acac422126d" {
		t.Error(got)
	}
}
