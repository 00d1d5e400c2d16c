package storefronttest_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestAnything passes, or fails in the process TestAnythingSees starts for that.
func TestAnything(t *testing.T) {
	shop := &toy{broken: os.Getenv(breakage)}
	for _, body := range []string{`{"id":1,"note":"a\u0001b"}`, `{"id":1`, ``, `{"id":"1","at":"x"}`} {
		m := toyMessage("order", body)
		_, err := storefronttest.NormalizeAnything(t, shop, m)
		if (err == nil) != strings.HasSuffix(body, `b"}`) {
			t.Errorf("%s: %v", body, err)
		}
		m.Header = http.Header{}
		m = toySign(m, "key")
		for _, genuine := range []bool{true, false} {
			if !genuine {
				m.Header.Del("Toy-Signature")
			}
			storefronttest.VerifyAnything(t, shop, m, func(erpbridge.Message) bool { return genuine })
			if !genuine {
				storefronttest.Refused(t, shop, m, "no", "key")
			}
		}
	}
}

// TestAnythingSees proves that what a fuzzer asks can be answered wrongly.
func TestAnythingSees(t *testing.T) {
	for _, broken := range []string{
		"takes the unsigned", "changes the body", "takes a stump", "errs without a kind", "has a clock", "leaves controls in",
	} {
		t.Run(broken, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAnything$")
			cmd.Env = append(os.Environ(), breakage+"="+broken)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("a storefront that %s passes (%v):\n%s", broken, err, out)
			}
		})
	}
}
