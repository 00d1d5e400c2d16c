package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/torture/recorder"
)

func newSmoke(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "smoke", Short: "Break nothing: 200 orders through two daemons", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			err := h.do(ctx, h.smoke())
			return errors.Join(h.keep(parameters{Command: "smoke"}), err)
		}),
	}
}

// smoke is a day on which nothing happens.
func (h *house) smoke() scenario {
	return scenario{name: "smoke", plan: recorder.New(h.seedOf("smoke"), 200, 600)}
}
