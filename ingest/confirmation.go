package ingest

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// confirmation answers one request of an ERP that has something to say about documents
// it accepted.
func (g *Gateway) confirmation(w http.ResponseWriter, r *http.Request) {
	d := g.desks.of(r.PathValue("target"))
	g.answer(w, r, d.field(), func(id string) answer {
		return g.take(w, r, id, d.places, d.field(), func(body []byte) answer { return g.confirm(r, d, body, id) })
	})
}

// confirm proves the sender and makes what he says safe. There is no broker between:
// what is said is about rows that are in Postgres already.
func (g *Gateway) confirm(r *http.Request, d *door[erpbridge.Acknowledger], body []byte, id string) answer {
	now := time.Now()
	m := erpbridge.Message{
		Via: erpbridge.ViaWebhook, Header: r.Header.Clone(), ContentType: r.Header.Get("Content-Type"), Body: body, ReceivedAt: now,
	}
	said, err := d.front.Acknowledge(m)
	if kind := erpbridge.KindOf(err); kind == erpbridge.Transient || kind == erpbridge.Throttled {
		g.says.unchecked.log("a confirmation's sender cannot be checked at the moment", zap.String("request", id), d.field(), zap.Error(err))
		return unchecked(after(err))
	}
	if !d.known {
		err = errUnknownTarget
	}
	switch kind := erpbridge.KindOf(err); {
	case kind == erpbridge.Invalid:
		g.says.senseless.log("a confirmation cannot be understood", zap.String("request", id), d.field(), zap.String("remote", remote(r)), zap.Error(err))
		return senseless
	case err != nil:
		g.says.unproven.log("a confirmation is not proven", zap.String("request", id), d.field(), zap.String("remote", remote(r)), zap.Error(err))
		return unproven
	}
	// What was read and proven is stored even if the sender hangs up meanwhile.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), now.Add(g.cfg.Budget))
	defer cancel()
	if err := g.cfg.Confirmed.Acknowledged(ctx, d.name, m, said); err != nil {
		g.says.failed.log("a confirmation could not be stored", zap.String("request", id), d.field(), zap.Error(err))
		return unavailable
	}
	return accepted
}
