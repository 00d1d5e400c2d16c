package shopapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// TestLongWait: a shop that wants to be left alone for two hours is left alone for as long
// as is believed, and not asked again at once.
func TestLongWait(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7200": longWait, "3600": longWait, "9999999": 0, "1e300": 0, "Inf": 0, "0.5": 500 * time.Millisecond,
		"-7200": 0, "NaN": 0, "": 0, "soon": 0, "0": 0,
		"Fri, 31 Dec 2100 23:59:59 GMT": longWait, "Fri, 31 Dec 1999 23:59:59 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, time.Now()); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestCutAnswer: an answer that breaks off is asked for again, whatever it was about to
// say, and so is one that never begins.
func TestCutAnswer(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`[{"id":1}]`))
		},
		"gone": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) { answer(w) })
		res, err := c.Do(t.Context(), Request{Path: "/orders"})
		if erpbridge.KindOf(err) != erpbridge.Transient || res != nil {
			t.Errorf("%s: %v, %v", name, res, err)
		}
	}
}

// TestNoAddressInErrors: what stands in a query is nobody's business.
func TestNoAddressInErrors(t *testing.T) {
	c := client(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := c.Do(t.Context(), Request{Path: "/customers", Query: map[string][]string{"email": {"ada@example.com"}}})
	var e *erpbridge.Error
	if !errors.As(err, &e) || strings.Contains(err.Error(), "ada") {
		t.Errorf("%v", err)
	}
}
