package mishap

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
)

// largest is the largest request that steers a simulated ERP, in bytes.
const largest = 1 << 20

// Control steers a simulated ERP that goes wrong by odds:
//
//	GET  /control/state    what state returns, as JSON
//	POST /control/faults   changes the odds: those that are not named become nought
func Control[Faults any](state func() any, set func(Faults)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/state", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, state()) })
	mux.HandleFunc("POST /control/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		set(f)
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// ControlModes lets mux steer a simulated ERP that goes wrong by rules, its modes:
//
//	GET    /control/modes   those in force, which all three answer with
//	POST   /control/modes   puts one more in force
//	DELETE /control/modes   takes all out of force
func ControlModes[Mode any](mux *http.ServeMux, list func() []Mode, add func(Mode) error, forget func()) {
	mux.HandleFunc("GET /control/modes", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, list()) })
	mux.HandleFunc("POST /control/modes", func(w http.ResponseWriter, r *http.Request) {
		var m Mode
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest)).Decode(&m)
		if err == nil {
			err = add(m)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		WriteJSON(w, list())
	})
	mux.HandleFunc("DELETE /control/modes", func(w http.ResponseWriter, _ *http.Request) {
		forget()
		WriteJSON(w, list())
	})
}

// WriteJSON answers with a value, for people to read.
func WriteJSON(w http.ResponseWriter, v any) {
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
