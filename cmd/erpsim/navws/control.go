package navws

import (
	"encoding/json"
	"net/http"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// control is the interface a test steers the simulator by.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) { mishap.WriteJSON(w, s.State()) })
	mux.HandleFunc("GET /control/records", func(w http.ResponseWriter, r *http.Request) {
		list := []Record{}
		for _, rec := range s.Records(r.URL.Query().Get("page")) {
			if ref := r.URL.Query().Get("reference"); ref == "" || ref == rec.Reference {
				list = append(list, rec)
			}
		}
		mishap.WriteJSON(w, list)
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
	mishap.ControlModes(mux, s.Modes, s.AddMode, s.ClearModes)
	mux.HandleFunc("POST /control/post", func(w http.ResponseWriter, r *http.Request) {
		if !s.Post(r.URL.Query().Get("no")) {
			http.NotFound(w, r)
			return
		}
		mishap.WriteJSON(w, s.State())
	})
	mux.HandleFunc("POST /control/fields", func(w http.ResponseWriter, r *http.Request) {
		if name := r.URL.Query().Get("hide"); name != "" {
			s.Hide(name)
		}
		if name := r.URL.Query().Get("show"); name != "" {
			s.Show(name)
		}
		mishap.WriteJSON(w, s.State())
	})
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		mishap.WriteJSON(w, s.State())
	})
	return mux
}
