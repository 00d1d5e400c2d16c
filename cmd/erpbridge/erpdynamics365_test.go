package main

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

func openBC(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	conf := navws.Config{Company: "CRONUS", User: "BRIDGE", Password: "key-1", LocalCurrency: "EUR"}
	for i, m := range []navws.Mode{
		{Kind: navws.DropBeforeEffect, Probability: 0.05},
		{Kind: navws.EffectThenDrop, Probability: 0.05},
		{Kind: navws.EffectThenFault, Probability: 0.05},
		{Kind: navws.HeaderOnly, Probability: 0.05},
		{Kind: navws.HeaderThenFault, Probability: 0.05},
		{Kind: navws.Locked, Probability: 0.05},
		{Kind: navws.Malformed, Answer: navws.AnswerTruncated, Probability: 0.05},
		{Kind: navws.Malformed, Answer: navws.AnswerHTML, Probability: 0.02},
		{Kind: navws.Throttle, RetryAfter: "1", Probability: 0.003},
		{Kind: navws.Slow, Probability: 0.1, Delay: 20 * time.Millisecond},
	} {
		m.Seed = uint64(i + 1)
		conf.Modes = append(conf.Modes, m)
	}
	company, err := navws.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	url := w.serve(t, company.Handler())
	t.Cleanup(func() {
		if err := company.Close(); err != nil {
			t.Error(err)
		}
	})
	return &simulatedERP{
		section: fmt.Sprintf(`
url: %s/BC/WS
company: CRONUS
local_currency: EUR
auth: {basic: {user: BRIDGE, password: key-1}}
posted_pages: [{page: PostedSalesInvoice}]
mapping:
  customer: {default: "10000", unknown: default}
  items: {key: [sku, variant], unknown: as-is}
  shipping: {code: "6810"}
  discounts: {code: "6910"}
  rounding: {code: "9140"}
  tax: {mode: item, item: {code: "5610"}}
  refund: {residual: {code: "6990"}}
  cancel: close
close_fields: {Campaign_No: CANCELLED}
credit_memo: {order_field: Your_Reference, posted_pages: [{page: PostedSalesCreditMemo}]}`, url),
		booked: func() map[string]booking {
			all := map[string]booking{}
			for _, r := range company.Records("SalesOrder") {
				all[afterDash(r.Reference)] = booking{total: r.Total, cancelled: r.Fields["Campaign_No"] == "CANCELLED"}
			}
			return all
		},
		refunds: func() map[string][]string {
			all := map[string][]string{}
			for _, r := range company.Records("SalesCreditMemo") {
				id := afterDash(r.Reference)
				all[id] = append(all[id], r.Total)
			}
			return all
		},
		effects: func() (all []effected) {
			for _, e := range company.Journal() {
				if e.Kind == navws.Effect && e.Record.Page == "SalesOrder" {
					all = append(all, effected{order: afterDash(e.Record.Reference), create: e.Action == "create"})
				}
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			st := company.State()
			mishaps := map[string]int{}
			for _, m := range company.Modes() {
				mishaps[string(m.Kind)] += m.Fired
			}
			maps.DeleteFunc(mishaps, func(_ string, n int) bool { return n == 0 })
			var bad []string
			if st.DroppedFields > 0 {
				bad = append(bad, fmt.Sprintf("%d elements that no field takes", st.DroppedFields))
			}
			return st.Requests, mishaps, bad
		},
	}
}

func openFO(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	conf := dmf.Config{
		Credentials: []dmf.Credential{{ClientID: "bridge", Secret: "hushhush"}}, TokenLife: 3 * time.Second,
		Queue: 10 * time.Millisecond, Work: 20 * time.Millisecond,
	}
	const writing = "ImportFromPackage|upload"
	for i, m := range []dmf.Mode{
		{Kind: dmf.DropBefore, Match: dmf.Match{Call: writing}, Probability: 0.05},
		{Kind: dmf.DropAfter, Match: dmf.Match{Call: writing}, Probability: 0.05},
		{Kind: dmf.CutAnswer, Match: dmf.Match{Call: writing}, Probability: 0.05},
		{Kind: dmf.FailAfter, Match: dmf.Match{Call: "ImportFromPackage"}, Probability: 0.05},
		{Kind: dmf.HTMLAfter, Match: dmf.Match{Call: "ImportFromPackage"}, Probability: 0.05},
		{Kind: dmf.Throttle, Probability: 0.002},
		{Kind: dmf.ExpireTokens, Probability: 0.01},
		{Kind: dmf.FalseAlarm, Probability: 0.05},
		{Kind: dmf.UnknownFirst, Probability: 0.05, Delay: 50 * time.Millisecond},
		{Kind: dmf.Late, Probability: 0.05, Delay: 200 * time.Millisecond},
		{Kind: dmf.Slow, Probability: 0.1, Delay: 20 * time.Millisecond},
	} {
		m.Seed = uint64(i + 1)
		conf.Modes = append(conf.Modes, m)
	}
	env, err := dmf.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	url := w.serve(t, env.Handler())
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Error(err)
		}
	})
	ids := func() map[string]string {
		byNumber := map[string]string{}
		for _, o := range w.shop.Orders() {
			byNumber["W"+o.Number] = fmt.Sprint(o.ID)
		}
		return byNumber
	}
	return &simulatedERP{
		section: fmt.Sprintf(`
url: %[1]s
legal_entity: USMF
auth: {oauth2: {token_url: "%[1]s/login/contoso/oauth2/v2.0/token", client_id: bridge, client_secret: hushhush}}
mapping:
  number: {prefix: W}
  customer: {default: US-001}
  items: {key: [sku, variant], unknown: as-is}
  shipping: {code: FREIGHT}
  discounts: {code: DISCOUNT}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}, exempt: EXEMPT}
  cancel: ignore`, url),
		booked: func() map[string]booking {
			all, byNumber := map[string]booking{}, ids()
			for _, o := range env.Orders() {
				all[byNumber[o.Number]] = booking{street: o.Header["DELIVERYADDRESSSTREET"], total: o.Total()}
			}
			return all
		},
		effects: func() (all []effected) {
			byNumber := ids()
			for _, e := range env.Journal() {
				if e.Kind == dmf.Effect && e.Record == "header" {
					all = append(all, effected{order: byNumber[e.Order], create: e.Action == "create"})
				}
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			mishaps, requests := map[string]int{}, 0
			for _, m := range env.Modes() {
				mishaps[string(m.Kind)] += m.Fired
			}
			maps.DeleteFunc(mishaps, func(_ string, n int) bool { return n == 0 })
			for _, e := range env.Journal() {
				if e.Kind == dmf.Arrival {
					requests++
				}
			}
			return requests, mishaps, nil
		},
	}
}
