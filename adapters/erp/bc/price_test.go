package bc

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// What the ERP makes of price, quantity and discount is the item's amount.
func TestPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SampledFrom([]uint8{0, 2, 3}).Draw(t, "digits")
		code := map[uint8]string{0: "JPY", 2: "EUR", 3: "KWD"}[digits]
		decimals := rapid.Uint8Range(2, 5).Draw(t, "decimals")
		gross := erpbridge.Money{Amount: scaled(rapid.Int64Range(0, 1e9).Draw(t, "gross"), digits), Currency: code}
		off := erpbridge.Money{Amount: scaled(rapid.Int64Range(0, 1e9).Draw(t, "discount"), digits), Currency: code}
		if off.Amount.GreaterThan(gross.Amount) {
			off = gross
		}
		it := salesdoc.Item{
			Quantity: scaled(rapid.Int64Range(1, 1e6).Draw(t, "quantity"), rapid.Uint8Range(0, 3).Draw(t, "fraction")),
			Gross:    gross, Discount: off, Amount: gross.Sub(off),
		}
		unit, discount, ok := price(it, digits, decimals)
		if !ok {
			t.Fatal("there is none")
		}
		if got := round(it.Quantity.Mul(unit), digits).Sub(discount); !got.Equal(it.Amount.Amount) || discount.IsNeg() {
			t.Fatalf("%s x %s - %s is %s, not %s", it.Quantity, unit, discount, got, it.Amount)
		}
		if unit.PrecUint() > decimals && !unit.RoundBank(decimals).Equal(unit) {
			t.Fatalf("the price %s is too fine", unit)
		}
	})
}

func scaled(n int64, digits uint8) erpbridge.Decimal {
	d := erpbridge.Decimal{}
	ten := erptest.Dec("10")
	d = erptest.Dec("1").Mul(decimalOf(n))
	for range digits {
		q, err := d.Div(ten)
		if err != nil {
			panic(err)
		}
		d = q
	}
	return d
}

func TestPrices(t *testing.T) {
	for _, c := range []struct{ quantity, gross, discount, unit, off string }{
		{"3", "30.00", "1.00", "10", "1"},
		{"3", "89.99", "0.00", "29.99667", "0"},
		{"7", "10.00", "0.00", "1.42857", "0"},
		{"3000", "0.02", "0.00", "0.00001", "0.01"},
		{"1", "-5.00", "0.00", "-5", "0"},
		{"3", "-10.00", "0.00", "-3.33333", "0"},
		{"0.5", "3.33", "0.33", "6.66", "0.33"},
	} {
		gross, off := eur(c.gross), eur(c.discount)
		it := salesdoc.Item{Quantity: erptest.Dec(c.quantity), Gross: gross, Discount: off, Amount: gross.Sub(off)}
		unit, discount, ok := price(it, 2, 5)
		if !ok || !unit.Equal(erptest.Dec(c.unit)) || !discount.Equal(erptest.Dec(c.off)) {
			t.Errorf("%s for %s - %s: %s, %s, %v; want %s, %s", c.quantity, c.gross, c.discount, unit, discount, ok, c.unit, c.off)
		}
	}
	if _, _, ok := price(salesdoc.Item{Quantity: erptest.Dec("30000"), Gross: eur("-0.02"), Amount: eur("-0.02")}, 2, 5); ok {
		t.Error("a negative item of many pieces has no price")
	}
}
