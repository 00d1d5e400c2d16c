// Package pipeline turns a raw message into the documents to deliver (Pipes and
// Filters):
//
//	(fetch ─▶) normalize ─▶ validate ─▶ enrich ─▶ route ─▶ translate, once per target
//
// It knows no vendor, and all but the fetching opens no connection. A message leaves it
// in one of four ways, and never in a fifth: accepted with its documents, held because
// a mapping or a decision is missing, buried because nobody can make sense of it, or
// ignored because there is nothing to deliver. One that only points to what changed is
// deferred until a Fetching has asked the shop. A bug in an adapter, a panic
// included, costs the one message, not the daemon.
//
// The Receiver hands what was decided to a Store in one call, and only then lets
// the broker forget the message.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// A Stage is one filter between the canonical ends of the pipeline: it takes an
// event and returns the event that goes on. An error ends the journey there;
// nothing flows on past an error.
type Stage interface {
	Process(ctx context.Context, e erpbridge.Event) (erpbridge.Event, error)
}

// StageFunc makes a Stage of a function.
type StageFunc func(ctx context.Context, e erpbridge.Event) (erpbridge.Event, error)

// Process calls f.
func (f StageFunc) Process(ctx context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	return f(ctx, e)
}

// Normalizer is the half of an erpbridge.Storefront that the pipeline needs.
type Normalizer interface {
	Normalize(m erpbridge.Message) ([]erpbridge.Event, error)
}

// Translator is the half of an erpbridge.ERP that the pipeline needs.
type Translator interface {
	Translate(e erpbridge.Event) ([]erpbridge.Document, error)
}

// A Pipeline is the fixed way of every message: one storefront in front, the
// stages in order, one ERP per target at the end.
type Pipeline struct {
	// Stores and Targets are the neighbours, by their configured names.
	Stores map[string]Normalizer
	// Fetchers are those of the stores whose messages may only point to what changed.
	Fetchers map[string]erpbridge.Fetcher
	Targets  map[string]Translator
	Stages   []Stage
	// Mapping is the fingerprint of the configuration that decides how things are
	// mapped; every decision carries it.
	Mapping string
	// References are the targets' cross-reference tables, if operators change them while
	// the pipeline runs.
	References References
}

// Decide takes m all the way and returns what is to become of it. It never
// fails: what goes wrong is a decision, too. The same message under the same
// mapping comes to the same decision.
func (p *Pipeline) Decide(ctx context.Context, m erpbridge.Message) (d erpbridge.Decision) {
	d = erpbridge.Decision{Message: m, Mapping: p.Mapping}
	defer func() {
		if v := recover(); v != nil {
			d.Verdict, d.Documents = erpbridge.Bury, nil
			d.Cause = &erpbridge.Error{
				Op: "pipeline.Decide", Kind: erpbridge.Invalid, Code: "PANIC",
				Err: fmt.Errorf("the pipeline panicked on this message: %v\n%s", v, debug.Stack()),
			}
		}
	}()
	if f, ok := p.Fetchers[m.Store]; ok && m.Fetched == nil && f.Points(m) {
		d.Verdict = erpbridge.Defer
		return d
	}
	mappingOf, unpin := p.pin()
	defer unpin()
	err := fault.Do("pipeline.decide", func() error { return p.run(ctx, m, &d, mappingOf) })
	if err == nil {
		d.Verdict = erpbridge.Accept
		return d
	}
	d.Cause, d.Documents = err, nil
	switch erpbridge.KindOf(err) {
	case erpbridge.Ignored:
		d.Verdict = erpbridge.Ignore
	case erpbridge.Held, erpbridge.Missing:
		d.Verdict = erpbridge.Hold
	default:
		d.Verdict = erpbridge.Bury
	}
	return d
}

func (p *Pipeline) run(ctx context.Context, m erpbridge.Message, d *erpbridge.Decision, mappingOf func(target string) string) error {
	shop, ok := p.Stores[m.Store]
	if !ok {
		return &erpbridge.Error{
			Op: "pipeline.Decide", Kind: erpbridge.Invalid,
			Err: fmt.Errorf("there is no store %q in the configuration: correct the publisher, or add the store and replay", m.Store),
		}
	}
	events, err := shop.Normalize(m)
	if err != nil {
		return fmt.Errorf("normalizing: %w", err)
	}
	var ignored error
	for _, e := range events {
		docs, err := p.event(ctx, e, d, mappingOf)
		if erpbridge.KindOf(err) == erpbridge.Ignored {
			ignored = errors.Join(ignored, err)
			continue
		}
		if err != nil {
			return err
		}
		d.Documents = append(d.Documents, docs...)
	}
	if len(d.Documents) == 0 {
		if ignored == nil {
			ignored = &erpbridge.Error{Op: "pipeline.Decide", Kind: erpbridge.Ignored, Err: errors.New("the message holds no event")}
		}
		return ignored
	}
	return nil
}

// event takes one event through the stages and translates it for its targets.
func (p *Pipeline) event(ctx context.Context, e erpbridge.Event, d *erpbridge.Decision, mappingOf func(target string) string) ([]erpbridge.Document, error) {
	e.ReceivedAt = d.Message.ReceivedAt
	if d.Message.Fetched != nil {
		// It tells a state of when it was fetched, which may be days later.
		e.ReceivedAt = time.Now()
	}
	if at := settles(d.Message); at.After(e.Version.At) {
		e.Version.At = at
	}
	d.Stream, d.Resource, d.Version = e.Stream, e.Resource, e.Version
	if number := e.Number(); number != "" {
		d.Order = number
	}
	var err error
	for _, s := range p.Stages {
		if e, err = s.Process(ctx, e); err != nil {
			return nil, err
		}
	}
	if len(e.Targets) == 0 {
		// An event nobody wants is a routing mistake until a stage says Ignored; to
		// drop it here would be a silent loss.
		return nil, &erpbridge.Error{
			Op: "pipeline.Decide", Kind: erpbridge.Held,
			Err: fmt.Errorf("no route for %s of store %s: add one under routes", e.Type, e.Store),
		}
	}
	var docs []erpbridge.Document
	var ignored error
	for _, name := range e.Targets {
		erp, ok := p.Targets[name]
		if !ok {
			return nil, &erpbridge.Error{Op: "pipeline.Decide", Kind: erpbridge.Held, Err: fmt.Errorf("no target %q: correct the route, or add the target", name)}
		}
		ds, err := erp.Translate(e)
		if erpbridge.KindOf(err) == erpbridge.Ignored {
			// What one ERP does not want to know, another may.
			ignored = errors.Join(ignored, fmt.Errorf("%s: %w", name, err))
			continue
		}
		if err != nil {
			// Should it be held, it is for this target: another one's tables do not help.
			d.Mapping = mappingOf(name)
			return nil, fmt.Errorf("translating for %s: %w", name, err)
		}
		for i := range ds {
			ds[i].Target, ds[i].Resource, ds[i].Mapping = name, e.Resource, mappingOf(name)
		}
		docs = append(docs, ds...)
	}
	if len(docs) == 0 {
		return nil, ignored
	}
	return docs, nil
}

// settles returns the instant that a polled message is to be dated at, or the zero Time.
// Nobody else may date a message.
func settles(m erpbridge.Message) time.Time {
	if m.Via != erpbridge.ViaPoll {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, m.Header.Get(erpbridge.Settles))
	if err != nil {
		return time.Time{}
	}
	return at
}
