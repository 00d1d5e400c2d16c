package bc

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

// The example in the manual is one that works.
func TestExampleOfTheManual(t *testing.T) {
	manual, own := erptest.Manual(t, "bc")
	erp, err := New("bc", func(into any) error {
		dec := yaml.NewDecoder(strings.NewReader(own))
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
		if !strings.Contains(manual, name) {
			t.Errorf("the manual does not mention %s", name)
		}
	}
}
