package sapidoc

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// folders makes the folders of transport file and returns its settings.
func folders(t *testing.T, confirm string) (in, acks, more string) {
	t.Helper()
	in, acks = t.TempDir(), t.TempDir()
	more = "transport: file\nurl: \"\"\nauth: {}\nconfirm: " + confirm + "\nfiles: {dir: " + in + ", trigger: \"{name}.done\", manifest: \"{name}.json\", acks: {dir: " + acks + ", match: \"*.xml\", trigger: \"{name}.done\"}}\n"
	return in, acks, more
}

// written returns the data files of a folder.
func written(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFiles(t *testing.T) {
	in, _, more := folders(t, "files")
	erp := open(t, more)
	docs := append(translate(t, erp, event(placed())), translate(t, erp, event(yen()))...)
	for round := range 3 { // told again, and by a daemon started anew, it is the same file
		if round == 2 {
			erp = open(t, more)
		}
		for i, r := range erp.Deliver(t.Context(), docs) {
			if r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref != lifts(t, docs[i]).docnum || r.Receipt.Warning != "" {
				t.Fatalf("round %d: %+v", round, r)
			}
		}
		if files := written(t, in); len(files) != 1 {
			t.Fatalf("round %d: %d files", round, len(files))
		}
	}
	file := written(t, in)[0]
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := soap.Parse(raw, "")
	if err != nil || root.Tag != "ORDERS05" || len(root.SelectElements("IDOC")) != 2 {
		t.Fatalf("%v: %s", err, raw)
	}
	if !strings.HasPrefix(filepath.Base(file), "shop-eu_ORDERS05_20260314T092653Z_") {
		t.Errorf("named %s", filepath.Base(file))
	}
	var manifest struct {
		Count  int               `json:"count"`
		Totals map[string]string `json:"totals"`
	}
	if raw, err = os.ReadFile(file + ".json"); err != nil || json.Unmarshal(raw, &manifest) != nil {
		t.Fatal(err)
	}
	if manifest.Count != 2 || manifest.Totals["amount EUR"] != "51.85" || manifest.Totals["amount JPY"] != "4510" {
		t.Errorf("manifest %+v", manifest)
	}
	for _, r := range erp.(erpbridge.Finder).Find(t.Context(), docs) {
		if r.Err != nil || !r.Receipt.Accepted {
			t.Errorf("looked up: %+v", r)
		}
	}
	unsent := translate(t, erp, event(dinar()))
	if r := erp.(erpbridge.Finder).Find(t.Context(), unsent)[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("what was never sent: %+v", r)
	}
}

// A later state of an order that is in a file makes no second one, nor is it waited for.
func TestFilesLaterState(t *testing.T) {
	in, _, more := folders(t, "files")
	erp := open(t, more)
	first := translate(t, erp, event(placed()))
	if r := erp.Deliver(t.Context(), first)[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	// SAP takes data and trigger away.
	for _, f := range written(t, in) {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	later := translate(t, erp, changedEvent())
	docs := append(later, translate(t, erp, event(yen()))...)
	results := erp.Deliver(t.Context(), docs)
	if r := results[0]; r.Err != nil || r.Receipt.Accepted || r.Receipt.Warning == "" {
		t.Errorf("the later state: %+v", r)
	}
	if r := results[1]; r.Err != nil || !r.Receipt.Accepted {
		t.Errorf("another order beside it: %+v", r)
	}
	raw, err := os.ReadFile(written(t, in)[0])
	if err != nil || strings.Contains(string(raw), lifts(t, first[0]).docnum) {
		t.Errorf("%v: the order was written again", err)
	}
}

// Who has an order sent again by force, long after, is told that nothing comes of it.
func TestFilesByForce(t *testing.T) {
	in, _, more := folders(t, "files")
	erp := open(t, more)
	docs := translate(t, erp, event(placed()))
	l := lifts(t, docs[0])
	var file string
	for round, age := range []time.Duration{0, 0, retried - time.Minute, retried + time.Minute} {
		insideOf(t, erp).now = func() time.Time { return time.Now().Add(age) }
		batch := docs
		if age > retried {
			batch = append(translate(t, erp, event(yen())), docs...)
		}
		results := erp.Deliver(t.Context(), batch)
		r := results[len(results)-1]
		if age < retried {
			if r.Err != nil || !r.Receipt.Accepted {
				t.Fatalf("round %d: %+v", round, r)
			}
			for _, f := range written(t, in) { // SAP takes it away
				file = filepath.Base(f)
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if erpbridge.KindOf(r.Err) != erpbridge.Invalid {
			t.Fatalf("by force: %+v", r)
		}
		for _, part := range []string{file, l.docnum, "erpbridge dead settle"} {
			if !strings.Contains(r.Err.Error(), part) {
				t.Errorf("no %q in: %v", part, r.Err)
			}
		}
		if r := results[0]; r.Err != nil || len(written(t, in)) != 1 {
			t.Errorf("another order beside it: %+v, %v", r, written(t, in))
		}
	}
	if r := erp.(erpbridge.Finder).Find(t.Context(), docs)[0]; r.Err != nil || !r.Receipt.Accepted {
		t.Errorf("looked up: %+v", r)
	}
	// Stored is delivered: there is nothing to be sent by force.
	unconfirmed := open(t, strings.Replace(more, "confirm: files", "confirm: none", 1))
	unconfirmed.(struct {
		*ERP
		erpbridge.Finder
	}).now = func() time.Time { return time.Now().Add(2 * retried) }
	if r := unconfirmed.Deliver(t.Context(), docs)[0]; r.Err != nil || r.Receipt.Accepted {
		t.Errorf("unconfirmed: %+v", r)
	}
}

// insideOf returns the ERP of transport file that files confirm.
func insideOf(t *testing.T, erp erpbridge.ERP) *ERP {
	t.Helper()
	inner, ok := erp.(struct {
		*ERP
		erpbridge.Finder
		erpbridge.Confirmer
	})
	if !ok {
		t.Fatalf("%T", erp)
	}
	return inner.ERP
}

// put writes a file of confirmations as SAP does, with the file that says it is whole.
func put(t *testing.T, dir, name, body string) {
	t.Helper()
	for _, f := range [][2]string{{name, body}, {name + ".done", ""}} {
		if err := os.WriteFile(filepath.Join(dir, f[0]), []byte(f[1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfirmFiles(t *testing.T) {
	_, acks, more := folders(t, "files")
	erp := open(t, more)
	confirmer := erp.(erpbridge.Confirmer)
	var waits []erpbridge.Accepted
	for i := range 4 {
		waits = append(waits, erpbridge.Accepted{Ref: fmt.Sprintf("%016d", i+1)})
	}
	ask := func(want string) {
		t.Helper()
		var got []string
		for _, r := range confirmer.Confirm(t.Context(), waits) {
			switch {
			case r.Err != nil:
				got = append(got, string(erpbridge.KindOf(r.Err)))
			case r.Receipt.Accepted && r.Receipt.Warning == "":
				got = append(got, "accepted without a word")
			case r.Receipt.Accepted:
				got = append(got, "waits")
			default:
				got = append(got, r.Receipt.Ref)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s, want %s", s, want)
		}
	}
	ask("waits waits waits waits")
	put(t, acks, "a1.xml", audit(state("1", "51"), state("2", "53"), state("4711", "53")))
	ask("waits 0000012345 waits waits")
	ask("waits 0000012345 waits waits") // whoever was told may have died: he is told again
	put(t, acks, "a2.xml", audit(state("1", "53"), state("3", "68")))
	put(t, acks, "b.xml", "no ALEAUD at all")
	ask("0000012345 0000012345 invalid waits")
	if r := confirmer.Confirm(t.Context(), waits[3:])[0]; !strings.Contains(r.Receipt.Warning, "b.xml") {
		t.Errorf("nothing is said of a file that was not understood: %q", r.Receipt.Warning)
	}
	// Once nobody has asked for hours the files are done with; what was not understood stays.
	now := time.Now()
	insideOf(t, erp).now = func() time.Time { return now }
	waits = waits[3:]
	for range quiet/filetransfer.LongestLook + 2 {
		now = now.Add(filetransfer.LongestLook)
		ask("waits")
	}
	if left := written(t, acks); len(left) != 1 || filepath.Base(left[0]) != "b.xml" {
		t.Errorf("left: %v", left)
	}
}

func TestAbilities(t *testing.T) {
	_, _, files := folders(t, "files")
	_, _, filesPosted := folders(t, "posted")
	_, _, filesNone := folders(t, "none")
	for name, c := range map[string]struct {
		more                                   string
		keyed, finder, confirmer, acknowledger bool
	}{
		"soap":          {"", true, false, false, true},
		"soap, none":    {"confirm: none\n", true, false, false, false},
		"http":          {"transport: http\n", false, false, false, true},
		"http, none":    {"transport: http\nconfirm: none\n", false, false, false, false},
		"files":         {files, true, true, true, false},
		"files, posted": {filesPosted, true, true, false, true},
		"files, none":   {filesNone, true, true, false, false},
	} {
		erp := open(t, c.more)
		_, finder := erp.(erpbridge.Finder)
		_, confirmer := erp.(erpbridge.Confirmer)
		_, acknowledger := erp.(erpbridge.Acknowledger)
		_, prober := erp.(erpbridge.Prober)
		if keyed := erp.(erpbridge.Keyed).Keyed(); keyed != c.keyed || finder != c.finder || confirmer != c.confirmer || acknowledger != c.acknowledger || !prober {
			t.Errorf("%s: keyed %t, finder %t, confirmer %t, acknowledger %t, prober %t", name, keyed, finder, confirmer, acknowledger, prober)
		}
	}
}

func TestFilesProbe(t *testing.T) {
	in, _, more := folders(t, "none")
	erp := open(t, more)
	if err := erp.(erpbridge.Prober).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(in); err != nil {
		t.Fatal(err)
	}
	if err := erp.(erpbridge.Prober).Probe(t.Context()); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("%v", err)
	}
	if r := erp.Deliver(t.Context(), translate(t, erp, event(placed())))[0]; erpbridge.KindOf(r.Err) != erpbridge.Refused {
		t.Errorf("%+v", r)
	}
}
