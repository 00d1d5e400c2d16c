package salesdoc

import (
	"fmt"
	"testing"
)

// No two items of a document have one number, and every number is one of six digits.
func TestPositionsDiffer(t *testing.T) {
	p := NewPositions()
	seen := map[int]bool{}
	add := func(it Item) {
		n := p.Of(it)
		if seen[n] || n < firstNumber || n >= numbersBeyond {
			t.Fatalf("%+v is %d", it, n)
		}
		seen[n] = true
	}
	const shopify, step = 13_731_698_540_887, 32_768
	for i := range 2000 {
		id := fmt.Sprint(shopify + i*step)
		add(Item{Kind: GoodsItem, LineID: id})
		add(Item{Kind: DiscountItem, LineID: id})
	}
	if p.Shared != 0 {
		t.Errorf("two of the ids of one order come to %d", p.Shared)
	}
	for i := range 5000 {
		add(Item{Kind: GoodsItem, LineID: fmt.Sprintf("line-%d", i)})
		add(Item{Kind: ShippingItem, Posting: Posting{Code: "FREIGHT"}})
	}
	if p.Shared == 0 {
		t.Error("ten thousand items, and no two come to one number")
	}
	// The last number there is has one after it.
	full := NewPositions()
	it := Item{Kind: GoodsItem, LineID: "7"}
	for n := full.home(it); n < numbersBeyond; n++ {
		full.taken[n] = true
	}
	if n := full.Of(it); n != firstNumber {
		t.Errorf("the number after the last is %d", n)
	}
}
