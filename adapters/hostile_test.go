package adapters_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

const (
	// bodySize is what the bounds below are for.
	bodySize = 1 << 20
	// mostMemory is what may be allocated for one message of that size. All that is ever
	// allocated is counted, so the most that is held at once is less.
	mostMemory = 64 << 20
)

// filled returns before and after with as much of fill between them, and of filler
// between two of it, as goes into a body of the size the bounds are for.
func filled(before, fill, filler, after string) []byte {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; ; i++ {
		next := fill
		if strings.Contains(fill, "%") {
			next = fmt.Sprintf(fill, i)
		}
		if b.Len()+len(filler)+len(next)+len(after) > bodySize {
			break
		}
		if i > 0 {
			b.WriteString(filler)
		}
		b.WriteString(next)
	}
	b.WriteString(after)
	return []byte(b.String())
}

// noise are bodies of no platform that are as costly for their size as can be.
func noise() map[string][]byte {
	half := bodySize / 2
	return map[string][]byte{
		"brackets that open":        []byte(strings.Repeat("[", bodySize)),
		"brackets that close":       []byte(strings.Repeat("[", half) + strings.Repeat("]", half)),
		"objects inside each other": []byte(strings.Repeat(`{"a":`, bodySize/6) + "1" + strings.Repeat("}", bodySize/6)),
		"empty lists":               filled("[", "[]", ",", "]"),
		"empty objects":             filled("[", "{}", ",", "]"),
		"numbers":                   filled("[", "1", ",", "]"),
		"long numbers":              filled("[", strings.Repeat("9", 64), ",", "]"),
		"one long number":           []byte(strings.Repeat("9", bodySize)),
		"a number with many zeros":  []byte("1" + strings.Repeat("0", bodySize-1)),
		"an exponent without end":   []byte("1e" + strings.Repeat("9", bodySize-2)),
		"blanks":                    []byte(strings.Repeat(" ", bodySize)),
		"blanks around":             []byte(strings.Repeat("\n", half) + "{}" + strings.Repeat("\t", half)),
		"no JSON":                   []byte(strings.Repeat("x", bodySize)),
		"no UTF-8":                  []byte(`{"id":"` + strings.Repeat("\xff", bodySize-9) + `"}`),
		"XML":                       filled(`<?xml version="1.0"?>`, "<a>", "", ""),
		"a form":                    filled("", "a%d=1", "&", ""),
		"a long id":                 []byte(`{"id":"` + strings.Repeat("7", bodySize-9) + `"}`),
	}
}

// bombs are bodies of that kind that begin as a thing does.
func bombs(th thing) map[string][]byte {
	half := bodySize / 2
	all := map[string][]byte{
		"members":                    filled(th.before, `,"a%d":0`, "", th.after),
		"members of one long name":   []byte(th.before + `,"` + strings.Repeat("a", half-len(th.before)) + `":1,"` + strings.Repeat("a", half-len(th.before)-20) + `":1` + th.after),
		"members of the same name":   filled(th.before, `,"id":0`, "", th.after),
		"members inside each other":  []byte(th.before + `,"a":` + strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60) + th.after),
		"a long text":                []byte(th.before + `,"note":"` + strings.Repeat("x", bodySize-len(th.before)-len(th.after)-10) + `"` + th.after),
		"escapes":                    filled(th.before+`,"note":"`, `\u00e9`, "", `"`+th.after),
		"control characters":         filled(th.before+`,"note":"`, `\u0000`, "", `"`+th.after),
		"control characters in name": filled(th.before+`,"name":"`, `\u0001`, "", `"`+th.after),
	}
	for _, list := range th.lists {
		open := th.before + `,"` + list + `":[`
		for _, element := range []string{"{}", "null", "0", `""`, "[]", `{"id":%d}`, th.element} {
			all[list+" of "+element] = filled(open, element, ",", "]"+th.after)
		}
		all[list+" of texts"] = filled(open, `"`+strings.Repeat(`\u0000`, 100)+`"`, ",", "]"+th.after)
		// As many as the limit on elements lets through.
		all[list+" in all places"] = []byte(open + strings.TrimSuffix(strings.Repeat(th.element+",", 15_000), ",") + "]" + th.after)
	}
	open, element := th.before+`,"`+th.lists[0]+`":[`, strings.TrimSuffix(th.element, "}")
	for _, inner := range th.inner {
		for _, one := range []string{"{}", `{"price":"1"}`, `{"name":"x","value":"y"}`} {
			many := strings.TrimSuffix(strings.Repeat(one+",", 19_000), ",")
			all["one with "+inner+" of "+one] = []byte(open + element + `,"` + inner + `":[` + many + "]}]" + th.after)
		}
		all["each with "+inner] = filled(open, element+`,"`+inner+`":[{},{},{},{},{},{},{},{}]}`, ",", "]"+th.after)
	}
	for name, body := range all {
		if len(body) > bodySize {
			all[name] = body[:bodySize]
		}
	}
	return all
}

// message returns a body as a message that has just come in.
func message(topic string, body []byte) erpbridge.Message {
	return erpbridge.Message{
		ID: "d-1", Store: "shop", Type: topic, Via: erpbridge.ViaWebhook, Header: http.Header{}, ContentType: "application/json",
		Body: body, ReceivedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

// allocated returns how many bytes do allocates, whether or not they are held for long.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNothingCostsTooMuch gives every storefront bodies of a megabyte that are made to
// cost much: each is an event or an error with a kind, for a bounded amount of memory.
func TestNothingCostsTooMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand bodies of a megabyte, one after the other")
	}
	eachKind(t, (*testing.T).Run, func(t *testing.T, k kind, s erpbridge.Storefront) {
		judge := func(topic, name string, body []byte) {
			m := message(topic, body)
			var err error
			var events []erpbridge.Event
			if n := allocated(func() { events, err = s.Normalize(m) }); n > mostMemory {
				t.Errorf("%s, %s: %d MB are allocated (%v)", topic, name, n>>20, short(err))
			}
			if e := (*erpbridge.Error)(nil); err != nil && (!errors.As(err, &e) || e.Kind == erpbridge.Unknown || e.Op == "") || err == nil && len(events) == 0 {
				t.Errorf("%s, %s: %d events, %v", topic, name, len(events), short(err))
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("%s, %s: an error of %d bytes", topic, name, len(err.Error()))
			}
			m.ID, m.Type = "", ""
			if n := allocated(func() { _, err = s.Verify(m) }); n > mostMemory || erpbridge.KindOf(err) != erpbridge.Refused {
				t.Errorf("%s, %s: unsigned: %v, %d MB are allocated", topic, name, short(err), n>>20)
			}
		}
		for name, body := range noise() {
			judge(k.things[0].topic, name, body)
		}
		for _, th := range k.things {
			for name, body := range bombs(th) {
				judge(th.topic, name, body)
			}
		}
	})
}

// TestUnusableButProven: what is signed as it must be and cannot be read is named, to be
// recorded, and is an error of kind Invalid when it is to be understood.
func TestUnusableButProven(t *testing.T) {
	bodies := noise()
	bodies["empty"], bodies["null"], bodies["a list"], bodies["cut off"] = []byte{}, []byte("null"), []byte("[]"), []byte(`{"id":`)
	eachKind(t, (*testing.T).Run, func(t *testing.T, k kind, s erpbridge.Storefront) {
		if k.sign == nil {
			if k.unsigned == "" {
				t.Fatal("nothing says how it is signed: add it to kinds")
			}
			t.Skip(k.unsigned)
		}
		for name, body := range bodies {
			m := message(k.things[0].topic, body)
			m.Header = k.sign(m)
			m.ID, m.Type = "", ""
			got, err := s.Verify(m)
			if kind := erpbridge.KindOf(err); kind != "" && kind != erpbridge.Invalid {
				t.Errorf("%s: Verify = %s, %v", name, kind, short(err))
				continue
			}
			if got.ID == "" || got.Type == "" || !bytes.Equal(got.Body, body) {
				t.Errorf("%s: recorded as %q of type %q, %d bytes of %d", name, got.ID, got.Type, len(got.Body), len(body))
			}
			if err != nil {
				continue // it could not even be named
			}
			if events, err := s.Normalize(got); erpbridge.KindOf(err) != erpbridge.Invalid || events != nil {
				t.Errorf("%s: Normalize = %d events, %v", name, len(events), short(err))
			}
		}
	})
}

// TestWhatIsMeantIsRead: what the bombs are made of is a message each storefront
// understands, or they would prove nothing.
func TestWhatIsMeantIsRead(t *testing.T) {
	eachKind(t, (*testing.T).Run, func(t *testing.T, k kind, s erpbridge.Storefront) {
		for _, th := range k.things {
			body := th.before + `,"` + th.lists[0] + `":[` + th.element + `]` + th.after
			if events, err := s.Normalize(message(th.topic, []byte(body))); err != nil || len(events) == 0 {
				t.Errorf("%s: %s: %d events, %v", th.topic, body, len(events), err)
			}
		}
	})
}

func short(err error) string {
	text := fmt.Sprint(err)
	return text[:min(len(text), 120)]
}
