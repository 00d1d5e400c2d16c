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
			o.handler = controlled(system.Handler(), system.Control())
			o.printed = addresses(map[string]string{"order_url": "/orderrequest_in", "partner_url": "/businesspartner_in", "read_back_url": "/odata"})
			o.work = append(o.work, func(ctx context.Context) error {
				return every(ctx, o.every, func() error {
					system.Process()
					_ = system.Send() // what is not taken stays due
					return nil
				})
			})
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	o.flags(f, "address")
	f.DurationVar(&o.every, "every", time.Second, "time between two runs of the job that books")
	f.StringVar(&o.conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&o.conf.Password, "password", "", "the user's password")
	f.StringVar(&o.conf.Recipient, "recipient", "", "the business system it is; empty: any")
	f.StringSliceVar(&o.conf.Materials, "material", nil, "number of a material that exists; none: any")
	f.StringVar(&o.conf.ConfirmURL, "confirm-url", "", "where confirmations are sent; empty: none are")
	f.StringVar(&o.conf.ConfirmUser, "confirm-user", "", "user to send them as")
	f.StringVar(&o.conf.ConfirmPassword, "confirm-password", "", "that user's password")
	f.Uint64Var(&o.conf.Seed, "seed", 1, "seed of all dice")

	faultFlags(f, &o.conf.Faults.SlowBy, []chance{
		{"drop-before", &o.conf.Faults.DropBefore, "the connection is cut and nothing was stored"},
		{"drop-after", &o.conf.Faults.DropAfter, "it is cut after the message was stored"},
		{"generic", &o.conf.Faults.Generic, "the fault is the one that says nothing"},
		{"time-out", &o.conf.Faults.TimeOut, "it is a time-out although the message was stored"},
		{"overload", &o.conf.Faults.Overload, "the answer is 503, come again in a second"},
		{"page", &o.conf.Faults.Page, "it is an HTML page with 500"},
		{"lost", &o.conf.Faults.Lost, "a message is taken and never booked"},
		{"twice", &o.conf.Faults.Twice, "a confirmation comes twice"},
		{"slow", &o.conf.Faults.Slow, "it takes --slow-by longer"},
	})
	return cmd
}
