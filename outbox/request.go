package outbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Demand is what a dispatcher with free hands asks the queue for.
type Demand struct {
	Target   string
	Requests int    // at most
	Limits   Limits // of the target
	Batch    Batch
	Lease    time.Duration
	// Hold is how long a request may keep its permission to be open, once its time
	// has come: the daemon may go down in it.
	Hold time.Duration
}

// Batch says how events travel together in one request.
type Batch struct {
	Events int           // at most
	Bytes  int           // at most, of all bodies; 0: any
	Linger time.Duration // how long the first one waits for the others
}

// A Request is one call to make of a target: the entries of one or more events,
// either all to deliver or all to look up, or documents to ask about, and the permission to make it.
type Request struct {
	// Slot is the permission.
	Slot string
	// Wait is how long after the claim the request's time comes.
	Wait    time.Duration
	Entries []Entry
	// Confirm: its entries are with the ERP, which is asked whether they are booked.
	Confirm bool
}

// A candidate is a stream that is due, locked but not yet leased.
type candidate struct {
	name     string
	store    string
	find     bool
	due      time.Time
	together int // 0: no bound of its own
	bytes    int
}

// compose makes up to n requests of candidates, which come store by store. The
// stores take turns, so one store's flood does not keep the others waiting. What
// travels together is of one sort: all to look up or all to deliver, and with the
// same bound.
func compose(cs []candidate, n int, b Batch) [][]candidate {
	var requests [][]candidate
	taken := make([]bool, len(cs))
	turns := takeTurns(cs)
	for i, first := range turns {
		if len(requests) == n {
			break
		}
		if taken[first] {
			continue
		}
		most := max(b.Events, 1)
		if t := cs[first].together; t > 0 {
			most = min(most, t)
		}
		var request []candidate
		bytes := 0
		for _, at := range turns[i:] {
			c := cs[at]
			if taken[at] || c.find != cs[first].find || c.together != cs[first].together {
				continue
			}
			if len(request) == most || len(request) > 0 && b.Bytes > 0 && bytes+c.bytes > b.Bytes {
				break
			}
			taken[at] = true
			bytes += c.bytes
			request = append(request, c)
		}
		requests = append(requests, request)
	}
	return requests
}

// inTurn sorts candidates so that the stores after the one that had the last turn
// come first. Most claims are for the one hand that became free: were the oldest
// document's store always first, a flood of one store would be served whole before
// the others.
func inTurn(cs []candidate, last string) []candidate {
	slices.SortStableFunc(cs, func(a, b candidate) int {
		if served := a.store <= last; served != (b.store <= last) {
			if served {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.store, b.store)
	})
	return cs
}

// takeTurns returns the places of cs in an order in which the stores take turns.
func takeTurns(cs []candidate) []int {
	var stores []string
	of := make(map[string][]int)
	for i, c := range cs {
		if _, ok := of[c.store]; !ok {
			stores = append(stores, c.store)
		}
		of[c.store] = append(of[c.store], i)
	}
	turns := make([]int, 0, len(cs))
	for round := 0; len(turns) < len(cs); round++ {
		for _, s := range stores {
			if round < len(of[s]) {
				turns = append(turns, of[s][round])
			}
		}
	}
	return turns
}

func newSlot() string { return uuid.NewString() }
