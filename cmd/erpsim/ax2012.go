package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
)

// axOptions are the flags of ax2012.
type axOptions struct {
	simulator
	conf    aif.Config
	in, out string // folders of the file system adapter
	every   time.Duration
}

func axCommand() *cobra.Command {
	var o axOptions
	cmd := &cobra.Command{
		Use:   "ax2012",
		Short: "Run a simulated Dynamics AX 2012 company until SIGTERM or SIGINT",
		Long: `Run a simulated Dynamics AX 2012 company until SIGTERM or SIGINT: the sales order
service of its Application Integration Framework, by the HTTP adapter and, with --in
and --out, by the file system adapter too.

    erpsim ax2012 --company USMF --drop-after 0.05 --in /tmp/ax/in --out /tmp/ax/out

When it listens, its addresses are printed as one line of JSON and written to the
ready file: url and control_url. It is steered by its control address, from this
machine only:

    curl $CONTROL/state                     what arrived, what took effect, what went wrong
    curl -d '{"Deadlock":0.2}' $CONTROL/faults`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.in == "") != (o.out == "") {
				return errors.New("--in and --out: the file system adapter needs both folders")
			}
			company := aif.New(o.conf)
			o.handler, o.printed = controlled(company.Handler(), company.Control()), addresses(map[string]string{"url": "/MicrosoftDynamicsAXAif60/SalesOrders/xppservice.svc"})
			if o.in != "" {
				o.work = append(o.work, func(ctx context.Context) error {
					return every(ctx, o.every, func() error { return company.ReadFolder(o.in, o.out) })
				})
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	o.flags(f, "address")
	f.StringVar(&o.in, "in", "", "folder that messages are read from")
	f.StringVar(&o.out, "out", "", "folder that responses are written to")
	f.DurationVar(&o.every, "every", time.Second, "time between two looks into the folder")
	f.StringVar(&o.conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&o.conf.Password, "password", "", "the user's password")
	f.StringVar(&o.conf.Company, "company", "", "the legal entity; empty: any")
	f.StringSliceVar(&o.conf.Items, "item", nil, "number of an item that exists; none: any")
	f.Uint64Var(&o.conf.Seed, "seed", 1, "seed of all dice")

	faultFlags(f, &o.conf.Faults.SlowBy, []chance{
		{"drop-before", &o.conf.Faults.DropBefore, "the connection is cut and nothing was booked"},
		{"drop-after", &o.conf.Faults.DropAfter, "it is cut after the order was booked"},
		{"deadlock", &o.conf.Faults.Deadlock, "the fault is an X++ deadlock"},
		{"restart", &o.conf.Faults.Restart, "the ports are restarting"},
		{"words", &o.conf.Faults.Words, "the fault is but words"},
		{"fault-after", &o.conf.Faults.FaultAfter, "that comes although the order was booked"},
		{"page", &o.conf.Faults.Page, "the answer is an HTML page with 500"},
		{"stuck", &o.conf.Faults.Stuck, "a file is left for the next look"},
		{"slow", &o.conf.Faults.Slow, "it takes --slow-by longer"},
	})
	return cmd
}
