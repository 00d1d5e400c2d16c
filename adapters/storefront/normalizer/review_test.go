package normalizer_test

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// TestStructuresAreNoTexts: what PHP writes for nothing is no text and no id, a structure
// is no id at all, and a text that looks like one stays what it is.
func TestStructuresAreNoTexts(t *testing.T) {
	for member, want := range map[string]struct {
		text, id string
		fails    bool
	}{
		`[]`:      {},
		`{ }`:     {},
		`"[]"`:    {text: "[]", id: "[]"},
		`[1]`:     {text: "[1]", fails: true},
		`{"a":1}`: {text: `{"a":1}`, fails: true},
		`"7"`:     {text: "7", id: "7"},
	} {
		var v struct {
			S strictjson.Scalar `json:"s"`
		}
		if err := strictjson.Unmarshal([]byte(`{"s":`+member+`}`), &v, strictjson.Default()); err != nil {
			t.Fatal(err)
		}
		r := normalizer.NewReader("EUR", time.Time{})
		text, id := r.Text("", "s", v.S), r.ID("", "s", v.S)
		if text != want.text || id != want.id || (r.Err() != nil) != want.fails {
			t.Errorf("%s: text %q, id %q, %v", member, text, id, r.Err())
		}
	}
}
