package mishap

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiceFallTheSameForTheSameSeed(t *testing.T) {
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

func TestControlShowsTheStateAndSetsTheOdds(t *testing.T) {
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

func TestModesAreListedPutInForceAndTakenOut(t *testing.T) {
	type mode struct{ Kind string }
	var modes []mode
	mux := http.NewServeMux()
	add := func(m mode) error {
		if m.Kind == "" {
			return errors.New("a mode of no kind")
		}
		modes = append(modes, m)
		return nil
	}
	ControlModes(mux, func() []mode { return append([]mode{}, modes...) }, add, func() { modes = nil })
	for _, step := range []struct {
		method, body string
		status       int
		says         string
	}{
		{http.MethodGet, "", http.StatusOK, "[]"},
		{http.MethodPost, `{"Kind": "slow"}`, http.StatusOK, `"Kind": "slow"`},
		{http.MethodPost, `{"Kind": ""}`, http.StatusBadRequest, "a mode of no kind"},
		{http.MethodPost, `{`, http.StatusBadRequest, "unexpected EOF"},
		{http.MethodGet, "", http.StatusOK, `"Kind": "slow"`},
		{http.MethodDelete, "", http.StatusOK, "[]"},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(step.method, "/control/modes", strings.NewReader(step.body)))
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("%s %s: HTTP %d: %s", step.method, step.body, w.Code, w.Body)
		}
	}
}

func TestOnlyThisMachineSteers(t *testing.T) {
	h := LoopbackOnly(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for from, want := range map[string]int{
		"127.0.0.1:4711": http.StatusOK, "[::1]:4711": http.StatusOK, "[::ffff:127.0.0.1]:4711": http.StatusOK,
		"192.0.2.1:4711": http.StatusForbidden, "[2001:db8::1]:4711": http.StatusForbidden, "nowhere": http.StatusForbidden,
	} {
		r, w := httptest.NewRequest(http.MethodGet, "/control/state", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("from %s: HTTP %d, want %d", from, w.Code, want)
		}
	}
}
