package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/cmd/erpsim/mailsink"
	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// options are the flags of run.
type options struct {
	netsuite    string
	smtp        string
	version     string
	journal     string
	mailDir     string
	credentials string
	credential  suitetalk.Credential
	modesFile   string
	modes       []string
	readyFile   string
	account     suitetalk.Config
	mail        mailsink.Config
}

func runCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the simulators until SIGTERM or SIGINT",
		Long: `Run the simulators until SIGTERM or SIGINT.

When they listen, their addresses are printed as one line of JSON and written to
the ready file: netsuite_url, smtp_addr and control_url.

The credentials file is JSON, one object or a list of them:

    {"account": "...", "consumerKey": "...", "consumerSecret": "...", "token": "...", "tokenSecret": "..."}

The modes file is a list of modes in YAML or JSON, such as

    - kind: effect-then-drop
      match: {recordType: salesOrder}
      count: 3
    - kind: slow
      delay: 2s
      probability: 0.1
      seed: 7
    - kind: session-expired
      for: 30s

For their kinds see erpsim modes add. With --fsync, requests that are answered at the
same time share one write to the disk.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.netsuite, "netsuite", "127.0.0.1:0", "address of the simulated NetSuite and of the control interface")
	f.StringVar(&o.smtp, "smtp", "127.0.0.1:0", "address of the mail server; empty: none")
	f.StringVar(&o.version, "version", "2023_2", "endpoint version in the printed netsuite_url; all versions are served")
	f.StringVar(&o.journal, "journal", "", "folder of the journal, which survives restarts; empty: in memory")
	f.BoolVar(&o.account.Sync, "fsync", false, "make the journal durable before each answer")
	f.StringVar(&o.mailDir, "mail-dir", "", "folder that gets each mail as an .eml file")
	f.StringVar(&o.readyFile, "ready-file", "", "file to write the addresses to once listening")
	f.StringVar(&o.modesFile, "modes", "", "file of modes in force from the start (YAML or JSON)")
	f.StringArrayVar(&o.modes, "mode", nil, "one more of them, as '{kind: throttle, count: 3}'")

	f.StringVar(&o.credentials, "credentials", "", "file of the tokens that may log in (JSON)")
	f.StringVar(&o.credential.Account, "account", "", "account of a token given by flags")
	f.StringVar(&o.credential.ConsumerKey, "consumer-key", "", "its consumer key")
	f.StringVar(&o.credential.ConsumerSecret, "consumer-secret", "", "its consumer secret")
	f.StringVar(&o.credential.Token, "token", "", "its token")
	f.StringVar(&o.credential.TokenSecret, "token-secret", "", "its token secret")
	f.DurationVar(&o.account.TimestampWindow, "timestamp-window", 0, "how far a token's timestamp may be off (default 5m)")

	f.IntVar(&o.account.Concurrency, "concurrency", 0, "requests of the account at once; negative: any number (default 5)")
	f.IntVar(&o.account.RequestsPerSecond, "requests-per-second", 0, "requests in any second; 0: any number")
	keyFlags(f, &o.account.NoUniqueExternalID, &o.account.ForgetKeysAfter, &o.account.FindAll, &o.account.AllOrNothing)
	f.StringSliceVar(&o.account.Items, "item", nil, "internal id of an item that exists; none: any numeric id")
	f.StringSliceVar(&o.account.Customers, "customer", nil, "internal id of a customer that exists from the start")
	f.StringToStringVar(&o.account.Currencies, "currency", nil, "internal id and code of a currency that exists, as 1=USD; none: any numeric id")
	f.BoolVar(&o.account.OneWorld, "one-world", false, "demand a subsidiary of customers")
	f.BoolVar(&o.account.UniqueEmail, "unique-email", false, "refuse customers with an e-mail address another one has")

	f.BoolVar(&o.mail.TLS, "smtp-tls", false, "offer STARTTLS with a self-signed certificate")
	f.BoolVar(&o.mail.RequireTLS, "smtp-require-tls", false, "refuse mail before STARTTLS")
	f.StringVar(&o.mail.Username, "smtp-user", "", "user name to demand")
	f.StringVar(&o.mail.Password, "smtp-password", "", "password to demand")
	f.DurationVar(&o.mail.TarpitDelay, "smtp-tarpit", 0, "how long each step takes in mode tarpit (default 5s)")
	return cmd
}

// ready is what run prints when it listens.
type ready struct {
	NetSuiteURL string `json:"netsuite_url"`
	SMTPAddr    string `json:"smtp_addr,omitempty"`
	ControlURL  string `json:"control_url"`
}

func (o *options) run(ctx context.Context, stdout io.Writer) (err error) {
	if err := o.load(); err != nil {
		return err
	}
	account, err := suitetalk.New(o.account)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, account.Close()) }()
	mux := http.NewServeMux()
	mux.Handle("/", account.Handler())

	var addresses ready
	if o.smtp != "" {
		sink, err := mailsink.New(o.mail)
		if err != nil {
			return err
		}
		defer sink.Close()
		addresses.SMTPAddr = sink.Addr()
		mux.Handle("/control/mails", mishap.LoopbackOnly(mailControl(sink)))
		mux.Handle("/control/mails/", mishap.LoopbackOnly(mailControl(sink)))
	}
	sim := simulator{listen: o.netsuite, readyFile: o.readyFile, handler: mux, connState: account.ConnState}
	sim.printed = func(base string) any {
		addresses.NetSuiteURL = base + "/services/NetSuitePort_" + o.version
		addresses.ControlURL = base + "/control"
		return addresses
	}
	return sim.run(ctx, stdout)
}

// load reads the files the flags name.
func (o *options) load() error {
	credentials, err := readCredentials(o.credentials)
	if err != nil {
		return fmt.Errorf("reading the credentials: %w", err)
	}
	if o.credential != (suitetalk.Credential{}) {
		credentials = append(credentials, o.credential)
	}
	if len(credentials) == 0 {
		return errors.New("no credentials: give --credentials, or --account, --consumer-key, --consumer-secret, --token and --token-secret")
	}
	for i, c := range credentials {
		if c.Account == "" || c.ConsumerKey == "" || c.ConsumerSecret == "" || c.Token == "" || c.TokenSecret == "" {
			return fmt.Errorf("credential %d is incomplete", i+1)
		}
	}
	modes, err := readModes(o.modesFile, o.modes)
	if err != nil {
		return fmt.Errorf("reading the modes: %w", err)
	}
	if o.mailDir != "" {
		if err := os.MkdirAll(o.mailDir, 0o750); err != nil {
			return err
		}
	}
	o.account.Credentials, o.account.Modes, o.account.Journal = credentials, modes, o.journal
	o.mail.Addr, o.mail.Dir = o.smtp, o.mailDir
	return nil
}
