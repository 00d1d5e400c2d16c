package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
)

// numbers reads the numbers of a command line, each once. Where one of them is none,
// nothing is done about the others.
func numbers(args []string) (ids []int64, err error) {
	for _, a := range args {
		id, err := strconv.ParseInt(a, 10, 64)
		if err != nil || id <= 0 {
			return nil, &codedError{exitUsage, fmt.Errorf("%q is not a number as the lists show it", a)}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// number reads a single one.
func number(arg string) (int64, error) {
	ids, err := numbers([]string{arg})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// narrowed refuses flags that choose and were given nothing to choose by, such as a variable
// of a script that is not set: without a word the command would act on everything.
func narrowed(c *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := c.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return &codedError{exitUsage, fmt.Errorf("--%s is empty; leave it out where it is not to choose", name)}
		}
	}
	return nil
}

// A deed is what a command did about one thing of several, or would do.
type deed interface {
	fmt.Stringer
	// failed returns what is shown in place of the deed where it could not be done.
	failed(err error) any
}

// each acts on every number until ctx ends, and goes on after an error. As text it tells of each when
// it is done; as JSON it prints one list at the end, with those that failed. The errors
// come back together.
func each[D deed](ctx context.Context, w io.Writer, opt *options, ids []int64, act func(id int64) (D, error)) error {
	var errs []error
	done := []any{}
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			errs = append(errs, fmt.Errorf("stopped before the last %d of %d: %w", len(ids)-i, len(ids), err))
			break
		}
		d, err := act(id)
		switch {
		case err != nil:
			errs = append(errs, err)
			done = append(done, d.failed(err))
		case opt.json():
			done = append(done, d)
		default:
			if _, err := fmt.Fprintln(w, d); err != nil {
				return errors.Join(append(errs, err)...)
			}
		}
	}
	if opt.json() {
		errs = append(errs, printJSON(w, done))
	}
	return errors.Join(errs...)
}

// checkLimit refuses a limit that would show nothing.
func checkLimit(limit int) error {
	if limit <= 0 {
		return &codedError{exitUsage, errors.New("--limit must be more than nothing")}
	}
	return nil
}

// nothingOf refuses a store or a target of which there is nothing because it has another
// name. What is there of one that was taken out of the configuration is listed.
func nothingOf(conf *config.Config, store, target string) error {
	if store != "" {
		if err := knownStore(conf, store); err != nil {
			return err
		}
	}
	if target != "" {
		return knownTarget(conf, target)
	}
	return nil
}

// atMost cuts a listing that was asked for one line too many, and says on stderr that it
// did: a list that ends without a word is taken for the whole.
func atMost[T any](stderr io.Writer, rows []T, limit int) []T {
	if len(rows) <= limit {
		return rows
	}
	_, _ = fmt.Fprintf(stderr, "there are more: these are the oldest %d; --limit shows more of them\n", limit)
	return rows[:limit]
}
