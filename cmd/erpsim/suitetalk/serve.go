package suitetalk

import (
	"cmp"
	"context"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/beevik/etree"
)

// A reply is what goes back to the client.
type reply struct {
	status int
	header map[string]string
	body   []byte
	fault  string // for the journal
	mode   Kind
	cut    bool          // end the connection ...
	sent   int           // ... after this many bytes of the body; zero: before the status line
	reset  bool          // with cut: by a reset
	pace   time.Duration // between the bytes of the body
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
	v.does(req.name, s.conf.Now())
	id, err := s.journal.arrive(req.arrival())
	if err != nil {
		http.Error(w, "the journal cannot be written", http.StatusInternalServerError)
		return
	}
	req.id = id
	out := s.answer(epoch, req, v, r)
	if err := s.conclude(req, out, r.Context().Err() != nil); err != nil {
		http.Error(w, "the journal cannot be written", http.StatusInternalServerError)
		return
	}
	v.leave()
	send(epoch, w, out)
}

// answer works a request and decides what to send.
func (s *Server) answer(epoch context.Context, req *request, v *visit, r *http.Request) reply {
	if req.fault != nil {
		return req.refuse(req.fault, "")
	}
	subjects := req.subjects()
	if s.conns.reused(r.RemoteAddr) {
		if m := s.modes.first(reuseKinds, subjects); m != nil {
			return reply{cut: true, reset: true, mode: m.Kind}
		}
	}
	if m := s.modes.first(doorKinds, subjects); m != nil {
		return req.turnAway(m, r.Host, s.conf.Now())
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
			_, _ = s.perform(epoch, req, true) // nobody waits for an answer
			_ = s.journal.sync()
		})
		return reply{cut: true, mode: m.Kind}
	}
	if !sleep(epoch, p.beforeEffect) {
		return reply{cut: true, mode: Slow}
	}
	results, f := s.perform(epoch, req, false)
	if !sleep(epoch, p.beforeAnswer) || p.mode.Kind == EffectThenDrop {
		return reply{cut: true, mode: p.mode.Kind}
	}
	switch {
	case f != nil:
		return req.refuse(f, "")
	case p.mode.Kind == Malformed:
		return req.malformed(results, p.mode)
	}
	out := req.respond(results)
	switch {
	case p.mode.Kind == Trickle:
		out.mode, out.pace = Trickle, p.mode.Delay
	case p.beforeEffect+p.beforeAnswer > 0:
		out.mode = Slow
	}
	return out
}

// perform does what was asked, record by record, and returns the results. A fault
// is that of a list that is done as a whole or not at all.
func (s *Server) perform(epoch context.Context, req *request, late bool) ([]*etree.Element, *fault) {
	var results []*etree.Element
	switch {
	case req.name == getServerTime:
		return []*etree.Element{serverTime(s.conf.Now())}, nil
	case req.name == checkAsyncStatus:
		return s.jobs.status(valueOf(req.question, "jobId"))
	case req.name == getAsyncResult:
		return s.jobs.results(valueOf(req.question, "jobId"), valueOf(req.question, "pageIndex"))
	case req.name == getItemAvailability:
		return []*etree.Element{s.stockOf(req.question)}, nil
	case req.name == search:
		result, f := s.searchItems(req)
		return []*etree.Element{result}, f
	case req.operation.async:
		return []*etree.Element{s.submit(epoch, req, late)}, nil
	case req.operation.read:
		for _, ref := range req.refs {
			found, problem := s.lookUp(req, ref)
			if problem != nil {
				results = append(results, readResponse(nil, problem))
			}
			for _, r := range found {
				results = append(results, readResponse(r, nil))
			}
		}
		return results, nil
	}
	return s.writeAll(epoch, req, late, req.submissions)
}

// writeAll does the writes of a request.
func (s *Server) writeAll(epoch context.Context, req *request, late bool, submissions []submission) ([]*etree.Element, *fault) {
	var results []*etree.Element
	writes := make([]write, 0, len(submissions))
	for _, sub := range submissions {
		writes = append(writes, write{
			request: req.id, verb: req.operation.verb, prefs: req.prefs, late: late, sub: sub,
			mode: s.modes.first(recordKinds, []subject{req.subject(sub)}),
		})
	}
	if req.operation.list && s.Account().AllOrNothing {
		outcomes, f := s.saveWhole(epoch, writes)
		for _, out := range outcomes {
			results = append(results, writeResponse(out))
		}
		return results, f
	}
	for _, w := range writes {
		results = append(results, writeResponse(s.save(epoch, w)))
	}
	return results, nil
}

// lookUp finds records, one of them or more, or tells why not.
func (s *Server) lookUp(req *request, ref reference) ([]*Record, []detail) {
	known := false
	for _, t := range recordTypes {
		known = known || t.name == ref.typ
	}
	switch {
	case !known:
		return nil, failed("INVALID_RCRD_TYPE", "The record type "+ref.typ+" is not valid.")
	case ref.internalID == "" && ref.externalID == "":
		return nil, failed("INVALID_KEY_OR_REF", "The specified key is invalid.")
	}
	stale := s.modes.first(readKinds, []subject{{req.name, ref.typ, ref.externalID, ""}})
	if stale != nil && stale.Delay == 0 {
		return nil, doesNotExist()
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	var found []*Record
	for _, slot := range s.ledger.all(ref.typ, ref.internalID, ref.externalID) {
		if len(found) > 0 && !s.Account().FindAll {
			break
		}
		var r *Record
		var err error
		if stale != nil {
			r, err = s.ledger.asOf(slot, s.conf.Now().Add(-stale.Delay))
		} else {
			r, err = s.ledger.load(slot)
		}
		if err != nil {
			return nil, unreadable(slot.internalID())
		}
		if r != nil {
			found = append(found, r)
		}
	}
	if found == nil {
		return nil, doesNotExist()
	}
	return found, nil
}

// conclude journals the answer, before any of it is sent.
func (s *Server) conclude(req *request, out reply, gone bool) error {
	e := Entry{Kind: Answer, Request: req.id, Status: out.status, Dropped: out.cut || gone, Fault: out.fault, Mode: out.mode}
	if _, err := s.journal.append(e); err != nil {
		return err
	}
	if s.conf.Sync {
		return s.journal.sync()
	}
	return nil
}

// send writes a reply, or cuts the connection where the reply says so. One that is
// being sent slowly ends with the epoch.
func send(epoch context.Context, w http.ResponseWriter, out reply) {
	if out.cut && out.sent == 0 {
		cut(w, out.reset)
		return
	}
	for name, value := range out.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	if out.pace > 0 {
		trickle(epoch, w, out)
		return
	}
	if !out.cut {
		_, _ = w.Write(out.body) // the client may have gone; that is its affair
		return
	}
	_, _ = w.Write(out.body[:out.sent])
	_ = http.NewResponseController(w).Flush() // what cannot be flushed is cut all the same
	cut(w, false)
}

// trickle writes a body byte by byte.
func trickle(epoch context.Context, w http.ResponseWriter, out reply) {
	for i := range out.body {
		if i > 0 && !sleep(epoch, out.pace) {
			cut(w, false)
			return
		}
		if _, err := w.Write(out.body[i : i+1]); err != nil {
			return // the client has gone
		}
		_ = http.NewResponseController(w).Flush() // what cannot be flushed comes all the same, if later
	}
}

// cut ends the connection, so that the client sees it end, or be reset, and nothing
// else.
func cut(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// The one way to cut a connection that cannot be taken over; the HTTP
		// server expects it and logs nothing.
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // what cannot be reset is closed
	}
	_ = conn.Close()
}
