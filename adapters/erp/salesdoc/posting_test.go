package salesdoc

import (
	"reflect"
	"testing"
)

// Every posting among the rules is in the list of them: what is not gets neither a default
// nor a check.
func TestEveryPostingIsListed(t *testing.T) {
	var r Rules
	listed := map[*Posting]bool{}
	for _, p := range r.postings() {
		if listed[p.Posting] {
			t.Errorf("%s is listed twice", p.setting)
		}
		listed[p.Posting] = true
	}
	var look func(v reflect.Value, at string)
	look = func(v reflect.Value, at string) {
		if p, ok := v.Addr().Interface().(*Posting); ok {
			if !listed[p] {
				t.Errorf("%s is not listed", at)
			}
			return
		}
		if v.Kind() != reflect.Struct {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				look(v.Field(i), at+"."+f.Name)
			}
		}
	}
	look(reflect.ValueOf(&r).Elem(), "Rules")
}
