package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// strict makes every command that only gathers others refuse a word that is none of
// them. By itself cobra answers "dead lst" with the help and with success, and whoever
// wrote that into a script would never learn of it.
func strict(c *cobra.Command) {
	for _, sub := range c.Commands() {
		strict(sub)
	}
	if !c.HasSubCommands() || c.Runnable() {
		return
	}
	c.SuggestionsMinimumDistance = 2 // slips of the pen
	c.Args = cobra.ArbitraryArgs     // the root's own check would exit with another code
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		meant := ""
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			meant = fmt.Sprintf(" (did you mean %s?)", strings.Join(near, " or "))
		}
		return &codedError{exitUsage, fmt.Errorf("there is no command %q%s; see %s --help", c.CommandPath()+" "+args[0], meant, c.CommandPath())}
	}
}
