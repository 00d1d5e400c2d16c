package shopify

import "testing"

func TestUnwrap(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`: `{"a":1}`, `{}`: `{}`, `[]`: `[]`, `{"a":{}}`: `{"a":{}}`, `{"only":7}`: `7`, `{"a":{"only":{"only":"x"}}}`: `{"a":"x"}`,
		`{"a":{"nodes":[{"b":{"only":null}}],"pageInfo":{"hasNextPage":false,"endCursor":"c"}}}`: `{"a":[{"b":null}]}`,
		`{"a":{"nodes":[]}}`: `{"a":[]}`, `{"b":1,"only":2}`: `{"b":1,"only":2}`, `{"id":820982911946154508,"p":"1.50","r":5e-3}`: `{"id":820982911946154508,"p":"1.50","r":5e-3}`,
		`{"a":{"nodes":[1],"totalCount":1,"pageInfo":{}}}`: `{"a":[1]}`, `{"a":"\u00e9\n"}`: `{"a":"é\n"}`,
	} {
		got, err := unwrap([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s became %s (%v), want %s", in, got, err, want)
		}
	}
	for _, in := range []string{`{"a":{"nodes":[],"pageInfo":{"hasNextPage":true}}}`, `{"a":`, `{"a":{"nodes":[]`, `{"only":1`, ``, `{"a":{"nodes":[],"pageInfo":7}}`} {
		if got, err := unwrap([]byte(in)); err == nil {
			t.Errorf("%s became %s", in, got)
		}
	}
}

// TestEnum: a topic's name in GraphQL.
func TestEnum(t *testing.T) {
	for topic, want := range map[string]string{"orders/create": "ORDERS_CREATE", "inventory_levels/update": "INVENTORY_LEVELS_UPDATE"} {
		if got := enum(topic); got != want {
			t.Errorf("%s is %s, want %s", topic, got, want)
		}
	}
}
