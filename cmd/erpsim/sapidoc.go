package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/sapidoc"
)

// idocOptions are the flags of sap-idoc.
type idocOptions struct {
	simulator
	conf    sapidoc.Config
	in, out string // folders of the file port
	trigger string
	every   time.Duration
}

func idocCommand() *cobra.Command {
	var o idocOptions
	cmd := &cobra.Command{
		Use:   "sap-idoc",
		Short: "Run a simulated SAP system that takes IDocs until SIGTERM or SIGINT",
		Long: `Run a simulated SAP system that takes IDocs until SIGTERM or SIGINT: by SOAP, by plain
HTTP and, with --in, by a file port.

    erpsim sap-idoc --system S4HCLNT100 --drop-after 0.05 \
        --audit-url http://127.0.0.1:8080/confirmations/sap --audit-user SAPALE --audit-password secret
    erpsim sap-idoc --system S4HCLNT100 --in /tmp/sap/in --out /tmp/sap/out --trigger .done

What it takes it books a moment later, and then tells of it by ALEAUD: posted if
--audit-url says where to, else as files into --out. What it does not post, by
--not-posted, it posts the next time.

When it listens, its addresses are printed as one line of JSON and written to the
ready file: url, soap_url, http_url and control_url. It is steered by its control
address, from this machine only:

    curl $CONTROL/state                     what arrived, what took effect, what went wrong
    curl -d '{"TimeOut":0.2}' $CONTROL/faults`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.conf.AuditURL != "" && o.out != "" {
				return errors.New("--audit-url and --out exclude each other")
			}
			client := "?sap-client=" + o.conf.Client
			system := sapidoc.New(o.conf)
			o.handler = controlled(system.Handler(), system.Control())
			o.printed = addresses(map[string]string{"url": "", "soap_url": "/sap/bc/srt/idoc" + client, "http_url": "/sap/bc/idoc_xml" + client})
			o.work = append(o.work, func(ctx context.Context) error {
				return every(ctx, o.every, func() error { return o.round(system) })
			})
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	o.flags(f, "address")
	f.StringVar(&o.in, "in", "", "folder that files are read from; empty: none")
	f.StringVar(&o.out, "out", "", "folder that ALEAUD files are written to; empty: none are")
	f.StringVar(&o.trigger, "trigger", "", "ending of the file beside each that says it is whole; empty: there is none")
	f.DurationVar(&o.every, "every", time.Second, "time between two runs of the jobs that read, book and tell")
	f.StringVar(&o.conf.Client, "client", "100", "the client there is")
	f.StringVar(&o.conf.System, "system", "S4HCLNT100", "partner number it tells of itself by")
	f.StringVar(&o.conf.User, "user", "", "user to demand; empty: none")
	f.StringVar(&o.conf.Password, "password", "", "the user's password")
	f.StringSliceVar(&o.conf.Partners, "partner", nil, "number of a partner that has a profile; none: any")
	f.StringSliceVar(&o.conf.Customers, "customer", nil, "number of a customer that exists; none: any")
	f.StringSliceVar(&o.conf.Materials, "material", nil, "number of a material that exists; none: any")
	f.BoolVar(&o.conf.CheckReference, "check-reference", false, "refuse a customer reference that an order has already")
	f.IntVar(&o.conf.ForgetIDs, "forget-ids", 0, "after how many messages the SOAP service forgets an id; 0: never")
	f.StringVar(&o.conf.AuditURL, "audit-url", "", "where ALEAUD is posted; empty: nowhere")
	f.StringVar(&o.conf.AuditUser, "audit-user", "", "user to post it as")
	f.StringVar(&o.conf.AuditPassword, "audit-password", "", "that user's password")
	f.Uint64Var(&o.conf.Seed, "seed", 1, "seed of all dice")

	faultFlags(f, &o.conf.Faults.SlowBy, []chance{
		{"drop-before", &o.conf.Faults.DropBefore, "the connection is cut and nothing was stored"},
		{"drop-after", &o.conf.Faults.DropAfter, "it is cut after the IDoc was stored"},
		{"overload", &o.conf.Faults.Overload, "the answer is 503, come again in a second"},
		{"page", &o.conf.Faults.Page, "it is an HTML page with 500"},
		{"forbidden", &o.conf.Faults.Forbidden, "it is an HTML page with 403"},
		{"generic", &o.conf.Faults.Generic, "the fault is the one that says nothing"},
		{"generic-after", &o.conf.Faults.GenericAfter, "that comes although the IDoc was stored"},
		{"locked", &o.conf.Faults.Locked, "the message id is said to be locked"},
		{"time-out", &o.conf.Faults.TimeOut, "it is a time-out although the IDoc was stored"},
		{"half", &o.conf.Faults.Half, "half of the answer comes"},
		{"wordless", &o.conf.Faults.Wordless, "a message that is known is answered without a number"},
		{"slow", &o.conf.Faults.Slow, "it takes --slow-by longer"},
		{"not-posted", &o.conf.Faults.NotPosted, "an IDoc is not posted at first"},
		{"twice", &o.conf.Faults.Twice, "an ALEAUD comes twice"},
		{"stuck", &o.conf.Faults.Stuck, "a file is left for the next run"},
	})
	return cmd
}

// round is one run of all jobs.
func (o *idocOptions) round(system *sapidoc.System) error {
	if o.in != "" {
		if err := system.ReadFolder(o.in, o.trigger); err != nil {
			return err
		}
	}
	system.Repair()
	system.Process()
	switch {
	case o.conf.AuditURL != "":
		system.Audit()
		_ = system.Send() // what is not taken stays
	case o.out != "":
		system.Audit()
		return system.WriteAudits(o.out, o.trigger)
	}
	return nil
}
