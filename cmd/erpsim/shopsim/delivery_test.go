package shopsim

import (
	"net/http"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func count(s *Shop, kind Kind) int { return len(s.Journal(kind)) }

// Each platform's way with an address that does not answer as it should.
func TestRemoval(t *testing.T) {
	for _, tt := range []struct {
		platform, topic string
		orders          int
		attempts        int // until the subscription is removed
		gone            bool
	}{
		{"shopify", "orders/create", 1, 8, true},
		{"woocommerce", "order.created", 8, 6, false},
		{"bigcommerce", "store/order/created", 1, 12, false},
		{"adobecommerce", orderSaved, 1, 100, false},
	} {
		t.Run(tt.platform, func(t *testing.T) {
			r := receive(t, http.StatusInternalServerError)
			s := open(t, Config{Platform: tt.platform, Webhooks: r.url, Topics: []string{tt.topic}, Pace: 20 * time.Nanosecond})
			for range tt.orders {
				s.Place(1)
				quiet(t, s)
			}
			if n := len(r.arrivals()); n != tt.attempts {
				t.Errorf("%d attempts, want %d", n, tt.attempts)
			}
			if n := count(s, Removed); n != 1 {
				t.Errorf("removed %d times", n)
			}
			subs := s.Subscriptions()
			if tt.gone && len(subs) != 0 || !tt.gone && (len(subs) != 1 || subs[0].Active) {
				t.Errorf("afterwards there is %+v", subs)
			}
			// Nothing is sent any more.
			s.Place(1)
			quiet(t, s)
			if n := len(r.arrivals()); n != tt.attempts {
				t.Errorf("%d attempts after the end", n-tt.attempts)
			}
		})
	}
}

// A good answer forgives the failures before it.
func TestForgiven(t *testing.T) {
	r := receive(t, http.StatusInternalServerError)
	s := open(t, Config{Platform: "woocommerce", Webhooks: r.url})
	for i := range 16 {
		// A redirect to a login page is a good answer, WooCommerce thinks.
		r.answer([]int{500, 401, 303, 404, 302}[i%5])
		s.Place(1)
		quiet(t, s)
	}
	if subs := s.Subscriptions(); !subs[0].Active || subs[0].Failures != 1 || len(r.arrivals()) != 16 {
		t.Errorf("%+v after %d webhooks", subs[0], len(r.arrivals()))
	}
}

// A repetition carries what the first attempt did, where the platform keeps that, and
// the state of now, where it renders when it sends.
func TestRepetition(t *testing.T) {
	r := receive(t, http.StatusServiceUnavailable)
	s := open(t, Config{Platform: "shopify", Webhooks: r.url, Topics: []string{"orders/create"}, Pace: 20 * time.Millisecond})
	id := s.Place(1)[0]
	erptest.Until(t, "the first attempt", func() bool { return len(r.arrivals()) > 0 })
	if err := s.Change(id); err != nil {
		t.Fatal(err)
	}
	r.answer(http.StatusOK)
	quiet(t, s)
	got := r.arrivals()
	if len(got) < 2 {
		t.Fatalf("%d attempts", len(got))
	}
	for _, a := range got {
		if note := at(t, parse(t, a.body), "note"); note != "state 1" || a.header.Get("X-Shopify-Webhook-Id") != got[0].header.Get("X-Shopify-Webhook-Id") {
			t.Errorf("an attempt speaks of %v as %s", note, a.header.Get("X-Shopify-Webhook-Id"))
		}
	}

	w := open(t, Config{Platform: "woocommerce"})
	sub, _ := w.subscribe("order.created", r.url)
	id = w.Place(1)[0]
	if err := w.Change(id); err != nil {
		t.Fatal(err)
	}
	d, _ := w.next()
	if note := at(t, parse(t, d.body), "customer_note"); d.sub != sub || note != "state 2" {
		t.Errorf("%s says %v", d.topic, note)
	}
}

// What waits about one order is one webhook of WooCommerce's.
func TestMerged(t *testing.T) {
	s := open(t, Config{Platform: "woocommerce"})
	s.subscribe("order.updated", "http://127.0.0.1:1/")
	id := s.Place(1)[0]
	for range 3 {
		if err := s.Change(id); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.queue); n != 1 {
		t.Errorf("%d webhooks wait", n)
	}
}

func TestLostDoubledShuffled(t *testing.T) {
	r := receive(t, http.StatusOK)
	s := open(t, Config{Platform: "shopify", Webhooks: r.url, Topics: []string{"orders/create"}, Faults: Faults{Lose: 0.2, Double: 0.2, Shuffle: 0.2, Late: 0.1, LateBy: time.Second}, Pace: 200 * time.Millisecond})
	const orders = 200
	s.Place(orders)
	quiet(t, s)
	got, lost := r.arrivals(), count(s, Lost)
	seen := map[string]int{}
	for _, a := range got {
		seen[a.header.Get("X-Shopify-Webhook-Id")]++
	}
	doubled := len(got) - len(seen)
	if lost < orders/10 || lost > orders*3/10 || len(seen) != orders-lost || doubled < orders/20 {
		t.Errorf("%d lost, %d doubled, %d distinct arrivals of %d", lost, doubled, len(seen), orders)
	}
	overtaken := 0
	last := ""
	for _, a := range got {
		name := at(t, parse(t, a.body), "name").(string)
		if name < last {
			overtaken++
		}
		last = name
	}
	if overtaken < 10 {
		t.Errorf("only %d came after later ones", overtaken)
	}
}

// A host that answers less than nine of ten of a hundred requests rests.
func TestRest(t *testing.T) {
	r := receive(t, http.StatusServiceUnavailable)
	s := open(t, Config{Platform: "bigcommerce", Webhooks: r.url, Topics: []string{"store/order/created"}})
	s.Place(150)
	erptest.Until(t, "a rest", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.rests.IsZero() && s.flying == 0
	})
	if n := len(r.arrivals()); n < 100 || n > 100+2*atOnce {
		t.Errorf("%d requests before the rest", n)
	}
	if !s.Subscriptions()[0].Active {
		t.Error("the hook is inactive already")
	}
}

func TestDropSubscription(t *testing.T) {
	for _, platform := range Platforms {
		r := receive(t, http.StatusOK)
		s := open(t, Config{Platform: platform, Webhooks: r.url})
		s.DropSubscription()
		s.Place(3)
		quiet(t, s)
		if n := len(r.arrivals()); n != 0 {
			t.Errorf("%s sent %d webhooks", platform, n)
		}
		for _, sub := range s.Subscriptions() {
			if sub.Active || platform == "shopify" {
				t.Errorf("%s has %+v", platform, sub)
			}
		}
	}
}

func TestChallenge(t *testing.T) {
	s := open(t, Config{Platform: "adobecommerce"})
	if err := s.Challenge(t.Context(), receive(t, http.StatusOK).url); err == nil {
		t.Error("an empty answer passes for the echo")
	}
}

// What a shop is told is a public address leads to where the bridge is.
func TestReach(t *testing.T) {
	r := receive(t, http.StatusOK)
	s := open(t, Config{Platform: "shopify", Webhooks: "https://bridge.example.com/webhooks/shop", Topics: []string{"orders/create"}, Reach: map[string]string{"https://bridge.example.com": r.url}})
	s.Place(1)
	quiet(t, s)
	if n := len(r.arrivals()); n != 1 {
		t.Errorf("%d webhooks arrived", n)
	}
}
