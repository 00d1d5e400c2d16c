package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
	"github.com/hakooi/erpbridge/cmd/erpsim/gpws"
)

func openGP(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	company := gpws.New(gpws.Config{
		Seed: 5, User: "gp", Password: "secret", Company: "-1", PriceDecimals: map[string]string{"JPY": "0", "KWD": "3"},
		Faults: gpws.Faults{
			DropBefore: 0.05, DropAfter: 0.05, Unhandled: 0.05, FaultAfter: 0.05, Deadlock: 0.05, Busy: 0.005, Page: 0.05,
			Slow: 0.1, SlowBy: 20 * time.Millisecond,
		},
	})
	url := w.serve(t, company.Handler())
	// A cancellation says no more than a number.
	ids := func() map[string]string {
		byNumber := map[string]string{}
		for _, o := range w.shop.Orders() {
			byNumber[o.Number] = fmt.Sprint(o.ID)
		}
		return byNumber
	}
	return &simulatedERP{
		section: fmt.Sprintf(`
url: %s/DynamicsGPWebServices/DynamicsGPService.asmx
auth: {basic: {user: gp, password: secret}}
company: -1
document_type: STDORD
batch: SHOP
mapping:
  customer: {default: AARONFIT0001}
  items: {key: [sku, variant], unknown: as-is}
  shipping: {as: charge, code: freight}
  rounding: {as: charge, code: miscellaneous}
  tax: {item: {as: charge, code: miscellaneous}, default: VAT}`, url),
		booked: func() map[string]booking {
			all := map[string]booking{}
			for _, o := range company.Orders() {
				all[afterDash(o.Reference)] = booking{state: stateIn(o.Note), total: o.Total, cancelled: o.Voided}
			}
			return all
		},
		attempts: func() (all []attempted) {
			byNumber := ids()
			for _, a := range company.Attempts() {
				// A document is created or updated under one marker.
				one := attempted{order: byNumber[a.Number], what: fmt.Sprint("state ", stateIn(a.Note)), key: a.Number + " " + a.Marker}
				if a.Op == "VoidSalesOrder" {
					one.what = "void"
				}
				all = append(all, one)
			}
			return all
		},
		effects: func() (all []effected) {
			byNumber := ids()
			for _, e := range company.Effects() {
				all = append(all, effected{order: byNumber[e.Number], create: e.Op == "CreateSalesOrder", state: stateIn(e.Note)})
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			st := company.State()
			return st.Requests, st.Mishaps, st.Bad
		},
	}
}

// axMapping is that of both ways into AX.
const axMapping = `
company: USMF
deliver_after: 5
changes: ignore
mapping:
  customer: {default: "100002"}
  items: {key: [sku, variant], unknown: as-is}
  shipping: {code: FREIGHT}
  discounts: {code: DISCOUNT}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}, exempt: NONE}
  cancel: ignore`

func openAXByHTTP(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	company := aif.New(aif.Config{Seed: 5, User: "ax", Password: "secret", Company: "USMF", Faults: aif.Faults{
		DropBefore: 0.05, DropAfter: 0.05, Deadlock: 0.05, Restart: 0.05, Words: 0.05, FaultAfter: 0.05, Page: 0.05,
		Slow: 0.1, SlowBy: 20 * time.Millisecond,
	}})
	url := w.serve(t, company.Handler())
	return ax(company, "url: "+url+"\nauth: {basic: {user: ax, password: secret}}"+axMapping)
}

func openAXByFile(t *testing.T, _ *erpWorld) *simulatedERP {
	t.Helper()
	company := aif.New(aif.Config{Seed: 5, Faults: aif.Faults{Stuck: 0.3}})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{in, out} {
		if err := os.Mkdir(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	during(t, 50*time.Millisecond, func() error { return company.ReadFolder(in, out) })
	return ax(company, fmt.Sprintf("files: {dir: %q, acks: {dir: %q, match: \"*.xml\", settle: 20ms}}", in, out)+axMapping)
}

func ax(company *aif.Company, section string) *simulatedERP {
	return &simulatedERP{
		section: section,
		booked: func() map[string]booking {
			all := map[string]booking{}
			for _, table := range company.Orders() {
				all[afterDash(childText(table, "CustomerRef"))] = booking{total: aif.Total(table)}
			}
			return all
		},
		attempts: func() (all []attempted) {
			for _, a := range company.Attempts() {
				all = append(all, attempted{order: afterDash(a.Reference), what: "in whatever state", key: a.MessageID})
			}
			return all
		},
		effects: func() (all []effected) {
			for _, e := range company.Effects() {
				all = append(all, effected{order: afterDash(e.Reference), create: true})
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			st := company.State()
			return st.Requests, st.Mishaps, st.Bad
		},
	}
}

func childText(el *etree.Element, name string) string {
	if c := el.SelectElement(name); c != nil {
		return c.Text()
	}
	return ""
}
