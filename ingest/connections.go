package ingest

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// connections bounds how many connections there are, and gives room to who comes when
// they are all taken: the connection that has said nothing for the longest is closed
// for it, and where there is none such, the one whose request began first. A webhook
// is read in milliseconds, so that is somebody who trickles. If it should be one whose
// message is just being stored, it is stored all the same, and sent again.
//
//	accepted ─▶ silent ⇄ speaking ─▶ closed
//	              └────────┴── the first of them, when there is no room
type connections struct {
	most  int
	crowd func() // told of each that is closed to make room

	mu               sync.Mutex
	silent, speaking list.List // of *connection, who has been there longest in front
}

// A connection is one of them.
type connection struct {
	net.Conn
	among *connections
	queue *list.List // nil when it is closed
	place *list.Element
}

// listener returns l with the bound on what it accepts.
func (cs *connections) listener(l net.Listener) net.Listener { return bounded{l, cs} }

type bounded struct {
	net.Listener
	connections *connections
}

func (b bounded) Accept() (net.Conn, error) {
	c, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return b.connections.admit(c), nil
}

// admit makes room for c if there is none, and counts it.
func (cs *connections) admit(c net.Conn) net.Conn {
	in := &connection{Conn: c, among: cs}
	if first := cs.enter(in); first != nil {
		_ = first.Close() // a peer that is gone already makes room as well
		cs.crowd()
	}
	return in
}

// enter counts c among the silent, and returns who has to go for it.
func (cs *connections) enter(c *connection) (first *connection) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.silent.Len()+cs.speaking.Len() >= cs.most {
		front := cs.silent.Front()
		if front == nil {
			front = cs.speaking.Front()
		}
		first = front.Value.(*connection)
		first.move(nil)
	}
	c.move(&cs.silent)
	return first
}

// changed is the server's ConnState.
func (cs *connections) changed(c net.Conn, state http.ConnState) {
	in, ok := c.(*connection)
	if !ok {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch {
	case in.queue == nil: // closed already
	case state == http.StateActive:
		in.move(&cs.speaking)
	case state == http.StateIdle:
		in.move(&cs.silent)
	}
}

// counts returns how many connections there are.
func (cs *connections) counts() (silent, speaking int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.silent.Len(), cs.speaking.Len()
}

// move puts c at the end of a queue, or in none. The lock is held.
func (c *connection) move(queue *list.List) {
	if c.queue != nil {
		c.queue.Remove(c.place)
	}
	if c.queue = queue; queue != nil {
		c.place = queue.PushBack(c)
	}
}

// Close closes the connection and gives its place back.
func (c *connection) Close() error {
	c.among.mu.Lock()
	c.move(nil)
	c.among.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets the server finish its answer to somebody who is still sending: it
// looks for this method.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
