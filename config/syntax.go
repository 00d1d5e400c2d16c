package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// parse reads the one document of data. It returns nil if there is none, or if
// the syntax is broken.
func (r *report) parse(data []byte) *node {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !r.readable(data) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		r.addf(mark{}, "", "%v", err)
		return nil
	}
	var docs []*yaml.Node
	for len(docs) < 2 {
		doc := &yaml.Node{}
		err := loader.Load(doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.syntax(err, data)
			return nil
		}
		docs = append(docs, doc)
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 || (docs[0].Content[0].Tag == "!!null" && len(docs) == 1) {
		r.addf(mark{}, "", "the file is empty")
		return nil
	}
	if len(docs) > 1 {
		r.addf(mark{docs[1].Line, docs[1].Column}, "", "a second document begins here: the configuration is one document")
	}
	b := &builder{report: r, open: make(map[*yaml.Node]bool)}
	root := b.build(docs[0].Content[0], "")
	if b.nodes > maxNodes {
		return nil
	}
	return root
}

// readable refuses what is no text, with its place: the YAML reader gives none.
func (r *report) readable(data []byte) bool {
	if len(data) > maxFile {
		r.addf(mark{}, "", "the file is larger than %v", Size(maxFile))
		return false
	}
	line, column := 1, 0
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		column++
		switch {
		case c == utf8.RuneError && size == 1:
			r.addf(mark{line, column}, "", "this is not UTF-8 text")
			return false
		case c == '\n':
			line, column = line+1, 0
		case (c < 0x20 && c != '\t' && c != '\r') || c == 0x7f:
			r.addf(mark{line, column}, "", "control character %U", c)
			return false
		}
		data = data[size:]
	}
	return true
}

// syntax reports what the YAML parser found. Its message is not passed on where
// it would repeat the file: a value that begins with * is an alias to YAML, and
// may be a password to whoever wrote it.
func (r *report) syntax(err error, data []byte) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		r.addf(mark{}, "", "this is not YAML")
		return
	}
	at := mark{e.Mark.Line, e.Mark.Column}
	message := e.Message
	switch {
	case strings.HasPrefix(message, "unknown anchor"):
		message = "this refers to no anchor above; a value that begins with * must be quoted"
	case strings.Contains(message, "cannot start any token") && beginsWithTab(data, at.line):
		message = "a tab indents this line; YAML wants spaces"
	case strings.Contains(message, "cannot start any token"):
		message = "no value begins with this character; quote the value"
	case strings.Contains(message, "mapping values are not allowed"):
		message = "a colon and a space do not belong here; quote the value, or check the line above and the indentation"
	case strings.Contains(message, "expected ','") && bytes.Contains(lineOf(data, at.line), []byte("${")):
		message = "between braces or brackets a value with ${ in it must be quoted"
	case e.ContextMsg != "":
		message = fmt.Sprintf("%s, %s that begins in line %d", message, e.ContextMsg, e.ContextMark.Line)
	}
	r.add(at, "", message, "")
}

func beginsWithTab(data []byte, line int) bool {
	text := lineOf(data, line)
	indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
	return bytes.ContainsRune(indent, '\t')
}

// lineOf returns a line of data; nothing if it has none of that number.
func lineOf(data []byte, line int) []byte {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return nil
	}
	return lines[line-1]
}
