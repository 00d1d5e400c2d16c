package ingest

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// An answer is all that a sender is ever told: one of those below.
type answer struct {
	status     int
	text       string
	retryAfter int    // seconds; 0 is none
	allow      string // the methods there are, for 405
	hangUp     bool   // the rest of the request is not worth reading
	plain      bool   // text is the whole answer
}

var (
	accepted    = answer{status: http.StatusOK, text: "accepted"}
	unreadable  = answer{status: http.StatusBadRequest, text: "the body could not be read", hangUp: true}
	senseless   = answer{status: http.StatusBadRequest, text: "the message cannot be understood"}
	unproven    = answer{status: http.StatusUnauthorized, text: "the request is not signed as it must be"}
	notFound    = answer{status: http.StatusNotFound, text: "there is nothing here"}
	notAllowed  = answer{status: http.StatusMethodNotAllowed, text: "only POST is taken here", allow: http.MethodPost}
	tooLarge    = answer{status: http.StatusRequestEntityTooLarge, text: "the body is too large", hangUp: true}
	encoded     = answer{status: http.StatusUnsupportedMediaType, text: "the body must not be compressed"}
	broken      = answer{status: http.StatusInternalServerError, text: "something went wrong"}
	busy        = answer{status: http.StatusServiceUnavailable, text: "too many requests are under way", retryAfter: 1}
	full        = answer{status: http.StatusServiceUnavailable, text: "too many requests are under way", retryAfter: 1, hangUp: true}
	unavailable = answer{status: http.StatusServiceUnavailable, text: "nothing can be stored at the moment", retryAfter: 2}
)

// echo returns the answer to a challenge: its text, and nothing that a browser could
// take for a page.
func echo(text string) answer { return answer{status: http.StatusOK, text: text, plain: true} }

// unchecked returns the answer to somebody whose signature cannot be checked at the
// moment. It says what unavailable says.
func unchecked(after time.Duration) answer {
	a := unavailable
	a.retryAfter = max(a.retryAfter, min(int(after.Round(time.Second)/time.Second), mostRetryAfter))
	return a
}

// mostRetryAfter keeps what another server asks for from becoming a day of silence.
const mostRetryAfter = 300

func (a answer) write(w http.ResponseWriter, id string) {
	h := w.Header()
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	if a.allow != "" {
		h.Set("Allow", a.allow)
	}
	if a.hangUp {
		h.Set("Connection", "close")
	}
	if a.plain {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.text) // as in writeJSON
		return
	}
	if a.status == http.StatusOK {
		writeJSON(w, a.status, struct {
			Status  string `json:"status"`
			Request string `json:"request"`
		}{a.text, id})
		return
	}
	writeJSON(w, a.status, struct {
		Error   string `json:"error"`
		Request string `json:"request"`
	}{a.text, id})
}

// writeJSON writes v, which is one of this package's structs and always has a
// JSON form.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A sender that is gone cannot be told, and sends again.
	_, _ = w.Write(append(body, '\n'))
}

// newID returns a request's ID, by which an answer is found in the log.
func newID() string { return rand.Text()[:16] }
