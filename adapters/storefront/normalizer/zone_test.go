package normalizer_test

import (
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

func TestOpenZone(t *testing.T) {
	if zone, err := normalizer.OpenZone(""); zone != nil || err != nil {
		t.Errorf("no zone: %v, %v", zone, err)
	}
	if zone, err := normalizer.OpenZone("Europe/Berlin"); err != nil || zone.String() != "Europe/Berlin" {
		t.Errorf("Berlin: %v, %v", zone, err)
	}
	for _, name := range []string{"Local", "Europe/Atlantis", "CET+1", "../etc/passwd"} {
		if zone, err := normalizer.OpenZone(name); err == nil {
			t.Errorf("%s is the zone %s", name, zone)
		}
	}
}

func TestDay(t *testing.T) {
	at := time.Date(2026, 2, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	melbourne, err := normalizer.OpenZone("Australia/Melbourne")
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"2026-02-01": normalizer.Day(at, nil), "2026-01-31": normalizer.Day(at, time.UTC), "": normalizer.Day(time.Time{}, melbourne),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := normalizer.Day(time.Date(2026, 1, 31, 14, 0, 0, 0, time.UTC), melbourne); got != "2026-02-01" {
		t.Errorf("an Australian morning is on %s", got)
	}
}

func TestFirst(t *testing.T) {
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	if got := normalizer.First(time.Time{}, b, a); got != b {
		t.Errorf("%s", got)
	}
	if got := normalizer.First(time.Time{}); !got.IsZero() {
		t.Errorf("%s", got)
	}
}
