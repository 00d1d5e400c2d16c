package storefronttest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// rewrite returns body with the scalars that change wants otherwise. A nil from
// change leaves the scalar as it is. Names of members are never asked about.
func rewrite(t *testing.T, body []byte, change func(jsontext.Token) jsontext.Value) []byte {
	t.Helper()
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out)
	for {
		kind, within := dec.StackIndex(dec.StackDepth())
		name := kind == jsontext.KindBeginObject && within%2 == 0
		tok, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return out.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		value := change(tok)
		if name || value == nil {
			err = enc.WriteToken(tok)
		} else {
			err = enc.WriteValue(value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// quoted turns a number into a string.
func quoted(tok jsontext.Token) jsontext.Value {
	if tok.Kind() != jsontext.KindNumber {
		return nil
	}
	return jsontext.Value(`"` + tok.String() + `"`)
}

// unquoted turns a string that is spelled like a JSON number into one. Others,
// such as "007" or " 1", are no numbers and stay strings.
func unquoted(tok jsontext.Token) jsontext.Value {
	if tok.Kind() != jsontext.KindString {
		return nil
	}
	text := tok.String()
	v := jsontext.Value(text)
	if !v.IsValid() || v.Kind() != jsontext.KindNumber || strings.ContainsAny(text, " \t\r\n") {
		return nil
	}
	return v
}
