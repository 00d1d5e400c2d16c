package netsuite

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// envelope wraps the content of a request: a tokenPassport signed for this one
// attempt, preferences, and the body.
//
// A passport is good for one request. One used again is answered with "invalid
// login", which looks as if the credentials were wrong; so it is made here, as
// late as possible, and stored nowhere.
func (e *ERP) envelope(content *etree.Element) ([]byte, error) {
	env := etree.NewElement("soapenv:Envelope")
	env.CreateAttr("xmlns:soapenv", soap.Namespace)
	for _, p := range e.ns.prefixes() {
		env.CreateAttr("xmlns:"+p[0], p[1])
	}
	header := env.CreateElement("soapenv:Header")
	e.passport(header.CreateElement(msgs+":tokenPassport"), e.nonce(), e.now())
	prefs := header.CreateElement(msgs + ":preferences")
	prefs.CreateElement(msgs + ":warningAsError").CreateText("false")
	// Without it a record fails for naming a field that its form computes.
	prefs.CreateElement(msgs + ":ignoreReadOnlyFields").CreateText("true")
	if content.Tag == searching {
		searchPreferences(header)
	}
	env.CreateElement("soapenv:Body").AddChild(content)
	return serialize(env)
}

// passport fills a tokenPassport, in the schema's order.
func (e *ERP) passport(el *etree.Element, nonce string, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	for _, f := range [][2]string{
		{"account", e.conf.Account},
		{"consumerKey", string(e.conf.ConsumerKey)},
		{"token", string(e.conf.Token)},
		{"nonce", nonce},
		{"timestamp", timestamp},
	} {
		el.CreateElement(core + ":" + f[0]).CreateText(f[1])
	}
	signature := el.CreateElement(core + ":signature")
	signature.CreateAttr("algorithm", "HMAC-SHA256")
	signature.CreateText(e.conf.sign(nonce, timestamp))
}

// sign returns the signature of token-based authentication. Its parts are
// joined as they are: percent-encoding belongs to REST's OAuth header only.
func (c *Config) sign(nonce, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(string(c.ConsumerSecret)+"&"+string(c.TokenSecret)))
	mac.Write([]byte(strings.Join([]string{c.Account, string(c.ConsumerKey), string(c.Token), nonce, timestamp}, "&")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
