package suitetalk

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/{port}", s.serveSOAP)
	mux.HandleFunc(elsewhere, func(w http.ResponseWriter, _ *http.Request) {
		s.followed.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("/control/", LoopbackOnly(s.control()))
	return mux
}

// control is the interface a test steers the simulator by.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, s.State())
	})
	mux.HandleFunc("GET /control/account", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, s.Account())
	})
	mux.HandleFunc("POST /control/account", s.serveSetAccount)
	mux.HandleFunc("GET /control/records", s.serveRecords)
	mux.HandleFunc("GET /control/journal", s.serveJournal)
	mux.HandleFunc("GET /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, s.Modes())
	})
	mux.HandleFunc("POST /control/modes", s.serveAddMode)
	mux.HandleFunc("DELETE /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearModes()
		writeJSON(w, s.Modes())
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Reset(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, s.State())
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
	writeJSON(w, list)
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
	writeJSON(w, s.Modes())
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(v) // the client may have gone
}

// LoopbackOnly refuses requests that come from another machine.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err == nil {
			if addr, perr := netip.ParseAddr(host); perr == nil && addr.Unmap().IsLoopback() {
				next.ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "only for this machine", http.StatusForbidden)
	})
}
