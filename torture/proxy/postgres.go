package proxy

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Requests that may come before the session's first message.
const (
	sslRequest    = 80877103
	gssEncRequest = 80877104
)

// passFrontend passes what the client says on. Requests for encryption are answered
// here with No: the server's answers must stay legible.
func passFrontend(s *stream) error {
	for {
		b, err := s.look(8)
		if err != nil {
			return errors.Join(s.pass(int64(len(b))), err)
		}
		code := binary.BigEndian.Uint32(b[4:])
		if binary.BigEndian.Uint32(b) != 8 || code != sslRequest && code != gssEncRequest {
			return s.passAll()
		}
		if _, err := s.in.Discard(8); err != nil {
			return err
		}
		// Nothing else is being written to the client: the server was told nothing yet.
		if _, err := s.link.client.Write([]byte{'N'}); err != nil {
			return err
		}
	}
}

// Messages of the server that matter, and the state of a session outside of any
// transaction.
const (
	commandComplete = 'C'
	readyForQuery   = 'Z'
	idle            = 'I'
	// longestTag bounds how much of a CommandComplete is looked at.
	longestTag = 64
)

// passBackend passes messages on until one that tells of something committed and is
// to be cut. The server says "COMMIT" only when the transaction is committed, in the
// simple protocol and in the extended one, and a transaction that failed it calls
// "ROLLBACK"; so its word is enough and the client's need not be read.
//
// A write outside of a transaction is committed before ReadyForQuery, and in the
// extended protocol not any sooner; so that is what is cut. What came in one breath
// with the message goes with it. What a query wrote that calls itself SELECT, by a
// WITH clause or a function, goes unnoticed.
func passBackend(s *stream) error {
	status, wrote, committed := byte(0), false, false
	for {
		head, err := s.look(5)
		if err != nil {
			return errors.Join(s.pass(int64(len(head))), err)
		}
		kind, size := head[0], int64(binary.BigEndian.Uint32(head[1:]))
		if kind < '1' || kind > 'z' || size < 4 {
			return s.passUnread()
		}
		var at []Point
		switch kind {
		case commandComplete:
			b, err := s.look(int(min(size+1, 5+longestTag)))
			if err != nil {
				return err
			}
			switch verb(b[5:]) {
			case "COMMIT":
				at, committed = []Point{Commit}, true
			case "INSERT", "UPDATE", "DELETE", "MERGE":
				wrote = true
			}
		case readyForQuery:
			b, err := s.look(6)
			if err != nil {
				return err
			}
			if status == idle && b[5] == idle && wrote && !committed {
				at = []Point{Write}
			}
			status, wrote, committed = b[5], false, false
		case 'E':
			wrote = false // in one implicit transaction, all that was written before is undone
		}
		if at != nil {
			cut, err := s.met(at...)
			if err != nil {
				return err
			}
			if cut != "" {
				s.mute()
				return errCut
			}
		}
		if err := s.pass(1 + size); err != nil {
			return err
		}
	}
}

// verb is the first word of a command tag, such as "INSERT 0 1".
func verb(tag []byte) string {
	text, _, _ := strings.Cut(string(tag), "\x00")
	word, _, _ := strings.Cut(text, " ")
	return word
}
