package salesdoc

import (
	"maps"
	"reflect"
)

// merged returns the target's rules with a store's on top: what the store leaves out or
// empty is the target's, and tables have the entries of both.
func merged(target, store Rules) Rules {
	overlay(reflect.ValueOf(&target).Elem(), reflect.ValueOf(store))
	return target
}

func overlay(into, from reflect.Value) {
	switch {
	case into.Kind() == reflect.Struct && !scalar(into):
		for i := range into.NumField() {
			overlay(into.Field(i), from.Field(i))
		}
	case from.IsZero():
	case into.Kind() == reflect.Map && !into.IsNil():
		both := maps.Clone(into.Interface().(map[string]string))
		maps.Copy(both, from.Interface().(map[string]string))
		into.Set(reflect.ValueOf(both))
	default:
		into.Set(from)
	}
}

// scalar reports whether a struct is a value of its own, such as a decimal.
func scalar(v reflect.Value) bool {
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			return true
		}
	}
	return false
}
