package shopsim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a shop, and runs it until the test ends if it has somewhere to send to.
func open(t *testing.T, conf Config) *Shop {
	t.Helper()
	s, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	if conf.Webhooks == "" {
		return s
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return s
}

// An arrival is a webhook as the other side got it.
type arrival struct {
	header http.Header
	body   []byte
}

// A receiver is the other side.
type receiver struct {
	url string

	mu     sync.Mutex
	status int
	got    []arrival
}

func receive(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, arrival{req.Header.Clone(), body})
		w.WriteHeader(r.status)
	}))
	t.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) arrivals() []arrival {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]arrival(nil), r.got...)
}

func quiet(t *testing.T, s *Shop) {
	t.Helper()
	erptest.Until(t, "the shop to have sent everything", s.Quiet)
}

// ask asks the API and returns the status, the headers and the JSON.
func ask(t *testing.T, s *Shop, method, target string, header map[string]string, body any) (int, http.Header, any) {
	t.Helper()
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(encode(body))
	}
	req := httptest.NewRequestWithContext(t.Context(), method, target, in)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return w.Code, w.Header(), parse(t, w.Body.Bytes())
}

func parse(t *testing.T, body []byte) any {
	t.Helper()
	if len(body) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// at follows a path into JSON: "line_items.0.price".
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			member, ok := x[name]
			if !ok {
				t.Fatalf("%s: there is no %q", path, name)
			}
			v = member
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(x) {
				t.Fatalf("%s: there is no element %s of %d", path, name, len(x))
			}
			v = x[i]
		default:
			t.Fatalf("%s: nothing below %v", path, v)
		}
	}
	return v
}

func list(t *testing.T, v any, path string) []any {
	t.Helper()
	out, ok := at(t, v, path).([]any)
	if !ok {
		t.Fatalf("%s is no list", path)
	}
	return out
}

// rat reads an amount, as a text or as a number.
func rat(t *testing.T, v any, path string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(fmt.Sprint(at(t, v, path)))
	if !ok {
		t.Fatalf("%s is no amount: %v", path, at(t, v, path))
	}
	return r
}

// total adds what stands at a path of each element.
func total(t *testing.T, list []any, paths ...string) *big.Rat {
	t.Helper()
	sum := new(big.Rat)
	for _, x := range list {
		for _, path := range paths {
			sum.Add(sum, rat(t, x, path))
		}
	}
	return sum
}

func plus(all ...*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, x := range all {
		sum.Add(sum, x)
	}
	return sum
}

func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }

func equal(t *testing.T, what string, got, want *big.Rat) {
	t.Helper()
	if got.Cmp(want) != 0 {
		t.Errorf("%s: %s, want %s", what, got.FloatString(6), want.FloatString(6))
	}
}

// trade is a shop with a history, and what it said about it.
func trade(t *testing.T, platform string, n int) (*Shop, []*Order) {
	t.Helper()
	s := open(t, Config{Platform: platform, Seed: 7})
	for range n {
		if err := s.Step(); err != nil {
			t.Fatal(err)
		}
	}
	// Some are paid back to the last piece.
	for _, o := range s.Orders()[:n/8] {
		for err := error(nil); err == nil; {
			err = s.Refund(o.ID)
		}
	}
	return s, s.Orders()
}

func TestOrdersAreOdd(t *testing.T) {
	_, orders := trade(t, "shopify", 200)
	seen := map[string]int{}
	for _, o := range orders {
		seen[o.Currency]++
		for name, is := range map[string]bool{
			"included": o.TaxIncluded, "on top": !o.TaxIncluded, "discount": o.discount() > 0, "guest": o.Buyer.ID == 0, "cancelled": !o.Cancelled.IsZero(),
			"refunded": len(o.Refunds) > 0, "unpaid": o.Paid.IsZero(), "all back": len(o.Refunds) > 0 && o.refunded() == o.total(), "free shipping": o.Shipping.Price == 0,
		} {
			if is {
				seen[name]++
			}
		}
		for _, l := range o.Lines {
			if l.Discount > 0 && l.due()%l.Quantity != 0 {
				seen["thirds"]++
			}
			if l.SKU == "" {
				seen["no sku"]++
			}
			if quantity, amount, tax := o.taken(l.ID); quantity == l.Quantity && (amount != l.due() || tax != o.lineTax(l)) {
				t.Errorf("order %d: all of a line was paid back, with %d and %d instead of %d and %d", o.ID, amount, tax, l.due(), o.lineTax(l))
			}
		}
		if o.refunded() > o.total() {
			t.Errorf("order %d: more was paid back than it came to", o.ID)
		}
	}
	for _, name := range []string{"USD", "EUR", "JPY", "KWD", "included", "on top", "discount", "guest", "cancelled", "refunded", "unpaid", "all back", "free shipping", "thirds", "no sku"} {
		if seen[name] == 0 {
			t.Errorf("no order is such: %s", name)
		}
	}
}

// The same seed makes the same orders and loses the same webhooks.
func TestSeed(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }
	history := func(seed uint64) string {
		s := open(t, Config{Platform: "shopify", Seed: seed, Now: now, Faults: Faults{Lose: 0.3}})
		for _, topic := range s.topics() {
			s.subscribe(topic, "http://127.0.0.1:1/")
		}
		for range 50 {
			if err := s.Step(); err != nil {
				t.Fatal(err)
			}
		}
		return string(encode(s.Orders())) + string(encode(s.Journal()))
	}
	first := history(3)
	if again := history(3); again != first {
		t.Error("one seed has two histories")
	}
	if history(4) == first {
		t.Error("two seeds have one history")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, conf := range []Config{
		{},
		{Platform: "magento"},
		{Platform: "shopify", Currencies: []string{"XAU"}},
		{Platform: "shopify", Faults: Faults{Lose: 1.5}},
		{Platform: "shopify", Faults: Faults{Cut: -1}},
		{Platform: "shopify", Faults: Faults{SlowBy: -1}},
	} {
		if _, err := New(conf); err == nil {
			t.Errorf("%+v was taken", conf)
		}
	}
}

func TestNothingToDo(t *testing.T) {
	s := open(t, Config{Platform: "woocommerce"})
	id := s.Place(1)[0]
	if err := s.Cancel(id); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"cancelled twice": s.Cancel(id), "no such order": s.Change(id + 1), "nor to be paid back": s.Refund(id + 1)} {
		if !errors.Is(err, ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No two states of an order share a second, unless they may.
func TestSeconds(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 999, time.UTC)
	for _, same := range []bool{false, true} {
		s := open(t, Config{Platform: "shopify", SameSecond: same, Now: func() time.Time { return now }})
		id := s.Place(1)[0]
		for range 2 {
			if err := s.Change(id); err != nil {
				t.Fatal(err)
			}
		}
		want := now.Truncate(time.Second)
		if !same {
			want = want.Add(2 * time.Second)
		}
		if o := s.Orders()[0]; !o.Updated.Equal(want) || o.State != 3 || o.Note != "state 3" {
			t.Errorf("state %d at %s, want the third at %s", o.State, o.Updated, want)
		}
	}
}
