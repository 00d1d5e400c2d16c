package salesdoc

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

func yen(s string) erpbridge.Money { return erpbridge.Money{Amount: must(s), Currency: "JPY"} }

// A discount that is spread makes no item negative, whatever rounding leaves over.
func TestSpreadTakesNoMoreThanThereIs(t *testing.T) {
	m := generous()
	m.Discounts.Order = SpreadDiscount
	tr := translator(t, m, nil)
	rapid.Check(t, func(t *rapid.T) {
		o := &erpbridge.Order{ID: "1", PostingDate: "2026-11-20", Currency: "JPY"}
		sum := 0
		for range rapid.IntRange(1, 9).Draw(t, "lines") {
			n := rapid.IntRange(1, 3).Draw(t, "price")
			sum += n
			o.Lines = append(o.Lines, erpbridge.Line{SKU: "S", Quantity: one, Unit: yen(strconv.Itoa(n))})
		}
		off := rapid.IntRange(1, sum).Draw(t, "off")
		o.Discounts, o.Total = []erpbridge.Discount{{Amount: yen(strconv.Itoa(off))}}, yen(strconv.Itoa(sum-off))
		d, err := tr.Translate(placed(o))
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range d.Items {
			if it.Amount.Amount.IsNeg() {
				t.Fatalf("%v", shown(d))
			}
		}
	})
}

// A gift card is owed in full: a discount of the order is no discount of it while there
// are goods to take it off.
func TestSpreadSparesWhatIsNoGoods(t *testing.T) {
	m, o := generous(), small()
	m.Discounts.Order = SpreadDiscount
	o.Lines = append(o.Lines, erpbridge.Line{ID: "3", Title: "Gift", Kind: erpbridge.GiftCard, Quantity: one, Unit: eur("50.00")})
	o.Total = eur("96.83")
	d, err := translator(t, m, nil).Translate(placed(o))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range d.Items {
		if it.Kind == GiftCardItem && !it.Amount.Equal(eur("50.00")) {
			t.Errorf("%v", shown(d))
		}
	}
}
