package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// loadPartner reads an order in the canonical model, as docs/PARTNERS.md has it. Like
// the storefront's it gets an id of its own.
func (s *story) loadPartner(name string) (order, error) {
	raw, err := os.ReadFile(filepath.Join(s.testdata, "partner", name+".json")) // #nosec G304 -- the project's own files
	if err != nil {
		return order{}, err
	}
	var m struct {
		Type  string `json:"type"`
		Order struct {
			ID       string `json:"id"`
			Number   string `json:"number"`
			Total    string `json:"total"`
			Currency string `json:"currency"`
		} `json:"order"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return order{}, fmt.Errorf("%s: %w", name, err)
	}
	id := "A-" + rand.Text()[:10]
	return order{
		store: "partner", topic: m.Type, body: bytes.ReplaceAll(raw, []byte(`"`+m.Order.ID+`"`), []byte(`"`+id+`"`)),
		id: id, number: m.Order.Number, total: m.Order.Total, money: m.Order.Currency,
	}, nil
}

// publish is a partner: one event straight into RabbitMQ, persistent, mandatory
// and confirmed.
func (s *story) publish(ctx context.Context, o order, delivery string) error {
	conn, err := amqp.Dial(os.Getenv("AMQP_URL"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Confirm(false); err != nil {
		return err
	}
	returned := ch.NotifyReturn(make(chan amqp.Return, 1))
	confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, prefix+".partner", o.store, true, false, amqp.Publishing{
		MessageId: delivery, Type: o.topic, ContentType: "application/json", DeliveryMode: amqp.Persistent,
		Timestamp: time.Now(), Body: o.body,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ok, err := confirm.WaitContext(ctx)
	if err != nil {
		return err
	}
	select {
	case r := <-returned:
		return fmt.Errorf("the broker returned the partner's event: %s", r.ReplyText)
	default:
	}
	if !ok {
		return fmt.Errorf("the broker did not confirm the partner's event")
	}
	return nil
}
