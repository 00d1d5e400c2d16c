package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

func TestStatus(t *testing.T) {
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	tests := []struct {
		name   string
		body   string
		change func(*http.Request)
		want   int
		stored int
	}{
		{"signed", "{}", nil, 200, 1},
		{"signed, the longest body", strings.Repeat("x", 100), nil, 200, 1},
		{"signed, the longest body in chunks", strings.Repeat("x", 100), chunked, 200, 1},
		{"signed, encoding identity", "{}", func(r *http.Request) { r.Header.Set("Content-Encoding", "Identity") }, 200, 1},
		{"signed, cannot be named", "{}", func(r *http.Request) { r.Header.Del("Delivery") }, 200, 1},
		{"no signature", "{}", func(r *http.Request) { r.Header.Del("Signature") }, 401, 0},
		{"another store's signature", "{}", func(r *http.Request) { r.Header.Set("Signature", "key-us") }, 401, 0},
		{"unknown store", "{}", func(r *http.Request) { r.URL.Path = "/webhooks/nobody" }, 401, 0},
		{"too long, declared", strings.Repeat("x", 101), nil, 413, 0},
		{"too long, in chunks", strings.Repeat("x", 101), chunked, 413, 0},
		{"gzip", "{}", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, 0},
		{"gzip, said second", "{}", func(r *http.Request) { r.Header["Content-Encoding"] = []string{"identity", "gzip"} }, 415, 0},
		{"GET", "", func(r *http.Request) { r.Method = http.MethodGet }, 405, 0},
		{"PUT", "{}", func(r *http.Request) { r.Method = http.MethodPut }, 405, 0},
		{"no store", "{}", func(r *http.Request) { r.URL.Path = "/webhooks/" }, 404, 0},
		{"a path below", "{}", func(r *http.Request) { r.URL.Path = "/webhooks/shop-eu/x" }, 404, 0},
		{"cut off", "{}", func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)) }, 400, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, nil)
			r := signed(tt.body)
			if tt.change != nil {
				tt.change(r)
			}
			w := h.do(r)
			if w.Code != tt.want || len(h.broker.messages()) != tt.stored || len(h.inbox.messages()) != 0 {
				t.Errorf("status %d, %d published, %d in the inbox; want %d, %d, 0", w.Code, len(h.broker.messages()), len(h.inbox.messages()), tt.want, tt.stored)
			}
			if plain := w.Code == 200 || w.Code == 404 || w.Code == 405; plain != (h.log.Len() == 0) {
				t.Errorf("status %d has %d log lines", w.Code, h.log.Len())
			}
			if !answerForm.MatchString(w.Body.String()) || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("answer %q of type %q", w.Body, w.Header().Get("Content-Type"))
			}
			if hungUp := w.Header().Get("Connection") == "close"; hungUp != (w.Code == 413 || w.Code == 400) {
				t.Errorf("status %d, hangs up: %t", w.Code, hungUp)
			}
			if w.Code == 405 && w.Header().Get("Allow") != http.MethodPost {
				t.Errorf("Allow: %q", w.Header().Get("Allow"))
			}
		})
	}
}

var answerForm = regexp.MustCompile(`^\{"(status":"accepted|error":"[a-z POST]+)","request":"[A-Z2-7]{16}"\}\n$`)

func TestWhatIsPublishedIsWhatWasVerified(t *testing.T) {
	h := open(t, nil)
	body := "{\"a\": 1.10,\r\n \"\x00\xff\": \"\\u00e9\"}"
	if w := h.do(signed(body)); w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	if diff := cmp.Diff([]erpbridge.Message{wanted(body)}, h.broker.messages(), notWhen); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if h.broker.messages()[0].ReceivedAt.IsZero() {
		t.Error("ReceivedAt is not set")
	}
}

var notWhen = cmpopts.IgnoreFields(erpbridge.Message{}, "ReceivedAt")

func wanted(body string) erpbridge.Message {
	return erpbridge.Message{
		ID: "d-1", Store: "shop-eu", Type: "orders/create", Via: erpbridge.ViaWebhook,
		Header: http.Header{"Topic": {"orders/create"}}, ContentType: "application/json", Body: []byte(body),
	}
}

func TestTwoSignaturesReachVerifyAsTwo(t *testing.T) {
	h := open(t, nil)
	r := signed("{}")
	r.Header["Signature"] = []string{"old", "key-eu"}
	if w := h.do(r); w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	if got := h.eu.seen[0].Header.Values("Signature"); !cmp.Equal(got, []string{"old", "key-eu"}) {
		t.Errorf("Verify got %q", got)
	}
}

func TestUnknownStoreAnswersAsBadSignature(t *testing.T) {
	h := open(t, nil)
	bad := signed("{}")
	bad.Header.Set("Signature", "wrong")
	known := h.do(bad)

	// Signed for the decoy: what it proves must be thrown away.
	stranger := signed("{}")
	stranger.URL.Path = "/webhooks/nobody"
	before := h.eu.verified() + h.us.verified()
	unknown := h.do(stranger)
	if got := h.eu.verified() + h.us.verified() - before; got != 1 {
		t.Errorf("an unknown store costs %d signature checks", got)
	}

	if known.Code != 401 || unknown.Code != known.Code || errorText(t, known) != errorText(t, unknown) {
		t.Errorf("bad signature: %d %s; unknown store: %d %s", known.Code, known.Body, unknown.Code, unknown.Body)
	}
	if diff := cmp.Diff(known.Header(), unknown.Header()); diff != "" {
		t.Errorf("headers differ:\n%s", diff)
	}
	lines := h.log.FilterMessage("a webhook is not proven").All()
	if len(lines) != 2 || lines[0].ContextMap()["store"] != "shop-eu" || lines[0].ContextMap()["remote"] != "192.0.2.1" {
		t.Fatalf("log: %v", lines)
	}
	if _, told := lines[1].ContextMap()["store"]; told {
		t.Error("a stranger's text is logged as a store")
	}
}

func errorText(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var a struct{ Error string }
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a.Error
}

func TestBrokerDown(t *testing.T) {
	h := open(t, nil)
	h.broker.do = down
	if w := h.do(signed("{}")); w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	if diff := cmp.Diff([]erpbridge.Message{wanted("{}")}, h.inbox.messages(), notWhen); diff != "" {
		t.Errorf("inbox (-want +got):\n%s", diff)
	}
	if h.log.FilterLevelExact(zap.WarnLevel).Len() != 1 {
		t.Errorf("log: %v", h.log.All())
	}
}

// In the bubble time stands still but for waiting, so these are exact.
func TestBudget(t *testing.T) {
	for _, tt := range []struct {
		name          string
		broker, inbox func(context.Context) error
		status        int
		after         time.Duration
	}{
		{"the publisher hangs", hang, nil, 200, 700 * time.Millisecond},
		{"both hang", hang, hang, 503, time.Second},
		{"the publisher is down, the inbox hangs", down, hang, 503, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t, nil)
				h.broker.do, h.inbox.do = tt.broker, tt.inbox
				r := signed("{}")
				r.Body = slow{r.Body, 3 * time.Second} // reading costs none of the budget
				start := time.Now()
				w := h.do(r)
				if got := time.Since(start) - 3*time.Second; w.Code != tt.status || got != tt.after {
					t.Errorf("status %d after %s, want %d after %s", w.Code, got, tt.status, tt.after)
				}
			})
		})
	}
}

// slow is a body that comes after a while.
type slow struct {
	io.ReadCloser
	wait time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err == io.EOF {
		time.Sleep(s.wait) // the bubble's clock
	}
	return n, err
}

func TestBothDown(t *testing.T) {
	h := open(t, nil)
	h.broker.do, h.inbox.do = down, down
	w := h.do(signed("{}"))
	if w.Code != 503 || w.Header().Get("Retry-After") != "2" || strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("status %d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	if h.log.FilterLevelExact(zap.ErrorLevel).Len() != 1 {
		t.Errorf("log: %v", h.log.All())
	}
}

func TestSenderWhoHangsUpIsStillStored(t *testing.T) {
	h := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.broker.do = func(ctx context.Context) error { return ctx.Err() }
	if w := h.do(signed("{}").WithContext(ctx)); w.Code != 200 || len(h.broker.messages()) != 1 {
		t.Errorf("status %d, %d published", w.Code, len(h.broker.messages()))
	}
}

func TestPanic(t *testing.T) {
	h := open(t, func(c *Config) { c.Concurrency = 1 })
	r := signed("{}")
	r.Header.Set("Topic", "panic")
	w := h.do(r)
	if w.Code != 500 || !answerForm.MatchString(w.Body.String()) {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	lines := h.log.All()
	if len(lines) != 1 {
		t.Fatalf("log: %v", lines)
	}
	if f := lines[0].ContextMap(); !strings.Contains(f["stack"].(string), "Verify") || f["panic"] != "a value of type string" {
		t.Errorf("logged: %v", f)
	}
	if w := h.do(signed("{}")); w.Code != 200 {
		t.Errorf("the one place is still taken after a panic: status %d", w.Code)
	}
}

func TestConcurrency(t *testing.T) {
	toUS := func() *http.Request {
		r := signed("{}")
		r.URL.Path = "/webhooks/shop-us"
		r.Header.Set("Signature", "key-us")
		return r
	}
	for _, tt := range []struct {
		name       string
		all, store int
		eu, us     int // while one of shop-eu's is under way
	}{
		{"the house is full", 1, 1, 503, 503},
		{"one store is full", 2, 1, 503, 200},
		{"there is room", 2, 2, 200, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, func(c *Config) { c.Concurrency, c.PerStore = tt.all, tt.store })
			held, release := make(chan struct{}), make(chan struct{})
			first := make(chan struct{}, 1)
			first <- struct{}{}
			h.broker.do = func(context.Context) error {
				select {
				case <-first:
					close(held)
					<-release
				default:
				}
				return nil
			}
			done := make(chan int)
			go func() { done <- h.do(signed("{}")).Code }()
			<-held

			eu, us := h.do(signed("{}")), h.do(toUS())
			close(release)
			if code := <-done; code != 200 {
				t.Errorf("the one under way: %d", code)
			}
			if eu.Code != tt.eu || us.Code != tt.us {
				t.Errorf("shop-eu %d, shop-us %d; want %d, %d", eu.Code, us.Code, tt.eu, tt.us)
			}
			if eu.Code == 503 && eu.Header().Get("Retry-After") != "1" {
				t.Errorf("Retry-After: %q", eu.Header().Get("Retry-After"))
			}
			if a, b := h.do(signed("{}")), h.do(toUS()); a.Code != 200 || b.Code != 200 {
				t.Errorf("afterwards: %d, %d", a.Code, b.Code)
			}
		})
	}
}

func TestFailuresInVerifyAreNotProof(t *testing.T) {
	h := open(t, func(c *Config) { c.Stores["shop-eu"] = failing{} })
	if w := h.do(signed("{}")); w.Code != 401 || len(h.broker.messages()) != 0 {
		t.Errorf("status %d, %d published", w.Code, len(h.broker.messages()))
	}
}

type failing struct{ erpbridge.Storefront }

func (failing) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	return m, errors.New("an error without a kind")
}

func TestNobodyIsRedirected(t *testing.T) {
	h := open(t, nil)
	for _, p := range []string{"//webhooks/shop-eu", "/webhooks//shop-eu", "/webhooks/./shop-eu", "/a/../webhooks/shop-eu"} {
		r := signed("{}")
		r.URL.Path = p
		if w := h.do(r); w.Code != http.StatusNotFound || w.Header().Get("Location") != "" {
			t.Errorf("%s: status %d, location %q", p, w.Code, w.Header().Get("Location"))
		}
	}
}

// A message without a name would share its place in the inbox with the next one.
func TestUnnamedIsNotAccepted(t *testing.T) {
	h := open(t, nil)
	r := signed("{}")
	r.Header.Del("Topic")
	if w := h.do(r); w.Code != http.StatusInternalServerError {
		t.Errorf("without a topic: status %d", w.Code)
	}
	if n := len(h.broker.messages()) + len(h.inbox.messages()); n != 0 {
		t.Errorf("%d messages were stored", n)
	}
}
