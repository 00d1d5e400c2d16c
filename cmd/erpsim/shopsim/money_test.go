package shopsim

import (
	"fmt"
	"testing"
)

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func TestPlain(t *testing.T) {
	for _, tt := range []struct {
		amount            int64
		currency          string
		plain, trim, four string
	}{
		{0, "USD", "0.00", "0", "0.0000"},
		{5, "USD", "0.05", "0.05", "0.0500"},
		{-1250, "USD", "-12.50", "-12.5", "-12.5000"},
		{1200, "JPY", "1200", "1200", "1200.0000"},
		{-7, "JPY", "-7", "-7", "-7.0000"},
		{3725, "KWD", "3.725", "3.725", "3.7250"},
		{100, "KWD", "0.100", "0.1", "0.1000"},
	} {
		if got := plain(tt.amount, tt.currency); got != tt.plain {
			t.Errorf("%d %s is %s, want %s", tt.amount, tt.currency, got, tt.plain)
		}
		if got := trimmed(tt.amount, tt.currency); got != tt.trim {
			t.Errorf("%d %s is %s, want %s", tt.amount, tt.currency, got, tt.trim)
		}
		if got := four(tt.amount, tt.currency); got != tt.four {
			t.Errorf("%d %s is %s, want %s", tt.amount, tt.currency, got, tt.four)
		}
	}
}

func TestRounding(t *testing.T) {
	for _, tt := range []struct{ got, want int64 }{
		{onTop(100, 88750), 9},
		{onTop(1000, 190000), 190},
		{onTop(50, 10000), 1},
		{onTop(-50, 10000), -1},
		{onTop(49, 10000), 0},
		{within(11900, 190000), 1900},
		{within(400, 26000), 10},
		{halfUp(1, 3), 0},
		{halfUp(2, 3), 1},
		{halfUp(1, 2), 1},
	} {
		if tt.got != tt.want {
			t.Errorf("%d, want %d", tt.got, tt.want)
		}
	}
	if got := quotient(100, 3, 2, 4); got != "0.3333" {
		t.Errorf("a third of a dollar is %s", got)
	}
	if got := float(200, 3, "JPY"); got != "66.666666666667" {
		t.Errorf("a third of 200 yen is %s", got)
	}
}
