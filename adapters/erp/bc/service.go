package bc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A service is one published page.
type service struct {
	name string
	url  string
	soap *soap.Client
	get  *http.Client // for its WSDL

	turn   chan struct{} // held by who reads the WSDL
	page   *page         // nil: to be read
	readAt time.Time
}

// pageFor is how long a WSDL is believed.
const pageFor = time.Hour

// maxWSDL is the largest WSDL that is read, in bytes. NAV's largest page has 60 KB.
const maxWSDL = 4 << 20

// service returns a page service, which is made the first time.
func (e *ERP) service(name string) (*service, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.services[name]; s != nil {
		return s, nil
	}
	s := &service{name: name, url: e.conf.endpoint(name), turn: make(chan struct{}, 1)}
	var err error
	if s.soap, s.get, err = e.connect(s.url); err != nil {
		return nil, err
	}
	e.services[name] = s
	return s, nil
}

// open returns a page service with what its WSDL says. Nothing is in doubt if that
// cannot be learnt.
func (e *ERP) open(ctx context.Context, op, name string) (*service, *page, error) {
	s, err := e.service(name)
	if err != nil {
		return nil, nil, &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: err}
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, &erpbridge.Error{Op: op, Kind: erpbridge.Transient, Err: fmt.Errorf("waiting for the WSDL of page %s: %w", name, ctx.Err())}
	}
	defer func() { <-s.turn }()
	if s.page != nil && e.now().Sub(s.readAt) < pageFor {
		return s, s.page, nil
	}
	p, err := e.readWSDL(ctx, op, s)
	if err != nil {
		return nil, nil, err
	}
	s.page, s.readAt = p, e.now()
	return s, p, nil
}

// forget makes the WSDL be read again before the next request.
func (s *service) forget() {
	s.turn <- struct{}{}
	s.page = nil
	<-s.turn
}

func (e *ERP) readWSDL(ctx context.Context, op string, s *service) (*page, error) {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	raw, err := e.fetch(ctx, s)
	if e.conf.Auth.OAuth2 != nil && erpbridge.KindOf(err) == erpbridge.Refused {
		raw, err = e.fetch(ctx, s) // a token may end before its time
	}
	if err != nil {
		return nil, e.harmless(op, fmt.Errorf("reading the WSDL of page %s: %w", s.name, err))
	}
	if _, err := soap.Parse(raw, ""); err != nil {
		// A page of some proxy, most likely.
		return nil, e.harmless(op, fmt.Errorf("reading the WSDL of page %s: %w", s.name, err))
	}
	p, err := readPage(s.name, raw)
	if err != nil {
		return nil, e.told(op, fmt.Errorf("the WSDL of page %s is none of a page service's: %w", s.name, err), erpbridge.Refused)
	}
	return p, nil
}

// fetch gets the WSDL.
func (e *ERP) fetch(ctx context.Context, s *service) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/xml")
	req.Header.Set("User-Agent", "erpbridge")
	if err := erpbridge.Pace(ctx); err != nil {
		return nil, err
	}
	resp, err := s.get.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL
		}
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxWSDL+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	status := resp.StatusCode
	refused := func(why string) error {
		return &erpbridge.Error{Kind: erpbridge.Refused, Err: fmt.Errorf("HTTP %d: %s", status, why)}
	}
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		return nil, &erpbridge.Error{
			Kind: erpbridge.Throttled, After: soap.RetryAfter(resp.Header, e.now()),
			Err: fmt.Errorf("HTTP %d: the other side asks for less", status),
		}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return nil, refused("credentials or permissions were not accepted")
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusMethodNotAllowed:
		return nil, refused("it is not published there; look at url, company (its case counts) and pages")
	case status >= 300 && status < 400:
		return nil, refused("redirected, which is not followed; correct the url")
	case err != nil:
		return nil, fmt.Errorf("HTTP %d, then the answer broke off: %w", status, err)
	case status != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", status)
	case len(raw) > maxWSDL:
		return nil, refused(fmt.Sprintf("more than %d bytes", maxWSDL))
	}
	return raw, nil
}

// A faultError is the error of a Fault, which is an answer: the request was understood
// and turned down. Whether nothing was done is another matter.
type faultError struct{ said *erpbridge.Error }

func (f *faultError) Error() string { return f.said.Error() }

func (f *faultError) Unwrap() error { return f.said }

// call makes one request. The answer is the element in the Body; a Fault and everything
// that is no answer are errors, fit to be stored and mailed.
func (e *ERP) call(ctx context.Context, op string, s *service, content *etree.Element) (*etree.Element, error) {
	request, err := envelope(content)
	if err != nil {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	answer, err := s.soap.Call(ctx, namespaceOf(s.name)+":"+content.Tag, request)
	switch {
	case err != nil:
		return nil, e.told(op, err, erpbridge.InDoubt)
	case answer.Fault != nil:
		if otherPage(answer.Fault) {
			s.forget()
		}
		kind, code := kindOfFault(answer.Fault)
		return nil, &faultError{&erpbridge.Error{Op: op, Kind: kind, Code: e.reason(code), Err: errors.New(e.reason(answer.Fault.Text()))}}
	case answer.Content == nil:
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.InDoubt, Err: fmt.Errorf("HTTP %d with an empty answer", answer.Status)}
	case !soap.Is(answer.Content, namespaceOf(s.name), content.Tag+"_Result"):
		return nil, &erpbridge.Error{
			Op: op, Kind: erpbridge.InDoubt,
			Err: fmt.Errorf("the answer is %s of %s, not %s_Result", e.reason(answer.Content.Tag), e.reason(answer.Content.NamespaceURI()), content.Tag),
		}
	}
	return answer.Content, nil
}

// envelope wraps the content of a request.
func envelope(content *etree.Element) ([]byte, error) {
	env := etree.NewElement("soap:Envelope")
	env.CreateAttr("xmlns:soap", soap.Namespace)
	env.CreateElement("soap:Body").AddChild(content)
	return soap.Serialize(env)
}

// told passes an error on in words that hold no secret; otherwise is its kind if it has
// none.
func (e *ERP) told(op string, err error, otherwise erpbridge.Kind) *erpbridge.Error {
	out := &erpbridge.Error{Op: op, Kind: otherwise, Err: errors.New(e.reason(err.Error()))}
	var in *erpbridge.Error
	if errors.As(err, &in) {
		out.Kind, out.Code, out.After = in.Kind, in.Code, in.After
	}
	return out
}

// harmless is the error of a request without effect: nothing is in doubt after it, and
// nothing it says is about the document.
func (e *ERP) harmless(op string, err error) *erpbridge.Error {
	out := e.told(op, err, erpbridge.Transient)
	switch out.Kind {
	case erpbridge.InDoubt:
		out.Kind = erpbridge.Transient
	case erpbridge.Invalid, erpbridge.Missing, erpbridge.Duplicate:
		out.Kind = erpbridge.Unknown
	}
	return out
}

// reason makes foreign words fit to be stored, logged and mailed.
func (e *ERP) reason(text string) string { return soap.Reason(text, e.login.Secrets()...) }

// evidence returns an element as it is kept in a Receipt.
func (e *ERP) evidence(el *etree.Element) []byte {
	const most = 64 << 10
	raw, err := etree.NewDocumentWithRoot(el.Copy()).WriteToString()
	if err != nil {
		return nil
	}
	for _, s := range e.login.Secrets() {
		if s != "" {
			raw = strings.ReplaceAll(raw, s, "***")
		}
	}
	return []byte(raw[:min(len(raw), most)])
}
