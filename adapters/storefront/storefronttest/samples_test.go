package storefronttest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestSamples(t *testing.T) {
	published(t)
	type line struct {
		name, body, off string
		told            bool
	}
	var got []line
	for _, s := range storefronttest.Samples(t, func(folder, name string) bool { return folder == "a" || name == "w" }) {
		off, told := s.Off()
		got = append(got, line{s.Folder + " " + s.Name, string(s.Body), off, told})
	}
	want := []line{{"a x__y", "{}", "", true}, {"a z", "[]", "-0.50", true}, {"b w", "1", "", false}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
	if one := storefronttest.Samples(t, func(folder, _ string) bool { return folder == "b" }); len(one) != 1 {
		t.Errorf("%d samples of one platform", len(one))
	}
}

func TestOff(t *testing.T) {
	usd := func(amount string) erpbridge.Money {
		m, err := erpbridge.ParseMoney(amount, "USD")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, tt := range map[string]struct {
		event erpbridge.Event
		want  string
	}{
		"an order of nothing":     {erpbridge.Event{Order: &erpbridge.Order{Currency: "USD", Total: usd("0")}}, ""},
		"an order of more":        {erpbridge.Event{Order: &erpbridge.Order{Currency: "USD", Total: usd("1.5")}}, "1.50"},
		"neither order nor money": {erpbridge.Event{Customer: &erpbridge.Customer{}}, ""},
	} {
		if got := storefronttest.Off(tt.event); got != tt.want {
			t.Errorf("%s is off by %q, want %q", name, got, tt.want)
		}
	}
}

func TestKnownAnswer(t *testing.T) {
	published(t)
	var v struct{ Secret string }
	if body := storefronttest.KnownAnswer(t, "shop", &v); string(body) != "body" || v.Secret != "s" {
		t.Errorf("%q under %q", body, v.Secret)
	}
}

func TestReplace(t *testing.T) {
	if got := string(storefronttest.Replace(t, []byte("a b b"), "b", "c")); got != "a c b" {
		t.Errorf("%q", got)
	}
}
