package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// An order is one of the storefront's orders, as its webhook tells it.
type order struct {
	store  string
	topic  string
	body   []byte
	id     string
	number string
	total  string
	money  string
	note   string // how the memo in NetSuite ends; of a simulated shop: which state it is
}

// load reads an order. It gets an id of its own each time, so that the story can
// be told twice on the same database.
func (s *story) load(name, topic string) (order, error) {
	raw, err := os.ReadFile(filepath.Join(s.testdata, "orders", name+".json")) // #nosec G304 -- the project's own files
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
		id = strconv.FormatInt(randomID(), 10)
		s.ids[old] = id
	}
	return order{
		store: "shop", topic: topic, body: bytes.ReplaceAll(raw, []byte(old), []byte(id)), id: id, number: o.Name, total: o.Total, money: o.Currency,
	}, nil
}

// key is what NetSuite knows the order by.
func (o order) key() string { return o.store + "-order-" + o.id }

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

// randomID is as long as a storefront's ids are.
func randomID() int64 { return 1e12 + mathrand.Int64N(8e12) }
