package normalizer_test

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// TestFloats: what binary floating point leaves of an amount is that amount, but only for a
// storefront that calculates so, and what is noise of no amount is none.
func TestFloats(t *testing.T) {
	for _, tt := range []struct{ currency, value, want string }{
		{"EUR", `101.15000000000001`, "101.15 EUR"},
		{"EUR", `19.989999999999998`, "19.99 EUR"},
		{"EUR", `"19.989999999999998436805981327779591083526611328125"`, "19.99 EUR"},
		{"EUR", `-2.9999999999999996`, "-3.00 EUR"},
		{"EUR", `1.4210854715202e-14`, "0.00 EUR"},
		{"JPY", `1199.9999999999998`, "1200 JPY"},
		{"KWD", `3.7250000000000001`, "3.725 KWD"},
		{"KWD", `3.7255000000000003`, ""}, // noise, of no amount
		{"EUR", `12.3450000000000006`, ""},
		{"EUR", `12.49999999`, ""},
		{"EUR", `12.5000001`, ""},
		{"EUR", `1.005`, ""},
		// The larger a double, the fewer of its decimals are exact.
		{"IDR", `150000000.09999999`, "150000000.10 IDR"},
		{"IDR", `-150000000.10000002`, "-150000000.10 IDR"},
		{"IDR", `999999999.9999999`, "1000000000.00 IDR"},
		{"IDR", `150000000.000001`, ""},
		{"IDR", `150000000.1000005`, ""},
		{"IDR", `150000000.100001`, ""},
		{"IDR", `150000000.105`, ""},
		{"EUR", `12.340001`, ""},
		{"EUR", `1234567.890001`, ""},
	} {
		r := normalizer.NewReader(tt.currency, time.Time{}).Floats()
		m, ok := r.Amount("", "total", scalar(t, tt.value))
		if ok != (tt.want != "") || ok && m.String() != tt.want || ok == (r.Err() != nil) {
			t.Errorf("%s %s is %s, %t (%v), want %q", tt.value, tt.currency, m, ok, r.Err(), tt.want)
		}
		exact, ok := r.Exact(scalar(t, tt.value))
		if ok != (tt.want != "") || ok && exact.String() != tt.want {
			t.Errorf("%s %s is exactly %s, %t, want %q", tt.value, tt.currency, exact, ok, tt.want)
		}
	}
	r := normalizer.NewReader("EUR", time.Time{})
	if m, ok := r.Amount("", "total", scalar(t, `101.15000000000001`)); ok || r.Err() == nil {
		t.Errorf("a storefront that does not calculate so: %s", m)
	}
	if m := normalizer.NewReader("EUR", time.Time{}).Floats().Price("", "price", scalar(t, `7.4999999999999996`)); m.Plain() != "7.50" {
		t.Errorf("a price is %s", m)
	}
}

// TestExact: what is no amount of the currency is not one, and no error.
func TestExact(t *testing.T) {
	r := normalizer.NewReader("EUR", time.Time{})
	for value, want := range map[string]string{`"1.50"`: "1.50 EUR", `-1`: "-1.00 EUR", `"1.505"`: "", `null`: "", `""`: "", `"x"`: "", `{}`: ""} {
		if m, ok := r.Exact(scalar(t, value)); ok != (want != "") || ok && m.String() != want || r.Err() != nil {
			t.Errorf("%s is %s, %t (%v), want %q", value, m, ok, r.Err(), want)
		}
	}
}
