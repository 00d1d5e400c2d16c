package shopsim

import (
	"fmt"
	"time"
)

// Faults are what goes wrong, most of them as probabilities from 0 to 1.
type Faults struct {
	// Of a webhook.

	Lose    float64 `json:"lose,omitzero"`    // is never sent
	Double  float64 `json:"double,omitzero"`  // is sent twice
	Shuffle float64 `json:"shuffle,omitzero"` // comes after some that were said later
	Late    float64 `json:"late,omitzero"`    // comes LateBy later
	// LateBy is a time of the platform's, as its retries are: see Config.Pace.
	LateBy time.Duration `json:"lateBy,omitzero"`

	// Of a request to the API.

	Throttle float64       `json:"throttle,omitzero"` // comes too soon, the platform says, and when to come again
	Fail     float64       `json:"fail,omitzero"`     // 500, 502 or 503
	Cut      float64       `json:"cut,omitzero"`      // the connection ends in the middle of the answer
	Slow     float64       `json:"slow,omitzero"`     // takes SlowBy longer
	SlowBy   time.Duration `json:"slowBy,omitzero"`
	// Move changes an order just before a list of orders is answered, so that it is not
	// where it was when the page before was.
	Move float64 `json:"move,omitzero"`
}

func (f Faults) check() error {
	for name, p := range map[string]float64{
		"lose": f.Lose, "double": f.Double, "shuffle": f.Shuffle, "late": f.Late, "throttle": f.Throttle,
		"fail": f.Fail, "cut": f.Cut, "slow": f.Slow, "move": f.Move,
	} {
		if p < 0 || p > 1 {
			return fmt.Errorf("%s: %v is no probability: write one from 0 to 1", name, p)
		}
	}
	if f.LateBy < 0 || f.SlowBy < 0 {
		return fmt.Errorf("lateBy and slowBy must not be negative")
	}
	return nil
}

// happens throws a die.
func (s *Shop) happens(p float64) bool { return p > 0 && s.luck.Float64() < p }
