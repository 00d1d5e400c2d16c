package fo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The example of the documentation is a configuration that works, and its table of
// settings has every setting.
func TestDocumentation(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "erps", "fo.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	_, example, _ := strings.Cut(text, "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("no example")
	}
	var file struct {
		Targets []map[string]any `yaml:"targets"`
	}
	if err := yaml.Unmarshal([]byte(example), &file); err != nil || len(file.Targets) != 1 {
		t.Fatalf("%d targets, %v", len(file.Targets), err)
	}
	target := file.Targets[0]
	if target["kind"] != "fo" {
		t.Errorf("kind %v", target["kind"])
	}
	for _, notOurs := range []string{"name", "kind", "delivery"} {
		delete(target, notOurs)
	}
	settings, err := yaml.Marshal(target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New("fo", decodeYAML(string(settings)), nil); err != nil {
		t.Error(err)
	}
	_, table, _ := strings.Cut(text, "### Settings of its own")
	table, _, _ = strings.Cut(table, "## What is guaranteed")
	for _, name := range []string{
		"url", "timeout", "ca_file", "auth.oauth2.scope", "legal_entity", "mode", "project", "activity_id", "headers", "lines", "lot_prefix", "changes", "long_po", "unknown_after", "lengths",
	} {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("%s is not in the table", name)
		}
	}
}
