package navws

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
)

// control is the interface a test steers the simulator by.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.State()) })
	mux.HandleFunc("GET /control/records", func(w http.ResponseWriter, r *http.Request) {
		list := []Record{}
		for _, rec := range s.Records(r.URL.Query().Get("page")) {
			if ref := r.URL.Query().Get("reference"); ref == "" || ref == rec.Reference {
				list = append(list, rec)
			}
		}
		writeJSON(w, list)
	})
	mux.HandleFunc("GET /control/journal", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		out := json.NewEncoder(w)
		for _, e := range s.Journal() {
			if out.Encode(e) != nil {
				return
			}
		}
	})
	mux.HandleFunc("GET /control/modes", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Modes()) })
	mux.HandleFunc("POST /control/modes", func(w http.ResponseWriter, r *http.Request) {
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
	})
	mux.HandleFunc("DELETE /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearModes()
		writeJSON(w, s.Modes())
	})
	mux.HandleFunc("POST /control/post", func(w http.ResponseWriter, r *http.Request) {
		if !s.Post(r.URL.Query().Get("no")) {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, s.State())
	})
	mux.HandleFunc("POST /control/fields", func(w http.ResponseWriter, r *http.Request) {
		if name := r.URL.Query().Get("hide"); name != "" {
			s.Hide(name)
		}
		if name := r.URL.Query().Get("show"); name != "" {
			s.Show(name)
		}
		writeJSON(w, s.State())
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		writeJSON(w, s.State())
	})
	return mux
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(v) // the client may have gone
}

// loopbackOnly refuses requests that come from another machine.
func loopbackOnly(next http.Handler) http.Handler {
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
