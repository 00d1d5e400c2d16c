package navws

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// maxBody is the size of the largest request, as of Business Central online.
const maxBody = 65536 << 10

// A request is one call of a page service.
type request struct {
	id         int
	service    string
	operation  string
	page       *page
	content    *node
	references []string
}

// A reply is what goes back to the client.
type reply struct {
	status int
	header map[string]string
	body   string
	fault  string
	mode   Kind
	cut    bool
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.serveToken)
	mux.Handle("/control/", mishap.LoopbackOnly(s.control()))
	mux.HandleFunc("/", s.servePage)
	return mux
}

// servePage answers GET with the WSDL and POST with what the operation comes to.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	service, ok := s.serviceOf(r.URL)
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.state.InFlight++
	s.state.MaxConcurrency = max(s.state.MaxConcurrency, s.state.InFlight)
	busy := s.conf.Concurrency > 0 && s.state.InFlight > s.conf.Concurrency
	p := s.pages[service]
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.state.InFlight--
		s.mu.Unlock()
	}()
	req := &request{service: service, page: p}
	if r.Method == http.MethodPost && !s.receive(w, r, req) {
		return
	}
	out := s.turnedAway(r, req, busy)
	switch {
	case out != nil:
	case p == nil:
		http.NotFound(w, r)
		return
	case r.Method == http.MethodGet:
		s.mu.Lock()
		s.state.WSDLs++
		s.mu.Unlock()
		out = &reply{status: http.StatusOK, body: p.wsdl("http://" + r.Host + r.URL.EscapedPath())}
	case r.Method == http.MethodPost:
		out = s.work(r.Context(), req)
	default:
		out = &reply{status: http.StatusMethodNotAllowed}
	}
	s.send(w, r, req, *out)
}

// serviceOf returns the page service of a URL, if the company is ours: its case counts.
func (s *Server) serviceOf(u *url.URL) (string, bool) {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	n := len(parts)
	if n < 4 || parts[n-4] != "WS" || parts[n-2] != "Page" {
		return "", false
	}
	company, err := url.PathUnescape(parts[n-3])
	return parts[n-1], err == nil && company == s.conf.Company
}

// receive reads a request and writes its arrival into the journal.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, req *request) bool {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too large, or broken off", http.StatusRequestEntityTooLarge)
		return false
	}
	var bad error
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "text/xml" {
		http.Error(w, "SOAP 1.1 is text/xml", http.StatusUnsupportedMediaType)
		return false
	}
	req.content, bad = content(raw)
	if bad == nil && req.content.space == namespace(req.service) && r.Header.Get("SOAPAction") == `"`+namespace(req.service)+":"+req.content.name+`"` {
		req.operation = req.content.name
		req.references = referencesOf(req.content)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Requests++
	req.id = s.note(Entry{Kind: Arrival, Page: req.service, Operation: req.operation, References: req.references, Bytes: len(raw)})
	return true
}

// referencesOf gathers what a request names its records by.
func referencesOf(n *node) (refs []string) {
	for _, c := range n.children {
		switch c.name {
		case "External_Document_No", "Your_Reference", "No", "Criteria":
			refs = append(refs, strings.TrimSpace(c.text))
		}
		if c.name != "SalesLines" {
			refs = append(refs, referencesOf(c)...)
		}
	}
	return refs
}

// work does what was asked, as its modes have it.
func (s *Server) work(ctx context.Context, req *request) *reply {
	s.mu.Lock()
	slow := s.modes.delay(req)
	s.mu.Unlock()
	if slow > 0 && !sleep(ctx, s.ctx, slow) {
		return &reply{cut: true, mode: Slow}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.modes.pick(workKinds, req)
	switch m.Kind {
	case DropBeforeEffect:
		return &reply{cut: true, mode: m.Kind}
	case Fault:
		return s.refuse(&fault{m.Exception, m.Text}, m.Kind)
	case Locked:
		return s.refuse(s.saying(deadlock, "Sales Header"), m.Kind)
	case LateEffect:
		s.late.Go(func() {
			if sleep(s.ctx, s.ctx, m.Delay) {
				s.mu.Lock()
				defer s.mu.Unlock()
				_, _ = s.perform(req, Mode{}, true)
			}
		})
		return &reply{cut: true, mode: m.Kind}
	}
	records, f := s.perform(req, m, false)
	switch {
	case f != nil:
		return s.refuse(f, m.Kind)
	case m.Kind == EffectThenDrop:
		return &reply{cut: true, mode: m.Kind}
	case m.Kind == EffectThenFault, m.Kind == HeaderThenFault, m.Kind == Partial:
		return s.refuse(&fault{"Types.Exceptions.NavNCLDialogException", "A transaction must be started before changes can be made to the database."}, m.Kind)
	case m.Kind == Malformed:
		return malformed(req, records, m)
	}
	return &reply{status: http.StatusOK, body: answer(req, records), mode: m.Kind}
}

func sleep(a, b context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-a.Done():
	case <-b.Done():
	}
	return false
}

func (s *Server) refuse(f *fault, mode Kind) *reply {
	s.state.Faults++
	return &reply{status: http.StatusInternalServerError, body: f.envelope(s.conf.Language), fault: f.Error(), mode: mode}
}

// perform does what was asked and returns the records of the answer, as XML. The caller
// holds the lock.
func (s *Server) perform(req *request, m Mode, late bool) ([]string, *fault) {
	p := req.page
	if req.operation == "" || !slices.Contains(p.operations(), req.operation) {
		return nil, &fault{"ActionNotSupported", "The message with Action '' cannot be processed at the receiver."}
	}
	switch req.operation {
	case "Read", "ReadMultiple":
		s.state.Reads++
		if m.Kind == StaleRead {
			return nil, nil
		}
		return s.find(req)
	case "Create", "CreateMultiple":
		return s.performCreate(req, m, late)
	case "Update":
		n := req.content.child(p.service)
		if n == nil {
			return nil, &fault{"DeserializationFailed", "Parameter " + p.service + " in method Update is null!"}
		}
		r, f := s.update(p, n)
		if f != nil {
			return nil, f
		}
		s.effect(req.id, "update", late, r)
		return []string{p.content(r, true)}, nil
	}
	r, f := s.remove(p, req.content.value("Key"))
	if f != nil {
		return nil, f
	}
	s.effect(req.id, "delete", late, r)
	return []string{"<Delete_Result>true</Delete_Result>"}, nil
}

func (s *Server) performCreate(req *request, m Mode, late bool) ([]string, *fault) {
	p := req.page
	from := req.content
	if req.operation == "CreateMultiple" {
		from = req.content.child(p.service + "_List")
	}
	if from == nil || len(from.children) == 0 || req.operation == "Create" && len(from.children) != 1 {
		return nil, &fault{"DeserializationFailed", "Parameter " + p.service + " in method " + req.operation + " is null!"}
	}
	nodes := from.children
	for _, n := range nodes {
		if n.name != p.service {
			return nil, &fault{"DeserializationFailed", "The element " + n.name + " is not expected here."}
		}
	}
	if m.Kind == Partial {
		nodes = nodes[:(len(nodes)+1)/2]
	}
	made, f := s.create(p, nodes, m.Kind == HeaderOnly || m.Kind == HeaderThenFault)
	if f != nil {
		return nil, f
	}
	var out []string
	for _, r := range made {
		s.effect(req.id, "create", late, r)
		out = append(out, p.content(r, true))
	}
	return out, nil
}

// answer wraps the records of an answer.
func answer(req *request, records []string) string {
	inside := strings.Join(records, "")
	switch {
	case req.operation == "ReadMultiple" && len(records) > 0:
		inside = "<ReadMultiple_Result>" + inside + "</ReadMultiple_Result>"
	case req.operation == "ReadMultiple":
		inside = "<ReadMultiple_Result/>"
	case req.operation == "CreateMultiple":
		inside = "<" + req.service + "_List>" + inside + "</" + req.service + "_List>"
	}
	return `<Soap:Envelope xmlns:Soap="` + nsSOAP + `"><Soap:Body><` + req.operation + `_Result xmlns="` + namespace(req.service) + `">` +
		inside + `</` + req.operation + `_Result></Soap:Body></Soap:Envelope>`
}

func malformed(req *request, records []string, m Mode) *reply {
	out := &reply{status: http.StatusOK, mode: m.Kind}
	switch m.Answer {
	case AnswerHTML:
		out.body, out.header = "<!DOCTYPE html><html><body>Service Unavailable</body></html>", map[string]string{"Content-Type": "text/html"}
	case AnswerEmpty:
		out.status = http.StatusAccepted
	case AnswerTruncated:
		whole := answer(req, records)
		out.body = whole[:2*len(whole)/3]
	case AnswerOther:
		for i, r := range records {
			records[i] = strings.ReplaceAll(r, "_No>", "_Nr>")
		}
		out.body = answer(req, records)
	case AnswerFewer:
		out.body = answer(req, records[:max(len(records)-1, 0)])
	case AnswerNoNumber:
		for i, r := range records {
			records[i] = strings.ReplaceAll(strings.ReplaceAll(r, "<No>", "<Nr>"), "</No>", "</Nr>")
		}
		out.body = answer(req, records)
	}
	return out
}

// send writes the answer, or cuts the connection.
func (s *Server) send(w http.ResponseWriter, r *http.Request, req *request, out reply) {
	gone := out.cut || r.Context().Err() != nil
	s.mu.Lock()
	if r.Method == http.MethodPost {
		if gone {
			s.state.Dropped++
		}
		status := out.status
		if out.cut {
			status = 0
		}
		s.note(Entry{Kind: Answer, Request: req.id, Status: status, Dropped: gone, Fault: out.fault, Mode: out.mode})
	}
	s.mu.Unlock()
	if out.cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	for name, v := range out.header {
		w.Header().Set(name, v)
	}
	w.WriteHeader(out.status)
	_, _ = io.WriteString(w, out.body)
}
