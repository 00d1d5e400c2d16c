package main

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/sapidoc"
	"github.com/hakooi/erpbridge/cmd/erpsim/saps4"
)

func openS4ByMessage(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	return openS4(t, w, "confirm_user: s4\nconfirm_password: confirmed", saps4.Config{
		ConfirmURL: "http://" + w.listen + "/confirmations/" + w.target, ConfirmUser: "s4", ConfirmPassword: "confirmed",
	})
}

func openS4ByReadBack(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	return openS4(t, w, "confirm: read-back\nunknown_after: 1s", saps4.Config{})
}

func openS4(t *testing.T, w *erpWorld, confirm string, conf saps4.Config) *simulatedERP {
	t.Helper()
	conf.Seed, conf.User, conf.Password, conf.Recipient = 5, "erpbridge", "secret", "S4"
	conf.Faults = saps4.Faults{
		DropBefore: 0.05, DropAfter: 0.05, Generic: 0.05, TimeOut: 0.05, Page: 0.05, Overload: 0.005, Twice: 0.1,
		Slow: 0.1, SlowBy: 20 * time.Millisecond,
	}
	system := saps4.New(conf)
	url := w.serve(t, system.Handler())
	during(t, 60*time.Millisecond, func() error {
		system.Process()
		_ = system.Send() // while the daemon is away nobody takes them; they stay due
		return nil
	})
	return &simulatedERP{
		section: fmt.Sprintf(`
order_url: %[1]s/order
read_back_url: %[1]s/odata
auth: {basic: {user: erpbridge, password: secret}}
sender: SHOP
recipient: S4
sales_organization: "1010"
deliver_after: 3
%[2]s
mapping:
  customer: {default: "10100001", unknown: default}
  items: {key: [sku, variant], unknown: as-is}
  shipping: {code: FREIGHT}
  discounts: {code: DISCOUNT}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}}`, url, confirm),
		booked: func() map[string]booking {
			all := map[string]booking{}
			for ref, o := range system.Orders() {
				all[afterDash(ref)] = booking{state: stateIn(o.Text), total: o.Total(), cancelled: o.Cancelled}
			}
			return all
		},
		attempts: func() (all []attempted) {
			for _, a := range system.Attempts() {
				all = append(all, attempted{order: afterDash(a.Reference), what: fmt.Sprint("state ", stateIn(a.Text)), key: a.MessageID})
			}
			return all
		},
		effects: func() (all []effected) {
			for _, e := range system.Effects() {
				all = append(all, effected{order: afterDash(e.Reference), create: e.Op == "create", state: stateIn(e.Text)})
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			st := system.State()
			return st.Requests, st.Mishaps, st.Bad
		},
	}
}

// idocSettings are those of both ways into SAP.
const idocSettings = `
client: "100"
sender: {port: ERPBRIDGE, partner: SHOPBRIDGE}
receiver: {port: SAPS4H, partner: S4HCLNT100}
orders: {sales_org: "1010", channel: "10", division: "00", plant: "1010"}
cancel: {rejection: "00"}
mapping:
  customer: {unknown: default, default: "10100001"}
  items: {key: [sku, variant], unknown: as-is}
  units: {default: PCE}
  shipping: {as: charge, code: HD00}
  discounts: {as: charge, code: HB00}
  rounding: {as: charge, code: DIFF}
  tax: {item: {as: charge, code: MWST}, default: A1, exempt: A0}`

// idocCheckpoint is how often SAP books what it stored, and tells of it.
const idocCheckpoint = 60 * time.Millisecond

func openIDocBySOAP(t *testing.T, w *erpWorld) *simulatedERP {
	t.Helper()
	system := sapidoc.New(sapidoc.Config{
		Seed: 5, User: "BRIDGE", Password: "secret", System: "S4HCLNT100",
		AuditURL: "http://" + w.listen + "/confirmations/" + w.target, AuditUser: "SAPALE", AuditPassword: "confirmed",
		Faults: sapidoc.Faults{
			DropBefore: 0.05, DropAfter: 0.05, Page: 0.05, Generic: 0.05, GenericAfter: 0.05, Locked: 0.05, TimeOut: 0.05, Half: 0.05, Wordless: 0.05,
			Overload: 0.005, NotPosted: 0.05, Twice: 0.1, Slow: 0.1, SlowBy: 20 * time.Millisecond,
		},
	})
	url := w.serve(t, system.Handler())
	during(t, idocCheckpoint, func() error {
		system.Process()
		system.Audit()
		_ = system.Send() // while the daemon is away nobody takes them; they stay due
		system.Repair()
		return nil
	})
	return idocs(system, "transport: soap\nurl: "+url+"\nauth: {basic: {user: BRIDGE, password: secret}}\nconfirm: posted\nconfirmations: {user: SAPALE, password: confirmed}"+idocSettings)
}

func openIDocByFile(t *testing.T, _ *erpWorld) *simulatedERP {
	t.Helper()
	system := sapidoc.New(sapidoc.Config{Seed: 5, System: "S4HCLNT100", Faults: sapidoc.Faults{Stuck: 0.3, NotPosted: 0.05, Twice: 0.1}})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{in, out} {
		if err := os.Mkdir(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	during(t, idocCheckpoint, func() error {
		if err := system.ReadFolder(in, ".done"); err != nil {
			return err
		}
		system.Process()
		system.Repair()
		return nil
	})
	// One ALEAUD tells of many: a file for each would be more than are read at a time.
	during(t, 10*idocCheckpoint, func() error {
		system.Audit()
		return system.WriteAudits(out, ".done")
	})
	return idocs(system, fmt.Sprintf("transport: file\nconfirm: files\nfiles: {dir: %q, trigger: \"{name}.done\", acks: {dir: %q, match: \"*.xml\", trigger: \"{name}.done\"}}", in, out)+idocSettings)
}

func idocs(system *sapidoc.System, section string) *simulatedERP {
	return &simulatedERP{
		section: section,
		booked: func() map[string]booking {
			all := map[string]booking{}
			for _, o := range system.Orders() {
				all[afterDash(o.Reference)] = booking{total: big.NewRat(o.Total, 1000).FloatString(3), cancelled: o.Cancelled}
			}
			return all
		},
		attempts: func() (all []attempted) {
			for _, a := range system.Attempts() {
				one := attempted{order: afterDash(a.Reference), what: a.Message, key: a.DOCNUM + " " + a.MessageID}
				if a.Message != "ORDERS" {
					one.what += " " + a.DOCNUM // one for each state
				}
				all = append(all, one)
			}
			return all
		},
		effects: func() (all []effected) {
			for _, e := range system.Effects() {
				all = append(all, effected{order: afterDash(e.Reference), create: e.Op == "create"})
			}
			return all
		},
		figures: func() (int, map[string]int, []string) {
			st := system.State()
			return st.Requests, st.Mishaps, st.Bad
		},
	}
}
