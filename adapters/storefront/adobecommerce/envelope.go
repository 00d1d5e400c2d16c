package adobecommerce

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// An envelope is what an event's body says of itself, beside its data.
type envelope struct {
	Recipient, EventID, ID, Type scalar
}

// addressed reads a body that is said to be an event, and reports what it calls itself
// if it is for the configured credential.
//
// It is more lenient than Normalize: an event that Adobe signed and that is no strict
// JSON has to be recorded, not refused for ever. A name that stands there twice is
// refused only where it is the recipient's.
func (s *Storefront) addressed(body []byte) (*envelope, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if dec.PeekKind() != jsontext.KindBeginObject {
		return nil, errors.New("the body is not a JSON object; if it is a batch, register the webhook for single events")
	}
	var e envelope
	recipients := 0
	err := members(dec, func(name string) error {
		var into *scalar
		switch name {
		case "recipient_client_id":
			into = &e.Recipient
			recipients++
		case "event_id":
			into = &e.EventID
		case "id":
			into = &e.ID
		case "type":
			into = &e.Type
		default:
			return dec.SkipValue()
		}
		return json.UnmarshalDecode(dec, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	})
	if err == nil {
		if _, after := dec.ReadToken(); !errors.Is(after, io.EOF) {
			err = errors.New("something follows it")
		}
	}
	switch {
	case err != nil:
		return nil, errors.New("the body is not JSON")
	case recipients != 1:
		return nil, fmt.Errorf("recipient_client_id: stands there %d times, not once", recipients)
	case e.Recipient.Text() != s.conf.ClientID:
		return nil, errors.New("recipient_client_id: the event is for another credential than client_id")
	}
	return &e, nil
}

// members reads an object, calling value for each member when its name has been read.
func members(dec *jsontext.Decoder, value func(name string) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := value(name.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// topic returns the event's code: the body's, which is signed, else the header's.
func (e *envelope) topic(h http.Header) (string, error) {
	if e.Type.Given() {
		if code, err := signed.Topic(http.Header{headerCode: {e.Type.Text()}}, headerCode); err == nil {
			return code, nil
		}
	}
	code, err := signed.Topic(h, headerCode)
	if err != nil {
		return "", fmt.Errorf("the body's type is no event code, and %w", err)
	}
	return code, nil
}

// id returns the event's identity, or "".
func (e *envelope) id(h http.Header) string {
	of := func(s scalar) string { return signed.ID(http.Header{headerID: {s.Text()}}, headerID) }
	return cmp.Or(of(e.EventID), of(e.ID), signed.ID(h, headerID))
}

// An event is a body with an envelope around what it tells: a CloudEvent, or the older
// form with another layer. Adobe Commerce puts the thing itself into data.value.
type event[T any] struct {
	Time  scalar          `json:"time"`
	Data  object[data[T]] `json:"data"`
	Event object[struct {
		Time scalar          `json:"time"`
		Data object[data[T]] `json:"data"`
	}] `json:"event"`
}

type data[T any] struct {
	Value embedded[T] `json:"value"`
}

// A told is what a body tells, and when its envelope says it was sent.
type told[T any] struct {
	thing *T
	sent  scalar
}

// limits are those of strictjson for everything but the number of members: an order of
// 500 lines, each once more for its shipment, has some 200,000 of them.
func limits() strictjson.Limits {
	l := strictjson.Default()
	// Every line is read in both currencies, and in each way its amounts may be meant: an
	// order of 2,000 lines is far below this, and a megabyte of them takes under 100 ms.
	l.Elements = 6_000
	l.Members = 1_000_000
	return l
}

// parse reads what a body tells, with an envelope around it or, as the REST API answers,
// without.
func parse[T any](body []byte) (told[T], error) {
	if !enveloped(body) {
		var t T
		err := strictjson.Unmarshal(body, &t, limits())
		return told[T]{thing: &t}, err
	}
	var e event[T]
	if err := strictjson.Unmarshal(body, &e, limits()); err != nil {
		return told[T]{}, err
	}
	in, sent := e.Data.V, e.Time
	if outer := e.Event.V; outer != nil && in == nil {
		in, sent = outer.Data.V, outer.Time
		if !sent.Given() {
			sent = e.Time
		}
	}
	if in == nil || in.Value.V == nil {
		return told[T]{}, errors.New("data.value: is missing; the body is no event of Adobe Commerce")
	}
	return told[T]{thing: in.Value.V, sent: sent}, nil
}

// enveloped reports whether a body has an event's outer members. What is no JSON object
// has none.
func enveloped(body []byte) (found bool) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if dec.PeekKind() != jsontext.KindBeginObject {
		return false
	}
	// What is wrong with the body is for the strict reader to say.
	_ = members(dec, func(name string) error {
		if name == "data" || name == "event" {
			found = true
			return io.EOF // enough
		}
		return dec.SkipValue()
	})
	return found
}
