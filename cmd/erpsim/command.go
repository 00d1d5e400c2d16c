package main

import (
	"github.com/spf13/cobra"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "erpsim",
		Short:         "Simulated ERP, mail server and shops with failure modes",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		runCommand(),
		shopCommand(),
		financeCommand(),
		centralCommand(),
		stateCommand(),
		recordsCommand(),
		journalCommand(),
		resetCommand(),
		modesCommand(),
		accountCommand(),
		mailsCommand(),
	)
	return root
}
