package soap

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"time"
)

// A Body is a request's body that knows whether any of it was handed to a connection. The
// transport reads it only once it has one, so an unread body cannot have arrived, and a
// request whose body is missing cannot have been acted upon.
//
// It does not begin after the deadline of its context. A process that was stopped for
// longer wakes up in the middle of an attempt that is somebody else's by now, and may get
// here before the context has noticed: between a look-up and the request that follows from
// it, say.
type Body struct {
	content *bytes.Reader
	left    atomic.Bool
	until   time.Time // zero: for ever
}

// NewBody returns a body for a request that is sent within ctx.
func NewBody(ctx context.Context, content []byte) *Body {
	b := &Body{content: bytes.NewReader(content)}
	b.until, _ = ctx.Deadline()
	return b
}

// Left reports whether any of it was handed to a connection.
func (b *Body) Left() bool { return b.left.Load() }

// Read implements io.Reader. The error is context.DeadlineExceeded if it is too late to
// begin.
func (b *Body) Read(p []byte) (int, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	return b.content.Read(p)
}

// WriteTo is the other way out of it, with the same error.
func (b *Body) WriteTo(w io.Writer) (int64, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	return b.content.WriteTo(w)
}

func (b *Body) begin() error {
	if !b.left.Load() && !b.until.IsZero() && !time.Now().Before(b.until) {
		return context.DeadlineExceeded
	}
	b.left.Store(true)
	return nil
}

// Close is for the transport.
func (b *Body) Close() error { return nil }
