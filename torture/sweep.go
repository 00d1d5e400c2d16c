package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// actions are what is done at each point. The pause is of two leases.
var actions = []string{"crash", "error", "cut", "pause:4s"}

func newSweep(o *options) *cobra.Command {
	var sw sweep
	c := &cobra.Command{
		Use: "sweep", Short: "Break every point of the source in every way", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			return errors.Join(h.keep(parameters{Command: "sweep"}), sw.run(ctx, h))
		}),
	}
	f := c.Flags()
	f.StringVar(&sw.source, "source", ".", "the source, which names the points")
	f.IntVar(&sw.parallel, "parallel", 6, "worlds at once")
	f.StringSliceVar(&sw.only, "point", nil, "only these points")
	f.StringSliceVar(&sw.actions, "action", actions, "only these actions")
	return c
}

// A sweep breaks each point once in each way, in a world of its own each time:
//
//	for each point, for each action: world up ──▶ a little of everything ──▶ rest ──▶ judged
//
// It fails if the daemons never came to a point: what is not reached is not tested.
type sweep struct {
	source   string
	parallel int
	only     []string
	actions  []string

	mu      sync.Mutex
	reached map[string]bool
	unfired []string
}

func (sw *sweep) run(ctx context.Context, h *house) error {
	points, err := pointsIn(sw.source)
	if err != nil {
		return err
	}
	if sw.only != nil {
		points = sw.only
	}
	sw.reached = map[string]bool{}
	type job struct{ point, action string }
	jobs := make(chan job)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var errs []error
	began, runs := time.Now(), 0
	for range sw.parallel {
		wg.Go(func() {
			for j := range jobs {
				v, err := sw.one(ctx, h, j.point, j.action)
				sw.mu.Lock()
				runs++
				if err != nil {
					errs = append(errs, fmt.Errorf("%s=%s: %w", j.point, j.action, err))
				} else {
					h.total.add(j.point+"="+j.action, v)
				}
				sw.mu.Unlock()
				if err != nil && ctx.Err() == nil {
					h.say("%s=%s: %v", j.point, j.action, err)
				}
			}
		})
	}
	for _, p := range points {
		for _, a := range sw.actions {
			select {
			case jobs <- job{p, a}:
			case <-ctx.Done():
			}
		}
	}
	close(jobs)
	wg.Wait()
	for _, p := range points {
		if !sw.reached[p] {
			h.total.violate("the sweep never reached %s", p)
		}
	}
	for _, u := range sw.unfired {
		h.total.violate("the sweep did not break %s: it was not reached in that run", u)
	}
	h.say("%-24s %d points, %d runs in %.0f s; %d reached", "sweep", len(points), runs, time.Since(began).Seconds(), len(sw.reached))
	return errors.Join(errs...)
}

// one is one fault in one world.
func (sw *sweep) one(ctx context.Context, h *house, point, action string) (verdict, error) {
	name := "sweep-" + strings.NewReplacer(".", "-", ":", "-").Replace(point+"="+action)
	s := h.everything(name)
	ledger := filepath.Join(h.results, name+".ledger")
	if err := errors.Join(os.RemoveAll(ledger), os.MkdirAll(ledger, 0o750)); err != nil {
		return verdict{}, err
	}
	s.env = []string{"ERPBRIDGE_FAULTS=" + point + "=" + action, "ERPBRIDGE_FAULT_LEDGER=" + ledger}
	v, err := h.play(ctx, s)
	if err != nil {
		return v, err
	}
	files, err := os.ReadDir(ledger)
	if err != nil {
		return v, err
	}
	word, _, _ := strings.Cut(action, ":")
	sw.mu.Lock()
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".fired") {
			sw.reached[f.Name()] = true
		}
	}
	fired := slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == point+"."+word+".fired" })
	if !fired {
		sw.unfired = append(sw.unfired, point+"="+action)
	}
	sw.mu.Unlock()
	if len(v.Violations) > 0 || os.Getenv("TORTURE_KEEP") != "" {
		h.say("%-40s %s", point+"="+action, v)
		for _, line := range v.Violations[:min(3, len(v.Violations))] {
			h.say("%-40s   %s", "", line)
		}
	}
	return v, errors.Join(os.RemoveAll(ledger), h.settleEvidence(name, v))
}

// everything is a little of everything a daemon meets: events through both doors,
// twice and late; an answer of the ERP that was lost, a request it throttles, an order
// it rejects, which an operator replays, and one it never takes, which he discards; a
// body that is none; a broker that is away for a moment; a pause by command; a stop.
func (h *house) everything(name string) scenario {
	plan := recorder.New(h.seedOf(name), 16, 40)
	plan.Poison, plan.Partner = 1, 0.2
	return scenario{
		name: name, plan: plan, rate: 60, lasting: true, provoke: everything,
		send: 40 * time.Second, drain: 45 * time.Second, operator: replayer(1),
	}
}

func everything(ctx context.Context, r *run) error {
	w := r.world
	for _, m := range []world.Mode{
		{Kind: "effect-then-drop", Count: 2, Match: world.Match{RecordType: "salesOrder"}},
		{Kind: "drop-before-effect", Count: 1},
		{Kind: "throttle", Count: 1, Match: world.Match{Operation: "upsert"}},
		{Kind: "reject", Count: 1, Code: "INVALID_KEY_OR_REF", Message: "Invalid reference key.", Match: world.Match{RecordType: "customerDeposit"}},
	} {
		if err := w.ERP.AddMode(ctx, m); err != nil {
			return err
		}
	}
	pause(ctx, 100*time.Millisecond)
	garbage(ctx, r)
	if err := errors.Join(w.GiveUp(r.world.Name()+"-given-up"), w.Poison()); err != nil {
		return err
	}
	// The broker's ways are gone for a moment: it has what it confirmed, and not more.
	if err := w.Unbind(ctx); err != nil {
		return err
	}
	pause(ctx, 150*time.Millisecond)
	// The broker is away for longer than a storefront may be kept waiting, and the mail
	// server too.
	if err := w.ERP.SetMails(ctx, world.MailsDown); err != nil {
		return err
	}
	for _, d := range w.Daemons {
		d.Broker.Block()
		d.Broker.Reset()
	}
	pause(ctx, 1200*time.Millisecond)
	for _, d := range w.Daemons {
		d.Broker.Unblock()
	}
	first := w.Daemons[0]
	// The operator's commands meet the same fault as the daemons.
	w.SetCommandEnv(r.env...)
	for _, args := range [][]string{
		{"target", "pause", "netsuite", "--reason", "a look at it"}, {"target", "resume", "netsuite"},
	} {
		r.insist(ctx, args...)
	}
	select {
	case <-r.sent:
	case <-ctx.Done():
	}
	if err := w.ERP.SetMails(context.WithoutCancel(ctx), world.MailsAccepted); err != nil {
		return err
	}
	return first.Term()
}

// insist runs a command as an operator does: again, if it broke.
func (r *run) insist(ctx context.Context, args ...string) {
	for range 2 {
		if _, err := r.world.Operate(ctx, args...); err != nil {
			r.note("operator: %v", err)
			continue
		}
		return
	}
}

// garbage sends a body that is no JSON, signed as it has to be, until it is taken.
func garbage(ctx context.Context, r *run) {
	body := []byte(`{"id": 9999999, "name": "#9999999", "line_items": [`)
	mac := hmac.New(sha256.New, []byte(r.world.Secret))
	mac.Write(body)
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for n := range 20 {
		d := r.world.Daemons[n%len(r.world.Daemons)]
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.WebhookURL(), bytes.NewReader(body))
		if err != nil {
			return
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": world.Shop,
			"X-Shopify-Webhook-Id": "garbage-1", "X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		} {
			req.Header.Set(name, value)
		}
		if res, err := client.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		pause(ctx, 100*time.Millisecond)
	}
}
