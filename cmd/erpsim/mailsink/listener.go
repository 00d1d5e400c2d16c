package mailsink

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/hakooi/erpbridge/internal/freeport"
)

// serving is one stretch of listening, from coming up to going down.
type serving struct {
	server   *smtp.Server
	listener *listener
	done     chan struct{} // closed when no new connection can come
	down     context.CancelFunc
}

// listen comes up, on the port it had before if it had one.
func (s *Sink) listen() error {
	l, err := freeport.ListenAt(s.addr)
	if err != nil {
		return fmt.Errorf("listening for mail: %w", err)
	}
	ctx, down := context.WithCancel(context.Background())
	server := smtp.NewServer(&backend{sink: s, ctx: ctx})
	server.Domain = "localhost"
	server.TLSConfig = s.tls
	server.AllowInsecureAuth = s.tls == nil
	server.EnableSMTPUTF8 = true
	server.MaxMessageBytes = s.conf.MaxBytes
	server.ReadTimeout = time.Minute
	server.WriteTimeout = time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are the tests' business
	up := &serving{
		server: server, listener: &listener{Listener: l, sink: s, open: make(map[*conn]struct{})},
		done: make(chan struct{}), down: down,
	}
	s.mu.Lock()
	s.addr, s.serving = l.Addr().String(), up
	s.mu.Unlock()
	go func() {
		defer close(up.done)
		_ = server.Serve(up.listener) // it ends when the listener is closed, and with no other news
	}()
	return nil
}

// stop goes down: no new connections, the open ones cut, nothing left running.
func (s *Sink) stop() {
	s.mu.Lock()
	up := s.serving
	s.serving = nil
	s.mu.Unlock()
	if up == nil {
		return
	}
	up.down()
	_ = up.listener.Close() // closing is all that is wanted of it
	<-up.done
	up.listener.cutAll()
	_ = up.server.Shutdown(context.Background()) // waits for the connections; its error is the listener's second closing
}

// A listener knows its open connections.
type listener struct {
	net.Listener
	sink *Sink

	mu   sync.Mutex
	open map[*conn]struct{}
}

// Accept returns the next connection, and hangs up on those that come in mode
// Busy.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.sink.Mode() == Busy {
			// Eight words fit any socket's buffer; who does not read them hears nothing.
			_, _ = io.WriteString(c, "421 4.3.2 localhost is too busy, try later\r\n")
			_ = c.Close()
			continue
		}
		tracked := &conn{Conn: c, listener: l}
		l.mu.Lock()
		l.open[tracked] = struct{}{}
		l.mu.Unlock()
		return tracked, nil
	}
}

func (l *listener) cutAll() {
	l.mu.Lock()
	open := make([]*conn, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

type conn struct {
	net.Conn
	listener *listener
}

// Close forgets the connection.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
