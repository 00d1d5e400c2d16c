package suitetalk

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lastAnswer is the journal's last entry about an answer.
func lastAnswer(t *testing.T, b *testbed) Entry {
	t.Helper()
	entries, err := b.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Kind == Answer {
			return entries[i]
		}
	}
	t.Fatal("no answer was journaled")
	return Entry{}
}

// Each of these befalls one request; what matters is what the client sees and
// whether there was an effect. After it all is well again.
func TestModesOfARequest(t *testing.T) {
	for name, c := range map[string]struct {
		mode    Mode
		status  int // what the client sees; 0: the connection ends
		fault   string
		effects int
		check   func(t *testing.T, a answerXML)
	}{
		"refuse credentials": {mode: Mode{Kind: RefuseCredentials}, status: 500, fault: "INVALID_LOGIN_CREDENTIALS"},
		"unavailable": {mode: Mode{Kind: Unavailable, RetryAfter: "17"}, status: 503, check: func(t *testing.T, a answerXML) {
			if a.header.Get("Retry-After") != "17" || a.body != nil {
				t.Errorf("%v %s", a.header, a.raw)
			}
		}},
		"unavailable otherwise": {mode: Mode{Kind: Unavailable, Status: 429}, status: 429, check: func(t *testing.T, a answerXML) {
			if _, has := a.header["Retry-After"]; has {
				t.Errorf("%v", a.header)
			}
		}},
		"session expired": {mode: Mode{Kind: SessionExpired}, status: 500, fault: "SESSION_TIMED_OUT"},
		"trickle":         {mode: Mode{Kind: Trickle, Delay: time.Nanosecond}, status: 200, effects: 2, check: wantNames("c-1", "o-1")},
		"without an id": {mode: Mode{Kind: Malformed, Answer: AnswerWithoutID}, status: 200, effects: 2, check: func(t *testing.T, a answerXML) {
			wantResults(t, a, "ok", "ok")
			wantNames()(t, a)
		}},
		"maintenance": {
			mode: Mode{Kind: Maintenance}, status: 500,
			fault: "The account you are trying to access is currently unavailable while we undergo our regularly scheduled maintenance.",
		},
		"throttle": {mode: Mode{Kind: Throttle}, status: 500, fault: "WS_REQUEST_BLOCKED", check: func(t *testing.T, a answerXML) {
			if a.body.FindElement("./detail/platformFaults:exceededConcurrentRequestLimitFault") == nil {
				t.Errorf("%s", a.raw)
			}
		}},
		"a fault": {mode: Mode{Kind: Fault}, status: 500, fault: "UNEXPECTED_ERROR", check: func(t *testing.T, a answerXML) {
			if a.body.FindElement("./detail/platformFaults:unexpectedErrorFault") == nil {
				t.Errorf("%s", a.raw)
			}
		}},
		"a fault of a code": {mode: Mode{Kind: Fault, Code: "SESSION_TIMED_OUT"}, status: 500, fault: "SESSION_TIMED_OUT", check: func(t *testing.T, a answerXML) {
			if a.body.FindElement("./detail/platformFaults:invalidSessionFault") == nil {
				t.Errorf("%s", a.raw)
			}
		}},
		"a fault in another element": {mode: Mode{Kind: Fault, Code: "USER_ERROR", Message: "m", FaultElement: "asyncFault"}, status: 500, fault: "USER_ERROR", check: func(t *testing.T, a answerXML) {
			if a.body.FindElement("./detail/platformFaults:asyncFault") == nil {
				t.Errorf("%s", a.raw)
			}
		}},
		"a fault without a code":   {mode: Mode{Kind: Fault, Message: "java.lang.NullPointerException"}, status: 500, fault: "java.lang.NullPointerException"},
		"a fault that looks well":  {mode: Mode{Kind: Fault, Code: "USER_ERROR", Status: 200}, status: 200, fault: "USER_ERROR"},
		"drop before the effect":   {mode: Mode{Kind: DropBeforeEffect}},
		"drop after the effect":    {mode: Mode{Kind: EffectThenDrop}, effects: 2},
		"slow before the effect":   {mode: Mode{Kind: Slow, Delay: time.Millisecond}, status: 200, effects: 2},
		"slow before the answer":   {mode: Mode{Kind: Slow, Delay: time.Millisecond, Before: "answer"}, status: 200, effects: 2},
		"HTML":                     {mode: Mode{Kind: Malformed, Answer: AnswerHTML}, status: 200, effects: 2, check: wantBody("<!DOCTYPE html>")},
		"HTML of a gateway":        {mode: Mode{Kind: Malformed, Answer: AnswerHTML, Status: 502}, status: 502, effects: 2, check: wantBody("<!DOCTYPE html>")},
		"empty":                    {mode: Mode{Kind: Malformed, Answer: AnswerEmpty}, status: 200, effects: 2, check: wantNothing},
		"truncated":                {mode: Mode{Kind: Malformed, Answer: AnswerTruncated}, status: 200, effects: 2, check: wantBroken},
		"cut in the answer":        {mode: Mode{Kind: Malformed, Answer: AnswerCut}, effects: 2},
		"a fault after the effect": {mode: Mode{Kind: Malformed, Answer: AnswerFault200}, status: 200, fault: "UNEXPECTED_ERROR", effects: 2},
		"reordered":                {mode: Mode{Kind: Malformed, Answer: AnswerReordered}, status: 200, effects: 2, check: wantNames("o-1", "c-1")},
		"fewer":                    {mode: Mode{Kind: Malformed, Answer: AnswerFewer}, status: 200, effects: 2, check: wantNames("c-1")},
		"doubled":                  {mode: Mode{Kind: Malformed, Answer: AnswerDoubled}, status: 200, effects: 2, check: wantNames("c-1", "c-1", "o-1", "o-1")},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{})
			c.mode.Count = 1
			b.mode(c.mode)
			a, err := b.call("upsertList", ada, order1)
			switch {
			case c.status == 0 && !isCut(err):
				t.Fatalf("the connection was not cut: %v, status %d", err, a.status)
			case c.status != 0 && err != nil:
				t.Fatal(err)
			case c.status != 0 && (a.status != c.status || a.faultCode() != c.fault):
				t.Fatalf("status %d, fault %q, want %d, %q\n%s", a.status, a.faultCode(), c.status, c.fault, a.raw)
			case c.check != nil:
				c.check(t, a)
			}
			s := b.State()
			if s.Effects != c.effects || s.Arrivals != 1 || s.Answers != 1 || s.InFlight != 0 {
				t.Fatalf("%+v, want %d effects", s, c.effects)
			}
			if e := lastAnswer(t, b); e.Mode != c.mode.Kind || e.Dropped != (c.status == 0) || e.Fault != c.fault {
				t.Fatalf("journal %+v", e)
			}
			if fired := b.Modes()[0].Fired; fired != 1 {
				t.Fatalf("fired %d times", fired)
			}
			wantResults(t, b.upsert(ada, order1), "ok", "ok")
			if s := b.State(); s.Creates != 2 || s.Repeats != c.effects {
				t.Fatalf("after the mode: %+v", s)
			}
		})
	}
}

func wantBody(part string) func(*testing.T, answerXML) {
	return func(t *testing.T, a answerXML) {
		if !strings.Contains(string(a.raw), part) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%v %s", a.header, a.raw)
		}
	}
}

func wantNames(want ...string) func(*testing.T, answerXML) {
	return func(t *testing.T, a answerXML) {
		if diff := cmp.Diff(want, a.names()); diff != "" {
			t.Errorf("%s\n%s", diff, a.raw)
		}
	}
}

func wantNothing(t *testing.T, a answerXML) {
	if len(a.raw) != 0 {
		t.Errorf("%s", a.raw)
	}
}

func wantBroken(t *testing.T, a answerXML) {
	if len(a.raw) == 0 || a.body != nil {
		t.Errorf("%s", a.raw)
	}
}

func TestModesOfARecord(t *testing.T) {
	for name, c := range map[string]struct {
		mode    Mode
		prefs   string
		want    []string
		message string
		orders  int
	}{
		"reject":                {Mode{Kind: Reject, Code: "RCRD_UNEDITABLE", Message: "no"}, "", []string{"ok", "RCRD_UNEDITABLE"}, "no", 0},
		"reject by default":     {Mode{Kind: Reject}, "", []string{"ok", "USER_ERROR"}, "Please enter value(s) for: Item", 0},
		"warning":               {Mode{Kind: Warning, Message: "hm"}, "", []string{"ok", "ok WARNING"}, "hm", 1},
		"warning as error":      {Mode{Kind: Warning}, `<platformMsgs:preferences><platformMsgs:warningAsError>true</platformMsgs:warningAsError></platformMsgs:preferences>`, []string{"ok", "WARNING"}, "", 0},
		"saved, and yet failed": {Mode{Kind: AfterSubmitFailed, Message: "script"}, "", []string{"ok", "saved USER_ERROR"}, "script", 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{})
			c.mode.Count = 1
			c.mode.Match.RecordType = "salesOrder"
			b.mode(c.mode)
			a, err := b.send("2023_2", "upsertList", envelopeXML("2023_2", b.passport()+c.prefs, `<platformMsgs:upsertList>`+ada+order1+`</platformMsgs:upsertList>`))
			if err != nil {
				t.Fatal(err)
			}
			wantResults(t, a, c.want...)
			if c.message != "" && a.message() != c.message {
				t.Errorf("message %q", a.message())
			}
			refs := a.body.FindElements(".//baseRef")
			if got := refs[1].SelectAttrValue("internalId", "") != ""; got != (c.orders == 1) {
				t.Errorf("internalId given: %v\n%s", got, a.raw)
			}
			if s := b.State(); s.Orders != c.orders {
				t.Errorf("%+v", s)
			}
			wantResults(t, b.upsert(order1), "ok")
		})
	}
}

func TestALateEffectComesAfterTheLookUp(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada)
	b.mode(Mode{Kind: LateEffect, Count: 1, Delay: 200 * time.Millisecond})
	if _, err := b.call("upsertList", order1); !isCut(err) {
		t.Fatalf("the connection was not cut: %v", err)
	}
	a, err := b.call("getList", ref("salesOrder", `externalId="o-1"`))
	if err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "RCRD_DSNT_EXIST")
	if s := b.State(); s.PendingEffects != 1 || s.InFlight != 0 {
		t.Fatalf("%+v", s)
	}
	eventually(t, "the late effect", func() bool { return b.State().PendingEffects == 0 })
	if s := b.State(); s.Orders != 1 || s.LateEffects != 1 {
		t.Fatalf("%+v", s)
	}
	if a, err = b.call("getList", ref("salesOrder", `externalId="o-1"`)); err != nil {
		t.Fatal(err)
	}
	wantResults(t, a, "ok")
}

func TestResetGivesUpDelayedEffects(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: LateEffect, Delay: time.Hour})
	if _, err := b.call("upsertList", ada); !isCut(err) {
		t.Fatalf("the connection was not cut: %v", err)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(State{}, b.State()); diff != "" {
		t.Fatal(diff)
	}
	if len(b.Modes()) != 0 {
		t.Fatalf("%v", b.Modes())
	}
}

// The real one goes on with a request whose client has gone.
func TestAnEffectDoesNotWaitForItsClient(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: Slow, Count: 1, Delay: 300 * time.Millisecond})
	client := &http.Client{Timeout: 50 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	req := newRequest(t, b, "upsertList", envelopeXML("2023_2", b.passport(), `<platformMsgs:upsertList>`+ada+`</platformMsgs:upsertList>`))
	res, err := client.Do(req)
	if err == nil {
		res.Body.Close()
		t.Fatal("the client did not give up")
	}
	eventually(t, "the answer nobody waits for", func() bool { return b.State().Answers == 1 })
	if s := b.State(); s.Customers != 1 || s.Dropped != 1 || s.InFlight != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestAStaleRead(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada)
	b.mode(Mode{Kind: StaleRead, Count: 1})
	for _, want := range []string{"RCRD_DSNT_EXIST", "ok"} {
		a, err := b.call("getList", ref("customer", `externalId="c-1"`))
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, a, want)
	}
}

func TestMatch(t *testing.T) {
	order := subject{"upsertList", "salesOrder", "shop-o-1", "#1"}
	customer := subject{"upsertList", "customer", "shop-c-1", ""}
	look := subject{"getList", "salesOrder", "shop-o-1", ""}
	for name, c := range map[string]struct {
		mode     Mode
		subjects []subject
		want     bool
	}{
		"anything":                       {Mode{Kind: Throttle}, []subject{look}, true},
		"a write by default":             {Mode{Kind: EffectThenDrop}, []subject{customer}, true},
		"no look-up by default":          {Mode{Kind: EffectThenDrop}, []subject{look}, false},
		"a look-up if it is asked for":   {Mode{Kind: EffectThenDrop, Match: Match{Operation: "^get"}}, []subject{look}, true},
		"no operation of another name":   {Mode{Kind: Throttle, Match: Match{Operation: "^get"}}, []subject{order}, false},
		"one of the records":             {Mode{Kind: Throttle, Match: Match{RecordType: "salesOrder"}}, []subject{customer, order}, true},
		"none of the records":            {Mode{Kind: Throttle, Match: Match{RecordType: "salesOrder"}}, []subject{customer}, false},
		"all of it on one record":        {Mode{Kind: Throttle, Match: Match{RecordType: "customer", ExternalID: "-o-"}}, []subject{customer, order}, false},
		"externalId":                     {Mode{Kind: Throttle, Match: Match{ExternalID: "o-1$"}}, []subject{order}, true},
		"otherRefNum":                    {Mode{Kind: Throttle, Match: Match{OtherRefNum: "^#1$"}}, []subject{order}, true},
		"otherRefNum of what has no one": {Mode{Kind: Throttle, Match: Match{OtherRefNum: "^#1$"}}, []subject{customer}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := newRule(c.mode)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.fires(c.subjects); got != c.want {
				t.Fatalf("fires %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheDiceFallAlikeForTheSameSeed(t *testing.T) {
	roll := func(seed uint64) (falls string) {
		r, err := newRule(Mode{Kind: Throttle, Probability: 0.3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			if r.fires([]subject{{}}) {
				falls += "x"
			} else {
				falls += "."
			}
		}
		return falls
	}
	if once, again := roll(7), roll(7); once != again || once == roll(8) {
		t.Fatal("the dice do not follow the seed")
	}
	if n := strings.Count(roll(7), "x"); n < 30 || n > 90 {
		t.Fatalf("%d of 200 with a probability of 0.3", n)
	}
}

func TestSlowAddsUpAndTheFirstOtherModeDecides(t *testing.T) {
	var ms modes
	for _, m := range []Mode{
		{Kind: Slow, Delay: time.Second},
		{Kind: EffectThenDrop},
		{Kind: Slow, Delay: 2 * time.Second},
		{Kind: Throttle},
		{Kind: Slow, Delay: 4 * time.Second, Before: "answer"},
	} {
		if err := ms.add(m); err != nil {
			t.Fatal(err)
		}
	}
	p := ms.plan([]subject{{operation: "upsert"}})
	if p.beforeEffect != 3*time.Second || p.beforeAnswer != 4*time.Second || p.mode.Kind != EffectThenDrop {
		t.Fatalf("%+v", p)
	}
	if fired := ms.list()[3].Fired; fired != 0 {
		t.Fatal("a mode that did not decide was counted")
	}
}

func TestModesThatAreNone(t *testing.T) {
	for _, m := range []Mode{
		{},
		{Kind: "nonsense"},
		{Kind: Reject, Count: -1},
		{Kind: Reject, Probability: 1.5},
		{Kind: Slow},
		{Kind: LateEffect},
		{Kind: Slow, Delay: 1, Before: "breakfast"},
		{Kind: Malformed},
		{Kind: Malformed, Answer: "odd"},
		{Kind: Unavailable, Status: 42},
		{Kind: Unavailable, RetryAfter: "+soon"},
		{Kind: Redirect, Status: 200},
		{Kind: Trickle},
		{Kind: Throttle, For: -1},
		{Kind: Reject, Match: Match{ExternalID: "("}},
	} {
		if _, err := New(Config{Modes: []Mode{m}}); err == nil {
			t.Errorf("%+v was accepted", m)
		}
	}
}

func TestModeJSON(t *testing.T) {
	want := Mode{
		Kind: Slow, Match: Match{Operation: "upsert", RecordType: "a", ExternalID: "b", OtherRefNum: "c"}, Count: 1,
		Probability: 0.5, Seed: 7, Delay: 1500 * time.Millisecond, Before: "answer", Code: "d", Message: "e",
		FaultElement: "f", Status: 500, RetryAfter: "1", Answer: "g", Location: "h", For: Duration(time.Hour),
	}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `"delay":"1.5s"`) {
		t.Fatalf("%s", raw)
	}
	var got Mode
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for _, bad := range []string{`{"kind":"slow","delay":"soon"}`, `{"kind":"slow","dealy":"1s"}`, `{"match":{"externalID ":"x"}}`, `[]`} {
		var m Mode
		if err := json.Unmarshal([]byte(bad), &m); err == nil {
			t.Errorf("%s was read as %+v", bad, m)
		}
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal([]byte(`{`), &got); !errors.As(err, &syntax) {
		t.Errorf("%v", err)
	}
}

// What a request has not done when everything is forgotten it never does.
func TestAnEndedEpochHasNoEffects(t *testing.T) {
	b := start(t, Config{})
	epoch := b.begin()
	defer b.running.Done()
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if out := b.save(epoch, write{verb: upsert, sub: submissionOf(t, ada)}); out.saved || !out.failed {
		t.Fatalf("%+v", out)
	}
	b.later(epoch, 0, func() { t.Error("it was done later") })
	if s := b.State(); s.Effects != 0 || s.PendingEffects != 0 {
		t.Fatalf("%+v", s)
	}
}

// The ways to be told to wait, each as it comes in the header.
func TestRetryAfter(t *testing.T) {
	c := newClock()
	b := start(t, Config{Now: c.now})
	for given, want := range map[string]string{
		"17":                            "17",
		"99999999999999":                "99999999999999",
		"Fri, 31 Dec 9999 23:59:59 GMT": "Fri, 31 Dec 9999 23:59:59 GMT",
		"+90s":                          c.now().Add(90 * time.Second).UTC().Format(http.TimeFormat),
		"-1h":                           c.now().Add(-time.Hour).UTC().Format(http.TimeFormat),
	} {
		b.ClearModes()
		b.mode(Mode{Kind: Unavailable, Status: http.StatusTooManyRequests, RetryAfter: given, Count: 1})
		a, err := b.call("upsertList", ada)
		if err != nil || a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != want {
			t.Errorf("%s: %v %d %v, want %s", given, err, a.status, a.header, want)
		}
	}
	if s := b.State(); s.Effects != 0 {
		t.Fatalf("%+v", s)
	}
}

// All sessions end at once, for a while.
func TestAModeForAWhile(t *testing.T) {
	c := newClock()
	b := start(t, Config{Now: c.now})
	b.mode(Mode{Kind: SessionExpired, For: Duration(time.Minute)})
	b.mode(Mode{Kind: Slow, Delay: time.Hour, For: Duration(time.Second)})
	for range 3 {
		if a := b.upsert(ada); a.faultCode() != "SESSION_TIMED_OUT" || a.body.FindElement("./detail/platformFaults:invalidSessionFault") == nil {
			t.Fatalf("%s", a.raw)
		}
	}
	c.move(time.Minute)
	wantResults(t, b.upsert(ada), "ok")
	if fired := b.Modes()[0].Fired; fired != 3 {
		t.Fatalf("fired %d times", fired)
	}
}

func TestRedirect(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: Redirect, Count: 1})
	if _, err := b.call("upsertList", ada); err != nil { // this client follows
		t.Fatal(err)
	}
	if s := b.State(); s.Followed != 1 || s.Effects != 0 || s.Arrivals != 1 {
		t.Fatalf("%+v", s)
	}
	b.mode(Mode{Kind: Redirect, Status: 308, Location: "http://elsewhere.test/x"})
	req := newRequest(t, b, "upsertList", envelopeXML("2023_2", b.passport(), `<platformMsgs:upsertList>`+ada+`</platformMsgs:upsertList>`))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 308 || res.Header.Get("Location") != "http://elsewhere.test/x" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if s := b.State(); s.Followed != 0 {
		t.Fatalf("%+v", s)
	}
	for host, want := range map[string]string{
		"127.0.0.1:8081": "http://localhost:8081/elsewhere",
		"localhost:8081": "http://127.0.0.1:8081/elsewhere",
		"erp.test":       "http://localhost:80/elsewhere",
	} {
		if got := redirect(&Mode{}, host).header["Location"]; got != want {
			t.Errorf("%s: %s", host, got)
		}
	}
}

// A connection that is used again is reset, and what came on it was not done.
func TestResetReused(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: ResetReused, Count: 1})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ask := func() error {
		// Of a body that cannot be read twice nothing is sent again behind our back.
		req := newRequest(t, b, "upsertList", envelopeXML("2023_2", b.passport(), `<platformMsgs:upsertList>`+ada+`</platformMsgs:upsertList>`))
		req.GetBody = nil
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return errors.Join(err, res.Body.Close())
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("%v", err)
	}
	if s := b.State(); s.Arrivals != 2 || s.Effects != 1 || s.Dropped != 1 {
		t.Fatalf("%+v", s)
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connections' end", func() bool {
		client.CloseIdleConnections()
		b.conns.mu.Lock()
		defer b.conns.mu.Unlock()
		return len(b.conns.served) == 0
	})
}

func TestATrickleIsCutByAReset(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: Trickle, Delay: time.Hour})
	req := newRequest(t, b, "upsertList", envelopeXML("2023_2", b.passport(), `<platformMsgs:upsertList>`+ada+`</platformMsgs:upsertList>`))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(res.Body, first); err != nil || first[0] != '<' {
		t.Fatalf("%q %v", first, err)
	}
	if s := b.State(); s.Effects != 1 || s.InFlight != 0 {
		t.Fatalf("%+v", s)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(res.Body); !isCut(err) || len(rest) != 0 {
		t.Fatalf("%q %v", rest, err)
	}
}
