package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/config"
)

// TestMaintenanceThatNeverEnds: a target that would never be delivered to is refused, and
// one that has an hour a week is not.
func TestMaintenanceThatNeverEnds(t *testing.T) {
	for windows, want := range map[string]bool{
		`[{zone: UTC}]`: true,
		`[{from: "10:00", to: "10:00", zone: UTC}]`:                                                                              true,
		`[{from: "00:00", to: "12:00", zone: UTC}, {from: "12:00", to: "00:00", zone: UTC}]`:                                     true,
		`[{days: [mon, tue, wed, thu, fri, sat], zone: UTC}, {days: [sun], zone: UTC}]`:                                          true,
		`[{days: [sun], zone: UTC}]`:                                                                                             false,
		`[{from: "10:00", to: "09:59", zone: UTC}]`:                                                                              false,
		`[{days: [sat], from: "23:00", to: "22:00", zone: UTC}, {days: [mon, tue, wed, thu, fri, sun], zone: UTC}]`:              false,
		`[{days: [sat], from: "22:00", to: "04:00", zone: Europe/Berlin}, {days: [sun], from: "22:00", to: "04:00", zone: UTC}]`: false,
	} {
		_, err := config.Parse("erpbridge.yaml", []byte(delivering("{maintenance: "+windows+"}")), t.TempDir(), nil)
		if got := err != nil && strings.Contains(err.Error(), "targets[0].delivery.maintenance: it lasts the whole week"); got != want || (err != nil) != want {
			t.Errorf("%s: %v", windows, err)
		}
	}
}

// delivering is a configuration with a delivery section.
func delivering(section string) string {
	return `database: {url: "postgres://localhost/erp"}
broker: {url: "amqp://localhost/"}
stores: [{name: shop, kind: shopify}]
targets:
  - {name: erp, kind: netsuite, delivery: ` + section + "}\n"
}

// TestLease is about the one default that depends on another setting. A lease that is
// written as nothing is no wish for the default.
func TestLease(t *testing.T) {
	for _, c := range []struct {
		name, delivery string
		want           time.Duration
		refused        string
	}{
		{"not given", "{}", 2 * time.Minute, ""},
		{"without a value", "{lease: }", 2 * time.Minute, ""},
		{"a long timeout", "{timeout: 5m}", 6 * time.Minute, ""},
		{"given", "{timeout: 5s, lease: 30s}", 30 * time.Second, ""},
		{"nothing", "{lease: 0s}", 0, "targets[0].delivery.lease: a lease of 0s must exceed the timeout of 1m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf, err := config.Parse("erpbridge.yaml", []byte(delivering(c.delivery)), t.TempDir(), nil)
			switch {
			case c.refused != "":
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want %s", err, c.refused)
				}
			case err != nil:
				t.Error(err)
			case conf.Targets[0].Delivery.Lease != c.want:
				t.Errorf("lease %v, want %v", conf.Targets[0].Delivery.Lease, c.want)
			}
		})
	}
}
