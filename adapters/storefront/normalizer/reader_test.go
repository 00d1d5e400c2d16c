package normalizer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// scalar returns the scalar that a JSON value is read as.
func scalar(t testing.TB, value string) strictjson.Scalar {
	t.Helper()
	var v struct {
		V strictjson.Scalar `json:"v"`
	}
	if err := strictjson.Unmarshal([]byte(`{"v":`+value+`}`), &v, strictjson.Default()); err != nil {
		t.Fatal(err)
	}
	return v.V
}

var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestReaderKeepsTheFirstError(t *testing.T) {
	r := normalizer.NewReader("EUR", received)
	if r.Err() != nil || r.Currency() != "EUR" {
		t.Fatalf("a new reader: %v, %s", r.Err(), r.Currency())
	}
	r.Due("lines[3].", "price", scalar(t, `null`))
	r.Due("", "total", scalar(t, `"x"`))
	if err := r.Err(); err == nil || err.Error() != "lines[3].price: is missing" {
		t.Errorf("Err = %v", err)
	}
}

func TestReaderErrorsWrap(t *testing.T) {
	cause := fmt.Errorf("the cause")
	r := normalizer.NewReader("EUR", received)
	r.Fail("a.", "b", "because of %w", cause)
	if err := r.Err(); err.Error() != "a.b: because of the cause" {
		t.Errorf("Err = %v", err)
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{
		`null`: "", `""`: "", `"a"`: "a", `7`: "7", `1.50`: "1.50", `true`: "true",
		`"\u0000a\u0001\u000b\u001fb"`: "ab", `"\ufffe\uffff"`: "", `"\t\r\n"`: "\t\r\n", `"\u007f\u0085\u202e👩🏽‍💻"`: "\u007f\u0085\u202e👩🏽‍💻",
		`"<a>&amp;"`: "<a>&amp;", `" a "`: " a ",
	} {
		r := normalizer.NewReader("", time.Time{})
		if got := r.Text("", "note", scalar(t, value)); got != want || r.Err() != nil {
			t.Errorf("%s became %q (%v), want %q", value, got, r.Err(), want)
		}
	}
}

func TestStripped(t *testing.T) {
	r := normalizer.NewReader("", time.Time{})
	r.Text("", "note", scalar(t, `"clean"`))
	if got := r.Stripped(); got != nil {
		t.Fatalf("nothing was left out, and still: %v", got)
	}
	r.Text("", "note", scalar(t, `"\u0000\u0001"`))
	r.Text("lines[0].", "title", scalar(t, `"\u0002"`))
	r.Clean("", "note", "\x03")
	want := []erpbridge.Attribute{{Name: "erpbridge.stripped-characters", Value: "4 in note,lines[0].title"}}
	if diff := cmp.Diff(want, r.Stripped()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i := range 500 {
		r.Clean(fmt.Sprintf("lines[%d].", i), "sku", "\x01")
	}
	got := r.Stripped()[0].Value
	if !strings.HasPrefix(got, "504 in note,") || !strings.HasSuffix(got, ",…") || len(got) > 200 {
		t.Errorf("the record is not bounded: %s", got)
	}
}

func TestID(t *testing.T) {
	for value, want := range map[string]string{
		`null`: "", `7`: "7", `"7"`: "7", `7.0`: "7", `"007"`: "7", `1e3`: "1000", `18446744073709551615`: "18446744073709551615",
		`"gid://shopify/Product/7"`: "7", `"gid://shopify/InventoryLevel/7?inventory_item_id=8"`: "7", `"SKU-7"`: "SKU-7", `-7`: "-7",
		`"c0ffee-\u0001"`: "c0ffee-", `"gid://"`: "",
	} {
		r := normalizer.NewReader("", time.Time{})
		if got := r.ID("", "id", scalar(t, value)); got != want {
			t.Errorf("%s became %q, want %q", value, got, want)
		}
	}
}

func TestFlag(t *testing.T) {
	for value, want := range map[string]bool{`true`: true, `"true"`: true, `1`: true, `"1"`: true, `false`: false, `0`: false, `null`: false, `""`: false} {
		r := normalizer.NewReader("", time.Time{})
		if got := r.Flag("", "test", scalar(t, value)); got != want || r.Err() != nil {
			t.Errorf("%s is %t (%v)", value, got, r.Err())
		}
	}
	r := normalizer.NewReader("", time.Time{})
	if r.Flag("", "test", scalar(t, `"maybe"`)) || r.Err() == nil {
		t.Error("maybe is a flag")
	}
}

func TestQuantityAndRate(t *testing.T) {
	for value, want := range map[string]string{`2`: "2", `"2.5"`: "2.5", `1e1`: "10", `0`: "0"} {
		r := normalizer.NewReader("", time.Time{})
		if q := r.Quantity("", "q", scalar(t, value)); q.String() != want || r.Err() != nil {
			t.Errorf("quantity %s is %s (%v)", value, q, r.Err())
		}
		if d := r.Rate("", "rate", scalar(t, value)); d.String() != want || r.Err() != nil {
			t.Errorf("rate %s is %s (%v)", value, d, r.Err())
		}
	}
	for _, value := range []string{`null`, `""`, `-1`, `"two"`, `true`, `1e-30`, `"1e2"`} {
		r := normalizer.NewReader("", time.Time{})
		if r.Quantity("", "q", scalar(t, value)); r.Err() == nil {
			t.Errorf("%s is a quantity", value)
		}
	}
	r := normalizer.NewReader("", time.Time{})
	if d := r.Rate("", "rate", scalar(t, `null`)); !d.IsZero() || r.Err() != nil {
		t.Errorf("no rate is %s (%v)", d, r.Err())
	}
	if r.Rate("", "rate", scalar(t, `"19%"`)); r.Err() == nil {
		t.Error("19% is a rate")
	}
}

func TestTime(t *testing.T) {
	for value, want := range map[string]string{
		`"2026-03-01T10:00:00-05:00"`: "2026-03-01T10:00:00-05:00", `"2026-03-01T10:00:00Z"`: "2026-03-01T10:00:00Z",
		`"2026-03-01T10:00:00+00:00"`: "2026-03-01T10:00:00Z", `"2026-03-01T10:00:00.5Z"`: "2026-03-01T10:00:00.5Z",
		`"2016-12-31T23:59:60Z"`: "2016-12-31T23:59:59Z", `"2017-01-01T08:59:60+09:00"`: "2017-01-01T08:59:59+09:00",
		`null`: "0001-01-01T00:00:00Z", `""`: "0001-01-01T00:00:00Z", `"2026-11-24T12:00:00Z"`: "2026-11-24T12:00:00Z",
	} {
		r := normalizer.NewReader("", received)
		if got := r.Time("", "at", scalar(t, value)).Format(time.RFC3339Nano); got != want || r.Err() != nil {
			t.Errorf("%s became %s (%v), want %s", value, got, r.Err(), want)
		}
	}
	for _, value := range []string{
		`"2026-03-01"`, `"2026-03-01T10:00:00"`, `"2026-03-01 10:00:00Z"`, `1772355600`, `"2026-02-30T00:00:00Z"`, `"0001-01-01T00:00:00Z"`,
		`"9999-12-31T23:59:59Z"`, `"2026-11-24T12:00:01Z"`, `"2026-03-01T10:00:60Z"`, `"` + strings.Repeat("x", 500) + `"`,
	} {
		r := normalizer.NewReader("", received)
		if got := r.Time("", "at", scalar(t, value)); !got.IsZero() || r.Err() == nil || len(r.Err().Error()) > 300 {
			t.Errorf("%s became %s (%v)", value, got, r.Err())
		}
	}
	r := normalizer.NewReader("", time.Time{})
	if got := r.Time("", "at", scalar(t, `"9999-12-31T23:59:59Z"`)); got.Year() != 9999 || r.Err() != nil {
		t.Errorf("without a limit: %s (%v)", got, r.Err())
	}
}
