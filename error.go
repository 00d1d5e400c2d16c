package erpbridge

import (
	"context"
	"errors"
	"time"
)

// Kind is what an error asks the bridge to do. Everything that decides between
// retrying, holding, burying and alerting decides by Kind and by nothing else.
type Kind string

// Kinds of error. They are stored and printed: never rename one.
const (
	Unknown   Kind = "unknown"   // unclassified: a few tries, then a person looks
	Transient Kind = "transient" // the other side is busy or away: again later
	Throttled Kind = "throttled" // the other side asks for less: wait, costs no attempt
	Refused   Kind = "refused"   // credentials, permissions, configuration: an operator must act
	Invalid   Kind = "invalid"   // this message or document can never succeed
	Missing   Kind = "missing"   // something it refers to is not there yet: wait, bounded
	Duplicate Kind = "duplicate" // the ERP already has it: delivered
	InDoubt   Kind = "in-doubt"  // the request left and no understood answer came: look up
	Held      Kind = "held"      // a mapping or a decision is missing: resumes when it exists
	Ignored   Kind = "ignored"   // understood, and nothing to do
)

// Error is an error with a Kind.
type Error struct {
	Op    string        // where, as package and method: "netsuite.Deliver"
	Kind  Kind          // what to do
	Code  string        // the other side's own code, if it gave one: "USER_ERROR"
	After time.Duration // for Throttled and Transient: not before this long, if the other side said so
	// Whole: said about a request as a whole and not about one of its documents. One
	// of them may have spoilt it for the others.
	Whole bool
	Err   error // why, in words for an operator
}

// Error returns the reason in words; where and kind are for the log's fields.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Kind)
	}
	if e.Code != "" {
		return e.Code + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of the first Error in err's chain. A context error is
// Transient, any other error Unknown. KindOf(nil) is "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Transient
	}
	return Unknown
}
