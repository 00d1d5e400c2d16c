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
		greatPlainsCommand(),
		axCommand(),
		s4Command(),
		idocCommand(),
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
