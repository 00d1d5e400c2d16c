package outbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

// erpModel is what an ERP has of each record.
type erpModel map[string]erpbridge.Version

// Whatever becomes of the states of an order, in whatever order they come, and whatever
// operators do about them without force: no older state ever follows a newer one, the
// ledger balances, and in the end nothing is stuck and the ERP has the newest state that
// nobody gave up.
func TestHistoriesOfAnOrder(t *testing.T) {
	s := open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		order := fmt.Sprint(run)
		erp, had := erpModel{}, map[string]bool{} // of each record, and whatever it ever took
		newest, told := map[string]erpbridge.Version{}, map[string]bool{}
		gaveUp, docs := false, rapid.IntRange(1, 2).Draw(rt, "documents")
		put := func(e Entry) {
			if now, ok := erp[e.Record]; ok && e.Version.Before(now) {
				rt.Fatalf("%s of %s after %s", e.Record, e.Version, now)
			}
			erp[e.Record], had[e.Key] = e.Version, true
		}
		claimed := func() []Entry {
			rs, err := s.Claim(t.Context(), plenty(1))
			if err != nil {
				rt.Fatal(err)
			}
			if len(rs) == 0 {
				return nil
			}
			return rs[0].Entries
		}
		settle := func(vs []Verdict) {
			if late, err := s.Settle(t.Context(), vs); late != 0 || err != nil {
				rt.Fatal(late, err)
			}
		}
		work := func(outcome string) bool {
			es := claimed()
			var vs []Verdict
			for _, e := range es {
				v := Verdict{Entry: e, State: Delivered, At: e.Now, Receipt: erpbridge.Receipt{Ref: e.Key}}
				switch {
				case e.Doubtful && erp[e.Record] == e.Version:
				case e.Doubtful:
					v.State, v.Spared, v.Cause = Pending, true, kind(erpbridge.Missing, 0)
				case outcome == "dead":
					v.State, v.Cause = Dead, kind(erpbridge.Invalid, 0)
				case outcome == "doubt":
					v.State, v.Cause = InDoubt, kind(erpbridge.InDoubt, 0)
				case outcome == "doubt, there":
					put(e)
					v.State, v.Cause = InDoubt, kind(erpbridge.InDoubt, 0)
				case outcome == "dead in doubt, there":
					put(e)
					v.State, v.Cause = Dead, kind(erpbridge.InDoubt, 0)
				case outcome == "accepted":
					put(e)
					v.State, v.Stored, v.Receipt.Accepted = Accepted, true, true
				default:
					put(e)
				}
				vs = append(vs, v)
			}
			if len(vs) > 0 {
				settle(vs)
			}
			return len(vs) > 0
		}
		confirm := func(state State) bool {
			rs, err := s.ClaimAccepted(t.Context(), plenty(1))
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range rs {
				for _, e := range r.Entries {
					settle([]Verdict{{Entry: e, State: state, At: e.Now, Asked: 1, Receipt: erpbridge.Receipt{Ref: e.Taken.Ref}, Cause: map[State]error{Dead: kind(erpbridge.Invalid, 0)}[state]}})
				}
			}
			return len(rs) > 0
		}
		dead := func() []DeadLetter {
			ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{Order: "#" + order})
			if err != nil {
				rt.Fatal(err)
			}
			return ds
		}
		there := func(d DeadLetter) bool {
			_, there := had[d.Key]
			return there
		}
		discard := func(d DeadLetter) {
			if there(d) { // who looks in the ERP sees it
				if err := s.SettleDeadLetter(t.Context(), d.ID, Settlement{Actor: "olga", Note: "seen"}); err != nil {
					rt.Fatal(err)
				}
				return
			}
			gaveUp = true
			if err := s.DiscardDeadLetter(t.Context(), d.ID, "olga", "no"); err != nil {
				rt.Fatal(err)
			}
		}
		replay := func(d DeadLetter) bool {
			err := s.ReplayDeadLetter(t.Context(), d.ID, Replay{Actor: "olga", Note: "again"})
			if err != nil && !errors.Is(err, ErrNewerDelivered) {
				rt.Fatal(err)
			}
			return err == nil
		}
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			switch op := rapid.SampledFrom([]string{"record", "record", "record", "work", "work", "booked", "thrown out", "replay", "discard", "lost"}).Draw(rt, "op"); op {
			case "record":
				a := an{
					order: order, state: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "state"), docs: docs,
					at: time.Duration(rapid.IntRange(1, 4).Draw(rt, "at")) * time.Hour,
				}
				if a.state == "c" {
					a.rank = 1 // it is further along
				}
				a.id = fmt.Sprintf("%s/%s/%s", order, a.state, a.at)
				d := a.decision()
				if err := s.Record(t.Context(), []erpbridge.Decision{d}); err != nil {
					rt.Fatal(err)
				}
				for _, doc := range d.Documents {
					if !told[doc.Key] && !doc.Version.Before(newest[doc.Record]) {
						newest[doc.Record] = doc.Version // of two of one instant the one that came last
					}
					told[doc.Key] = true
				}
			case "work":
				work(rapid.SampledFrom([]string{"there", "there", "dead", "doubt", "doubt, there", "dead in doubt, there", "accepted"}).Draw(rt, "outcome"))
			case "booked":
				confirm(Delivered)
			case "thrown out":
				gaveUp = confirm(Dead) || gaveUp
			case "replay", "discard":
				if ds := dead(); len(ds) > 0 {
					d := rapid.SampledFrom(ds).Draw(rt, "dead letter")
					if op == "discard" {
						discard(d)
					} else {
						replay(d)
					}
				}
			case "lost":
				claimed()
				expire(t, s)
			}
			ledger(t, s)
		}
		for range 100 {
			moved := work("there")
			moved = confirm(Delivered) || moved
			for _, d := range dead() {
				if moved = true; !replay(d) {
					discard(d)
				}
			}
			if !moved {
				break
			}
		}
		if l := ledger(t, s); l.Pending != 0 || l.Dead != 0 {
			rt.Fatalf("something is stuck: %+v", l)
		}
		for record, version := range newest {
			if now := erp[record]; !gaveUp && now.Digest != version.Digest {
				rt.Fatalf("the ERP has %s of %s, and %s came", now, record, version)
			}
		}
	})
}
