package soap

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// maxWait is the longest Retry-After that is believed.
const maxWait = time.Hour

// refusals are the statuses with which a server, or what stands before it, turns a
// request away before any of it is acted upon, for as long as nobody changes the
// configuration of one of them. The sections are those of RFC 9110 that say so; what
// SAP's servers mean by 404 and 415 is the same.
//
// Those that may come after the fact are not among them: 400, 409, 412, 422 and the other
// 5xx are what applications answer as they please, and 406 is what some frameworks say
// when the work is done and the answer cannot be written.
var refusals = map[int]string{
	http.StatusUnauthorized:                "credentials or permissions were not accepted",                                  // 15.5.2
	http.StatusForbidden:                   "credentials or permissions were not accepted",                                  // 15.5.4
	http.StatusNotFound:                    "no such service answers at this URL",                                           // 15.5.5
	http.StatusMethodNotAllowed:            "no such service answers at this URL",                                           // 15.5.6
	http.StatusProxyAuthRequired:           "a proxy wants credentials",                                                     // 15.5.8
	http.StatusGone:                        "no such service answers at this URL",                                           // 15.5.11
	http.StatusLengthRequired:              "what stands before the service does not see the length of requests",            // 15.5.12
	http.StatusRequestURITooLong:           "the URL is too long",                                                           // 15.5.15
	http.StatusUnsupportedMediaType:        "the service does not take this content type: is it the right URL, or version?", // 15.5.16
	http.StatusMisdirectedRequest:          "the server does not answer for this host",                                      // 15.5.20
	http.StatusUpgradeRequired:             "the server wants another protocol",                                             // 15.5.22
	http.StatusRequestHeaderFieldsTooLarge: "the headers, credentials among them, are too large",                            // RFC 6585, 5
	http.StatusNotImplemented:              "no such service answers at this URL",                                           // 15.6.2
	http.StatusHTTPVersionNotSupported:     "the server wants another version of HTTP",                                      // 15.6.6
}

// judge decides what an HTTP answer means. broken says why raw is not the whole
// body, if it is not.
//
//	429; 413, 503 with Retry-After   Throttled: the request was turned away
//	3xx and what refusals lists      Refused: credentials or configuration
//	413                              Invalid: this one is larger than they take
//	408, 425                         Transient: the request was not taken
//	a Fault, with any other status   an Answer
//	2xx understood or empty          an Answer
//	everything else                  InDoubt
//
// What is understood is for read to say.
func judge(resp *http.Response, raw []byte, broken error, now time.Time, read reader) (*Answer, error) {
	status := resp.StatusCode
	retryAfter := resp.Header.Get("Retry-After")
	switch {
	case status == http.StatusTooManyRequests,
		retryAfter != "" && (status == http.StatusServiceUnavailable || status == http.StatusRequestEntityTooLarge):
		e := failed(erpbridge.Throttled, fmt.Errorf("HTTP %d: the other side asks for less", status))
		e.After = wait(retryAfter, now)
		return nil, e
	case status >= 300 && status < 400:
		return nil, failed(erpbridge.Refused, fmt.Errorf("HTTP %d: redirected to %s, which is not followed; correct the URL",
			status, Reason(resp.Header.Get("Location"))))
	case refusals[status] != "":
		return nil, failed(erpbridge.Refused, fmt.Errorf("HTTP %d: %s", status, refusals[status]))
	case status == http.StatusRequestEntityTooLarge:
		return nil, failed(erpbridge.Invalid, fmt.Errorf("HTTP %d: the request is larger than the other side takes", status))
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return nil, failed(erpbridge.Transient, fmt.Errorf("HTTP %d: the request was not taken", status))
	}
	if broken != nil {
		return nil, failed(erpbridge.InDoubt, broken)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		if status == http.StatusOK || status == http.StatusAccepted || status == http.StatusNoContent {
			return &Answer{Status: status, Header: resp.Header, Empty: true, Raw: raw}, nil
		}
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d without a body", status))
	}
	contentType := resp.Header.Get("Content-Type")
	a, err := readAnswer(resp, raw, contentType, read)
	if err != nil {
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d (%s) is not an answer: %w", status, Reason(contentType), err))
	}
	if a.Fault == nil && (status < 200 || status > 299) {
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d without a Fault", status))
	}
	return a, nil
}

// A reader takes a body for an answer, or says why it is none.
type reader func(raw []byte, contentType string) (*Envelope, error)

func parseEnvelope11(raw []byte, contentType string) (*Envelope, error) {
	return ParseEnvelope(raw, charset(contentType))
}

func parseEnvelope12(raw []byte, contentType string) (*Envelope, error) {
	return ParseEnvelope12(raw, charset(contentType))
}

// parsePlain takes everything but a web page.
func parsePlain(raw []byte, contentType string) (*Envelope, error) {
	if isPage(raw, contentType) {
		return nil, errors.New("it is a web page")
	}
	root, err := Parse(raw, charset(contentType))
	if err != nil {
		return &Envelope{}, nil //nolint:nilerr // it is not XML, and need not be
	}
	return &Envelope{Content: root}, nil
}

var page = regexp.MustCompile(`(?i)^\s*(<\?xml[^>]*>\s*)?(<!--[^>]*-->\s*)*<(!doctype\s+html|html|head|body|title)[\s>]`)

func isPage(raw []byte, contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	return media == "text/html" || media == "application/xhtml+xml" || page.Match(bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF")))
}

func readAnswer(resp *http.Response, raw []byte, contentType string, read reader) (*Answer, error) {
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, errors.New("it is compressed, which was not asked for")
	}
	e, err := read(raw, contentType)
	if err != nil {
		return nil, err
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Content: e.Content, Fault: e.Fault, Raw: raw}, nil
}

// RetryAfter returns how long an answer asks to wait: in seconds or until a date, and an
// hour at most.
func RetryAfter(h http.Header, now time.Time) time.Duration { return wait(h.Get("Retry-After"), now) }

// wait reads a Retry-After header, in seconds or as a date. What cannot be read
// is no time at all, and nothing is longer than an hour.
func wait(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	var d time.Duration
	if secs, err := strconv.ParseUint(header, 10, 32); err == nil {
		d = time.Duration(secs) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	} else if header != "" && strings.Trim(header, "0123456789") == "" {
		d = maxWait // a number beyond all numbers
	}
	return min(max(d, 0), maxWait)
}
