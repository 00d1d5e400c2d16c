// Package proxy stands between a daemon and what it talks to, and takes away the
// answer to what was done.
//
// Killing a server at random hardly ever hits the moment that matters: the work
// is done, durable, and whoever asked for it does not know. A Proxy makes that
// moment happen whenever it is told to. It reads along and, at an answer that
// matches, ends the connection instead of passing the answer on:
//
//	client ──▶ proxy ──▶ server        what was asked, byte for byte
//	client ◀── proxy ◀── server        what was answered, until
//	client ──╳ proxy ◀── server        the answer that is cut
//
// What can be cut, by kind of Proxy:
//
//	AMQP      Confirm       the broker's basic.ack or basic.nack of a publish
//	          Return        the broker's basic.return of an unroutable message
//	Postgres  Commit        the server's word that a transaction was committed
//	          Write         the same of a single INSERT, UPDATE, DELETE or MERGE
//	                        outside of a transaction
//	HTTP      BeforeAnswer  all of an answer
//	          MidAnswer     the second half of one
//
// In each case the server had done what it was asked when it said so: a matching
// answer is proof of the effect, whether or not the client gets to see it.
//
// A Proxy can also pass nothing at all for a while (Block), reset what is open
// (Reset), be not there (Refuse) and hold each matching answer up (Delay).
//
// # What it promises
//
// Each connection costs two goroutines and 64 KiB a direction at most, however
// much goes through; there are at most 1024 of them, and the next is reset. A
// conversation it cannot read, an encrypted one perhaps, is passed on unread and
// counted as such. Close ends everything and waits for it.
//
// # When something fails
//
// If the server cannot be reached, the client's connection is reset. If either
// side resets, so does the proxy towards the other.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/internal/freeport"
)

// A Kind is a protocol the Proxy can read.
type Kind string

// The kinds of Proxy.
const (
	AMQP     Kind = "amqp"     // AMQP 0-9-1, not encrypted
	Postgres Kind = "postgres" // protocol 3; a client that asks for encryption is told there is none
	HTTP     Kind = "http"     // HTTP/1.1, not encrypted
)

// A Point is a kind of answer that can be cut.
type Point string

// The points; the package comment says what each of them is.
const (
	Confirm      Point = "confirm"
	Return       Point = "return"
	Commit       Point = "commit"
	Write        Point = "write"
	BeforeAnswer Point = "before-answer"
	MidAnswer    Point = "mid-answer"
)

// points are what each kind can cut, its usual point first.
var points = map[Kind][]Point{
	AMQP:     {Confirm, Return},
	Postgres: {Commit, Write},
	HTTP:     {BeforeAnswer, MidAnswer},
}

const (
	maxLinks    = 1024
	dialTimeout = 10 * time.Second
)

// A Proxy listens on a port of its own and passes every connection on to one
// server. All methods may be called at any time from anywhere.
type Proxy struct {
	kind     Kind
	upstream string
	addr     string

	mu       sync.Mutex
	listener net.Listener // nil while refusing
	links    map[*link]struct{}
	closed   bool
	open     chan struct{} // closed while bytes may pass
	delay    time.Duration
	triggers map[Point]*trigger
	opened   int
	unread   int

	running  sync.WaitGroup
	ctx      context.Context // ends with Close
	shutdown context.CancelFunc
}

// A trigger decides which of the matching answers are cut.
type trigger struct {
	left  int // how many are still to be cut; negative: no end
	every int
	since int // matching answers since it was armed
	seen  int // in all, as is cut
	cut   int
}

// Counts are what a Proxy saw so far.
type Counts struct {
	Seen        int // answers that matched the point
	Cut         int // those of them the client did not get
	Connections int // all that were accepted
	Open        int // those of them that are still open
	Unread      int // those of them that could not be understood
}

// Listen starts a Proxy in front of upstream, host:port, on a free loopback port.
// The caller closes it.
func Listen(upstream string, kind Kind) (*Proxy, error) {
	if points[kind] == nil {
		return nil, fmt.Errorf("a proxy cannot read %q", kind)
	}
	if _, _, err := net.SplitHostPort(upstream); err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	p := &Proxy{
		kind: kind, upstream: upstream, addr: "127.0.0.1:0",
		links: make(map[*link]struct{}), open: make(chan struct{}), triggers: make(map[Point]*trigger),
	}
	for _, at := range points[kind] {
		p.triggers[at] = &trigger{every: 1}
	}
	close(p.open)
	p.ctx, p.shutdown = context.WithCancel(context.Background())
	if err := p.Admit(); err != nil {
		p.shutdown()
		return nil, err
	}
	return p, nil
}

// Addr is the host:port clients connect to. It never changes.
func (p *Proxy) Addr() string { return p.addr }

// URL returns the URL of the server as it is reached through the Proxy: user, path
// and options stay as they are.
func (p *Proxy) URL(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("the server's URL is none") // not err itself: it repeats the URL, and with it the password
	}
	u.Host = p.addr
	return u.String(), nil
}

// Cut arms the kind's usual point: Confirm, Commit or BeforeAnswer. See CutAt.
func (p *Proxy) Cut(n, every int) error { return p.CutAt(points[p.kind][0], n, every) }

// CutAt has n more matching answers cut: of those from now on, each one that
// completes a group of every. With every 1 that is the next n of them; a negative
// n has no end, and zero disarms the point. It takes the place of what the point
// was armed with before.
func (p *Proxy) CutAt(at Point, n, every int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.triggers[at]
	switch {
	case t == nil:
		return fmt.Errorf("a proxy for %s cuts at %q, not at %q", p.kind, points[p.kind], at)
	case every < 1:
		return fmt.Errorf("cutting every %d answers", every)
	}
	t.left, t.every, t.since = n, every, 0
	return nil
}

// Counts returns what was seen at the kind's usual point. See CountsAt.
func (p *Proxy) Counts() Counts { return p.CountsAt(points[p.kind][0]) }

// CountsAt returns what was seen at a point. Of a point the kind does not have
// nothing was seen.
func (p *Proxy) CountsAt(at Point) Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := Counts{Connections: p.opened, Open: len(p.links), Unread: p.unread}
	if t := p.triggers[at]; t != nil {
		c.Seen, c.Cut = t.seen, t.cut
	}
	return c
}

// Block stops the bytes in both directions, as a partition of the network does:
// nothing is reset and nothing is lost. Connections are still accepted, and go no
// further.
func (p *Proxy) Block() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isClosed(p.open) {
		p.open = make(chan struct{})
	}
}

// Unblock lets the bytes go on.
func (p *Proxy) Unblock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !isClosed(p.open) {
		close(p.open)
	}
}

// Delay holds each matching answer up from now on. Zero ends that.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Reset ends all open connections with a reset, on both sides.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.reset()
	}
}

// Refuse stops listening: new connections are refused. Open ones go on.
func (p *Proxy) Refuse() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return nil
	}
	l := p.listener
	p.listener = nil
	return l.Close()
}

// Admit listens again, on the same port. It fails if somebody else took that
// meanwhile.
func (p *Proxy) Admit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return net.ErrClosed
	case p.listener != nil:
		return nil
	}
	l, err := freeport.ListenAt(p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.running.Go(func() { p.accept(l) })
	return nil
}

// Close stops listening, resets what is open and waits until nothing of the Proxy
// runs any more.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.Refuse()
	p.shutdown()
	p.Reset()
	p.running.Wait()
	return err
}

// accept takes connections until the listener is closed.
func (p *Proxy) accept(from net.Listener) {
	for {
		conn, err := from.Accept()
		if err != nil {
			return // closed; a listener on loopback fails for no other reason for good
		}
		if l := p.admit(conn.(*net.TCPConn)); l != nil {
			p.running.Go(func() {
				defer p.forget(l)
				l.run()
			})
		}
	}
}

// admit counts a connection in, or resets it and returns nil.
func (p *Proxy) admit(client *net.TCPConn) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	l := newLink(p, client)
	if p.closed || len(p.links) >= maxLinks {
		l.reset()
		return nil
	}
	p.links[l] = struct{}{}
	return l
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// gate returns what is closed once bytes may pass.
func (p *Proxy) gate() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// meet tells at which of some points, all those of one answer, it is to be cut, if
// at any, and how long it is held up.
func (p *Proxy) meet(at ...Point) (cut Point, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range points[p.kind] {
		if !slices.Contains(at, a) {
			continue
		}
		if t := p.triggers[a]; t.strike() && cut == "" {
			cut = a
			t.cut++
		}
	}
	return cut, p.delay
}

// strike counts a matching answer and tells whether it is one to be cut.
func (t *trigger) strike() bool {
	t.seen++
	t.since++
	if t.left == 0 || t.since%t.every != 0 {
		return false
	}
	if t.left > 0 {
		t.left--
	}
	return true
}

func (p *Proxy) countUnread() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unread++
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
