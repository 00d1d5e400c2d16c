package ax2012

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
)

// scene is a port with its folders, and an order in two states.
type scene struct {
	in, out string
	sim     *aif.Company
	e       byFile
	changed *erpbridge.Order
}

func setScene(t *testing.T, conf aif.Config) *scene {
	t.Helper()
	s := &scene{in: t.TempDir(), out: t.TempDir(), sim: aif.New(conf), changed: order("1")}
	s.changed.Lines[0].Quantity, s.changed.Total = erptest.Dec("1"), usd("39.83")
	s.restart(t)
	return s
}

// restart is a daemon that knows only what lies there.
func (s *scene) restart(t *testing.T) { s.e = files(t, s.in, s.out) }

func (s *scene) run(t *testing.T) {
	t.Helper()
	if err := s.sim.ReadFolder(s.in, s.out); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) responses(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.out, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What AIF said of a state is not its answer to the next, however often the daemon was
// started between, and whoever read it.
func TestAnswerToAnEarlierStateAfterARestart(t *testing.T) {
	s := setScene(t, aif.Config{})
	first := putDown(t, s.e, erptest.Placed(order("1"), 0))
	s.run(t)
	if r := answered(t, s.e, first); r.Receipt.Ref != "SO-100000" {
		t.Fatalf("%+v", r)
	}
	s.restart(t)
	second := putDown(t, s.e, erptest.Placed(s.changed, 1))
	unmoved(t, s.e, second)
	s.restart(t)
	unmoved(t, s.e, second)
	s.run(t)
	if r := answered(t, s.e, second); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "earlier state") {
		t.Errorf("%+v", r)
	}
}

// As long as a file could be the answer to an earlier state, the next is not put down.
func TestNoLaterStateBesideAFileThatIsNotWhole(t *testing.T) {
	s := setScene(t, aif.Config{})
	first := putDown(t, s.e, erptest.Placed(order("1"), 0))
	s.run(t)
	answered(t, s.e, first)
	said := s.responses(t)[0]
	raw, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	s.e = open(t, "files: {dir: "+s.in+", acks: {dir: "+s.out+", match: '*.xml', settle: 1h}}\n").(byFile)
	write := func(body []byte) {
		t.Helper()
		if err := os.WriteFile(said, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(raw[:len(raw)/2])
	other := putDown(t, s.e, erptest.Placed(order("2"), 0)) // of an order that had no state before nothing can be there
	docs := []erpbridge.Document{erptest.One(t, s.e, erptest.Placed(s.changed, 1))}
	if r := s.e.Deliver(t.Context(), docs)[0]; erpbridge.KindOf(r.Err) != erpbridge.Transient {
		t.Fatalf("%+v", r)
	}
	if r := s.e.Find(t.Context(), docs)[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("it was put down: %+v", r)
	}
	if r := s.e.Confirm(t.Context(), []erpbridge.Accepted{other})[0]; !r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "1 files in the folder are not whole") {
		t.Errorf("%+v", r)
	}
	write(raw)
	second := putDown(t, s.e, erptest.Placed(s.changed, 1))
	if left := s.responses(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	unmoved(t, s.e, second)
}

// Where an answer to an earlier state was never seen, the next answer may be that. It is
// never taken for the booking of the later one.
func TestAnswerThatMayBeAnothersIsForAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		conf  aif.Config
		more  string
		kind  erpbridge.Kind
		wants string
	}{
		"booked":  {kind: erpbridge.Invalid, wants: "which of them that is"},
		"left":    {more: "changes: ignore\n", wants: "left as it is"},
		"refused": {conf: aif.Config{Items: []string{"PEN"}}, kind: erpbridge.Invalid, wants: "this may have been said of another"},
	} {
		t.Run(name, func(t *testing.T) {
			s := setScene(t, c.conf)
			s.e = open(t, c.more+"files: {dir: "+s.in+", acks: {dir: "+s.out+", match: '*.xml', settle: 1ms}}\n").(byFile)
			first := putDown(t, s.e, erptest.Placed(order("1"), 0))
			at, err := filepath.Glob(filepath.Join(s.in, "*.xml"))
			if err != nil || len(at) != 1 {
				t.Fatal(at, err)
			}
			unmoved(t, s.e, first) // it was given up
			second := putDown(t, s.e, erptest.Placed(s.changed, 1))
			s.run(t)
			if err := os.Remove(s.responses(t)[1]); err != nil { // the answer to one of them is there sooner
				t.Fatal(err)
			}
			for _, a := range []erpbridge.Accepted{second, first} { // that one is asked about again
				r := answered(t, s.e, a)
				said := r.Receipt.Warning
				if r.Err != nil {
					said = r.Err.Error()
				}
				if erpbridge.KindOf(r.Err) != c.kind || !strings.Contains(said, c.wants) {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// A state that comes after a refusal which was there to be read is answered for itself.
func TestStateAfterARefusal(t *testing.T) {
	s := setScene(t, aif.Config{Items: []string{"10003", "PEN"}})
	bad := order("1")
	bad.Lines[0].SKU = "NEW"
	first := putDown(t, s.e, erptest.Placed(bad, 0))
	s.run(t)
	if r := answered(t, s.e, first); erpbridge.KindOf(r.Err) != erpbridge.Invalid {
		t.Fatalf("%+v", r)
	}
	now := time.Now()
	s.e.acks.now = func() time.Time { return now }
	for range toldFor/filetransfer.LongestLook + 2 { // the refusal stays until it is needed
		now = now.Add(filetransfer.LongestLook)
		s.e.Confirm(t.Context(), nil)
	}
	s.restart(t)
	second := putDown(t, s.e, erptest.Placed(order("1"), 1))
	putDown(t, s.e, erptest.Placed(order("1"), 1)) // the same again is the same file
	unmoved(t, s.e, second)
	s.run(t)
	if r := answered(t, s.e, second); r.Err != nil || r.Receipt.Ref != "SO-100000" || r.Receipt.Warning != "" {
		t.Fatalf("%+v", r)
	}
	third := putDown(t, s.e, erptest.Placed(s.changed, 2))
	s.restart(t)
	unmoved(t, s.e, third)
}

// The crash between putting the answer away and putting the state down, and the one right
// after, lose nothing.
func TestCrashAroundALaterState(t *testing.T) {
	s := setScene(t, aif.Config{})
	first := putDown(t, s.e, erptest.Placed(order("1"), 0))
	s.run(t)
	answered(t, s.e, first)
	doc := erptest.One(t, s.e, erptest.Placed(s.changed, 1))
	if _, err := s.e.numbered(t.Context(), []message{{key: doc.Key, id: first.Ref}}); err != nil { // and down it goes
		t.Fatal(err)
	}
	s.restart(t)
	second := putDown(t, s.e, erptest.Placed(s.changed, 1))
	s.restart(t)
	s.run(t)
	putDown(t, s.e, erptest.Placed(s.changed, 1)) // what was not written down is delivered again, and the answer stays
	if r := answered(t, s.e, second); erpbridge.KindOf(r.Err) != erpbridge.Invalid {
		t.Errorf("%+v", r)
	}
}

// Several states of an order in one file have numbers of their own.
func TestStatesInOneFile(t *testing.T) {
	s := setScene(t, aif.Config{})
	docs := []erpbridge.Document{erptest.One(t, s.e, erptest.Placed(order("1"), 0)), erptest.One(t, s.e, erptest.Placed(s.changed, 1))}
	for range 2 {
		for _, r := range s.e.Deliver(t.Context(), docs) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	s.run(t)
	if r := answered(t, s.e, erpbridge.Accepted{Document: docs[0], Ref: s.e.messageID(docs[0].Record)}); erpbridge.KindOf(r.Err) != erpbridge.Invalid {
		t.Errorf("%+v", r)
	}
}

// Responses are there until they were asked for: how long the daemon was away, and how old
// they are, is no matter.
func TestResponsesOfAWeekend(t *testing.T) {
	s := setScene(t, aif.Config{})
	var as []erpbridge.Accepted
	for _, id := range []string{"1", "2", "3"} {
		as = append(as, putDown(t, s.e, erptest.Placed(order(id), 0)))
	}
	s.run(t)
	s.restart(t)
	now := time.Now().Add(25 * time.Hour)
	s.e.acks.now = func() time.Time { return now }
	for _, a := range as { // one a weekend: the target is paused
		if r := answered(t, s.e, a); r.Err != nil || r.Receipt.Ref == "" {
			t.Errorf("%+v", r)
		}
		now = now.Add(60 * time.Hour)
	}
	for _, a := range as { // what was told could not be written down for as long
		if r := answered(t, s.e, a); r.Err != nil || r.Receipt.Ref == "" {
			t.Errorf("%+v", r)
		}
	}
}

// What is no response of AIF's is nobody's to delete.
func TestStrangeFilesStay(t *testing.T) {
	s := setScene(t, aif.Config{})
	if err := os.WriteFile(filepath.Join(s.out, "stocks.xml"), []byte("<Stocks/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s.e.acks.now = func() time.Time { return now }
	for range keptFor/filetransfer.LongestLook + 2 {
		now = now.Add(filetransfer.LongestLook)
		s.e.Confirm(t.Context(), nil)
	}
	if left := s.responses(t); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// The first question after a start is answered.
func TestAnsweredAtTheFirstQuestion(t *testing.T) {
	s := setScene(t, aif.Config{})
	a := putDown(t, s.e, erptest.Placed(order("1"), 0))
	s.run(t)
	s.restart(t)
	if r := s.e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Receipt.Ref != "SO-100000" {
		t.Errorf("%+v", r)
	}
}

// A message that AIF saw twice, because the folder's disk lost the end of its tale, was
// booked all the same. A file that is replaced under its name is read anew.
func TestResponsesToOneMessage(t *testing.T) {
	s := setScene(t, aif.Config{})
	a := putDown(t, s.e, erptest.Placed(order("1"), 0))
	file, err := filepath.Glob(filepath.Join(s.in, "*.xml"))
	if err != nil || len(file) != 1 {
		t.Fatal(file, err)
	}
	raw, err := os.ReadFile(file[0])
	if err != nil {
		t.Fatal(err)
	}
	s.run(t)
	if err := os.WriteFile(file[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t)
	if all := s.responses(t); len(all) != 2 {
		t.Fatal(all)
	}
	for range 2 {
		if r := answered(t, s.e, a); r.Err != nil || r.Receipt.Ref != "SO-100000" {
			t.Errorf("%+v", r)
		}
	}
	all := s.responses(t)
	if err := errors.Join(os.Remove(all[0]), os.WriteFile(all[1], []byte("<Strange/>"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if r := s.e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; !r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, filepath.Base(all[1])) {
		t.Errorf("%+v", r)
	}
}

// Half of a postal code is another place.
func TestPostalCodesAreNotCut(t *testing.T) {
	e := overWeb(t, "http://127.0.0.1:9/")
	o := order("1")
	to := *o.ShipTo
	o.ShipTo, to.Postcode = &to, "SW1A 1AA-123"
	_, err := e.Translate(erptest.Placed(o, 0))
	if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "ZipCode") {
		t.Errorf("%v", err)
	}
}
