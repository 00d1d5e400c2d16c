package salesdoc

import (
	"testing"
	"unicode"
)

// A postal code in another script's digits is the same postal code.
func TestDigitsOfOtherScripts(t *testing.T) {
	for text, want := range map[string]string{
		"١٢٣٤٥": "12345", "۰۹": "09", "१०": "10", "７８": "78", "𝟘𝟡": "09", "D-12": "D-12",
	} {
		if got, err := (Rule{Length: 11, Charset: Latin1}).Fit(text); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %s", text, got, err, want)
		}
	}
	if got, err := (Rule{}).Fit("١٢"); err != nil || got != "١٢" {
		t.Errorf("%q, %v: a field that takes it has it as it is", got, err)
	}
}

// What western supposes of Unicode: whole scripts of ten.
func TestDigitsComeInTens(t *testing.T) {
	for _, r := range unicode.Nd.R16 {
		if r.Stride != 1 || (r.Hi-r.Lo+1)%10 != 0 {
			t.Errorf("%x to %x by %d", r.Lo, r.Hi, r.Stride)
		}
	}
	for _, r := range unicode.Nd.R32 {
		if r.Stride != 1 || (r.Hi-r.Lo+1)%10 != 0 {
			t.Errorf("%x to %x by %d", r.Lo, r.Hi, r.Stride)
		}
	}
}
