package sapidoc

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
)

// The example in the manual is one that works, and every setting has its word there.
func TestExampleOfTheManual(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/erps/sap-idoc.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, rest, _ := strings.Cut(rest, "```")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	asFiles, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("there are no two of them")
	}
	var file struct {
		Targets []map[string]any `yaml:"targets"`
	}
	if err := yaml.Unmarshal([]byte(example), &file); err != nil || len(file.Targets) != 1 {
		t.Fatalf("%d targets, %v", len(file.Targets), err)
	}
	load := func(target map[string]any) {
		t.Helper()
		for _, common := range []string{"name", "kind", "delivery"} {
			delete(target, common)
		}
		own, err := yaml.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		conf := defaults()
		if err := decodeYAML(string(own))(&conf); err != nil {
			t.Fatal(err)
		}
		conf.settle()
		if err := conf.check(); err != nil {
			t.Fatal(err)
		}
		if conf.Transport == FileTransport {
			return // which keys are on this machine is another matter
		}
		if _, err := New("sap", decodeYAML(string(own)), erpbridge.CrossReferences{}); err != nil {
			t.Fatal(err)
		}
	}
	load(file.Targets[0])
	var instead map[string]any
	if err := yaml.Unmarshal([]byte(asFiles), &instead); err != nil {
		t.Fatal(err)
	}
	for name, value := range instead {
		file.Targets[0][name] = value
	}
	delete(file.Targets[0], "url")
	delete(file.Targets[0], "auth")
	load(file.Targets[0])

	conf, err := yaml.Marshal(defaults())
	if err != nil {
		t.Fatal(err)
	}
	var names map[string]any
	if err := yaml.Unmarshal(conf, &names); err != nil {
		t.Fatal(err)
	}
	for name := range names {
		switch name {
		case "timeout", "ca_file", "auth", "mapping": // those of every target
			continue
		}
		if !strings.Contains(string(raw), "`"+name+"`") {
			t.Errorf("nothing is said of %s", name)
		}
	}
}
