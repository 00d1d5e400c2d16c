package salesdoc

import "testing"

func TestStoresDifferInWhatTheySay(t *testing.T) {
	m := generous()
	m.Items.Aliases = map[string]string{"A-1": "1", "B-2": "2"}
	m.Stores = map[string]Rules{"eu": {Prices: GrossPrices, Items: Items{Aliases: map[string]string{"B-2": "22"}}}}
	d, err := translator(t, m, nil).Translate(placed(small()))
	if err != nil {
		t.Fatal(err)
	}
	if d.Items[0].Code != "1" || d.Items[1].Code != "22" || !d.PricesIncludeTax {
		t.Errorf("%v, prices include tax: %t", shown(d), d.PricesIncludeTax)
	}
	other := placed(small())
	other.Store = "us"
	if d, err = translator(t, m, nil).Translate(other); err != nil || d.Items[1].Code != "2" || d.PricesIncludeTax {
		t.Errorf("%v, %v", d, err)
	}
}
