package world

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
)

// ExpireLeases ends all leases of orders at once, as a database does whose clock is
// moved.
func (w *World) ExpireLeases(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, w.database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, `update stream set lease_until = now() - interval '1 millisecond' where state = 'leased' and lease_until > now()`)
	return err
}

// Poison publishes messages as no partner should: without a type, an id or a body that
// says anything.
func (w *World) Poison() error {
	return w.publish(w.PartnerExchange(), "shop", amqp.Publishing{ContentType: "application/octet-stream", DeliveryMode: amqp.Persistent, Body: []byte{0xff, 0x00}})
}

// GiveUp puts a message where the broker puts those that it gave up.
func (w *World) GiveUp(id string) error {
	return w.publish(w.conf.Name+".dlx", "shop", amqp.Publishing{
		MessageId: id, Type: "orders/create", ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: []byte(`{"id":`),
	})
}

func (w *World) publish(exchange, key string, m amqp.Publishing) error {
	return w.Servers.inBroker(func(ch *amqp.Channel) error {
		if err := ch.Confirm(false); err != nil {
			return err
		}
		confirm, err := ch.PublishWithDeferredConfirm(exchange, key, true, false, m)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, err = confirm.WaitContext(ctx)
		return err
	})
}
