package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
)

// bufferSize bounds what a direction holds, and what can be looked at as a whole.
const bufferSize = 32 << 10

// errTooLong says that what must be looked at as a whole does not fit.
var errTooLong = errors.New("longer than anybody needs it to be")

// A stream is one direction of a link. It looks at what comes and passes it on.
// What it passed on is on its way before the stream waits for more.
type stream struct {
	link *link
	in   *bufio.Reader
	out  *bufio.Writer
	to   *net.TCPConn
}

func newStream(l *link, from, to *net.TCPConn) *stream {
	return &stream{link: l, in: bufio.NewReaderSize(from, bufferSize), out: bufio.NewWriterSize(gated{l, to}, bufferSize), to: to}
}

// gated writes to a connection when the Proxy lets it.
type gated struct {
	link *link
	to   *net.TCPConn
}

func (g gated) Write(b []byte) (int, error) {
	if !g.link.mayPass() {
		return 0, net.ErrClosed
	}
	return g.to.Write(b)
}

// look returns the next n bytes and leaves them where they are. At the end of the
// stream there may be fewer, and an error.
func (s *stream) look(n int) ([]byte, error) {
	if s.in.Buffered() < n {
		if err := s.out.Flush(); err != nil {
			return nil, err
		}
	}
	return s.in.Peek(n)
}

// lookTo returns the next bytes up to and with an end mark.
func (s *stream) lookTo(mark string) ([]byte, error) {
	for n := 1; ; n++ {
		b, err := s.look(n)
		if err == nil {
			n = s.in.Buffered()
			b, err = s.look(n)
		}
		if at := bytes.Index(b, []byte(mark)); at >= 0 {
			return b[:at+len(mark)], nil
		}
		switch {
		case err != nil:
			return b, err
		case n >= bufferSize:
			return b, errTooLong
		}
	}
}

// pass passes the next n bytes on.
func (s *stream) pass(n int64) error {
	for n > 0 {
		if _, err := s.look(1); err != nil {
			return err
		}
		b, err := s.look(int(min(n, int64(s.in.Buffered()))))
		if err != nil {
			return err
		}
		if _, err := s.out.Write(b); err != nil {
			return err
		}
		if _, err := s.in.Discard(len(b)); err != nil {
			return err
		}
		n -= int64(len(b))
	}
	return nil
}

// passAll passes everything on. The error at the end is io.EOF.
func (s *stream) passAll() error {
	for {
		if _, err := s.look(1); err != nil {
			return err
		}
		if err := s.pass(int64(s.in.Buffered())); err != nil {
			return err
		}
	}
}

// passUnread passes everything on, of a conversation that cannot be understood.
func (s *stream) passUnread() error {
	s.link.unread.Do(s.link.proxy.countUnread)
	return s.passAll()
}

// mute throws away what is passed from now on, and what is not on its way yet.
func (s *stream) mute() { s.out.Reset(io.Discard) }

// finish tells the receiving side that nothing more comes.
func (s *stream) finish() error {
	return errors.Join(s.out.Flush(), s.to.CloseWrite())
}

// met holds a matching answer up if that is asked for, and tells where it is to be
// cut, if anywhere.
func (s *stream) met(at ...Point) (Point, error) {
	cut, delay := s.link.proxy.meet(at...)
	if delay > 0 {
		if err := s.out.Flush(); err != nil {
			return "", err
		}
		if !s.link.hold(delay) {
			return "", net.ErrClosed
		}
	}
	return cut, nil
}
