package broker

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	// writeStall is how long one write to the broker may make no progress.
	writeStall = 15 * time.Second
	// closeTimeout is how long a session may take to say goodbye.
	closeTimeout = 2 * time.Second
)

// A session is one connection with one channel on it. When either ends the
// session is over and stays over: nothing of it is ever used on another one.
type session struct {
	conn *amqp.Connection
	ch   *amqp.Channel
	line net.Conn
	user string // the broker user it runs as; empty: unknown

	done chan struct{} // closed when the session is over
	err  error         // why; to be read after done

	mu        sync.Mutex
	blocked   alarm
	onBlocked func(alarm)
}

// An alarm is the broker's refusal to read from those who publish, for lack of
// memory or disk.
type alarm struct {
	on  bool
	why string // the broker's words, such as "low on memory"
}

// A line is a connection whose writes cannot hang for ever. The library knows no
// deadline for a write, and while one hangs it cannot even be closed.
type line struct{ net.Conn }

func (l line) Write(b []byte) (int, error) {
	if err := l.SetWriteDeadline(time.Now().Add(writeStall)); err != nil {
		return 0, err
	}
	return l.Conn.Write(b)
}

// dial opens a session under the given connection name. Which of the URLs comes
// first depends on turn, so that a node that lets us in and then fails is not
// tried for ever.
func (c Config) dial(ctx context.Context, name string, turn int) (*session, error) {
	var errs []error
	for i := range c.URLs {
		u := c.URLs[(turn+i)%len(c.URLs)]
		s, err := c.dialOne(ctx, name, u)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

func (c Config) dialOne(ctx context.Context, name, url string) (*session, error) {
	uri, err := amqp.ParseURI(url)
	if err != nil {
		return nil, errors.New("not an AMQP URL") // err would show the password
	}
	at := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	secure, err := c.secure(uri)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", at, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.DialTimeout)
	defer cancel()

	var raw net.Conn
	var stops []func() bool
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	// Without its s: what is looked through has to be in the clear, so TLS is begun here,
	// under it.
	conn, err := amqp.DialConfig("amqp"+url[len(uri.Scheme):], amqp.Config{
		Heartbeat:  c.Heartbeat,
		Properties: amqp.Table{"connection_name": name, "product": "erpbridge"},
		Recovery:   nil, // see the package comment
		Dial: func(network, _ string) (net.Conn, error) {
			nc, err := (&net.Dialer{}).DialContext(ctx, network, at)
			if err != nil {
				return nil, err
			}
			raw = line{nc}
			// The handshake of AMQP looks at no context.
			stops = append(stops, context.AfterFunc(ctx, func() { _ = raw.Close() }))
			if secure == nil {
				return newLegible(raw), nil
			}
			client := tls.Client(raw, secure)
			if err := client.HandshakeContext(ctx); err != nil {
				return nil, err
			}
			return newLegible(client), nil
		},
	})
	if err != nil {
		if raw != nil {
			_ = raw.Close() // it was never of use
		}
		return nil, fmt.Errorf("connecting to %s: %w", at, errors.Join(err, ctx.Err()))
	}
	ch, err := conn.Channel()
	if err != nil {
		_ = raw.Close() // it was never of use
		return nil, fmt.Errorf("opening a channel at %s: %w", at, errors.Join(err, ctx.Err()))
	}

	s := &session{conn: conn, ch: ch, line: raw, user: c.user(uri), done: make(chan struct{})}
	go s.watch(
		conn.NotifyClose(make(chan *amqp.Error, 1)),
		ch.NotifyClose(make(chan *amqp.Error, 1)),
		ch.NotifyCancel(make(chan string, 1)),
		conn.NotifyBlocked(make(chan amqp.Blocking, 8)),
	)
	return s, nil
}

// watch reads all the library has to tell until the session is over.
func (s *session) watch(conn, ch chan *amqp.Error, cancelled chan string, blocked chan amqp.Blocking) {
	defer close(s.done)
	for {
		select {
		case err := <-conn:
			s.err = ended("connection", err)
			return
		case err := <-ch:
			s.err = ended("channel", err)
			return
		case tag, ok := <-cancelled:
			if !ok { // closed along with the channel, which has more to say
				cancelled = nil
				continue
			}
			s.err = fmt.Errorf("consumer %s was cancelled by the broker", tag)
			return
		case b, ok := <-blocked:
			if !ok {
				blocked = nil
				continue
			}
			s.setBlocked(alarm{b.Active, cmp.Or(text(b.Reason), "without a reason")})
		}
	}
}

func ended(what string, err *amqp.Error) error {
	if err == nil { // a nil *amqp.Error in an error would not be nil
		return fmt.Errorf("%s closed", what)
	}
	return fmt.Errorf("%s closed: %w", what, err)
}

func (s *session) setBlocked(a alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = a
	if s.onBlocked != nil {
		s.onBlocked(a)
	}
}

// whenBlocked has f called with each change of the broker's alarm, starting with
// the present state if there is one.
func (s *session) whenBlocked(f func(alarm)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onBlocked = f
	if s.blocked.on {
		f(s.blocked)
	}
}

// over reports whether the session has ended.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// within runs requests to the broker that know no deadline: when ctx or d ends
// first, the connection is cut, which ends them.
func (s *session) within(ctx context.Context, d time.Duration, requests func() error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	stop := context.AfterFunc(ctx, s.cut)
	defer stop()
	if err := requests(); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}

// cut ends the session from below. The library's own Close waits for locks that
// a hung write holds.
func (s *session) cut() { _ = s.line.Close() }

// close ends the session politely and in bounded time, and waits for its end.
func (s *session) close() {
	t := time.AfterFunc(closeTimeout, s.cut)
	defer t.Stop()
	_ = s.conn.Close() // a broken connection says that it is; it is gone either way
	s.cut()
	<-s.done
}
