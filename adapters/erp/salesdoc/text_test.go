package salesdoc

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		rule             Rule
		bad              string
	}{
		{"short", "abc", "abc", Rule{Length: 3}, ""},
		{"unbounded", strings.Repeat("x", 500), strings.Repeat("x", 500), Rule{}, ""},
		{"held", "abcd", "", Rule{Length: 3}, "has 4 characters, the field takes 3"},
		{"cut", "abcdef", "abc…", Rule{Length: 4, Overflow: CutMark}, ""},
		{"cut at a blank", "ab  cdef", "ab…", Rule{Length: 5, Overflow: CutMark}, ""},
		{"left out", "abcd", "", Rule{Length: 3, Overflow: Omit}, ""},
		{"a family is one character", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦…", Rule{Length: 8, Overflow: CutMark}, ""},
		{"a flag is not halved", "🇩🇪🇫🇷", "🇩🇪…", Rule{Length: 3, Overflow: CutMark}, ""},
		{"an accent goes with its letter", "q\u0301q\u0301q\u0301", "q\u0301…", Rule{Length: 4, Overflow: CutMark}, ""},
		{"accents apart stay so where they fit", "e\u0301", "e\u0301", Rule{Length: 2}, ""},
		{"accents apart are composed rather than cut", "Rene\u0301", "René", Rule{Length: 4, Overflow: CutMark}, ""},
		{"accents apart are composed rather than held", "Rene\u0301", "René", Rule{Length: 4}, ""},
		{"Latin-1 has letters with their accents", "Rene\u0301 Mu\u0308ller", "René Müller", Rule{Length: 11, Charset: Latin1, Overflow: CutMark}, ""},
		{"Latin-1 keys as well", "Mu\u0308ller", "Müller", Rule{Charset: Latin1}, ""},
		{"ASCII has neither", "Mu\u0308ller", "", Rule{Charset: ASCII}, `has 'ü'`},
		{"bytes", "äöü", "ä…", Rule{Length: 5, Count: Bytes, Overflow: CutMark}, ""},
		{"UTF-16", "😀😀", "", Rule{Length: 3, Count: UTF16}, "has 4 characters"},
		{"Latin-1 holds", "Łódź", "", Rule{Length: 9, Charset: Latin1}, `has 'Ł'`},
		{"Latin-1 leaves out", "Łódź", "", Rule{Length: 9, Charset: Latin1, Overflow: Omit}, ""},
		{"Latin-1 replaces where it may cut", "Łódź und mehr", "?ód? und", Rule{Length: 9, Charset: Latin1, Overflow: CutMark}, ""},
		{"a control character", "a\x01b", "", Rule{Length: 9, Overflow: CutMark}, "XML cannot carry"},
		{"bytes that are no text", "a\xffb", "", Rule{}, "XML cannot carry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.rule.Fit(c.text)
			if got != c.want || (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestLines(t *testing.T) {
	r := Rule{Length: 10, Overflow: Wrap}
	for _, c := range []struct {
		text string
		most int
		want []string
	}{
		{"", 0, []string{}},
		{"one line", 0, []string{"one line"}},
		{"please ring the bell", 0, []string{"please", "ring the", "bell"}},
		{"ten letters all in line", 0, []string{"ten", "letters", "all in", "line"}},
		{"abcd efghi jk", 0, []string{"abcd efghi", "jk"}},
		{"abcdefghijklmno", 0, []string{"abcdefghij", "klmno"}},
		{"a\r\nb\n\n", 0, []string{"a", "b"}},
		{"one two three four five", 2, []string{"one two", "three fou…"}},
	} {
		got, err := r.Lines(c.text, c.most)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

// A text that was cut is as long as it may be, is text, and begins as the whole did.
func TestCutIsNeverTooLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		n := rapid.IntRange(4, 40).Draw(t, "n")
		count := rapid.SampledFrom([]Count{Characters, UTF16, Bytes}).Draw(t, "count")
		got := Cut(text, n, count)
		if count.of(got) > n || !utf8.ValidString(got) || !strings.HasPrefix(text, strings.TrimSuffix(got, mark)) {
			t.Fatalf("%q of %q", got, text)
		}
	})
}

// Lines in a charset have letters with their accents, as fields do.
func TestLinesAreComposed(t *testing.T) {
	got, err := Rule{Length: 11, Charset: Latin1, Overflow: Wrap}.Lines("Rene\u0301 Mu\u0308ller klingelt", 0)
	if diff := cmp.Diff([]string{"René Müller", "klingelt"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestTrailingMinus(t *testing.T) {
	if got := TrailingMinus("-14.53") + " " + TrailingMinus("2"); got != "14.53- 2" {
		t.Error(got)
	}
}
