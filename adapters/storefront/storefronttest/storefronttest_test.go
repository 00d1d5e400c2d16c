package storefronttest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// breakage names, in a process of its own, what is wrong with the toy.
const breakage = "STOREFRONTTEST_BREAKAGE"

// toy is the smallest storefront that passes the suite, unless broken says what
// it does wrong.
type toy struct {
	broken string
	calls  atomic.Int64
}

func toySign(m erpbridge.Message, key string) erpbridge.Message {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(m.Body)
	m.Header.Set("Toy-Signature", hex.EncodeToString(mac.Sum(nil)))
	m.Header.Set("Toy-Id", "1")
	return m
}

func (s *toy) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write(m.Body)
	sent, _ := hex.DecodeString(m.Header.Get("Toy-Signature")) // what is not hex is not equal either
	refused := &erpbridge.Error{Op: "toy.Verify", Kind: erpbridge.Refused, Err: errors.New("no")}
	switch {
	case s.broken == "takes the unsigned" && len(sent) == 0:
	case s.broken == "takes any secret" && len(sent) == sha256.Size:
	case s.broken == "signs a prefix" && len(m.Body) > 0 && len(sent) > 0 && m.Header.Get("Toy-Id") == "1":
	case !hmac.Equal(mac.Sum(nil), sent):
		return m, refused
	}
	m.ID, m.Type = m.Header.Get("Toy-Id"), "order"
	switch s.broken {
	case "counts deliveries":
		m.ID = strconv.FormatInt(time.Now().UnixNano(), 10)
	case "changes headers":
		m.Header.Del("Toy-Signature")
	case "changes the body":
		m.Body = bytes.TrimSpace(append(m.Body, ' ', 'x'))
	}
	return m, nil
}

func (s *toy) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	var o struct {
		ID strictjson.Scalar `json:"id"`
	}
	if err := strictjson.Unmarshal(m.Body, &o, strictjson.Default()); err != nil {
		switch s.broken {
		case "panics on a stump":
			panic(err)
		case "takes a stump":
			return []erpbridge.Event{{Order: &erpbridge.Order{}}}, nil
		case "errs without a kind":
			return nil, err
		}
		return nil, &erpbridge.Error{Op: "toy.Normalize", Kind: erpbridge.Invalid, Err: err}
	}
	at := time.Unix(1, 0)
	switch s.broken {
	case "has a clock":
		at = time.Now()
	case "wants numbers":
		var strict struct{ ID int }
		if err := json.Unmarshal(m.Body, &strict); err != nil {
			return nil, &erpbridge.Error{Op: "toy.Normalize", Kind: erpbridge.Invalid, Err: err}
		}
	case "counts calls":
		at = time.Unix(s.calls.Add(1)/3, 0)
	}
	return []erpbridge.Event{{
		Store: m.Store, Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID.Text(),
		Version: erpbridge.Version{At: at, Digest: "d"}, Order: &erpbridge.Order{ID: o.ID.Text()},
	}}, nil
}

// TestToy passes, or fails in the process TestSuiteSees starts for that.
func TestToy(t *testing.T) {
	broken := os.Getenv(breakage)
	storefronttest.Run(t, storefronttest.Suite{
		Open:     func(*testing.T) erpbridge.Storefront { return &toy{broken: broken} },
		Sign:     func(m erpbridge.Message) erpbridge.Message { return toySign(m, "key") },
		Forge:    func(m erpbridge.Message) erpbridge.Message { return toySign(m, "other") },
		Messages: []erpbridge.Message{{ID: "1", Type: "order", Store: "toys", Body: []byte(`{"id":4711,"name":"12.50"}`)}},
	})
}

// TestSuiteSees proves that the suite can fail: each breakage must turn it red.
func TestSuiteSees(t *testing.T) {
	for _, broken := range []string{
		"takes the unsigned", "takes any secret", "signs a prefix", "counts deliveries", "changes headers", "changes the body",
		"panics on a stump", "takes a stump", "errs without a kind", "has a clock", "wants numbers", "counts calls",
	} {
		t.Run(broken, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestToy$")
			cmd.Env = append(os.Environ(), breakage+"="+broken)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("the suite passes an adapter that %s (%v):\n%s", broken, err, out)
			}
		})
	}
}
