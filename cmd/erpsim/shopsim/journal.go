package shopsim

import (
	"encoding/json"
	"slices"
	"time"
)

// An Entry is something that happened.
type Entry struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`

	// Of a State, and of webhooks about one.
	Order  int64 `json:"order,omitempty"`
	State  int   `json:"state,omitempty"`
	Refund int64 `json:"refund,omitempty"`
	// Of a State.
	Total    string    `json:"total,omitempty"`
	Currency string    `json:"currency,omitempty"`
	Updated  time.Time `json:"updated,omitzero"`

	// Of a webhook, and of a subscription.
	Topic        string `json:"topic,omitempty"`
	Delivery     string `json:"delivery,omitempty"`
	Subscription int64  `json:"subscription,omitempty"`
	Attempt      int    `json:"attempt,omitempty"`

	// Of a request.
	Request string `json:"request,omitempty"`
	Fault   string `json:"fault,omitempty"` // what was done to it
	// Status is an answer's; of a webhook, 0: there was none.
	Status int `json:"status,omitempty"`
}

// Kind is what happened.
type Kind string

// The kinds.
const (
	State   Kind = "state"    // an order has a new state
	Lost    Kind = "lost"     // a webhook is not going to be sent
	Sent    Kind = "sent"     // a webhook was sent, and perhaps answered
	GivenUp Kind = "given-up" // a webhook is not going to be sent again
	Asked   Kind = "asked"    // the API was asked, and answered
	Removed Kind = "removed"  // a subscription was deleted or disabled
	Added   Kind = "added"    // a subscription was made, or enabled again
)

func (s *Shop) write(e Entry) {
	e.At = s.conf.Now().UTC()
	s.journal = append(s.journal, e)
	if s.conf.Journal == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		// A journal that cannot be written is complete in memory all the same.
		_, _ = s.conf.Journal.Write(append(line, '\n'))
	}
}

// Journal returns everything that happened, or what is of the kinds given.
func (s *Shop) Journal(kinds ...Kind) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for _, e := range s.journal {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	return out
}
