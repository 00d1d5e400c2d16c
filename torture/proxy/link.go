package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A link is one client's connection and the one made for it to the server.
type link struct {
	proxy  *Proxy
	client *net.TCPConn
	ctx    context.Context // ends when the link is reset
	end    context.CancelFunc

	mu     sync.Mutex
	server *net.TCPConn // nil until dialled
	ended  bool
	unread sync.Once
}

// errCut ends a link at an answer that is to be cut.
var errCut = errors.New("the answer is cut")

func newLink(p *Proxy, client *net.TCPConn) *link {
	l := &link{proxy: p, client: client}
	l.ctx, l.end = context.WithCancel(p.ctx)
	return l
}

// reset ends both connections, and with them whatever waits for them. What was
// written to them and is not sent yet is lost.
func (l *link) reset() { l.close(true) }

// close ends both connections, if that was not done before.
func (l *link) close(abruptly bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	l.end()
	for _, c := range []*net.TCPConn{l.client, l.server} {
		if c == nil {
			continue
		}
		if abruptly {
			_ = c.SetLinger(0) // fails if the other side has ended it
		}
		_ = c.Close()
	}
}

// run passes bytes until both sides have ended, or one of them fails.
func (l *link) run() {
	if !l.mayPass() || l.dial() != nil {
		l.reset()
		return
	}
	asking := newStream(l, l.client, l.server)
	answering := newStream(l, l.server, l.client)
	questions, answers := l.conversation(asking, answering)
	var both sync.WaitGroup
	both.Go(func() { l.pass(asking, questions) })
	both.Go(func() { l.pass(answering, answers) })
	both.Wait()
	l.close(false)
}

func (l *link) dial() error {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(l.ctx, "tcp", l.proxy.upstream)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = conn.(*net.TCPConn)
	if l.ended {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	return nil
}

// conversation returns what passes each direction on, by the kind of Proxy.
func (l *link) conversation(asking, answering *stream) (questions, answers func() error) {
	switch l.proxy.kind {
	case AMQP:
		return asking.passAll, func() error { return passBroker(answering) }
	case Postgres:
		return func() error { return passFrontend(asking) }, func() error { return passBackend(answering) }
	default:
		c := make(exchange, maxPipelined)
		return func() error { return c.passRequests(asking) }, func() error { return c.passResponses(answering) }
	}
}

// pass works one direction to its end. A side that has nothing more to say may
// still listen; one that failed takes the other with it.
func (l *link) pass(s *stream, all func() error) {
	err := all()
	if errors.Is(err, io.EOF) && !errors.Is(err, errCut) && s.finish() == nil {
		return
	}
	l.reset()
}

// mayPass waits while the Proxy is blocked, and tells whether the link still is.
func (l *link) mayPass() bool {
	for {
		open := l.proxy.gate()
		select {
		case <-l.ctx.Done():
			return false
		case <-open:
			// Blocked again before it got here? Then it waits again.
			if l.proxy.gate() == open {
				return l.ctx.Err() == nil
			}
		}
	}
}

// hold waits, and tells whether the link outlived that.
func (l *link) hold(d time.Duration) bool {
	if d <= 0 {
		return l.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return l.ctx.Err() == nil
	case <-l.ctx.Done():
		return false
	}
}
