package netsuite

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The example in the manual is one that works, and every setting is in the manual.
func TestManual(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/erps/netsuite.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there is no example")
	}
	var file struct {
		Targets []map[string]any `yaml:"targets"`
	}
	if err := yaml.Unmarshal([]byte(example), &file); err != nil || len(file.Targets) != 1 {
		t.Fatalf("%d targets, %v", len(file.Targets), err)
	}
	target := file.Targets[0]
	for _, common := range []string{"name", "kind", "delivery"} {
		if target[common] == nil {
			t.Errorf("the example has no %s", common)
		}
		delete(target, common)
	}
	own, err := yaml.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New("netsuite", decodeYAML(string(own)), nil); err != nil {
		t.Error(err)
	}
	for _, name := range settingsOf(reflect.TypeFor[Config](), "") {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "[`:]").Match(raw) {
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
