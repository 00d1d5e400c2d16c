package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSecretFile bounds what a file: reference may bring in.
const maxSecretFile = 64 << 10

// source is where references in values are looked up.
type source struct {
	dir string // what relative file: names are relative to
	env func(string) (string, bool)
}

// substitute replaces the references in every scalar value below n. It works on
// the parsed tree, so that what comes in is always one value: it cannot add a
// key, end a quote or begin a comment.
func (s source) substitute(r *report, n *node, path string) {
	if n == nil {
		return
	}
	for i, item := range n.items {
		s.substitute(r, item, fmt.Sprintf("%s[%d]", path, i))
	}
	for _, e := range n.keys {
		s.substitute(r, e.value, join(path, e.name))
	}
	if n.shape != scalar {
		return
	}
	text, taken, err := s.resolve(n.raw)
	if err != nil {
		r.add(n.mark, path, err.Error(), "")
		n.shape = broken
		return
	}
	n.text, n.taken = text, taken
}

// resolve returns what a scalar stands for, and whether any of it came from
// outside the file.
func (s source) resolve(raw string) (text string, taken bool, err error) {
	text, taken, err = s.expand(raw)
	if err != nil {
		return "", false, err
	}
	// It is the file as written that decides: a variable whose value begins with
	// file: must not make the bridge read files.
	if !strings.HasPrefix(raw, "file:") {
		return text, taken, nil
	}
	text, err = s.read(strings.TrimPrefix(text, "file:"))
	return text, true, err
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} and ${NAME:-default}, and turns $${ into a literal ${.
// Its errors do not repeat raw, which may be a password with a ${ in it.
func (s source) expand(raw string) (text string, taken bool, err error) {
	var b strings.Builder
	for {
		i := strings.Index(raw, "${")
		if i < 0 {
			b.WriteString(raw)
			return b.String(), taken, nil
		}
		if i > 0 && raw[i-1] == '$' {
			b.WriteString(raw[:i-1] + "${")
			raw = raw[i+2:]
			continue
		}
		b.WriteString(raw[:i])
		inner, rest, closed := strings.Cut(raw[i+2:], "}")
		if !closed {
			return "", false, errors.New("a ${ without its }; write $${ for a literal ${")
		}
		name, fallback, optional := strings.Cut(inner, ":-")
		if !variable.MatchString(name) {
			return "", false, errors.New("what stands in ${} is no variable's name; write $${ for a literal ${")
		}
		value, ok := s.env(name)
		switch {
		case optional && value == "":
			b.WriteString(fallback)
		case !ok:
			return "", false, fmt.Errorf("the environment variable %s is not set; ${%s:-default} would give it a default", name, name)
		default:
			b.WriteString(value)
			taken = true
		}
		raw = rest
	}
}

// read returns the content of a file, without its last line feed.
func (s source) read(name string) (string, error) {
	if name == "" {
		return "", errors.New("file: without a name")
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.dir, name)
	}
	// A pipe or a device could make the start wait for ever.
	info, err := os.Stat(name)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, cause(err))
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, cause(err))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("reading %s: %w", name, cause(err))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case len(data) > maxSecretFile:
		return "", fmt.Errorf("%s is larger than %v", name, Size(maxSecretFile))
	case !utf8.Valid(data) || strings.ContainsRune(text, 0):
		return "", fmt.Errorf("%s is not text", name)
	case text == "":
		return "", fmt.Errorf("%s is empty", name)
	}
	return text, nil
}

// cause returns why a file could not be read, without the name.
func cause(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
