package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/internal/freeport"
)

// A door is a port of 127.0.0.1 that leads to what dial finds at the time.
type door struct {
	listener net.Listener
	dial     func() (net.Conn, error)

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	tasks  sync.WaitGroup
}

// openDoor listens on a free port.
func openDoor(dial func() (net.Conn, error)) (*door, error) {
	l, err := freeport.Listen("127.0.0.1")
	if err != nil {
		return nil, err
	}
	d := &door{listener: l, dial: dial, open: map[net.Conn]bool{}}
	d.tasks.Go(d.accept)
	return d, nil
}

// freePort is a port of a host that was free a moment ago.
func freePort(host string) (int, error) {
	l, err := freeport.Listen(host)
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func (d *door) addr() string { return d.listener.Addr().String() }

func (d *door) accept() {
	for {
		client, err := d.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of descriptors, say
			continue
		}
		d.tasks.Go(func() { d.serve(client) })
	}
}

// serve passes on what either side says until one of them ends.
func (d *door) serve(client net.Conn) {
	defer reset(client)
	server, err := d.dial()
	if err != nil {
		return // nobody there: the client is reset
	}
	defer reset(server)
	if !d.keep(client, server) {
		return
	}
	defer d.forget(client, server)
	var pair sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // how it ended does not matter: both do
		_ = client.Close()
		_ = server.Close()
	}
	pair.Go(func() { pass(server, client) })
	pair.Go(func() { pass(client, server) })
	pair.Wait()
}

func (d *door) keep(conns ...net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		d.open[c] = true
	}
	return !d.closed
}

func (d *door) forget(conns ...net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range conns {
		delete(d.open, c)
	}
}

// close shuts the door and waits until nobody is left in it.
func (d *door) close() error {
	if d == nil {
		return nil
	}
	err := d.listener.Close()
	d.mu.Lock()
	d.closed = true
	for c := range d.open {
		_ = c.Close()
	}
	d.mu.Unlock()
	d.tasks.Wait()
	return err
}

// reset closes a connection so that the other side sees an error rather than an end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// dialTCP dials a server on this machine.
func dialTCP(addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}
