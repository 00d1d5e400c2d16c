package suitetalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
)

// A Credential is one token of token-based authentication (TBA).
type Credential struct {
	Account        string `json:"account"`
	ConsumerKey    string `json:"consumerKey"`
	ConsumerSecret string `json:"consumerSecret"`
	Token          string `json:"token"`
	TokenSecret    string `json:"tokenSecret"`
}

// A passport is the tokenPassport of a request.
type passport struct {
	account, consumerKey, token, nonce, timestamp, algorithm, signature string
}

// readPassport checks the shape of a tokenPassport.
func (s schema) readPassport(e *etree.Element) (passport, *fault) {
	algorithm := ""
	if sig := e.ChildElements(); len(sig) > 0 {
		algorithm = sig[len(sig)-1].SelectAttrValue("algorithm", "")
	}
	e, f := s.read(e, "TokenPassport", "tokenPassport")
	if f != nil {
		return passport{}, f
	}
	field := func(name string) string { return valueOf(e, name) }
	return passport{
		field("account"), field("consumerKey"), field("token"), field("nonce"), field("timestamp"),
		algorithm, field("signature"),
	}, nil
}

// A nonce is the hash of one and of whose it is: there are many of them to remember.
type nonce [16]byte

// A passportCheck knows the tokens and the nonces they were used with.
type passportCheck struct {
	credentials []Credential
	window      time.Duration

	mu     sync.Mutex
	nonces map[nonce]int64 // until when, as Unix time, it must not come again
	sweep  time.Time
}

func newPassportCheck(known []Credential, window time.Duration) *passportCheck {
	return &passportCheck{credentials: known, window: window, nonces: make(map[nonce]int64)}
}

var nonceForm = regexp.MustCompile(`^[A-Za-z0-9]{6,64}$`)

// verify tells whether the passport lets its bearer in. As with the real one,
// every reason against it is answered the same, so none is returned.
func (c *passportCheck) verify(p passport, now time.Time) bool {
	if p.algorithm != "HMAC-SHA256" || !nonceForm.MatchString(p.nonce) {
		return false
	}
	seconds, err := strconv.ParseInt(p.timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > c.window {
		return false
	}
	for _, known := range c.credentials {
		if known.Account == p.account && known.ConsumerKey == p.consumerKey && known.Token == p.token {
			return hmac.Equal([]byte(sign(known, p.nonce, p.timestamp)), []byte(p.signature)) && c.firstUse(p, now)
		}
	}
	return false
}

// sign computes a passport's signature. Nothing in it is percent-encoded.
func sign(c Credential, nonce, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(c.ConsumerSecret+"&"+c.TokenSecret))
	mac.Write([]byte(strings.Join([]string{c.Account, c.ConsumerKey, c.Token, nonce, timestamp}, "&")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// firstUse spends a nonce. It is remembered for as long as the timestamp that
// was signed with it can be in the window.
func (c *passportCheck) firstUse(p passport, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.sweep) > c.window {
		for key, until := range c.nonces {
			if now.Unix() > until {
				delete(c.nonces, key)
			}
		}
		c.sweep = now
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{p.account, p.consumerKey, p.token, p.nonce}, "&")))
	key := nonce(sum[:16])
	if until, used := c.nonces[key]; used && now.Unix() <= until {
		return false
	}
	c.nonces[key] = now.Add(2 * c.window).Unix()
	return true
}
