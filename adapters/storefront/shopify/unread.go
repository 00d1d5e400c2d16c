package shopify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// topicUnread is the Type, the bridge's own word, of an order or a refund that the shop
// listed and that could not be read. Such a message is invalid whatever it holds, so that
// it stands among the dead letters with its reason, and the listing goes on.
const topicUnread = "orders/unread"

// unread returns the message that says why an answer of the shop could not be read, with
// that answer as it came; what names the thing. Its id is not that of the thing: what is
// listed again in a shape that can be read is another message.
func (p *polled) unread(what string, answer jsontext.Value, why error) []erpbridge.Message {
	text, _ := jsontext.AppendQuote(nil, strings.ToValidUTF8(clip(why.Error()), "?")) // fails of other texts only
	body := slices.Concat([]byte(`{"why":`), text, []byte(`,"answer":`), answer, []byte("}"))
	m := p.message("", topicUnread, body)
	m.ID = "poll:unread/" + what + "@" + signed.Digest(m.Type, m.Body)
	return []erpbridge.Message{m}
}

// notRead returns what an unread message says.
func notRead(m erpbridge.Message) error {
	type said struct {
		Why scalar `json:"why"`
	}
	body, err := parse(m.Body, "", func(*said) bool { return true })
	switch {
	case err != nil:
		return unreadable(err)
	case body.Why.Text() == "":
		return fail(erpbridge.Invalid, errors.New("why: is missing; the body is none of this bridge's"))
	}
	return fail(erpbridge.Invalid, fmt.Errorf("the shop lists what cannot be read: %s", clip(body.Why.Text())))
}
