package salesdoc

import (
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
)

// A setting has one name, and each is read: what is written into all of them is found in
// all of them.
func TestEverySettingIsRead(t *testing.T) {
	var m Mapping
	fill(reflect.ValueOf(&m).Elem())
	text, err := yaml.Dump(m)
	if err != nil {
		t.Fatal(err)
	}
	var read Mapping
	if err := yaml.Load(text, &read, yaml.WithKnownFields()); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if empty := emptyIn(reflect.ValueOf(read.Rules), "mapping"); len(empty) > 0 {
		t.Errorf("not read: %s", strings.Join(empty, ", "))
	}
}

// fill puts something into every setting.
func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[erpbridge.Decimal]():
		v.Set(reflect.ValueOf(must("0.5")))
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case v.Type() == reflect.TypeFor[map[string]string]():
		v.Set(reflect.ValueOf(map[string]string{"x": "x"}))
	}
}

// emptyIn returns the settings in which nothing stands.
func emptyIn(v reflect.Value, at string) (empty []string) {
	if v.Kind() == reflect.Struct && !scalar(v) {
		for i := range v.NumField() {
			empty = append(empty, emptyIn(v.Field(i), at+"."+v.Type().Field(i).Name)...)
		}
		return empty
	}
	if v.IsZero() {
		return []string{at}
	}
	return nil
}
