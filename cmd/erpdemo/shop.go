package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// An order is one of the storefront's orders, as its webhook tells it.
type order struct {
	topic  string
	body   []byte
	id     string
	number string
	total  string
	money  string
}

// load reads an order. It gets an id of its own each time, so that the story can
// be told twice on the same database.
func (s *story) load(name, topic string) (order, error) {
	raw, err := os.ReadFile(filepath.Join(s.orders, name+".json")) // #nosec G304 -- the project's own files
	if err != nil {
		return order{}, err
	}
	var o struct {
		ID       json.Number `json:"id"`
		Name     string      `json:"name"`
		Total    string      `json:"total_price"`
		Currency string      `json:"currency"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return order{}, fmt.Errorf("%s: %w", name, err)
	}
	old := o.ID.String()
	id, ok := s.ids[old]
	if !ok {
		n, err := rand.Int(rand.Reader, big.NewInt(8e12))
		if err != nil {
			return order{}, err
		}
		id = strconv.FormatInt(1e12+n.Int64(), 10)
		s.ids[old] = id
	}
	return order{topic: topic, body: bytes.ReplaceAll(raw, []byte(old), []byte(id)), id: id, number: o.Name, total: o.Total, money: o.Currency}, nil
}

// webhook sends a signed webhook and returns the answer's status and how long it
// took.
func (s *story) webhook(ctx context.Context, o order, delivery string, tamper bool) (int, time.Duration, error) {
	mac := hmac.New(sha256.New, []byte(s.house.secret))
	mac.Write(o.body)
	body := o.body
	if tamper {
		body = bytes.Replace(body, []byte(`"total_price"`), []byte(`"total_pricE"`), 1)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.house.listen+"/webhooks/shop", bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Shopify-Topic", o.topic)
	req.Header.Set("X-Shopify-Shop-Domain", "demo.myshopify.com")
	req.Header.Set("X-Shopify-Webhook-Id", delivery)
	req.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	began := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	return res.StatusCode, took, res.Body.Close()
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
	confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, prefix+".partner", "shop", true, false, amqp.Publishing{
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
