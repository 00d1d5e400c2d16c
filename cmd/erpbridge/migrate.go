package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/outbox"
)

func newMigrate(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date", Args: usage(cobra.NoArgs),
		Long: `Migrate brings the schema "erpbridge" of the configured database up to date. It may
be run while daemons run, and by several at once. The database role needs the
right to create objects; the daemon's own role does not.`,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := opt.load()
			if err != nil {
				return err
			}
			applied, err := outbox.Migrate(c.Context(), conf.Database.URL.Reveal())
			if err != nil {
				return err
			}
			v, err := outbox.ReadSchemaVersion(c.Context(), conf.Database.URL.Reveal())
			if err != nil {
				return err
			}
			if opt.json() {
				return printJSON(c.OutOrStdout(), map[string]any{"applied": append([]int64{}, applied...), "version": v.Database})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "schema at version %d, %d migrations applied\n", v.Database, len(applied))
			return err
		},
	}
}
