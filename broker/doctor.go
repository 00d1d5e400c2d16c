package broker

import (
	"context"
	"errors"
	"maps"
	"time"

	"go.uber.org/zap"
)

// A Doctor looks at the broker before the daemon uses it, and again and again while
// it does.
type Doctor struct {
	// Alerts is told of each grave finding once, until it is over; nil: nobody is. It
	// is set before Run.
	Alerts Alerter

	topology *Topology
	log      *zap.Logger
	known    map[string]Finding // the grave findings of the last look, by what they say
}

// NewDoctor returns a Doctor for the topology that cfg names.
func NewDoctor(cfg Config, log *zap.Logger) (*Doctor, error) {
	t, err := NewTopology(cfg)
	if err != nil {
		return nil, err
	}
	return &Doctor{topology: t, log: log, known: make(map[string]Finding)}, nil
}

// Admit looks at the broker and returns an error if messages could be lost with it as
// it is. A broker that is away, or lacks what is declared when it is used, is no
// error: that passes. So it declares first what is missing.
func (d *Doctor) Admit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, admission)
	defer cancel()
	var refusals []error
	found, _ := d.look(ctx)
	for _, f := range found {
		if f.Refuse {
			refusals = append(refusals, errors.New("the broker is refused: "+f.String()))
		}
	}
	return errors.Join(refusals...)
}

// admission is how long the start waits for the broker's answers.
const admission = 4 * time.Second

// between is how long the doctor leaves the broker alone. It bounds how long a
// binding may be missing that only partners' messages go by, because nobody tells us
// of those that come back.
const between = time.Minute

// Run looks at the broker every minute until ctx ends. It mends what can be mended,
// logs what is new and what is over, and has somebody told of what is grave.
func (d *Doctor) Run(ctx context.Context) error {
	t := time.NewTicker(between)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		for _, f := range d.once(ctx) {
			insist(ctx, d.log, d.Alerts, AlertUnsafe, f.String())
		}
	}
}

// once looks at the broker, and returns what somebody is to be told of.
func (d *Doctor) once(ctx context.Context) []Finding {
	_, fresh := d.look(ctx)
	if d.Alerts == nil {
		return nil
	}
	var tell []Finding
	for _, f := range fresh {
		if f.Refuse { // what passes by itself has its own alerts, or needs none
			tell = append(tell, f)
		}
	}
	return tell
}

// look returns what is found, and what of it is grave and new.
func (d *Doctor) look(ctx context.Context) (found, fresh []Finding) {
	if !d.topology.cfg.Passive {
		if err := d.topology.Declare(ctx); err != nil && ctx.Err() == nil {
			d.log.Debug("declaring the topology", zap.Error(err)) // the check will say why
		}
	}
	found = d.topology.Check(ctx)
	if ctx.Err() != nil {
		return nil, nil
	}
	grave, wrong := make(map[string]Finding), make(map[string]bool)
	if len(found) > 0 && found[0].Subject == unreachable {
		maps.Copy(grave, d.known) // nothing was looked at
	}
	for _, f := range found {
		if !f.Grave {
			continue
		}
		// By all it says: one policy can do several things, each to both queues.
		says := f.Subject + ": " + f.Detail
		grave[says] = f
		if _, ok := d.known[says]; !ok {
			d.log.Warn("something is wrong with the broker", zap.String("subject", f.Subject), zap.String("detail", f.Detail), zap.String("remedy", f.Remedy))
			fresh = append(fresh, f)
		}
	}
	for _, f := range grave {
		wrong[f.Subject] = true
	}
	for _, f := range d.known {
		if !wrong[f.Subject] {
			d.log.Info("no longer wrong with the broker", zap.String("subject", f.Subject))
			wrong[f.Subject] = true // once
		}
	}
	d.known = grave
	return found, fresh
}
