package pipeline

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

type normalize func(erpbridge.Message) ([]erpbridge.Event, error)

func (f normalize) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) { return f(m) }

type translate func(erpbridge.Event) ([]erpbridge.Document, error)

func (f translate) Translate(e erpbridge.Event) ([]erpbridge.Document, error) { return f(e) }

// comesTo is a storefront whose every message comes to the same.
func comesTo(err error, events ...erpbridge.Event) normalize {
	return func(erpbridge.Message) ([]erpbridge.Event, error) { return events, err }
}

// renders is an ERP that makes one document of every event.
func renders(e erpbridge.Event) ([]erpbridge.Document, error) {
	return []erpbridge.Document{{Key: e.Stream, Kind: "SalesOrder"}}, nil
}

func ofKind(k erpbridge.Kind) error { return &erpbridge.Error{Kind: k, Err: errors.New("because")} }

func event(stream string, targets ...string) erpbridge.Event {
	return erpbridge.Event{Store: "shop", Type: erpbridge.OrderPlaced, Stream: stream, Targets: targets}
}

func TestDecide(t *testing.T) {
	fails := func(err error) translate {
		return func(erpbridge.Event) ([]erpbridge.Document, error) { return nil, err }
	}
	first := func(err error) translate { // fails for the stream "a" alone
		return func(e erpbridge.Event) ([]erpbridge.Document, error) {
			if e.Stream == "a" {
				return nil, err
			}
			return renders(e)
		}
	}
	ab := []erpbridge.Event{event("a", "erp"), event("b", "erp")}
	for _, c := range []struct {
		name    string
		shop    normalize
		erp     translate
		verdict erpbridge.Verdict
		keys    []string
		cause   string
	}{
		{"one event", comesTo(nil, ab[0]), renders, erpbridge.Accept, []string{"a"}, ""},
		{"several events keep their order", comesTo(nil, ab...), renders, erpbridge.Accept, []string{"a", "b"}, ""},
		{"one event ignored, the other not", comesTo(nil, ab...), first(ofKind(erpbridge.Ignored)), erpbridge.Accept, []string{"b"}, ""},
		{"one event held holds all", comesTo(nil, ab[1], ab[0]), first(ofKind(erpbridge.Held)), erpbridge.Hold, nil, "translating for erp"},
		{"all ignored", comesTo(nil, ab...), fails(ofKind(erpbridge.Ignored)), erpbridge.Ignore, nil, "because"},
		{"no event", comesTo(nil), renders, erpbridge.Ignore, nil, "holds no event"},
		{"storefront ignores", comesTo(ofKind(erpbridge.Ignored)), renders, erpbridge.Ignore, nil, "normalizing"},
		{"storefront: invalid", comesTo(ofKind(erpbridge.Invalid)), renders, erpbridge.Bury, nil, "normalizing"},
		{"missing", comesTo(nil, ab[0]), fails(ofKind(erpbridge.Missing)), erpbridge.Hold, nil, "because"},
		{"refused", comesTo(nil, ab[0]), fails(ofKind(erpbridge.Refused)), erpbridge.Bury, nil, "because"},
		{"transient", comesTo(nil, ab[0]), fails(ofKind(erpbridge.Transient)), erpbridge.Bury, nil, "because"},
		{"unclassified", comesTo(nil, ab[0]), fails(errors.New("odd")), erpbridge.Bury, nil, "odd"},
		{"no route", comesTo(nil, event("a")), renders, erpbridge.Hold, nil, "no route for order.placed of store shop"},
		{"no such target", comesTo(nil, event("a", "elsewhere")), renders, erpbridge.Hold, nil, `no target "elsewhere"`},
		{"no documents", comesTo(nil, ab[0]), fails(nil), erpbridge.Ignore, nil, "holds no event"},
		{"storefront panics", func(erpbridge.Message) ([]erpbridge.Event, error) { panic("bug") }, renders, erpbridge.Bury, nil, "PANIC"},
		{"ERP panics after a document", comesTo(nil, ab[1], ab[0]), func(e erpbridge.Event) ([]erpbridge.Document, error) {
			if e.Stream == "a" {
				panic("bug")
			}
			return renders(e)
		}, erpbridge.Bury, nil, "PANIC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Pipeline{Stores: map[string]Normalizer{"shop": c.shop}, Targets: map[string]Translator{"erp": c.erp}, Mapping: "m1"}
			d := p.Decide(t.Context(), erpbridge.Message{ID: "1", Store: "shop"})
			if d.Verdict != c.verdict || d.Mapping != "m1" || d.Message.ID != "1" {
				t.Errorf("verdict %s under %q of message %q, want %s under m1 of 1; cause: %v", d.Verdict, d.Mapping, d.Message.ID, c.verdict, d.Cause)
			}
			var keys []string
			for _, doc := range d.Documents {
				keys = append(keys, doc.Key)
				if doc.Target != "erp" || doc.Mapping != "m1" {
					t.Errorf("document for %q under %q", doc.Target, doc.Mapping)
				}
			}
			if diff := cmp.Diff(c.keys, keys); diff != "" {
				t.Error(diff)
			}
			switch {
			case c.cause == "" && d.Cause != nil:
				t.Errorf("accepted, with the cause %v", d.Cause)
			case c.cause != "" && (d.Cause == nil || !strings.Contains(d.Cause.Error(), c.cause)):
				t.Errorf("the cause is %v, want %q in it", d.Cause, c.cause)
			}
		})
	}
}

func TestDecideBuriesWhatIsOfNoStore(t *testing.T) {
	d := (&Pipeline{}).Decide(t.Context(), erpbridge.Message{Store: "elsewhere"})
	if d.Verdict != erpbridge.Bury || !strings.Contains(d.Cause.Error(), `no store "elsewhere"`) {
		t.Errorf("%s: %v", d.Verdict, d.Cause)
	}
}

func TestDecideStopsAtAnError(t *testing.T) {
	p := &Pipeline{
		Stores: map[string]Normalizer{"shop": comesTo(nil, event("a", "erp"))},
		Stages: []Stage{
			StageFunc(func(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) { return e, ofKind(erpbridge.Held) }),
			StageFunc(func(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
				t.Error("a stage after the error ran")
				return e, nil
			}),
		},
	}
	if d := p.Decide(t.Context(), erpbridge.Message{Store: "shop"}); d.Verdict != erpbridge.Hold || d.Stream != "a" {
		t.Errorf("%s of stream %q", d.Verdict, d.Stream)
	}
}

// A poll dates what it says at the instant that makes it the last word; nobody else
// dates a message, and nothing is dated back.
func TestDecideSettles(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 5, 0, time.UTC)
	shop := normalize(func(erpbridge.Message) ([]erpbridge.Event, error) {
		e := event("1", "erp")
		e.Version.At = at
		return []erpbridge.Event{e}, nil
	})
	p := &Pipeline{Stores: map[string]Normalizer{"shop": shop}, Targets: map[string]Translator{"erp": translate(renders)}}
	for _, c := range []struct {
		via    erpbridge.Via
		header string
		want   time.Time
	}{
		{erpbridge.ViaPoll, "2026-03-01T10:00:05.000001Z", at.Add(time.Microsecond)},
		{erpbridge.ViaPoll, "2026-03-01T10:00:04Z", at},
		{erpbridge.ViaPoll, "soon", at},
		{erpbridge.ViaPoll, "", at},
		{erpbridge.ViaWebhook, "2026-03-01T10:00:06Z", at},
		{erpbridge.ViaPartner, "2026-03-01T10:00:06Z", at},
	} {
		m := erpbridge.Message{Store: "shop", Via: c.via, Header: http.Header{}}
		m.Header.Set(erpbridge.Settles, c.header)
		if d := p.Decide(t.Context(), m); d.Verdict != erpbridge.Accept || !d.Version.At.Equal(c.want) {
			t.Errorf("%s, %q: %s, dated %s, want %s", c.via, c.header, d.Verdict, d.Version.At, c.want)
		}
	}
}
