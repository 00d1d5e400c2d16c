package suitetalk

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

const xmlType = "text/xml; charset=utf-8"

// respond wraps the results of an operation up as its answer.
func (req *request) respond(results []*etree.Element) reply {
	e := req.schema.endpoint
	envelope := newEnvelope()
	info := envelope.CreateElement("soapenv:Header").CreateElement("platformMsgs:documentInfo")
	info.CreateAttr("xmlns:platformMsgs", e.namespace("platformMsgs"))
	info.CreateElement("platformMsgs:nsId").SetText(fmt.Sprintf("WEBSERVICES_%s_%d", req.passport.account, req.id))

	response := envelope.CreateElement("soapenv:Body").CreateElement(req.name + "Response")
	response.CreateAttr("xmlns", e.namespace("platformMsgs"))
	for _, s := range spaces {
		response.CreateAttr("xmlns:"+s.prefix, e.namespace(s.prefix))
	}
	into := response
	if req.name == getAsyncResult {
		into = response.CreateElement("asyncResult")
		into.CreateAttr("xsi:type", "platformMsgs:AsyncUpsertListResult")
	}
	if req.operation.list && !req.operation.async || req.name == getAsyncResult {
		name := "writeResponseList"
		if req.operation.read {
			name = "readResponseList"
		}
		into = into.CreateElement(name)
		into.AddChild(status(false, nil))
	}
	for _, r := range results {
		into.AddChild(r)
	}
	return reply{status: http.StatusOK, header: map[string]string{"Content-Type": xmlType}, body: document(envelope)}
}

// refuse answers a fault.
func (req *request) refuse(f *fault, mode Kind) reply {
	envelope := newEnvelope()
	e := envelope.CreateElement("soapenv:Body").CreateElement("soapenv:Fault")
	code := e.CreateElement("faultcode")
	if strings.HasPrefix(f.faultcode, "axis:") {
		code.CreateAttr("xmlns:axis", axisNS)
	}
	code.SetText(f.faultcode)
	e.CreateElement("faultstring").SetText(f.message)
	details := e.CreateElement("detail")
	if f.element != "" {
		d := details.CreateElement("platformFaults:" + f.element)
		d.CreateAttr("xmlns:platformFaults", req.schema.endpoint.namespace("platformFaults"))
		d.CreateElement("platformFaults:code").SetText(f.code)
		d.CreateElement("platformFaults:message").SetText(f.message)
	}
	host := details.CreateElement("ns1:hostname")
	host.CreateAttr("xmlns:ns1", axisNS)
	host.SetText("simulator")
	return reply{
		status: http.StatusInternalServerError, // as SOAP 1.1 demands of every fault
		header: map[string]string{"Content-Type": xmlType},
		body:   document(envelope),
		fault:  cmp.Or(f.code, f.message),
		mode:   mode,
	}
}

// turnAway answers what never reached the web service.
func (req *request) turnAway(m *Mode, host string, now time.Time) reply {
	switch m.Kind {
	case SessionExpired:
		return req.refuse(sessionExpired(), m.Kind)
	case Redirect:
		return redirect(m, host)
	case RefuseCredentials:
		return req.refuse(invalidLogin(), m.Kind)
	case Maintenance:
		return req.refuse(maintenance(), m.Kind)
	}
	header := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	if after, err := m.retryAfter(now); err == nil && after != "" { // an error was one when the mode was added
		header["Retry-After"] = after
	}
	return reply{
		status: cmp.Or(m.Status, http.StatusServiceUnavailable),
		header: header,
		body:   []byte("<html><head><title>Notice</title></head><body>" + maintenance().message + "</body></html>\n"),
		mode:   m.Kind,
	}
}

// elsewhere is where a redirect points that says nothing else.
const elsewhere = "/elsewhere"

// redirect sends the client to another host.
func redirect(m *Mode, host string) reply {
	location := m.Location
	if location == "" {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = host, "80"
		}
		other := "localhost"
		if name == other {
			other = "127.0.0.1"
		}
		location = "http://" + net.JoinHostPort(other, port) + elsewhere
	}
	return reply{
		status: cmp.Or(m.Status, http.StatusTemporaryRedirect),
		header: map[string]string{"Content-Type": "text/html; charset=utf-8", "Location": location},
		body:   []byte("<html><body><a href=\"" + html.EscapeString(location) + "\">Moved</a></body></html>\n"),
		mode:   m.Kind,
	}
}

// fault returns the fault a mode asks for.
func (m *Mode) fault() *fault {
	if m.Code == "" && m.Message == "" {
		return vendorFault("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: simulated")
	}
	if m.Code == "" {
		return &fault{faultcode: userException, message: m.Message}
	}
	f := vendorFault(m.Code, cmp.Or(m.Message, m.Code))
	f.element = cmp.Or(m.FaultElement, f.element)
	return f
}

// malformed answers results as a client must not trust them.
func (req *request) malformed(results []*etree.Element, m *Mode) reply {
	var out reply
	switch m.Answer {
	case AnswerReordered:
		slices.Reverse(results)
		out = req.respond(results)
	case AnswerFewer:
		out = req.respond(results[:len(results)-1])
	case AnswerDoubled:
		var twice []*etree.Element
		for _, r := range results {
			twice = append(twice, r, r.Copy())
		}
		out = req.respond(twice)
	case AnswerWithoutID:
		for _, r := range results {
			if ref := child(r, "baseRef"); ref != nil {
				r.RemoveChild(ref)
			}
		}
		out = req.respond(results)
	case AnswerFault200:
		out = req.refuse(m.fault(), m.Kind)
		out.status = http.StatusOK
	case AnswerHTML:
		out = reply{
			status: http.StatusOK,
			header: map[string]string{"Content-Type": "text/html; charset=utf-8"},
			body:   []byte("<!DOCTYPE html><html><head><title>NetSuite - Customer Login</title></head><body><form></form></body></html>\n"),
		}
	case AnswerEmpty:
		out = reply{status: http.StatusOK, header: map[string]string{"Content-Type": xmlType}}
	case AnswerTruncated:
		out = req.respond(results)
		out.body = out.body[:len(out.body)/2]
	case AnswerCut:
		out = req.respond(results)
		out.cut, out.sent = true, len(out.body)/2
	}
	out.mode = m.Kind
	out.status = cmp.Or(m.Status, out.status)
	return out
}

func newEnvelope() *etree.Element {
	envelope := etree.NewElement("soapenv:Envelope")
	envelope.CreateAttr("xmlns:soapenv", soapNS)
	envelope.CreateAttr("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
	envelope.CreateAttr("xmlns:xsi", xsiNS)
	return envelope
}

func document(root *etree.Element) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	root.WriteTo(&b, &etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true})
	return b.Bytes()
}

func status(failed bool, details []detail) *etree.Element {
	e := etree.NewElement("platformCore:status")
	e.CreateAttr("isSuccess", fmt.Sprint(!failed))
	for _, d := range details {
		sd := e.CreateElement("platformCore:statusDetail")
		sd.CreateAttr("type", d.typ)
		sd.CreateElement("platformCore:code").SetText(d.code)
		sd.CreateElement("platformCore:message").SetText(d.message)
		if d.afterSubmit {
			sd.CreateElement("platformCore:afterSubmitFailed").SetText("true")
		}
	}
	return e
}

func writeResponse(out outcome) *etree.Element {
	e := etree.NewElement("writeResponse")
	e.AddChild(status(out.failed, out.details))
	if out.internalID == "" && out.externalID == "" {
		return e // nothing to name it by
	}
	ref := e.CreateElement("baseRef")
	if out.internalID != "" {
		ref.CreateAttr("internalId", out.internalID)
	}
	if out.externalID != "" {
		ref.CreateAttr("externalId", out.externalID)
	}
	ref.CreateAttr("type", out.typ)
	ref.CreateAttr("xsi:type", "platformCore:RecordRef")
	return e
}

func readResponse(r *Record, problem []detail) *etree.Element {
	e := etree.NewElement("readResponse")
	if problem != nil {
		e.AddChild(status(true, problem))
		return e
	}
	record, err := parseCanonical(r.Content)
	if err != nil {
		e.AddChild(status(true, failed("UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: content of "+r.InternalID)))
		return e
	}
	e.AddChild(status(false, nil))
	for _, t := range recordTypes {
		if t.name == r.Type {
			record.CreateAttr("xsi:type", t.space+":"+t.typ)
		}
	}
	record.CreateAttr("internalId", r.InternalID)
	if r.ExternalID != "" {
		record.CreateAttr("externalId", r.ExternalID)
	}
	e.AddChild(record)
	return e
}

func serverTime(now time.Time) *etree.Element {
	e := etree.NewElement("platformCore:getServerTimeResult")
	e.AddChild(status(false, nil))
	e.CreateElement("platformCore:serverTime").SetText(now.Format("2006-01-02T15:04:05.000Z07:00"))
	return e
}
