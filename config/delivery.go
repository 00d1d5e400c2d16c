package config

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Delivery is how the outbox delivers to one target. It is the one part of a
// target's section that is not the adapter's.
type Delivery struct {
	// Concurrency is how many requests may be open at once. Default 4.
	Concurrency int `yaml:"concurrency"`
	// Rate is how many requests may begin in a second; 0 is no limit. Default 0. Each call
	// of the ERP counts, also those that look something up; a file delivery counts as one.
	// Timeout has to leave room for at least four.
	Rate Rate `yaml:"rate"`
	// Batch is how many events may travel in one request. Default 1.
	Batch int `yaml:"batch"`
	// BatchBytes bounds the documents in one request; 0 is no bound. Default 0.
	BatchBytes Size `yaml:"batch_bytes"`
	// Linger is how long a request waits to be filled. Default 0: not at all.
	Linger time.Duration `yaml:"linger"`
	// Timeout bounds one attempt, with all its requests. Default 60s.
	Timeout time.Duration `yaml:"timeout"`
	// Lease is how long a daemon may hold a document before another one takes it
	// over. It must exceed Timeout by half as much again, at least 1s and at most 30s,
	// so that no document is with two daemons. Default 2m, or Timeout and a minute
	// where that is more.
	Lease time.Duration `yaml:"lease"`
	// Poll is how often to look for work that nothing announced. Default 1s.
	Poll time.Duration `yaml:"poll"`
	// LookupAfter is how long the ERP, or the network before it, may still be working on
	// a request that got no answer. So long the request counts as open, and not to find a
	// document there does not mean that it will not appear. Default 0: the request counts
	// for as long again as was waited for its answer.
	LookupAfter time.Duration `yaml:"lookup_after"`
	// AtLeastOnce says that an order may arrive twice. It must be said of a target that
	// has neither a unique key nor a way to look up. Default false.
	AtLeastOnce bool `yaml:"at_least_once"`
	// Maintenance lists the times in which the target is left alone.
	Maintenance []Maintenance `yaml:"maintenance"`
	// Retry is for what failed and may succeed.
	Retry Retry `yaml:"retry"`
	// Missing is for documents that refer to what the ERP does not have yet.
	Missing Missing `yaml:"missing"`
	// Confirm is for ERPs that store what they are sent and book it later.
	Confirm Confirm `yaml:"confirm"`
}

// Retry is how often and how long a document is tried again.
type Retry struct {
	// First is the wait after the first failure; it doubles from there. Default 2s.
	First time.Duration `yaml:"first"`
	// Max is the longest wait. Default 15m.
	Max time.Duration `yaml:"max"`
	// Attempts is how often an error that nobody understands is met before a
	// person has to look. Default 8.
	Attempts int `yaml:"attempts"`
	// Age is how long an outage may last before documents that wait for its end
	// are given up. Default 72h.
	Age time.Duration `yaml:"age"`
	// Schedule lists the waits one by one and takes the place of First and Max.
	// Its last wait repeats. Default none.
	Schedule []time.Duration `yaml:"schedule"`
}

// Missing is how often a document is tried whose reference is missing. The waits
// between are those of Retry: about two and a half hours in all by default.
type Missing struct {
	// Attempts is how often. Default 20.
	Attempts int `yaml:"attempts"`
}

// Confirm is how often and how long an ERP is asked whether it has booked what it
// accepted. Later changes of the same order wait for that.
type Confirm struct {
	// First is the wait before it is asked for the first time; it doubles from there.
	// Default 5s.
	First time.Duration `yaml:"first"`
	// Max is the longest wait. Default 5m.
	Max time.Duration `yaml:"max"`
	// Within is how long it may take. What is not confirmed by then is a dead letter, of
	// which it is known that the ERP has it: no replay sends it again without --force.
	// Default 24h.
	Within time.Duration `yaml:"within"`
}

// leastRoom is for how many requests a rate must leave time in an attempt.
const leastRoom = 4

// slack is what a lease must leave after a request's timeout, for the answer to
// be read and written down.
func slack(timeout time.Duration) time.Duration {
	return min(max(time.Second, timeout/2), 30*time.Second)
}

func deliveryDefaults() Delivery {
	return Delivery{
		Concurrency: 4,
		Batch:       1,
		Timeout:     time.Minute,
		Poll:        time.Second,
		Retry:       Retry{First: 2 * time.Second, Max: 15 * time.Minute, Attempts: 8, Age: 72 * time.Hour},
		Missing:     Missing{Attempts: 20},
		Confirm:     Confirm{First: 5 * time.Second, Max: 5 * time.Minute, Within: 24 * time.Hour},
	}
}

// A Rate is a number of requests a second, written as a decimal number: 5, 0.5.
// 0 is no limit.
type Rate float64

var rated = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6})?$`)

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	if !rated.Match(text) {
		return errors.New("want requests a second as a decimal number, such as 5 or 0.5; 0 is no limit")
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return err
	}
	*r = Rate(v)
	return nil
}

// MarshalText writes the rate as UnmarshalText reads it.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String returns the rate as a decimal number.
func (r Rate) String() string { return strconv.FormatFloat(float64(r), 'f', -1, 64) }

// check complains about settings that cannot work together.
func (d Delivery) check(c *checker, path string) {
	in := c.in(path)
	in.upTo("concurrency", int64(d.Concurrency), 1000)
	in.upTo("batch", int64(d.Batch), 1000)
	in.positive("timeout", d.Timeout)
	in.positive("poll", d.Poll)
	if least := slack(d.Timeout); c.sound(join(path, "timeout")) && d.Lease < d.Timeout+least {
		in.suggest("lease", (d.Timeout + 2*least).String(),
			"a lease of %v must exceed the timeout of %v by at least %v", d.Lease, d.Timeout, least)
	}
	if least := time.Duration(math.Ceil(leastRoom/float64(d.Rate))) * time.Second; d.Rate > 0 && c.sound(join(path, "timeout")) && d.Timeout < least {
		in.suggest("timeout", least.String(),
			"at a rate of %v/s a timeout of %v ends before the requests of one attempt may begin, up to %v of them", d.Rate, d.Timeout, leastRoom)
	}
	for i, m := range d.Maintenance {
		m.check(c, join(path, "maintenance["+strconv.Itoa(i)+"]"))
	}
	if always(d.Maintenance) {
		in.complain("maintenance", "it lasts the whole week, and nothing would ever be delivered; to stop a target for a while: erpbridge target pause")
	}

	retry := c.in(join(path, "retry"))
	retry.positive("first", d.Retry.First)
	retry.upTo("attempts", int64(d.Retry.Attempts), math.MaxInt32)
	retry.positive("age", d.Retry.Age)
	retry.atLeast("max", d.Retry.Max, "first", d.Retry.First)
	for i, wait := range d.Retry.Schedule {
		retry.positive("schedule["+strconv.Itoa(i)+"]", wait)
	}

	confirm := c.in(join(path, "confirm"))
	confirm.positive("first", d.Confirm.First)
	confirm.atLeast("max", d.Confirm.Max, "first", d.Confirm.First)
	confirm.atLeast("within", d.Confirm.Within, "first", d.Confirm.First)

	c.in(join(path, "missing")).upTo("attempts", int64(d.Missing.Attempts), math.MaxInt32)
}
