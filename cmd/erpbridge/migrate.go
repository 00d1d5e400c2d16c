package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

// A migration is what migrate has made, or would make.
type migration struct {
	DryRun bool `json:"dry_run"`
	// Applied are the schema's versions that were applied; in a dry run none.
	Applied []int64 `json:"applied"`
	// Version is the schema's; Program is what this program needs.
	Version int64 `json:"version"`
	Program int64 `json:"program"`
	// Broker is nil with --database-only.
	Broker *declared `json:"broker"`
}

// declared tells of the broker's exchanges and queues.
type declared struct {
	Made    []string `json:"made"`    // in a dry run: what would be
	Present []string `json:"present"` // before
}

func newMigrate(opt *options) *cobra.Command {
	var databaseOnly, dryRun bool
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date, and declare the broker's queues", Args: usage(cobra.NoArgs),
		Long: `Migrate brings the schema "erpbridge" of the configured database up to date, and
declares the exchanges and queues at the broker. What is there already stays as it
is. It may be run while daemons run, and by several at once. The database role
needs the right to create objects, which the daemon's own role does not; the broker
user needs to configure, write and read <prefix>.*.`,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := opt.load()
			if err != nil {
				return err
			}
			m, err := migrate(c.Context(), conf, databaseOnly, dryRun)
			if err != nil {
				return err
			}
			if opt.json() {
				return printJSON(c.OutOrStdout(), m)
			}
			return m.show(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&databaseOnly, "database-only", false, "leave the broker alone")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing, and tell what would be made")
	return c
}

func migrate(ctx context.Context, conf *config.Config, databaseOnly, dryRun bool) (migration, error) {
	m := migration{DryRun: dryRun, Applied: []int64{}}
	url := conf.Database.URL.Reveal()
	if !dryRun {
		applied, err := outbox.Migrate(ctx, url)
		if err != nil {
			return m, err
		}
		m.Applied = append(m.Applied, applied...)
	}
	v, err := outbox.ReadSchemaVersion(ctx, url)
	if err != nil {
		return m, err
	}
	m.Version, m.Program = v.Database, v.Program
	if databaseOnly {
		return m, nil
	}
	if m.Broker, err = declareBroker(ctx, conf, dryRun); err != nil {
		did := fmt.Sprintf("the schema is at version %d, but the broker's queues are not declared", m.Version)
		if dryRun {
			did = "the broker could not be looked at"
		}
		return m, fmt.Errorf("%s: %w", did, err)
	}
	return m, nil
}

func declareBroker(ctx context.Context, conf *config.Config, dryRun bool) (*declared, error) {
	t, err := broker.NewTopology(brokerConfig(conf))
	if err != nil {
		return nil, &codedError{exitUsage, err}
	}
	missing, err := t.Missing(ctx)
	if err != nil {
		return nil, err
	}
	d := &declared{Made: append([]string{}, missing...), Present: []string{}}
	absent := make(map[string]bool)
	for _, name := range missing {
		absent[name] = true
	}
	for _, name := range t.Names() {
		if !absent[name] {
			d.Present = append(d.Present, name)
		}
	}
	if dryRun {
		return d, nil
	}
	// Also where nothing is missing: bindings cannot be asked for, only made.
	return d, t.Declare(ctx)
}

func (m migration) show(w io.Writer) error {
	lines := []string{fmt.Sprintf("schema at version %d, %d migrations applied", m.Version, len(m.Applied))}
	if m.DryRun {
		lines[0] = fmt.Sprintf("schema at version %d; it would be brought to %d", m.Version, m.Program)
		if m.Version == m.Program {
			lines[0] = fmt.Sprintf("schema at version %d, which is up to date", m.Version)
		}
	}
	if b := m.Broker; b != nil {
		lines = append(lines, b.line(m.DryRun))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func (d *declared) line(dryRun bool) string {
	switch {
	case len(d.Made) == 0:
		return fmt.Sprintf("broker: all %d exchanges and queues are there", len(d.Present))
	case dryRun:
		return "broker: would declare " + strings.Join(d.Made, ", ")
	}
	return "broker: declared " + strings.Join(d.Made, ", ")
}
