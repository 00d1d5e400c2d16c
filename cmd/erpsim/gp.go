package main

import (
	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/gpws"
)

func greatPlainsCommand() *cobra.Command {
	var o simulator
	var conf gpws.Config
	cmd := &cobra.Command{
		Use:   "gp",
		Short: "Run a simulated Dynamics GP company until SIGTERM or SIGINT",
		Long: `Run a simulated Dynamics GP company until SIGTERM or SIGINT: its sales orders, behind
the legacy SOAP endpoint of the web service.

    erpsim gp --user gp --password secret --drop-after 0.05 --fault-after 0.05

When it listens, its addresses are printed as one line of JSON and written to the
ready file: url and control_url. It is steered by its control address, from this
machine only:

    curl $CONTROL/state                     what arrived, what took effect, what went wrong
    curl -d '{"DropAfter":0.2}' $CONTROL/faults`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			company := gpws.New(conf)
			o.handler, o.printed = controlled(company.Handler(), company.Control()), addresses(map[string]string{"url": "/DynamicsGPWebServices/DynamicsGPService.asmx"})
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	o.flags(f, "address")
	f.StringVar(&conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&conf.Password, "password", "", "the user's password")
	f.StringVar(&conf.Company, "company", "", "id of the company; empty: any")
	f.StringSliceVar(&conf.Items, "item", nil, "number of an item that exists; none: any")
	f.StringSliceVar(&conf.Customers, "customer", nil, "number of a customer that exists; none: any")
	f.StringToStringVar(&conf.PriceDecimals, "price-decimals", nil, "decimals a currency is set up with, as KWD=3; 2 for all others")
	f.StringVar(&conf.Quantity, "quantity-decimals", "0", "decimals of quantities")
	f.Uint64Var(&conf.Seed, "seed", 1, "seed of all dice")

	faultFlags(f, &conf.Faults.SlowBy, []chance{
		{"drop-before", &conf.Faults.DropBefore, "the connection is cut and nothing was booked"},
		{"drop-after", &conf.Faults.DropAfter, "it is cut after the order was booked"},
		{"unhandled", &conf.Faults.Unhandled, "the fault is an unhandled system exception"},
		{"fault-after", &conf.Faults.FaultAfter, "that comes although the order was booked"},
		{"deadlock", &conf.Faults.Deadlock, "SQL Server ends the request as a deadlock's victim"},
		{"busy", &conf.Faults.Busy, "the answer is 503, come again in a second"},
		{"page", &conf.Faults.Page, "it is an HTML page with 500"},
		{"slow", &conf.Faults.Slow, "it takes --slow-by longer"},
	})
	return cmd
}
