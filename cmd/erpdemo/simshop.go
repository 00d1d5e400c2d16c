package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// publicAddress is where the simulated shops believe the bridge to be: BigCommerce
// sends to https only. They are told where that leads.
const publicAddress = "https://bridge.example.com"

// A simShop is a simulated shop: the store's name in the configuration, and the
// platform it speaks like.
type simShop struct {
	name, platform  string
	token           string // what its API demands
	secret          string // it signs its webhooks with it
	topics          []string
	currencies      string
	apiURL, control string
}

// newWoo and newBig are the shops of the story; erpbridge.yaml.tmpl knows their tokens.
func newWoo() *simShop {
	return &simShop{
		name: "woo", platform: "woocommerce", token: "ck_demo:cs_demo", secret: rand.Text(), currencies: "EUR,USD",
		topics: []string{"order.created", "order.updated"},
	}
}

func newBig() *simShop {
	return &simShop{
		name: "big", platform: "bigcommerce", token: "bt_demo", secret: rand.Text(), currencies: "USD,JPY",
		topics: []string{"store/order/created", "store/order/updated", "store/order/statusUpdated"},
	}
}

// openShop starts a simulated shop that sends its webhooks to where the daemon will be.
func (h *house) openShop(ctx context.Context, s *simShop) error {
	ready := filepath.Join(h.dir, s.name+".json")
	args := []string{
		"shop", "--platform", s.platform, "--token", s.token, "--secret", s.secret, "--currency", s.currencies, "--ready-file", ready,
		"--webhooks", publicAddress + "/webhooks/" + s.name, "--reach", publicAddress + "=http://" + h.listen,
	}
	for _, t := range s.topics {
		args = append(args, "--topic", t)
	}
	if err := h.start(s.name, "erpsim", args...); err != nil {
		return err
	}
	return h.wait(ctx, "the simulated shop "+s.name, func(context.Context) error {
		raw, err := os.ReadFile(ready) // #nosec G304 -- our own file
		if err != nil {
			return err
		}
		var at struct {
			APIURL     string `json:"api_url"`
			ControlURL string `json:"control_url"`
		}
		err = json.Unmarshal(raw, &at)
		s.apiURL, s.control = at.APIURL, at.ControlURL
		return err
	})
}

// do makes something happen in the shop, such as "place?n=5".
func (s *simShop) do(ctx context.Context, what, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.control+"/"+what, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		msg, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s of the shop: %s: %s", s.name, what, res.Status, msg)
	}
	return nil
}

// sell places n orders.
func (s *simShop) sell(ctx context.Context, n int) error {
	return s.do(ctx, "place?n="+strconv.Itoa(n), "")
}

// losing says how likely the shop loses a webhook from now on.
func (s *simShop) losing(ctx context.Context, p float64) error {
	return s.do(ctx, "faults", fmt.Sprintf(`{"lose": %g}`, p))
}

// orders are those the shop holds, as they are now.
func (s *simShop) orders(ctx context.Context) (list []*shopsim.Order, err error) {
	return list, ask(ctx, s.control+"/orders", &list)
}

// told says whether the newest order's webhook was sent and taken.
func (s *simShop) told(ctx context.Context) error {
	orders, err := s.orders(ctx)
	if err != nil {
		return err
	}
	raw, err := get(ctx, s.control+"/journal?kind="+string(shopsim.Sent))
	if err != nil {
		return err
	}
	newest := orders[len(orders)-1].ID
	for dec := json.NewDecoder(bytes.NewReader(raw)); dec.More(); {
		var e shopsim.Entry
		if err := dec.Decode(&e); err != nil {
			return err
		}
		if e.Order == newest && e.Status == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("no webhook of order %d of %s was taken", newest, s.name)
}

// sends says whether all the shop's webhooks are active.
func (s *simShop) sends(ctx context.Context) error {
	var subs []shopsim.Subscription
	if err := ask(ctx, s.control+"/subscriptions", &subs); err != nil {
		return err
	}
	active := 0
	for _, sub := range subs {
		if sub.Active {
			active++
		}
	}
	if active != len(s.topics) {
		return fmt.Errorf("%d of %d webhooks of %s are active", active, len(s.topics), s.name)
	}
	return nil
}
