package suitetalk

// A State counts what happened since the beginning or the last reset, restarts
// included; only the maxima and InFlight begin anew with a restart.
type State struct {
	Arrivals       int `json:"arrivals"`       // requests
	RecordArrivals int `json:"recordArrivals"` // records in them, look-ups among them
	Effects        int `json:"effects"`        // creates + updates
	Creates        int `json:"creates"`
	Updates        int `json:"updates"`
	Repeats        int `json:"repeats"`     // updates that sent the same content once more
	LateEffects    int `json:"lateEffects"` // effects after the connection was cut
	Answers        int `json:"answers"`     // requests done with, dropped ones among them
	Dropped        int `json:"dropped"`     // answers nobody got
	Faults         int `json:"faults"`
	Throttled      int `json:"throttled"` // faults WS_REQUEST_BLOCKED
	Refused        int `json:"refused"`   // faults INVALID_LOGIN_CREDENTIALS

	Orders    int `json:"orders"` // sales orders held
	Customers int `json:"customers"`
	Deposits  int `json:"deposits"`

	InFlight       int `json:"inFlight"` // requests being worked on
	Admitted       int `json:"admitted"` // those of them that hold a slot of their account
	MaxConcurrency int `json:"maxConcurrency"`
	MaxPerSecond   int `json:"maxPerSecond"`
	PendingEffects int `json:"pendingEffects"` // requests whose effect is delayed
}

// count adds an entry of the journal.
func (s *State) count(e Entry) {
	switch e.Kind {
	case Arrival:
		s.Arrivals++
		s.RecordArrivals += len(e.Records)
	case Effect:
		s.Effects++
		if e.Action == Create {
			s.Creates++
		} else {
			s.Updates++
		}
		if e.Repeat {
			s.Repeats++
		}
		if e.Late {
			s.LateEffects++
		}
	case Answer:
		s.Answers++
		if e.Dropped {
			s.Dropped++
		}
		if e.Fault != "" {
			s.Faults++
		}
		switch e.Fault {
		case "WS_REQUEST_BLOCKED":
			s.Throttled++
		case "INVALID_LOGIN_CREDENTIALS":
			s.Refused++
		}
	}
}

// State returns the counts as they are now.
func (s *Server) State() State {
	s.journal.mu.Lock()
	state := s.journal.tally
	s.journal.mu.Unlock()
	s.gate.load(&state)
	held := s.ledger.counts()
	state.Orders, state.Customers, state.Deposits = held["salesOrder"], held["customer"], held["customerDeposit"]
	return state
}
