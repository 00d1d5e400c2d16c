package strictjson_test

import (
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

func TestStructured(t *testing.T) {
	for text, want := range map[string]bool{
		`[]`: true, `{ }`: true, `[1]`: true, `{"a":1}`: true,
		`"[]"`: false, `"{}"`: false, `""`: false, `0`: false, `false`: false, `null`: false,
	} {
		var v struct {
			S strictjson.Scalar `json:"s"`
		}
		if err := strictjson.Unmarshal([]byte(`{"s":`+text+`}`), &v, strictjson.Default()); err != nil {
			t.Fatal(err)
		}
		if got := v.S.Structured(); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
	if (strictjson.Scalar{}).Structured() {
		t.Error("a member that is missing is structured")
	}
}
