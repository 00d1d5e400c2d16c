package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hakooi/erpbridge/cmd/erpsim/mailsink"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// A control is a running simulator's control interface.
type control struct{ url string }

// flag adds --url to a command.
func (c *control) flag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&c.url, "url", "", "control_url of the running simulator")
	if err := cmd.MarkFlagRequired("url"); err != nil {
		panic(err) // the flag of the line above does not exist
	}
	return cmd
}

// call asks the simulator and copies its answer to out.
func (c *control) call(ctx context.Context, method, path string, query url.Values, body []byte, out io.Writer) error {
	target := strings.TrimSuffix(c.url, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	// One connection for one call: nothing is left open behind it.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		return errors.Join(fmt.Errorf("%s: %s", res.Status, strings.TrimSpace(string(why))), err)
	}
	_, err = io.Copy(out, res.Body)
	return err
}

func stateCommand() *cobra.Command {
	var c control
	return c.flag(&cobra.Command{
		Use: "state", Short: "Print the counts of a running simulator", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd.Context(), http.MethodGet, "/state", nil, nil, cmd.OutOrStdout())
		},
	})
}

func recordsCommand() *cobra.Command {
	var c control
	var typ, externalID string
	var content bool
	cmd := c.flag(&cobra.Command{
		Use: "records", Short: "Print the records it holds", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			for name, value := range map[string]string{"type": typ, "externalId": externalID} {
				if value != "" {
					q.Set(name, value)
				}
			}
			if content {
				q.Set("content", "true")
			}
			return c.call(cmd.Context(), http.MethodGet, "/records", q, nil, cmd.OutOrStdout())
		},
	})
	cmd.Flags().StringVar(&typ, "type", "", "only records of this type: customer, salesOrder or customerDeposit")
	cmd.Flags().StringVar(&externalID, "external-id", "", "only the record with this externalId")
	cmd.Flags().BoolVar(&content, "content", false, "with their XML")
	return cmd
}

func journalCommand() *cobra.Command {
	var c control
	var kind string
	cmd := c.flag(&cobra.Command{
		Use: "journal", Short: "Print the journal, one entry a line", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			if kind != "" {
				q.Set("kind", kind)
			}
			return c.call(cmd.Context(), http.MethodGet, "/journal", q, nil, cmd.OutOrStdout())
		},
	})
	cmd.Flags().StringVar(&kind, "kind", "", "only entries of this kind: arrival, effect or answer")
	return cmd
}

func resetCommand() *cobra.Command {
	var c control
	return c.flag(&cobra.Command{
		Use: "reset", Short: "Forget records, counts and modes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd.Context(), http.MethodPost, "/reset", nil, nil, cmd.OutOrStdout())
		},
	})
}

func modesCommand() *cobra.Command {
	modes := &cobra.Command{Use: "modes", Short: "Show and change the ways it fails", Args: cobra.NoArgs}
	var list, drop control
	modes.AddCommand(
		list.flag(&cobra.Command{
			Use: "list", Short: "Print the modes in force", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return list.call(cmd.Context(), http.MethodGet, "/modes", nil, nil, cmd.OutOrStdout())
			},
		}),
		drop.flag(&cobra.Command{
			Use: "clear", Short: "End all modes", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return drop.call(cmd.Context(), http.MethodDelete, "/modes", nil, nil, cmd.OutOrStdout())
			},
		}),
		addModeCommand(),
	)
	return modes
}

func addModeCommand() *cobra.Command {
	var c control
	var m suitetalk.Mode
	var kind string
	cmd := c.flag(&cobra.Command{
		Use: "add", Short: "Put a mode in force", Long: modesHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m.Kind = suitetalk.Kind(kind)
			body, err := json.Marshal(m)
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), http.MethodPost, "/modes", nil, body, cmd.OutOrStdout())
		},
	})
	f := cmd.Flags()
	f.StringVar(&kind, "kind", "", "what it does; see above")
	f.StringVar(&m.Match.Operation, "operation", "", "only operations this regular expression is found in")
	f.StringVar(&m.Match.RecordType, "record-type", "", "only records of types it is found in")
	f.StringVar(&m.Match.ExternalID, "external-id", "", "only records with an externalId it is found in")
	f.StringVar(&m.Match.OtherRefNum, "other-ref-num", "", "only orders with an otherRefNum it is found in")
	f.IntVar(&m.Count, "count", 0, "how often; 0: for ever")
	f.Float64Var(&m.Probability, "probability", 0, "how likely; 0: always")
	f.Uint64Var(&m.Seed, "seed", 0, "seed of the dice")
	f.DurationVar((*time.Duration)(&m.For), "for", 0, "how long it is in force; 0: for ever")
	f.DurationVar(&m.Delay, "delay", 0, "how long, of slow, late-effect, trickle and stale-read")
	f.StringVar(&m.Before, "before", "", "what slow delays: effect or answer")
	f.StringVar(&m.Code, "code", "", "code of an error, a fault or a warning")
	f.StringVar(&m.Message, "message", "", "its text")
	f.StringVar(&m.FaultElement, "fault", "", "element the code of a fault comes in")
	f.IntVar(&m.Status, "status", 0, "HTTP status")
	f.StringVar(&m.RetryAfter, "retry-after", "", "header of unavailable: seconds, a date, or as +90s a date that far away")
	f.StringVar(&m.Location, "location", "", "header of redirect; empty: the simulator under another host name")
	f.StringVar(&m.Answer, "answer", "", "of malformed: html, empty, truncated, cut, fault-with-200, reordered, fewer, doubled or without-id")
	return cmd
}

// modesHelp lists the kinds by what they are about.
const modesHelp = `Put a mode in force.

Before the request is looked at:

    refuse-credentials   as if the token were wrong
    session-expired      as if all sessions had ended
    unavailable          HTTP 503 or --status, such as 429, with --retry-after
    maintenance          the maintenance fault
    redirect             HTTP 307 or --status, to --location; who follows is counted
    reset-reused         a connection that served a request before is reset

The whole request:

    throttle             WS_REQUEST_BLOCKED
    fault                --code and --message in --fault
    slow                 waits for --delay before the effect, or --before answer
    drop-before-effect   cuts the connection and does nothing
    effect-then-drop     does it and cuts the connection
    late-effect          cuts the connection and does it after --delay
    malformed            does it and sends the --answer
    trickle              does it and answers a byte each --delay

A job of asyncUpsertList:

    job-slow             is worked, with those behind it, after --delay
    job-lost             its id is given and it never happens
    job-failed           nothing is done, and it is said to have failed
    job-half             half of it is done, and it is said to have failed
    job-forgotten        it is worked, and its id is not known afterwards

A record:

    reject               fails with --code and --message
    warning              is saved, with a warning
    after-submit-failed  is saved, and said to have failed
    stale-read           is not found, or found as it was --delay ago

Outages that heal are modes with --for or --count. What an account makes of a thing
sent twice, and its limits, are not modes: see erpsim account.`

func accountCommand() *cobra.Command {
	var c control
	var a suitetalk.Account
	cmd := c.flag(&cobra.Command{
		Use: "account", Short: "Print how the account is set up, or change it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := make(map[string]any)
			for name, value := range map[string]any{
				"concurrency": a.Concurrency, "requests-per-second": a.RequestsPerSecond, "no-unique-external-id": a.NoUniqueExternalID,
				"forget-keys-after": a.ForgetKeysAfter, "find-all": a.FindAll, "all-or-nothing": a.AllOrNothing,
			} {
				if cmd.Flags().Changed(name) {
					given[fields[name]] = value
				}
			}
			if len(given) == 0 {
				return c.call(cmd.Context(), http.MethodGet, "/account", nil, nil, cmd.OutOrStdout())
			}
			body, err := json.Marshal(given)
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), http.MethodPost, "/account", nil, body, cmd.OutOrStdout())
		},
	})
	f := cmd.Flags()
	f.IntVar(&a.Concurrency, "concurrency", 0, "requests at once; negative: any number")
	f.IntVar(&a.RequestsPerSecond, "requests-per-second", 0, "requests in any second; 0: any number")
	keyFlags(f, &a.NoUniqueExternalID, (*time.Duration)(&a.ForgetKeysAfter), &a.FindAll, &a.AllOrNothing)
	return cmd
}

// fields are the flags of the account as its JSON calls them.
var fields = map[string]string{
	"concurrency": "concurrency", "requests-per-second": "requestsPerSecond", "no-unique-external-id": "noUniqueExternalId",
	"forget-keys-after": "forgetKeysAfter", "find-all": "findAll", "all-or-nothing": "allOrNothing",
}

// keyFlags are the flags about what comes twice, which run has as well.
func keyFlags(f *pflag.FlagSet, noUnique *bool, forget *time.Duration, findAll, allOrNothing *bool) {
	f.BoolVar(noUnique, "no-unique-external-id", false, "every upsert creates a record, whoever else has its externalId")
	f.DurationVar(forget, "forget-keys-after", 0, "an externalId is free again so long after the last write; 0: never")
	f.BoolVar(findAll, "find-all", false, "a look-up by an externalId answers with all records that have it, not with the oldest")
	f.BoolVar(allOrNothing, "all-or-nothing", false, "one bad record makes its whole list fail with a fault")
}

func mailsCommand() *cobra.Command {
	var c control
	var mode string
	var lasting time.Duration
	cmd := c.flag(&cobra.Command{
		Use: "mails", Short: "Print the mails, or set the mail server's mode", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if mode == "" {
				return c.call(cmd.Context(), http.MethodGet, "/mails", nil, nil, cmd.OutOrStdout())
			}
			body, err := json.Marshal(mailMode{Mode: mailsink.Mode(mode), For: suitetalk.Duration(lasting)})
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), http.MethodPost, "/mails/mode", nil, body, cmd.OutOrStdout())
		},
	})
	cmd.Flags().StringVar(&mode, "mode", "", "mode to set: accept, reject, defer, tarpit, busy, vanish or down")
	cmd.Flags().DurationVar(&lasting, "for", 0, "how long, until it accepts again; 0: for good")
	return cmd
}
