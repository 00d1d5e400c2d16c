package netsuite

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// An item is the one of the settings, else that of the cross-reference table, else the
// placeholder.
func TestItemsOfTheCrossReference(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		items    map[string]string
		want     string // the item of MUG-1
		held     string
	}{
		"table":                 {`items: {by_sku: {TEE-2: "58"}}`, map[string]string{"MUG-1": "77"}, "77", ""},
		"settings come first":   {`items: {by_sku: {MUG-1: "57", TEE-2: "58"}}`, map[string]string{"MUG-1": "77"}, "57", ""},
		"before a placeholder":  {`items: {placeholder: "99"}`, map[string]string{"MUG-1": "77"}, "77", ""},
		"not there":             {`items: {placeholder: "99"}`, map[string]string{"mug-1": "77"}, "99", ""},
		"nowhere":               {`items: {by_sku: {TEE-2: "58"}}`, nil, "", "erpbridge xref set --target ns items"},
		"not an id":             {`items: {placeholder: "99"}`, map[string]string{"MUG-1": "Mug"}, "", `has "Mug" for SKU "MUG-1"`},
		"not an id, but no use": {`items: {by_sku: {MUG-1: "57", TEE-2: "58"}}`, map[string]string{"TEA-9": "Tea"}, "57", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := openWith(t, c.settings, erpbridge.CrossReferences{"items": c.items})
			docs, err := e.Translate(event(placed()))
			if c.held != "" {
				wantKind(t, erpbridge.Held, err)
				if err != nil && !strings.Contains(err.Error(), c.held) {
					t.Errorf("%q does not say %q", err, c.held)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, d := range docs {
				found = found || strings.Contains(string(d.Body), `<tranSales:item internalId="`+c.want+`"`)
			}
			if !found {
				t.Errorf("no document books item %s", c.want)
			}
		})
	}
}
