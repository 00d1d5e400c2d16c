package proxy

import (
	"encoding/binary"
	"errors"
)

// A frame of AMQP 0-9-1 is its type (1), its channel (2), the size of its payload
// (4), the payload and an end mark (1). That of a method begins with the numbers of
// a class and a method, 2 bytes each.
const (
	frameHead   = 7
	frameEnd    = 0xCE
	frameMethod = 1
)

// frameTypes are method, header, body and heartbeat.
var frameTypes = [256]bool{1: true, 2: true, 3: true, 8: true}

// brokerMethods are the methods to be noticed. From a broker, ack and nack are
// always confirms: of deliveries only clients send them.
var brokerMethods = map[[2]uint16]Point{
	{60, 50}:  Return,
	{60, 80}:  Confirm,
	{60, 120}: Confirm,
}

// passBroker passes frames on until one that is to be cut. What came before it
// reaches the client, since that knows those publishes to be confirmed.
func passBroker(s *stream) error {
	for {
		head, err := s.look(frameHead)
		if err != nil {
			return errors.Join(s.pass(int64(len(head))), err)
		}
		if !frameTypes[head[0]] {
			return s.passUnread() // the protocol header of a broker that speaks another version
		}
		size := int64(binary.BigEndian.Uint32(head[3:]))
		if head[0] == frameMethod && size >= 4 {
			head, err = s.look(frameHead + 4)
			if err != nil {
				return err
			}
			method := [2]uint16{binary.BigEndian.Uint16(head[frameHead:]), binary.BigEndian.Uint16(head[frameHead+2:])}
			if at, known := brokerMethods[method]; known {
				cut, err := s.met(at)
				if err != nil {
					return err
				}
				if cut != "" {
					return errors.Join(s.out.Flush(), errCut)
				}
			}
		}
		if err := s.pass(frameHead + size + 1); err != nil {
			return err
		}
	}
}
