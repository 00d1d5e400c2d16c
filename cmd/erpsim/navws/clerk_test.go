package navws

import "testing"

func TestClerkDeletesTheLastLine(t *testing.T) {
	sim, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := &Record{Page: "SalesOrder", No: "1", Fields: map[string]string{}, Lines: []map[string]string{{"Line_Amount": "2.50"}, {"Line_Amount": "1"}}}
	sim.records["SalesOrder"] = []*Record{r}
	before := r.key()
	if !sim.DropLine("SalesOrder", "1") || len(r.Lines) != 1 || r.Total != "2.50" || r.key() == before {
		t.Errorf("%+v", r)
	}
	if sim.DropLine("SalesOrder", "2") {
		t.Error("there is no such order")
	}
	if !sim.DropLine("SalesOrder", "1") || sim.DropLine("SalesOrder", "1") {
		t.Error("there was one line left, and no more")
	}
}
