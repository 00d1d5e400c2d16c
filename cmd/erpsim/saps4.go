package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/saps4"
)

// s4Options are the flags of sap-s4.
type s4Options struct {
	simulator
	conf  saps4.Config
	every time.Duration
}

func s4Command() *cobra.Command {
	var o s4Options
	cmd := &cobra.Command{
		Use:   "sap-s4",
		Short: "Run a simulated SAP S/4HANA until SIGTERM or SIGINT",
		Long: `Run a simulated SAP S/4HANA until SIGTERM or SIGINT: the asynchronous SOAP services
for orders and business partners, and the OData service that reads orders back.

    erpsim sap-s4 --confirm-url http://127.0.0.1:8080/confirmations/s4 --confirm-user s4 \
        --confirm-password secret --drop-after 0.05

What it takes it books a moment later, and then sends a confirmation, if --confirm-url
says where to.

When it listens, its addresses are printed as one line of JSON and written to the
ready file: order_url, partner_url, read_back_url and control_url. It is steered by its
control address, from this machine only:

    curl $CONTROL/state                     what arrived, what took effect, what went wrong
    curl -d '{"Lost":0.2}' $CONTROL/faults`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			system := saps4.New(o.conf)
			o.handler, o.control = system.Handler(), system.Control()
			o.names = map[string]string{"order_url": "/orderrequest_in", "partner_url": "/businesspartner_in", "read_back_url": "/odata"}
			o.work = func(ctx context.Context) error {
				return every(ctx, o.every, func() error {
					system.Process()
					_ = system.Send() // what is not taken stays due
					return nil
				})
			}
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "address")
	f.StringVar(&o.readyFile, "ready-file", "", "file to write the addresses to once listening")
	f.DurationVar(&o.every, "every", time.Second, "time between two runs of the job that books")
	f.StringVar(&o.conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&o.conf.Password, "password", "", "the user's password")
	f.StringVar(&o.conf.Recipient, "recipient", "", "the business system it is; empty: any")
	f.StringSliceVar(&o.conf.Materials, "material", nil, "number of a material that exists; none: any")
	f.StringVar(&o.conf.ConfirmURL, "confirm-url", "", "where confirmations are sent; empty: none are")
	f.StringVar(&o.conf.ConfirmUser, "confirm-user", "", "user to send them as")
	f.StringVar(&o.conf.ConfirmPassword, "confirm-password", "", "that user's password")
	f.Uint64Var(&o.conf.Seed, "seed", 1, "seed of all dice")

	f.Float64Var(&o.conf.Faults.DropBefore, "drop-before", 0, "how likely the connection is cut and nothing was stored")
	f.Float64Var(&o.conf.Faults.DropAfter, "drop-after", 0, "how likely it is cut after the message was stored")
	f.Float64Var(&o.conf.Faults.Generic, "generic", 0, "how likely the fault is the one that says nothing")
	f.Float64Var(&o.conf.Faults.TimeOut, "time-out", 0, "how likely it is a time-out although the message was stored")
	f.Float64Var(&o.conf.Faults.Overload, "overload", 0, "how likely the answer is 503, come again in a second")
	f.Float64Var(&o.conf.Faults.Page, "page", 0, "how likely it is an HTML page with 500")
	f.Float64Var(&o.conf.Faults.Lost, "lost", 0, "how likely a message is taken and never booked")
	f.Float64Var(&o.conf.Faults.Twice, "twice", 0, "how likely a confirmation comes twice")
	f.Float64Var(&o.conf.Faults.Slow, "slow", 0, "how likely it takes --slow-by longer")
	f.DurationVar(&o.conf.Faults.SlowBy, "slow-by", time.Second, "how much longer")
	return cmd
}
