package partner_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/hakooi/erpbridge"
)

// TestSchemaAgrees puts into every place of every example what does not belong there,
// and wants adapter and schema to come to the same verdict.
func TestSchemaAgrees(t *testing.T) {
	s, shop := schema(t), open(t, "test_orders: deliver\n")
	taken, refused := 0, 0
	for _, name := range examples(t) {
		var whole any
		if err := json.Unmarshal(example(t, name), &whole); err != nil {
			t.Fatal(err)
		}
		property := message(example(t, name)).Type
		for place, body := range mutants(t, whole) {
			m := message(body)
			m.Type = property
			_, err := shop.Normalize(m)
			if kind := erpbridge.KindOf(err); kind != "" && kind != erpbridge.Invalid {
				t.Errorf("%s, %s: kind %s: %v", name, place, kind, err)
			}
			invalid := validate(s, body)
			switch {
			case err == nil && invalid == nil:
				taken++
			case err != nil && invalid != nil:
				refused++
			case err == nil:
				t.Errorf("%s, %s: taken by the adapter, and refused by the schema: %v", name, place, invalid)
			case !beyond(err):
				t.Errorf("%s, %s: taken by the schema, and refused by the adapter: %v", name, place, err)
			}
		}
	}
	if taken < 100 || refused < 1000 {
		t.Errorf("only %d mutants were taken, and %d refused", taken, refused)
	}
}

// beyond reports whether the adapter refuses what no schema can see: how one member
// goes with another.
func beyond(err error) bool {
	return slices.ContainsFunc([]string{
		"is the id of no other line", "is that of another line", "is not that of the order", "are not those of the refund",
		"more decimals than", "is no amount of", "and the order's ", "and the refund's presentment",
	}, func(reason string) bool { return strings.Contains(err.Error(), reason) })
}

// mutants returns whole with one value changed, for every value and many changes, by
// where and what was changed.
func mutants(t *testing.T, whole any) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	emit := func(place string) {
		body, err := json.Marshal(whole, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		out[place] = body
	}
	alien := []any{nil, "", "x", "1", "-1", "0.5", 1, -1, 1.5, true, "true", map[string]any{}, []any{}, []any{nil}, map[string]any{"x": 1}}
	var visit func(place string, value any, set func(any))
	visit = func(place string, value any, set func(any)) {
		for i, a := range alien {
			set(a)
			emit(place + " = alien " + strconv.Itoa(i))
		}
		set(value)
		switch value := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				was := value[name]
				delete(value, name)
				emit(place + "/" + name + " left out")
				value[name] = was
				if name != "presented" { // which is as what it stands in
					visit(place+"/"+name, was, func(v any) { value[name] = v })
				}
			}
			value["zzz"] = "1"
			emit(place + "/zzz")
			delete(value, "zzz")
		case []any:
			for i := range value {
				visit(place+"/"+strconv.Itoa(i), value[i], func(v any) { value[i] = v })
			}
		}
	}
	visit("", whole, func(v any) {
		if v != nil {
			whole = v
		}
	})
	return out
}
