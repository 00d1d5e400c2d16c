package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxPipelined is how many requests of a connection may wait for their answers.
const maxPipelined = 64

// An exchange carries the methods of the requests to those who read the answers:
// whether an answer has a body depends on it.
type exchange chan string

// A body is how long the body of a message is.
type body struct {
	length  int64 // negative: until the connection ends
	chunked bool
}

// passRequests passes the client's requests on.
func (c exchange) passRequests(s *stream) error {
	for {
		head, err := s.lookTo("\r\n\r\n")
		if err != nil {
			return errors.Join(s.pass(int64(len(head))), err)
		}
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			return s.passUnread()
		}
		select {
		case c <- req.Method:
		case <-s.link.ctx.Done():
			return s.link.ctx.Err()
		}
		if err := s.pass(int64(len(head))); err != nil {
			return err
		}
		length := max(req.ContentLength, 0) // a request that says nothing of a body has none
		if err := s.passBody(body{length, chunked(req.TransferEncoding)}); err != nil {
			return err
		}
	}
}

// passResponses passes the server's answers on until one that is to be cut.
func (c exchange) passResponses(s *stream) error {
	for {
		head, err := s.lookTo("\r\n\r\n")
		if err != nil {
			return errors.Join(s.pass(int64(len(head))), err)
		}
		status, b, err := c.understand(head)
		switch {
		case err != nil || status == http.StatusSwitchingProtocols:
			return s.passUnread()
		case status < 200: // "continue": the answer is yet to come
			if err := s.pass(int64(len(head))); err != nil {
				return err
			}
			continue
		}
		cut, err := s.met(BeforeAnswer, MidAnswer)
		switch {
		case err != nil:
			return err
		case cut == MidAnswer:
			return s.passHalf(int64(len(head)), b)
		case cut == BeforeAnswer:
			return s.swallow(int64(len(head)), b)
		}
		if err := s.pass(int64(len(head))); err != nil {
			return err
		}
		if err := s.passBody(b); err != nil {
			return err
		}
	}
}

// swallow lets the server say all of its answer, so that nothing tells it that
// nobody hears.
func (s *stream) swallow(head int64, b body) error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	s.mute()
	return errors.Join(errCut, s.pass(head), s.passBody(b))
}

// understand reads the head of a response: its status, and how long its body is.
func (c exchange) understand(head []byte) (status int, b body, err error) {
	ask := &http.Request{Method: http.MethodPost}
	continues := bytes.HasPrefix(head, []byte("HTTP/1.1 1"))
	if !continues {
		select {
		case ask.Method = <-c:
		default: // an answer nobody asked for, such as 408
		}
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), ask)
	if err != nil {
		return 0, body{}, err
	}
	_ = res.Body.Close() // it is not in the head: there is nothing to close
	b = body{res.ContentLength, chunked(res.TransferEncoding)}
	if ask.Method == http.MethodHead {
		b = body{}
	}
	return res.StatusCode, b, nil
}

func chunked(transferEncoding []string) bool {
	return len(transferEncoding) > 0 && transferEncoding[0] == "chunked"
}

// passBody passes a body on. One without a length ends with the connection.
func (s *stream) passBody(b body) error {
	switch {
	case b.chunked:
		return s.passChunks()
	case b.length < 0:
		return s.passAll()
	}
	return s.pass(b.length)
}

func (s *stream) passChunks() error {
	for {
		line, size, err := s.chunk()
		if err != nil {
			return err
		}
		if err := s.pass(line); err != nil {
			return err
		}
		if size == 0 {
			return s.passTrailer()
		}
		if err := s.pass(size + 2); err != nil { // and the end of its line
			return err
		}
	}
}

// chunk returns the length of a chunk's first line and the size it tells.
func (s *stream) chunk() (line, size int64, err error) {
	b, err := s.lookTo("\r\n")
	if err != nil {
		return 0, 0, errors.Join(err, io.ErrUnexpectedEOF)
	}
	digits, _, _ := strings.Cut(strings.TrimSpace(string(b)), ";")
	size, err = strconv.ParseInt(strings.TrimSpace(digits), 16, 63)
	return int64(len(b)), size, err
}

func (s *stream) passTrailer() error {
	for {
		line, err := s.lookTo("\r\n")
		if err != nil {
			return err
		}
		if err := s.pass(int64(len(line))); err != nil || len(line) == 2 {
			return err
		}
	}
}

// passHalf passes the head of an answer and half of its body on. Of an answer
// without a body it passes half of the head.
func (s *stream) passHalf(head int64, b body) error {
	part := head / 2
	switch {
	case b.chunked:
		if err := s.pass(head); err != nil {
			return err
		}
		line, size, err := s.chunk()
		if err != nil {
			return err
		}
		part = line + size/2
	case b.length < 0:
		if err := s.pass(head); err != nil {
			return err
		}
		if _, err := s.look(1); err != nil {
			return err
		}
		part = int64(s.in.Buffered()+1) / 2
	case b.length > 0:
		part = head + b.length/2
	}
	return errors.Join(s.pass(part), s.out.Flush(), errCut)
}
