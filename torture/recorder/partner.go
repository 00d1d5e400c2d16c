package recorder

import (
	"context"
	"net"
	"net/http"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// partnerLines is how many connections partners have at once.
const partnerLines = 4

// A partner publishes events to the broker, with confirms and mandatory. Each of its
// lines is a connection that carries one message at a time, so that a return and a
// confirm are known to belong to it.
type partner struct {
	url, exchange, store string
	lines                chan *line
}

// A line is a connection, or the place of one.
type line struct {
	socket   net.Conn
	conn     *amqp.Connection // nil: not connected
	ch       *amqp.Channel
	returned chan amqp.Return
}

func newPartner(s *Sender) *partner {
	p := &partner{url: s.AMQP, exchange: s.Exchange, store: s.Store, lines: make(chan *line, partnerLines)}
	for range partnerLines {
		p.lines <- &line{}
	}
	return p
}

// try publishes one event: 200 is a confirm, 500 a return or a nack, 0 that nobody
// knows.
func (p *partner) try(ctx context.Context, _ int, e Event, body []byte) int {
	var l *line
	select {
	case l = <-p.lines:
	case <-ctx.Done():
		return 0
	}
	defer func() { p.lines <- l }()
	if l.conn == nil {
		if err := l.dial(ctx, p.url); err != nil {
			l.hangUp()
			return 0
		}
	}
	status := p.publish(ctx, l, e, body)
	if status == 0 {
		l.hangUp()
	}
	return status
}

func (p *partner) publish(ctx context.Context, l *line, e Event, body []byte) int {
	// A broker that blocks its publishers stops reading: writing to it would hang.
	socket := l.socket
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })()
	const mandatory, immediate = true, false
	confirm, err := l.ch.PublishWithDeferredConfirmWithContext(ctx, p.exchange, p.store, mandatory, immediate, amqp.Publishing{
		MessageId: e.ID, Type: e.Topic, ContentType: "application/json", DeliveryMode: amqp.Persistent,
		Timestamp: time.Now(), Body: body,
	})
	if err != nil {
		return 0
	}
	acked, err := confirm.WaitContext(ctx)
	if err != nil || l.ch.IsClosed() {
		// A channel that closes tells all who wait for a confirm no: that is not the
		// broker's no. If it closed behind a yes, asking again does no harm.
		return 0
	}
	select {
	case <-l.returned: // before the confirm of the same message
		return http.StatusInternalServerError
	default:
	}
	if !acked {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

func (l *line) dial(ctx context.Context, url string) error {
	conn, err := amqp.DialConfig(url, amqp.Config{
		Dial: func(network, address string) (net.Conn, error) {
			socket, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			l.socket = socket
			// The handshake has this long; the library takes the deadline away behind it.
			deadline, ok := ctx.Deadline()
			if !ok {
				deadline = time.Now().Add(10 * time.Second)
			}
			return socket, socket.SetDeadline(deadline)
		},
	})
	if err != nil {
		return err
	}
	l.conn = conn
	socket := l.socket
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })()
	if l.ch, err = conn.Channel(); err != nil {
		return err
	}
	l.returned = l.ch.NotifyReturn(make(chan amqp.Return, 1))
	const noWait = false
	return l.ch.Confirm(noWait)
}

// hangUp ends the connection; the next try begins with a new one.
func (l *line) hangUp() {
	if l.socket != nil {
		_ = l.socket.Close()
	}
	if l.conn != nil {
		_ = l.conn.CloseDeadline(time.Now())
	}
	*l = line{}
}

func (p *partner) close() {
	for range partnerLines {
		l := <-p.lines
		if l.conn != nil {
			_ = l.conn.CloseDeadline(time.Now().Add(time.Second))
		}
		l.hangUp()
	}
}
