package testenv

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// illFormed tells of each file why it is no well-formed XML, or nothing.
func illFormed(ctx context.Context, files []string) ([]string, error) {
	reasons := make([]string, len(files))
	if said, err := xmllint(ctx, "", files); err != nil || said.ok {
		return reasons, err
	}
	for i, file := range files {
		said, err := xmllint(ctx, "", []string{file})
		if err != nil {
			return nil, err
		}
		if !said.ok {
			reasons[i] = cmp.Or(clip(strings.ReplaceAll(said.text, file+":", "")), "not well-formed")
		}
	}
	return reasons, nil
}

// judgeParts gives a verdict on each part whose file it has the name of. Only what
// xmllint calls valid in so many words is.
func judgeParts(ctx context.Context, dir, xsd string, verdicts []verdict, names []string) error {
	var files []string
	for _, name := range names {
		if name != "" {
			files = append(files, name)
		}
	}
	if len(files) == 0 {
		return nil
	}
	said, err := xmllint(ctx, dir, append([]string{"--schema", xsd}, files...))
	if err != nil {
		return err
	}
	reasons, valid, general := make(map[string]string), make(map[string]bool), ""
	for line := range strings.Lines(said.text) {
		line = strings.TrimSuffix(line, "\n")
		name, isValid := strings.CutSuffix(line, " validates")
		of, reason, isReason := strings.Cut(line, ":")
		switch {
		case isValid:
			valid[name] = true
		case isReason && slices.Contains(files, of):
			reasons[of] += reason + "\n"
		case !strings.HasSuffix(line, " fails to validate"):
			general += line + "\n"
		}
	}
	for i, name := range names {
		v := &verdicts[i]
		if v.valid = valid[name]; name == "" || v.valid {
			continue
		}
		// What is said of no file may be the reason: a schema that does not load.
		v.reason = clip(cmp.Or(reasons[name], general))
	}
	return nil
}

// A saying is what xmllint says, and whether it found nothing wrong.
type saying struct {
	text string
	ok   bool
}

// xmllint runs the program in a folder. It fails only if it could not be run.
func xmllint(ctx context.Context, dir string, args []string) (saying, error) {
	cmd := exec.CommandContext(ctx, "xmllint", append([]string{"--noout", "--nonet", "--noent"}, args...)...)
	cmd.Dir = dir
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		return saying{text: text.String()}, nil
	}
	if err != nil {
		return saying{}, fmt.Errorf("running xmllint: %w", err)
	}
	return saying{text: text.String(), ok: true}, nil
}

// clip keeps a failure readable that has hundreds of reasons.
func clip(reason string) string {
	const most = 800
	reason = strings.TrimSpace(reason)
	if len(reason) > most {
		reason = reason[:most] + " ..."
	}
	return reason
}
