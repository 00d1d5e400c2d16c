package recorder

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

// A shop sends signed webhooks.
type shop struct {
	client    *http.Client
	transport *http.Transport
	urls      []string
	name      string
	secret    []byte
}

func newShop(s *Sender) *shop {
	t := &http.Transport{MaxIdleConnsPerHost: s.Senders, MaxIdleConns: s.Senders * len(s.Daemons)}
	h := &shop{transport: t, name: s.Shop, secret: []byte(s.Secret), client: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, base := range s.Daemons {
		h.urls = append(h.urls, strings.TrimSuffix(base, "/")+"/webhooks/"+s.Store)
	}
	return h
}

// try posts one webhook and returns the answer's status, 0 if there was none. An
// answer that breaks off behind its status has said what it had to.
func (h *shop) try(ctx context.Context, daemon int, e Event, body []byte) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.urls[daemon], bytes.NewReader(body))
	if err != nil {
		return 0
	}
	// The request must go out once for each line in the journal: without this the
	// client would send it again by itself where a kept connection broke.
	req.GetBody = nil
	mac := hmac.New(sha256.New, h.secret)
	mac.Write(body)
	for name, value := range map[string]string{
		"Content-Type":          "application/json",
		"X-Shopify-Topic":       e.Topic,
		"X-Shopify-Shop-Domain": h.name,
		"X-Shopify-Webhook-Id":  e.ID,
		"X-Shopify-Api-Version": "2026-01",
		"X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	} {
		req.Header.Set(name, value)
	}
	res, err := h.client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
	return res.StatusCode
}

func (h *shop) close() { h.transport.CloseIdleConnections() }
