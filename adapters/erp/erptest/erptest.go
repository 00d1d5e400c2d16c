// Package erptest is the suite of tests every ERP adapter that speaks HTTP
// passes. It holds an adapter to the contract of erpbridge.ERP, in front of a
// server that does what servers do: answer, refuse, ask for less, talk nonsense,
// hang, hang up before, within and after, or not be there.
//
//	what the server does           what Deliver must say of every document
//	takes it                       no error
//	turns it away for now          Throttled
//	refuses with a fault           the kind the adapter's own test names
//	answers nonsense, half, 500    InDoubt
//	hangs until ctx is over        InDoubt
//	hangs up after the request     InDoubt
//	hangs up before                Transient, or InDoubt where that cannot be known
//	is not there                   Transient
//
// In all of them there is one Result for each document and one request at most.
//
// Beside the suite stands what the adapters' own tests share: orders whose amounts can be
// followed (Mugs, Pens), delivering as the outbox does (Insist), a corpus of hostile
// answers (Corpus), golden files, and waiting (Until).
package erptest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// An Answer writes what the ERP says to a request.
type Answer func(w http.ResponseWriter, request []byte)

// A Suite is what the tests need to know of one adapter.
type Suite struct {
	// Open returns the adapter, sending to url.
	Open func(t *testing.T, url string) erpbridge.ERP
	// Events are translated; the first of them is also delivered. They must be
	// such that the adapter, as opened, can render them.
	Events []erpbridge.Event
	// Batch is how many documents the adapter takes at once; 0: all of an event's.
	Batch int

	Good Answer // takes everything there is in the request
	// GoodEmpty: the good answer has no body, and so there is no half of it.
	GoodEmpty bool
	Throttle  Answer // asks for less
	Fault     Answer // refuses the request as a whole
	// FaultKind is the kind of error that Fault stands for.
	FaultKind erpbridge.Kind
	// Absent answers a look-up: none of it is there. Needed for a Finder only.
	Absent Answer
	// Alive answers a probe. Needed for a Prober only.
	Alive Answer
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Run("Translate", s.translate)
	t.Run("Deliver", s.deliver)
	t.Run("Find", s.find)
	t.Run("Probe", s.probe)
}

// patience is how long a hanging server is waited for. Nothing is asserted
// about it but that waiting ends.
const patience = 100 * time.Millisecond

// A behaviour is one way a server can behave.
type behaviour struct {
	name  string
	serve http.HandlerFunc
	want  []erpbridge.Kind // of every result; "" for none
}

// behaviours are all the ways in which a request that arrives is answered, but
// for not at all.
func (s Suite) behaviours() []behaviour {
	text := func(status int, contentType, body string) http.HandlerFunc {
		return answering(func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	doubt := []erpbridge.Kind{erpbridge.InDoubt}
	all := []behaviour{
		{"good", answering(s.Good), []erpbridge.Kind{""}},
		{"throttled", answering(s.Throttle), []erpbridge.Kind{erpbridge.Throttled}},
		{"fault", answering(s.Fault), []erpbridge.Kind{s.FaultKind}},
		{"429", answering(tooMany), []erpbridge.Kind{erpbridge.Throttled}},
		{"401", text(http.StatusUnauthorized, "text/plain", "no"), []erpbridge.Kind{erpbridge.Refused}},
		{"error page with 200", text(http.StatusOK, "text/html", "<!DOCTYPE html><html><body>Sorry</body></html>"), doubt},
		{"error page with 502", text(http.StatusBadGateway, "text/html", "<html><body>Bad Gateway</body></html>"), doubt},
		{"JSON", text(http.StatusOK, "application/json", `{"status":"ok","id":101}`), doubt},
		{"noise", text(http.StatusOK, "text/xml", "\x00\x01\xff<"), doubt},
		{"XML of another kind", text(http.StatusOK, "text/xml", "<ok/>"), doubt},
		{"500 without a body", text(http.StatusInternalServerError, "text/xml", ""), doubt},
		{"half an answer", s.half, doubt},
		{"answer cut in the middle", s.truncated, doubt},
		{"cut after the request", answering(func(http.ResponseWriter, []byte) { panic(http.ErrAbortHandler) }), doubt},
		{"cut before the request is read", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []erpbridge.Kind{erpbridge.Transient, erpbridge.InDoubt}},
	}
	if s.GoodEmpty {
		all = slices.DeleteFunc(all, func(b behaviour) bool { return b.name == "half an answer" || b.name == "answer cut in the middle" })
	}
	return all
}

func tooMany(w http.ResponseWriter, _ []byte) {
	w.Header().Set("Retry-After", "3")
	w.WriteHeader(http.StatusTooManyRequests)
}

// hanging starts a server that reads requests and says nothing until the test
// is over.
func hanging(t *testing.T) (url string, requests *atomic.Int32) {
	t.Helper()
	over := make(chan struct{})
	url, requests = server(t, answering(func(http.ResponseWriter, []byte) { <-over }))
	t.Cleanup(func() { close(over) }) // before the server's own clean-up, which waits for its handlers
	return url, requests
}

// half announces the whole good answer and hangs up within it.
func (s Suite) half(w http.ResponseWriter, r *http.Request) {
	good := s.record(r)
	w.Header().Set("Content-Type", good.Header().Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(good.Body.Len()))
	_, _ = w.Write(good.Body.Bytes()[:good.Body.Len()/2])
}

// truncated sends half of the good answer as if it were all of it.
func (s Suite) truncated(w http.ResponseWriter, r *http.Request) {
	good := s.record(r)
	w.Header().Set("Content-Type", good.Header().Get("Content-Type"))
	_, _ = w.Write(append(good.Body.Bytes()[:good.Body.Len()/2], '<'))
}

func (s Suite) record(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	answering(s.Good)(rec, r)
	return rec
}

// answering reads the request to its end and gives the answer.
func answering(a Answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a(w, request)
	}
}

// server starts a server that counts requests.
func server(t *testing.T, h http.HandlerFunc) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, requests
}

// absent returns the URL of a server that is no more.
func absent() string {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	return srv.URL
}

// documents translates the first event.
func (s Suite) documents(t *testing.T, erp erpbridge.ERP) []erpbridge.Document {
	t.Helper()
	if len(s.Events) == 0 {
		t.Fatal("the suite has no events")
	}
	docs, err := erp.Translate(s.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	if s.Batch > 0 && len(docs) > s.Batch {
		docs = docs[:s.Batch]
	}
	return docs
}

// within returns a context that ends, for servers that hang.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// retryAfter returns what the other side said about when.
func retryAfter(err error) time.Duration {
	var e *erpbridge.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}
