package broker

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A proxy stands between us and the broker and does to the connection what
// networks and brokers in trouble do.
type proxy struct {
	listener net.Listener
	to       string
	wg       sync.WaitGroup

	mu     sync.Mutex
	moved  *sync.Cond
	pairs  map[*pair]struct{}
	up     bool // client to broker flows
	down   bool // broker to client flows
	refuse bool // new connections
	closed bool
}

type pair struct {
	client, broker net.Conn
	write          sync.Mutex // of client: whole frames only
	dead           bool
}

// newProxy returns a proxy in front of cfg's broker and cfg changed to use it.
func newProxy(t *testing.T, cfg Config) (*proxy, Config) {
	t.Helper()
	u, err := url.Parse(cfg.URLs[0])
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: u.Host, pairs: make(map[*pair]struct{}), up: true, down: true}
	p.moved = sync.NewCond(&p.mu)
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		p.set(func() { p.closed = true })
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	u.Host = l.Addr().String()
	cfg.URLs = []string{u.String()}
	return p, cfg
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse := p.refuse || p.closed
		p.mu.Unlock()
		if refuse {
			_ = client.Close()
			continue
		}
		broker, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &pair{client: client, broker: broker}
		p.set(func() { p.pairs[c] = struct{}{} })
		p.wg.Go(func() { p.forwardUp(c) })
		p.wg.Go(func() { p.forwardDown(c) })
	}
}

// set changes the proxy and wakes whoever waits for a change.
func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.moved.Broadcast()
}

// pass waits until a direction flows, and reports false when c is over.
func (p *proxy) pass(c *pair, flows *bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !*flows && !c.dead && !p.closed {
		p.moved.Wait()
	}
	return !c.dead
}

func (p *proxy) end(c *pair) {
	p.set(func() {
		c.dead = true
		delete(p.pairs, c)
	})
	_ = c.client.Close()
	_ = c.broker.Close()
}

func (p *proxy) forwardUp(c *pair) {
	defer p.end(c)
	buf := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(buf)
		if err != nil || !p.pass(c, &p.up) {
			return
		}
		if _, err := c.broker.Write(buf[:n]); err != nil {
			return
		}
	}
}

// forwardDown goes frame by frame, so that frames of ours can come between.
func (p *proxy) forwardDown(c *pair) {
	defer p.end(c)
	head := make([]byte, 7)
	for {
		if _, err := io.ReadFull(c.broker, head); err != nil {
			return
		}
		frame := make([]byte, 7+int(binary.BigEndian.Uint32(head[3:]))+1)
		copy(frame, head)
		if _, err := io.ReadFull(c.broker, frame[7:]); err != nil || !p.pass(c, &p.down) {
			return
		}
		c.write.Lock()
		_, err := c.client.Write(frame)
		c.write.Unlock()
		if err != nil {
			return
		}
	}
}

// cut closes all connections; new ones are welcome.
func (p *proxy) cut() {
	p.mu.Lock()
	var cs []*pair
	for c := range p.pairs {
		cs = append(cs, c)
	}
	p.mu.Unlock()
	for _, c := range cs {
		p.end(c)
	}
}

// hold stops one or both directions, with the connections open: a black hole.
func (p *proxy) hold(up, down bool) { p.set(func() { p.up, p.down = !up, !down }) }

// alarm does what the broker does when it runs out of memory or disk: it says so
// and stops reading; and the other way round.
func (p *proxy) alarm(t *testing.T, active bool) {
	t.Helper()
	p.hold(active, false)
	payload := []byte{0, 10, 0, 61} // connection.unblocked
	if active {
		payload = append([]byte{0, 10, 0, 60, 10}, "low memory"...) // connection.blocked
	}
	frame := append(binary.BigEndian.AppendUint32([]byte{1, 0, 0}, uint32(len(payload))), payload...)
	frame = append(frame, 0xCE)
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		c.write.Lock()
		_, err := c.client.Write(frame)
		c.write.Unlock()
		if err != nil {
			t.Fatal(err)
		}
	}
}
