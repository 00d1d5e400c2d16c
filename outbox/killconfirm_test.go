package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// remoteERP names the variable that makes the test's program a daemon: it delivers to the
// ERP at that address from the database in remoteDatabase until it is killed.
const (
	remoteERP      = "ERPBRIDGE_TEST_ERP"
	remoteDatabase = "ERPBRIDGE_TEST_DATABASE"
)

// An answer is a result as it crosses the wire of the test.
type answer struct {
	Ref      string
	Accepted bool
	Kind     erpbridge.Kind
}

// A question is a document as it crosses the wire.
type question struct {
	Document erpbridge.Document
	Ref      string
	Since    time.Time
}

// deliverUntilKilled is the daemon.
func deliverUntilKilled() error {
	s, err := Open(context.Background(), Config{URL: os.Getenv(remoteDatabase), Conns: 4})
	if err != nil {
		return err
	}
	erp := wire(os.Getenv(remoteERP))
	d := bookingDispatcher(s, nil)
	d.ERP, d.Finder, d.Confirmer = erp, erp, erp
	d.Timeout, d.Lease = 300*time.Millisecond, 600*time.Millisecond
	return d.Run(context.Background())
}

// wire is the ERP at an address.
type wire string

func (w wire) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return w.ask(ctx, "deliver", asked(docs))
}

func (w wire) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return w.ask(ctx, "find", asked(docs))
}

func (w wire) Confirm(ctx context.Context, as []erpbridge.Accepted) []erpbridge.Result {
	var qs []question
	for _, a := range as {
		qs = append(qs, question{a.Document, a.Ref, a.Since})
	}
	return w.ask(ctx, "confirm", qs)
}

func asked(docs []erpbridge.Document) (qs []question) {
	for _, d := range docs {
		qs = append(qs, question{Document: d})
	}
	return qs
}

func (w wire) ask(ctx context.Context, what string, qs []question) []erpbridge.Result {
	rs := make([]erpbridge.Result, len(qs))
	as, err := w.post(ctx, what, qs)
	for i := range rs {
		switch {
		case err != nil:
			rs[i].Err = &erpbridge.Error{Kind: erpbridge.InDoubt, Err: err}
		case as[i].Kind != "":
			rs[i].Err = kind(as[i].Kind, 0)
		default:
			rs[i].Receipt = erpbridge.Receipt{Ref: as[i].Ref, Accepted: as[i].Accepted}
		}
	}
	return rs
}

func (w wire) post(ctx context.Context, what string, qs []question) (as []answer, err error) {
	body, err := json.Marshal(qs)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(w)+"/"+what, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	return as, json.NewDecoder(res.Body).Decode(&as)
}

// A killer is a booker at an address that kills who asks it, at the requests it is told.
type killer struct {
	*booker
	t     *testing.T
	mu    sync.Mutex
	count map[string]int
	at    map[string][]int // which requests of a kind; the effect is made, and no answer given
	child *exec.Cmd
	died  chan struct{}
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var qs []question
	if err := json.NewDecoder(r.Body).Decode(&qs); err != nil {
		return // its sender was killed while it wrote
	}
	var docs []erpbridge.Document
	var as []erpbridge.Accepted
	for _, q := range qs {
		docs = append(docs, q.Document)
		as = append(as, erpbridge.Accepted{Document: q.Document, Ref: q.Ref, Since: q.Since})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var rs []erpbridge.Result
	what := r.URL.Path[1:]
	switch what {
	case "deliver":
		rs = k.Deliver(r.Context(), docs)
	case "find":
		rs = k.Find(r.Context(), docs)
	case "confirm":
		rs = k.Confirm(r.Context(), as)
	}
	if k.count[what]++; slices.Contains(k.at[what], k.count[what]) {
		if err := k.child.Process.Kill(); err != nil {
			k.t.Error(err)
		}
		<-k.died
		panic(http.ErrAbortHandler)
	}
	var answers []answer
	for _, r := range rs {
		answers = append(answers, answer{r.Receipt.Ref, r.Receipt.Accepted, erpbridge.KindOf(r.Err)})
	}
	if err := json.NewEncoder(w).Encode(answers); err != nil {
		k.t.Log(err)
	}
}

// start starts a daemon. Killed, it is waited for, and died is closed.
func (k *killer) start(database, address string) (ended chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.child = exec.Command(os.Args[0]) // #nosec G204 -- this very program
	k.child.Env = append(os.Environ(), remoteERP+"="+address, remoteDatabase+"="+database)
	k.child.Stderr = os.Stderr
	if err := k.child.Start(); err != nil {
		k.t.Fatal(err)
	}
	child, died := k.child, make(chan struct{})
	k.died = died
	go func() {
		_ = child.Wait() // it was killed
		close(died)
	}()
	return died
}

// A daemon is killed when the ERP has taken documents and it has not written that down,
// when it looks them up, and while it asks whether they are booked. Each time another
// one goes on.
func TestKilledWhileTheERPAccepts(t *testing.T) {
	s := open(t)
	recordAll(t, s, deltas(8, 3)...)
	k := &killer{
		booker: newBooker(false), t: t, count: map[string]int{},
		at: map[string][]int{"deliver": {1, 5}, "find": {1}, "confirm": {1, 4, 8}},
	}
	erp := httptest.NewServer(k)
	defer erp.Close()
	const kills = 6
	deadline := time.Now().Add(time.Minute)
	n := 0
	for ; column(t, s, `select (count(*) filter (where state = 'pending') = 0)::text from inbox`) != "true"; n++ {
		if n > kills {
			break
		}
		died := k.start(s.url, erp.URL)
		for alive := true; alive && time.Now().Before(deadline); {
			select {
			case <-died:
				alive = false
			case <-time.After(20 * time.Millisecond):
				if column(t, s, `select (count(*) filter (where state = 'pending') = 0)::text from inbox`) == "true" {
					if err := k.child.Process.Kill(); err != nil {
						t.Error(err)
					}
					<-died
					alive = false
				}
			}
		}
	}
	if n != kills+1 {
		t.Errorf("%d daemons, want one after each of %d kills", n, kills)
	}
	wantLedger(t, s, Ledger{Accepted: 24, Delivered: 24})
	if len(k.wrong) > 0 {
		t.Errorf("%d wrongs, such as %s", len(k.wrong), k.wrong[0])
	}
	for stream, got := range k.booked {
		if want := []string{"0-0123456789abcdef", "1-0123456789abcdef", "2-0123456789abcdef"}; !slices.Equal(got, want) {
			t.Errorf("%s: booked %v", stream, got)
		}
	}
	if len(k.booked) != 8 {
		t.Error(fmt.Sprint(len(k.booked), " orders are booked"))
	}
}
