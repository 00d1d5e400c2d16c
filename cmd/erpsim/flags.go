package main

import (
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// A chance is a flag that says how likely something goes wrong.
type chance struct {
	name string
	into *float64
	what string
}

// faultFlags adds the chances of a simulator, and how long what is slow takes.
func faultFlags(f *pflag.FlagSet, slowBy *time.Duration, chances []chance) {
	for _, c := range chances {
		f.Float64Var(c.into, c.name, 0, "how likely "+c.what)
	}
	f.DurationVar(slowBy, "slow-by", time.Second, "how much longer")
}

// steering is how a simulator with modes is set up.
type steering struct {
	journal string
	modes   []string
}

func (s *steering) flags(f *pflag.FlagSet) {
	f.StringVar(&s.journal, "journal", "", "file that every entry of the journal is added to as a line of JSON")
	f.StringArrayVar(&s.modes, "mode", nil, "a mode in force from the start (JSON)")
}

// controlled is a handler with a control interface below /control, for this machine only.
func controlled(handler, control http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("/control/", mishap.LoopbackOnly(control))
	return mux
}
