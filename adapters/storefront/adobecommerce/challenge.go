package adobecommerce

import (
	"net/url"
	"regexp"
)

// token is what is echoed: Adobe sends a UUID. Nothing in it means anything to whoever
// might be made to read the answer.
var token = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,200}$`)

// Challenge returns the answer to the request by which Adobe learns, when a webhook is
// registered, that its address wants events: GET with a challenge that has to be
// answered with itself, as plain text. It is false for anything else.
func (s *Storefront) Challenge(query url.Values) (string, bool) {
	asked := query["challenge"]
	if s.keys == nil || len(asked) != 1 || !token.MatchString(asked[0]) {
		return "", false
	}
	return asked[0], true
}
