package strictjson_test

import (
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

func TestScalar(t *testing.T) {
	tests := []struct {
		json    string
		text    string
		plain   string
		integer string // "" means that it is none
	}{
		{`820982911946154508`, "820982911946154508", "820982911946154508", "820982911946154508"},
		{`"18446744073709551615"`, "18446744073709551615", "18446744073709551615", "18446744073709551615"},
		{`18446744073709551615`, "18446744073709551615", "18446744073709551615", "18446744073709551615"},
		{`866550311766439040.0`, "866550311766439040.0", "866550311766439040.0", "866550311766439040"},
		{`1e3`, "1e3", "1000", "1000"},
		{`1.50E+1`, "1.50E+1", "15.0", "15"},
		{`2.5e-2`, "2.5e-2", "0.025", ""},
		{`-12.5e1`, "-12.5e1", "-125", ""},
		{`0e5`, "0e5", "0", "0"},
		{`0.30000000000000004`, "0.30000000000000004", "0.30000000000000004", ""},
		{`1.5`, "1.5", "1.5", ""},
		{`-7`, "-7", "-7", ""},
		{`"007"`, "007", "007", "7"},
		{`"1e3"`, "1e3", "1e3", ""},
		{`"7.0"`, "7.0", "7.0", ""},
		{`"1,234.56"`, "1,234.56", "1,234.56", ""},
		{`""`, "", "", ""},
		{`null`, "", "", ""},
		{`true`, "true", "true", ""},
		{`{"a": [1]}`, `{"a": [1]}`, `{"a": [1]}`, ""},
		{`"Zo\u00eb \ud83d\ude00"`, "Zoë 😀", "Zoë 😀", ""},
	}
	for _, tt := range tests {
		t.Run(tt.json, func(t *testing.T) {
			var v struct {
				S strictjson.Scalar `json:"s"`
			}
			if err := strictjson.Unmarshal([]byte(`{"s":`+tt.json+`}`), &v, strictjson.Default()); err != nil {
				t.Fatal(err)
			}
			if v.S.Text() != tt.text || v.S.Given() != (tt.text != "") {
				t.Errorf("text = %q (given: %v), want %q", v.S.Text(), v.S.Given(), tt.text)
			}
			if got, ok := v.S.Plain(); !ok || got != tt.plain {
				t.Errorf("plain = %q, %v, want %q", got, ok, tt.plain)
			}
			if got, ok := v.S.Integer(); got != tt.integer || ok != (tt.integer != "") {
				t.Errorf("integer = %q, %v, want %q", got, ok, tt.integer)
			}
		})
	}
}

func TestScalarBeyondLimits(t *testing.T) {
	var s strictjson.Scalar
	if err := strictjson.Unmarshal([]byte(`1e999999999`), &s, strictjson.Grammar()); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Plain(); ok {
		t.Errorf("1e999999999 was written out, in %d characters", len(got))
	}
	if got, ok := s.Integer(); ok {
		t.Errorf("1e999999999 was written out, in %d characters", len(got))
	}
}

func TestScalarBool(t *testing.T) {
	for in, want := range map[string]string{
		`true`: "true", `"true"`: "true", `1`: "true", `"1"`: "true",
		`false`: "false", `"false"`: "false", `0`: "false", `null`: "false", `""`: "false",
		`"yes"`: "error", `2`: "error", `[true]`: "error",
	} {
		var v struct {
			S strictjson.Scalar `json:"s"`
		}
		if err := strictjson.Unmarshal([]byte(`{"s":`+in+`}`), &v, strictjson.Default()); err != nil {
			t.Fatal(err)
		}
		got, err := v.S.Bool()
		switch {
		case want == "error" && err == nil:
			t.Errorf("%s: %v, want an error", in, got)
		case want != "error" && (err != nil || got != (want == "true")):
			t.Errorf("%s: %v, %v, want %s", in, got, err, want)
		}
	}
}
