package broker

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"net"
)

// legible is a connection whose messages come without the headers that the client
// library cannot read. Over a table that is nested deeper or holds more than it likes
// the library gives up the connection, and RabbitMQ takes such a message from any
// partner: without this it would end each session that is handed it, and nothing behind
// it would ever be consumed, nor drained out of the dead-letter queue. So it is with a
// frame that is larger than was agreed on: the broker splits bodies, and no headers, and
// adds some of its own to those that fill a frame as they come. Headers that we read
// ourselves are nowhere near the bounds.
type legible struct {
	net.Conn
	in   *bufio.Reader
	pass int64  // bytes of the frame that are handed on as they come
	out  []byte // what is left of a header frame that was looked through
}

// Bounds on what is read of headers; the library's own are 32 and 8,192. The deepest
// that the broker writes is x-death: a table in a list, with a list in it.
const (
	headersDeep  = 16
	headersLong  = 1024
	headersBytes = 1 << 16 // of what is agreed on for a whole frame, 131,072
)

const (
	frameStart  = 7       // bytes: type, channel, size
	frameHeader = 2       // the type of a frame with a message's properties
	framesLook  = 1 << 20 // bytes; larger than any frame that is agreed on
)

func newLegible(c net.Conn) *legible { return &legible{Conn: c, in: bufio.NewReader(c)} }

func (l *legible) Read(p []byte) (int, error) {
	if l.pass == 0 && len(l.out) == 0 {
		if err := l.next(); err != nil {
			return 0, err
		}
	}
	if len(l.out) > 0 {
		n := copy(p, l.out)
		l.out = l.out[n:]
		return n, nil
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.pass)])
	l.pass -= int64(n)
	return n, err
}

// next begins a frame. What is no frame is left to the library to complain about.
func (l *legible) next() error {
	start, err := l.in.Peek(frameStart)
	if len(start) == 0 {
		return err
	}
	if len(start) < frameStart {
		l.pass = int64(len(start))
		return nil
	}
	if start[0] == 'A' { // "AMQP": the broker speaks another protocol, and hangs up
		l.pass = math.MaxInt64
		return nil
	}
	whole := frameStart + int64(binary.BigEndian.Uint32(start[3:])) + 1
	if start[0] != frameHeader || whole > framesLook {
		l.pass = whole
		return nil
	}
	frame := make([]byte, whole)
	n, err := io.ReadFull(l.in, frame)
	if err != nil {
		l.out = frame[:n] // and the next read says why there is no more
		return nil
	}
	l.out = withoutUnreadable(frame)
	return nil
}

// withoutUnreadable returns a header frame without those headers that cannot be read; it
// is the frame itself where all can.
func withoutUnreadable(frame []byte) []byte {
	const beforeFlags, contentType, contentEncoding, headers = 12, 1 << 15, 1 << 14, 1 << 13
	at := frameStart + beforeFlags
	end := len(frame) - 1
	if at+2 > end {
		return frame
	}
	flags := binary.BigEndian.Uint16(frame[at:])
	at += 2
	for _, text := range []uint16{contentType, contentEncoding} {
		if flags&text == 0 {
			continue
		}
		if at >= end {
			return frame
		}
		at += 1 + int(frame[at])
	}
	if flags&headers == 0 || at+4 > end {
		return frame
	}
	size := int64(binary.BigEndian.Uint32(frame[at:]))
	at += 4
	if size > int64(end-at) {
		return frame
	}
	table, rest := frame[at:at+int(size)], frame[at+int(size):]
	kept, whole := readableHeaders(table)
	if whole {
		return frame
	}
	less := append(make([]byte, 0, len(frame)), frame[:at]...)
	less = append(append(less, kept...), rest...)
	binary.BigEndian.PutUint32(less[at-4:], uint32(len(kept)))           // #nosec G115 -- less than it was
	binary.BigEndian.PutUint32(less[3:], uint32(len(less)-frameStart-1)) // #nosec G115 -- less than it was
	return less
}

// readableHeaders returns those of a table's entries that can be read, and whether that
// is all of them. Of a table that is too large it returns those that we read.
func readableHeaders(table []byte) (kept []byte, whole bool) {
	whole = true
	large := len(table) > headersBytes
	for count := 0; len(table) > 0; count++ {
		entry, ok := entrySize(table)
		if !ok {
			return kept, false // where the next one begins is not known
		}
		name, value := string(table[1:1+int(table[0])]), table[1+int(table[0]):entry]
		fits := !large && count < headersLong || ours(name) && len(kept)+entry <= headersBytes
		if fits && readable(value, 1) {
			kept = append(kept, table[:entry]...)
		} else {
			whole = false
		}
		table = table[entry:]
	}
	return kept, whole
}

// ours reports whether a header is one that is read here.
func ours(name string) bool {
	switch name {
	case "store", "x-death", "x-delivery-count", "x-acquired-count":
		return true
	}
	return false
}

// entrySize is how long the first entry of a table is: its name and its value.
func entrySize(table []byte) (int, bool) {
	if len(table) == 0 {
		return 0, false
	}
	name := 1 + int(table[0])
	if name > len(table) {
		return 0, false
	}
	value, ok := fieldSize(table[name:])
	return name + value, ok
}

// fieldSize is how long the first of some values is, with the letter of its type.
func fieldSize(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, false
	}
	size := int64(1)
	switch b[0] {
	case 'V':
	case 't', 'b', 'B':
		size += 1
	case 's', 'u', 'U':
		size += 2
	case 'I', 'i', 'f':
		size += 4
	case 'D':
		size += 5
	case 'l', 'L', 'd', 'T':
		size += 8
	case 'S', 'x', 'A', 'F':
		if len(b) < 5 {
			return 0, false
		}
		size += 4 + int64(binary.BigEndian.Uint32(b[1:]))
	default:
		return 0, false
	}
	if size > int64(len(b)) {
		return 0, false
	}
	return int(size), true
}

// readable reports whether a value, of which field is all, can be read at a depth.
func readable(field []byte, depth int) bool {
	first := fieldSize
	switch field[0] {
	case 'U', 'L': // of the specification, and unknown to the library
		return false
	case 'A':
	case 'F':
		first = entrySize
	default:
		return true
	}
	if depth > headersDeep {
		return false
	}
	inner := field[5:]
	for count := 0; len(inner) > 0; count++ {
		n, ok := first(inner)
		if !ok || count == headersLong {
			return false
		}
		value := inner[:n]
		if field[0] == 'F' {
			value = value[1+int(value[0]):]
		}
		if !readable(value, depth+1) {
			return false
		}
		inner = inner[n:]
	}
	return true
}
