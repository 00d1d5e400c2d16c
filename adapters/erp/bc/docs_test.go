package bc

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The example in the manual is one that works.
func TestExampleOfTheManual(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/erps/bc.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there is none")
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
			t.Errorf("it has no %s", common)
		}
		delete(target, common)
	}
	own, err := yaml.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	erp, err := New("bc", func(into any) error {
		dec := yaml.NewDecoder(bytes.NewReader(own))
		dec.KnownFields(true)
		return dec.Decode(into)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Every setting has a line in the manual.
	conf, err := yaml.Marshal(erp.(*ERP).conf)
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]any
	if err := yaml.Unmarshal(conf, &settings); err != nil {
		t.Fatal(err)
	}
	for name := range settings {
		switch name {
		case "timeout", "ca_file": // those of every target
			continue
		}
		if !strings.Contains(string(raw), name) {
			t.Errorf("the manual does not mention %s", name)
		}
	}
}
