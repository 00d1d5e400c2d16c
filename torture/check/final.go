package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Final is how things stand when everything has come to rest. Its parts are what the
// daemon's commands print as JSON, and the mail server's list.
type Final struct {
	Status      Status       `json:"status"`       // erpbridge status
	DeadLetters []DeadLetter `json:"dead_letters"` // erpbridge dead list --all, without a limit
	Mails       []Mail       `json:"mails"`
	// Looks are the ledgers that were read on the way.
	Looks []Status `json:"looks"`
	// Leased counts what some daemon, dead or alive, still holds.
	Leased int `json:"leased"`
	// Drained is how long it took until nothing was pending, from when everything was
	// healed, and DrainLimit how long it may take. Zero: not asked.
	Drained    float64 `json:"drained_seconds"`
	DrainLimit float64 `json:"drain_limit_seconds"`
}

// Status is the ledger, as erpbridge status prints it.
type Status struct {
	Accepted int64 `json:"accepted"`
	Pending  int64 `json:"pending"`
	InDoubt  int64 `json:"in_doubt"`
	Balanced bool  `json:"balanced"`
	Targets  map[string]struct {
		Balanced bool `json:"balanced"`
	} `json:"targets"`
	// Broker is nil if the broker could not be asked.
	Broker *struct {
		Messages int `json:"messages"`
		Dead     int `json:"dead"`
	} `json:"broker"`
}

// The states of a dead letter.
const (
	stateOpen     = "open"
	stateReplayed = "replayed"
)

// A DeadLetter is one of erpbridge dead list.
type DeadLetter struct {
	ID      int64  `json:"id"`
	State   string `json:"state"` // open, replayed or discarded
	Store   string `json:"store"`
	Order   string `json:"order"`
	Stream  string `json:"stream"` // order/7000000001001, perhaps with the store in front
	Kind    string `json:"kind"`
	Key     string `json:"key"` // shop/order/7000000001001/20260105t130501z-0123456789ab/SalesOrder
	Waiting int64  `json:"waiting_behind"`
}

// orderID returns the storefront's id of the order, 0 if it does not say.
func (d DeadLetter) orderID() int64 {
	_, rest, _ := strings.Cut("/"+d.Key, "/order/")
	if d.Key == "" {
		_, rest, _ = strings.Cut("/"+d.Stream, "/order/")
	}
	id, _, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// document returns which state and which record a dead letter is about, where it is
// about a document.
func (d DeadLetter) document() (time.Time, kind, bool) {
	_, rest, ok := strings.Cut("/"+d.Key, "/order/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return time.Time{}, 0, false
	}
	stamp, _, _ := strings.Cut(parts[1], "-")
	at, err := time.Parse("20060102T150405.999999999Z", strings.ToUpper(stamp))
	k := slices.IndexFunc(kindNames[:], func(name string) bool { return strings.EqualFold(name, parts[2]) })
	return at, kind(k), err == nil && k >= 0
}

// A Mail is one that the mail server took. MessageID may be empty; where it is given,
// mails with the same one count once, because it is the mark of a repetition.
type Mail struct {
	MessageID  string    `json:"message_id"`
	ReceivedAt time.Time `json:"receivedAt"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
}

// check judges I7 to I10.
func (f Final) check(s *Summary, limits Limits) {
	f.pending(s)
	f.mailed(s)
	f.pace(s, limits.MailsPerHour)
	f.ledger(s)
	if f.DrainLimit > 0 && f.Drained > f.DrainLimit {
		s.Late = true
		s.say("it took %.1f s to drain behind the last fault; the limit is %.1f s", f.Drained, f.DrainLimit)
	}
}

// pending is I7.
func (f Final) pending(s *Summary) {
	// What waits behind an open dead letter waits for the operator. Two letters of one
	// order have the same behind them.
	behind := map[int64]int64{}
	for _, d := range f.DeadLetters {
		if d.State == stateOpen {
			behind[d.orderID()] = max(behind[d.orderID()], d.Waiting)
		}
	}
	excused := int64(0)
	for _, n := range behind {
		excused += n
	}
	parts := []struct {
		what  string
		count int64
	}{
		{"pending beyond the %d that wait behind dead letters", max(0, f.Status.Pending-excused)},
		{"in doubt", f.Status.InDoubt},
		{"leased", int64(f.Leased)},
	}
	if f.Status.Broker != nil {
		parts = append(parts, []struct {
			what  string
			count int64
		}{{"messages with the broker", int64(f.Status.Broker.Messages)}, {"in the broker's dead-letter queue", int64(f.Status.Broker.Dead)}}...)
	} else {
		s.blame(&s.Pending, "nobody could ask the broker what it still holds")
	}
	for i, p := range parts {
		if p.count == 0 {
			continue
		}
		s.Pending += int(p.count)
		if i == 0 {
			p.what = fmt.Sprintf(p.what, excused)
		}
		s.say("%d %s at the end", p.count, p.what)
	}
}

var (
	letterInMail = regexp.MustCompile(`erpbridge dead show ([0-9]+)`)
	moreInMail   = regexp.MustCompile(`and ([0-9]+) more of this cause`)
)

// mailed is the first half of I8. A mail names the first twenty of a cause and counts
// the others.
func (f Final) mailed(s *Summary) {
	s.DeadLetters = len(f.DeadLetters)
	in := map[int64]int{}
	counted := 0
	for _, m := range f.mails() {
		named := map[int64]bool{}
		for _, found := range letterInMail.FindAllStringSubmatch(m.Text, -1) {
			if id, err := strconv.ParseInt(found[1], 10, 64); err == nil {
				named[id] = true
			}
		}
		for id := range named {
			in[id]++
		}
		for _, found := range moreInMail.FindAllStringSubmatch(m.Text, -1) {
			if n, err := strconv.Atoi(found[1]); err == nil {
				counted += n
			}
		}
	}
	for _, d := range f.DeadLetters {
		switch n := in[d.ID]; {
		case n > 1:
			s.blame(&s.MailViolations, "dead letter %d (order %s) is in %d mails", d.ID, d.Order, n)
		case n == 0 && counted > 0:
			counted--
		case n == 0:
			s.blame(&s.MailViolations, "dead letter %d (order %s) is in no mail", d.ID, d.Order)
		}
	}
}

// mails returns the mails without repetitions, oldest first.
func (f Final) mails() []Mail {
	var all []Mail
	seen := map[string]bool{}
	for _, m := range f.Mails {
		if m.MessageID != "" && seen[m.MessageID] {
			continue
		}
		seen[m.MessageID] = true
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Mail) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return all
}

// pace is the second half of I8. A repetition is a mail that somebody has to read, so
// it counts here.
func (f Final) pace(s *Summary, most int) {
	s.Mails = len(f.Mails)
	times := make([]time.Time, len(f.Mails))
	for i, m := range f.Mails {
		times[i] = m.ReceivedAt
	}
	slices.SortFunc(times, time.Time.Compare)
	first, over := 0, false
	for i, t := range times {
		for t.Sub(times[first]) >= time.Hour {
			first++
		}
		n := i - first + 1
		s.MaxMailsHour = max(s.MaxMailsHour, n)
		switch {
		case most == 0 || n <= most:
		case over: // one sentence says it; each mail too many counts
			s.MailViolations++
		default:
			s.blame(&s.MailViolations, "there were %d mails in the hour before %s; the limit is %d", n, t.Format(time.RFC3339), most)
		}
		over = most > 0 && n > most
	}
}

// ledger is I9.
func (f Final) ledger(s *Summary) {
	for i, look := range append(slices.Clone(f.Looks), f.Status) {
		ok := look.Balanced
		for _, t := range look.Targets {
			ok = ok && t.Balanced
		}
		if !ok {
			s.Balanced = false
			s.say("the ledger did not balance at look %d of %d", i+1, len(f.Looks)+1)
		}
	}
	if f.Status.Accepted < int64(s.Accepted) {
		s.Balanced = false
		s.say("the ledger has %d accepted events; the storefront was told so of %d", f.Status.Accepted, s.Accepted)
	}
}
