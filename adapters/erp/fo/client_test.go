package fo

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

// What fails before the decisive call can be tried again.
func TestWhatFailsBeforeTheImportIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		call string
		kind dmf.Kind
		want erpbridge.Kind
	}{
		{"headers", dmf.DropBefore, erpbridge.Transient},
		{"headers", dmf.HTML, erpbridge.Transient},
		{"headers", dmf.Forbidden, erpbridge.Refused},
		{"headers", dmf.Throttle, erpbridge.Throttled},
		{"GetExecutionSummaryStatus", dmf.FailAfter, erpbridge.Transient},
		{"GetExecutionSummaryStatus", dmf.Empty, erpbridge.Transient},
		{"GetAzureWriteUrl", dmf.CutAnswer, erpbridge.Transient},
		{"GetAzureWriteUrl", dmf.Busy, erpbridge.Throttled},
		{"GetAzureWriteUrl", dmf.Login, erpbridge.Refused},
		{"upload", dmf.DropAfter, erpbridge.Transient},
		{"upload", dmf.Forbidden, erpbridge.Transient}, // another attempt has another address
		{"upload", dmf.Fail, erpbridge.Transient},
		{"ImportFromPackage", dmf.Throttle, erpbridge.Throttled},
		{"ImportFromPackage", dmf.ExpireTokens, erpbridge.Transient},
		{"token", dmf.Fail, erpbridge.Transient},
		{"token", dmf.Forbidden, erpbridge.Refused},
	} {
		t.Run(c.call+"/"+string(c.kind), func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: c.kind, Match: dmf.Match{Call: "^" + c.call + "$"}, Count: 1, RetryAfter: "7"}}}, "")
			d := document(t, e, placed())
			r := deliver(t, e, d)
			wantKind(t, c.want, r.Err)
			var about *erpbridge.Error
			if c.want == erpbridge.Throttled && (!errors.As(r.Err, &about) || about.After != 7*time.Second) {
				t.Errorf("after %v", about.After)
			}
			if n := sim.Counts(); n.Orders != 0 || n.Followed != 0 {
				t.Errorf("%+v", n)
			}
			if r = deliver(t, e, d); r.Err != nil { // a new token where that was the matter
				t.Errorf("the next attempt: %v", r.Err)
			}
		})
	}
}

// A token that never was any good is for a person; one that has ended is not.
func TestTokenThatEndedIsRenewedOneThatNeverWasGoodIsNot(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	sim.ExpireTokens()
	wantKind(t, erpbridge.Transient, e.Probe(t.Context()))
	if err := e.Probe(t.Context()); err != nil {
		t.Errorf("with a new token: %v", err)
	}
	if n := sim.Counts(); n.Tokens != 2 || n.Refused != 1 {
		t.Errorf("%+v", n)
	}
	_, wrong := environment(t, dmf.Config{}, "")
	wrong.conf.Auth.OAuth2.ClientSecret = "wrong"
	c, err := newClient(&wrong.conf)
	if err != nil {
		t.Fatal(err)
	}
	wrong.client = c
	wantKind(t, erpbridge.Refused, wrong.Probe(t.Context()))
	c.close()
}

// The calls take turns however many there are at once.
func TestCallsTakeTurns(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if r := e.Deliver(t.Context(), []erpbridge.Document{document(t, e, long(string(rune('A'+i))+"1", 2))})[0]; r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	wg.Wait()
	sim.Settle()
	if c := sim.Counts(); c.Parallel != 0 || c.Orders != 12 {
		t.Errorf("%+v", c)
	}
	// Waiting for a turn ends with the context.
	e.turn <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := e.Deliver(ctx, []erpbridge.Document{document(t, e, placed())})[0]
	wantKind(t, erpbridge.Transient, r.Err)
	<-e.turn
}

// Where another daemon calls at the same moment, the call that failed is tried again.
func TestCallBesideAnotherDaemonIsTriedAgain(t *testing.T) {
	sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{
		Kind: dmf.Fail, Match: dmf.Match{Call: "ImportFromPackage"}, Count: 1,
		Message: "Exception occurred while executing action ImportFromPackage: the action must not be called in parallel.",
	}}}, "")
	d := document(t, e, placed())
	wantKind(t, erpbridge.Transient, deliver(t, e, d).Err)
	if r := booked(t, e, d); r.Err != nil {
		t.Error(r.Err)
	}
	if sim.Counts().Orders != 1 {
		t.Errorf("%+v", sim.Counts())
	}
}

// Storage addresses are passwords: no error shows one.
func TestNoSignatureIsTold(t *testing.T) {
	c := &client{}
	for _, text := range []string{
		"cannot write to https://x.blob.core.windows.net/dmf/1?sv=2014-02-14&sig=mQfCD7rNs7tVIm%3D&se=2020",
		`{"url":"https://x/dmf/1?sig=mQfCD7rNs7tVIm"}`,
	} {
		if got := c.reason(text); strings.Contains(got, "mQfCD7") {
			t.Errorf("%s", got)
		}
	}
	if _, err := storageURL("http://x.blob.core.windows.net/dmf/1?sig=a", true); err == nil {
		t.Error("a package would be written over http")
	}
	if got, err := storageURL("http://x.blob.core.windows.net/dmf/1?sig=a", false); err != nil || !strings.HasPrefix(got, "https://") {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "file:///etc/passwd", "https://", "https://u:p@x/", "ftp://x/", "://"} {
		if _, err := storageURL(bad, false); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// Answers over several pages, and pages that are elsewhere.
func TestAnswersOverSeveralPagesAreRead(t *testing.T) {
	_, e := environment(t, dmf.Config{PageSize: 3}, "")
	if r := booked(t, e, document(t, e, long("6001", 10))); r.Err != nil || r.Receipt.Ref != "W6001" {
		t.Errorf("%+v", r)
	}
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"value":[],"@odata.nextLink":"https://elsewhere.example/data/SalesOrderHeadersV2?$skiptoken=1"}`))
	})
	far := open(t, "url: "+url+"\n"+authFor(tokenServer(t)))
	wantKind(t, erpbridge.Transient, far.Find(t.Context(), []erpbridge.Document{document(t, far, placed())})[0].Err)
	if len(asked) != 1 {
		t.Errorf("asked %v", asked)
	}
}
