package soap

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// maxWait is the longest Retry-After that is believed.
const maxWait = time.Hour

// judge decides what an HTTP answer means. broken says why raw is not the whole
// body, if it is not.
//
//	429, 503 with Retry-After        Throttled: the request was turned away
//	401, 403, 404, 405, 410, 3xx     Refused: credentials or configuration
//	408, 425                         Transient: the request was not taken
//	a Fault, with any other status   an Answer
//	2xx understood or empty          an Answer
//	everything else                  InDoubt
func judge(resp *http.Response, raw []byte, broken error, now time.Time) (*Answer, error) {
	status := resp.StatusCode
	retryAfter := resp.Header.Get("Retry-After")
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && retryAfter != "":
		e := failed(erpbridge.Throttled, fmt.Errorf("HTTP %d: the other side asks for less", status))
		e.After = wait(retryAfter, now)
		return nil, e
	case status >= 300 && status < 400:
		return nil, failed(erpbridge.Refused, fmt.Errorf("HTTP %d: redirected to %s, which is not followed; correct the URL",
			status, Reason(resp.Header.Get("Location"))))
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return nil, failed(erpbridge.Refused, fmt.Errorf("HTTP %d: credentials or permissions were not accepted", status))
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone:
		return nil, failed(erpbridge.Refused, fmt.Errorf("HTTP %d: nothing answers SOAP at this URL", status))
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return nil, failed(erpbridge.Transient, fmt.Errorf("HTTP %d: the request was not taken", status))
	}
	if broken != nil {
		return nil, failed(erpbridge.InDoubt, broken)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		if status == http.StatusOK || status == http.StatusAccepted || status == http.StatusNoContent {
			return &Answer{Status: status, Empty: true, Raw: raw}, nil
		}
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d without a body", status))
	}
	contentType := resp.Header.Get("Content-Type")
	a, err := readAnswer(resp, raw, contentType)
	if err != nil {
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d (%s) is not a SOAP answer: %w", status, Reason(contentType), err))
	}
	if a.Fault == nil && (status < 200 || status > 299) {
		return nil, failed(erpbridge.InDoubt, fmt.Errorf("HTTP %d without a Fault", status))
	}
	return a, nil
}

func readAnswer(resp *http.Response, raw []byte, contentType string) (*Answer, error) {
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, errors.New("it is compressed, which was not asked for")
	}
	e, err := ParseEnvelope(raw, charset(contentType))
	if err != nil {
		return nil, err
	}
	return &Answer{Status: resp.StatusCode, Content: e.Content, Fault: e.Fault, Raw: raw}, nil
}

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
