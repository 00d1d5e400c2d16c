package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// disk plays with a database whose disk is full for a while, twice. Where none can be
// mounted that is left out.
func (h *house) disk(ctx context.Context) (err error) {
	d, err := h.servers.SmallDisk(ctx, 96)
	if errors.Is(err, world.ErrNoDisk) {
		h.say("%-24s left out: %v", "disk", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close(context.WithoutCancel(ctx))) }()
	err = h.do(ctx, scenario{
		name: "disk", plan: recorder.New(h.seedOf("disk"), 500, 1500), rate: 150, conf: world.Config{Batch: 8, Disk: d},
		provoke: func(ctx context.Context, r *run) error {
			for range 2 {
				pause(ctx, time.Second)
				if err := d.Fill(); err != nil {
					return err
				}
				pause(ctx, 3*time.Second)
				if err := d.Free(); err != nil {
					return err
				}
			}
			n, err := r.logged("No space left on device")
			r.fact("%d errors for want of room", n)
			r.enough("errors for want of room", n, 1)
			return err
		},
		lasting: true, send: time.Minute, drain: time.Minute, operator: replayer(3),
	})
	return err
}

// logged counts what the daemons wrote into their logs.
func (r *run) logged(text string) (n int, err error) {
	for _, d := range r.world.Daemons {
		raw, err := os.ReadFile(d.Log)
		if err != nil {
			return n, err
		}
		n += bytes.Count(raw, []byte(text))
	}
	return n, nil
}

// dawdling is an ERP that does what it was asked after it hung up, and whose look-ups
// are behind. The daemons know how long it may take.
func (h *house) dawdling() scenario {
	return scenario{
		name: "dawdling", plan: recorder.New(h.seedOf("dawdling"), 80, 240), rate: 60,
		conf: world.Config{LookupAfter: 1500 * time.Millisecond},
		modes: append(modes(
			world.Mode{Kind: "late-effect", Delay: "600ms", Probability: 0.2, Seed: h.seed, Count: 30},
			world.Mode{Kind: "stale-read", Delay: "500ms", Probability: 0.5, Seed: h.seed + 1, Count: 60}),
			world.Mode{Kind: "effect-then-drop", Probability: 0.1, Seed: h.seed + 2, Count: 10}),
		drain: time.Minute, operator: replayer(3),
	}
}
