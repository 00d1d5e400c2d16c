package suitetalk

// A State counts what happened since the beginning or the last reset, restarts
// included; only what is counted outside of the journal begins anew with a restart:
// InFlight and all that follows it.
type State struct {
	Arrivals       int `json:"arrivals"`       // requests
	RecordArrivals int `json:"recordArrivals"` // records in them, look-ups among them
	Effects        int `json:"effects"`        // creates + updates
	Creates        int `json:"creates"`
	Updates        int `json:"updates"`
	Repeats        int `json:"repeats"`     // updates that sent the same content once more
	Duplicates     int `json:"duplicates"`  // creates of what was there already
	LateEffects    int `json:"lateEffects"` // effects after the connection was cut
	Answers        int `json:"answers"`     // requests done with, dropped ones among them
	Dropped        int `json:"dropped"`     // answers nobody got
	Faults         int `json:"faults"`
	Throttled      int `json:"throttled"` // faults WS_REQUEST_BLOCKED
	Refused        int `json:"refused"`   // faults INVALID_LOGIN_CREDENTIALS

	Orders    int `json:"orders"` // sales orders held
	Customers int `json:"customers"`
	Deposits  int `json:"deposits"`
	Refunds   int `json:"refunds"` // return authorizations, credit memos and cash refunds

	InFlight       int `json:"inFlight"`       // requests being worked on
	Admitted       int `json:"admitted"`       // those of them that hold a slot of their account
	PendingEffects int `json:"pendingEffects"` // requests whose effect is delayed
	Followed       int `json:"followed"`       // requests that came to where a redirect pointed

	Jobs        int `json:"jobs"`        // asynchronous jobs taken
	JobsWaiting int `json:"jobsWaiting"` // those of them that are not worked yet

	MaxConcurrency int `json:"maxConcurrency"` // the most InFlight ever
	MaxPerSecond   int `json:"maxPerSecond"`   // the most arrivals in any second: not the clock's, any
	// Actions are the same by operation, counted from when it is known: when the
	// request was read.
	Actions map[string]Gauge `json:"actions,omitempty"`
}

// A Gauge is what was asked of one operation.
type Gauge struct {
	Arrivals       int `json:"arrivals"`
	MaxConcurrency int `json:"maxConcurrency"`
	MaxPerSecond   int `json:"maxPerSecond"`
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
		if e.Duplicate {
			s.Duplicates++
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
	state.Followed = int(s.followed.Load())
	held := s.ledger.counts()
	state.Orders, state.Customers, state.Deposits = held["salesOrder"], held["customer"], held["customerDeposit"]
	state.Refunds = held["returnAuthorization"] + held["creditMemo"] + held["cashRefund"]
	state.Jobs, state.JobsWaiting = s.jobs.counts()
	return state
}
