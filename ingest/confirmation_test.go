package ingest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// A clerk is an ERP that sends confirmations, signed with its secret.
type clerk struct {
	secret string
	mu     sync.Mutex
	seen   []erpbridge.Message
}

func (c *clerk) Acknowledge(m erpbridge.Message) ([]erpbridge.Acknowledgement, error) {
	c.mu.Lock()
	c.seen = append(c.seen, m)
	c.mu.Unlock()
	switch {
	case m.Header.Get("Signature") == "later":
		return nil, &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("the key cannot be fetched")}
	case m.Header.Get("Signature") != c.secret:
		return nil, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("the signature does not match")}
	case string(m.Body) == "explode":
		panic("secret " + c.secret)
	case string(m.Body) == "nonsense":
		return nil, &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("it is no XML")}
	}
	var as []erpbridge.Acknowledgement
	for ref := range strings.FieldsSeq(string(m.Body)) {
		as = append(as, erpbridge.Acknowledgement{Ref: ref})
	}
	return as, nil
}

func (c *clerk) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

// A file keeps what it is given, unless do has an error.
type file struct {
	do  func(context.Context) error
	mu  sync.Mutex
	got []string
}

func (f *file) Acknowledged(ctx context.Context, target string, m erpbridge.Message, as []erpbridge.Acknowledgement) error {
	if f.do != nil {
		if err := f.do(ctx); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range as {
		f.got = append(f.got, target+" "+a.Ref+" in "+string(m.Body))
	}
	return nil
}

// clerks is a house with two ERPs that send confirmations.
func clerks(t *testing.T, change func(*Config)) (*house, *clerk, *file) {
	t.Helper()
	sap, f := &clerk{secret: "key-sap"}, &file{}
	h := open(t, func(c *Config) {
		c.Targets = map[string]erpbridge.Acknowledger{"sap": sap, "fo": &clerk{secret: "key-fo"}}
		c.Confirmed = f
		if change != nil {
			change(c)
		}
	})
	return h, sap, f
}

func confirmed(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/confirmations/sap", strings.NewReader(body))
	r.Header.Set("Signature", "key-sap")
	return r
}

func TestConfirmation(t *testing.T) {
	for _, tt := range []struct {
		name   string
		body   string
		change func(*http.Request)
		do     func(context.Context) error
		want   int
		stored []string
		log    string
	}{
		{"proven", "1 2", nil, nil, 200, []string{"sap 1 in 1 2", "sap 2 in 1 2"}, ""},
		{"proven, says nothing", "", nil, nil, 200, nil, ""},
		{"no signature", "1", func(r *http.Request) { r.Header.Del("Signature") }, nil, 401, nil, "a confirmation is not proven"},
		{"another target's signature", "1", func(r *http.Request) { r.Header.Set("Signature", "key-fo") }, nil, 401, nil, "a confirmation is not proven"},
		{"cannot be checked now", "1", func(r *http.Request) { r.Header.Set("Signature", "later") }, nil, 503, nil, "a confirmation's sender cannot be checked at the moment"},
		{"cannot be understood", "nonsense", nil, nil, 400, nil, "a confirmation cannot be understood"},
		{"panics", "explode", nil, nil, 500, nil, "a request panicked"},
		{"cannot be stored", "1", nil, down, 503, nil, "a confirmation could not be stored"},
		{"too long", strings.Repeat("x", 101), nil, nil, 413, nil, "a request is refused unread"},
		{"gzip", "1", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, nil, 415, nil, "a request is refused unread"},
		{"GET", "", func(r *http.Request) { r.Method = http.MethodGet }, nil, 405, nil, ""},
		{"a store", "1", func(r *http.Request) { r.URL.Path = "/confirmations/shop-eu" }, nil, 401, nil, "a confirmation is not proven"},
		{"no target", "1", func(r *http.Request) { r.URL.Path = "/confirmations/" }, nil, 404, nil, ""},
		{"a target as a store", "1", func(r *http.Request) { r.URL.Path = "/webhooks/sap" }, nil, 401, nil, "a webhook is not proven"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _, f := clerks(t, nil)
			f.do = tt.do
			r := confirmed(tt.body)
			if tt.change != nil {
				tt.change(r)
			}
			w := h.do(r)
			if diff := cmp.Diff(tt.stored, f.got); w.Code != tt.want || diff != "" || len(h.broker.messages())+len(h.inbox.messages()) != 0 {
				t.Errorf("status %d, want %d; stored:\n%s", w.Code, tt.want, diff)
			}
			if !answerForm.MatchString(w.Body.String()) {
				t.Errorf("answer %q", w.Body)
			}
			var lines []string
			for _, l := range h.log.All() {
				lines = append(lines, l.Message)
				for name, v := range l.ContextMap() {
					if s, ok := v.(string); ok && (strings.Contains(s, "key-sap") || tt.body != "" && len(tt.body) > 1 && strings.Contains(s, tt.body)) {
						t.Errorf("the log has %s %q", name, s)
					}
				}
			}
			if got := strings.Join(lines, ", "); got != tt.log {
				t.Errorf("log %q, want %q", got, tt.log)
			}
			if n := len(h.places); n != 0 {
				t.Errorf("%d places are still taken", n)
			}
		})
	}
}

// A target that does not exist, or sends no confirmations, is told what an unproven
// sender is told, after the same work.
func TestUnknownTargetAnswersAsBadSignature(t *testing.T) {
	h, sap, f := clerks(t, nil)
	bad := confirmed("1")
	bad.Header.Set("Signature", "wrong")
	known := h.do(bad)
	before := sap.asked()
	for name, body := range map[string]string{"netsuite": "1", "nobody": "nonsense"} {
		for _, signature := range []string{"key-sap", "key-fo"} { // what it proves for the decoy is thrown away
			stranger := confirmed(body)
			stranger.URL.Path = "/confirmations/" + name
			stranger.Header.Set("Signature", signature)
			unknown := h.do(stranger)
			if known.Code != 401 || unknown.Code != known.Code || errorText(t, known) != errorText(t, unknown) {
				t.Errorf("bad signature: %d %s; %s: %d %s", known.Code, known.Body, name, unknown.Code, unknown.Body)
			}
			if diff := cmp.Diff(known.Header(), unknown.Header()); diff != "" {
				t.Errorf("headers differ:\n%s", diff)
			}
		}
	}
	if n := sap.asked() - before + h.desks.named["fo"].front.(*clerk).asked(); n != 4 {
		t.Errorf("four strangers cost %d checks", n)
	}
	if len(f.got) != 0 {
		t.Errorf("stored %v", f.got)
	}
}

func TestNoRouteWithoutConfirmations(t *testing.T) {
	h := open(t, nil)
	if w := h.do(confirmed("1")); w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
	for name, change := range map[string]func(*Config){
		"nobody stores them": func(c *Config) { c.Confirmed = nil },
		"no name":            func(c *Config) { c.Targets[""] = &clerk{} },
		"nil":                func(c *Config) { c.Targets["x"] = nil },
	} {
		c := Config{
			Stores: map[string]erpbridge.Storefront{"s": &shop{}}, Publisher: &sink{}, Inbox: &sink{},
			Targets: map[string]erpbridge.Acknowledger{"sap": &clerk{}}, Confirmed: &file{},
		}
		if _, err := New(c); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// One target's confirmations do not take the places of the webhooks.
func TestConfirmationsHaveTheirOwnPlaces(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h, _, f := clerks(t, func(c *Config) { c.Concurrency, c.PerStore = 4, 2 })
	f.do = func(context.Context) error {
		entered <- struct{}{}
		<-leave
		return nil
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { h.do(confirmed("1")) })
		<-entered
	}
	if w := h.do(confirmed("1")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a third one: %d", w.Code)
	}
	if w := h.do(signed("{}")); w.Code != http.StatusOK {
		t.Errorf("a webhook meanwhile: %d", w.Code)
	}
	close(leave)
	wg.Wait()
}
