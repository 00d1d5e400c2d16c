package mishap

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDice(t *testing.T) {
	throw := func(odds ...float64) (fell []string, d *Dice) {
		d = New(3)
		for range 1000 {
			fell = append(fell, d.First(Chance{"a", odds[0]}, Chance{"b", odds[1]}))
		}
		return fell, d
	}
	one, d := throw(0.1, 0.2)
	two, _ := throw(0.1, 0.2)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error("the same seed fell differently")
	}
	counts := map[string]int{}
	for _, name := range one {
		if name != "" {
			counts[name]++
		}
	}
	if diff := cmp.Diff(counts, d.Fell()); diff != "" {
		t.Error(diff)
	}
	if counts["a"] < 70 || counts["a"] > 130 || counts["b"] < 140 || counts["b"] > 220 {
		t.Errorf("%v of 1000, wanted about 100 and 180", counts)
	}
	if fell, d := throw(0, 0); strings.Join(fell, "") != "" || len(d.Fell()) != 0 {
		t.Error("what cannot go wrong did")
	}
}

func TestControl(t *testing.T) {
	type faults struct{ Drop float64 }
	var set faults
	handler := Control(func() any { return map[string]int{"orders": 3} }, func(f faults) { set = f })
	ask := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	if status, body := ask(http.MethodGet, "/control/state", ""); status != http.StatusOK || !strings.Contains(body, `"orders": 3`) {
		t.Errorf("HTTP %d: %s", status, body)
	}
	if status, _ := ask(http.MethodPost, "/control/faults", `{"Drop": 0.5}`); status != http.StatusNoContent || set.Drop != 0.5 {
		t.Errorf("HTTP %d, and it is %v", status, set)
	}
	if status, _ := ask(http.MethodPost, "/control/faults", `{"Dorp": 0.7}`); status != http.StatusBadRequest || set.Drop != 0.5 {
		t.Errorf("HTTP %d, and it is %v", status, set)
	}
}
