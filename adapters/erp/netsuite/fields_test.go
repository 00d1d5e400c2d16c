package netsuite

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestShorten(t *testing.T) {
	const family, flag, thumb = "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽"
	for name, c := range map[string]struct {
		text string
		n    int
		want string
	}{
		"fits":                  {"abc", 3, "abc"},
		"fits in code units":    {"🧾🧾", 4, "🧾🧾"},
		"letters":               {"abcdef", 4, "abc…"},
		"umlauts":               {"äöüäöü", 4, "äöü…"},
		"blank at the end":      {"ab cdef", 4, "ab…"},
		"letter with its mark":  {"abe\u0301def", 4, "ab…"},
		"letter with its mark,": {"abe\u0301def", 5, "abe\u0301…"},
		"two code units":        {"ab🧾cd", 4, "ab…"},
		"a family":              {"ab" + family + "cd", 12, "ab…"},
		"a family that fits":    {"ab" + family + "cd", 14, "ab" + family + "…"},
		"a flag":                {flag + flag, 7, flag + "…"},
		"half a flag":           {flag + flag, 6, flag + "…"},
		"a skin tone":           {"a" + thumb + "b", 4, "a…"},
		"a line break":          {"ab\r\ncd", 4, "ab…"},
		"Hangul in parts":       {"\u1112\u1161\u11ab\u1100\u1173\u11af", 5, "\u1112\u1161\u11ab…"},
		"one character, longer": {"Z" + strings.Repeat("\u0301", 40), 10, "Z" + strings.Repeat("\u0301", 8) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shorten(c.text, c.n); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzShorten(f *testing.F) {
	f.Add("abe\u0301👩‍👩‍👧‍👦 \r\n🇩🇪", 5)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 1 || n > 4000 || !utf8.ValidString(text) {
			t.Skip("not a field: no length, or not text")
		}
		got := shorten(text, n)
		if units(got) > n || !utf8.ValidString(got) {
			t.Errorf("shorten(%q, %d) = %q, %d units", text, n, got, units(got))
		}
		if head, cut := strings.CutSuffix(got, mark); got != text && (!cut || !strings.HasPrefix(text, head)) {
			t.Errorf("shorten(%q, %d) = %q", text, n, got)
		}
	})
}

// Every text field that is written has a length, and keys are never cut.
func TestLimits(t *testing.T) {
	for field, l := range limits {
		if l.length < shortestLength && l.overflow == cut && (strings.HasSuffix(field, ".memo") || strings.HasSuffix(field, ".comments")) {
			t.Errorf("%s has no room for its marker", field)
		}
		if key := slices.Contains([]string{"SalesOrder.otherRefNum", "Customer.email"}, field); key && l.overflow == cut {
			t.Errorf("%s is a key and would be cut", field)
		}
	}
	e := open(t, "lengths: {Address.city: 30}")
	if l, _ := e.limitOf("Address.city"); l.length != 30 || l.overflow != cut {
		t.Errorf("%+v", l)
	}
	o := placed()
	o.ShipTo.City = strings.Repeat("x", 31)
	if body := string(translate(t, e, o)[1].Body); !strings.Contains(body, ">"+strings.Repeat("x", 29)+"…<") {
		t.Error("the configured length is not kept")
	}
}
