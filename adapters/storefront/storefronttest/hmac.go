package storefronttest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// Signing tells HMAC how to meet an adapter.
type Signing struct {
	// Open returns the adapter with secrets, which are a list in YAML.
	Open func(secrets string) (erpbridge.Storefront, error)
	// Deliver returns a vector as the platform would have sent it.
	Deliver func(v Vector) erpbridge.Message
	// Standard: the platform signs as Standard Webhooks says.
	Standard bool
	// Proven reports whether Verify took a signature, whatever it thought of the body
	// after that. nil: no error says so.
	Proven func(err error) bool
	// Unsigned judges a delivery that Verify took with something in it that nobody signs.
	// nil: either verdict is right.
	Unsigned func(t *testing.T, shop erpbridge.Storefront, m erpbridge.Message)
}

// HMAC holds Verify against the published deliveries: those of the platform's scheme are
// taken or refused as they say, and those of another scheme prove nothing.
func HMAC(t *testing.T, s Signing) {
	t.Helper()
	if s.Proven == nil {
		s.Proven = func(err error) bool { return err == nil }
	}
	verdicts := map[any]int{}
	for _, v := range Vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			// A list of JSON is one of YAML, and none of its secrets needs other quotes.
			secrets, err := json.Marshal(v.Secrets)
			if err != nil {
				t.Fatal(err)
			}
			shop, err := s.Open(string(secrets))
			if slices.Contains(v.Secrets, "") {
				if err == nil || !strings.Contains(err.Error(), "secrets[0]: is empty") {
					t.Errorf("New = %v, want it to refuse an empty secret", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := shop.Verify(s.Deliver(v))
			if v.Standard() != s.Standard {
				v.Valid, v.Why = false, "it is signed by another scheme"
			} else {
				verdicts[v.Valid]++
			}
			switch v.Valid {
			case true, "DUPLICATE":
				if !s.Proven(err) {
					t.Errorf("refused (%s): %v", v.Why, err)
				}
			case false:
				if s.Proven(err) || erpbridge.KindOf(err) != erpbridge.Refused {
					t.Errorf("taken (%s): %v", v.Why, err)
				}
			default:
				if err == nil && s.Unsigned != nil {
					s.Unsigned(t, shop, got)
				}
			}
		})
	}
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Fatalf("the vectors came to %v", verdicts)
	}
}
