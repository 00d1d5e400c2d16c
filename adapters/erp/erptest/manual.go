package erptest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// Manual reads the manual of a kind of ERP, and returns with it the adapter's own settings
// of its first example: a configuration with one target.
func Manual(t *testing.T, kind string) (text, settings string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "erps", kind+".md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("the manual of %s has no example", kind)
	}
	var file struct {
		Targets []map[string]any `yaml:"targets"`
	}
	if err := yaml.Unmarshal([]byte(example), &file); err != nil || len(file.Targets) != 1 {
		t.Fatalf("the example of %s has %d targets, %v", kind, len(file.Targets), err)
	}
	target := file.Targets[0]
	if target["kind"] != kind {
		t.Errorf("the example is of kind %v, want %s", target["kind"], kind)
	}
	for _, common := range []string{"name", "kind", "delivery"} {
		if target[common] == nil {
			t.Errorf("the example of %s has no %s", kind, common)
		}
		delete(target, common)
	}
	own, err := yaml.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), string(own)
}
