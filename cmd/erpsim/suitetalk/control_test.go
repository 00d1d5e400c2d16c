package suitetalk

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// control asks the control interface and decodes its answer.
func (b *testbed) control(method, path, body string, into any) int {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+"/control/"+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			b.t.Fatal(err)
		}
	}
	return res.StatusCode
}

func TestControl(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada, order1)
	var s State
	b.control(http.MethodGet, "state", "", &s)
	if s.Effects != 2 || s.Orders != 1 {
		t.Fatalf("%+v", s)
	}
	var rs []Record
	b.control(http.MethodGet, "records?type=salesOrder", "", &rs)
	if len(rs) != 1 || rs[0].Total != "44.75" || rs[0].OtherRefNum != "#1" || rs[0].Lines != 1 || rs[0].Content != "" {
		t.Fatalf("%+v", rs)
	}
	b.control(http.MethodGet, "records?externalId=c-1&content=true", "", &rs)
	if len(rs) != 1 || rs[0].Type != "customer" || !strings.Contains(rs[0].Content, "Byron") {
		t.Fatalf("%+v", rs)
	}
	b.control(http.MethodGet, "records?type=customerDeposit", "", &rs)
	if rs == nil || len(rs) != 0 {
		t.Fatalf("%+v", rs)
	}
	var ms []Mode
	b.control(http.MethodPost, "modes", `{"kind":"slow","delay":"1ms","count":1}`, &ms)
	if len(ms) != 1 || ms[0].Delay != time.Millisecond || ms[0].ID != 1 {
		t.Fatalf("%+v", ms)
	}
	b.upsert(ada)
	b.control(http.MethodGet, "modes", "", &ms)
	if ms[0].Fired != 1 {
		t.Fatalf("%+v", ms)
	}
	for _, bad := range []string{`{"kind":"odd"}`, `{`, `{"kind":"slow","delay":"1ms","colour":"red"}`} {
		if got := b.control(http.MethodPost, "modes", bad, nil); got != http.StatusBadRequest {
			t.Errorf("%s: status %d", bad, got)
		}
	}
	b.control(http.MethodDelete, "modes", "", &ms)
	if len(ms) != 0 {
		t.Fatalf("%+v", ms)
	}
	s = State{}
	b.control(http.MethodPost, "reset", "", &s)
	if diff := cmp.Diff(State{}, s); diff != "" {
		t.Fatal(diff)
	}
}

func TestControlShowsTheJournal(t *testing.T) {
	b := start(t, Config{Journal: t.TempDir()})
	b.upsert(ada, order1)
	for query, want := range map[string]int{"": 4, "?kind=effect": 2} {
		res, err := http.Get(b.url + "/control/journal" + query)
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for in := bufio.NewScanner(res.Body); in.Scan(); lines++ {
			var e Entry
			if err := json.Unmarshal(in.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
		}
		res.Body.Close()
		if lines != want {
			t.Errorf("%q: %d lines, want %d", query, lines, want)
		}
	}
}

func TestControlIsForThisMachine(t *testing.T) {
	b := start(t, Config{})
	for addr, want := range map[string]int{
		"127.0.0.1:1": http.StatusOK, "[::1]:1": http.StatusOK, "[::ffff:127.0.0.1]:1": http.StatusOK,
		"192.0.2.1:1": http.StatusForbidden, "[2001:db8::1]:1": http.StatusForbidden, "nonsense": http.StatusForbidden,
	} {
		req := httptest.NewRequest(http.MethodGet, "/control/state", nil)
		req.RemoteAddr = addr
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", addr, w.Code, want)
		}
	}
}
