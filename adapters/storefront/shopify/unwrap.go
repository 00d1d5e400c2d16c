package shopify

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// unwrap returns an answer of GraphQL as REST would have written it: {"nodes": [...]}
// is the list, and {"only": x} is x. Both say so with their first member. A list that
// says it is not all of it is an error: nothing is cut off in silence.
func unwrap(answer jsontext.Value) ([]byte, error) {
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out)
	if err := copyUnwrapped(enc, jsontext.NewDecoder(bytes.NewReader(answer))); err != nil {
		return nil, fmt.Errorf("unwrapping an answer: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// copyUnwrapped copies the next value.
func copyUnwrapped(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case jsontext.KindBeginObject:
		return copyObject(enc, dec)
	case jsontext.KindBeginArray:
		return copyArray(enc, dec)
	}
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return enc.WriteValue(v)
}

func copyArray(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	if err := copyToken(enc, dec); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndArray {
		if err := copyUnwrapped(enc, dec); err != nil {
			return err
		}
	}
	return copyToken(enc, dec)
}

func copyObject(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	first := true
	for ; dec.PeekKind() != jsontext.KindEndObject; first = false {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if text := name.String(); first && (text == "nodes" || text == "only") {
			if err := copyUnwrapped(enc, dec); err != nil {
				return err
			}
			return readRest(enc, dec)
		}
		if first {
			if err := enc.WriteToken(jsontext.BeginObject); err != nil {
				return err
			}
		}
		// The name was read before the object's begin was written, and its token is
		// valid until the next read only.
		if err := enc.WriteToken(jsontext.String(name.String())); err != nil {
			return err
		}
		if err := copyUnwrapped(enc, dec); err != nil {
			return err
		}
	}
	if first {
		if err := enc.WriteToken(jsontext.BeginObject); err != nil {
			return err
		}
	}
	return copyToken(enc, dec)
}

// readRest reads a connection from behind its nodes to its end.
func readRest(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	for dec.PeekKind() != jsontext.KindEndObject {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if name.String() != "pageInfo" {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var info pageInfo
		if err := json.UnmarshalDecode(dec, &info); err != nil {
			return err
		}
		if info.More {
			return fmt.Errorf("%s is longer than what was asked for", enc.StackPointer())
		}
	}
	_, err := dec.ReadToken()
	return err
}

func copyToken(enc *jsontext.Encoder, dec *jsontext.Decoder) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	return enc.WriteToken(tok)
}
