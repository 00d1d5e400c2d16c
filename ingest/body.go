package ingest

import (
	"errors"
	"io"
	"sync/atomic"
)

// A declared length is nothing but a stranger's word: a body begins with room for
// first, and gets twice as much when that has come. Up to small every body gets it,
// however many there are; most webhooks are shorter.
const (
	first = 16 << 10
	small = 64 << 10
)

// errNoRoom says that other long bodies take all the memory there is for them.
var errNoRoom = errors.New("there is no memory left for long bodies")

// memory is what long bodies share. Who sends one slowly holds some of it, and none of
// what short bodies need.
type memory struct{ left atomic.Int64 }

func (m *memory) take(n int64) bool {
	if m.left.Add(-n) >= 0 {
		return true
	}
	m.left.Add(n)
	return false
}

func (m *memory) free(n int64) { m.left.Add(n) }

// A body is the bytes of a request, and what they took of the memory.
type body struct {
	bytes []byte
	taken int64
	from  *memory
}

// done gives back what the body took.
func (b *body) done() { b.from.free(b.taken) }

// read reads all of r, whose length was declared, or is not known if that is negative.
// The body has to be done with also after an error.
func (m *memory) read(r io.Reader, declared int64) (*body, error) {
	room := int64(first)
	if declared >= 0 {
		room = min(declared+1, room) // one more: the end is seen without growing
	}
	b := &body{bytes: make([]byte, 0, room), from: m}
	for {
		if len(b.bytes) == cap(b.bytes) {
			if err := b.grow(declared); err != nil {
				return b, err
			}
		}
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		}
	}
}

// grow doubles the room, up to what was declared.
func (b *body) grow(declared int64) error {
	room := 2 * int64(cap(b.bytes))
	if declared >= int64(len(b.bytes)) {
		room = min(room, declared+1)
	}
	if more := room - b.taken; room > small {
		if !b.from.take(more) {
			return errNoRoom
		}
		b.taken += more
	}
	bigger := make([]byte, len(b.bytes), room)
	copy(bigger, b.bytes)
	b.bytes = bigger
	return nil
}
