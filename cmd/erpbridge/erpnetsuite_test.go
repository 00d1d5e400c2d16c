package main

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

func openNetSuiteERP(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	w.openNetSuite(t)
	account := w.netsuite
	for i, m := range []suitetalk.Mode{
		{Kind: suitetalk.DropBeforeEffect, Probability: 0.05},
		{Kind: suitetalk.EffectThenDrop, Probability: 0.05},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerTruncated, Probability: 0.05},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML, Probability: 0.02},
		{Kind: suitetalk.Throttle, Probability: 0.005},
		{Kind: suitetalk.AfterSubmitFailed, Probability: 0.05, Code: "USER_ERROR", Message: "A script failed after the record was saved."},
		{Kind: suitetalk.Slow, Probability: 0.1, Delay: 20 * time.Millisecond},
	} {
		m.Seed = uint64(i + 1)
		if err := account.AddMode(m); err != nil {
			t.Fatal(err)
		}
	}
	return &simulatedERP{
		section: fmt.Sprintf(`
url: %s
account: "1234567"
consumer_key: ck-0123
consumer_secret: cs-0123
token: tk-0123
token_secret: ts-0123
currencies: {USD: "1", EUR: "2", JPY: "3", KWD: "4"}
items: {placeholder: "100"}
discount_item: "101"
tax_item: "102"
shipping: {default: "200"}
payment_methods: {default: "300"}
undeposited_funds: true
mapping: {refund: {as: by-restock, residual: {code: "103"}}}`, w.serve(t, account.Handler())+netsuitePath),
		booked: func() map[string]booking {
			all := map[string]booking{}
			for _, r := range account.Records("salesOrder") {
				all[afterDash(r.ExternalID)] = booking{state: stateIn(r.Memo), total: r.Total}
			}
			return all
		},
		refunds: func() map[string][]string {
			all := map[string][]string{}
			for _, typ := range []string{"returnAuthorization", "creditMemo", "cashRefund"} {
				for _, r := range account.Records(typ) {
					id := afterDash(r.ExternalID)
					all[id] = append(all[id], r.Total)
				}
			}
			return all
		},
		effects: func() (all []effected) {
			for _, e := range netsuiteJournal(t, account) {
				if e.Kind == suitetalk.Effect && e.Record.Type == "salesOrder" {
					all = append(all, effected{order: afterDash(e.Record.ExternalID), create: e.Action == suitetalk.Create, state: stateIn(e.Record.Memo)})
				}
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			mishaps := map[string]int{}
			for _, m := range account.Modes() {
				mishaps[string(m.Kind)] += m.Fired
			}
			maps.DeleteFunc(mishaps, func(_ string, n int) bool { return n == 0 })
			return account.State().Arrivals, mishaps, nil
		},
	}
}

func netsuiteJournal(t *testing.T, account *suitetalk.Server) []suitetalk.Entry {
	t.Helper()
	entries, err := account.Journal()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}
