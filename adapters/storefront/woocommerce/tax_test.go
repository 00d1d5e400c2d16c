package woocommerce

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestApportion(t *testing.T) {
	tests := map[string]struct {
		parts  string
		whole  string
		digits uint8
		want   string // "" where it cannot be
	}{
		"one, exact":             {"1.64", "1.64", 2, "1.64"},
		"one, finer":             {"0.867769", "0.87", 2, "0.87"},
		"one, rounded down":      {"0.352941", "0.35", 2, "0.35"},
		"two rates":              {"1.866125 0.683875", "2.55", 2, "1.87 0.68"},
		"the largest remainders": {"0.335 0.335 0.335", "1.01", 2, "0.34 0.34 0.33"},
		"ties to the first":      {"0.005 0.005", "0.01", 2, "0.01 0"},
		"negative":               {"-0.754321 -0.245679", "-1", 2, "-0.75 -0.25"},
		"negative, to the cent":  {"-0.75", "-0.75", 2, "-0.75"},
		"yen":                    {"10.4 20.6", "31", 0, "10 21"},
		"dinar":                  {"0.0625 0.0625", "0.125", 3, "0.063 0.062"},
		"none":                   {"", "0", 2, ""},
		"too much":               {"0.62125", "0.00", 2, ""},
		"far too much":           {"0.62125", "0.64", 2, ""},
		"too little":             {"0.10 0.20", "0.31", 2, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := apportion(decimals(t, tt.parts), decimals(t, tt.whole)[0], tt.digits)
			if tt.want == "" && tt.parts != "" {
				if ok {
					t.Errorf("%v, want none", got)
				}
				return
			}
			var texts []string
			for _, d := range got {
				texts = append(texts, d.String())
			}
			if !ok || strings.Join(texts, " ") != tt.want {
				t.Errorf("%v, %v, want %s", texts, ok, tt.want)
			}
		})
	}
}

func decimals(t *testing.T, text string) []erpbridge.Decimal {
	t.Helper()
	var out []erpbridge.Decimal
	for _, field := range strings.Fields(text) {
		d, err := erpbridge.ParseDecimal(field)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}
