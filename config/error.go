package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Error is one thing that is wrong with a configuration file: where it
// stands, what it is, and what was probably meant. It never carries the value of
// a secret.
type Error struct {
	File string
	// Line and Column count from 1. Both are 0 for an error about no place in
	// the file.
	Line, Column int
	// Path names the setting, such as "targets[1].delivery.lease". It is empty
	// for an error about the file as a whole.
	Path    string
	Message string
	// Suggestion is what was probably meant; empty where there is nothing near.
	Suggestion string
}

// Error returns the error on one line, in the form editors and terminals know
// how to follow: file:line:column: path: message.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	if e.Suggestion != "" {
		fmt.Fprintf(&b, "; did you mean %q?", e.Suggestion)
	}
	return b.String()
}

// Errors are all the things that are wrong with a configuration file, in the
// order of the file.
type Errors []Error

// Error returns one line for each.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors, for errors.As and errors.Is.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// Join makes one list, in the order of the file, of what Load and the
// neighbours' Decode and Wrap returned, so that a person sees everything that
// is wrong at once. It returns nil if all of errs are nil.
func Join(errs ...error) error {
	var all Errors
	for _, err := range errs {
		var es Errors
		switch {
		case err == nil:
		case errors.As(err, &es):
			all = append(all, es...)
		default:
			all = append(all, asError(err))
		}
	}
	return all.sorted()
}

// asError returns err as an Error, without a place if it has none.
func asError(err error) Error {
	var e Error
	if errors.As(err, &e) {
		return e
	}
	return Error{File: "configuration", Message: err.Error()}
}

// sorted returns the errors in the order of the file, each once, or nil if there
// are none.
func (es Errors) sorted() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(es)
}

// below returns the errors about path and what is inside it.
func (es Errors) below(path string) error {
	var some Errors
	for _, e := range es {
		if e.Path == path || within(e.Path, path) {
			some = append(some, e)
		}
	}
	return some.sorted()
}

// mostErrors bounds a report: whoever has a hundred errors does not read more,
// and a hostile file must not make the report its bomb.
const mostErrors = 100

// report gathers errors while a file is read.
type report struct {
	file   string
	errors Errors
	// expected are settings that a misspelt key nearby was probably meant to be.
	// That they are missing is not worth a second line.
	expected map[string]bool
}

func (r *report) add(at mark, path, message, suggestion string) {
	if len(r.errors) >= mostErrors {
		return
	}
	r.errors = append(r.errors, Error{
		File: r.file, Line: at.line, Column: at.column,
		Path: path, Message: message, Suggestion: suggestion,
	})
}

func (r *report) addf(at mark, path, format string, args ...any) {
	r.add(at, path, fmt.Sprintf(format, args...), "")
}

// sound reports whether nothing is known to be wrong at path, above it or below
// it. Checks that would only repeat in other words what was already said ask first.
func (r *report) sound(path string) bool {
	if r.expected[path] {
		return false
	}
	return !slices.ContainsFunc(r.errors, func(e Error) bool {
		return e.Path == path || within(e.Path, path) || within(path, e.Path)
	})
}

// expect notes that a misspelt key was probably meant to be path.
func (r *report) expect(path string) {
	if r.expected == nil {
		r.expected = make(map[string]bool)
	}
	r.expected[path] = true
}

// within reports whether the setting inner is part of outer.
func within(inner, outer string) bool {
	if outer == "" || !strings.HasPrefix(inner, outer) || len(inner) == len(outer) {
		return false
	}
	next := inner[len(outer)]
	return next == '.' || next == '['
}
