package fo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// A delivery looks before it imports, and in mode package it uploads first. The suite is
// about the one request that matters, so that those before it are answered here.
type decisive struct{ *ERP }

type decisiveKey struct{}

func (d decisive) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return d.ERP.Deliver(context.WithValue(ctx, decisiveKey{}, true), docs)
}

type preliminary struct{ next http.RoundTripper }

func (p preliminary) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
	switch {
	case req.Context().Value(decisiveKey{}) == nil:
	case req.Method == http.MethodGet:
		return answer(http.StatusOK, `{"value":[]}`)
	case strings.HasSuffix(req.URL.Path, ".GetExecutionSummaryStatus"):
		return answer(http.StatusInternalServerError, `{"error":{"message":"An error has occurred.","innererror":{"message":"Execution details were not found for execution id: x"}}}`)
	case strings.HasSuffix(req.URL.Path, ".GetAzureWriteUrl"):
		return answer(http.StatusOK, `{"value":"{\"BlobId\":\"{1}\",\"BlobUrl\":\"https://storage.example/dmf/1?sig=x\"}"}`)
	case req.Method == http.MethodPut:
		return answer(http.StatusCreated, "")
	}
	return p.next.RoundTrip(req)
}

// CloseIdleConnections lets go of idle connections.
func (p preliminary) CloseIdleConnections() {
	if c, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func TestSuite(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			tokens := 0
			erptest.Run(t, erptest.Suite{
				Open: func(t *testing.T, url string) erpbridge.ERP {
					e := open(t, "url: "+url+"\n"+mode)
					e.client.authorize = func(r *http.Request) error {
						tokens++
						r.Header.Set("Authorization", fmt.Sprintf("Bearer %d", tokens))
						return nil
					}
					e.client.api.Transport = preliminary{e.client.api.Transport}
					e.client.storage.Transport = preliminary{e.client.storage.Transport}
					return decisive{e}
				},
				Events:   []erpbridge.Event{event(placed()), event(awkward()), event(yen()), later(placed())},
				Good:     takes,
				Throttle: failing(http.StatusInternalServerError, "The server is too busy."),
				Fault:    failing(http.StatusBadRequest, "USMF is not a valid company."), FaultKind: erpbridge.Refused,
				Absent: absent,
				Alive:  func(w http.ResponseWriter, _ []byte) { _, _ = io.WriteString(w, `{"value":[]}`) },
			})
		})
	}
}

// takes answers ImportFromPackage with the id it was given, and enqueue with a message id.
func takes(w http.ResponseWriter, request []byte) {
	w.Header().Set("Content-Type", "application/json")
	if bytes.HasPrefix(request, []byte("PK")) {
		_, _ = io.WriteString(w, `"`+activity+`"`)
		return
	}
	var in struct {
		Execution string `json:"executionId"`
	}
	if err := json.Unmarshal(request, &in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintf(w, `{"@odata.context":"x","value":%q}`, in.Execution)
}

func failing(status int, words string) erptest.Answer {
	return func(w http.ResponseWriter, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":"","message":"An error has occurred.","innererror":{"message":%q}}}`, words)
	}
}

// absent knows neither orders nor imports.
func absent(w http.ResponseWriter, request []byte) {
	if len(request) == 0 {
		_, _ = io.WriteString(w, `{"value":[]}`)
		return
	}
	failing(http.StatusInternalServerError, "Execution details were not found for execution id: x")(w, nil)
}
