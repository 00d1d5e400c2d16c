package salesdoc

import (
	"reflect"
	"strings"
	"testing"
)

// Every setting that is a word refuses what is none, by its own name.
func TestEveryWordIsChecked(t *testing.T) {
	words := 0
	var look func(typ reflect.Type, path []int, setting string)
	look = func(typ reflect.Type, path []int, setting string) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			at := append(append([]int(nil), path...), i)
			name := setting + "." + strings.TrimSuffix(f.Tag.Get("yaml"), ",inline")
			if f.Tag.Get("yaml") == ",inline" {
				name = setting
			}
			ours := f.Type.PkgPath() == reflect.TypeFor[Rules]().PkgPath()
			switch {
			case ours && f.Type.Kind() == reflect.Struct:
				look(f.Type, at, name)
			case ours && f.Type.Kind() == reflect.String:
				words++
				m := generous()
				reflect.ValueOf(&m.Rules).Elem().FieldByIndex(at).SetString("nonsense")
				if _, err := New("erp", m, everything, nil); err == nil || !strings.Contains(err.Error(), name+`: "nonsense" is not one of `) {
					t.Errorf("%s takes what is no word: %v", name, err)
				}
			}
		}
	}
	look(reflect.TypeFor[Rules](), nil, "mapping")
	if words < 20 {
		t.Errorf("%d words were found", words)
	}
}
