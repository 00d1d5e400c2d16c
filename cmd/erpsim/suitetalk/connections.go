package suitetalk

import (
	"net"
	"net/http"
	"sync"
)

// connections count the requests of each open connection.
type connections struct {
	mu     sync.Mutex
	served map[string]int // by the client's address
}

// ConnState is for the HTTP server that uses the Handler: without it the Server
// takes every connection for a new one.
func (s *Server) ConnState(conn net.Conn, state http.ConnState) {
	c, client := &s.conns, conn.RemoteAddr().String()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateActive:
		if c.served == nil {
			c.served = make(map[string]int)
		}
		c.served[client]++
	case http.StateClosed, http.StateHijacked:
		delete(c.served, client)
	}
}

// reused tells whether a client's connection has served a request before the one
// it is serving now.
func (c *connections) reused(client string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.served[client] > 1
}
