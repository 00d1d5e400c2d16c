package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A mail is one that the mail server took.
type mail struct {
	Subject, Text string
	To            []string
}

// says reports whether a mail has a text, wherever its lines are broken.
func (m mail) says(text string) bool {
	return strings.Contains(strings.Join(strings.Fields(m.Subject+" "+m.Text), " "), text)
}

// why is the line of a mail that says what happened.
func (m mail) why() string {
	_, after, _ := strings.Cut(m.Text, "Why:")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}

// mailed waits for a mail that says something.
func (s *story) mailed(ctx context.Context, text string) (found mail, err error) {
	return found, s.house.wait(ctx, "the mail about "+text, func(ctx context.Context) error {
		var mails []mail
		if err := ask(ctx, s.house.sim.ControlURL+"/mails", &mails); err != nil {
			return err
		}
		i := slices.IndexFunc(mails, func(m mail) bool { return m.says(text) })
		if i < 0 {
			return fmt.Errorf("none of %d mails says so", len(mails))
		}
		found = mails[i]
		return nil
	})
}
