package normalizer

import (
	"strings"
	"testing"
)

func TestOneOf(t *testing.T) {
	if err := OneOf("test_orders", "deliver", "ignore", "deliver"); err != nil {
		t.Error(err)
	}
	for _, value := range []string{"", "Deliver", strings.Repeat("x", 500)} {
		err := OneOf("test_orders", value, "ignore", "deliver")
		if err == nil || !strings.HasPrefix(err.Error(), "test_orders: ") || !strings.HasSuffix(err.Error(), "is not one of ignore, deliver") || len(err.Error()) > 200 {
			t.Errorf("%v", err)
		}
	}
}

func TestCheckCurrency(t *testing.T) {
	for _, code := range []string{"", "EUR", "JPY", "HRK"} {
		if err := CheckCurrency(code); err != nil {
			t.Error(err)
		}
	}
	for _, code := range []string{"eur", "EURO", "XXQ", "€"} {
		if err := CheckCurrency(code); err == nil || !strings.HasPrefix(err.Error(), "default_currency: ") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
