package storefronttest_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
	invalid := func(err error) error {
		return &erpbridge.Error{Op: "toy.Normalize", Kind: erpbridge.Invalid, Err: err}
	}
	var o struct {
		ID   strictjson.Scalar `json:"id"`
		At   strictjson.Scalar `json:"at"`
		Note strictjson.Scalar `json:"note"`
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
		return nil, invalid(err)
	}
	seconds, err := strconv.ParseInt(cmp.Or(o.At.Text(), "1"), 10, 64)
	if err != nil {
		return nil, invalid(err)
	}
	order := &erpbridge.Order{ID: o.ID.Text(), Note: o.Note.Text(), PostingDate: "2026-03-01"}
	if clean := strings.Map(holdable, order.Note); clean != order.Note && s.broken != "leaves controls in" {
		order.Note, order.Attributes = clean, []erpbridge.Attribute{{Name: "erpbridge.stripped-characters"}}
	}
	at, sum := time.Unix(seconds, 0), fmt.Sprintf("%x", sha256.Sum256([]byte(order.Note)))
	switch s.broken {
	case "has a clock":
		at = time.Now()
	case "wants numbers":
		var strict struct{ ID int }
		if err := json.Unmarshal(m.Body, &strict); err != nil {
			return nil, invalid(err)
		}
	case "counts calls":
		at = time.Unix(s.calls.Add(1)/3, 0)
	case "does not look at times":
		at = time.Unix(1, 0)
	case "has one digest for all":
		sum = "d"
	case "takes the topic for the state":
		sum += m.Type
	case "needs a note":
		if !o.Note.Given() {
			return nil, invalid(errors.New("note: is missing"))
		}
	case "hoards memory":
		hoard = nil
		for range 100 {
			hoard = append(hoard, bytes.Clone(m.Body))
		}
	case "has a limit":
		if len(m.Body) > 100_000 {
			return nil, invalid(errors.New("too long"))
		}
	case "escapes texts":
		order.Note = html.EscapeString(order.Note)
	case "strips in silence":
		order.Attributes = nil
	case "trims texts":
		order.Note = strings.ReplaceAll(order.Note, "\r\n", "\n")
	case "forgets texts":
		order.Note = ""
	}
	return []erpbridge.Event{{
		Store: m.Store, Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID.Text(), Resource: "order/" + o.ID.Text(),
		Version: erpbridge.Version{At: at, Digest: sum}, Order: order,
	}}, nil
}

// hoard keeps what would otherwise be optimised away.
var hoard [][]byte

func holdable(c rune) rune {
	if c < ' ' && !strings.ContainsRune("\t\r\n", c) || c == '\ufffe' || c == '\uffff' {
		return -1
	}
	return c
}

// toyMessage returns a message of a body.
func toyMessage(topic, body string) erpbridge.Message {
	return erpbridge.Message{ID: "1", Type: topic, Store: "toys", Body: []byte(body)}
}

// noted returns a message with a note.
func noted(t testing.TB, text string) erpbridge.Message {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return toyMessage("order", `{"id":4711,"note":`+string(quoted)+`}`)
}

// TestToy passes, or fails in the process TestSuiteSees starts for that.
func TestToy(t *testing.T) {
	broken := os.Getenv(breakage)
	storefronttest.Run(t, storefronttest.Suite{
		Open:      func(*testing.T) erpbridge.Storefront { return &toy{broken: broken} },
		Sign:      func(m erpbridge.Message) erpbridge.Message { return toySign(m, "key") },
		Forge:     func(m erpbridge.Message) erpbridge.Message { return toySign(m, "other") },
		Messages:  []erpbridge.Message{toyMessage("order", `{"id":4711,"name":"12.50"}`)},
		Histories: [][]erpbridge.Message{{toyMessage("order", `{"id":1,"at":1,"note":"a"}`), toyMessage("order", `{"id":1,"at":2,"note":"b"}`)}},
		Twice:     [][2]erpbridge.Message{{toyMessage("order", `{"id":1,"at":2}`), toyMessage("paid", `{"at":"2","id":1}`)}},
		Minimal:   []erpbridge.Message{toyMessage("order", `{"id":1}`)},
		Huge:      func(t testing.TB, n int) erpbridge.Message { return noted(t, strings.Repeat("x", n)) },
		Texts:     func(t *testing.T, text string) erpbridge.Message { return noted(t, text) },
	})
}

// TestSuiteSees proves that the suite can fail: each breakage must turn it red.
func TestSuiteSees(t *testing.T) {
	for _, broken := range []string{
		"takes the unsigned", "takes any secret", "signs a prefix", "counts deliveries", "changes headers", "changes the body",
		"panics on a stump", "takes a stump", "errs without a kind", "has a clock", "wants numbers", "counts calls",
		"does not look at times", "has one digest for all", "takes the topic for the state", "needs a note", "hoards memory", "has a limit",
		"escapes texts", "strips in silence", "trims texts", "forgets texts", "leaves controls in",
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
