package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newGen writes what packagers need from the commands themselves.
func newGen() *cobra.Command {
	gen := &cobra.Command{Use: "gen", Short: "Write man pages or shell completions", Hidden: true}
	gen.AddCommand(
		&cobra.Command{
			Use: "man DIR", Short: "Write the man pages", Args: usage(cobra.ExactArgs(1)),
			RunE: func(c *cobra.Command, args []string) error {
				if err := os.MkdirAll(args[0], 0o750); err != nil {
					return err
				}
				c.Root().DisableAutoGenTag = true
				return doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "ERPBRIDGE", Section: "1", Source: "erpbridge"}, args[0])
			},
		},
		&cobra.Command{
			Use: "completion DIR", Short: "Write the completions for bash, zsh and fish", Args: usage(cobra.ExactArgs(1)),
			RunE: func(c *cobra.Command, args []string) error {
				if err := os.MkdirAll(args[0], 0o750); err != nil {
					return err
				}
				for name, write := range map[string]func(string) error{
					"erpbridge.bash": func(f string) error { return c.Root().GenBashCompletionFileV2(f, true) },
					"_erpbridge":     func(f string) error { return c.Root().GenZshCompletionFile(f) },
					"erpbridge.fish": func(f string) error { return c.Root().GenFishCompletionFile(f, true) },
				} {
					if err := write(filepath.Join(args[0], name)); err != nil {
						return err
					}
				}
				return nil
			},
		},
	)
	return gen
}
