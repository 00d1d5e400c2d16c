package netsuite

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// The example in the manual is one that works, and every setting is in the manual.
func TestManual(t *testing.T) {
	manual, settings := erptest.Manual(t, "netsuite")
	if _, err := New("netsuite", decodeYAML(settings), nil); err != nil {
		t.Error(err)
	}
	for _, name := range settingsOf(reflect.TypeFor[Config](), "") {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "[`:]").MatchString(manual) {
			t.Errorf("the manual does not name the setting %s", name)
		}
	}
}

// settingsOf returns the names of all settings, but for those of the mapping, which has a
// manual of its own.
func settingsOf(typ reflect.Type, under string) (names []string) {
	for f := range typ.Fields() {
		name := under + f.Tag.Get("yaml")
		switch {
		case name == "mapping":
		case f.Type.Kind() == reflect.Struct:
			names = append(names, settingsOf(f.Type, name+".")...)
		default:
			names = append(names, name)
		}
	}
	return names
}
