package shopify

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// limits are those of strictjson for everything but the number of members: an
// order of 500 lines, each with its taxes and price sets and once more inside
// every fulfilment, has some 200,000 of them. The size of a body is limited where
// it comes in.
func limits() strictjson.Limits {
	l := strictjson.Default()
	l.Members = 1_000_000
	return l
}

// parse reads the resource of a body, also one inside {"order": ...} as the REST API
// answers it; a wrapper holds nothing else. is tells whether a value is the resource
// itself; one of which that is not so, and that is not wrapped either, is returned for
// the caller to say what it lacks.
func parse[T any](body []byte, wrapper string, is func(*T) bool) (*T, error) {
	var bare T
	if err := strictjson.Unmarshal(body, &bare, limits()); err != nil {
		return nil, err
	}
	if is(&bare) {
		return &bare, nil
	}
	var wrapped map[string]jsontext.Value
	if err := strictjson.Unmarshal(body, &wrapped, limits()); err != nil {
		return nil, err
	}
	inside, ok := wrapped[wrapper]
	if !ok || len(wrapped) > 1 || inside.Kind() != jsontext.KindBeginObject {
		return &bare, nil
	}
	var v T
	if err := strictjson.Unmarshal(inside, &v, limits()); err != nil {
		return nil, err
	}
	return &v, nil
}

// identity returns the digits of a resource's id, which are its identity everywhere
// behind this adapter: 1001, "1001", 1.001e3 and "gid://shopify/Order/1001" are one
// order. It returns "" where the body has neither id nor gid, and an error where the
// gid is one of another kind of resource: a topic is not signed, and a body sent under
// the wrong one must not become what it is not.
func identity(kind string, id, gid scalar) (string, error) {
	prefix := "gid://shopify/" + kind + "/"
	if gid.Given() && !strings.HasPrefix(gid.Text(), prefix) {
		return "", fmt.Errorf("admin_graphql_api_id: %q is no id of kind %s", signed.Clip(gid.Text()), kind)
	}
	member, given := "id", id
	if !given.Given() {
		member, given = "admin_graphql_api_id", gid
	}
	if !given.Given() {
		return "", nil
	}
	digits, ok := given.Integer()
	if rest, is := strings.CutPrefix(given.Text(), prefix); is {
		rest, _, _ = strings.Cut(rest, "?")
		digits, ok = strings.TrimLeft(rest, "0"), strings.Trim(rest, "0123456789") == ""
	}
	// Twenty digits hold the largest unsigned 64-bit number.
	if !ok || digits == "" || digits == "0" || len(digits) > 20 {
		return "", fmt.Errorf("%s: %q is no id of kind %s", member, signed.Clip(given.Text()), kind)
	}
	return digits, nil
}
