package normalizer_test

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

func TestAmount(t *testing.T) {
	tests := []struct{ currency, value, want string }{
		{"EUR", `"12.50"`, "12.50 EUR"},
		{"EUR", `12.5`, "12.50 EUR"},
		{"EUR", `"12.5000"`, "12.50 EUR"},
		{"EUR", `1.25e1`, "12.50 EUR"},
		{"EUR", `-3`, "-3.00 EUR"},
		{"EUR", `"-0.00"`, "0.00 EUR"},
		{"JPY", `"1200"`, "1200 JPY"},
		{"JPY", `"1200.00"`, "1200 JPY"},
		{"KWD", `"3.725"`, "3.725 KWD"},
		{"HRK", `"1.00"`, "1.00 HRK"}, // retired
	}
	for _, tt := range tests {
		r := normalizer.NewReader(tt.currency, time.Time{})
		if m, ok := r.Amount("", "total", scalar(t, tt.value)); !ok || m.String() != tt.want || r.Err() != nil {
			t.Errorf("%s %s is %s, %t (%v), want %s", tt.value, tt.currency, m, ok, r.Err(), tt.want)
		}
	}
	for _, value := range []string{`null`, `""`} {
		r := normalizer.NewReader("EUR", time.Time{})
		if m, ok := r.Amount("", "total", scalar(t, value)); ok || m.String() != "0.00 EUR" || r.Err() != nil {
			t.Errorf("%s is %s, %t (%v)", value, m, ok, r.Err())
		}
	}
	for _, value := range []string{`"12,50"`, `"1.005"`, `true`, `"1e2"`, `"+1"`, `" 1"`, `"NaN"`, `99999999999999999999`, `{"amount":1}`} {
		r := normalizer.NewReader("EUR", time.Time{})
		if m, ok := r.Amount("", "total", scalar(t, value)); ok || r.Err() == nil {
			t.Errorf("%s is %s", value, m)
		}
	}
	r := normalizer.NewReader("EURO", time.Time{})
	if _, ok := r.Amount("", "total", scalar(t, `1`)); ok || r.Err() == nil {
		t.Error("EURO is a currency")
	}
}

func TestAmountIn(t *testing.T) {
	r := normalizer.NewReader("EUR", time.Time{})
	if m, ok := r.AmountIn("JPY", "", "total", scalar(t, `7`)); !ok || m.String() != "7 JPY" {
		t.Errorf("%s, %t", m, ok)
	}
}

func TestChargeAndDue(t *testing.T) {
	r := normalizer.NewReader("EUR", time.Time{})
	if m, ok := r.Charge("", "fee", scalar(t, `null`)); ok || !m.IsZero() || r.Err() != nil {
		t.Errorf("no charge is %s (%v)", m, r.Err())
	}
	if m := r.Due("", "fee", scalar(t, `0`)); !m.IsZero() || r.Err() != nil {
		t.Errorf("a charge of nothing is %s (%v)", m, r.Err())
	}
	if r.Charge("", "fee", scalar(t, `"-0.01"`)); r.Err() == nil || r.Err().Error() != "fee: -0.01 EUR is negative" {
		t.Errorf("a negative charge: %v", r.Err())
	}
	r = normalizer.NewReader("EUR", time.Time{})
	if r.Due("", "fee", scalar(t, `null`)); r.Err() == nil || r.Err().Error() != "fee: is missing" {
		t.Errorf("a missing charge: %v", r.Err())
	}
}

func TestPrice(t *testing.T) {
	for value, want := range map[string]string{`"119.235"`: "119.235", `0.0001`: "0.0001", `null`: "0.00", `"-1"`: "-1.00"} {
		r := normalizer.NewReader("EUR", time.Time{})
		if m := r.Price("", "price", scalar(t, value)); m.Plain() != want || m.Currency != "EUR" || r.Err() != nil {
			t.Errorf("%s is %s (%v)", value, m, r.Err())
		}
	}
	r := normalizer.NewReader("EUR", time.Time{})
	if r.Price("", "price", scalar(t, `"1,5"`)); r.Err() == nil {
		t.Error("1,5 is a price")
	}
}
