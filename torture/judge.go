package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hakooi/erpbridge/torture/check"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// judge collects the evidence, has the checker look at it, and adds what the run saw
// itself.
func (r *run) judge(ctx context.Context) (verdict, error) {
	var v verdict
	final, err := r.final(ctx)
	if err != nil {
		return v, err
	}
	cuts := 0
	for _, n := range r.world.Cuts() {
		cuts += n
	}
	if v.Summary, err = r.check(final, cuts); err != nil {
		return v, err
	}
	v.Violations = append(v.Violations, r.wrongs...)
	v.facts = fmt.Sprintf("%d tries, p99 %d ms, %d effects, at most %d at once, drained in %.1f s",
		r.report.Tries, r.report.P99.Milliseconds(), v.Effects, v.MaxConcurrency, r.lasted.Seconds())
	if v.DeadLetters > 0 {
		v.facts += fmt.Sprintf(", %d dead letters in %d mails", v.DeadLetters, v.Mails)
	}
	if v.Waived > 0 {
		v.facts += fmt.Sprintf(", %d over a limit while it was waived", v.Waived)
	}
	for _, fact := range r.facts {
		v.facts += ", " + fact
	}
	if r.nemesis != nil {
		v.facts += fmt.Sprintf(", %v", r.nemesis.Done())
	}
	return v, nil
}

// final asks the operator's commands and the mail server how things stand.
func (r *run) final(ctx context.Context) (check.Final, error) {
	f := check.Final{Drained: r.lasted.Seconds(), DrainLimit: r.drainLimit().Seconds(), Looks: r.ledgers}
	status, err := r.world.Status(ctx)
	if err != nil {
		return f, err
	}
	letters, err := r.world.DeadLetters(ctx, true)
	if err != nil {
		return f, err
	}
	mails, err := r.world.ERP.Received(ctx)
	if err != nil {
		return f, err
	}
	backlog, err := r.world.Look(ctx)
	if err != nil {
		return f, err
	}
	f.Leased = backlog.Leased
	err = errors.Join(json.Unmarshal(status, &f.Status), json.Unmarshal(letters, &f.DeadLetters), json.Unmarshal(mails, &f.Mails))
	if err != nil {
		return f, fmt.Errorf("reading how things stand: %w", err)
	}
	for i := range f.Mails {
		f.Mails[i].MessageID = r.world.ERP.MessageID(f.Mails[i].ReceivedAt)
	}
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return f, err
	}
	return f, os.WriteFile(filepath.Join(r.dir, "final.json"), raw, 0o600)
}

// check has the checker compare the journals of both ends.
func (r *run) check(final check.Final, cuts int) (check.Summary, error) {
	sender, err := os.Open(r.journalFile())
	if err != nil {
		return check.Summary{}, err
	}
	defer func() { _ = sender.Close() }()
	erp, err := os.Open(r.world.ERP.Journal)
	if err != nil {
		return check.Summary{}, err
	}
	defer func() { _ = erp.Close() }()
	limits := r.world.Conf().Limits
	waived, err := r.unlimited()
	if err != nil {
		return check.Summary{}, err
	}
	return check.Check(check.Input{
		Seed: r.plan.Seed, Kills: r.kills(), Cuts: cuts, Sender: sender, ERP: erp, Final: final,
		Account: check.Account{
			Store: "shop", Currencies: map[string]string{"USD": world.Currency},
			Items: map[string]string{"": world.Item, recorder.PoisonSKU: world.NoItem},
		},
		Limits: check.Limits{Concurrency: limits.Concurrency, PerSecond: r.perSecond(limits), MailsPerHour: r.mailsPerHour, Waived: waived},
	})
}

// perSecond is how many requests the ERP may get in any one second. The daemons keep
// to rate + 2 where they send; on the way one more may catch up.
func (r *run) perSecond(l world.Limits) int {
	if l.Rate == 0 {
		return 0
	}
	return l.Rate + 3
}
