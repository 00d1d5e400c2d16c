package suitetalk

import (
	"cmp"
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/beevik/etree"
)

// A reply is what goes back to the client.
type reply struct {
	status int
	header map[string]string
	body   []byte
	fault  string // for the journal
	mode   Kind
	cut    bool // end the connection ...
	sent   int  // ... after this many bytes of the body; zero: before the status line
}

// serveSOAP is the web service.
func (s *Server) serveSOAP(w http.ResponseWriter, r *http.Request) {
	e, ok := endpointOf(r.PathValue("port"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "text/xml" {
		http.Error(w, "SOAP 1.1 is text/xml", http.StatusUnsupportedMediaType)
		return
	}
	epoch := s.begin()
	if epoch == nil {
		http.Error(w, errClosed.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.running.Done()
	v := s.gate.enter(s.conf.Now())
	defer v.leave()
	gone := context.AfterFunc(r.Context(), v.leave)
	defer gone()

	req := s.receive(w, r, e)
	id, err := s.journal.arrive(req.arrival())
	if err != nil {
		http.Error(w, "the journal cannot be written", http.StatusInternalServerError)
		return
	}
	req.id = id
	out := s.answer(epoch, req, v)
	if err := s.conclude(req, out, r.Context().Err() != nil); err != nil {
		http.Error(w, "the journal cannot be written", http.StatusInternalServerError)
		return
	}
	v.leave()
	send(w, out)
}

// answer works a request and decides what to send.
func (s *Server) answer(epoch context.Context, req *request, v *visit) reply {
	if req.fault != nil {
		return req.refuse(req.fault, "")
	}
	subjects := req.subjects()
	if m := s.modes.first(doorKinds, subjects); m != nil {
		return req.turnAway(m)
	}
	switch {
	case req.passport == nil:
		return req.refuse(vendorFault("WS_LOG_IN_REQD", "You must log in before performing a web service operation."), "")
	case !s.passport.verify(*req.passport, s.conf.Now()):
		return req.refuse(invalidLogin(), "")
	case !v.admit(req.passport.account):
		return req.refuse(blocked(), "")
	case req.operation.limit > 0 && len(subjects) > req.operation.limit:
		return req.refuse(vendorFault("MAX_RCRDS_EXCEEDED", fmt.Sprintf("The maximum number of records allowed for %s is %d.",
			req.name, req.operation.limit)), "")
	}
	p := s.modes.plan(subjects)
	if p.mode == nil {
		p.mode = &Mode{}
	}
	switch m := p.mode; m.Kind {
	case Throttle:
		return req.refuse(blocked(), m.Kind)
	case Fault:
		out := req.refuse(m.fault(), m.Kind)
		out.status = cmp.Or(m.Status, http.StatusInternalServerError)
		return out
	case DropBeforeEffect:
		return reply{cut: true, mode: m.Kind}
	case LateEffect:
		s.later(epoch, m.Delay, func() {
			s.perform(epoch, req, true)
			_ = s.journal.sync() // nobody waits for an answer
		})
		return reply{cut: true, mode: m.Kind}
	}
	if !sleep(epoch, p.beforeEffect) {
		return reply{cut: true, mode: Slow}
	}
	results := s.perform(epoch, req, false)
	if !sleep(epoch, p.beforeAnswer) || p.mode.Kind == EffectThenDrop {
		return reply{cut: true, mode: p.mode.Kind}
	}
	if p.mode.Kind == Malformed {
		return req.malformed(results, p.mode)
	}
	out := req.respond(results)
	if p.beforeEffect+p.beforeAnswer > 0 {
		out.mode = Slow
	}
	return out
}

// perform does what was asked, record by record, and returns the results.
func (s *Server) perform(epoch context.Context, req *request, late bool) []*etree.Element {
	var results []*etree.Element
	switch {
	case req.name == getServerTime:
		return []*etree.Element{serverTime(s.conf.Now())}
	case req.operation.read:
		for _, ref := range req.refs {
			results = append(results, readResponse(s.lookUp(req, ref)))
		}
		return results
	}
	for _, sub := range req.submissions {
		results = append(results, writeResponse(s.save(epoch, write{
			request: req.id, verb: req.operation.verb, prefs: req.prefs, late: late, sub: sub,
			mode: s.modes.first(recordKinds, []subject{req.subject(sub)}),
		})))
	}
	return results
}

// lookUp finds a record, or tells why not.
func (s *Server) lookUp(req *request, ref reference) (*Record, []detail) {
	known := false
	for _, t := range recordTypes {
		known = known || t.name == ref.typ
	}
	switch {
	case !known:
		return nil, failed("INVALID_RCRD_TYPE", "The record type "+ref.typ+" is not valid.")
	case ref.internalID == "" && ref.externalID == "":
		return nil, failed("INVALID_KEY_OR_REF", "The specified key is invalid.")
	case s.modes.first(readKinds, []subject{{req.name, ref.typ, ref.externalID, ""}}) != nil:
		return nil, doesNotExist()
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	if r := s.ledger.find(ref.typ, ref.internalID, ref.externalID); r != nil {
		return r, nil
	}
	return nil, doesNotExist()
}

// conclude journals the answer, before any of it is sent.
func (s *Server) conclude(req *request, out reply, gone bool) error {
	e := Entry{Kind: Answer, Request: req.id, Status: out.status, Dropped: out.cut || gone, Fault: out.fault, Mode: out.mode}
	if err := s.journal.append(e); err != nil {
		return err
	}
	if s.conf.Sync {
		return s.journal.sync()
	}
	return nil
}

// send writes a reply, or cuts the connection where the reply says so.
func send(w http.ResponseWriter, out reply) {
	if out.cut && out.sent == 0 {
		cut(w)
		return
	}
	for name, value := range out.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	if !out.cut {
		_, _ = w.Write(out.body) // the client may have gone; that is its affair
		return
	}
	_, _ = w.Write(out.body[:out.sent])
	_ = http.NewResponseController(w).Flush() // what cannot be flushed is cut all the same
	cut(w)
}

// cut ends the connection, so that the client sees it end and nothing else.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// The one way to cut a connection that cannot be taken over; the HTTP
		// server expects it and logs nothing.
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}
