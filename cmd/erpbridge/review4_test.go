package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/outbox"
	polling "github.com/hakooi/erpbridge/poll"
)

// Status says what waits to be fetched from a shop, for how long, and why.
func TestStatusTellsWhatWaitsToBeFetched(t *testing.T) {
	r := statusReport{Status: outbox.Status{Fetching: []outbox.FetchBacklog{
		{Store: "big", Messages: 37, Oldest: 3600, Failed: 4, Cause: "401: the token is wrong\nand more"},
		{Store: "other", Messages: 1, Oldest: 2},
	}}}
	var out bytes.Buffer
	if err := showStatus(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"store big: 37 messages wait to be fetched, the oldest for 1h0m0s; 4 were asked for in vain: 401: the token is wrong",
		"store other: 1 messages wait to be fetched, the oldest for 2s\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// What is missing and changed after --until is not passed over without a word.
func TestBackfillTellsWhatItLeftOut(t *testing.T) {
	var out bytes.Buffer
	if err := showFilled(&out, &options{}, "shop", polling.Backfill{}, polling.Filled{Listed: 3, Later: 2, Done: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "2 more are missing, changed after that, and were left out") {
		t.Error(out.String())
	}
}
