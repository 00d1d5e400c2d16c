package check

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/journal"
)

// verdict is what of a summary is a finding.
type verdict struct {
	Lost, Duplicate, Inversions, Limit, Invented, Corrupted, Pending, Refused, Mail int
	Unbalanced, Late                                                                bool
}

func (s Summary) verdict() verdict {
	return verdict{
		s.Lost, s.DuplicateEffects, s.Inversions, s.LimitViolations, s.Invented, s.Corrupted, s.Pending, s.Refused, s.MailViolations,
		!s.Balanced, s.Late,
	}
}

func judge(t testing.TB, s *story) Summary {
	t.Helper()
	sum, err := Check(s.input(t))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestCleanStory(t *testing.T) {
	got := judge(t, clean())
	want := Summary{
		Seed: 1, Kills: 2, Cuts: 3, Seconds: 4, Balanced: true, Violations: []string{},
		Accepted: 14, Sent: 16, Unknown: 2, States: 16, Effects: 28, Requests: 13, MaxConcurrency: 1, MaxPerSecond: 1,
		DeadLetters: 3, Mails: 3, MaxMailsHour: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !got.Clean() {
		t.Error("it is not clean")
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(raw, &line); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"seed", "kills", "cuts", "accepted", "lost", "duplicate_effects", "inversions", "limit_violations", "invented", "corrupted",
		"pending", "balanced", "seconds", "violations",
	} {
		if _, ok := line[name]; !ok {
			t.Errorf("%q is missing in %s", name, raw)
		}
	}
}

// Each mutation of the clean story turns red what it breaks, and nothing else.
func TestMutations(t *testing.T) {
	tests := []struct {
		name   string
		mutate func(t *testing.T, s *story)
		want   verdict
		says   string // in the one violation
	}{
		{"the newest state has no effect", func(t *testing.T, s *story) {
			for _, k := range []kind{customer, salesOrder, deposit} {
				s.remove(t, k, 1001, 3)
			}
		}, verdict{Lost: 1}, "order 1001, version 3 (event e-1001-3) was accepted; neither"},
		{"an order has no effect at all", func(t *testing.T, s *story) {
			s.remove(t, customer, 1008, 1)
			s.remove(t, salesOrder, 1008, 1)
			s.remove(t, salesOrder, 1008, 1)
			s.DeadLetters, s.Mails[2].Text = s.DeadLetters[:2], "erpbridge dead show 8"
		}, verdict{Lost: 1}, "order 1008, version 1"},
		{"a dead letter is not in the list", func(_ *testing.T, s *story) {
			s.DeadLetters = slices.Delete(s.DeadLetters, 1, 2)
		}, verdict{Lost: 1}, "order 1007, version 2"},
		{"a change behind a dead letter is gone", func(_ *testing.T, s *story) {
			s.DeadLetters[0].Waiting, s.Status.Pending = 0, 0
		}, verdict{Lost: 1}, "order 1003, version 2"},
		{"a replayed letter that was never delivered", func(t *testing.T, s *story) {
			s.DeadLetters[1].State = "replayed"
		}, verdict{Lost: 1}, "order 1007, version 2"},

		{"an effect again", func(_ *testing.T, s *story) {
			s.write(1001, 3, false, salesOrder)
		}, verdict{Duplicate: 1}, "salesOrder of order 1001, version 3 (event e-1001-3, effect"},
		{"a customer again", func(_ *testing.T, s *story) {
			s.write(1002, 3, false, customer)
		}, verdict{Duplicate: 1}, "customer of order 1002, version 3"},
		{"a deposit again", func(_ *testing.T, s *story) {
			s.write(1002, 3, false, deposit)
		}, verdict{Duplicate: 1}, "customerDeposit of order 1002, version 3"},
		{"an old state again over the new one", func(_ *testing.T, s *story) {
			s.write(1001, 2, false, salesOrder)
		}, verdict{Duplicate: 1}, "salesOrder of order 1001, version 2"},
		{"a replay more than the operator asked for", func(_ *testing.T, s *story) {
			s.write(1008, 1, false, salesOrder)
		}, verdict{Duplicate: 1}, "order 1008"},
		{"an unknown event twice", func(_ *testing.T, s *story) {
			s.write(1004, 2, false, salesOrder)
		}, verdict{Duplicate: 1}, "order 1004, version 2"},

		{"an older state behind a newer one", func(_ *testing.T, s *story) {
			s.write(1002, 2, false, salesOrder)
		}, verdict{Inversions: 1}, "salesOrder of order 1002, version 2 (event e-1002-2, effect"},
		{"a final deposit that is stale", func(t *testing.T, s *story) {
			s.remove(t, deposit, 1001, 3)
		}, verdict{Inversions: 1}, "order 1001: the customerDeposit in the ERP is in the end that of version 2; it must be that of version 3"},
		{"a final customer that is stale", func(t *testing.T, s *story) {
			s.remove(t, customer, 1004, 2)
		}, verdict{Inversions: 1}, "order 1004: the customer"},

		{"an order nobody placed", func(_ *testing.T, s *story) {
			s.write(1999, 1, false, salesOrder)
		}, verdict{Invented: 1}, "shop-order-7000000001999"},
		{"a state nobody sent", func(_ *testing.T, s *story) {
			s.write(1001, 4, false, salesOrder)
		}, verdict{Invented: 1}, `the salesOrder of order 1001 has quantity "4"`},
		{"a record of a kind nobody sends", func(t *testing.T, s *story) {
			s.write(1001, 4, false, salesOrder)
			s.erp[len(s.erp)-2]["record"].(map[string]any)["type"] = "invoice"
		}, verdict{Invented: 1}, "invoice"},
		{"an unpaid order with a deposit", func(_ *testing.T, s *story) {
			s.write(1008, 1, false, deposit)
		}, verdict{Invented: 1}, "shop-deposit-7000000001008"},

		{"an amount", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 2, "39.98", "39.97999999999999")
		}, verdict{Corrupted: 1}, `version 2 (event e-1001-2, effect 7): amount is "39.97999999999999"`},
		{"a total", func(t *testing.T, s *story) {
			s.erp[s.find(t, salesOrder, 1001, 3)]["record"].(map[string]any)["total"] = "65.99"
		}, verdict{Corrupted: 1}, `total is "65.99"`},
		{"a rate", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, "19.99", "20") }, verdict{Corrupted: 1}, `rate is "20"`},
		{"a currency", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 1, `internalId="50"`, `internalId="16"`)
		}, verdict{Corrupted: 1}, `currency is ""`},
		{"an article", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 1, `internalId="101"`, `internalId="100"`)
		}, verdict{Corrupted: 1}, `item is "100"`},
		{"a reference number", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, "#1001", "1001") }, verdict{Corrupted: 1}, `otherRefNum is "1001"`},
		{"a carriage return in a note", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, "&#xD;", "") }, verdict{Corrupted: 1}, "memo is"},
		{"an escape in a note twice", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, "]]&gt;", "]]&amp;gt;") }, verdict{Corrupted: 1}, "memo is"},
		{"a note without its mark", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, mark+" ", "") }, verdict{Corrupted: 1}, "memo is"},
		{"a street", func(t *testing.T, s *story) { s.garble(t, salesOrder, 1001, 1, "1 Rue", "2 Rue") }, verdict{Corrupted: 1}, "billingAddress is"},
		{"somebody else's order", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 1, `internalId="11001"`, `internalId="11002"`)
		}, verdict{Corrupted: 1}, `entity is "internal id 11002"`},
		{"a line too many", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 1, "</s:itemList>", "<s:item><s:amount>1</s:amount></s:item></s:itemList>")
		}, verdict{Corrupted: 1}, `lines is "3"`},
		{"an open line of a cancelled order", func(t *testing.T, s *story) {
			for _, e := range s.erp {
				if r, ok := e["record"].(map[string]any); ok && r["content"] == xmlOf(salesOrder, 1006, 3, true) {
					r["content"] = strings.Replace(r["content"].(string), "<s:isClosed>true</s:isClosed>", "", 1)
				}
			}
		}, verdict{Corrupted: 1}, `closed is "some lines are"`},
		{"a customer's e-mail address", func(t *testing.T, s *story) { s.garble(t, customer, 1001, 1, "b@example.com", "c@example.com") }, verdict{Corrupted: 1}, "email is"},
		{"content that is no XML", func(t *testing.T, s *story) {
			s.garble(t, customer, 1002, 1, "</r:email>", "</")
		}, verdict{Corrupted: 1}, "cannot be read"},

		{"one at once too many", func(t *testing.T, s *story) {
			for range 3 {
				s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
				s.now = s.now.Add(time.Second)
			}
		}, verdict{Limit: 1}, "made 3 at once at the ERP; the limit is 2"},
		{"one in a second too many", func(t *testing.T, s *story) {
			for range 4 {
				n := s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
				s.entry(map[string]any{"kind": "answer", "request": n})
				s.now = s.now.Add(320 * time.Millisecond)
			}
		}, verdict{Limit: 1}, "was number 4 in one second at the ERP; the limit is 3"},

		{"one at once too many, after a time in which that is waived", func(t *testing.T, s *story) {
			s.Waived = []Span{{From: s.now, To: s.now.Add(2500 * time.Millisecond)}}
			for range 4 {
				s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
				s.now = s.now.Add(1001 * time.Millisecond)
			}
		}, verdict{Limit: 1}, "made 4 at once at the ERP; the limit is 2"},

		{"something pending", func(_ *testing.T, s *story) { s.Status.Pending = 3 }, verdict{Pending: 2}, "2 pending beyond the 1 that wait behind dead letters"},
		{"something in doubt", func(_ *testing.T, s *story) { s.Status.InDoubt = 1 }, verdict{Pending: 1}, "1 in doubt"},
		{"something leased", func(_ *testing.T, s *story) { s.Leased = 1 }, verdict{Pending: 1}, "1 leased"},
		{"something with the broker", func(_ *testing.T, s *story) { s.Status.Broker.Messages = 4 }, verdict{Pending: 4}, "4 messages with the broker"},
		{"something in the broker's dead-letter queue", func(_ *testing.T, s *story) { s.Status.Broker.Dead = 1 }, verdict{Pending: 1}, "dead-letter queue"},
		{"a broker that cannot be asked", func(_ *testing.T, s *story) { s.Status.Broker = nil }, verdict{Pending: 1}, "nobody could ask the broker"},

		{"unbalanced at the end", func(_ *testing.T, s *story) { s.Status.Balanced = false }, verdict{Unbalanced: true}, "look 3 of 3"},
		{"unbalanced once on the way", func(_ *testing.T, s *story) { s.Looks[0].Balanced = false }, verdict{Unbalanced: true}, "look 1 of 3"},
		{"a target unbalanced", func(_ *testing.T, s *story) {
			s.Looks[1] = status(1, 1, true)
			target := s.Looks[1].Targets["netsuite"]
			target.Balanced = false
			s.Looks[1].Targets["netsuite"] = target
		}, verdict{Unbalanced: true}, "look 2 of 3"},
		{"an accepted event that the ledger has not", func(_ *testing.T, s *story) { s.Status.Accepted = 13 }, verdict{Unbalanced: true}, "13 accepted events; the storefront was told so of 14"},

		{"a dead letter in no mail", func(_ *testing.T, s *story) { s.Mails = s.Mails[2:] }, verdict{Mail: 1}, "is in no mail"},
		{"more dead letters than a mail counts", func(_ *testing.T, s *story) {
			s.Mails[2].Text = strings.ReplaceAll(s.Mails[2].Text, "... and 1 more of this cause.", "")
		}, verdict{Mail: 1}, "dead letter 9"},
		{"a dead letter in two mails", func(_ *testing.T, s *story) { s.Mails[1].MessageID = "c" }, verdict{Mail: 1}, "dead letter 7 (order #1003) is in 2 mails"},
		// The one after it is too many, too.
		{"a mail too many in an hour", func(_ *testing.T, s *story) {
			s.Mails = append(s.Mails, Mail{MessageID: "d", ReceivedAt: begin.Add(59 * time.Minute), Text: "a notice"})
		}, verdict{Mail: 2}, "3 mails in the hour"},

		{"a genuine event that is always refused", func(_ *testing.T, s *story) { s.tell(1010, 1, false, 503, 401, 401) }, verdict{Refused: 1}, "event e-1010-1 is genuine"},
		{"drained too late", func(_ *testing.T, s *story) { s.Drained = 6 }, verdict{Late: true}, "6.0 s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := clean()
			tt.mutate(t, s)
			got := judge(t, s)
			if diff := cmp.Diff(tt.want, got.verdict()); diff != "" {
				t.Errorf("-want +got:\n%s%s", diff, strings.Join(got.Violations, "\n"))
			}
			if got.Clean() {
				t.Error("it counts as clean")
			}
			if len(got.Violations) != 1 || !strings.Contains(got.Violations[0], tt.says) {
				t.Errorf("it says %q, want one sentence with %q", got.Violations, tt.says)
			}
		})
	}
}

// What looks bad and is not.
func TestAllowed(t *testing.T) {
	tests := []struct {
		name   string
		mutate func(t *testing.T, s *story)
	}{
		{"an unknown event without an effect", func(t *testing.T, s *story) {
			for _, k := range []kind{customer, salesOrder, deposit} {
				s.remove(t, k, 1004, 2)
			}
		}},
		{"older states without an effect", func(t *testing.T, s *story) {
			for _, k := range []kind{customer, salesOrder} {
				s.remove(t, k, 1001, 1)
				s.remove(t, k, 1001, 2)
			}
			s.remove(t, deposit, 1001, 2)
		}},
		{"an older state, superseded by one that is dead", func(t *testing.T, s *story) {
			for _, k := range []kind{customer, salesOrder} {
				s.remove(t, k, 1007, 1)
			}
		}},
		{"numbers with more zeros", func(t *testing.T, s *story) {
			s.garble(t, salesOrder, 1001, 3, "<s:quantity>3</s:quantity>", "<s:quantity>3.0</s:quantity>")
			s.garble(t, deposit, 1001, 3, "65.98", "65.980000")
		}},
		{"the limits to the full", func(_ *testing.T, s *story) {
			var open []int64
			for range 2 {
				open = append(open, s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1}))
			}
			for _, n := range open {
				s.entry(map[string]any{"kind": "answer", "request": n})
			}
			n := s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
			s.entry(map[string]any{"kind": "answer", "request": n})
			s.now = s.now.Add(time.Second)
			s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
		}},
		{"a request that an ERP broke off long ago", func(_ *testing.T, s *story) {
			for range 4 {
				s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
				s.now = s.now.Add(longest)
			}
		}},
		{"over the limits while they are waived", func(_ *testing.T, s *story) {
			s.Waived = []Span{{From: s.now.Add(-time.Hour), To: s.now.Add(-time.Minute)}, {From: s.now, To: s.now.Add(time.Second)}}
			for range 20 {
				s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
			}
		}},
		{"no limits", func(_ *testing.T, s *story) {
			s.Limits = Limits{}
			for range 20 {
				s.entry(map[string]any{"kind": "arrival", "request": len(s.erp) + 1})
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := clean()
			tt.mutate(t, s)
			if got := judge(t, s); !got.Clean() {
				t.Errorf("%+v\n%s", got.verdict(), strings.Join(got.Violations, "\n"))
			}
		})
	}
}

// Evidence that contradicts itself gets no verdict.
func TestBadEvidence(t *testing.T) {
	tests := []struct {
		name   string
		mutate func(s *story)
	}{
		{"an answer to nobody", func(s *story) { s.sent = append(s.sent, journal.Answered{What: journal.Answer, Event: "e-9"}) }},
		{"one event with two bodies", func(s *story) {
			x := s.sent[0].(journal.Sent)
			x.Body += " "
			s.sent = append(s.sent, x)
		}},
		{"one version with two contents", func(s *story) {
			x := s.sent[0].(journal.Sent)
			x.Event, x.Body = "e-other", strings.Replace(x.Body, "State 1", "State one", 1)
			s.sent = append(s.sent, x)
		}},
		{"two versions that look the same", func(s *story) {
			x := s.sent[0].(journal.Sent)
			x.Event, x.Version = "e-other", 9
			s.sent = append(s.sent, x)
		}},
		{"a version that is older than the one before", func(s *story) {
			s.tell(1001, 4, false, 200)
			x := s.sent[len(s.sent)-2].(journal.Sent)
			x.UpdatedAt = begin
			s.sent[len(s.sent)-2] = x
		}},
		{"two orders of one customer", func(s *story) {
			x := s.sent[0].(journal.Sent)
			x.Event, x.OrderID, x.Body = "e-other", 1, strings.Replace(x.Body, "7000000001001", "1", 1)
			s.sent = append(s.sent, x)
		}},
		{"a body that does not add up", func(s *story) {
			x := s.sent[0].(journal.Sent)
			x.Event, x.OrderID, x.Body = "e-other", 1, strings.Replace(x.Body, "19.990", "19.98", 1)
			s.sent = append(s.sent, x)
		}},
		{"a body that is no JSON", func(s *story) {
			s.sent = append(s.sent, journal.Sent{What: journal.Send, Event: "e-other", Body: "{"})
		}},
		{"an effect of nothing", func(s *story) { s.entry(map[string]any{"kind": "effect", "request": 1}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := clean()
			tt.mutate(s)
			if sum, err := Check(s.input(t)); err == nil {
				t.Errorf("the verdict is %+v", sum.verdict())
			}
		})
	}
}

// The list of violations ends somewhere; the counts do not.
func TestManyViolations(t *testing.T) {
	s := clean()
	for range 200 {
		s.write(1001, 3, false, salesOrder)
	}
	if got := judge(t, s); got.DuplicateEffects != 200 || len(got.Violations) != mostViolations {
		t.Errorf("%d duplicates, %d sentences", got.DuplicateEffects, len(got.Violations))
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"long er", 6, "long…"},
		{"ab🧾cd", 4, "ab…"},
		{"ab🧾cd", 5, "ab🧾…"},
		{"abe\u0301cd", 4, "abé…"},
		{"abe\u0301cd", 5, "abécd"},
		{"abe\u0301cd", 6, "abe\u0301cd"},
		{"ab👩🏽‍🚀cd", 9, "ab…"},
		{"ab👩🏽‍🚀cdef", 10, "ab👩🏽‍🚀…"},
		{"a🇩🇪🇫🇷b", 6, "a🇩🇪…"},
		{"abc\r\ndef", 5, "abc…"},
	} {
		if got := shorten(tt.text, tt.most); got != tt.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}
