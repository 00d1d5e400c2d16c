package fo

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// A purchase order number is never cut and never left out without a word.
func TestLongPurchaseOrderNumbers(t *testing.T) {
	fits, long := strings.Repeat("9", 20), strings.Repeat("9", 21)
	for _, c := range []struct {
		name, settings, po string
		header, line       string // "": held
	}{
		{"that fit", "", fits, fits, "Mug"},
		{"are held", "", long, "", ""},
		{"go into the first line", "long_po: line\n", long, "5001", "Purchase order " + long + "\nMug"},
		{"that fit stay where they are", "long_po: line\n", fits, fits, "Mug"},
		{"fit a field that was made longer", "lengths: {CUSTOMERREQUISITIONNUMBER: 21}\n", long, long, "Mug"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t, c.settings)
			o := placed()
			o.PO = c.po
			docs, err := e.Translate(event(o))
			if c.header == "" {
				wantKind(t, erpbridge.Held, err)
				if err == nil || !strings.Contains(err.Error(), fieldPO) {
					t.Errorf("%s is not in %v", fieldPO, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.read(docs[0])
			if err != nil {
				t.Fatal(err)
			}
			if po, line := got.header.get(fieldPO), got.lines[0].get("LINEDESCRIPTION"); po != c.header || line != c.line {
				t.Errorf("%q and %q", po, line)
			}
			if other := got.lines[1].get("LINEDESCRIPTION"); other != "T-shirt" {
				t.Errorf("the second line is %q", other)
			}
		})
	}
}

func TestLongPOIsASetting(t *testing.T) {
	conf := defaults()
	conf.LongPO = "cut"
	if err := conf.check(); err == nil || !strings.Contains(err.Error(), `long_po: "cut"`) {
		t.Error(err)
	}
}

// F&O knows an order by its number: stores that could make the same are refused at the start.
func TestStoresNeedNumbersOfTheirOwn(t *testing.T) {
	err := func(stores string) error {
		_, err := New("fo", decodeYAML(with(strings.Replace(settings[strings.Index(settings, "mapping:"):], "mapping:\n", "mapping:\n  stores: "+stores+"\n", 1))), nil)
		return err
	}
	if err := err("{de: {number: {prefix: DE-}}, us: {number: {prefix: US-}}}"); err != nil {
		t.Error(err)
	}
	if err := err("{de: {prices: gross}, us: {prices: net}}"); err == nil || !strings.Contains(err.Error(), "mapping.number.prefix") {
		t.Errorf("both with the target's prefix: %v", err)
	}
}

// How long to wait is told in seconds or as a date, and an hour is the longest.
func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "99999": time.Hour, "99999999999999999999": time.Hour, "-1": 0, "soon": 0,
		time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat): time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):     0,
	} {
		err := asked(t, false, http.StatusServiceUnavailable, map[string]string{"Retry-After": header}, "")
		var said *erpbridge.Error
		if !errors.As(err, &said) || said.Kind != erpbridge.Throttled || said.After != want {
			t.Errorf("%q: %+v, want %v", header, said, want)
		}
	}
}
