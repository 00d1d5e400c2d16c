package outbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

var confirmPolicy = func() Policy {
	p := judgePolicy
	p.Confirm = Confirm{Asks: true, First: 5 * time.Second, Max: 5 * time.Minute, Within: 24 * time.Hour}
	return p
}()

func TestJudgeAcceptance(t *testing.T) {
	hears, deaf := confirmPolicy, confirmPolicy
	hears.Confirm.Asks, hears.Confirm.Hears = false, true
	deaf.Confirm.Asks = false
	for _, tt := range []struct {
		name   string
		policy Policy
		entry  Entry
		err    error
		want   State
		wait   time.Duration
		spared bool
		code   string
	}{
		{name: "sent", policy: confirmPolicy, entry: Entry{Attempt: 1}, want: Accepted, wait: 5 * time.Second},
		{name: "sent, the ERP has it already", policy: confirmPolicy, entry: Entry{Attempt: 1}, err: kind(erpbridge.Duplicate, 0), want: Accepted, wait: 5 * time.Second},
		{name: "looked up", policy: confirmPolicy, entry: Entry{Attempt: 2, Doubtful: true, DoubtSince: day}, want: Accepted, wait: 5 * time.Second, spared: true},
		{name: "sends word by itself", policy: hears, entry: Entry{Attempt: 1}, want: Accepted, wait: 24 * time.Hour},
		{name: "nobody will ever know", policy: deaf, entry: Entry{Attempt: 1}, want: Dead, code: "UNCONFIRMABLE"},
		{name: "nobody will ever know, looked up", policy: deaf, entry: Entry{Attempt: 2, Doubtful: true, DoubtSince: day}, want: Dead, spared: true, code: "UNCONFIRMABLE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.entry.Since = day
			v := tt.policy.Judge(tt.entry, erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "0815", Accepted: true}, Err: tt.err}, day)
			if v.State != tt.want || v.Spared != tt.spared || !v.Stored || v.Receipt.Ref != "0815" {
				t.Fatalf("state %s, spared %v, stored %v, ref %q", v.State, v.Spared, v.Stored, v.Receipt.Ref)
			}
			if tt.want == Accepted && (v.At.Sub(day) != tt.wait || v.Cause != nil) {
				t.Errorf("asked after %s, cause %v; want %s", v.At.Sub(day), v.Cause, tt.wait)
			}
			if _, code, _ := causeOf(v.Cause); code != tt.code {
				t.Errorf("code %q, want %q", code, tt.code)
			}
		})
	}
	if v := confirmPolicy.Judge(Entry{Attempt: 1}, erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}, Err: kind(erpbridge.Transient, 0)}, day); v.State != Pending || v.Stored {
		t.Errorf("an error beside a receipt that is none: %s", v.State)
	}
}

func TestJudgeConfirmation(t *testing.T) {
	hears, deaf := confirmPolicy, confirmPolicy
	hears.Confirm.Asks, hears.Confirm.Hears = false, true
	deaf.Confirm.Asks = false
	receipt := func(r erpbridge.Receipt) erpbridge.Result { return erpbridge.Result{Receipt: r} }
	still := receipt(erpbridge.Receipt{Accepted: true, Warning: "status 64"})
	fails := func(err error) erpbridge.Result { return erpbridge.Result{Err: err} }
	for _, tt := range []struct {
		name   string
		policy *Policy
		age    time.Duration
		asked  int // before
		away   bool
		result erpbridge.Result
		want   State
		wait   time.Duration
		pause  time.Duration
		code   string
		says   string // in the cause
		again  bool   // it does not count as asked
	}{
		{name: "booked", asked: 2, result: receipt(erpbridge.Receipt{Ref: "4711"}), want: Delivered},
		{name: "booked, and there already", result: fails(kind(erpbridge.Duplicate, 0)), want: Delivered},
		{name: "booked in the last moment", age: 30 * time.Hour, asked: 9, result: receipt(erpbridge.Receipt{}), want: Delivered},
		{name: "not yet, first time", result: still, want: Accepted, wait: 10 * time.Second},
		{name: "not yet, fourth time", asked: 3, age: time.Minute, result: still, want: Accepted, wait: 80 * time.Second},
		{name: "not yet, for the hundredth time", asked: 99, age: time.Hour, result: still, want: Accepted, wait: 5 * time.Minute},
		{name: "not yet, and the deadline is near", asked: 99, age: 24*time.Hour - time.Minute, result: still, want: Accepted, wait: time.Minute},
		{name: "thrown out", result: fails(rejected), want: Dead, code: "USER_ERROR"},
		{name: "thrown out after the deadline", age: 48 * time.Hour, asked: 99, result: fails(rejected), want: Dead, code: "USER_ERROR"},
		{name: "the question was wrong", result: fails(whole(erpbridge.Invalid)), want: Accepted, wait: 10 * time.Second},
		{name: "knows nothing of it", age: time.Minute, asked: 1, result: fails(kind(erpbridge.Missing, 0)), want: Accepted, wait: 20 * time.Second},
		{name: "knows nothing of it to the end", age: 24 * time.Hour, asked: 99, result: fails(&erpbridge.Error{Kind: erpbridge.Missing, Err: errors.New("no IDoc 0815")}), want: Dead, code: "NOT-CONFIRMED", says: "no IDoc 0815"},
		{name: "never booked", age: 24 * time.Hour, asked: 99, result: still, want: Dead, code: "NOT-CONFIRMED", says: "status 64"},
		{name: "away, and what it said before counts", age: 24 * time.Hour, asked: 99, result: fails(kind(erpbridge.Transient, 0)), want: Dead, code: "NOT-CONFIRMED"},
		{name: "the clock was set forward", age: 24 * 365 * time.Hour, asked: 1, result: still, want: Accepted, wait: 5 * time.Minute},
		{name: "probe of a target that is away", away: true, age: 48 * time.Hour, asked: 99, result: fails(kind(erpbridge.Transient, 0)), want: Accepted, again: true},
		{name: "probe of a target that refuses", away: true, age: 48 * time.Hour, asked: 99, result: fails(kind(erpbridge.Refused, 0)), want: Accepted, pause: 5 * time.Minute, again: true},
		{name: "probe that answers", away: true, age: 48 * time.Hour, asked: 99, result: still, want: Dead, code: "NOT-CONFIRMED"},
		{name: "throttled", result: fails(kind(erpbridge.Throttled, 30*time.Second)), want: Accepted, wait: 10 * time.Second, pause: 30 * time.Second},
		{name: "refused", result: fails(kind(erpbridge.Refused, 0)), want: Accepted, wait: 10 * time.Second, pause: 5 * time.Minute},
		{name: "nonsense", result: fails(errors.New("?")), want: Accepted, wait: 10 * time.Second},
		{name: "in doubt is no word", result: fails(kind(erpbridge.InDoubt, 0)), want: Accepted, wait: 10 * time.Second},
		{name: "held is no word", result: fails(kind(erpbridge.Held, 0)), want: Accepted, wait: 10 * time.Second},
		{name: "not asked, early", policy: &hears, age: time.Hour, result: fails(errNotAsked), want: Accepted, wait: 23 * time.Hour},
		{name: "not asked, overdue", policy: &hears, age: 24 * time.Hour, result: fails(errNotAsked), want: Dead, code: "NOT-CONFIRMED", says: "sent none"},
		{name: "not asked, overdue, away", policy: &hears, away: true, age: 24 * time.Hour, result: fails(errNotAsked), want: Dead, code: "NOT-CONFIRMED"},
		{name: "nobody will ever know", policy: &deaf, result: fails(errNotAsked), want: Dead, code: "UNCONFIRMABLE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := confirmPolicy
			if tt.policy != nil {
				p = *tt.policy
			}
			now := day.Add(tt.age)
			e := Entry{Attempt: 1, Since: day.Add(-time.Hour), Away: tt.away, Taken: &Taken{Ref: "0815", At: day, Since: day, Asked: tt.asked, Said: "status 50"}}
			v := p.Judge(e, tt.result, now)
			if v.State != tt.want || v.Pause != tt.pause || v.Spared || v.Stored {
				t.Fatalf("state %s, pause %s, spared %v, stored %v; want %s, %s", v.State, v.Pause, v.Spared, v.Stored, tt.want, tt.pause)
			}
			if tt.want == Accepted && v.At.Sub(now) != tt.wait {
				t.Errorf("asked again in %s, want %s", v.At.Sub(now), tt.wait)
			}
			if want := tt.asked + map[bool]int{false: 1, true: 0}[tt.again]; v.Asked != want {
				t.Errorf("asked %d times, want %d", v.Asked, want)
			}
			if _, code, text := causeOf(v.Cause); tt.want == Dead && (code != tt.code || !strings.Contains(text, tt.says)) {
				t.Errorf("cause %s %q", code, text)
			}
			if v.Cause == nil != (tt.want == Delivered || tt.want == Accepted && tt.result.Err == nil) {
				t.Errorf("cause %v", v.Cause)
			}
			if tt.want != Delivered && v.Receipt.Ref != "0815" || v.Receipt.Ref == "" {
				t.Errorf("ref %q", v.Receipt.Ref)
			}
		})
	}
}

// What nobody could ask about for a while is overdue only after some answers: an answer
// may have been there all the time, or comes soon after everybody is back.
func TestJudgeAfterAGap(t *testing.T) {
	hears := confirmPolicy
	hears.Confirm.Asks, hears.Confirm.Hears = false, true
	still := erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true, Warning: "no answer yet"}}
	booked := erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "4711"}}
	fails := func(k erpbridge.Kind) erpbridge.Result { return erpbridge.Result{Err: kind(k, 0)} }
	type question struct {
		late   time.Duration // after it was due
		result erpbridge.Result
		away   bool
		want   State
	}
	const minute, hour = time.Minute, time.Hour
	after := func(late time.Duration, rs ...question) []question { // the first of them comes late
		rs[0].late = late
		return rs
	}
	for name, tt := range map[string]struct {
		policy    Policy
		due       time.Duration // of the first question, after it was accepted
		asked     int
		questions []question
	}{
		"away for 30 hours, and then booked": {confirmPolicy, hour, 12, after(30*hour, question{result: booked, want: Delivered})},
		"away for 30 hours, and the answer lies there": {
			confirmPolicy, hour, 12,
			after(30*hour, question{result: still, want: Accepted}, question{result: booked, want: Delivered}),
		},
		"away for 30 hours, and no answer": {
			confirmPolicy, hour, 12,
			after(30*hour, question{result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead}),
		},
		"away right after it was accepted": {
			confirmPolicy, 5 * time.Second, 2,
			after(30*hour, question{result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead}),
		},
		"away for a little, across the deadline": {
			confirmPolicy, 23*hour + 58*minute, 300,
			after(30*minute, question{result: still, want: Accepted}, question{result: booked, want: Delivered}),
		},
		"away from the deadline on": { // it was written down a moment later that it is due then
			confirmPolicy, 24*hour + time.Second, 300,
			after(30*minute, question{result: still, want: Accepted}, question{result: booked, want: Delivered}),
		},
		"back shortly before the deadline": {
			confirmPolicy, hour, 12,
			after(22*hour+59*minute+55*time.Second, question{result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead}),
		},
		"away once more": {
			confirmPolicy, hour, 12,
			after(
				30*hour, question{result: still, want: Accepted}, question{result: still, want: Accepted},
				question{late: 5 * hour, result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead},
			),
		},
		"the ERP cannot be reached at first": {
			confirmPolicy, hour, 12,
			after(
				30*hour, question{result: fails(erpbridge.Transient), want: Accepted}, question{result: fails(erpbridge.Refused), want: Accepted},
				question{result: fails(erpbridge.Throttled), want: Accepted}, question{result: fails(erpbridge.Transient), want: Accepted},
				question{result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead},
			),
		},
		"nor was it before, so that it is probed": {
			confirmPolicy, hour, 12,
			after(
				30*hour, question{away: true, result: fails(erpbridge.Transient), want: Accepted}, question{away: true, result: fails(erpbridge.Transient), want: Accepted},
				question{away: true, result: still, want: Accepted}, question{result: still, want: Accepted}, question{result: still, want: Dead},
			),
		},
		"the ERP knows nothing of it": {
			confirmPolicy, hour, 12,
			after(
				30*hour, question{result: fails(erpbridge.Missing), want: Accepted}, question{result: fails(erpbridge.Unknown), want: Accepted},
				question{result: fails(erpbridge.Missing), want: Dead},
			),
		},
		"every question is late": { // so many are to be asked about
			confirmPolicy, 23*hour + 55*minute, 90,
			[]question{{late: 20 * minute, result: still, want: Accepted}, {late: 20 * minute, result: still, want: Accepted}, {late: 20 * minute, result: still, want: Dead}},
		},
		"a little late for its deadline": {confirmPolicy, 24 * hour, 300, after(4*minute, question{result: still, want: Dead})},
		"sends word by itself, as does its queue": {
			hears, 24 * hour, 0,
			after(30*hour, question{result: erpbridge.Result{Err: errNotAsked}, want: Accepted}, question{result: erpbridge.Result{Err: errNotAsked}, want: Dead}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			due := day.Add(tt.due)
			taken := Taken{Ref: "0815", At: day, Since: day, Asked: tt.asked}
			for i, q := range tt.questions {
				taken.Due = due
				now := due.Add(q.late)
				v := tt.policy.Judge(Entry{Attempt: 1, Since: day, Away: q.away, Taken: &taken}, q.result, now)
				if v.State != q.want {
					t.Fatalf("question %d: %s, want %s (asked %d times)", i+1, v.State, q.want, v.Asked)
				}
				if pause := v.At.Sub(now); v.State == Accepted && !q.away && now.Sub(day) >= 24*hour && pause != 5*minute {
					t.Errorf("question %d: the next in %s", i+1, pause)
				}
				taken.Asked, due = v.Asked, v.At
			}
		})
	}
}

// The outbox remembers when a question was due, so that a daemon that was away notices.
func TestDaemonAwayPastTheDeadline(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	accept(t, s)
	execute(t, s, `update outbox set asked = 99, next_at = next_at - interval '30 hours', accepted_at = accepted_at - interval '31 hours', confirm_since = confirm_since - interval '31 hours'`)
	es := asks(t, s, 1)
	v := confirmPolicy.Judge(es[0], erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}}, es[0].Now)
	if v.State != Accepted || v.Asked != 1 || es[0].Now.Sub(es[0].Taken.Due).Round(time.Hour) != 30*time.Hour {
		t.Fatalf("%s, asked %d times, due %s ago", v.State, v.Asked, es[0].Now.Sub(es[0].Taken.Due))
	}
	v.At = es[0].Now
	settle1(t, s, v)
	es = asks(t, s, 1)
	if v = confirmPolicy.Judge(es[0], erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "4711"}}, es[0].Now); v.State != Delivered {
		t.Fatalf("%s", v.State)
	}
	settle1(t, s, v)
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
}

// An overdue document says since when the ERP has it, as what, and what it said last.
func TestOverdueSaysWhatIsKnown(t *testing.T) {
	e := Entry{Taken: &Taken{Ref: "IDOC 0815", At: day, Since: day, Asked: 9}}
	v := confirmPolicy.Judge(e, erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true, Warning: "status 64"}}, day.Add(25*time.Hour))
	want := "NOT-CONFIRMED: the ERP took it at 2026-03-01T10:00:00Z as IDOC 0815 and has not confirmed for 25h0m0s that it is booked; " +
		"the last that is known is: status 64. Look in the ERP before it is sent again"
	if v.Cause == nil || v.Cause.Error() != want || erpbridge.KindOf(v.Cause) != erpbridge.InDoubt {
		t.Errorf("cause\n %v\nwant\n %s", v.Cause, want)
	}
}

func TestMissingBehindAnAcceptedOneCostsNothing(t *testing.T) {
	for tries := 1; tries < 100; tries++ {
		v := confirmPolicy.Judge(Entry{Attempt: tries, Spared: tries - 1, Since: day, Behind: true}, erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, day)
		if v.State != Pending || !v.Spared || v.At.Sub(day) != doubled(time.Second, time.Minute, tries) {
			t.Fatalf("attempt %d: %s in %s, spared %v", tries, v.State, v.At.Sub(day), v.Spared)
		}
	}
}
