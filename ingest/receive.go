package ingest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// webhook answers one request, whatever happens on the way.
func (g *Gateway) webhook(w http.ResponseWriter, r *http.Request) {
	d := g.doors.of(r.PathValue("store"))
	g.answer(w, r, d.field(), func(id string) answer {
		if r.Method == http.MethodGet {
			return challenged(d, r.URL.Query())
		}
		return g.take(w, r, id, d.places, d.field(), func(body []byte) answer { return g.accept(r, d, body, id) })
	})
}

// answer answers a request with what take makes of it.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, about zap.Field, take func(id string) answer) {
	id := newID()
	a := g.guarded(id, func() answer { return take(id) })
	switch a {
	case unreadable, tooLarge, encoded:
		// Its sender may give these up for good, so somebody has to see them.
		g.says.refused.log("a request is refused unread", zap.String("request", id), about,
			zap.String("remote", remote(r)), zap.String("reason", a.text))
	}
	if err := fault.Do("ingest.answer", func() error { a.write(w, id); return nil }); err != nil {
		panic(http.ErrAbortHandler) // net/http's way to hang up without an answer
	}
}

// take refuses what can be refused unread, and reads the rest. w is only for
// the limit on the body, which makes the server hang up when it is exceeded. own are the
// places of the store or target that about names; what is read goes to accept.
func (g *Gateway) take(w http.ResponseWriter, r *http.Request, id string, own places, about zap.Field, accept func(body []byte) answer) answer {
	switch {
	case r.Method != http.MethodPost:
		return notAllowed
	case !identity(r.Header.Values("Content-Encoding")):
		return encoded
	case r.ContentLength > g.cfg.MaxBody:
		return tooLarge
	}

	var b *body
	err := fault.Do("ingest.read", func() (err error) {
		b, err = g.memory.read(http.MaxBytesReader(w, r.Body, g.cfg.MaxBody), r.ContentLength)
		return err
	})
	if b != nil {
		defer b.done()
	}
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return tooLarge
	case errors.Is(err, errNoRoom):
		g.says.busy.log("too many long bodies are under way", zap.String("request", id), about)
		return full
	case err != nil:
		return unreadable
	}

	// Only now: who trickles a body holds a connection, and nobody's place.
	if !g.places.take() {
		g.says.busy.log("too many requests are under way", zap.String("request", id))
		return busy
	}
	defer g.places.free()
	if !own.take() {
		g.says.busy.log("too many requests of one sender are under way", zap.String("request", id), about)
		return busy
	}
	defer own.free()
	return accept(b.bytes)
}

// accept proves the sender and makes the message safe.
func (g *Gateway) accept(r *http.Request, d *door[erpbridge.Storefront], body []byte, id string) answer {
	now := time.Now()
	var m erpbridge.Message
	var err error
	if missed := fault.Do("ingest.verify", func() error {
		m, err = d.front.Verify(erpbridge.Message{
			Store: d.name, Via: erpbridge.ViaWebhook, Header: r.Header.Clone(),
			ContentType: r.Header.Get("Content-Type"), Body: body, ReceivedAt: now,
		})
		return nil
	}); missed != nil {
		return broken
	}
	// A key that cannot be fetched now is fetched when it is sent again: a stranger's
	// name is told the same, or it would be told apart.
	if kind := erpbridge.KindOf(err); kind == erpbridge.Transient || kind == erpbridge.Throttled {
		g.says.unchecked.log("a webhook's signature cannot be checked at the moment", zap.String("request", id), d.field(), zap.Error(err))
		return unchecked(after(err))
	}
	if !d.known {
		err = errUnknownStore
	}
	// An invalid message of a proven sender is kept: a person will want to see it.
	if err != nil && erpbridge.KindOf(err) != erpbridge.Invalid {
		g.says.unproven.log("a webhook is not proven", zap.String("request", id), d.field(), zap.String("remote", remote(r)), zap.Error(err))
		return unproven
	}

	if m.ID == "" || m.Type == "" {
		// Two of them would be taken for one: better asked for again than lost.
		g.says.failed.log("the storefront's adapter did not name a webhook", zap.String("request", id), d.field())
		return broken
	}

	// What was read and proven is stored even if the sender hangs up meanwhile.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), now.Add(g.cfg.Budget))
	defer cancel()
	return g.store(ctx, now.Add(g.cfg.PublishWithin), m, id)
}

// after returns how long the other side asked to wait, or 0.
func after(err error) time.Duration {
	var e *erpbridge.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

var (
	errUnknownStore  = errors.New("there is no store of that name")
	errUnknownTarget = errors.New("there is no target of that name that sends confirmations")
)

// store hands m to the publisher until the time given, and then to the inbox for
// the rest of ctx.
func (g *Gateway) store(ctx context.Context, until time.Time, m erpbridge.Message, id string) answer {
	err := g.publish(ctx, until, m)
	if err == nil {
		return accepted
	}
	about := []zap.Field{zap.String("request", id), zap.String("store", m.Store), zap.NamedError("publish", err)}
	if err := fault.Do("ingest.fallback", func() error { return g.cfg.Inbox.Receive(ctx, m) }); err != nil {
		g.says.failed.log("a webhook could not be stored", append(about, zap.NamedError("inbox", err))...)
		return unavailable
	}
	g.says.fallback.log("a webhook went into the inbox, not to the broker", about...)
	return accepted
}

func (g *Gateway) publish(ctx context.Context, until time.Time, m erpbridge.Message) error {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	return fault.Do("ingest.publish", func() error { return g.cfg.Publisher.Publish(ctx, m) })
}

// identity reports whether a body with these encodings is as its sender signed it.
func identity(encodings []string) bool {
	for _, e := range encodings {
		if e = strings.TrimSpace(e); e != "" && !strings.EqualFold(e, "identity") {
			return false
		}
	}
	return true
}

func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
