package shopify

import (
	"reflect"
	"testing"
	"time"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// full returns an order with something in every field, made by fill.
func full(t *testing.T) erpbridge.Order {
	t.Helper()
	var o erpbridge.Order
	fill(t, reflect.ValueOf(&o).Elem())
	return o
}

// fill gives every field under v a value that is not zero.
func fill(t *testing.T, v reflect.Value) {
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
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
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
// change the fingerprint, into one no other change gives, but UpdatedAt.
func TestFingerprintCoversEveryField(t *testing.T) {
	o := full(t)
	before, err := fingerprint(o)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{before: "no change"}
	change(t, "Order", reflect.ValueOf(&o).Elem(), func(path string) {
		got, err := fingerprint(o)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if path == "Order.UpdatedAt" {
			if got != before {
				t.Errorf("%s changes the fingerprint: equal states of two instants would look different", path)
			}
			return
		}
		if other, ok := seen[got]; ok {
			t.Errorf("a change of %s gives the fingerprint of %s", path, other)
		}
		seen[got] = path
	})
	if after, err := fingerprint(o); err != nil || after != before {
		t.Errorf("the order is not what it was: %v", err)
	}
	if len(seen) < 70 {
		t.Errorf("only %d fields were visited", len(seen))
	}
}

// TestFingerprintIsStable holds the serialisation still: stored versions are
// compared with it after an upgrade. A change here is a decision, not an accident.
func TestFingerprintIsStable(t *testing.T) {
	const want = "fc2f6af8a54be7ac707519f28159821a5c311469377fcccc01a2198c967fefe2"
	got, err := fingerprint(full(t))
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("fingerprint %s, was %s", got, want)
	}
}

func TestFingerprintIgnoresSpelling(t *testing.T) {
	a, b := full(t), full(t)
	b.PlacedAt = b.PlacedAt.In(time.FixedZone("", 3600))
	b.Total.Amount = udecimal.MustParse("1.500")
	a.Tags, b.Tags = nil, []string{}
	left, err := fingerprint(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := fingerprint(b)
	if err != nil {
		t.Fatal(err)
	}
	if left != right {
		t.Error("one instant in two zones, 1.5 and 1.500, no tags and an empty list make another order")
	}
}
