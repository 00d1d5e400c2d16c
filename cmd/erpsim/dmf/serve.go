package dmf

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// An answer is what goes back.
type answer struct {
	status      int
	contentType string
	body        []byte
	header      map[string]string
}

// A call is a request to one of the interfaces.
type call struct {
	*http.Request
	body []byte
	key  string // idempotency key, once it is known
	hash string
}

const (
	jsonType   = "application/json; odata.metadata=minimal; charset=utf-8"
	signInPage = "<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>Sign in</body></html>"
	errorPage  = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		s.journal.add(Entry{Kind: Arrival, Call: "token"})
		s.guarded("token", false, func(*call) answer { return answer{} }, s.serveToken)(w, r)
	})
	for name, action := range s.actions() {
		mux.HandleFunc("POST /data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."+name, s.guarded(name, true, action, nil))
	}
	mux.HandleFunc("GET /data/SalesOrderHeadersV2", s.guarded("headers", true, s.headers, nil))
	mux.HandleFunc("GET /data/SalesOrderLines", s.guarded("lines", true, s.lines, nil))
	mux.HandleFunc("POST /api/connector/enqueue/{activity}", s.guarded("enqueue", true, s.enqueue, nil))
	mux.HandleFunc("GET /api/connector/jobstatus/{activity}", s.guarded("jobstatus", true, s.jobstatus, nil))
	mux.HandleFunc("PUT /storage/dmf/{name}", s.guarded("upload", false, s.upload, nil))
	mux.HandleFunc("GET /storage/errors/{execution}/{name}", s.guarded("download", false, s.download, nil))
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		s.followed++
		s.mu.Unlock()
		w.WriteHeader(http.StatusOK)
	})
	mux.Handle("/control/", mishap.LoopbackOnly(s.control()))
	return mux
}

// guarded lets the modes at a call, and demands a token where that is set.
func (s *Server) guarded(name string, token bool, work func(*call) answer, instead http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		modes := s.modes.call(name)
		if _, ok := modes[ExpireTokens]; ok {
			s.tokens.expire()
		}
		if m, ok := modes[Slow]; ok && !sleep(r.Context(), m.Delay) {
			panic(http.ErrAbortHandler)
		}
		if instead != nil {
			if out, ok := s.turnedAway(modes); ok {
				s.send(w, name, nil, out)
				return
			}
			instead(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBytes))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c := &call{Request: r, body: body}
		if _, ok := modes[DropBefore]; ok {
			s.journal.add(Entry{Kind: Arrival, Call: name})
			s.cut(name, c)
		}
		if token && !s.tokens.good(r.Header.Get("Authorization"), s.conf.Now()) {
			s.journal.add(Entry{Kind: Arrival, Call: name})
			s.send(w, name, c, answer{status: http.StatusUnauthorized, contentType: "text/html", body: []byte("<html><body>You do not have permission to view this directory or page.</body></html>")})
			return
		}
		if out, ok := s.turnedAway(modes); ok {
			s.journal.add(Entry{Kind: Arrival, Call: name})
			s.send(w, name, c, out)
			return
		}
		out := work(c)
		s.journal.add(Entry{Kind: Arrival, Call: name, Key: c.key, SHA256: c.hash})
		if _, ok := modes[DropAfter]; ok {
			s.cut(name, c)
		}
		s.send(w, name, c, spoilt(modes, out))
	}
}

func (s *Server) cut(name string, c *call) {
	s.journal.add(Entry{Kind: Answer, Call: name, Key: c.key, Cut: true})
	panic(http.ErrAbortHandler)
}

// turnedAway is the answer of a mode that does nothing.
func (s *Server) turnedAway(modes map[Kind]Mode) (answer, bool) {
	after := func(m Mode) map[string]string {
		if m.RetryAfter == "" {
			m.RetryAfter = "1"
		}
		return map[string]string{"Retry-After": m.RetryAfter}
	}
	if m, ok := modes[Throttle]; ok {
		out := failure(http.StatusTooManyRequests, "This request was throttled. Please try again later.")
		out.header = after(m)
		return out, true
	}
	if m, ok := modes[Busy]; ok {
		return answer{status: http.StatusServiceUnavailable, contentType: "text/html", body: []byte(errorPage), header: after(m)}, true
	}
	if m, ok := modes[Fail]; ok {
		return failure(http.StatusInternalServerError, m.Message), true
	}
	if _, ok := modes[HTML]; ok {
		return answer{status: http.StatusOK, contentType: "text/html; charset=utf-8", body: []byte(signInPage)}, true
	}
	if _, ok := modes[Login]; ok {
		return answer{status: http.StatusFound, contentType: "text/html", header: map[string]string{"Location": "/elsewhere"}}, true
	}
	if _, ok := modes[Forbidden]; ok {
		return answer{status: http.StatusForbidden, contentType: "text/html", body: []byte("<html><body>Forbidden</body></html>")}, true
	}
	return answer{}, false
}

// spoilt is what becomes of an answer after the work was done.
func spoilt(modes map[Kind]Mode, out answer) answer {
	if _, ok := modes[FailAfter]; ok {
		return failure(http.StatusInternalServerError, "")
	}
	if _, ok := modes[HTMLAfter]; ok {
		return answer{status: http.StatusBadGateway, contentType: "text/html", body: []byte(errorPage)}
	}
	if _, ok := modes[Empty]; ok {
		return answer{status: http.StatusOK}
	}
	if _, ok := modes[CutAnswer]; ok {
		out.body = out.body[:len(out.body)/2]
	}
	return out
}

func (s *Server) send(w http.ResponseWriter, name string, c *call, out answer) {
	if out.status == 0 {
		out.status = http.StatusOK
	}
	e := Entry{Kind: Answer, Call: name, Status: out.status}
	if c != nil {
		e.Key = c.key
	}
	s.journal.add(e)
	if out.contentType != "" {
		w.Header().Set("Content-Type", out.contentType)
	}
	for k, v := range out.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // the client may have gone
}

// value is the answer of an action.
func value(kind string, v any) answer {
	return asJSON(http.StatusOK, map[string]any{"@odata.context": "$metadata#Edm." + kind, "value": v})
}

// failure is the answer of an action that failed: the words stand in the inner error.
func failure(status int, text string) answer {
	fault := map[string]any{"code": "", "message": "An error has occurred."}
	if text != "" {
		fault["innererror"] = map[string]any{"message": text, "type": "System.InvalidOperationException", "stacktrace": "   at Microsoft.Dynamics.Platform.Integration.Services.OData.Action.ActionInvokable.Invoke()"}
	}
	return asJSON(status, map[string]any{"error": fault})
}

func asJSON(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return answer{status: http.StatusInternalServerError, contentType: "text/plain", body: []byte(err.Error())}
	}
	return answer{status: status, contentType: jsonType, body: body}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may have gone
}

// Counts are what happened since the beginning or the last Reset.
type Counts struct {
	Arrivals  map[string]int `json:"arrivals"` // by call
	Creates   int            `json:"creates"`  // records made
	Updates   int            `json:"updates"`  // records changed
	Repeats   int            `json:"repeats"`  // records written again as they were
	Cut       int            `json:"cut"`      // answers nobody got
	Throttled int            `json:"throttled"`
	Refused   int            `json:"refused"`  // 401
	Parallel  int            `json:"parallel"` // calls of ImportFromPackage that failed for being parallel
	Tokens    int            `json:"tokens"`   // given out
	Followed  int            `json:"followed"` // requests that came to where a redirect pointed

	Orders  int            `json:"orders"`
	Lines   int            `json:"lines"`
	Imports map[string]int `json:"imports"` // by state
}

// Counts returns them as they are now.
func (s *Server) Counts() Counts {
	c := Counts{Arrivals: map[string]int{}, Imports: map[string]int{}, Tokens: s.tokens.count()}
	for _, e := range s.journal.read() {
		switch {
		case e.Kind == Arrival:
			c.Arrivals[e.Call]++
		case e.Kind == Effect && e.Action == "create":
			c.Creates++
		case e.Kind == Effect && e.Action == "update":
			c.Updates++
		case e.Kind == Effect:
			c.Repeats++
		case e.Kind == Answer && e.Cut:
			c.Cut++
		case e.Kind == Answer && e.Status == http.StatusTooManyRequests:
			c.Throttled++
		case e.Kind == Answer && e.Status == http.StatusUnauthorized:
			c.Refused++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Parallel, c.Followed, c.Orders = s.parallel, s.followed, len(s.orders)
	for _, o := range s.orders {
		c.Lines += len(o.Lines)
	}
	for _, x := range s.executions {
		c.Imports[x.state]++
	}
	return c
}

// control is the interface a test steers the simulator by.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) { mishap.WriteJSON(w, s.Counts()) })
	mux.HandleFunc("GET /control/records", func(w http.ResponseWriter, r *http.Request) {
		list := []Order{}
		for _, o := range s.Orders() {
			if n := r.URL.Query().Get("number"); n == "" || n == o.Number {
				list = append(list, o)
			}
		}
		mishap.WriteJSON(w, list)
	})
	mux.HandleFunc("GET /control/journal", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		out := json.NewEncoder(w)
		for _, e := range s.Journal() {
			if kind := r.URL.Query().Get("kind"); kind == "" || kind == string(e.Kind) {
				_ = out.Encode(e)
			}
		}
	})
	mishap.ControlModes(mux, s.Modes, s.AddMode, s.ClearModes)
	mux.HandleFunc("POST /control/orders/{number}/{status}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.SetStatus(r.PathValue("number"), r.PathValue("status")); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /control/expire-tokens", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireTokens()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		mishap.WriteJSON(w, s.Counts())
	})
	return mux
}

// SetStatus is what people in F&O do to an order: ship it, invoice it.
func (s *Server) SetStatus(number, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(number)
	if o == nil {
		return errors.New("there is no such order")
	}
	o.Status = status
	return nil
}
