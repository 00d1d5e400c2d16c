package bigcommerce

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A header is a custom header every webhook must have. Only the hash of its value is
// compared, so that not even its length shows in the time that takes.
type header struct {
	name string
	sum  [sha256.Size]byte
}

// shortest is the length a header's value must have: anything short enough to guess is
// a mistake.
const shortest = 16

// reserved are headers that others write, so that they prove nothing or are lost on
// the way.
var reserved = []string{
	"Host", "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "User-Agent", "Accept", "Accept-Encoding",
	headerID, headerTimestamp, headerSignature,
}

// openHeaders returns the headers of the setting of that name.
func openHeaders(settings map[string]signed.Secret) ([]header, error) {
	var out []header
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := plain(settings[name])
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("headers.%s: %w", signed.Clip(name), fmt.Errorf(format, args...)))
		}
		switch {
		case name == "" || strings.IndexFunc(name, notOfHeader) >= 0:
			bad("is not the name of a header; write one such as X-Bridge-Token")
		case slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, name) }):
			bad("is a header with a meaning of its own; choose a name such as X-Bridge-Token")
		case slices.ContainsFunc(out, func(h header) bool { return strings.EqualFold(h.name, name) }):
			bad("is there twice; remove one")
		case value == "":
			bad("is empty; anybody could send that. Set the value the webhooks were given, or remove the entry")
		case len(value) < shortest:
			bad("has %d bytes, fewer than %d; choose a longer one", len(value), shortest)
		case strings.IndexFunc(value, func(c rune) bool { return c <= ' ' || c > '~' }) >= 0:
			bad("has blanks or characters outside ASCII; choose a value without")
		default:
			out = append(out, header{name, sha256.Sum256([]byte(value))})
		}
	}
	return out, errors.Join(errs...)
}

func notOfHeader(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return false
	}
	return c != '-' && c != '_'
}

// headersProof checks that every configured header is there, once, with its value.
func headersProof(h http.Header, want []header) error {
	var failed error
	for _, w := range want {
		values := signed.Values(h, w.name)
		got := ""
		if len(values) == 1 {
			got = values[0]
		}
		sum := sha256.Sum256([]byte(got))
		same := subtle.ConstantTimeCompare(sum[:], w.sum[:]) == 1
		switch {
		case failed != nil:
		case len(values) != 1:
			failed = fmt.Errorf("%s: stands there %d times, not once", w.name, len(values))
		case !same:
			failed = fmt.Errorf("%s: has not the configured value; was it changed?", w.name)
		}
	}
	return failed
}
