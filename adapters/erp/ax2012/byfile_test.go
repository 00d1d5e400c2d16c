package ax2012

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// By file, an order is accepted when it is put down, and booked when AIF says so.
func TestOrderByFileIsAcceptedThenBooked(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	sim := aif.New(aif.Config{Items: []string{"10003", "PEN"}})
	e := files(t, in, out)
	unknown := order("3")
	unknown.Lines[0].SKU = "NEW"
	docs := []erpbridge.Document{erptest.One(t, e, erptest.Placed(order("1"), 0)), erptest.One(t, e, erptest.Placed(order("2"), 0)), erptest.One(t, e, erptest.Placed(unknown, 0))}
	var accepted []erpbridge.Accepted
	for range 2 { // the second time everything is there already
		accepted = nil
		for i, r := range e.Deliver(t.Context(), docs) {
			if r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref == "" {
				t.Fatalf("%+v", r)
			}
			accepted = append(accepted, erpbridge.Accepted{Document: docs[i], Ref: r.Receipt.Ref})
		}
	}
	for i, r := range e.Find(t.Context(), docs) {
		if r.Err != nil || r.Receipt.Ref != accepted[i].Ref || !r.Receipt.Accepted {
			t.Errorf("%+v", r)
		}
	}
	for _, r := range e.Confirm(t.Context(), accepted) {
		if r.Err != nil || !r.Receipt.Accepted {
			t.Errorf("before AIF has looked: %+v", r)
		}
	}
	if err := sim.ReadFolder(in, out); err != nil {
		t.Fatal(err)
	}
	var results []erpbridge.Result
	erptest.Until(t, "AIF's answers", func() bool {
		results = e.Confirm(t.Context(), accepted)
		return !results[0].Receipt.Accepted
	})
	for i, want := range []string{"SO-100000", "SO-100001"} {
		if r := results[i]; r.Err != nil || r.Receipt.Ref != want || r.Receipt.Accepted {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if r := results[2]; erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "'NEW'") {
		t.Errorf("an item AX does not have: %+v", r)
	}
	if n, bad := sim.Requests(); n != 3 || len(bad) > 0 {
		t.Errorf("%d messages; no AX would have taken: %v", n, bad)
	}
}

// Microsoft's own response files are understood.
func TestConformanceResponseFiles(t *testing.T) {
	e := byFile{&ERP{conf: Config{Changes: BuryChanges}}}
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics")
	for _, c := range []struct {
		file, id, ref string
		kind          erpbridge.Kind
	}{
		{"11-ax2012-file-adapter-create-response.ms-docs.xml", "{5603D03A-4380-404D-9F27-738BE0FEA13E}", "SO-100004", ""},
		{"13-ax2012-DuplicateMessage-fault.ms-docs.xml", "{76704405-5237-4934-83EC-7E1357F28B10}", "", erpbridge.Invalid},
		{"10-ax2012-file-adapter-create-request.ms-docs.xml", "", "", erpbridge.Unknown},
	} {
		raw, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		id, r := e.response("test", raw)
		if id != c.id || r.Receipt.Ref != c.ref || erpbridge.KindOf(r.Err) != c.kind {
			t.Errorf("%s: %s, %+v", c.file, id, r)
		}
	}
}
