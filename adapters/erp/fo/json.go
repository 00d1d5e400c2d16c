package fo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep an answer may be nested.
const maxDepth = 32

// decodeJSON reads an answer: exactly one JSON value in UTF-8, no name twice in an object
// in whatever case, nothing after it. encoding/json alone takes names in any case, and lets
// the last of several win.
func decodeJSON(raw []byte, into any) error {
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(raw) {
		return errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := walk(dec, 0); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return json.Unmarshal(raw, into)
}

// walk reads one value and refuses what encoding/json would let pass.
func walk(dec *json.Decoder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth++; depth > maxDepth {
		return fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if seen[strings.ToLower(text)] {
				return fmt.Errorf("%q stands twice in an object", clip(text, 60))
			}
			seen[strings.ToLower(text)] = true
		}
		if err := walk(dec, depth); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// clip shortens foreign text for an error.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
