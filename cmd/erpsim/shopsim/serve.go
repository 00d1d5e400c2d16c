package shopsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Handler is the platform's API, with its faults.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	s.face.routes(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(mux, w, r) })
}

// serve throws the dice of a request, and answers it.
func (s *Shop) serve(mux http.Handler, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.faults
	throttled, failed, cut, slow := s.happens(f.Throttle), s.happens(f.Fail), s.happens(f.Cut), s.happens(f.Slow)
	status := []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable}[s.luck.IntN(3)]
	s.mu.Unlock()

	a := &answer{header: make(http.Header), status: http.StatusOK}
	fault := ""
	if slow {
		fault = "slow"
		select {
		case <-r.Context().Done():
		case <-time.After(f.SlowBy):
		}
	}
	switch {
	case !s.face.admits(r):
		http.Error(a, `{"errors":"the credentials are not those of this shop"}`, http.StatusUnauthorized)
	case throttled:
		fault = "throttle"
		s.face.throttle(a)
	case failed:
		fault = "fail"
		// What a proxy in front of a shop says is no JSON.
		a.Header().Set("Content-Type", "text/html")
		a.WriteHeader(status)
		_, _ = a.Write([]byte("<html><body><h1>" + http.StatusText(status) + "</h1></body></html>"))
	default:
		mux.ServeHTTP(a, r)
	}
	if cut {
		fault = "cut"
	}
	s.mu.Lock()
	s.write(Entry{Kind: Asked, Request: r.Method + " " + r.URL.RequestURI(), Status: a.status, Fault: fault})
	s.mu.Unlock()
	a.send(w, cut)
}

// An answer is kept until it is known how much of it is to be sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// send sends the answer, or the first half of it.
func (a *answer) send(w http.ResponseWriter, cut bool) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(a.status)
	body := a.body.Bytes()
	if cut {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body) // the client may have gone
	if cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // net/http's way to hang up
	}
}

// object is a JSON object that is written once.
type object = map[string]any

// encode writes JSON as the platforms do: < and & stand for themselves.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // made of maps, texts and numbers
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v))
}

// refuse answers with an error in words.
func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, object{"code": status, "message": why})
}

// read reads the JSON of a request, and answers it if it is none.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, "the body cannot be read: "+err.Error())
		return false
	}
	return true
}

// number reads a number of a query, or returns another where there is none.
func number(r *http.Request, name string, other int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
		return n
	}
	return other
}

// page bounds how many are listed at once.
func (s *Shop) page(asked, largest int) int {
	if s.conf.PageSize > 0 {
		largest = s.conf.PageSize
	}
	return min(max(asked, 1), largest)
}

// move changes some order while a list is read, if the dice say so.
func (s *Shop) move() {
	if len(s.orders) == 0 || !s.happens(s.faults.Move) {
		return
	}
	o := s.orders[s.luck.IntN(len(s.orders))]
	_ = s.alterLocked(o.ID, func(o *Order, at time.Time) bool { o.change(s.luck, at); return true })
}
