package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

// financeOptions are the flags of fo.
type financeOptions struct {
	simulator
	steering
	credential dmf.Credential
	conf       dmf.Config
}

func financeCommand() *cobra.Command {
	var o financeOptions
	cmd := &cobra.Command{
		Use:   "fo",
		Short: "Run a simulated Dynamics 365 Finance & Operations until SIGTERM or SIGINT",
		Long: `Run a simulated Dynamics 365 Finance & Operations until SIGTERM or SIGINT: the data
management package REST API, recurring data jobs, and sales orders by OData.

When it listens, its addresses are printed as one line of JSON and written to the
ready file: url, token_url and control_url. Modes are JSON, such as

    --mode '{"kind": "drop-line", "count": 3}'
    --mode '{"kind": "drop-after", "match": {"call": "ImportFromPackage"}, "probability": 0.1, "seed": 7}'

Calls to match are the names of the API's actions, and token, upload, download, enqueue,
jobstatus, headers and lines.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.serve(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	o.simulator.flags(f, "address")
	o.steering.flags(f)
	f.StringVar(&o.credential.ClientID, "client-id", "", "client id of the application that may have tokens")
	f.StringVar(&o.credential.Secret, "client-secret", "", "its secret")
	f.StringVar(&o.conf.Company, "company", "USMF", "the legal entity there is")
	f.StringSliceVar(&o.conf.Activities, "activity", nil, "id of a recurring data job; none: any")
	f.StringSliceVar(&o.conf.Customers, "customer", nil, "account number of a customer that exists; none: any")
	f.StringSliceVar(&o.conf.Items, "item", nil, "number of an item that exists; none: any")
	f.BoolVar(&o.conf.OwnLots, "own-lots", false, "give lines lot ids of its own, as with a number sequence that is not manual")
	f.DurationVar(&o.conf.TokenLife, "token-life", time.Hour, "how long a token lasts")
	f.DurationVar(&o.conf.Queue, "queue", time.Second, "how long an import waits")
	f.DurationVar(&o.conf.Work, "work", time.Second, "how long an import takes")
	f.DurationVar(&o.conf.BlobLife, "blob-life", 0, "how long a package is kept in blob storage (default 168h)")
	f.IntVar(&o.conf.PageSize, "page-size", 0, "records in a page of OData (default 10000)")
	return cmd
}

func (o *financeOptions) serve(ctx context.Context, stdout io.Writer) (err error) {
	if o.credential.ClientID == "" || o.credential.Secret == "" {
		return errors.New("no credentials: give --client-id and --client-secret")
	}
	o.conf.Credentials = []dmf.Credential{o.credential}
	if o.conf.Modes, err = readEach[dmf.Mode](o.modes); err != nil {
		return err
	}
	journal, err := openJournal(o.journal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	o.conf.Journal = journal
	env, err := dmf.New(o.conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	o.handler = env.Handler()
	o.printed = addresses(map[string]string{"url": "", "token_url": "/login/tenant/oauth2/v2.0/token"})
	return o.run(ctx, stdout)
}
