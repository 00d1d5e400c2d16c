package strictjson

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Known decodes data, which Check has passed, into the value that into points to, for
// documents whose names are all known: a name that has no place there is an error,
// which names the nearest one that has. A misspelt member would otherwise be lost
// without a word.
func Known(data []byte, into any) error {
	err := json.Unmarshal(data, into, jsontext.AllowDuplicateNames(true), json.RejectUnknownMembers(true))
	var meaning *json.SemanticError
	if !errors.As(err, &meaning) || !errors.Is(meaning.Err, json.ErrUnknownName) {
		return understood(err)
	}
	reason := "no such member is known"
	if near := Nearest(meaning.JSONPointer.LastToken(), names(meaning.GoType)); near != "" {
		reason += "; is " + near + " meant?"
	}
	return &Error{meaning.ByteOffset, clip(string(meaning.JSONPointer), 200), reason}
}

// names returns the names of a struct's members.
func names(t reflect.Type) []string {
	var out []string
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

// Nearest returns the one of names that word is most likely a misspelling of, or ""
// where none is near: more than two letters in five would have to change.
func Nearest(word string, names []string) string {
	word = strings.ToLower(clip(word, 100))
	best, least := "", max(1, len(word)*2/5)+1
	for _, name := range names {
		if d := distance(word, strings.ToLower(name)); name != "" && d < least {
			best, least = name, d
		}
	}
	return best
}

// distance returns how many bytes have to be changed, put in or left out to make b
// of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
