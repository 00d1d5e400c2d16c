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

	"github.com/spf13/cobra"

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
		Use: "add", Short: "Put a mode in force", Args: cobra.NoArgs,
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
	f.StringVar(&kind, "kind", "", "what it does: reject, fault, throttle, slow, effect-then-drop, drop-before-effect, late-effect, "+
		"malformed, after-submit-failed, warning, unavailable, maintenance, refuse-credentials or stale-read")
	f.StringVar(&m.Match.Operation, "operation", "", "only operations this regular expression is found in")
	f.StringVar(&m.Match.RecordType, "record-type", "", "only records of types it is found in")
	f.StringVar(&m.Match.ExternalID, "external-id", "", "only records with an externalId it is found in")
	f.StringVar(&m.Match.OtherRefNum, "other-ref-num", "", "only orders with an otherRefNum it is found in")
	f.IntVar(&m.Count, "count", 0, "how often; 0: for ever")
	f.Float64Var(&m.Probability, "probability", 0, "how likely; 0: always")
	f.Uint64Var(&m.Seed, "seed", 0, "seed of the dice")
	f.DurationVar(&m.Delay, "delay", 0, "how long, of slow and late-effect")
	f.StringVar(&m.Before, "before", "", "what slow delays: effect or answer")
	f.StringVar(&m.Code, "code", "", "code of an error, a fault or a warning")
	f.StringVar(&m.Message, "message", "", "its text")
	f.StringVar(&m.FaultElement, "fault", "", "element the code of a fault comes in")
	f.IntVar(&m.Status, "status", 0, "HTTP status")
	f.StringVar(&m.RetryAfter, "retry-after", "", "header of unavailable: seconds or a date")
	f.StringVar(&m.Answer, "answer", "", "of malformed: html, empty, truncated, cut, fault-with-200, reordered, fewer or doubled")
	return cmd
}

func mailsCommand() *cobra.Command {
	var c control
	var mode string
	cmd := c.flag(&cobra.Command{
		Use: "mails", Short: "Print the mails, or set the mail server's mode", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if mode == "" {
				return c.call(cmd.Context(), http.MethodGet, "/mails", nil, nil, cmd.OutOrStdout())
			}
			body, err := json.Marshal(mailMode{mailsink.Mode(mode)})
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), http.MethodPost, "/mails/mode", nil, body, cmd.OutOrStdout())
		},
	})
	cmd.Flags().StringVar(&mode, "mode", "", "mode to set: accept, reject, defer, tarpit, busy or down")
	return cmd
}
