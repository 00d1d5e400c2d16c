package erptest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// keyed takes the same document twice, and answers by a list; found has a look-up too.
type keyed struct {
	answers []erpbridge.Kind // "" delivers; what comes after the last is the last again
	asked   *[]string
}

func (keyed) Translate(erpbridge.Event) ([]erpbridge.Document, error) { return nil, nil }

func (k keyed) Deliver(context.Context, []erpbridge.Document) []erpbridge.Result {
	return k.answer("deliver")
}

func (k keyed) answer(what string) []erpbridge.Result {
	*k.asked = append(*k.asked, what)
	kind := k.answers[min(len(*k.asked), len(k.answers))-1]
	if kind == "" {
		return []erpbridge.Result{{Receipt: erpbridge.Receipt{Ref: "7"}}}
	}
	return []erpbridge.Result{{Err: &erpbridge.Error{Kind: kind, Err: errors.New("no")}}}
}

type found struct{ keyed }

func (f found) Find(context.Context, []erpbridge.Document) []erpbridge.Result {
	return f.answer("find")
}

func TestInsistAsksAsTheOutboxDoes(t *testing.T) {
	for name, c := range map[string]struct {
		answers []erpbridge.Kind
		finds   bool
		asked   string
		refused string
	}{
		"what is in doubt is looked up":              {[]erpbridge.Kind{erpbridge.InDoubt, erpbridge.Transient, ""}, true, "deliver find find", ""},
		"what is not there is sent":                  {[]erpbridge.Kind{erpbridge.InDoubt, erpbridge.Missing, ""}, true, "deliver find deliver", ""},
		"who cannot look sends the same again":       {[]erpbridge.Kind{erpbridge.InDoubt, erpbridge.Throttled, ""}, false, "deliver deliver deliver", ""},
		"what is there already is there":             {[]erpbridge.Kind{erpbridge.Duplicate}, true, "deliver", ""},
		"what is never taken comes back":             {[]erpbridge.Kind{erpbridge.Unknown, erpbridge.Invalid}, true, "deliver deliver", "no"},
		"who is refused stops":                       {[]erpbridge.Kind{erpbridge.Refused}, true, "deliver", "no"},
		"who is never answered ends after a while":   {[]erpbridge.Kind{erpbridge.Transient}, true, strings.TrimSpace(strings.Repeat("deliver ", mostTries)), "there is no end to it"},
		"in doubt for ever is looked up for a while": {[]erpbridge.Kind{erpbridge.InDoubt}, true, strings.TrimSpace("deliver " + strings.Repeat("find ", mostTries-1)), "there is no end to it"},
	} {
		var asked []string
		var erp erpbridge.ERP = keyed{c.answers, &asked}
		if c.finds {
			erp = found{keyed{c.answers, &asked}}
		}
		_, err := Insist(t.Context(), erp, erpbridge.Document{})
		if diff := cmp.Diff(c.asked, strings.Join(asked, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if c.refused == "" && err != nil || c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
