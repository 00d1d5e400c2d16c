package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
)

// options are the flags that every command has.
type options struct {
	config string
	output string
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	opt := &options{}
	root := &cobra.Command{
		Use:   "erpbridge",
		Short: "Bring storefronts' orders into ERPs, without losing or doubling one",
		Long: `erpbridge stands between storefronts and ERPs. An event that was acknowledged
is never lost: it takes effect in the ERP once, in its order's order, or it
stands in the dead-letter list with its reason, and somebody was mailed.

Exit codes: 0 done; 1 failed, or something is wrong; 2 wrong arguments or a
configuration that is refused; preview alone: 3 held, 4 invalid, 5 ignored.`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if opt.output != "text" && opt.output != "json" {
				return &codedError{exitUsage, fmt.Errorf("--output is %q: it is text or json", opt.output)}
			}
			return nil
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.PersistentFlags().StringVarP(&opt.config, "config", "c", "erpbridge.yaml", "the configuration file")
	root.PersistentFlags().StringVarP(&opt.output, "output", "o", "text", "text or json")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &codedError{exitUsage, fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(
		newRun(opt), newCheck(opt), newMigrate(opt), newPreview(opt), newStatus(opt), newTarget(opt), newWSDL(opt), newStore(opt), newBackfill(opt), newDead(opt), newHeld(opt), newAudit(opt), newXref(opt), newVersion(opt), newGen(),
	)
	strict(root)
	return root
}

// load reads the configuration and refuses a bad one.
func (o *options) load() (*config.Config, error) {
	conf, err := config.Load(o.config, os.LookupEnv)
	if err != nil {
		return conf, &codedError{exitUsage, err}
	}
	return conf, nil
}

// json reports whether the command is to print JSON.
func (o *options) json() bool { return o.output == "json" }

// printJSON writes v as one indented JSON document.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// usage makes a wrong argument list exit with the code for it.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return &codedError{exitUsage, fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
		}
		return nil
	}
}

// actor is who acts, for the audit log.
func actor() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

func newVersion(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if opt.json() {
				return printJSON(c.OutOrStdout(), map[string]string{"version": version})
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "erpbridge", version)
			return err
		},
	}
}
