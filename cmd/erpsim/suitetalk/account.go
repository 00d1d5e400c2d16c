package suitetalk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// A Duration is written as text: "1.5s".
type Duration time.Duration

// MarshalText writes the duration as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// An Account is what of an account can be changed while it runs: its limits, and
// what kind of ERP it is for those who send a thing twice.
type Account struct {
	// Concurrency is how many requests may run at once. Negative: any number.
	Concurrency int `json:"concurrency"`
	// RequestsPerSecond bounds the requests in any one second. Zero: any number.
	RequestsPerSecond int `json:"requestsPerSecond"`

	// NoUniqueExternalID makes every upsert and every add create a record, whether
	// or not another one has its externalId.
	NoUniqueExternalID bool `json:"noUniqueExternalId"`
	// ForgetKeysAfter makes an externalId be taken only for so long after the last
	// write of its record: the upsert after that creates another one. Zero: for ever.
	ForgetKeysAfter Duration `json:"forgetKeysAfter"`
	// FindAll makes a look-up by an externalId answer with every record that has it,
	// oldest first, one readResponse each. Without it the oldest is the answer.
	FindAll bool `json:"findAll"`
	// AllOrNothing makes a list of which one record cannot be written fail as a
	// whole, with a fault that says why of that record, and nothing written.
	AllOrNothing bool `json:"allOrNothing"`
}

func (a Account) check() error {
	switch {
	case a.Concurrency == 0:
		return fmt.Errorf("a concurrency of 0 lets nobody in: give -1 for any number")
	case a.RequestsPerSecond < 0:
		return fmt.Errorf("%d requests a second", a.RequestsPerSecond)
	case a.ForgetKeysAfter < 0:
		return fmt.Errorf("keys cannot be forgotten after %v", time.Duration(a.ForgetKeysAfter))
	}
	return nil
}

// Account returns how the account is set up now.
func (s *Server) Account() Account {
	s.accountMu.Lock()
	defer s.accountMu.Unlock()
	return s.account
}

// SetAccount changes how the account is set up, for requests that come from now
// on. A restart begins with the Config again.
func (s *Server) SetAccount(a Account) error {
	return s.changeAccount(func(now *Account) error {
		*now = a
		return nil
	})
}

func (s *Server) changeAccount(change func(*Account) error) error {
	s.accountMu.Lock()
	defer s.accountMu.Unlock()
	next := s.account
	if err := change(&next); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	s.account = next
	s.gate.setLimits(next.Concurrency, next.RequestsPerSecond)
	return nil
}

// serveSetAccount changes what the body names and leaves the rest.
func (s *Server) serveSetAccount(w http.ResponseWriter, r *http.Request) {
	err := s.changeAccount(func(a *Account) error {
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
		dec.DisallowUnknownFields()
		return dec.Decode(a)
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	mishap.WriteJSON(w, s.Account())
}
