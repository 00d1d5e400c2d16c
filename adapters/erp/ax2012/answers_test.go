package ax2012

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/adapters/erp/filetransfer"
	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
)

// answered asks until AIF's answer is there.
func answered(t *testing.T, e byFile, a erpbridge.Accepted) erpbridge.Result {
	t.Helper()
	var r erpbridge.Result
	erptest.Until(t, "AIF's answer", func() bool {
		r = e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]
		return !r.Receipt.Accepted
	})
	return r
}

// unmoved asks some times for what is to stay as it is. There is nothing to poll for: it
// waits between two questions, longer than the files' settle, because a file that was seen
// for the first time would not be read however wrong its reading were.
func unmoved(t *testing.T, e byFile, a erpbridge.Accepted) {
	t.Helper()
	for range 4 {
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Err != nil || !r.Receipt.Accepted {
			t.Errorf("answered already: %+v", r)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

func putDown(t *testing.T, e byFile, ev erpbridge.Event) erpbridge.Accepted {
	t.Helper()
	d := erptest.One(t, e, ev)
	r := e.Deliver(t.Context(), []erpbridge.Document{d})[0]
	if r.Err != nil || !r.Receipt.Accepted {
		t.Fatalf("%+v", r)
	}
	return erpbridge.Accepted{Document: d, Ref: r.Receipt.Ref, Since: time.Now()}
}

func files(t testing.TB, in, out string) byFile {
	t.Helper()
	return open(t, fmt.Sprintf("files: {dir: %s, acks: {dir: %s, match: '*.xml', settle: 1ms}}\n", in, out)).(byFile)
}

// All states of an order are one message to AIF. What it said to the first is not its
// answer to the second.
func TestAnswerToAnEarlierStateIsNoneToALaterOne(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	sim := aif.New(aif.Config{})
	e := files(t, in, out)
	run := func() {
		if err := sim.ReadFolder(in, out); err != nil {
			t.Fatal(err)
		}
	}
	first := putDown(t, e, erptest.Placed(order("1"), 0))
	run()
	if r := answered(t, e, first); r.Err != nil || r.Receipt.Ref != "SO-100000" {
		t.Fatalf("%+v", r)
	}
	changed := order("1")
	changed.Lines[0].Quantity, changed.Total = erptest.Dec("1"), usd("39.83")
	second := putDown(t, e, erptest.Placed(changed, 1))
	for _, e := range []byFile{e, files(t, in, out)} { // a second one knows only what lies there
		unmoved(t, e, second)
	}
	putDown(t, e, erptest.Placed(changed, 1)) // the same again takes nothing away
	run()
	if r := answered(t, e, second); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "earlier state") {
		t.Errorf("%+v", r)
	}
}

// A response that was caught half written is read when it is whole.
func TestHalfAResponseIsReadWhenItIsWhole(t *testing.T) {
	in, out, aside := t.TempDir(), t.TempDir(), t.TempDir()
	sim := aif.New(aif.Config{})
	e := files(t, in, out)
	a := putDown(t, e, erptest.Placed(order("1"), 0))
	if err := sim.ReadFolder(in, aside); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(aside, "*.xml"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	raw, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	write := func(part []byte) {
		if err := os.WriteFile(filepath.Join(out, "r.xml"), part, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(raw[:len(raw)/2])
	unmoved(t, e, a)
	write(raw)
	if r := answered(t, e, a); r.Receipt.Ref != "SO-100000" {
		t.Errorf("%+v", r)
	}
}

// What was answered and told is put away, so that thousands of responses do not stand
// in the way of the next.
func TestResponsesArePutAway(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	sim := aif.New(aif.Config{})
	e := files(t, in, out)
	now := time.Now()
	e.acks.now = func() time.Time { return now }
	a := putDown(t, e, erptest.Placed(order("1"), 0))
	if err := sim.ReadFolder(in, out); err != nil {
		t.Fatal(err)
	}
	answered(t, e, a)
	for range toldFor/filetransfer.LongestLook + 1 {
		now = now.Add(filetransfer.LongestLook)
		e.Confirm(t.Context(), nil)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 || len(e.acks.read) > 0 {
		t.Errorf("%v, %v, %d in memory", left, err, len(e.acks.read))
	}
}

// What AX quotes of the customer, or of the login, is in no reason; and what it tells
// besides orders is no word that there is none.
func TestReasonsNameNobody(t *testing.T) {
	answer, status := "", 500
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+answer+`</s:Body></s:Envelope>`)
	}))
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	d := []erpbridge.Document{erptest.One(t, e, erptest.Placed(order("1"), 0))}
	answer = `<s:Fault><faultcode>s:Client</faultcode><faultstring>Engines &amp; Co, 1 Loop, ada@example.com does not exist; secret; PEN</faultstring></s:Fault>`
	r := e.Deliver(t.Context(), d)[0]
	if erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "PEN") {
		t.Fatalf("%+v", r)
	}
	for _, bad := range []string{"Engines", "1 Loop", "ada@", "secret"} {
		if strings.Contains(r.Err.Error(), bad) {
			t.Errorf("%s in %v", bad, r.Err)
		}
	}
	status, answer = 200, `<SalesOrderServiceFindResponse xmlns="`+nsServices+`"><Surprise xmlns="urn:x"/></SalesOrderServiceFindResponse>`
	if r := e.Find(t.Context(), d)[0]; erpbridge.KindOf(r.Err) != erpbridge.Unknown {
		t.Errorf("%+v", r)
	}
}

// One order for two companies is two messages to the one AIF they share.
func TestMessageIsOfTheCompany(t *testing.T) {
	one, other := &ERP{conf: Config{Company: "USMF"}}, &ERP{conf: Config{Company: "DEMF"}}
	if one.messageID("SalesOrder/1") == other.messageID("SalesOrder/1") {
		t.Error("the message's id is not of company and order")
	}
}
