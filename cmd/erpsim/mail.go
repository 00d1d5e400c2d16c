package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mailsink"
	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// mailMode is how the mail server is treating its clients.
type mailMode struct {
	Mode mailsink.Mode `json:"mode"`
	// For is how long, until it accepts again. Zero: for good.
	For suitetalk.Duration `json:"for,omitzero"`
}

// mailControl shows the mails and changes the mail server's mode.
func mailControl(sink *mailsink.Sink) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/mails", func(w http.ResponseWriter, _ *http.Request) {
		mishap.WriteJSON(w, append([]mailsink.Message{}, sink.Messages()...))
	})
	mux.HandleFunc("GET /control/mails/mode", func(w http.ResponseWriter, _ *http.Request) {
		mishap.WriteJSON(w, mailMode{Mode: sink.Mode()})
	})
	mux.HandleFunc("POST /control/mails/mode", func(w http.ResponseWriter, r *http.Request) {
		var m mailMode
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&m)
		if err == nil {
			err = sink.SetModeFor(m.Mode, time.Duration(m.For))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mishap.WriteJSON(w, m)
	})
	return mux
}
