package recorder_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/torture/journal"
	"github.com/hakooi/erpbridge/torture/recorder"
)

const secret = "a-secret-for-this-test-alone"

// A door is a daemon's: it checks what a daemon checks, and answers as it is told.
type door struct {
	t       testing.TB
	url     string
	journal string
	answer  func(event string, nth int) int // 0: cut the connection

	mu    sync.Mutex
	tries map[string]int
	order []string
}

func open(t testing.TB, path string, answer func(event string, nth int) int) *door {
	t.Helper()
	d := &door{t: t, journal: path, answer: answer, tries: map[string]int{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender gave up
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if r.URL.Path != "/webhooks/shop" || r.Header.Get("X-Shopify-Shop-Domain") != "test.myshopify.com" ||
		r.Header.Get("X-Shopify-Hmac-Sha256") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || r.Header.Get("X-Shopify-Topic") == "" {
		d.t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	id := r.Header.Get("X-Shopify-Webhook-Id")
	d.mu.Lock()
	d.tries[id]++
	nth := d.tries[id]
	d.order = append(d.order, id)
	d.mu.Unlock()
	if d.journal != "" {
		if n := strings.Count(readFile(d.t, d.journal), `"what":"send","event":"`+id+`"`); n < nth {
			d.t.Errorf("%s came for the %d. time; the journal has %d", id, nth, n)
		}
	}
	status := d.answer(id, nth)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}

func always(status int) func(string, int) int { return func(string, int) int { return status } }

func newSender(t testing.TB, path string, doors ...*door) *recorder.Sender {
	t.Helper()
	w, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &recorder.Sender{
		Journal: w, Store: "shop", Shop: "test.myshopify.com", Secret: secret,
		Senders: 16, Pause: time.Millisecond, Timeout: 5 * time.Second,
	}
	for _, d := range doors {
		s.Daemons = append(s.Daemons, d.url)
	}
	return s
}

type lines struct {
	sent     []journal.Sent
	answered []journal.Answered
}

func readLines(t testing.TB, path string) (l lines) {
	t.Helper()
	err := journal.Read(strings.NewReader(readFile(t, path)), journal.Eye{
		Sent:     func(s journal.Sent) error { l.sent = append(l.sent, s); return nil },
		Answered: func(a journal.Answered) error { l.answered = append(l.answered, a); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each event is sent until it is accepted, by another daemon each time, and each try
// is in the journal before it is made.
func TestSendUntilAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	// The first daemon cuts or refuses every first try, the second is overloaded at first.
	moods := []int{0, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusUnauthorized}
	first := open(t, path, func(id string, nth int) int {
		if nth == 1 {
			return moods[int(id[len(id)-1])%len(moods)]
		}
		return http.StatusOK
	})
	second := open(t, path, func(_ string, nth int) int {
		if nth == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	events := list(t, recorder.New(5, 30, 120))
	s := newSender(t, path, first, second)
	report, err := s.Run(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted != len(events) || report.Events != len(events) || report.GivenUp != 0 {
		t.Errorf("%+v", report)
	}
	l := readLines(t, path)
	if len(l.sent) != report.Tries || len(l.answered) != report.Tries {
		t.Errorf("%d tries, %d sent, %d answered", report.Tries, len(l.sent), len(l.answered))
	}
	accepted, bodies, daemons := map[string]int{}, map[string]string{}, map[string]map[int]bool{}
	for _, a := range l.answered {
		if a.Accepted() {
			accepted[a.Event]++
		}
	}
	for _, x := range l.sent {
		if b, known := bodies[x.Event]; known && b != x.Body {
			t.Errorf("%s was sent with two bodies", x.Event)
		}
		bodies[x.Event] = x.Body
		if daemons[x.Event] == nil {
			daemons[x.Event] = map[int]bool{}
		}
		daemons[x.Event][x.Daemon] = true
	}
	want := map[string]int{}
	for _, e := range events {
		want[e.ID]++
		if bodies[e.ID] != string(e.Body()) {
			t.Errorf("%s: the journal has another body", e.ID)
		}
	}
	for id, n := range want {
		if accepted[id] != n {
			t.Errorf("%s was accepted %d times, want %d", id, accepted[id], n)
		}
		if len(daemons[id]) != 2 {
			t.Errorf("%s asked one daemon only", id)
		}
	}
}

// An event that says so waits for the one before it, and only that one.
func TestVersionsWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	d := open(t, "", func(_ string, nth int) int {
		if nth < 3 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	if _, err := newSender(t, path, d).Run(t.Context(), list(t, recorder.Plan{Seed: 1, Orders: 5, Events: 50})); err != nil {
		t.Fatal(err)
	}
	l := readLines(t, path)
	versions := map[string]struct {
		order   string
		version int
	}{}
	for _, s := range l.sent {
		versions[s.Event] = struct {
			order   string
			version int
		}{s.Order, s.Version}
	}
	accepted := map[string]int{}
	for _, a := range l.answered {
		v := versions[a.Event]
		if !a.Accepted() {
			if accepted[v.order] >= v.version {
				t.Errorf("%s was tried behind its own acceptance", a.Event)
			}
			continue
		}
		if v.version != accepted[v.order]+1 {
			t.Errorf("order %s: version %d was accepted behind %d", v.order, v.version, accepted[v.order])
		}
		accepted[v.order] = v.version
	}
	for _, e := range d.order {
		if v := versions[e]; v.version == 0 {
			t.Errorf("%s came and is not in the journal", e)
		}
	}
}

// What a daemon keeps calling wrong is given up, and what waits behind it goes on.
func TestGivingUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	d := open(t, path, always(http.StatusUnauthorized))
	s := newSender(t, path, d)
	s.Refusals = 2
	report, err := s.Run(t.Context(), list(t, recorder.Plan{Seed: 1, Orders: 4, Events: 12}))
	if err != nil {
		t.Fatal(err)
	}
	if report.GivenUp != 12 || report.Accepted != 0 || report.Tries != 24 || report.Statuses[http.StatusUnauthorized] != 24 {
		t.Errorf("%+v", report)
	}
}

func TestStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	d := open(t, path, func(string, int) int { cancel(); return http.StatusServiceUnavailable })
	report, err := newSender(t, path, d).Run(ctx, list(t, recorder.Plan{Seed: 1, Orders: 100, Events: 100}))
	if !errors.Is(err, context.Canceled) || report.Accepted != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	l := readLines(t, path)
	if len(l.sent) != len(l.answered) {
		t.Errorf("%d sent, %d answered: each try has its line", len(l.sent), len(l.answered))
	}
}

// Without its journal the recorder sends nothing.
func TestNoJournalNoEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	d := open(t, "", always(http.StatusOK))
	s := newSender(t, path, d)
	if err := s.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), list(t, recorder.Plan{Seed: 1, Orders: 20, Events: 20})); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("%v", err)
	}
	if len(d.order) != 0 {
		t.Errorf("%d events were sent", len(d.order))
	}
}

// Partners' messages reach the exchange as the contract for partners says, and what
// nobody takes is not taken for safe.
func TestPartnerDoor(t *testing.T) {
	url, prefix := testenv.AMQP(t, "partner", "partner-test")
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	exchange, queue := prefix+".partner", prefix+".partner-test"
	if err := ch.ExchangeDeclare(exchange, "topic", false, true, false, false, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	d := open(t, path, always(http.StatusOK))
	s := newSender(t, path, d)
	s.AMQP, s.Exchange = url, exchange
	p := recorder.Plan{Seed: 1, Orders: 20, Events: 60, Partner: 1}
	events := list(t, p)

	// Without a queue every message comes back.
	ctx, cancel := context.WithCancel(t.Context())
	watch := time.AfterFunc(time.Second, cancel)
	defer watch.Stop()
	report, err := s.Run(ctx, events)
	if !errors.Is(err, context.Canceled) || report.Accepted != 0 || report.Statuses[http.StatusInternalServerError] == 0 {
		t.Fatalf("without a queue: %+v, %v", report, err)
	}

	if _, err := ch.QueueDeclare(queue, false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = ch.QueueDelete(queue, false, false, false) }()
	if err := ch.QueueBind(queue, "shop", exchange, false, nil); err != nil {
		t.Fatal(err)
	}
	if report, err = s.Run(t.Context(), events); err != nil || report.Accepted != len(events) {
		t.Fatalf("%+v, %v", report, err)
	}
	byID := map[string]recorder.Event{}
	for _, e := range events {
		byID[e.ID] = e
	}
	for range events {
		m, ok, err := ch.Get(queue, true)
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		e, known := byID[m.MessageId]
		if !known || m.Type != e.Topic || m.ContentType != "application/json" || m.DeliveryMode != amqp.Persistent ||
			m.RoutingKey != "shop" || string(m.Body) != string(e.Body()) {
			t.Errorf("%+v", m)
		}
		delete(byID, m.MessageId)
	}
	if len(d.order) != 0 {
		t.Errorf("%d came as webhooks", len(d.order))
	}
}

// A broker that nobody reaches leaves events unknown; the sender does not hang.
func TestPartnerDoorShut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sender.jsonl")
	d := open(t, path, always(http.StatusOK))
	s := newSender(t, path, d)
	s.AMQP, s.Exchange = "amqp://127.0.0.1:1/", "nowhere"
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	report, err := s.Run(ctx, list(t, recorder.Plan{Seed: 1, Orders: 20, Events: 20, Partner: 1}))
	if !errors.Is(err, context.DeadlineExceeded) || report.Accepted != 0 || report.Statuses[0] == 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// How many events a second, journal and signatures included.
func BenchmarkSend(b *testing.B) {
	path := filepath.Join(b.TempDir(), "sender.jsonl")
	d := open(b, "", always(http.StatusOK))
	s := newSender(b, path, d)
	s.Senders = 64
	events := list(b, recorder.Plan{Seed: 1, Orders: max(1, b.N/10), Events: b.N})
	b.ResetTimer()
	report, err := s.Run(b.Context(), events)
	if err != nil || report.Accepted != b.N {
		b.Fatalf("%+v, %v", report, err)
	}
	b.ReportMetric(float64(b.N)/report.Took.Seconds(), "events/s")
}

// Latencies at the pace of the torture.
func BenchmarkSend500(b *testing.B) {
	path := filepath.Join(b.TempDir(), "sender.jsonl")
	d := open(b, "", always(http.StatusOK))
	s := newSender(b, path, d)
	s.Senders, s.Rate = 64, 500
	report, err := s.Run(b.Context(), list(b, recorder.New(1, max(1, b.N/10), b.N)))
	if err != nil || report.Accepted != b.N {
		b.Fatalf("%+v, %v", report, err)
	}
	b.ReportMetric(float64(b.N)/report.Took.Seconds(), "events/s")
	b.ReportMetric(float64(report.P50)/1e6, "p50-ms")
	b.ReportMetric(float64(report.P99)/1e6, "p99-ms")
}
