package salesdoc

import (
	"strings"
	"testing"
)

func TestRulesThatCannotBe(t *testing.T) {
	m := generous()
	m.Prices, m.Items.Key, m.Cancel, m.Refund.As, m.Tip.As = "netto", []ItemKey{"ean"}, "shred", "cash", "box"
	m.Units.Items = map[string]string{"X": "CS*0"}
	m.Items.Unknown, m.Items.Placeholder = PlaceholderItem, ""
	less := must("-0.01")
	m.Rounding.Tolerance = &less
	m.Refund.Tips, m.Refund.GiftCards = []string{"Tip", "Card"}, []string{"Card"}
	m.Stores = map[string]Rules{"a": {ReferencePrefix: "p-"}, "b": {ReferencePrefix: "p-"}, "c": {Currency: "both"}}
	_, err := New("erp", m, everything, nil)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		`mapping.prices: "netto" is not one of shop, net, gross`, "mapping.items.key[0]", "mapping.cancel", "mapping.refund.as", "mapping.tip.as",
		"mapping.units.by_item.X", "mapping.items.placeholder", "mapping.rounding.tolerance", `mapping.refund.tips[1]: "Card"`,
		"mapping.stores.b.reference_prefix", "mapping.stores.c.currency",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\n%v", want, err)
		}
	}
}
