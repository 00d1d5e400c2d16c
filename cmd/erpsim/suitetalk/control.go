package suitetalk

import (
	"encoding/json"
	"net/http"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/{port}", s.serveSOAP)
	mux.HandleFunc(elsewhere, func(w http.ResponseWriter, _ *http.Request) {
		s.followed.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("/control/", mishap.LoopbackOnly(s.control()))
	return mux
}

// control is the interface a test steers the simulator by.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) {
		mishap.WriteJSON(w, s.State())
	})
	mux.HandleFunc("GET /control/account", func(w http.ResponseWriter, _ *http.Request) {
		mishap.WriteJSON(w, s.Account())
	})
	mux.HandleFunc("POST /control/account", s.serveSetAccount)
	mux.HandleFunc("GET /control/records", s.serveRecords)
	mux.HandleFunc("GET /control/journal", s.serveJournal)
	mux.HandleFunc("GET /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		mishap.WriteJSON(w, s.Modes())
	})
	mux.HandleFunc("POST /control/modes", s.serveAddMode)
	mux.HandleFunc("DELETE /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearModes()
		mishap.WriteJSON(w, s.Modes())
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Reset(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		mishap.WriteJSON(w, s.State())
	})
	return mux
}

// serveRecords lists the records of ?type=, of one ?externalId= if that is given,
// with their XML if ?content=true.
func (s *Server) serveRecords(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list := []Record{}
	all, err := s.ledger.records(q.Get("type"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, rec := range all {
		if id := q.Get("externalId"); id != "" && id != rec.ExternalID {
			continue
		}
		if q.Get("content") != "true" {
			rec.Content = ""
		}
		list = append(list, rec)
	}
	mishap.WriteJSON(w, list)
}

// serveJournal sends the entries of ?kind=, or all, one a line.
func (s *Server) serveJournal(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	kind := r.URL.Query().Get("kind")
	err := s.journal.each(func(e Entry) error {
		if kind != "" && kind != string(e.Kind) {
			return nil
		}
		return out.Encode(e)
	})
	if err != nil {
		panic(http.ErrAbortHandler) // half a journal must not be taken for all of it
	}
}

func (s *Server) serveAddMode(w http.ResponseWriter, r *http.Request) {
	var m Mode
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&m); err != nil {
		http.Error(w, "reading the mode: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.AddMode(m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	mishap.WriteJSON(w, s.Modes())
}
