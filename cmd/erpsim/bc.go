package main

import (
	"context"
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

// centralOptions are the flags of bc.
type centralOptions struct {
	simulator
	steering
	conf navws.Config
}

func centralCommand() *cobra.Command {
	var o centralOptions
	cmd := &cobra.Command{
		Use:   "bc",
		Short: "Run a simulated Business Central company until SIGTERM or SIGINT",
		Long: `Run a simulated Business Central company until SIGTERM or SIGINT: the page web
services SalesOrder, SalesCreditMemo, Customer and PostedSalesInvoice.

When it listens, its addresses are printed as one line of JSON and written to the
ready file: url (up to /WS), token_url and control_url. Modes are JSON, such as

    --mode '{"kind": "effect-then-drop", "count": 3}'
    --mode '{"kind": "header-only", "match": {"reference": "SHOP-17"}}'
    --mode '{"kind": "locked", "probability": 0.1, "seed": 7}'

It is steered by its control address, from this machine only:

    curl      $CONTROL/state
    curl      $CONTROL/records?page=SalesOrder
    curl      $CONTROL/journal          what happened, an entry a line
    curl -d   '{"kind":"throttle","count":2}' $CONTROL/modes
    curl -d '' $CONTROL/post?no=S-ORD000001     the order is invoiced and leaves its page
    curl -d '' $CONTROL/fields?hide=Ship_to_County
    curl -d '' $CONTROL/reset`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.serve(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	o.simulator.flags(f, "address")
	o.steering.flags(f)
	f.StringVar(&o.conf.Company, "company", "CRONUS", "name of the company")
	f.StringVar(&o.conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&o.conf.Password, "password", "", "the user's web service access key")
	f.StringVar(&o.conf.ClientID, "client-id", "", "client id of the application that may have tokens; tokens are then demanded")
	f.StringVar(&o.conf.ClientSecret, "client-secret", "", "its secret")
	f.DurationVar(&o.conf.TokenLife, "token-life", time.Hour, "how long a token is good")
	f.StringVar(&o.conf.Language, "language", "en-US", "language of the faults: en-US, de-DE, fr-FR, it-IT or es-ES")
	f.StringVar(&o.conf.LocalCurrency, "local-currency", "EUR", "currency of the ledger")
	f.StringSliceVar(&o.conf.Customers, "customer", nil, "number of a customer that exists; none: any")
	f.StringSliceVar(&o.conf.Items, "item", nil, "number of an item that exists; none: any")
	f.StringSliceVar(&o.conf.Accounts, "account", nil, "number of a ledger account that exists; none: any")
	f.StringSliceVar(&o.conf.HiddenFields, "hide", nil, "field that the order's page does not show")
	f.BoolVar(&o.conf.ListsWithoutLines, "lists-without-lines", false, "what ReadMultiple returns has no lines")
	f.IntVar(&o.conf.Concurrency, "concurrency", 0, "requests at once; others get HTTP 429; 0: any number")
	return cmd
}

func (o *centralOptions) serve(ctx context.Context, stdout io.Writer) (err error) {
	if o.conf.Modes, err = readEach[navws.Mode](o.modes); err != nil {
		return err
	}
	journal, err := openJournal(o.journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	o.conf.Journal = journal
	company, err := navws.New(o.conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, company.Close()) }()
	o.handler = company.Handler()
	o.printed = func(base string) any {
		return map[string]string{
			"url": base + "/BC/WS", "company": o.conf.Company, "page_url": base + "/BC/WS/" + url.PathEscape(o.conf.Company) + "/Page/SalesOrder",
			"token_url": base + "/token", "control_url": base + "/control",
		}
	}
	return o.run(ctx, stdout)
}
