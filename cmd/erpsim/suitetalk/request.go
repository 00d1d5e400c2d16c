package suitetalk

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/beevik/etree"
)

// An operation is one of the web service's operations.
type operation struct {
	verb  verb
	read  bool
	list  bool
	async bool   // it makes a job
	asks  string // the type of the request, of operations that are about no record
	limit int    // records in one request
}

const (
	getServerTime       = "getServerTime"
	checkAsyncStatus    = "checkAsyncStatus"
	getAsyncResult      = "getAsyncResult"
	getItemAvailability = "getItemAvailability"
	search              = "search"
)

var operations = map[string]operation{
	"add":               {verb: add, limit: 1},
	"addList":           {verb: add, list: true, limit: 200},
	"update":            {verb: update, limit: 1},
	"updateList":        {verb: update, list: true, limit: 100},
	"upsert":            {verb: upsert, limit: 1},
	"upsertList":        {verb: upsert, list: true, limit: 100},
	"asyncUpsertList":   {verb: upsert, list: true, async: true, limit: 200},
	checkAsyncStatus:    {asks: "CheckAsyncStatusRequest"},
	getAsyncResult:      {asks: "GetAsyncResultRequest"},
	getItemAvailability: {asks: "GetItemAvailabilityRequest"},
	search:              {asks: "SearchRequest"},
	"get":               {read: true, limit: 1},
	"getList":           {read: true, list: true, limit: 1000},
	getServerTime:       {read: true},
}

// A request is a SOAP request, as far as it was understood.
type request struct {
	id          int64 // its arrival's number in the journal
	schema      schema
	size        int
	name        string // of the operation
	operation   operation
	passport    *passport
	prefs       preferences
	submissions []submission   // of a write
	refs        []reference    // of a look-up
	page        int            // how many records a search wants at once; 0: what is usual
	question    *etree.Element // of an operation that is about no record, in canonical form
	fault       *fault         // why it was not understood; nil if it was
}

// A reference names a record to look up.
type reference struct{ typ, internalID, externalID string }

// receive reads and checks a request. What is wrong with it is in its fault.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, e endpoint) *request {
	req := &request{schema: schema{e}}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.conf.MaxBody))
	req.size = len(raw)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		req.fault = &fault{userException, "exceededRequestSizeFault", "USER_ERROR", "The request size exceeds the limit."}
	case err != nil:
		req.fault = malformedRequest("Premature end of request: %v", err)
	case !e.supported():
		req.fault = vendorFault("UNSUPPORTED_WS_VERSION", "The endpoint version "+string(e)+" is not supported.")
	default:
		req.fault = req.read(raw, r)
	}
	return req
}

func (req *request) read(raw []byte, r *http.Request) *fault {
	env, f := readEnvelope(raw)
	if f != nil {
		return f
	}
	if f := req.readBody(env.body); f != nil {
		return f
	}
	action, sent := r.Header["Soapaction"]
	switch {
	case !sent:
		return &fault{faultcode: "axis:Client.NoSOAPAction", message: "no SOAPAction header!"}
	case strings.Trim(action[0], `"`) != req.name:
		return malformedRequest("SOAPAction %s does not name the operation %s", action[0], req.name)
	}
	return req.readHeader(env.header, r)
}

func (req *request) readHeader(header []*etree.Element, r *http.Request) *fault {
	_, err := r.Cookie("JSESSIONID")
	otherLogin := err == nil
	for _, h := range header {
		if req.schema.endpoint.prefix(h.NamespaceURI()) != "platformMsgs" {
			if mustUnderstand(h) {
				return &fault{faultcode: "soapenv:MustUnderstand", message: "header " + h.Tag + " is not understood"}
			}
			continue
		}
		switch h.Tag {
		case "tokenPassport":
			if req.passport != nil {
				return malformedRequest("tokenPassport is there twice")
			}
			p, f := req.schema.readPassport(h)
			if f != nil {
				return f
			}
			req.passport = &p
		case "preferences":
			p, f := req.schema.read(h, "Preferences", "preferences")
			if f != nil {
				return f
			}
			req.prefs = preferences{isTrue(valueOf(p, "warningAsError")), isTrue(valueOf(p, "ignoreReadOnlyFields"))}
		case "searchPreferences":
			if f := req.readSearchPreferences(h); f != nil {
				return f
			}
		case "applicationInfo", "passport":
			otherLogin = true
		}
	}
	if otherLogin && req.passport != nil {
		return ambiguousAuthentication()
	}
	return nil
}

func mustUnderstand(header *etree.Element) bool {
	for _, a := range header.Attr {
		if a.Key == "mustUnderstand" && a.Space != "" && a.NamespaceURI() == soapNS {
			return isTrue(a.Value)
		}
	}
	return false
}

func (req *request) readBody(e *etree.Element) *fault {
	op, known := operations[e.Tag]
	if !known || req.schema.endpoint.prefix(e.NamespaceURI()) != "platformMsgs" {
		return malformedRequest("No such operation {%s}%s at endpoint %s", e.NamespaceURI(), e.Tag, req.schema.endpoint)
	}
	req.name, req.operation = e.Tag, op
	if f := noText(e); f != nil {
		return f
	}
	if op.asks != "" {
		question, f := req.schema.read(e, op.asks, e.Tag)
		req.question = question
		return f
	}
	parts := e.ChildElements()
	want := "record"
	if op.read {
		want = "baseRef"
	}
	switch {
	case op.limit == 0 && len(parts) == 0:
		return nil
	case op.limit == 0 || len(parts) == 0 || !op.list && len(parts) > 1:
		return malformedRequest("%s with %d elements", e.Tag, len(parts))
	}
	for _, p := range parts {
		if p.Tag != want || req.schema.endpoint.prefix(p.NamespaceURI()) != "platformMsgs" {
			return malformedRequest("Invalid element in %s - unexpected element {%s}%s", e.Tag, p.NamespaceURI(), p.Tag)
		}
		if f := req.readPart(p); f != nil {
			return f
		}
	}
	return nil
}

func (req *request) readPart(p *etree.Element) *fault {
	if !req.operation.read {
		sub, f := req.schema.readSubmission(p)
		if f == nil {
			req.submissions = append(req.submissions, sub)
		}
		return f
	}
	ref, f := req.schema.read(p, "RecordRef", "baseRef")
	if f != nil {
		return f
	}
	if typ := ref.SelectAttrValue("xsi:type", ""); typ != "platformCore:RecordRef" {
		return malformedRequest("baseRef is abstract: its xsi:type must be RecordRef, not %q", typ)
	}
	req.refs = append(req.refs, reference{
		ref.SelectAttrValue("type", ""), ref.SelectAttrValue("internalId", ""), ref.SelectAttrValue("externalId", ""),
	})
	return nil
}

// subjects are what a mode's Match looks at.
func (req *request) subjects() []subject {
	var all []subject
	for _, sub := range req.submissions {
		all = append(all, req.subject(sub))
	}
	for _, ref := range req.refs {
		all = append(all, subject{req.name, ref.typ, ref.externalID, ""})
	}
	if all == nil {
		all = append(all, subject{operation: req.name})
	}
	return all
}

func (req *request) subject(sub submission) subject {
	return subject{req.name, sub.typ, sub.externalID, sub.otherRefNum}
}

// arrival is the request's first entry in the journal.
func (req *request) arrival() Entry {
	e := Entry{Operation: req.name, Version: string(req.schema.endpoint), Bytes: req.size}
	for _, sub := range req.submissions {
		e.Records = append(e.Records, Arrived{sub.typ, sub.externalID, sub.internalID, sub.hash})
	}
	for _, ref := range req.refs {
		e.Records = append(e.Records, Arrived{Type: ref.typ, ExternalID: ref.externalID, InternalID: ref.internalID})
	}
	return e
}
