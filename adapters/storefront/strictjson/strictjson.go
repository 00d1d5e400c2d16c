// Package strictjson reads JSON of unknown origin before anybody asks what it
// means: syntax first, meaning second.
//
// Two readers of one document must never see two different documents. So what
// parsers are known to disagree about is refused instead of guessed:
//
//   - two members of one name in an object, also when one is written with escapes;
//   - invalid UTF-8, lone surrogates, a byte order mark;
//   - anything after the document, an empty document, a bare null;
//   - nesting, members, elements and numbers beyond Limits, so that a small body
//     cannot become a large amount of work: "{}," is three bytes, and the struct an
//     adapter reads it into is hundreds.
//
// Member names match exactly: "ID", or "ſku" with a long s, is an unknown name,
// and unknown names are ignored, because storefronts add members every quarter.
//
//	bytes ──Check──▶ well-formed, within limits ──Unmarshal──▶ Scalar, List, Object
//	         └── *Error: offset, JSON pointer, reason
//
// Nothing is half done on an error: a caller that got one has to forget the value
// it passed in. Numbers are never turned into floats; Scalar keeps their text.
//
// # Duplicate names
//
// The JSON grammar (RFC 8259) allows duplicate names and only warns of them, and
// JSONTestSuite accordingly demands that y_object_duplicated_key*.json be
// accepted. Grammar is the reading that suite is about; Default, for messages
// somebody signed, is the same reading with duplicates refused and limits drawn.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits is how much of JSON is taken. A limit of zero is none of ours; the depth
// of 10,000 that the parser itself allows remains.
type Limits struct {
	// Depth is how many objects and arrays may stand inside each other.
	Depth int
	// Members is how many object members the document may have in all.
	Members int
	// Elements is how many elements its arrays may have in all.
	Elements int
	// NumberLen is how many characters a number may have.
	NumberLen int
	// Exponent is how far from zero the exponent of a number may be.
	Exponent int
	// Duplicates allows two members of one name in an object.
	Duplicates bool
}

// Default returns the limits for messages: depth 64, 100,000 members, 20,000
// elements, numbers of 64 characters with exponents to ±32, no duplicate names. An
// order has two to ten elements for each of its lines.
func Default() Limits {
	return Limits{Depth: 64, Members: 100_000, Elements: 20_000, NumberLen: 64, Exponent: 32}
}

// Grammar returns the limits of the grammar alone: what RFC 8259 calls JSON text
// in UTF-8, duplicate names and numbers of any size included.
func Grammar() Limits { return Limits{Duplicates: true} }

// Error says where a document is not acceptable, and why.
type Error struct {
	Offset  int64  // byte offset, at or shortly before the place
	Pointer string // RFC 6901 pointer to the place, cut to 200 bytes; "" is the document
	Reason  string
}

// Error returns place and reason on one line.
func (e *Error) Error() string {
	if e.Pointer == "" {
		return fmt.Sprintf("JSON, byte %d: %s", e.Offset, e.Reason)
	}
	return fmt.Sprintf("JSON at %s, byte %d: %s", strconv.QuoteToGraphic(e.Pointer), e.Offset, e.Reason)
}

// Unmarshal checks data against l and decodes it into the value that into points
// to. A document that is a bare null is an error: it would otherwise leave the
// value as it was, without a word.
func Unmarshal(data []byte, into any, l Limits) error {
	if err := Check(data, l); err != nil {
		return err
	}
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return &Error{Reason: "the document is null"}
	}
	// Names were looked at: what is left to find is of another type than it should be.
	return understood(json.Unmarshal(data, into, jsontext.AllowDuplicateNames(true)))
}

// Check reports the first thing about data that l does not allow, as an *Error.
func Check(data []byte, l Limits) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(l.Duplicates))
	refuse := func(format string, args ...any) error {
		return &Error{
			Offset: dec.InputOffset(), Pointer: clip(string(dec.StackPointer()), 200),
			Reason: fmt.Sprintf(format, args...),
		}
	}
	for members, elements, tokens := 0, 0, 0; ; tokens++ {
		kind, within := dec.StackIndex(dec.StackDepth())
		name := kind == jsontext.KindBeginObject && within%2 == 0
		document := dec.StackDepth() == 0 && tokens > 0

		tok, err := dec.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && document:
			return nil
		case errors.Is(err, io.EOF):
			return refuse("the document is empty")
		case document:
			return refuse("something follows the document")
		case err != nil:
			return understood(err)
		}
		if kind == jsontext.KindBeginArray && tok.Kind() != jsontext.KindEndArray {
			if elements++; l.Elements > 0 && elements > l.Elements {
				return refuse("more than %d elements", l.Elements)
			}
		}
		switch tok.Kind() {
		case jsontext.KindBeginObject, jsontext.KindBeginArray:
			if l.Depth > 0 && dec.StackDepth() > l.Depth {
				return refuse("nested deeper than %d", l.Depth)
			}
		case jsontext.KindString:
			if !name {
				break
			}
			if members++; l.Members > 0 && members > l.Members {
				return refuse("more than %d members", l.Members)
			}
		case jsontext.KindNumber:
			if reason := l.number(tok.String()); reason != "" {
				return refuse("%s", reason)
			}
		}
	}
}

// number says what is wrong with the literal of a number, or "".
func (l Limits) number(s string) string {
	if l.NumberLen > 0 && len(s) > l.NumberLen {
		return fmt.Sprintf("a number of more than %d characters", l.NumberLen)
	}
	_, exp, ok := cutExponent(s)
	if l.Exponent > 0 && ok && (exp > l.Exponent || exp < -l.Exponent) {
		return fmt.Sprintf("a number with an exponent beyond ±%d", l.Exponent)
	}
	return ""
}

// cutExponent splits a number's literal before its exponent. An exponent that no
// int holds comes back as the largest one, which no limit allows.
func cutExponent(s string) (mantissa string, exp int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, false
	}
	exp, err := strconv.Atoi(s[i+1:])
	if err != nil {
		exp = int(^uint(0) >> 1)
	}
	return s[:i], exp, true
}

// understood turns the parser's errors into ours, so that callers need not know
// the parser.
func understood(err error) error {
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		reason := syntax.Err
		if errors.Is(reason, io.ErrUnexpectedEOF) {
			reason = errors.New("the document ends too early")
		}
		return &Error{syntax.ByteOffset, clip(string(syntax.JSONPointer), 200), clip(text(reason), 200)}
	}
	var meaning *json.SemanticError
	if errors.As(err, &meaning) {
		reason := text(meaning.Err)
		if reason == "" {
			reason = noun(meaning.JSONKind) + " does not belong here"
		}
		return &Error{meaning.ByteOffset, clip(string(meaning.JSONPointer), 200), clip(reason, 200)}
	}
	return &Error{Reason: clip(err.Error(), 200)}
}

// noun returns the kind of a value in words.
func noun(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "true or false"
	}
	return "a " + kind.String()
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "jsontext: ")
}

// clip shortens foreign text, never in the middle of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
