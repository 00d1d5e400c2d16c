package sapidoc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// maxPage is as much of an answer as is read: SAP says one sentence.
const maxPage = 64 << 10

// A poster speaks with the services that are no SOAP: plain IDocs, and the ping. It
// follows no redirect and sends nothing twice. soap.Client.Post is not for them: SAP says
// "stored" in a web page, which that takes for a log-on form.
type poster struct {
	service, ping string
	http          *http.Client
}

func (p *poster) close() { p.http.CloseIdleConnections() }

// A page is an HTTP answer.
type page struct {
	status int
	text   string
	after  time.Duration // Retry-After
	raw    []byte
}

// post sends a body and returns the answer. The error is InDoubt once any of the body
// was handed to a connection.
func (p *poster) post(ctx context.Context, body []byte) (page, error) {
	counted := soap.NewBody(ctx, body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.service, counted)
	if err != nil {
		return page{}, &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: err}
	}
	// A reader of its own kind has no GetBody: the transport has nothing to send again.
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	return p.do(req, func(err error) error {
		if counted.Left() {
			return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.InDoubt, Err: fmt.Errorf("the request left and no answer came: %w", err)}
		}
		return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Transient, Err: fmt.Errorf("not sent: %w", err)}
	})
}

// get asks for the ping page.
func (p *poster) get(ctx context.Context) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ping, nil)
	if err != nil {
		return page{}, &erpbridge.Error{Op: probeOp, Kind: erpbridge.Refused, Err: err}
	}
	return p.do(req, func(err error) error {
		return &erpbridge.Error{Op: probeOp, Kind: erpbridge.Transient, Err: err}
	})
}

func (p *poster) do(req *http.Request, unanswered func(error) error) (page, error) {
	req.Header.Set("User-Agent", "erpbridge")
	req.Header.Set("Accept", "*/*")
	if err := erpbridge.Pace(req.Context()); err != nil {
		return page{}, err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		var known *erpbridge.Error
		if errors.As(err, &known) {
			return page{}, known // the login's: it knows what left
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL: it names the system
		}
		return page{}, unanswered(err)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil && !decides(resp.StatusCode) {
		return page{}, unanswered(fmt.Errorf("HTTP %d, then the answer broke off: %w", resp.StatusCode, err))
	}
	return page{status: resp.StatusCode, text: strings.ToValidUTF8(string(raw), "?"), after: soap.RetryAfter(resp.Header, time.Now()), raw: raw}, nil
}

// decides reports whether a status says enough without its page.
func decides(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTooManyRequests:
		return true
	}
	return status >= 300 && status < 400
}

// judge returns what an answer that is no "stored" asks for.
//
//	429, 503 with Retry-After            Throttled: the request was turned away
//	401, 403, 404, 405, 410, 415, 3xx    Refused: credentials or configuration
//	408, 425                             Transient: the request was not taken
//	a page that is known                 see pages
//	another 4xx                          Unknown: a few tries, then a person looks
//	everything else                      InDoubt
func (e *ERP) judge(op string, p page) *erpbridge.Error {
	is := func(kind erpbridge.Kind, format string, args ...any) *erpbridge.Error {
		return &erpbridge.Error{
			Op: op, Kind: kind, Code: "HTTP " + strconv.Itoa(p.status),
			Err: errors.New(e.reason(fmt.Sprintf(format, args...))),
		}
	}
	kind, why := kindOfPage(p.text)
	switch s := p.status; {
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable && p.after > 0:
		err := is(erpbridge.Throttled, "SAP asks for less")
		err.After = p.after
		return err
	case s >= 300 && s < 400:
		return is(erpbridge.Refused, "redirected, which is not followed: correct the URL")
	case s == http.StatusUnauthorized:
		return is(erpbridge.Refused, "SAP does not let the user in: user, password and lock (SU01); trying on may lock it")
	case s == http.StatusForbidden:
		return is(erpbridge.Refused, "the user may not use the service: its role (S_ICF, B_ALE_RECV) and the service's activation (SICF)")
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusGone, s == http.StatusUnsupportedMediaType:
		return is(erpbridge.Refused, "no such service answers at this URL: activate it in SICF, or correct the URL")
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		return is(erpbridge.Transient, "the request was not taken")
	case why != "":
		return is(kind, "%s", why)
	case s >= 400 && s < 500:
		return is(erpbridge.Unknown, "SAP says: %s", titleOf(p.text))
	case strings.TrimSpace(p.text) == "":
		return is(erpbridge.InDoubt, "an answer without a word")
	}
	return is(erpbridge.InDoubt, "SAP says: %s", titleOf(p.text))
}

// post sends the IDocs of a group in one request. SAP answers for all of them at once.
func (e *ERP) post(ctx context.Context, group []lifted, results []erpbridge.Result) error {
	body, err := batch(group)
	if err != nil {
		return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	answer, err := e.http.post(ctx, body)
	if err != nil {
		return e.told(deliverOp, err)
	}
	if !e.stored(answer) {
		return e.judge(deliverOp, answer)
	}
	for _, l := range group {
		results[l.index] = e.receipt(l, "", "", []byte(e.reason(titleOf(answer.text))))
	}
	return nil
}

// stored reports whether an answer says that the IDocs are in SAP's database: HTTP 200
// with the handler's own words on a whole page, or with those of the settings, or with
// nothing at all.
func (e *ERP) stored(p page) bool {
	if p.status != http.StatusOK {
		return false
	}
	text := strings.ToLower(strings.TrimSpace(p.text))
	if text == "" {
		return true
	}
	if strings.HasPrefix(text, "<") && !strings.HasSuffix(text, "</html>") {
		return false // half a page
	}
	if contains(text, stored) {
		return true
	}
	for _, s := range e.conf.StoredAnswers {
		if strings.Contains(text, strings.ToLower(s)) {
			return true
		}
	}
	return false
}

const probeOp = "sapidoc.Probe"

// ping asks for SAP's ping page as the user that IDocs are sent with.
func (e *ERP) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	answer, err := e.http.get(ctx)
	if err != nil {
		return e.told(probeOp, err)
	}
	if answer.status == http.StatusOK && reached.MatchString(answer.text) {
		if _, why := kindOfPage(answer.text); why == "" {
			return nil
		}
	}
	known := e.judge(probeOp, answer)
	if known.Kind == erpbridge.InDoubt || known.Kind == erpbridge.Unknown {
		known.Kind = erpbridge.Transient // nothing was asked for that could be in doubt
	}
	return known
}
