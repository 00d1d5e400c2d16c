package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
)

// A stockkeeper is an ERP that can be asked what there is of items.
type stockkeeper interface {
	// Availability calls tell for each item, by the ERP's own name of it, and location;
	// location is "" where there are none. It makes a single attempt within ctx and has no
	// effect in the ERP.
	Availability(ctx context.Context, items []string, tell func(item, location string, available, onHand erpbridge.Decimal)) error
}

// A stockLine is what there is of an item at one location. Quantities are text, as ids
// are: a JSON number may be read as a binary one.
type stockLine struct {
	Item      string `json:"item"`
	Location  string `json:"location,omitempty"`
	Available string `json:"available"`
	OnHand    string `json:"on_hand"`
}

func newTargetAvailability(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "availability TARGET ITEM...", Short: "Ask an ERP what it has of items", Args: usage(cobra.MinimumNArgs(2)),
		Long: `Availability asks an ERP what there is of items, by location. An ITEM is what the ERP
itself calls it; for NetSuite its internal id. An item without a line in the answer is
shown without quantities: the ERP keeps no stock of it, or does not know it.

It is one request, made beside those of the daemons, whether or not the target is paused.`,
		RunE: func(c *cobra.Command, args []string) error {
			conf, n, err := opt.loadAll()
			if err != nil {
				return err
			}
			if err := knownTarget(conf, args[0]); err != nil {
				return err
			}
			keeper, ok := n.targets[args[0]].(stockkeeper)
			if !ok {
				i := slices.IndexFunc(conf.Targets, func(t config.Target) bool { return t.Name == args[0] })
				return &codedError{exitUsage, fmt.Errorf("target %s cannot be asked for stock: an ERP of kind %s does not tell it", args[0], conf.Targets[i].Kind)}
			}
			lines := []stockLine{}
			err = keeper.Availability(c.Context(), args[1:], func(item, location string, available, onHand erpbridge.Decimal) {
				lines = append(lines, stockLine{item, location, available.String(), onHand.String()})
			})
			if err != nil {
				return stockError(args[0], err)
			}
			if opt.json() {
				return printJSON(c.OutOrStdout(), lines)
			}
			return showStock(c.OutOrStdout(), lines, args[1:])
		},
	}
}

// stockError says what failed. That something is no item is a wrong argument.
func stockError(target string, err error) error {
	said := fmt.Errorf("asking target %s for stock: %s", target, printable(err.Error()))
	if erpbridge.KindOf(err) == erpbridge.Invalid {
		return &codedError{exitUsage, said}
	}
	return said
}

func showStock(w io.Writer, lines []stockLine, asked []string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "ITEM\tLOCATION\tAVAILABLE\tON HAND")
	told := map[string]bool{}
	for _, l := range lines {
		told[l.Item] = true
		if l.Location == "" {
			l.Location = "-"
		}
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", printable(l.Item), printable(l.Location), l.Available, l.OnHand)
	}
	for _, item := range asked {
		if !told[item] {
			told[item] = true
			_, _ = fmt.Fprintf(tw, "%s\t-\t-\t-\n", printable(item))
		}
	}
	return tw.Flush()
}
