package mishap

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDurationIsTextInJSON(t *testing.T) {
	var in struct{ Delay Duration }
	for text, want := range map[string]time.Duration{`"1.5s"`: 1500 * time.Millisecond, `"0s"`: 0, `""`: 0} {
		in.Delay = 7
		if err := Strictly([]byte(`{"Delay":`+text+`}`), &in); err != nil || time.Duration(in.Delay) != want {
			t.Errorf("%s is %v, %v", text, time.Duration(in.Delay), err)
		}
	}
	for _, bad := range []string{`{"Delay":"soon"}`, `{"Delay":3}`, `{"Dealy":"1s"}`, `{`} {
		if err := Strictly([]byte(bad), &in); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if out, err := json.Marshal(Duration(90 * time.Second)); err != nil || string(out) != `"1m30s"` {
		t.Errorf("%s, %v", out, err)
	}
}
