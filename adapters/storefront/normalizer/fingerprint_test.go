package normalizer_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// full returns a canonical value with something in every field, made by fill.
func full[T any](t *testing.T) T {
	t.Helper()
	var v T
	fill(t, reflect.ValueOf(&v).Elem(), 0)
	return v
}

// fill gives every field under v a value that is not zero. within is how many values
// of v's own type v is inside of: Order.Presented is an Order, and that one has none.
func fill(t *testing.T, v reflect.Value, within int) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)))
		return
	case udecimal.Decimal:
		v.Set(reflect.ValueOf(udecimal.MustParse("1.5")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), within)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), within)
		fill(t, v.Index(1), within)
	case reflect.Struct:
		for i := range v.NumField() {
			recursive := v.Field(i).Type() == reflect.PointerTo(v.Type())
			switch {
			case recursive && within == 0:
				fill(t, v.Field(i), 1)
			case !recursive:
				fill(t, v.Field(i), within)
			}
		}
	default:
		t.Fatalf("no value for %s", v.Type())
	}
}

// change visits every leaf under v, alters it, calls visit and puts it back.
func change(t *testing.T, path string, v reflect.Value, visit func(path string)) {
	t.Helper()
	set := func(to any) {
		old := reflect.ValueOf(v.Interface())
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		visit(path)
		v.Set(old)
	}
	switch x := v.Interface().(type) {
	case time.Time:
		set(x.Add(time.Second))
		return
	case udecimal.Decimal:
		set(udecimal.MustParse("1.51"))
		return
	}
	switch v.Kind() {
	case reflect.String:
		set("b")
	case reflect.Bool:
		set(false)
	case reflect.Pointer:
		if v.IsNil() {
			return // Presented of what is Presented
		}
		set(reflect.Zero(v.Type()).Interface())
		change(t, path, v.Elem(), visit)
	case reflect.Slice:
		set(v.Slice(0, 1).Interface())
		change(t, path+"[1]", v.Index(1), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			change(t, path+"."+v.Type().Field(i).Name, v.Field(i), visit)
		}
	default:
		t.Fatalf("%s: no change for %s", path, v.Type())
	}
}

// TestFingerprintCoversEveryField changes one field after the other: each must
// change the fingerprint, into one no other change gives.
func TestFingerprintCoversEveryField(t *testing.T) {
	t.Run("Order", func(t *testing.T) { covers(t, full[erpbridge.Order](t), 250) })
	t.Run("Cancellation", func(t *testing.T) { covers(t, full[erpbridge.Cancellation](t), 5) })
	t.Run("Refund", func(t *testing.T) { covers(t, full[erpbridge.Refund](t), 90) })
	t.Run("Fulfilment", func(t *testing.T) { covers(t, full[erpbridge.Fulfilment](t), 15) })
	t.Run("Customer", func(t *testing.T) { covers(t, full[erpbridge.Customer](t), 20) })
	t.Run("Product", func(t *testing.T) { covers(t, full[erpbridge.Product](t), 25) })
	t.Run("InventoryLevel", func(t *testing.T) { covers(t, full[erpbridge.InventoryLevel](t), 8) })
	t.Run("PrivacyRequest", func(t *testing.T) { covers(t, full[erpbridge.PrivacyRequest](t), 8) })
}

func covers[T any](t *testing.T, v T, least int) {
	t.Helper()
	before := fingerprint(t, v)
	seen := map[string]string{before: "no change"}
	change(t, "", reflect.ValueOf(&v).Elem(), func(path string) {
		got := fingerprint(t, v)
		if other, ok := seen[got]; ok {
			t.Errorf("a change of %s gives the fingerprint of %s", path, other)
		}
		seen[got] = path
	})
	if fingerprint(t, v) != before {
		t.Error("the value is not what it was")
	}
	if len(seen) <= least {
		t.Errorf("only %d fields were visited", len(seen)-1)
	}
}

// TestFingerprintIsStable holds the serialisation still: stored versions are
// compared with it after an upgrade. A change here is a decision, not an accident.
func TestFingerprintIsStable(t *testing.T) {
	const want = "f8d66ef202b1b683128926c5efebf131467f997234a7585c9b670a51f37d4ed9"
	if got := fingerprint(t, full[erpbridge.Order](t)); got != want {
		t.Errorf("fingerprint %s, was %s", got, want)
	}
}

func TestFingerprintIgnoresSpelling(t *testing.T) {
	a, b := full[erpbridge.Order](t), full[erpbridge.Order](t)
	b.PlacedAt = b.PlacedAt.In(time.FixedZone("", 3600))
	b.Total.Amount = udecimal.MustParse("1.500")
	a.Tags, b.Tags = nil, []string{}
	if fingerprint(t, a) != fingerprint(t, b) {
		t.Error("one instant in two zones, 1.5 and 1.500, no tags and an empty list make another order")
	}
}

// TestFingerprintTellsTextsApart: no text can look like the end of its field and the
// beginning of another.
func TestFingerprintTellsTextsApart(t *testing.T) {
	seen := map[string]erpbridge.Attribute{}
	for _, a := range []erpbridge.Attribute{
		{Name: "a", Value: "b"}, {Name: "ab"}, {Value: "ab"}, {Name: "a;Value=1:b"}, {Name: "a\x00", Value: "b"}, {Name: "1:a;Value=1:b;"}, {},
	} {
		sum := fingerprint(t, a)
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q have one fingerprint", a, other)
		}
		seen[sum] = a
	}
}

func TestFingerprintRefusesWhatItCannotWrite(t *testing.T) {
	for name, v := range map[string]any{
		"a function": struct{ F func() }{func() {}}, "a map": map[string]int{"a": 1}, "a field of its own": struct{ a int }{1}, "a float": 1.5,
	} {
		if got, err := normalizer.Fingerprint(v); err == nil {
			t.Errorf("%s has the fingerprint %s", name, got)
		}
	}
	if _, err := normalizer.Fingerprint(nil); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
}

func fingerprint(t *testing.T, v any) string {
	t.Helper()
	got, err := normalizer.Fingerprint(v)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
