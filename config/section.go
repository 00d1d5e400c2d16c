package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// adapterSection is the part of the file that belongs to one adapter.
type adapterSection struct {
	report *report
	path   string
	whole  *node
	rest   *node // whole without the keys that are ours

	mu    sync.Mutex
	known []string // the adapter's settings, learnt when it decodes them
}

// decode fills an adapter's struct. What was wrong with the section before, such
// as a variable that is not set, is among the errors: the adapter would take the
// setting for not given.
func (s *adapterSection) decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return Error{File: s.report.file, Path: s.path, Message: fmt.Sprintf("settings cannot be decoded into a %T", into)}
	}
	if v.Elem().Kind() == reflect.Struct {
		_, names := fieldsOf(v.Elem())
		s.mu.Lock()
		s.known = names
		s.mu.Unlock()
	}
	r := &report{file: s.report.file}
	decoder{r}.decode(s.rest, s.path, v.Elem())
	return Join(s.report.errors.below(s.path), r.errors.sorted())
}

// setting matches a sentence that begins with the name of a setting:
// "secrets[0]: too short", "account is missing".
var setting = regexp.MustCompile(`(?s)^([a-z][a-z0-9_]*(?:\[[0-9]+\]|\.[A-Za-z0-9_-]+)*)(: | )(.*)$`)

// wrap gives each of the errors joined in err its place.
func (s *adapterSection) wrap(err error) error {
	secrets := secretsOf(s.whole, s.path, nil)
	var es Errors
	for _, e := range flatten(err) {
		out := Error{File: s.report.file, Path: s.path, Message: e.Error()}
		for ; e != nil; e = errors.Unwrap(e) {
			if m := setting.FindStringSubmatch(e.Error()); m != nil && s.has(m[1]) {
				out.Path, out.Message = s.path+"."+m[1], e.Error()
				if m[2] == ": " {
					out.Message = m[3]
				}
				break
			}
		}
		out.Message = redact(out.Message, secrets)
		at := s.whole.place(out.File, strings.TrimPrefix(out.Path[len(s.path):], ".")).mark
		out.Line, out.Column = at.line, at.column
		es = append(es, out)
	}
	return es.sorted()
}

// has reports whether the first name of a path is a setting of this section.
func (s *adapterSection) has(path string) bool {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		path = path[:i]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole.get(path) != nil || slices.Contains(s.known, path)
}

// flatten takes joined errors apart. A sentence around them all is left away: it
// says which neighbour it is, and the path says that too.
func flatten(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		joined, ok := e.(interface{ Unwrap() []error }) //nolint:errorlint // one step of the chain at a time
		if !ok {
			continue
		}
		var all []error
		for _, inner := range joined.Unwrap() {
			all = append(all, flatten(inner)...)
		}
		// Two %w in one sentence are still one sentence.
		if errors.Join(joined.Unwrap()...).Error() == e.Error() {
			return all
		}
	}
	return []error{err}
}

// secretsOf gathers the values below n that must not be shown: those that came
// from outside the file, and those under a key that holds secrets.
func secretsOf(n *node, path string, values []string) []string {
	for _, item := range n.items {
		values = secretsOf(item, path, values)
	}
	for _, e := range n.keys {
		values = secretsOf(e.value, join(path, e.name), values)
	}
	if n.shape == scalar && (n.taken || isSecretive(path)) {
		values = append(values, n.text)
	}
	return values
}
