package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A checker reports against the settings of a file.
type checker struct {
	*report
	origin func(path string) place
}

// place is what the file has at a path.
type place struct {
	file string
	mark mark
	raw  string // a scalar as written
	// taken says that the scalar's value came from outside the file: raw may be
	// shown, and the value not.
	taken bool
}

// given reports whether the file has the setting.
func (k *checker) given(path string) bool {
	if k.origin == nil {
		return false
	}
	section := path[:strings.LastIndexByte(path, '.')]
	return k.origin(path).mark != k.origin(section).mark
}

// in returns a checker of the settings inside path.
func (k *checker) in(path string) scope { return scope{k, path} }

// scope is a checker of one section.
type scope struct {
	*checker
	path string
}

func (s scope) suggest(key, meant, format string, args ...any) {
	path := s.at(key)
	if !s.sound(path) {
		return
	}
	var at mark
	if s.origin != nil {
		at = s.origin(path).mark
	}
	s.add(at, path, fmt.Sprintf(format, args...), meant)
}

func (s scope) at(key string) string {
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

// found returns a value as an error may show it.
func (s scope) found(key, value string) string {
	if s.origin != nil {
		if p := s.origin(s.at(key)); p.taken {
			value = p.raw
		}
	}
	return quote(value)
}

func (s scope) complain(key, format string, args ...any) { s.suggest(key, "", format, args...) }

func (s scope) required(key string) { s.complain(key, "required, and not given") }

func (s scope) positive(key string, d time.Duration) {
	if d <= 0 {
		s.complain(key, "must be more than nothing")
	}
}

func (s scope) notNegative(key string, d time.Duration) {
	if d < 0 {
		s.complain(key, "must not be less than nothing")
	}
}

func (s scope) atLeast(key string, d time.Duration, other string, least time.Duration) {
	if d < least {
		s.complain(key, "%v is less than %s, which is %v", d, other, least)
	}
}

func (s scope) upTo(key string, v, most int64) {
	if v < 1 || v > most {
		s.complain(key, "want a number from 1 to %d, found %d", most, v)
	}
}

func (s scope) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		s.suggest(key, nearest(value, allowed), "want one of %s, found %s", strings.Join(allowed, ", "), s.found(key, value))
	}
}
