package shopsim

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Control is the interface a person, or a test in another process, steers the shop by:
//
//	GET  /control/orders          what the shop holds
//	GET  /control/journal         what happened, an entry a line; ?kind= for some of it
//	GET  /control/subscriptions   where it sends what
//	GET  /control/faults          what goes wrong
//	POST /control/faults          ... from now on, as JSON; what is not named stays
//	POST /control/place?n=5       sells
//	POST /control/change?id=7     changes an order; so do refund and cancel
//	POST /control/drop            removes the subscriptions
func (s *Shop) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/orders", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Orders()) })
	mux.HandleFunc("GET /control/subscriptions", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Subscriptions()) })
	mux.HandleFunc("GET /control/journal", s.serveJournal)
	mux.HandleFunc("GET /control/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Faults()) })
	mux.HandleFunc("POST /control/faults", s.serveFaults)
	mux.HandleFunc("POST /control/place", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, object{"ids": s.Place(min(number(r, "n", 1), 10_000))})
	})
	mux.HandleFunc("POST /control/drop", func(w http.ResponseWriter, _ *http.Request) {
		s.DropSubscription()
		reply(w, http.StatusOK, s.Subscriptions())
	})
	for name, do := range map[string]func(int64) error{"change": s.Change, "refund": s.Refund, "cancel": s.Cancel} {
		mux.HandleFunc("POST /control/"+name, func(w http.ResponseWriter, r *http.Request) {
			id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
			if err == nil {
				err = do(id)
			}
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			reply(w, http.StatusOK, object{"id": id})
		})
	}
	return mux
}

func (s *Shop) serveFaults(w http.ResponseWriter, r *http.Request) {
	f := s.Faults()
	if !read(w, r, &f) {
		return
	}
	if err := s.SetFaults(f); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	reply(w, http.StatusOK, f)
}

func (s *Shop) serveJournal(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	var kinds []Kind
	if kind := r.URL.Query().Get("kind"); kind != "" {
		kinds = []Kind{Kind(kind)}
	}
	out := json.NewEncoder(w)
	for _, e := range s.Journal(kinds...) {
		if out.Encode(e) != nil {
			return // the client has gone
		}
	}
}
